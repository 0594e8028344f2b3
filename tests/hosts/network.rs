//! Addresses that are given out, interfaces, and the way back when a change cuts the host off.

use std::{fs, time::Duration};

use crate::{
    machines::{Lab, Machine},
    real::command::{Output, wait_until},
    site::Site,
};

/// An undo takes a minute and a half, and then the interfaces their time.
const UNDONE: Duration = Duration::from_mins(4);

const NETWORK: [&str; 5] =
    ["overcloud", "host", "configure", "--tags", "kayobe-ansible-user,ip-allocation,network"];
const DIRECTORY: &str = "/etc/systemd/network";

fn site(lab: &Lab) -> Site {
    let site = Site::of(lab, "network");
    // Machines of other labs have the same addresses.
    let known = lab.known_hosts();
    let options = format!("ansible_ssh_common_args: -oUserKnownHostsFile={}", known.display());
    site.write("inventory/group_vars/overcloud/ssh", &format!("---\n{options}\n"));
    site
}

fn allocation(site: &Site) -> String {
    fs::read_to_string(site.config().join("network-allocation.yml")).unwrap()
}

pub(crate) fn addresses_are_given_out(lab: &Lab) {
    let site = site(lab);
    let text = allocation(&site).replace("---\n", "---\n# by hand\n");
    site.write("network-allocation.yml", &text);
    let check = [&NETWORK[..], &["--check", "--diff"]].concat();
    let said = site.ymir(&check);
    assert!(said.stderr.contains("192.168.134.11"), "{said:?}");
    said.expect(0);
    assert_eq!(allocation(&site), text, "--check writes");
    let only = ["overcloud", "host", "configure", "--tags", "ip-allocation"];
    site.ymir(&only).expect(0);
    let after = allocation(&site);
    assert!(after.starts_with(&text) && after.contains("internal_net_ips:\n"), "{after}");
    site.ymir(&only).expect(0);
    assert_eq!(allocation(&site), after);
}

pub(crate) fn interfaces_are_configured(lab: &Lab) {
    let site = site(lab);
    site.ymir(&NETWORK).expect(0);
    let machine = &lab.machines()[0];
    let file = format!("{DIRECTORY}/50-kayobe-eth1.network");
    assert_eq!(
        machine.read(&file),
        "# Ansible managed\n\n[Match]\nName=eth1\n\n[Network]\nAddress=192.168.134.11/24\n\n[Link]\nMTUBytes=1450\n\n"
    );
    let eth1 = machine.exec("ip address show eth1").expect(0);
    assert!(eth1.contains("192.168.134.11/24") && eth1.contains("mtu 1450"), "{eth1}");
    assert!(machine.exec("ip link show eth2").expect(0).contains("master breth2"));
    assert!(machine.exec("ip route").expect(0).contains("10.99.0.0/16"));
    assert_eq!(
        machine.exec("stat -c %a:%U:%G /etc/systemd/network/50-kayobe-eth1.network").expect(0),
        "640:root:systemd-network\n"
    );
    let again = [&NETWORK[..], &["--check", "--detailed-exitcode"]].concat();
    site.ymir(&again).expect(0);
}

/// An address of keepalived's, say, on an interface that gets another one of its own.
pub(crate) fn addresses_of_others_stay(lab: &Lab) {
    let site = site(lab);
    site.ymir(&NETWORK).expect(0);
    let machine = &lab.machines()[0];
    machine.exec("ip address add 192.168.134.200/32 dev eth1").expect(0);
    let before = allocation(&site);
    let text = before.replace(": 192.168.134.11\n", ": 192.168.134.111\n");
    site.write("network-allocation.yml", &text);
    site.ymir(&NETWORK).expect(0);
    let eth1 = machine.exec("ip -4 address show eth1").expect(0);
    for (address, stays) in [("134.200/32", true), ("134.111/24", true), ("134.11/24", false)] {
        assert_eq!(eth1.contains(address), stays, "{address}: {eth1}");
    }
    machine.exec("ip address delete 192.168.134.200/32 dev eth1").expect(0);
    site.write("network-allocation.yml", &before);
    site.ymir(&NETWORK).expect(0);
}

