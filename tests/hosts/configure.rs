//! `overcloud host configure` on real machines: what it brings about, what it finds, and what it takes away.

use crate::{
    machines::{Lab, Machine},
    site::Site,
};

/// The site of all parts here: addresses that it has given out stay given out.
const NAME: &str = "configured";

const CONFIGURE: [&str; 3] = ["overcloud", "host", "configure"];

/// The site that all parts here share.
pub(crate) fn site(_lab: &Lab) -> Site {
    Site::again(NAME)
}

/// Everything below `/etc` and `/var/lib/ymir` with digests, permissions and times, but for the agent itself.
fn fingerprint(machine: &Machine) -> String {
    let listed = "cd / && find etc var/lib/ymir opt/kayobe home -xdev -not -path 'var/lib/ymir/agent*' \
                  -not -path 'var/lib/ymir/lock' -printf '%p %m %u %g %s %T@\\n' 2>/dev/null | sort";
    machine.exec(listed).stdout
}

pub(crate) fn check_changes_nothing(lab: &Lab) {
    let site = Site::of(lab, NAME);
    let before: Vec<_> = lab.machines().iter().map(fingerprint).collect();
    let said = site.ymir(&[&CONFIGURE[..], &["--check", "--diff", "--detailed-exitcode"]].concat());
    assert!(said.stderr.contains("+Storage=persistent"), "the lines that differ are not shown");
    assert_eq!(said.code, 5, "differences are not told by the exit code");
    for (machine, before) in lab.machines().iter().zip(before) {
        let after = fingerprint(machine);
        // Where the agent is sent to is made.
        let without = |text: &str| {
            let lines = text.lines().filter(|line| !line.starts_with("var/lib/ymir "));
            lines.map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(without(&after), without(&before), "{} was changed", machine.name);
    }
}

pub(crate) fn hosts_are_configured(lab: &Lab) {
    site(lab).ymir(&CONFIGURE).expect(0);
    for machine in lab.machines() {
        let said = machine.ssh("stack", "sudo -n id -un").expect(0);
        assert_eq!(said.trim(), "root", "{}: the new account may not become root", machine.name);
        machine.ssh("kolla", "sudo -n true").expect(0);
        assert_eq!(
            machine.read("/etc/systemd/journald.conf.d/kayobe.conf"),
            "[Journal]\nStorage=persistent\n"
        );
        machine.exec("getfacl /etc/hostname && tcpdump --version && vim --version").expect(0);
        machine.exec("/opt/kayobe/venvs/kolla-ansible/bin/python -c 'import docker'").expect(0);
        machine.exec("/opt/kayobe/venvs/kayobe/bin/python -c 'import docker'").expect(0);
        assert_eq!(machine.exec("systemctl is-active docker").expect(0).trim(), "active");
        let daemon: serde_json::Value =
            serde_json::from_str(&machine.read("/etc/docker/daemon.json")).unwrap();
        assert_eq!(daemon["iptables"], false);
    }
}

/// What every machine's processes are, by number: a restart would change one. Those of accounts end by themselves some
/// time after somebody was logged in.
fn daemons(lab: &Lab) -> Vec<Vec<String>> {
    let units = "systemctl show --property=Id,MainPID,ActiveEnterTimestampMonotonic '*.service' --state=running";
    let of = |machine: &Machine| {
        let told = machine.exec(units).expect(0);
        let units = told.split("\n\n").filter(|unit| !unit.contains("Id=user@"));
        units.map(|unit| unit.trim().to_owned()).collect()
    };
    lab.machines().iter().map(of).collect()
}

pub(crate) fn second_configure_changes_nothing(lab: &Lab) {
    let before: (Vec<_>, _) = (lab.machines().iter().map(fingerprint).collect(), daemons(lab));
    let said = site(lab).ymir(&[&CONFIGURE[..], &["--check", "--detailed-exitcode"]].concat());
    said.expect(0);
    let said = site(lab).ymir(&CONFIGURE).expect(0);
    assert!(said.contains("nothing was changed"), "{said}");
    let after: (Vec<_>, _) = (lab.machines().iter().map(fingerprint).collect(), daemons(lab));
    assert_eq!(after, before);
}

/// A whole first run, and a second one with nothing to do.
pub(crate) fn ten_hosts_are_configured(lab: &Lab) {
    let site = Site::of(lab, "ten");
    site.ymir(&CONFIGURE).expect(0);
    let before = daemons(lab);
    let said = site.ymir(&CONFIGURE).expect(0);
    assert!(said.contains("nothing was changed"), "{said}");
    assert_eq!(daemons(lab), before);
    for machine in lab.machines() {
        machine.ssh("kolla", "sudo -n docker version >/dev/null").expect(0);
    }
}

pub(crate) fn what_drifted_is_mended(lab: &Lab) {
    let machine = &lab.machines()[0];
    machine.write("/etc/systemd/journald.conf.d/kayobe.conf", "[Journal]\nStorage=none\n");
    machine
        .exec("apt-get -q -y remove tcpdump; userdel --force kolla; getent group kolla || true")
        .expect(0);
    let said = site(lab).ymir(&[&CONFIGURE[..], &["--check", "--diff"]].concat());
    for words in [
        "change /etc/systemd/journald.conf.d/kayobe.conf",
        "install tcpdump",
        "make the user kolla",
    ] {
        assert!(said.stderr.contains(words), "`{words}` is not told");
    }
    site(lab).ymir(&CONFIGURE).expect(0);
    assert!(machine.read("/etc/systemd/journald.conf.d/kayobe.conf").contains("persistent"));
    machine.exec("tcpdump --version").expect(0);
    machine.ssh("kolla", "true").expect(0);
}

pub(crate) fn what_is_dropped_is_removed(lab: &Lab) {
    let site = site(lab);
    let wanted = "custom_etc_hosts_entries:\n  repo.example: 172.23.0.1\n";
    site.write(
        "extra.yml",
        &format!(
            "---\n{wanted}dev_tools_packages_extra: [cron]\nusers_default:\n  - username: ada\n"
        ),
    );
    site.ymir(&CONFIGURE).expect(0);
    for machine in lab.machines() {
        assert!(machine.read("/etc/hosts").contains("172.23.0.1 repo.example"));
        machine.exec("id ada && dpkg -s cron && touch /home/ada/kept").expect(0);
    }
    // One of them is somebody else's by now.
    let machine = &lab.machines()[1];
    let edited = machine.read("/etc/hosts").replace("172.23.0.1 repo", "172.23.0.9 repo");
    machine.write("/etc/hosts", &edited);
    site.write("extra.yml", "---\nextra: nothing\n");
    let said = site.ymir(&CONFIGURE);
    assert!(said.stderr.contains("was changed by somebody else and stays"));
    said.expect(0);
    assert!(!lab.machines()[0].read("/etc/hosts").contains("repo.example"));
    assert!(machine.read("/etc/hosts").contains("172.23.0.9 repo.example"));
    for machine in lab.machines() {
        assert_ne!(machine.exec("id ada").code, 0, "the user is still there");
        machine.exec("test -e /home/ada/kept").expect(0);
        assert_ne!(machine.exec("dpkg -s cron 2>&1 | grep -q 'ok installed'").code, 0);
    }
    machine.write("/etc/hosts", "127.0.0.1 localhost\n");
    site.ymir(&CONFIGURE).expect(0);
}

pub(crate) fn nothing_runs_on_afterwards(lab: &Lab) {
    for machine in lab.machines() {
        let left = machine.processes();
        let ours = left.iter().find(|process| process.command.contains("ymir"));
        assert!(ours.is_none(), "{}: {ours:?}", machine.name);
        assert!(!machine.exists("/etc/systemd/system/ymir-undo.timer"));
        assert!(!machine.exists("/etc/systemd/system/ymir-undo.service"));
    }
}
