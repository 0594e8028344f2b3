//! BMCs that cannot be spoken to as they are described; nothing is sent.

use super::Site;

fn status(text: &str) -> String {
    let site = Site::new().with("inventory/host_vars/bm1/bmc.yml", text);
    site.run(&["overcloud", "bmc", "power", "status", "--limit", "bm1"])
}

#[test]
fn a_pin_is_a_whole_digest() {
    insta::assert_snapshot!(status("ymir_bmc_certificate_sha256: \"12:34\"\nredfish_address: 10.0.0.1"), @r#"
    exit 3
    error: bm1: reading `ymir_bmc_certificate_sha256`
      because: it is not the SHA-256 of a certificate, which has 64 hexadecimal digits
      set by: ymir_bmc_certificate_sha256 (environments/lab/inventory/host_vars/bm1/bmc.yml:2:30)
       --> environments/lab/inventory/host_vars/bm1/bmc.yml:2:30
        |
      1 | ---
      2 | ymir_bmc_certificate_sha256: "12:34"
        |                              ^ here
      hint: `ymir overcloud bmc check` shows the one that the BMC presents
    "#);
}

#[test]
fn an_address_holds_no_password() {
    insta::assert_snapshot!(status("redfish_address: https://admin:hidden@10.0.0.1"), @"
    exit 3
    error: bm1: reading the address of its BMC
      because: it holds a user name or a password
      set by: redfish_address (environments/lab/inventory/host_vars/bm1/bmc.yml:2:18)
       --> environments/lab/inventory/host_vars/bm1/bmc.yml:2:18
        |
      1 | ---
      2 | redfish_address: https://******@10.0.0.1
        |                  ^ here
      hint: leave them out there; `redfish_username` and `redfish_password` are for them
    ");
}

#[test]
fn only_whole_protection_is_spoken() {
    let ipmi = "ironic_driver: ipmi\nironic_driver_info:\n  ipmi_address: 127.0.0.1\n";
    insta::assert_snapshot!(status(&format!("{ipmi}  ipmi_cipher_suite: 0")), @"
    exit 3
    error: bm1: 0 is no cipher suite that Ymir speaks
      set by: ironic_driver_info.ipmi_cipher_suite (environments/lab/inventory/host_vars/bm1/bmc.yml:5:22)
       --> environments/lab/inventory/host_vars/bm1/bmc.yml:5:22
        |
      3 | ironic_driver_info:
      4 |   ipmi_address: 127.0.0.1
      5 |   ipmi_cipher_suite: 0
        |                      ^ here
      hint: it speaks 17 and 3; all others leave out a part of the protection
    ");
    let old = status(&format!("{ipmi}  ipmi_protocol_version: \"1.5\""));
    assert!(old.starts_with("exit 3\nerror: bm1: its BMC is said to speak IPMI 1.5"), "{old}");
    let bridged = status(&format!("{ipmi}  ipmi_bridging: single"));
    assert!(bridged.contains("bm1: its BMC is behind a bridge"), "{bridged}");
}

/// The keys for Redfish stand beside it in the shared configuration.
#[test]
fn a_driver_without_a_bmc_has_none() {
    insta::assert_snapshot!(status("ironic_driver: fake-hardware"), @"
    exit 3
    error: bm1: its BMC is none that Ymir can speak to
      because: the driver fake-hardware is for neither Redfish nor IPMI
      set by: ironic_driver (environments/lab/inventory/host_vars/bm1/bmc.yml:2:16)
       --> environments/lab/inventory/host_vars/bm1/bmc.yml:2:16
        |
      1 | ---
      2 | ironic_driver: fake-hardware
        |                ^ here
      hint: leave the host out with --limit
    ");
}

#[test]
fn half_a_login_is_none() {
    let said = status("ironic_driver: null\nipmi_username: admin");
    assert!(said.starts_with("exit 3\nerror: bm1: the password of its BMC is not set"), "{said}");
}

#[test]
fn nothing_is_switched_off_everywhere_by_a_forgotten_option() {
    let site = Site::new();
    insta::assert_snapshot!(site.run(&["overcloud", "bmc", "power", "off"]), @"
    exit 2
    error: `overcloud bmc power off` is for hosts that are named
      because: without --limit it would end what runs on all 2 overcloud hosts
      hint: name them: --limit HOST; if all are meant: --limit overcloud
    ");
}
