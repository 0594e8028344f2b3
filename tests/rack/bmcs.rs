//! The BMCs of a rack, asked as Ironic would ask them.

use std::process::Command;

use serde_json::{Value, json};

use crate::serving::Served;

/// Status (0 if the connection ended without an answer) and body of a request to a BMC.
fn bmc(served: &Served, method: &str, path: &str, body: &Value) -> (u16, Value) {
    let url = format!("{}/redfish/v1/Systems/bm1{path}", served.url);
    let body = body.to_string();
    let args = ["-s", "--noproxy", "*", "-w", "\n%{http_code}", "-X", method, "-d", &body, &url];
    let output = Command::new("curl").args(args).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let (body, status) = text.rsplit_once('\n').unwrap();
    (status.parse().unwrap(), serde_json::from_str(body).unwrap_or_default())
}

fn rack(rest: &str) -> Served {
    Served::of("speed = 0.0", &format!("[[nodes]]\ncount = 1\nname = \"bm1\"\n{rest}"))
}

#[test]
fn a_medium_is_inserted_and_booted_once() {
    let served = rack("");
    let cd = "/VirtualMedia/Cd";
    let insert = format!("{cd}/Actions/VirtualMedia.InsertMedia");
    assert_eq!(bmc(&served, "POST", &insert, &json!({})).0, 400);
    let image = json!({ "Image": "http://127.0.0.1/ramdisk.iso" });
    assert_eq!(bmc(&served, "POST", &insert, &image).0, 204);
    let medium = bmc(&served, "GET", cd, &json!({})).1;
    assert_eq!((&medium["Inserted"], &medium["ImageName"]), (&json!(true), &json!("ramdisk.iso")));
    let once = json!({ "BootSourceOverrideTarget": "Cd", "BootSourceOverrideEnabled": "Once" });
    assert_eq!(bmc(&served, "PATCH", "", &json!({ "Boot": once })).0, 204);
    let on = json!({ "ResetType": "On" });
    assert_eq!(bmc(&served, "POST", "/Actions/ComputerSystem.Reset", &on).0, 204);
    let system = bmc(&served, "GET", "", &json!({})).1;
    assert_eq!(system["PowerState"], "On");
    assert_eq!(system["Boot"]["BootSourceOverrideTarget"], "Hdd", "it was for one boot");
    let eject = format!("{cd}/Actions/VirtualMedia.EjectMedia");
    assert_eq!(bmc(&served, "POST", &eject, &json!({})).0, 204);
    assert_eq!(bmc(&served, "GET", cd, &json!({})).1["Inserted"], false);
}

#[test]
fn faults_strike_at_the_bmc() {
    let fault = |what| {
        format!("[[fault]]\nnode = \"bm1\"\nstep = \"redfish\"\nwhat = \"{what}\"\ntimes = 1\n")
    };
    let served = rack(&["401", "500", "bmc-dead", "cut"].map(fault).concat());
    let statuses = [(); 5].map(|()| bmc(&served, "GET", "", &json!({})).0);
    assert_eq!(statuses, [401, 500, 0, 0, 200]);
}

#[test]
fn a_slow_bmc_answers_when_its_time_has_come() {
    let served = rack("[[fault]]\nnode = \"bm1\"\nstep = \"redfish\"\nwhat = \"bmc-slow\"\n");
    let answered = std::thread::scope(|scope| {
        let asking = scope.spawn(|| bmc(&served, "GET", "", &json!({})).0);
        // However late the request comes, the clock goes on until it is answered.
        while !asking.is_finished() {
            served.control("POST", "clock", &json!({ "seconds": 1 }));
        }
        asking.join().unwrap()
    });
    assert_eq!(answered, 200);
    assert!(served.look("")["seconds"].as_f64().unwrap() >= 30.0);
}
