//! Devices that a tang server or a TPM opens, on a directory that plays a host. A file beside the device plays its
//! header: what opens each slot, and the tokens.

use std::{fs, path::Path};

use serde_json::{Value, json};

use super::*;
use crate::host::{
    concern::Concern,
    programs::{Call, Output},
    resource::{Tang, jose},
    stage::Stage,
};

const ADVERTISEMENT: &str = include_str!("../stage/advertisement.jws");
const URL: &str = "http://tang.example:7500";
const KEY: &str = "/etc/luks-keys/dev-sdb";
const HEADER: &str = "/dev/.header";
const CHIP: &str = "/dev/tpmrm0";

fn tang() -> Pin {
    Pin::Tang(Tang::trusted(URL.into(), ADVERTISEMENT).unwrap())
}

fn device(pin: Pin) -> Encrypted {
    Encrypted {
        name: "data".into(),
        device: "/dev/sdb".into(),
        key: KEY.into(),
        given: None,
        options: vec!["_netdev".into()],
        opener: Some(Opener { pin, keeps_key: false }),
    }
}

fn concern(device: Encrypted) -> Concern {
    Luks { devices: vec![device] }.into()
}

/// What a binding says of itself in its token.
fn settings(word: &str, told: &str) -> Value {
    let told: Value = serde_json::from_str(told).unwrap();
    if word == "tpm2" {
        return json!({"hash": "sha256", "key": "ecc"});
    }
    let payload = told["adv"]["payload"].as_str().unwrap();
    json!({"url": told["url"], "adv": jose::unpacked(payload).unwrap()})
}

fn header(root: &Path) -> Value {
    serde_json::from_slice(&fs::read(root.join(&HEADER[1..])).unwrap()).unwrap()
}

fn put_header(root: &Path, header: &Value) {
    fs::write(root.join(&HEADER[1..]), header.to_string()).unwrap();
}

fn with_slot(root: &Path, slot: &str, key: &str) {
    let mut header = header(root);
    assert!(header["keyslots"].get(slot).is_none(), "the slot {slot} is in use");
    header["keyslots"][slot] = json!({ "key": key });
    put_header(root, &header);
}

fn with_token(root: &Path, slot: &str, word: &str, settings: &Value) {
    let protected = json!({"clevis": {"pin": word, word: settings}}).to_string();
    let protected = jose::to_base64(protected.as_bytes());
    let mut header = header(root);
    let token = json!({"type": "clevis", "keyslots": [slot], "jwe": {"protected": protected}});
    header["tokens"][slot] = token;
    put_header(root, &header);
}

/// The slot that a key opens.
fn opened_by(root: &Path, key: &str) -> Option<String> {
    let header = header(root);
    let mut slots = header["keyslots"].as_object().unwrap().iter();
    slots.find(|(_, slot)| slot["key"] == key).map(|(slot, _)| slot.clone())
}

fn key(root: &Path, call: &Call, word: &str) -> String {
    match word {
        "-" => String::from_utf8(call.input.clone()).unwrap(),
        path => fs::read_to_string(root.join(&path[1..])).unwrap(),
    }
}

fn failed(code: i32, stderr: &str) -> Output {
    Output { code, stderr: stderr.into(), ..Output::default() }
}

fn said(stdout: impl Into<String>) -> Output {
    Output { stdout: stdout.into(), ..Output::default() }
}

/// A host whose programs do as cryptsetup, clevis and a server do.
fn stage(family: Family) -> Stage {
    let stage = Stage::of(family);
    for (path, text) in [("/dev/sdb", ""), (CHIP, ""), ("/dev/urandom", &"r".repeat(4096))] {
        stage.put(path, text);
    }
    stage.units_are("loaded", "enabled", "active");
    stage.act("blkid", |root, call| {
        let stdout = fs::read_to_string(root.join(&call.args[3][1..])).unwrap_or_default();
        Output { code: if stdout.is_empty() { 2 } else { 0 }, stdout, ..Output::default() }
    });
    stage.answer("curl", "200");
    play_cryptsetup(&stage);
    play_clevis(&stage);
    stage.act("shred --remove=unlink", |root, call| {
        fs::remove_file(root.join(&call.args[1][1..])).unwrap();
        Output::default()
    });
    stage
}

