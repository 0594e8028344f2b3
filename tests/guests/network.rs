//! Bonds and VLANs on a real kernel, and the way back when a change cuts the connection.

use std::{
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use crate::{
    guest::{ADDRESS, Guest, NAME},
    real::command::{command, run, wait_until},
    site::Site,
};

/// An undo takes a minute and a half, and then the interfaces their time.
const UNDONE: Duration = Duration::from_mins(10);

const TOPICS: &str = "ip-allocation,network";
const DIRECTORY: &str = "/etc/systemd/network";

/// The second and third interface are one bond, with a VLAN on it.
const INTERFACES: &str = r"---
network_interfaces: [provision_oc_net, internal_net, external_net]
provision_oc_net_interface: eth0
internal_net_interface: bond0
internal_net_bond_slaves: [eth1, eth2]
internal_net_bond_mode: active-backup
internal_net_bond_miimon: 100
external_net_interface: bond0.101
external_net_vlan: 101
";

fn site(guest: &Guest, address: &str) -> Site {
    let site = Site::of(guest);
    site.write(&format!("inventory/host_vars/{NAME}"), INTERFACES);
    let ips =
        [("provision_oc", address), ("internal", "192.168.134.11"), ("external", "192.168.135.11")];
    let line = |(net, address): &(&str, &str)| format!("{net}_net_ips:\n  {NAME}: {address}\n");
    let allocation: String = ips.iter().map(line).collect();
    site.write("network-allocation.yml", &format!("---\n{allocation}"));
    site
}

pub(crate) fn bonds_and_vlans_come_up(guest: &Guest) {
    let site = site(guest, ADDRESS);
    site.configure_topics(TOPICS, &[]).expect(0);
    are_up(guest);
    assert_ne!(guest.exec("dpkg -s netplan.io | grep -q 'ok installed'").code, 0, "netplan stays");
    site.configure_topics(TOPICS, &["--check", "--detailed-exitcode"]).expect(0);
    guest.reboot();
    are_up(guest);
}

fn are_up(guest: &Guest) {
    wait_until("the bond's address", Duration::from_mins(2), || {
        guest.exec("ip address show bond0").stdout.contains("192.168.134.11/24")
    });
    let bond = guest.says("cat /proc/net/bonding/bond0");
    assert!(bond.contains("active-backup"), "{bond}");
    for interface in ["eth1", "eth2"] {
        assert!(bond.contains(&format!("Slave Interface: {interface}")), "{bond}");
    }
    let vlan = guest.says("ip -details address show bond0.101");
    assert!(vlan.contains("vlan protocol 802.1Q id 101"), "{vlan}");
    assert!(vlan.contains("192.168.135.11/24"), "{vlan}");
    assert!(guest.says("ip link show bond0").contains("mtu 1450"));
    run(command("ip", &["address", "replace", "192.168.134.1/24", "dev", "lab1"]));
    let ssh: SocketAddr = "192.168.134.11:22".parse().unwrap();
    wait_until("an answer over the bond", Duration::from_mins(1), || {
        TcpStream::connect_timeout(&ssh, Duration::from_secs(5)).is_ok()
    });
}

pub(crate) fn cut_connection_is_rolled_back(guest: &Guest) {
    let file = format!("{DIRECTORY}/50-kayobe-eth0.network");
    let before = guest.says(&format!("cat {file}"));
    let said = site(guest, "172.24.99.99").configure_topics(TOPICS, &[]);
    assert_eq!(said.code, 4);
    assert!(said.stderr.contains("undone the change"), "the way back is not told");
    wait_until("the change undone", UNDONE, || guest.exec("true").code == 0);
    assert_eq!(guest.says(&format!("cat {file}")), before);
    wait_until("nothing left to undo", UNDONE, || {
        guest.exec("test -e /var/lib/ymir/undo.json").code == 1
    });
    site(guest, ADDRESS).configure_topics(TOPICS, &["--check", "--detailed-exitcode"]).expect(0);
    are_up(guest);
}
