//! What sites say of encrypted devices.

use super::*;

#[test]
fn encrypted_devices_are_opened_by_what_they_say() {
    let advertisement = include_str!("../../host/stage/advertisement.jws");
    let text = "controller_luks_devices:\n\
                - {name: a, device: /dev/sdb, options: [discard]}\n\
                - {name: b, device: /dev/sdc, mode: tang, tang_server: 'tang:80',\n\
                   tang_adv: '{{ kayobe_config_path }}/adv'}\n\
                - {name: c, device: /dev/sdd, mode: tpm2, tpm2_remove_key: false,\n\
                   keyfile: '{{ kayobe_config_path }}/key', options: [force]}\n";
    let site = OneHost::new(
        "controllers",
        &[("luks.yml", text), ("adv", advertisement), ("key", "sesame")],
    );
    let luks = site.one(Class::Overcloud, "luks");
    let devices = luks["devices"].as_array().unwrap();
    assert_eq!(devices[0].get("opener"), None);
    let opener = &devices[1]["opener"];
    assert_eq!(opener["pin"]["url"], "tang:80");
    assert_eq!(
        opener["pin"]["advertisement"],
        serde_json::from_str::<Value>(advertisement).unwrap()
    );
    // Behind the network, unless the site says otherwise.
    assert_eq!(
        (&devices[1]["options"], &opener["keeps_key"]),
        (&json!(["_netdev"]), &json!(false))
    );
    assert_eq!(devices[2]["opener"], json!({"pin": {"pin": "tpm2"}, "keeps_key": true}));
    assert_eq!(devices[2]["options"], json!(["force"]));
    assert!(!luks.to_string().contains("sesame"), "{luks}");
}

#[test]
fn openers_that_open_nothing_are_refused() {
    let adv = "tang_adv: '{{ kayobe_config_path }}/adv'";
    let table = [
        ("mode: magic".to_owned(), "`magic` is no mode"),
        ("mode: tang".to_owned(), "it has no `tang_server`"),
        ("mode: tang, tang_server: 'tang:80'".to_owned(), "it has no `tang_adv`"),
        (
            format!("mode: tang, tang_server: 'tang:80', {adv}"),
            "no advertisement of a tang server in",
        ),
        (
            "mode: tpm2, tpm2_remove_key: false".to_owned(),
            "with `tpm2_remove_key: false` it opens with",
        ),
    ];
    for (words, expected) in table {
        let text = format!("controller_luks_devices: [{{name: a, device: /dev/sdb, {words}}}]\n");
        let site = OneHost::new("controllers", &[("luks.yml", &text), ("adv", "{}")]);
        let refused = site.refused(Class::Overcloud, "luks");
        assert!(refused.contains(expected), "{refused}");
        assert!(refused.contains("h1: the device /dev/sdb of `luks_devices`"), "{refused}");
    }
}
