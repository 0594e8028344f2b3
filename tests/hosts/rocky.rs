//! `overcloud host configure` on machines that say they are Rocky Linux: rpm and dnf with a repository of the lab's,
//! NetworkManager, firewalld.

use std::time::Duration;

use crate::{
    machines::{LAB, Lab, Machine},
    real::command::{Output, wait_until},
    site::Site,
};

const NAME: &str = "rocky";
const CONFIGURE: [&str; 3] = ["overcloud", "host", "configure"];
const CONNECTIONS: &str = "/etc/NetworkManager/system-connections";

/// An undo takes a minute and a half, and then the interfaces their time.
const UNDONE: Duration = Duration::from_mins(4);

fn site() -> Site {
    Site::again(NAME)
}

fn with(words: &[&str]) -> Output {
    site().ymir(&[&CONFIGURE[..], words].concat())
}

#[track_caller]
fn settled() {
    with(&["--check", "--detailed-exitcode"]).expect(0);
}

pub(crate) fn rocky_hosts_are_configured(lab: &Lab) {
    let site = Site::of(lab, NAME);
    let known = lab.known_hosts();
    let options = format!("ansible_ssh_common_args: -oUserKnownHostsFile={}", known.display());
    site.write("inventory/group_vars/overcloud/ssh", &format!("---\n{options}\n"));
    site.write(
        "dnf.yml",
        &format!(
            "---\ndnf_config:\n  fastestmirror: true\ndnf_custom_repos:\n  own:\n    baseurl: http://{LAB}/rocky\n    \
             gpgcheck: no\n    cost: 500\ndnf_install_epel: true\ndnf_repo_state_overrides:\n  epel: enabled\n\
             dnf_automatic_enabled: true\n"
        ),
    );
    site.write(
        "firewall.yml",
        "---\nfirewalld_enabled: true\nfirewalld_rules:\n  - service: http\n    zone: internal\n",
    );
    site.write("inventory/group_vars/overcloud/zone", "---\ninternal_net_zone: internal\n");
    with(&["--check", "--diff"]).expect(0);
    with(&[]).expect(0);
    bridge_is_up(&lab.machines()[0]);
    for machine in lab.machines() {
        packages_are_there(machine);
        interfaces_are_up(machine);
        let rules = machine.exec("firewall-cmd --zone=internal --list-all").expect(0);
        assert!(rules.contains("http") && rules.contains("eth1"), "{rules}");
    }
}

fn packages_are_there(machine: &Machine) {
    machine
        .exec("rpm -q docker-ce chrony tuned firewalld epel-release dnf-automatic acl")
        .expect(0);
    assert!(machine.read("/etc/dnf/dnf.conf").contains("fastestmirror = True\n"));
    assert_eq!(
        machine.read("/etc/yum.repos.d/own.repo"),
        format!(
            "[own]\nbaseurl = http://{LAB}/rocky\ncost = 500\ngpgcheck = 0\nname = own repository\n\n"
        )
    );
    assert!(machine.read("/etc/yum.repos.d/epel.repo").contains("enabled=1\n"));
    assert!(machine.read("/etc/dnf/automatic.conf").contains("apply_updates = True\n"));
    for unit in ["dnf-automatic.timer", "chronyd", "firewalld", "docker", "NetworkManager"] {
        assert_eq!(machine.exec(&format!("systemctl is-active {unit}")).expect(0), "active\n");
    }
}

fn interfaces_are_up(machine: &Machine) {
    let text = machine.read(&format!("{CONNECTIONS}/eth1.nmconnection"));
    assert!(text.contains("[ethernet]\nmtu=1450\n"), "{text}");
    assert!(!machine.exists(&format!("{CONNECTIONS}/cloud-init-host0.nmconnection")));
    let mode = format!("stat -c %a:%U {CONNECTIONS}/host0.nmconnection");
    assert_eq!(machine.exec(&mode).expect(0), "600:root\n");
    let host0 = machine.exec("ip -4 address show host0").expect(0);
    assert!(host0.contains(&format!("{}/16", machine.address)), "{host0}");
    let eth1 = machine.exec("ip address show eth1").expect(0);
    assert!(eth1.contains("192.168.134.1") && eth1.contains("mtu 1450"), "{eth1}");
}

/// Of hosts that are connected to the outside.
fn bridge_is_up(machine: &Machine) {
    assert!(machine.exec("ip link show eth2").expect(0).contains("master breth2"));
    assert!(machine.exec("ip link show p-breth2-phy").expect(0).contains("master breth2"));
    machine.exec("ip link show p-breth2-ovs").expect(0);
    assert!(machine.exec("ip route").expect(0).contains("10.99.0.0/16 via 192.168.135.1"));
}

pub(crate) fn rocky_hosts_change_no_more(_lab: &Lab) {
    settled();
    let said = with(&[]).expect(0);
    assert!(said.contains("nothing was changed"), "{said}");
}