pub(crate) fn interfaces_that_nobody_asks_for_lose_their_files(lab: &Lab) {
    let site = site(lab);
    site.ymir(&NETWORK).expect(0);
    let machine = &lab.machines()[0];
    machine.write(&format!("{DIRECTORY}/50-kayobe-old.network"), "[Match]\nName=old\n");
    let only = r#"{"network_interfaces": ["provision_oc_net", "external_net"]}"#;
    let fewer = [&NETWORK[..], &["-e", only]].concat();
    site.ymir(&fewer).expect(0);
    for gone in ["eth1", "old"] {
        assert!(!machine.exists(&format!("{DIRECTORY}/50-kayobe-{gone}.network")), "{gone}");
    }
    assert!(machine.exists(&format!("{DIRECTORY}/70-boot.network")));
    site.ymir(&[&fewer[..], &["--check", "--detailed-exitcode"]].concat()).expect(0);
}

/// A site whose machines get addresses at which they cannot be reached.
fn wrong(lab: &Lab) -> Site {
    let site = site(lab);
    site.ymir(&NETWORK).expect(0);
    let mut text = allocation(&site);
    for Machine { name, address, .. } in lab.machines() {
        text = text
            .replace(&format!("  {name}: {address}\n"), &format!("  {name}: {}\n", other(name)));
        let host = format!("inventory/host_vars/{name}");
        site.write(&host, &format!("---\nansible_host: {address}\n"));
    }
    site.write("network-allocation.yml", &text);
    site
}

fn other(name: &str) -> String {
    let number: String = name.chars().filter(char::is_ascii_digit).collect();
    format!("172.23.99.{}", 90 + number.parse::<u8>().unwrap())
}

fn is_as_before(machine: &Machine) {
    let user = machine.target().0;
    wait_until("the change undone", UNDONE, || machine.ssh(&user, "true").code == 0);
    let file = machine.read(&format!("{DIRECTORY}/50-kayobe-host0.network"));
    assert!(file.contains(&format!("Address={}/16", machine.address)), "{file}");
    let undo = || !machine.exists("/var/lib/ymir/undo.json");
    wait_until("nothing left to undo", UNDONE, undo);
}

fn befall(machine: &Machine, fault: fn(&Machine)) {
    wait_until("the wrong address", UNDONE, || {
        machine.exec("ip address show host0").stdout.contains(&other(&machine.name))
    });
    fault(machine);
}

/// What befalls a host between the change and its confirmation must not keep the change from being undone. Each machine
/// has a fault of its own in one run, because an undo is waited for.
fn undone_in_spite_of(lab: &Lab, site: &Site, faults: [fn(&Machine); 2]) -> Output {
    let outcome = std::thread::scope(|scope| {
        let run = scope.spawn(|| site.ymir(&NETWORK));
        for (machine, fault) in lab.machines().iter().zip(faults) {
            scope.spawn(move || befall(machine, fault));
        }
        run.join().unwrap()
    });
    assert_eq!(outcome.code, 4, "{outcome:?}");
    lab.machines().iter().for_each(is_as_before);
    outcome
}

pub(crate) fn undone_by_itself_and_after_a_reboot(lab: &Lab) {
    let machine = &lab.machines()[0];
    let site = wrong(lab);
    // Another interface changes, too, and has an address of keepalived's, say.
    machine.exec("ip address add 192.168.134.200/32 dev eth1").expect(0);
    let before = allocation(&site);
    let text = before.replace(": 192.168.134.11\n", ": 192.168.134.111\n");
    site.write("network-allocation.yml", &text);
    let said = undone_in_spite_of(lab, &site, [|_| {}, reboot]);
    let told = format!("{}{}", said.stdout, said.stderr);
    for Machine { name, .. } in lab.machines() {
        let undone =
            format!("{name}: changing network\n  because: Ymir could not come back in time");
        assert!(told.contains(&undone), "{said:?}");
    }
    let eth1 = machine.exec("ip -4 address show eth1").expect(0);
    for (address, is_there) in [("134.200/32", true), ("134.11/24", true), ("134.111/24", false)] {
        assert_eq!(eth1.contains(address), is_there, "{address}: {eth1}");
    }
    machine.exec("ip address delete 192.168.134.200/32 dev eth1").expect(0);
}

fn reboot(machine: &Machine) {
    machine.exec("systemctl --no-block reboot");
}

pub(crate) fn undone_without_the_agent_and_without_sshd(lab: &Lab) {
    // Not the shell that says so.
    let agent: fn(&Machine) = |machine| drop(machine.exec("pkill -9 -f '[/]var/lib/ymir/agent/'"));
    let sshd = |machine: &Machine| {
        machine.exec("pkill -9 sshd; sleep 5; systemctl restart ssh");
    };
    undone_in_spite_of(lab, &wrong(lab), [agent, sshd]);
}
