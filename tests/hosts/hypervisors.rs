//! libvirt on real machines: a hypervisor of the seed's with its pool and network, and a compute host that others may
//! connect to.

use crate::{
    machines::{Lab, Machine},
    site::Site,
};

const NAME: &str = "hypervisors";

const SEED: [&str; 6] =
    ["seed", "hypervisor", "host", "configure", "--tags", "kayobe-ansible-user,libvirt-host"];
const COMPUTE: [&str; 5] =
    ["overcloud", "host", "configure", "--tags", "kayobe-ansible-user,libvirt-host"];

fn site(lab: &Lab) -> Site {
    let site = Site::of(lab, NAME);
    let names: Vec<_> = lab.machines().iter().map(|machine| machine.name.as_str()).collect();
    let hosts = format!("[seed-hypervisor]\n{}\n\n[compute]\n{}\n", names[0], names[1]);
    site.write("inventory/hosts", &hosts);
    let user = lab.options().distribution.user();
    // The machines' processor has no part for machines inside them.
    site.write(
        "seed-hypervisor.yml",
        &format!("---\nseed_hypervisor_bootstrap_user: {user}\nlibvirt_host_require_vt: false\n"),
    );
    site.write("libvirt.yml", &hypervisor("/var/lib/libvirt/images", "br0"));
    site.write("compute.yml", &compute("first"));
    let networks = std::fs::read_to_string(site.config().join("networks.yml")).unwrap();
    let internal = "internal_net_name: internal_net";
    site.write("networks.yml", &networks.replace(internal, "internal_net_name: provision_oc_net"));
    site
}

fn hypervisor(path: &str, bridge: &str) -> String {
    format!(
        "---\nseed_hypervisor_libvirt_pool_path: {path}\nseed_hypervisor_libvirt_networks:\n  \
         - name: provision\n    mode: bridge\n    bridge: {bridge}\n"
    )
}

fn compute(password: &str) -> String {
    format!("---\ncompute_libvirt_enabled: true\ncompute_libvirt_sasl_password: {password}\n")
}

/// What one sees who logs in with a password.
fn logs_in(machine: &Machine, password: &str) -> bool {
    let text = format!(
        "[credentials-lab]\nauthname=nova\npassword={password}\n[auth-libvirt-default]\ncredentials=lab\n"
    );
    machine.write("/root/auth.conf", &text);
    let uri = format!("qemu+tcp://{}/system?authfile=/root/auth.conf", machine.address);
    machine.exec(&format!("virsh -c '{uri}' list </dev/null")).code == 0
}

fn changes_nothing(site: &Site, words: &[&str]) {
    let said = site.ymir(words).expect(0);
    assert!(said.contains("nothing was changed"), "{said}");
}

pub(crate) fn a_hypervisor_has_its_pool_and_network(lab: &Lab) {
    let (site, machine) = (site(lab), &lab.machines()[0]);
    machine.exec("ip link add br0 type bridge; ip link add br1 type bridge").expect(0);
    site.ymir(&SEED).expect(0);
    assert_eq!(machine.exec("systemctl is-active libvirtd").expect(0).trim(), "active");
    let pool = machine.exec("virsh pool-info default").expect(0);
    assert!(pool.contains("running"), "{pool}");
    let network = machine.exec("virsh net-info provision").expect(0);
    assert!(network.contains("br0"), "{network}");
    changes_nothing(&site, &SEED);
    site.write("libvirt.yml", &hypervisor("/var/lib/libvirt/images", "br1"));
    site.ymir(&SEED).expect(0);
    let network = machine.exec("virsh net-info provision").expect(0);
    assert!(network.contains("br1"), "{network}");
    changes_nothing(&site, &SEED);
}

pub(crate) fn a_pool_with_volumes_stays(lab: &Lab) {
    let (site, machine) = (Site::again(NAME), &lab.machines()[0]);
    machine.exec("virsh vol-create-as default kept 1M").expect(0);
    let none = "seed_hypervisor_libvirt_pools: []\nseed_hypervisor_libvirt_networks: []\n";
    site.write("libvirt.yml", &format!("---\n{none}"));
    let said = site.ymir(&SEED);
    assert!(said.stderr.contains("libvirt's pool default stays: it has 1 volumes"));
    said.expect(0);
    machine.exec("virsh pool-info default && test -e /var/lib/libvirt/images/kept").expect(0);
    assert_ne!(machine.exec("virsh net-info provision").code, 0, "the network is still there");
    changes_nothing(&site, &SEED);
}

pub(crate) fn compute_hosts_ask_for_a_password(lab: &Lab) {
    let (site, machine) = (Site::again(NAME), &lab.machines()[1]);
    site.ymir(&COMPUTE).expect(0);
    assert!(logs_in(machine, "first"), "the password of the site is none");
    assert!(!logs_in(machine, "other"), "any password will do");
    let auth = machine.exec("stat -c '%a %U' /etc/libvirt/auth.conf").expect(0);
    assert_eq!(auth.trim(), "600 root");
    changes_nothing(&site, &COMPUTE);
    site.write("compute.yml", &compute("second"));
    site.ymir(&COMPUTE).expect(0);
    assert!(logs_in(machine, "second") && !logs_in(machine, "first"));
    changes_nothing(&site, &COMPUTE);
}

pub(crate) fn a_socket_that_was_stopped_listens_again(lab: &Lab) {
    let (site, machine) = (Site::again(NAME), &lab.machines()[1]);
    machine.exec("systemctl stop libvirtd.service libvirtd-tcp.socket").expect(0);
    site.ymir(&COMPUTE).expect(0);
    assert!(logs_in(machine, "second"));
}

pub(crate) fn libvirt_goes_again(lab: &Lab) {
    let (site, machine) = (Site::again(NAME), &lab.machines()[1]);
    site.write("compute.yml", "---\ncompute_libvirt_enabled: false\n");
    site.ymir(&COMPUTE).expect(0);
    for path in ["/etc/libvirt/auth.conf", "/etc/libvirt/passwd.db", "/usr/bin/virsh"] {
        assert!(!machine.exists(path), "{path} is still there");
    }
    let running =
        machine.processes().into_iter().find(|process| process.command.contains("libvirtd"));
    assert!(running.is_none(), "{running:?}");
    changes_nothing(&site, &COMPUTE);
}
