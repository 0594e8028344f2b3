//! nmstate on a directory that plays a host: a program that keeps the state it is given.

use std::{fs, path::Path};

use serde_json::json;

use super::*;
use crate::host::{
    concern::{Concern, Engine, Network},
    facts::Family,
    programs::{Call, Output},
    stage::Stage,
};

const STATE: &str = "played/nmstate.json";

fn state(root: &Path) -> Value {
    let text = fs::read_to_string(root.join(STATE)).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// As nmstate merges a document: by the names of interfaces, and of routes all that is said.
fn merged(root: &Path, call: &Call) -> Output {
    let (mut now, document) = (state(root), serde_json::from_slice::<Value>(&call.input).unwrap());
    for wanted in document["interfaces"].as_array().into_iter().flatten() {
        let all = now["interfaces"].as_array_mut().unwrap();
        let known = all.iter().position(|one| one["name"] == wanted["name"]);
        let mut new = known.map_or_else(|| json!({}), |at| all.remove(at));
        for (name, value) in wanted.as_object().unwrap() {
            new[name] = value.clone();
        }
        if new["state"] != "absent" {
            all.push(new);
        }
    }
    for wanted in document["routes"]["config"].as_array().into_iter().flatten() {
        let all = now["routes"]["config"].as_array_mut().unwrap();
        all.retain(|one| one["destination"] != wanted["destination"]);
        if wanted["state"] != "absent" {
            all.push(wanted.clone());
        }
    }
    fs::write(root.join(STATE), now.to_string()).unwrap();
    Output::default()
}

/// A host with two interfaces of Ethernet, `eth0` under a connection of NetworkManager's.
fn stage() -> Stage {
    let stage = Stage::of(Family::RedHat);
    let before = json!({
        "interfaces": [
            {"name": "eth0", "type": "ethernet", "state": "up", "mtu": 1500,
             "ipv4": {"enabled": true, "address": [{"ip": "10.0.0.7", "prefix-length": 24}]}},
            {"name": "eth1", "type": "ethernet", "state": "down", "mtu": 1500},
        ],
        "routes": {"config": []},
    });
    stage.put(STATE, &before.to_string());
    stage.put("/etc/NetworkManager/NetworkManager.conf", "[main]\n");
    stage.put("/sys/class/net/eth0/keep", "");
    stage.put("/sys/class/net/eth1/keep", "");
    stage.act("nmstatectl show", |root, _| Output {
        stdout: state(root).to_string(),
        ..Output::default()
    });
    stage.act("nmstatectl apply", merged);
    stage.act("nmcli --terse --fields UUID,DEVICE,FILENAME", |root, _| {
        let state = state(root);
        let up = state["interfaces"].as_array().unwrap().iter().filter(|one| one["state"] == "up");
        let line = |one: &Value| {
            let name = one["name"].as_str().unwrap();
            format!("u-{name}:{name}:/etc/NetworkManager/system-connections/{name}.nmconnection\n")
        };
        Output { stdout: up.map(line).collect(), ..Output::default() }
    });
    stage
}

fn nmstate(document: Value) -> Nmstate {
    Nmstate { document, packages: vec!["nmstate".into()], zones: Vec::new() }
}

fn network(nmstate: Nmstate) -> Concern {
    let resolv = Some("nameserver 10.0.0.1\n".into());
    Network { resolv, resolved: None, tables: Vec::new(), engine: Engine::Nmstate(nmstate) }.into()
}

fn bridge(mtu: u32) -> Value {
    json!({
        "interfaces": [
            {"name": "eth1", "state": "up", "type": "ethernet", "mtu": mtu},
            {"name": "br1", "state": "up", "type": "linux-bridge", "bridge": {"port": [{"name": "eth1"}]},
             "ipv4": {"enabled": true, "dhcp": false, "address": [{"ip": "10.1.0.7", "prefix-length": 16}]}},
        ],
        "routes": {"config": [
            {"destination": "10.9.0.0/16", "next-hop-address": "10.1.0.1", "next-hop-interface": "br1"},
        ]},
        "route-rules": {"config": []},
    })
}

fn applied(stage: &Stage) -> usize {
    stage.called().iter().filter(|line| line.starts_with("nmstatectl apply")).count()
}

#[test]
fn a_document_is_brought_about_at_one_go() {
    let stage = stage();
    // Before nmstate is there, nobody knows what it would find.
    assert!(
        stage
            .look(&network(nmstate(bridge(9000))))
            .contains(&"have nmstate bring about the interface eth1".to_owned())
    );
    stage.put("/usr/bin/nmstatectl", "");
    let done = stage.settles(&network(nmstate(bridge(9000))));
    let own: Vec<&String> = done.iter().filter(|change| change.contains("the ")).collect();
    assert_eq!(
        own,
        [
            "change the interface eth1",
            "add the interface br1",
            "add the route to 10.9.0.0/16 via 10.1.0.1 on br1"
        ]
    );
    assert_eq!(applied(&stage), 1);
}

#[test]
fn what_nobody_asks_for_any_more_is_taken_away() {
    let stage = stage();
    stage.put("/usr/bin/nmstatectl", "");
    stage.settles(&network(nmstate(bridge(9000))));
    let mut fewer = bridge(9000);
    fewer["interfaces"].as_array_mut().unwrap().pop();
    fewer["routes"]["config"] = json!([]);
    let done = stage.settles(&network(nmstate(fewer)));
    assert_eq!(
        done,
        ["take the interface br1 away", "take the route to 10.9.0.0/16 via 10.1.0.1 on br1 away"]
    );
}

#[test]
fn what_kayobe_made_is_taken_over() {
    let stage = stage();
    stage.put("/usr/bin/nmstatectl", "");
    let own = json!({"interfaces": [{"name": "eth0", "state": "up", "type": "ethernet",
        "ipv4": {"enabled": true, "dhcp": false, "address": [{"ip": "10.0.0.7", "prefix-length": 24}]}}]});
    stage.settles(&network(nmstate(own)));
    assert_eq!(applied(&stage), 0);
    // It is Ymir's from now on.
    let done = stage.settles(&network(nmstate(json!({}))));
    assert_eq!(done, ["take the interface eth0 away"]);
}

#[test]
fn addresses_of_others_are_no_difference() {
    let stage = stage();
    stage.put("/usr/bin/nmstatectl", "");
    let document = json!({"interfaces": [{"name": "eth0", "state": "up", "type": "ethernet",
        "ipv4": {"enabled": true, "address": [{"ip": "10.0.0.8", "prefix-length": 24}]}}]});
    let mut shown = document.clone();
    let addresses = shown.pointer_mut("/interfaces/0/ipv4/address").unwrap().as_array_mut();
    addresses.unwrap().push(json!({"ip": "10.0.0.200", "prefix-length": 32}));
    shown["routes"] = json!({"config": []});
    stage.put(STATE, &shown.to_string());
    let concern = network(nmstate(document));
    stage.apply(&concern);
    assert_eq!((stage.look(&concern), applied(&stage)), (Vec::new(), 0));
    // One that the connection itself asks for is no other's.
    stage.answer("nmcli --get-values ipv4.addresses", "10.0.0.200/32, 10.0.0.8/24\n");
    assert_eq!(stage.look(&concern), ["change the interface eth0"]);
}

#[test]
fn a_connection_that_a_restart_would_forget_is_kept() {
    let stage = stage();
    stage.put("/usr/bin/nmstatectl", "");
    let document = json!({"interfaces": [{"name": "eth0", "state": "up"}]});
    stage.answer(
        "nmcli --terse --fields UUID,DEVICE,FILENAME",
        "u:eth0:/run/NetworkManager/system-connections/eth0.nmconnection\n",
    );
    let look = stage.look(&network(nmstate(document)));
    assert!(look.contains(&"keep the interface eth0 beyond a restart".to_owned()), "{look:?}");
}

#[test]
fn a_failed_change_leaves_what_was() {
    let stage = stage();
    stage.put("/usr/bin/nmstatectl", "");
    let eth1 = "/etc/NetworkManager/system-connections/eth1.nmconnection";
    stage.act("nmstatectl apply", move |root, _| {
        fs::create_dir_all(root.join("etc/NetworkManager/system-connections")).unwrap();
        fs::write(root.join(eth1.trim_start_matches('/')), "half").unwrap();
        Output { code: 1, stderr: "NmstateError: no eth1".into(), ..Output::default() }
    });
    let fault = stage.try_apply(&network(nmstate(bridge(9000)))).unwrap_err();
    assert!(fault.to_string().contains("no eth1"), "{fault}");
    assert_eq!(stage.text(eth1), None);
    let called = stage.called();
    for back in ["nmcli connection reload", "ip link delete br1"] {
        assert!(called.iter().any(|line| line == back), "{back}: {called:?}");
    }
}

#[test]
fn interfaces_are_in_their_zones() {
    let stage = stage();
    stage.put("/usr/bin/nmstatectl", "");
    stage.act("nmcli connection modify", |root, call| {
        let zone = call.args.last().unwrap();
        fs::write(root.join("played/zone"), zone).unwrap();
        Output::default()
    });
    stage.act("nmcli --get-values connection.zone", |root, _| Output {
        stdout: fs::read_to_string(root.join("played/zone")).unwrap_or_default() + "\n",
        ..Output::default()
    });
    let document = json!({"interfaces": [{"name": "eth0", "state": "up"}]});
    let zone = InterfaceZone { interface: "eth0".into(), zone: "internal".into() };
    let with = Nmstate { zones: vec![zone], ..nmstate(document.clone()) };
    let done = stage.settles(&network(with));
    assert!(done.contains(&"have the connection of eth0 name the zone internal".to_owned()));
    let done = stage.settles(&network(nmstate(document)));
    assert_eq!(done, ["have the connection of eth0 name no zone any more"]);
}

#[test]
fn files_of_the_other_engine_become_nmstates() {
    let stage = stage();
    stage.put("/usr/bin/nmstatectl", "");
    let file = "/etc/NetworkManager/system-connections/eth0.nmconnection";
    stage.answer("nmcli --version", "nmcli tool, version 1.52.0\n");
    stage.answer("nmcli --terse --fields UUID,STATE", "u:activated:eth0:eth0\n");
    let keyfile = crate::host::concern::Keyfile {
        device: "eth0".into(),
        content: "[connection]\nid=eth0\n".into(),
        follows: Vec::new(),
    };
    let engine =
        Engine::NetworkManager(crate::host::concern::NetworkManager { keyfiles: vec![keyfile] });
    let files: Concern =
        Network { resolv: None, resolved: None, tables: Vec::new(), engine }.into();
    stage.settles(&files);
    let document = json!({"interfaces": [{"name": "eth0", "state": "up"}]});
    stage.apply(&network(nmstate(document)));
    assert!(stage.text(file).is_some(), "the connection was taken away under nmstate");
    // And back: what nmstate made is in the files.
    stage.called();
    stage.settles(&files);
    assert_eq!(applied(&stage), 0);
}
