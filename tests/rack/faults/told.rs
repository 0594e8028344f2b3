//! `ymir why` as people read it.

use serde_json::json;

use super::{PROVISION, REGISTER, killed::with_time};
use crate::{
    serving::Served,
    site::{LOGIN, Site},
};

fn why(served: &Served, site: &Site, host: &str) -> String {
    let log = served.look("logs/dhcp");
    site.write("dhcp.log", log.as_str().unwrap());
    site.ymir(&format!("why {host}")).expect(0).said().to_owned()
}

/// What differs from run to run is replaced.
fn filters() -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [A-Z0-9+:-]+", "TIME");
    settings.add_filter(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "UUID");
    settings.add_filter(r"127\.0\.0\.1:\d+", "RACK");
    settings.add_filter(r"/\S+/http.log", "http.log");
    settings
}

#[test]
fn the_way_of_a_host_is_told() {
    let nodes = "[[nodes]]\ncount = 2\nname = \"node-{n}\"";
    let served = Served::of(&format!("speed = 1000.0\n{LOGIN}"), nodes);
    let site = Site::of(&served, 2);
    site.ymir(REGISTER).expect(0);
    let mute = json!({ "node": "node-1", "step": "deploy", "what": "ramdisk-never-calls-back", "times": 1 });
    served.control("POST", "faults", &mute);
    site.ymir(PROVISION).expect(4);
    let _filters = filters().bind_to_scope();
    insta::assert_snapshot!(why(&served, &site, "node-1"), @"
    node-1: broken at: ramdisk
      Ironic        good           the node is `deploy failed` (TIME)
      BMC           good           answers at http://RACK
      power         good           is on
      boot device   good           the next boot: disk from now on, UEFI; inserted: http://rack/ramdisk.iso
      DHCP request  good           dnsmasq-dhcp[1]: 1 DHCPDISCOVER(rack) 52:54:00:00:00:01 (TIME)
      boot file     not looked at  http.log cannot be read: No such file or directory (os error 2)
      ramdisk       BROKEN         has never called back
      image         not reached    http://RACK/images/debian-12.qcow2 is not reported as written
      first boot    not reached    nothing is deployed
      SSH           not reached    not looked at: nothing is deployed
      Ironic's last error: Timeout reached while waiting for callback for node UUID
      Ironic's history of the node:
        TIME  deploying: Timeout reached while waiting for callback for node UUID
      the last steps from this machine:
        TIME  run 1  register the node: done
        TIME  run 2  make available: done
        TIME  run 2  deploy debian-12: failed
      likely causes:
        1. Ironic says: Timeout reached while waiting for callback for node UUID
           → Ironic's log has more
        2. the ramdisk runs, and does not reach Ironic's API
           → look at the console; check the way from the provisioning network to Ironic, and the clock of the machine
        3. the ramdisk lacks the driver of the network card or the disk
           → build it with `ymir_deployment_image_hardware` for all hardware
    ");
    insta::assert_snapshot!(why(&served, &site, "node-2"), @"
    node-2: it is up: nothing is broken
      Ironic        good           the node is `active` (TIME)
      BMC           good           answers at http://RACK
      power         good           is on
      boot device   good           the next boot: disk from now on, UEFI; no virtual medium is inserted
      DHCP request  good           dnsmasq-dhcp[1]: 1 DHCPDISCOVER(rack) 52:54:00:00:00:02 (TIME)
      boot file     not looked at  http.log cannot be read: No such file or directory (os error 2)
      ramdisk       good           called back last (TIME)
      image         good           http://RACK/images/debian-12.qcow2 is written
      first boot    good           it is on the network (TIME)
      SSH           good           answers, and is the host
      the last steps from this machine:
        TIME  run 1  register the node: done
        TIME  run 2  make available: done
        TIME  run 2  deploy debian-12: done
        TIME  run 2  verify over SSH: nothing to do
    ");
}

/// The rack's clock stands, so that the deployment stays where it is.
#[test]
fn a_host_that_is_late_is_told_to_be_waited_for() {
    let nodes = "[[nodes]]\ncount = 1\nname = \"node-{n}\"";
    let served = Served::of(&format!("speed = 0.0\n{LOGIN}"), nodes);
    let site = Site::of(&served, 1);
    with_time(&served, &site, REGISTER);
    served.control("PUT", "../v1/nodes/node-1/states/provision", &json!({ "target": "provide" }));
    served.control("POST", "clock", &json!({ "seconds": 50 }));
    let late = site.ymir("overcloud provision -e wait_active_timeout=2").expect(4);
    late.says(&["still `deploying` after 2 s", "ymir why node-1"]);
    let told = site.ymir("why node-1 --output json").expect(0).json();
    let host = &told["hosts"][0];
    assert_eq!((&host["verdict"], &host["hop"]), (&json!("waiting"), &json!("power")));
}

#[test]
fn a_host_that_is_not_there_is_refused() {
    let served = Served::of(LOGIN, "[[nodes]]\ncount = 1\nname = \"node-{n}\"");
    let site = Site::of(&served, 1);
    site.ymir("why node-7").expect(3).says(&["node-7"]);
    site.ymir("why node-1 --limit node-1").expect(2);
}