pub(crate) fn rocky_hosts_follow_changes(lab: &Lab) {
    let site = site();
    site.write(
        "dnf.yml",
        &format!(
            "---\ndnf_custom_repos:\n  own:\n    baseurl: http://{LAB}/rocky\n    gpgcheck: no\n  more:\n    \
             baseurl: http://{LAB}/rocky\n    gpgcheck: no\n    file: own\n"
        ),
    );
    site.write("firewall.yml", "---\nfirewalld_enabled: true\n");
    site.write(
        "extra.yml",
        "---\ndev_tools_packages_extra: [cron, needs-acl]\ninternal_net_mtu: 1400\n",
    );
    with(&["-e", "internal_net_mtu=1400"]).expect(0);
    for machine in lab.machines() {
        let text = machine.read("/etc/yum.repos.d/own.repo");
        assert!(text.contains("[more]\n") && !text.contains("cost"), "{text}");
        assert!(!machine.read("/etc/dnf/dnf.conf").contains("fastestmirror"));
        assert_ne!(machine.exec("rpm -q epel-release").code, 0, "EPEL is still there");
        assert_ne!(machine.exec("systemctl is-enabled dnf-automatic.timer").code, 0);
        let eth1 = machine.exec("ip address show eth1").expect(0);
        assert!(eth1.contains("mtu 1400"), "{eth1}");
        let rules = machine.exec("firewall-cmd --zone=internal --list-services").expect(0);
        assert!(!rules.contains("http"), "{rules}");
        machine.exec("rpm -q cron needs-acl").expect(0);
    }
    with(&["-e", "internal_net_mtu=1400", "--check", "--detailed-exitcode"]).expect(0);
}

pub(crate) fn rocky_hosts_lose_what_is_dropped(lab: &Lab) {
    let site = site();
    site.write("dnf.yml", "---\ndnf_config: {}\n");
    site.write("extra.yml", "---\nextra: nothing\n");
    let only = r#"{"network_interfaces": ["provision_oc_net", "external_net"]}"#;
    with(&["-e", only]).expect(0);
    for machine in lab.machines() {
        assert!(!machine.exists("/etc/yum.repos.d/own.repo"));
        assert!(!machine.exists(&format!("{CONNECTIONS}/eth1.nmconnection")));
        let eth1 = machine.exec("ip -4 address show eth1").expect(0);
        assert!(!eth1.contains("192.168.134."), "{eth1}");
        assert_ne!(machine.exec("rpm -q cron").code, 0, "the package is still there");
        machine.exec("rpm -q acl").expect(0);
    }
    with(&["-e", only, "--check", "--detailed-exitcode"]).expect(0);
    with(&[]).expect(0);
}

pub(crate) fn rocky_trouble_is_told(lab: &Lab) {
    let (site, machine) = (site(), &lab.machines()[0]);
    let limit = ["--limit", &machine.name];
    let broken = "---\ndnf_custom_repos:\n  broken:\n    baseurl: http://172.23.0.1/nowhere\n    gpgcheck: no\n";
    site.write("dnf.yml", broken);
    let said = with(&[&["--tags", "dnf"], &limit[..]].concat());
    assert_eq!(said.code, 4, "{said:?}");
    assert!(
        said.stderr.contains("'broken'") && said.stderr.contains("dnf_custom_repos"),
        "{said:?}"
    );
    site.write("dnf.yml", "---\ndnf_config: {}\n");
    with(&["--tags", "dnf"]).expect(0);
    let said =
        with(&[&["--tags", "selinux", "-e", "selinux_state=permissive"], &limit[..]].concat());
    assert_eq!(said.code, 4, "{said:?}");
    assert!(said.stderr.contains("only a reboot changes that"), "{said:?}");
    assert!(machine.read("/etc/selinux/config").contains("SELINUX=permissive\n"));
    with(&["--tags", "selinux"]).expect(0);
    // A package program that goes on for a while is waited for.
    machine
        .exec("mkdir -p /var/cache/dnf; sleep 20 & echo $! >/var/cache/dnf/metadata_lock.pid")
        .expect(0);
    let extra = r#"{"dev_tools_packages_extra": ["cron"]}"#;
    with(&[&["--tags", "dev-tools", "-e", extra], &limit[..]].concat()).expect(0);
    machine.exec("rpm -q cron").expect(0);
    settled_again(machine);
}

fn settled_again(machine: &Machine) {
    with(&["--tags", "dev-tools"]).expect(0);
    assert_ne!(machine.exec("rpm -q cron").code, 0, "the package is still there");
}

pub(crate) fn a_wrong_connection_is_undone(lab: &Lab) {
    let (site, machine) = (site(), &lab.machines()[0]);
    let host = format!("inventory/host_vars/{}", machine.name);
    site.write(&host, &format!("---\nansible_host: {}\n", machine.address));
    let wrong =
        r#"{"provision_oc_net_ips": {"NAME": "172.23.99.99"}}"#.replace("NAME", &machine.name);
    let limited = ["--tags", "network", "--limit", &machine.name, "-e", &wrong];
    let said = with(&limited);
    assert_eq!(said.code, 4, "{said:?}");
    let told = format!("{}{}", said.stdout, said.stderr);
    assert!(told.contains("undone the change"), "{said:?}");
    let user = machine.target().0;
    wait_until("the change undone", UNDONE, || machine.ssh(&user, "true").code == 0);
    let text = machine.read(&format!("{CONNECTIONS}/host0.nmconnection"));
    assert!(text.contains(&format!("address1={}/16", machine.address)), "{text}");
    wait_until("nothing left to undo", UNDONE, || !machine.exists("/var/lib/ymir/undo.json"));
    settled();
}
