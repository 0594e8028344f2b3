//! What the lab promises to tests and benches, one part for each promise.

use std::{path::Path, time::Duration};

use crate::{
    enclosure,
    machines::{Lab, Machine},
    real::command::wait_until,
    site::Site,
};

fn first(lab: &Lab) -> &Machine {
    &lab.machines()[0]
}

#[track_caller]
fn as_user(machine: &Machine, shell: &str) -> String {
    machine.ssh(machine.target().0.as_str(), shell).expect(0)
}

pub(crate) fn machines_come_up(lab: &Lab) {
    for machine in lab.machines() {
        assert_eq!(as_user(machine, "hostname").trim(), machine.name);
        assert_eq!(as_user(machine, "sudo systemctl is-system-running --wait").trim(), "running");
        let links = as_user(machine, "ip -br link");
        for link in ["host0", "eth1", "eth2"] {
            assert!(links.contains(link), "{link} is missing on {}: {links}", machine.name);
        }
        let programs = machine.exec("cp /bin/true /tmp/program && /tmp/program").code;
        assert_eq!(programs == 0, !machine.noexec, "programs in /tmp of {}", machine.name);
        assert_eq!(machine.ssh("root", "true").code, 255, "root may log in");
        assert!(machine.processes().iter().any(|process| process.command.contains("sshd")));
        assert!(machine.cpu_seconds() > 0.0);
        // The clock is this machine's, and everybody's.
        assert_ne!(machine.exec("date --set @$(date +%s)").code, 0, "the clock can be set");
    }
    assert!(lab.own_cpu_seconds() > 0.0);
}

pub(crate) fn reboot_keeps_the_disk(lab: &Lab) {
    let machine = first(lab);
    let before = machine.boot_id();
    as_user(machine, "echo kept | sudo tee /etc/kept && echo gone | sudo tee /run/gone");
    machine.reboot();
    assert_ne!(machine.boot_id(), before);
    assert_eq!(machine.read("/etc/kept"), "kept\n");
    assert!(!machine.exists("/run/gone"), "/run is as it was before the reboot");
    as_user(machine, "true");

    // Asked for by the machine itself, as by whatever is tested.
    let before = machine.boot_id();
    machine.ssh(machine.target().0.as_str(), "sudo systemctl reboot");
    wait_until("the next boot", Duration::from_mins(2), || {
        machine.boot_id().is_some_and(|now| Some(now) != before)
    });
    machine.wait_until_up();
    as_user(machine, "true");
}

pub(crate) fn power_cut_keeps_the_disk(lab: &Lab) {
    let machine = first(lab);
    machine.write("/etc/written-from-outside", "kept\n");
    let before = machine.boot_id();
    machine.power_cut();
    assert_ne!(machine.boot_id(), before);
    assert_eq!(as_user(machine, "cat /etc/written-from-outside"), "kept\n");
}

pub(crate) fn network_can_be_cut(lab: &Lab) {
    let machine = first(lab);
    machine.cut_network();
    let failed = machine.ssh(machine.target().0.as_str(), "true");
    assert_eq!(failed.code, 255, "{failed:?}");
    assert_eq!(machine.exec("cat /sys/class/net/host0/carrier").expect(0), "1\n");
    machine.reboot();
    assert_eq!(machine.ssh(machine.target().0.as_str(), "true").code, 255);
    machine.mend_network();
    as_user(machine, "true");

    machine.cable(1, false);
    wait_until("eth1 without a link", Duration::from_mins(1), || {
        machine.exec("ip -br link show eth1").expect(0).contains("DOWN")
    });
    machine.cable(1, true);
}

pub(crate) fn disk_can_be_full_or_read_only(lab: &Lab) {
    let machine = first(lab);
    let write = "head -c 1000000 /dev/zero | sudo tee /root/zeros >/dev/null";
    machine.fill_disk();
    let failed = machine.ssh(machine.target().0.as_str(), write);
    assert!(failed.code != 0 && failed.stderr.contains("No space left"), "{failed:?}");
    machine.free_disk();
    as_user(machine, write);

    machine.read_only();
    let failed = machine.ssh(machine.target().0.as_str(), "sudo touch /root/new");
    assert!(failed.code != 0 && failed.stderr.contains("Read-only"), "{failed:?}");
    machine.writable();
    as_user(machine, "sudo touch /root/new");
}

pub(crate) fn machine_can_be_frozen(lab: &Lab) {
    let machine = first(lab);
    machine.freeze();
    assert_eq!(machine.ssh(machine.target().0.as_str(), "true").code, 255);
    machine.thaw();
    as_user(machine, "true");
}

pub(crate) fn packages_can_be_installed(lab: &Lab) {
    for machine in lab.machines() {
        as_user(machine, "sudo apt-get -q update");
        as_user(machine, "sudo DEBIAN_FRONTEND=noninteractive apt-get -q -y install acl");
        as_user(machine, "getfacl /etc/hostname");
    }
    let install =
        "sudo DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends";
    let machine = first(lab);
    as_user(machine, &format!("{install} docker-ce python3-venv"));
    assert_eq!(as_user(machine, "systemctl is-active docker").trim(), "active");
    as_user(
        machine,
        "python3 -m venv /tmp/venv && /tmp/venv/bin/pip -q install --upgrade pip docker",
    );
}

pub(crate) fn disk_can_be_new(lab: &Lab) {
    let machine = first(lab);
    machine.reset();
    assert!(!machine.exists("/etc/kept"), "the disk is the old one");
    as_user(machine, "true");
}

pub(crate) fn site_is_valid(lab: &Lab) {
    let site = Site::of(lab, "valid");
    let said = site.ymir(&["configuration", "validate", "--strict"]);
    assert_eq!((said.code, said.stdout.trim()), (0, "0 errors, 0 warnings, 0 hints"));
    let dump = ["configuration", "dump", "--var-name", "ansible_host", "--output", "json"];
    let hosts: serde_json::Value = serde_json::from_str(&site.ymir(&dump).expect(0)).unwrap();
    for machine in lab.machines() {
        assert!(hosts[&machine.name].to_string().contains(&machine.address.to_string()), "{hosts}");
    }
}

pub(crate) fn lab_goes_down(lab: Lab) {
    let groups: Vec<_> = lab.machines().iter().map(|machine| machine.cgroup().to_owned()).collect();
    drop(lab);
    for group in groups {
        assert!(!group.exists(), "{} is still there", group.display());
    }
    let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap();
    let machines = enclosure::state().join("machines");
    let left =
        |line: &&str| line.split(' ').nth(1).is_some_and(|at| Path::new(at).starts_with(&machines));
    assert_eq!(mounts.lines().find(left), None, "a disk is still there");
}

pub(crate) fn machines_can_say_they_are_ubuntu(lab: &Lab) {
    let machine = first(lab);
    let said =
        as_user(machine, ". /etc/os-release && echo $ID $VERSION_ID $VERSION_CODENAME; id -un");
    assert_eq!(said, "ubuntu 24.04 noble\nubuntu\n");
    as_user(machine, "sudo apt-get -q update && apt-cache show docker-ce >/dev/null");
    Site::of(lab, "ubuntu").ymir(&["configuration", "validate", "--strict"]).expect(0);
}