fn play_cryptsetup(stage: &Stage) {
    stage.act("cryptsetup luksFormat", |root, call| {
        let key = key(root, call, &call.args[3]);
        put_header(root, &json!({"keyslots": {"0": {"key": key}}, "tokens": {}}));
        fs::write(root.join("dev/sdb"), "TYPE=crypto_LUKS\n").unwrap();
        Output::default()
    });
    stage.act("cryptsetup luksDump --dump-json-metadata /dev/sdb", |root, _| {
        said(header(root).to_string())
    });
    stage.act("cryptsetup open --test-passphrase", |root, call| {
        match opened_by(root, &key(root, call, &call.args[3])) {
            Some(_) => Output::default(),
            None => failed(2, "No key available with this passphrase."),
        }
    });
    stage.act("cryptsetup luksRemoveKey", |root, call| {
        let slot = opened_by(root, &key(root, call, &call.args[2])).unwrap();
        let mut header = header(root);
        header["keyslots"].as_object_mut().unwrap().remove(&slot);
        put_header(root, &header);
        Output::default()
    });
    stage.act("cryptsetup luksKillSlot --batch-mode --key-file", |root, call| {
        assert!(opened_by(root, &key(root, call, &call.args[3])).is_some());
        let mut header = header(root);
        assert!(header["keyslots"].as_object_mut().unwrap().remove(&call.args[5]).is_some());
        put_header(root, &header);
        Output::default()
    });
    stage.act("cryptsetup close data", |root, _| {
        fs::remove_file(root.join("dev/mapper/data")).unwrap();
        Output::default()
    });
    stage.act("wipefs --all /dev/sdb", |root, _| {
        fs::write(root.join("dev/sdb"), "").unwrap();
        Output::default()
    });
}

fn play_clevis(stage: &Stage) {
    stage.act("clevis luks bind -f -s", |root, call| {
        let [slot, word, told] = [4, 9, 10].map(|place| call.args[place].as_str());
        if opened_by(root, &key(root, call, &call.args[8])).is_none() {
            return failed(1, "Error adding new binding to /dev/sdb");
        }
        with_slot(root, slot, &format!("of clevis in {slot}"));
        if root.join("cut").exists() {
            return failed(-1, "");
        }
        with_token(root, slot, word, &settings(word, told));
        Output::default()
    });
    stage.act("clevis luks unlock -d /dev/sdb -n data", |root, _| {
        fs::create_dir_all(root.join("dev/mapper")).unwrap();
        fs::write(root.join("dev/mapper/data"), "").unwrap();
        Output::default()
    });
    stage.act("clevis luks unlock -d /dev/sdb -t", |root, call| {
        assert!(header(root)["tokens"].get(&call.args[5]).is_some());
        Output::default()
    });
    stage.act("clevis luks pass -d /dev/sdb -s", |root, call| {
        let header = header(root);
        said(header["keyslots"][&call.args[5]]["key"].as_str().unwrap())
    });
}

