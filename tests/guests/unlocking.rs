//! Devices that clevis opens: with a tang server on this side, and with the guest's emulated TPM.

use std::thread;

use crate::{
    disks::{self, ID, named},
    guest::{Guest, HERE, NAME},
    real::command::command,
    site::Site,
    tang::{NOBODY, OTHER, TRUSTED},
};

/// The device of each pin.
const DEVICES: [(&str, &str); 2] = [("LUKS2", "tang"), ("LUKS3", "tpm2")];

/// Only this topic.
const LUKS: &str = "luks";

/// A site with these encrypted devices and nothing else.
fn site(guest: &Guest, devices: &str) -> Site {
    let site = Site::of(guest);
    site.write("disks.yml", &named(&format!("---\ncontroller_luks_devices:\n{devices}")));
    site
}

/// An item for a device that a tang server opens.
fn by_server(name: &str, serial: &str, port: u16) -> String {
    let place = format!("tang_server: '{HERE}:{port}'");
    let trusted = "tang_adv: '{{ kayobe_config_path }}/tang.jws'";
    format!("  - {{name: {name}, device: ID-{serial}, mode: tang, {place}, {trusted}}}\n")
}

fn by_chip(name: &str, serial: &str) -> String {
    format!("  - {{name: {name}, device: ID-{serial}, mode: tpm2}}\n")
}

/// The agent and what it runs are killed when a slot is filled and, most likely, not yet bound.
pub(crate) fn a_killed_binding_is_told(guest: &Guest) {
    let kill = format!(
        "until cryptsetup luksDump {ID}-LUKS2 2>/dev/null | grep -q \"^  3: luks2\"; do sleep 0.05; done; \
         pkill -9 -f \"[y]mir-agent-\"; pkill -9 -f \"[c]levis\"; true"
    );
    let said = thread::scope(|scope| {
        let killer = scope.spawn(|| guest.says(&kill));
        let said = disks::site(guest).configure_topics(LUKS, &[]);
        killer.join().unwrap();
        said
    });
    assert_ne!(said.code, 0);
    assert!(said.stderr.contains(NAME), "nobody hears that the agent was killed");
    println!("killed with: {}", guest.says(&format!("clevis luks list -d {ID}-LUKS2; true")));
    assert_eq!(guest.says("cat /var/lib/ymir/binding-by-server"), "3");
    guest.says("test -s /etc/luks-keys/dev-disk-by-id-virtio-LUKS2");
}

/// One slot, which is bound, and no key of it anywhere.
pub(crate) fn only_clevis_opens(guest: &Guest) {
    for (serial, pin) in DEVICES {
        let device = format!("{ID}-{serial}");
        let listed = guest.says(&format!("clevis luks list -d {device}"));
        assert!(
            listed.starts_with(&format!("3: {pin} ")) && listed.lines().count() == 1,
            "{listed}"
        );
        let slots = guest.says(&format!("cryptsetup luksDump {device} | grep \": luks2$\""));
        assert_eq!(slots.trim(), "3: luks2");
        let key = guest.says(&format!("clevis luks pass -d {device} -s 3"));
        let kept = "grep -rqF -f /dev/stdin /var/lib/ymir";
        assert_eq!(guest.exec(&format!("clevis luks pass -d {device} -s 3 | {kept}")).code, 1);
        let mut grep = command("grep", &["-rqF", "--", &key]);
        grep.arg(Site::of(guest).state());
        assert_eq!(
            grep.status().unwrap().code(),
            Some(1),
            "a key is in what Ymir keeps of its runs"
        );
    }
    assert_eq!(guest.says("ls /etc/luks-keys"), "dev-disk-by-id-virtio-LUKS1");
    assert_eq!(guest.says("ls -d /var/lib/ymir/binding-* 2>/dev/null; true"), "");
}

pub(crate) fn what_opens_a_device_must_be_there(guest: &Guest) {
    guest.says("mv /dev/tpmrm0 /dev/away");
    let table = [
        (by_server("none", "EMPTY1", NOBODY), "Failed to connect to 172.24.0.1 port 7502"),
        (by_server("none", "EMPTY1", OTHER), "it has no signing key with the thumbprint"),
        (by_chip("none", "EMPTY1"), "there is no /dev/tpmrm0"),
    ];
    for (device, expected) in table {
        let said = site(guest, &device).configure_topics(LUKS, &[]);
        assert_ne!(said.code, 0);
        for words in [expected, NAME] {
            assert!(said.stderr.contains(words), "`{words}` is not told");
        }
    }
    guest.says("mv /dev/away /dev/tpmrm0");
    assert_eq!(guest.exec(&format!("wipefs {ID}-EMPTY1")).stdout, "");
}

/// What Kayobe's role does by hand, and with its settings.
pub(crate) fn what_kayobe_bound_is_taken_over(guest: &Guest) {
    let pins = [
        (
            "of-server",
            "EMPTY1",
            format!(r#"tang '{{"url": "{HERE}:{TRUSTED}", "adv": "/tmp/adv"}}'"#),
            "_netdev",
        ),
        ("of-chip", "OTHER2", r#"tpm2 '{"hash":"sha1","key":"rsa"}'"#.to_owned(), ""),
    ];
    guest.says(&format!("curl -sf http://{HERE}:{TRUSTED}/adv >/tmp/adv"));
    for (name, serial, pin, options) in &pins {
        let device = format!("{ID}-{serial}");
        guest.says(&format!(
            "set -e; printf 0123456789abcdef >/tmp/key; cryptsetup luksFormat --batch-mode --key-file /tmp/key {device}; \
             clevis luks bind -s 3 -f -k /tmp/key -d {device} {pin}; clevis luks unlock -d {device} -n {name}; \
             cryptsetup luksRemoveKey {device} /tmp/key; rm /tmp/key; echo {name} {device} none {options} >>/etc/crypttab"
        ));
    }
    let devices = by_server("of-server", "EMPTY1", TRUSTED) + &by_chip("of-chip", "OTHER2");
    let taken = site(guest, &devices);
    taken.configure_topics(LUKS, &["--check", "--detailed-exitcode"]).expect(0);
    for (name, serial, ..) in &pins {
        guest.says(&format!(
            "cryptsetup close {name} && wipefs --quiet --all {ID}-{serial} && sed -i /^{name}/d /etc/crypttab"
        ));
    }
}
