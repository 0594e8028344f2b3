//! What is told when a BMC is not as it should be: which host, which address, which file and line.

use std::{
    io::{Read, Write},
    net::TcpListener,
    thread,
};

use serde_json::json;

use crate::{
    bmcs::{free_port, scripted, sushy},
    ready,
    site::{Site, ipmi, redfish},
};

/// A service that takes every connection, reads what is asked and answers this; then it closes, or is silent if there
/// is no answer.
fn speaking(answer: Option<&'static str>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        let mut open = Vec::new();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            drop(stream.read(&mut [0; 4096]));
            match answer {
                Some(answer) => drop(stream.write_all(answer.as_bytes())),
                None => open.push(stream),
            }
        }
    });
    port
}

#[test]
fn the_trouble_of_one_bmc_stays_its_own() {
    if !ready("the_trouble_of_one_bmc_stays_its_own") {
        return;
    }
    let (good, dead) = (sushy(free_port(), 1, None), free_port());
    let address = |port: u16| format!("http://127.0.0.1:{port}");
    let silent = speaking(None);
    let cut = speaking(Some("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"Redfish"));
    let web = speaking(Some("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>"));
    let site = Site::new()
        .host("dead", &redfish(&address(dead), 1, ""))
        .host("good", &redfish(&address(good.port), 1, ""))
        .host("silent", &redfish(&address(silent), 1, "ymir_bmc_answer_timeout: 2\n"))
        .host("cut", &redfish(&address(cut), 1, ""))
        .host("web", &redfish(&address(web), 1, ""))
        .host("other", &redfish(&address(good.port), 7, ""));
    let told = site.bmc("power status").expect(4);
    let told = told.says(&[
        &format!("dead: logging in through its BMC at http://127.0.0.1:{dead}"),
        "Connection refused",
        "inventory/host_vars/dead.yml:4",
        "it did not answer within 2 seconds",
        "ymir_bmc_answer_timeout (",
        "inventory/host_vars/silent.yml:8",
        "the connection ended before the answer did",
        "it is no JSON",
        "it has no system /redfish/v1/Systems/",
        "inventory/host_vars/other.yml:5",
        "0 of 6 hosts are on, 5 could not be asked",
    ]);
    assert!(told.stdout.lines().any(|line| line.starts_with("good") && line.contains("off")));
    let run = site.bmc("power on").expect(4);
    run.says(&["changed: good", "failed: cut, dead, other, silent, web", "ymir run resume 1"]);
    let found = site.bmc("power status --output yaml").expect(4);
    found.says(&["trouble:", "kind: host"]);
}

#[test]
fn a_wrong_login_is_told_with_its_place() {
    if !ready("a_wrong_login_is_told_with_its_place") {
        return;
    }
    let (sushy, suite17, pyghmi) =
        (sushy(free_port(), 1, None), scripted("suite17.py"), scripted("pyghmi_bmc.py"));
    let address = format!("http://127.0.0.1:{}", sushy.port);
    let wrong = |text: String| text.replace("{{ bmc_password }}", "not-this");
    let stranger = |text: String| text.replace("username: admin", "username: nobody");
    let short = "ymir_bmc_answer_timeout: 3\n";
    let site = Site::new()
        .host("web", &wrong(redfish(&address, 1, "")))
        .host("new", &wrong(ipmi(suite17.port, "")))
        .host("old", &wrong(ipmi(pyghmi.port, "")))
        .host("strange", &stranger(ipmi(suite17.port, "")))
        .host("mute", &stranger(ipmi(pyghmi.port, short)));
    let told = site.bmc("power status").expect(4);
    told.says(&[
        "HTTP status 401",
        "redfish_password (inventory/host_vars/web.yml:7",
        "new: logging in through its BMC at 127.0.0.1 port",
        "the password is not the one that it knows",
        "ipmi_password (inventory/host_vars/old.yml:7",
        "it does not know the user name",
        "ipmi_username (inventory/host_vars/strange.yml:6",
        "it answers, but not to the login",
    ]);
    // Nobody is locked out by it: the right password still opens.
    let right = Site::new().host("old", &ipmi(pyghmi.port, ""));
    assert_eq!(right.found("power status"), [json!("off")]);
}