/// Nothing but the binding opens the device, and no key is left.
fn is_bound_only(stage: &Stage) {
    let header = header(stage.root.path());
    let slots: Vec<&str> =
        header["keyslots"].as_object().unwrap().keys().map(String::as_str).collect();
    let tokens: Vec<&str> =
        header["tokens"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!((slots, tokens), (vec!["3"], vec!["3"]));
    assert_eq!(stage.text(KEY), None);
    assert_eq!(stage.text("/var/lib/ymir/binding-data"), None);
    assert_eq!(stage.text("/etc/crypttab").unwrap(), "data /dev/sdb none _netdev\n");
    assert!(stage.text("/dev/mapper/data").is_some());
}

#[test]
fn an_empty_device_is_bound_and_its_key_destroyed() {
    for family in [Family::Debian, Family::RedHat] {
        for (pin, shown) in [
            (tang(), "the tang server http://tang.example:7500"),
            (Pin::Tpm2, "the TPM of the host"),
        ] {
            let stage = stage(family);
            let done = stage.settles(&concern(device(pin)));
            let own = done.iter().filter(|text| !text.starts_with("install"));
            let expected = [
                "encrypt /dev/sdb with a new key, in /etc/luks-keys/dev-sdb",
                &format!("bind /dev/sdb to {shown}"),
                "change the line of data in /etc/crypttab",
                "open /dev/mapper/data",
                "destroy the key /etc/luks-keys/dev-sdb, which opens the device no longer",
            ];
            assert_eq!(own.collect::<Vec<_>>(), expected);
            is_bound_only(&stage);
        }
    }
}

#[test]
fn packages_are_those_of_the_distribution_and_the_way() {
    let of = |family, pin, option: &str| {
        let options = vec![option.to_owned()];
        Luks { devices: vec![Encrypted { options, ..device(pin) }] }.packages(family).join(" ")
    };
    let table = [
        (of(Family::Debian, tang(), ""), "cryptsetup clevis-luks clevis-systemd"),
        (of(Family::Debian, Pin::Tpm2, ""), "cryptsetup clevis-luks clevis-systemd clevis-tpm2"),
        (
            of(Family::Debian, tang(), "initramfs"),
            "cryptsetup clevis-luks clevis-systemd clevis-initramfs cryptsetup-initramfs",
        ),
        (of(Family::RedHat, tang(), ""), "cryptsetup clevis-luks clevis-systemd"),
        (
            of(Family::RedHat, tang(), "force"),
            "cryptsetup clevis-luks clevis-systemd clevis-dracut nmap-ncat",
        ),
        (
            of(Family::RedHat, Pin::Tpm2, ""),
            "cryptsetup clevis-luks clevis-systemd clevis-dracut nmap-ncat",
        ),
    ];
    for (names, expected) in table {
        assert_eq!(names, expected);
    }
}

#[test]
fn what_starts_the_host_knows_what_it_has_to_open() {
    for (family, option, program) in [
        (Family::Debian, "initramfs", "update-initramfs -u"),
        (Family::RedHat, "force", "dracut -f"),
    ] {
        let stage = stage(family);
        let early = Encrypted { options: vec![option.into()], ..device(Pin::Tpm2) };
        let done = stage.settles(&concern(early));
        let refresh = format!("{program} for encrypted devices");
        let place = |text: &str| done.iter().position(|known| known.starts_with(text)).unwrap();
        assert!(place(&refresh) < place("destroy the key"), "{done:?}");
        assert!(stage.called().contains(&program.to_owned()));
    }
}

#[test]
fn a_run_that_is_killed_anywhere_is_made_good() {
    for (pin, works) in [(tang(), false), (Pin::Tpm2, true)] {
        let concern = concern(device(pin));
        let mut moments = 0;
        loop {
            let stage = stage(Family::Debian);
            *stage.programs.killed.borrow_mut() = Some((moments, works));
            if stage.try_apply(&concern).is_ok() {
                break;
            }
            *stage.programs.killed.borrow_mut() = None;
            stage.apply(&concern);
            assert_eq!(stage.look(&concern), [""; 0]);
            is_bound_only(&stage);
            moments += 1;
        }
        assert!(moments > 20, "{moments}");
    }
}

#[test]
fn a_slot_that_was_filled_and_not_bound_is_emptied() {
    let stage = stage(Family::Debian);
    let concern = concern(device(tang()));
    stage.put("/cut", "");
    stage.try_apply(&concern).unwrap_err();
    assert_eq!(opened_by(stage.root.path(), "of clevis in 3").as_deref(), Some("3"));
    fs::remove_file(stage.root.path().join("cut")).unwrap();
    stage.settles(&concern);
    is_bound_only(&stage);
}

#[test]
fn a_slot_of_somebody_elses_is_left_alone() {
    let stage = stage(Family::Debian);
    let own = concern(Encrypted { opener: None, ..device(tang()) });
    stage.answer("systemd-escape", "systemd-cryptsetup@data.service\n");
    stage.act("systemctl start", |root, _| {
        fs::create_dir_all(root.join("dev/mapper")).unwrap();
        fs::write(root.join("dev/mapper/data"), "").unwrap();
        Output::default()
    });
    stage.settles(&own);
    with_slot(stage.root.path(), "3", "the operator's");
    // A device with a key in a file comes to be bound: the key goes, the operator's stays.
    let done = stage.settles(&concern(device(tang())));
    assert!(!done.iter().any(|text| text.starts_with("encrypt")), "{done:?}");
    let slots = header(stage.root.path())["keyslots"]
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect::<Vec<_>>();
    assert_eq!(slots, ["1", "3"]);
    assert_eq!(stage.text(KEY), None);
    // Nothing on the host opens it as before.
    let fault = stage.try_apply(&own).unwrap_err();
    assert!(fault.to_string().contains("there is no key in /etc/luks-keys/dev-sdb"), "{fault}");
    assert!(stage.text("/etc/crypttab").unwrap().contains("data /dev/sdb none"));
}

/// A host as Kayobe's role leaves it.
fn taken_over(word: &str, settings: &Value) -> Stage {
    let stage = stage(Family::RedHat);
    stage.put("/dev/sdb", "TYPE=crypto_LUKS\n");
    put_header(stage.root.path(), &json!({"keyslots": {}, "tokens": {}}));
    with_slot(stage.root.path(), "3", "of clevis in 3");
    with_token(stage.root.path(), "3", word, settings);
    stage.put("/etc/crypttab", "data /dev/sdb none _netdev\n");
    stage.put("/dev/mapper/data", "");
    stage
}

#[test]
fn what_kayobe_bound_is_taken_over_without_a_difference() {
    let advertised: Value = serde_json::from_str(ADVERTISEMENT).unwrap();
    let keys = jose::unpacked(advertised["payload"].as_str().unwrap()).unwrap();
    let table = [
        (tang(), json!({"url": URL, "adv": keys})),
        (Pin::Tpm2, json!({"hash": "sha1", "key": "rsa"})),
    ];
    for (pin, settings) in table {
        let stage = taken_over(pin_word(&pin), &settings);
        let concern = concern(device(pin));
        let done = stage.settles(&concern);
        assert!(done.iter().all(|text| text.starts_with("install")), "{done:?}");
        // It was never Ymir's, so it is not removed either.
        stage.confirm(&["/dev/mapper/data"]);
        stage.settles(&Luks { devices: vec![] }.into());
        assert!(opened_by(stage.root.path(), "of clevis in 3").is_some());
    }
}

fn pin_word(pin: &Pin) -> &'static str {
    if *pin == Pin::Tpm2 { "tpm2" } else { "tang" }
}

