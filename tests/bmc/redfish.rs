//! Redfish, on sushy-tools.

use serde_json::json;

use crate::{
    bmcs::{free_port, sushy},
    ready,
    site::{Site, redfish},
};

#[test]
fn redfish_power_goes_where_it_is_asked_to() {
    if !ready("redfish_power_goes_where_it_is_asked_to") {
        return;
    }
    let bmc = sushy(free_port(), 2, None);
    let address = format!("http://127.0.0.1:{}", bmc.port);
    let site =
        Site::new().host("bm1", &redfish(&address, 1, "")).host("bm2", &redfish(&address, 2, ""));
    site.bmc("power status").expect(0).says(&["0 of 2 hosts are on", "without TLS", "bm1.yml:4"]);
    site.bmc("power on --check --detailed-exitcode").expect(5).says(&["switch the power on"]);
    assert_eq!(site.found("power status"), [json!("off"), json!("off")]);
    site.bmc("power on --limit bm1").expect(0).says(&["changed: bm1", "1 of 1 done"]);
    assert_eq!(site.found("power status"), [json!("on"), json!("off")]);
    site.bmc("power on").expect(0).says(&["changed: bm2", "nothing to change: bm1"]);
    site.bmc("power on").expect(0).says(&["nothing was changed"]);
    site.bmc("power off").expect(2).says(&["without --limit", "all 2 overcloud hosts"]);
    let check = site.bmc("power cycle --limit bm1 --check").expect(0);
    check.says(&["switch the power off at once", "switch the power on"]);
    site.bmc("power cycle --limit bm1").expect(0).says(&["power off: done", "power on: done"]);
    site.bmc("power reset --limit bm1").expect(0).says(&["reset the host, which is on"]);
    site.bmc("power off --soft --limit bm2").expect(0).says(&["shut down: done"]);
    site.bmc("power reset --limit bm2").expect(4).says(&["it has no power"]);
    assert_eq!(site.found("power status")[1], json!("off"));
}

#[test]
fn redfish_boots_what_it_is_asked_to() {
    if !ready("redfish_boots_what_it_is_asked_to") {
        return;
    }
    let bmc = sushy(free_port(), 1, None);
    let address = format!("http://127.0.0.1:{}", bmc.port);
    let site = Site::new().host("bm1", &redfish(&address, 1, ""));
    site.bmc("boot set pxe --mode legacy --check").expect(0).says(&["boot pxe from now on"]);
    site.bmc("boot set pxe --mode legacy").expect(0).says(&["changed: bm1"]);
    let expected = json!({ "device": "pxe", "once": false, "firmware": "legacy" });
    assert_eq!(site.found("boot show"), [expected]);
    site.bmc("boot set pxe --mode legacy").expect(0).says(&["nothing was changed"]);
    let once = site.bmc("boot set cdrom --once --mode uefi").expect(0);
    once.says(&["its BMC took `cdrom at the next boot, UEFI`", "says that it is"]);
    site.bmc("boot show").expect(0).says(&["cdrom from now on, UEFI"]);
    site.bmc("info").expect(0).says(&["Sushy Emulator", "power: off", "its event log"]);
    let check = site.bmc("check").expect(0);
    check.says(&["Redfish 1.5.0", "no TLS", "1 of 1 BMCs can be used", "for the next boot only"]);
}

#[test]
fn a_failed_run_is_taken_on_where_it_was() {
    if !ready("a_failed_run_is_taken_on_where_it_was") {
        return;
    }
    let (first, port) = (sushy(free_port(), 1, None), free_port());
    let address = |port: u16| format!("http://127.0.0.1:{port}");
    let site = Site::new()
        .host("bm1", &redfish(&address(first.port), 1, ""))
        .host("bm2", &redfish(&address(port), 2, ""));
    let failed = site.bmc("power cycle --limit overcloud").expect(4);
    failed.says(&["failed: bm2", "Connection refused", "continue with `ymir run resume 1`"]);
    let _second = sushy(port, 2, None);
    let resumed = site.ymir(&["run", "resume", "1"]).expect(0);
    // It was off before the first run and is on since: it is not switched off because of that.
    resumed.says(&["bm1: power off: done by an earlier run", "bm1: power on: already so"]);
    assert_eq!(site.found("power status"), [json!("on"), json!("on")]);
}
