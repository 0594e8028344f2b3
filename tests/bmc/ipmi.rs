//! IPMI, on three BMCs of different make.

use std::{
    net::UdpSocket,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use serde_json::json;

use crate::{
    bmcs::{ipmi_sim, scripted},
    ready,
    site::{Site, ipmi},
};

fn power_and_boot(site: &Site) {
    site.bmc("power status").expect(0).says(&["0 of 1 hosts are on", "IPMI at 127.0.0.1"]);
    site.bmc("power on --check").expect(0).says(&["switch the power on"]);
    site.bmc("power on").expect(0).says(&["changed: bm1"]);
    assert_eq!(site.found("power status"), [json!("on")]);
    site.bmc("power on").expect(0).says(&["nothing was changed"]);
    site.bmc("power reset --limit bm1").expect(0).says(&["reset: done"]);
    site.bmc("power cycle --limit bm1").expect(0).says(&["power on: done"]);
    site.bmc("boot set pxe --once").expect(0).says(&["changed: bm1"]);
    site.bmc("power off --limit bm1").expect(0).says(&["changed: bm1"]);
    assert_eq!(site.found("power status"), [json!("off")]);
}

#[test]
fn ipmi_with_cipher_suite_17() {
    if !ready("ipmi_with_cipher_suite_17") {
        return;
    }
    let bmc = scripted("suite17.py");
    let site = Site::new().host("bm1", &ipmi(bmc.port, ""));
    power_and_boot(&site);
    site.bmc("boot set disk --mode uefi").expect(0).says(&["changed: bm1"]);
    let expected = json!({ "device": "disk", "once": false, "firmware": "uefi" });
    assert_eq!(site.found("boot show"), [expected]);
    site.bmc("boot set disk --mode uefi").expect(0).says(&["nothing was changed"]);
    site.bmc("check").expect(0).says(&["cipher suite 17", "Dell", "2.34"]);
    site.bmc("info").expect(0).says(&["not known: its sensors: it does not know this command"]);
    let only = Site::new().host("bm1", &ipmi(bmc.port, "  ipmi_cipher_suite: 3\n"));
    let told = only.bmc("power status").expect(4);
    told.says(&["it does not speak this cipher suite", "17 and 3"]);
}

#[test]
fn ipmi_of_pyghmi_with_cipher_suite_3() {
    if !ready("ipmi_of_pyghmi_with_cipher_suite_3") {
        return;
    }
    let bmc = scripted("pyghmi_bmc.py");
    let site = Site::new().host("bm1", &ipmi(bmc.port, ""));
    power_and_boot(&site);
    let check = site.bmc("check").expect(0);
    check.says(&["cipher suite 3", "it speaks no cipher suite better than 3"]);
    let only = Site::new().host("bm1", &ipmi(bmc.port, "  ipmi_cipher_suite: 17\n"));
    only.bmc("power status").expect(4).says(&["it insists on the algorithms [1, 1, 1]"]);
}

#[test]
fn ipmi_sim_tells_what_it_knows() {
    if !ready("ipmi_sim_tells_what_it_knows") {
        return;
    }
    let bmc = ipmi_sim();
    let site = Site::new().host("bm1", &ipmi(bmc.port, ""));
    power_and_boot(&site);
    let info = site.found("info").remove(0);
    let told = [&info["manufacturer"], &info["model"], &info["serial"], &info["board_serial"]];
    assert_eq!(told, [&json!("Acme"), &json!("R650"), &json!("SN-4711"), &json!("BSN-1")]);
    assert_eq!(info["sensors"][0]["name"], "CPU Temp", "{info}");
    assert_eq!(
        (&info["sensors"][0]["reading"], &info["sensors"][0]["unit"]),
        (&json!(42.0), &json!("°C"))
    );
    assert_eq!(info["log"]["all"], 1);
    let entry = info["log"]["entries"][0]["text"].as_str().unwrap();
    assert!(entry.starts_with("Temperature (sensor 1): "), "{entry}");
    site.bmc("info").expect(0).says(&["serial number: SN-4711", "CPU Temp", "the newest 1 of 1"]);
    site.bmc("check").expect(0).says(&["can", "sensors, inventory, event log"]);
    assert!(bmc.dir().join("state/power").exists());
}

/// Stands before a BMC and loses every third packet, whichever way it goes; gives the port to speak to.
fn losing(bmc: u16) -> u16 {
    let front = Arc::new(UdpSocket::bind("127.0.0.1:0").unwrap());
    let back = Arc::new(UdpSocket::bind("127.0.0.1:0").unwrap());
    back.connect(("127.0.0.1", bmc)).unwrap();
    let port = front.local_addr().unwrap().port();
    let (count, asker) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(None)));
    let is_lost = |count: &AtomicUsize| count.fetch_add(1, Ordering::SeqCst).is_multiple_of(3);
    let (to, from, asked, counted) = (back.clone(), front.clone(), asker.clone(), count.clone());
    thread::spawn(move || {
        let mut packet = [0; 2048];
        while let Ok((length, sender)) = from.recv_from(&mut packet) {
            *asked.lock().unwrap() = Some(sender);
            if !is_lost(&counted) {
                to.send(&packet[..length]).unwrap();
            }
        }
    });
    thread::spawn(move || {
        let mut packet = [0; 2048];
        while let Ok(length) = back.recv(&mut packet) {
            let sender = *asker.lock().unwrap();
            if let Some(sender) = sender.filter(|_| !is_lost(&count)) {
                front.send_to(&packet[..length], sender).unwrap();
            }
        }
    });
    port
}

#[test]
fn lost_packets_are_sent_again() {
    if !ready("lost_packets_are_sent_again") {
        return;
    }
    let bmc = scripted("suite17.py");
    let site = Site::new().host("bm1", &ipmi(losing(bmc.port), ""));
    site.bmc("power on").expect(0).says(&["changed: bm1"]);
    assert_eq!(site.found("power status"), [json!("on")]);
}