#[test]
fn another_server_opens_it_too() {
    let other = json!({"kty": "EC", "crv": "P-521", "x": "AA", "y": "AA"});
    let stage = taken_over("tang", &json!({"url": "http://old.example", "adv": {"keys": [other]}}));
    let concern = concern(device(tang()));
    let done = stage.settles(&concern);
    assert!(done.iter().any(|text| text.starts_with("bind /dev/sdb to the tang")), "{done:?}");
    let header = header(stage.root.path());
    assert_eq!(header["tokens"].as_object().unwrap().len(), 2);
    let kept = stage.kept(&concern);
    assert!(kept.iter().any(|why| why.contains("clevis luks unbind -d /dev/sdb -s 3")), "{kept:?}");
    assert!(!stage.called().iter().any(|line| line.contains("of clevis in 3")));
}

#[test]
fn nothing_is_encrypted_that_nothing_would_open() {
    let stage = stage(Family::Debian);
    fs::remove_file(stage.root.path().join(&CHIP[1..])).unwrap();
    stage.try_apply(&concern(device(Pin::Tpm2))).unwrap_err();
    stage.answer("curl", "404");
    let fault = stage.try_apply(&concern(device(tang()))).unwrap_err();
    assert!(fault.to_string().contains("no signing key with the thumbprint"), "{fault}");
    assert_eq!(stage.text("/dev/sdb").as_deref(), Some(""));
    assert_eq!(stage.text(KEY), None);
}

