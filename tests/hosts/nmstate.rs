//! `network_engine: nmstate` on machines that say they are Rocky Linux: nmstate and NetworkManager are real.

use std::time::Duration;

use crate::{
    machines::{Lab, Machine},
    real::command::{Output, wait_until},
    site::Site,
};

const NAME: &str = "nmstate";
const NETWORK: [&str; 5] = [
    "overcloud",
    "host",
    "configure",
    "--tags",
    "kayobe-ansible-user,ip-allocation,network,firewall",
];
const CONNECTIONS: &str = "/etc/NetworkManager/system-connections";

/// An undo takes a minute and a half, and then the interfaces their time.
const UNDONE: Duration = Duration::from_mins(4);

fn with(words: &[&str]) -> Output {
    Site::again(NAME).ymir(&[&NETWORK[..], words].concat())
}

#[track_caller]
fn settled(words: &[&str]) {
    with(&[words, &["--check", "--diff", "--detailed-exitcode"]].concat()).expect(0);
}

fn addresses(machine: &Machine, device: &str) -> String {
    machine.exec(&format!("ip -4 address show {device}")).expect(0)
}

pub(crate) fn nmstate_configures_the_network(lab: &Lab) {
    let site = Site::of(lab, NAME);
    let known = lab.known_hosts();
    site.write(
        "inventory/group_vars/overcloud/ssh",
        &format!("---\nansible_ssh_common_args: -oUserKnownHostsFile={}\n", known.display()),
    );
    site.write("engine.yml", "---\nnetwork_engine: nmstate\n");
    site.write("firewall.yml", "---\nfirewalld_enabled: true\n");
    site.write("inventory/group_vars/overcloud/zone", "---\ninternal_net_zone: internal\n");
    let said = with(&["--check", "--diff"]);
    assert!(said.stderr.contains("have nmstate bring about the interface breth2"), "{said:?}");
    said.expect(0);
    with(&[]).expect(0);
    let machine = &lab.machines()[0];
    is_configured(machine);
    let zone = machine.exec("firewall-cmd --get-zone-of-interface=eth1").expect(0);
    assert_eq!(zone, "internal\n");
    settled(&[]);
    let said = with(&[]).expect(0);
    assert!(said.contains("nothing was changed"), "{said}");
}

fn is_configured(machine: &Machine) {
    machine.exec("rpm -q nmstate python3-libnmstate").expect(0);
    let host0 = addresses(machine, "host0");
    assert!(host0.contains(&format!("{}/16", machine.address)), "{host0}");
    let eth1 = machine.exec("ip address show eth1").expect(0);
    assert!(eth1.contains("192.168.134.1") && eth1.contains("mtu 1450"), "{eth1}");
    assert!(machine.exec("ip link show eth2").expect(0).contains("master breth2"));
    assert!(machine.exec("ip link show p-breth2-phy").expect(0).contains("master breth2"));
    machine.exec("ip link show p-breth2-ovs").expect(0);
    assert!(machine.exec("ip route").expect(0).contains("10.99.0.0/16 via 192.168.135.1"));
    let active =
        machine.exec("nmcli --terse --fields DEVICE,FILENAME connection show --active").expect(0);
    for device in ["host0", "eth1", "breth2"] {
        assert!(active.contains(&format!("{device}:{CONNECTIONS}/")), "{active}");
    }
}

/// An address of keepalived's, say.
pub(crate) fn nmstate_leaves_addresses_of_others(lab: &Lab) {
    let machine = &lab.machines()[0];
    machine.exec("ip address add 192.168.134.200/32 dev eth1").expect(0);
    settled(&[]);
    with(&[]).expect(0);
    assert!(addresses(machine, "eth1").contains("134.200/32"));
    machine.exec("ip address delete 192.168.134.200/32 dev eth1").expect(0);
}

pub(crate) fn nmstate_follows_changes(lab: &Lab) {
    let machine = &lab.machines()[0];
    let other = r#"{"internal_net_mtu": 1400, "external_net_routes": [{"cidr": "10.98.0.0/16",
        "gateway": "192.168.135.1"}], "network_route_tables": [{"id": 200, "name": "storage"}],
        "internal_net_rules": [{"from": "192.168.134.0/24", "table": "storage", "priority": 1000}]}"#;
    let said = with(&["-e", other, "--check", "--diff"]);
    assert!(said.stderr.contains("change the interface eth1"), "{said:?}");
    assert!(said.stderr.contains("1400"), "{said:?}");
    with(&["-e", other]).expect(0);
    assert!(machine.exec("ip link show eth1").expect(0).contains("mtu 1400"));
    let routes = machine.exec("ip route").expect(0);
    assert!(routes.contains("10.98.0.0/16") && !routes.contains("10.99.0.0/16"), "{routes}");
    let rules = machine.exec("ip rule").expect(0);
    assert!(rules.contains("1000:") && rules.contains("192.168.134.0/24"), "{rules}");
    settled(&["-e", other]);
    // What somebody changes by hand is mended.
    machine.exec("ip link set eth1 mtu 1300").expect(0);
    let said = with(&["-e", other, "--check", "--detailed-exitcode"]);
    assert_eq!(said.code, 5, "{said:?}");
    with(&[]).expect(0);
    assert!(machine.exec("ip link show eth1").expect(0).contains("mtu 1450"));
    assert!(!machine.exec("ip rule").expect(0).contains("1000:"));
    settled(&[]);
}

pub(crate) fn nmstate_takes_away_what_is_dropped(lab: &Lab) {
    let machine = &lab.machines()[0];
    let only = r#"{"network_interfaces": ["provision_oc_net", "internal_net"]}"#;
    with(&["-e", only]).expect(0);
    assert_ne!(machine.exec("ip link show breth2").code, 0, "the bridge is still there");
    assert!(!machine.exec("ip route").expect(0).contains("10.99.0.0/16"));
    settled(&["-e", only]);
    with(&[]).expect(0);
    is_configured(machine);
}

/// From one engine to the other and back, connected all the time.
pub(crate) fn engines_can_be_changed(lab: &Lab) {
    let machine = &lab.machines()[0];
    let default = ["-e", "network_engine=default"];
    with(&default).expect(0);
    settled(&default);
    assert!(addresses(machine, "eth1").contains("192.168.134.1"));
    with(&[]).expect(0);
    is_configured(machine);
    settled(&[]);
}

pub(crate) fn a_wrong_document_is_undone(lab: &Lab) {
    let (site, machine) = (Site::again(NAME), &lab.machines()[0]);
    let host = format!("inventory/host_vars/{}", machine.name);
    site.write(&host, &format!("---\nansible_host: {}\n", machine.address));
    let wrong = r#"{"provision_oc_net_ips": {"NAME": "172.23.99.99"}, "internal_net_mtu": 1400}"#
        .replace("NAME", &machine.name);
    let said = with(&["--limit", &machine.name, "-e", &wrong]);
    assert_eq!(said.code, 4, "{said:?}");
    let told = format!("{}{}", said.stdout, said.stderr);
    assert!(told.contains("undone the change"), "{said:?}");
    let user = machine.target().0;
    wait_until("the change undone", UNDONE, || machine.ssh(&user, "true").code == 0);
    wait_until("nothing left to undo", UNDONE, || !machine.exists("/var/lib/ymir/undo.json"));
    is_configured(machine);
    settled(&[]);
}