#[test]
fn a_key_stays_until_the_device_opens_without() {
    let stage = stage(Family::Debian);
    let concern = concern(device(tang()));
    stage.act("clevis luks unlock -d /dev/sdb -t", |_, _| failed(1, "no answer"));
    let fault = stage.try_apply(&concern).unwrap_err();
    assert!(fault.to_string().contains("does not open the device: no answer"), "{fault}");
    let key = stage.text(KEY).unwrap();
    assert!(opened_by(stage.root.path(), &key).is_some());
}

#[test]
fn the_key_of_the_site_may_stay_and_is_never_told() {
    let stage = stage(Family::Debian);
    let given = Some(Sealed::Open("73657361".into()));
    let opener = Some(Opener { pin: tang(), keeps_key: true });
    let done = stage.settles(&concern(Encrypted { given, opener, ..device(tang()) }));
    assert!(done.contains(&"destroy the key /etc/luks-keys/dev-sdb".into()), "{done:?}");
    assert_eq!(opened_by(stage.root.path(), "sesa").as_deref(), Some("0"));
    assert_eq!(stage.text(KEY), None);
    let told = stage.called().join("\n") + &stage.text("/var/lib/ymir/record.json").unwrap();
    for secret in ["sesa", "73657361", "of clevis in 3"] {
        assert!(!told.contains(secret), "{secret}");
    }
}

#[test]
fn it_stays_and_opens_until_it_is_named() {
    let stage = stage(Family::Debian);
    let file = "/played-units";
    stage.put(file, "disabled");
    stage.act("systemctl show", |root, call| {
        let enabled = fs::read_to_string(root.join("played-units")).unwrap();
        let block = format!("LoadState=loaded\nUnitFileState={enabled}\nActiveState=active\n");
        let units = call.args.iter().skip_while(|arg| *arg != "--").skip(1);
        said(units.map(|_| block.clone()).collect::<Vec<_>>().join("\n"))
    });
    stage.act("systemctl enable", |root, _| {
        fs::write(root.join("played-units"), "enabled").unwrap();
        Output::default()
    });
    stage.act("systemctl disable", |root, _| {
        fs::write(root.join("played-units"), "disabled").unwrap();
        Output::default()
    });
    stage.settles(&concern(device(tang())));
    assert_eq!(stage.text(file).unwrap(), "enabled");
    let nothing: Concern = Luks { devices: vec![] }.into();
    assert_eq!(stage.settles(&nothing), [""; 0]);
    assert_eq!(stage.text(file).unwrap(), "enabled");
    stage.confirm(&["/dev/mapper/data"]);
    stage.act("cryptsetup erase --batch-mode /dev/sdb", |root, _| {
        put_header(root, &json!({"keyslots": {}, "tokens": {}}));
        Output::default()
    });
    let done = stage.apply(&nothing);
    assert!(done.contains(&"remove the encrypted device /dev/mapper/data".into()), "{done:?}");
    assert_eq!(stage.text("/dev/sdb").as_deref(), Some(""));
    assert_eq!(stage.text("/etc/crypttab").as_deref(), Some(""));
}
