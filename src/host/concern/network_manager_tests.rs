//! NetworkManager's files on a directory that plays a host.

use std::{cell::RefCell, rc::Rc};

use super::*;
use crate::host::{
    concern::{Concern, Engine, Network},
    facts::Family,
    programs::Output,
    stage::Stage,
};

const ETH1: &str = "/etc/NetworkManager/system-connections/eth1.nmconnection";

/// A host whose NetworkManager has in force what it was told to.
fn stage(version: &str, files: &[(&str, &str)]) -> Stage {
    let given = [
        (MAIN, "[main]\nplugins=keyfile\n"),
        ("/etc/systemd/system/keep", ""),
        ("/sys/class/net/eth0/keep", ""),
    ];
    let mut stage = Stage::new(&[&given[..], files].concat());
    stage.facts.family = Family::RedHat;
    stage.units_are("loaded", "enabled", "active");
    stage.answer("nmcli --version", &format!("nmcli tool, version {version}\n"));
    let active = Rc::new(RefCell::new(Vec::<String>::new()));
    let told = Rc::clone(&active);
    stage.act("nmcli --wait", move |_, call| {
        told.borrow_mut().extend(call.args.last().cloned());
        Output::default()
    });
    stage.act("nmcli --terse", move |_, _| {
        let line = |name: &String| format!("u:activated:{name}:{name}\n");
        let stdout = active.borrow().iter().map(line).collect();
        Output { stdout, ..Output::default() }
    });
    stage
}

fn keyfile(device: &str, content: &str, follows: &[&str]) -> Keyfile {
    let follows = follows.iter().map(|device| (*device).to_owned()).collect();
    Keyfile { device: device.into(), content: content.into(), follows }
}

fn network(keyfiles: Vec<Keyfile>) -> Concern {
    let resolv = Some("nameserver 10.0.0.1\n".into());
    let engine = Engine::NetworkManager(NetworkManager { keyfiles });
    Network { resolv, resolved: None, tables: vec!["100 extra".into()], engine }.into()
}

const PORT: &str = "[connection]\nid=eth1\ncontroller=br1\nport-type=bridge\n";

#[test]
fn connections_are_written_and_put_in_force() {
    let stage = stage(
        "1.52.0",
        &[("/etc/NetworkManager/system-connections/cloud-init-eth1.nmconnection", "x")],
    );
    let concern = network(vec![
        keyfile("br1", "[connection]\nid=br1\ntype=bridge\n", &[]),
        keyfile("eth1", PORT, &["br1"]),
    ]);
    stage.settles(&concern);
    assert_eq!(stage.text(ETH1).unwrap(), PORT);
    assert_eq!(
        stage.text(MAIN).unwrap(),
        "[main]\nplugins=keyfile\ndns = none\nrc-manager = unmanaged\n"
    );
    assert!(stage.text("/etc/iproute2/rt_tables").unwrap().contains("100 extra\n"));
    let called: Vec<String> =
        stage.called().into_iter().filter(|line| line.contains("connection up")).collect();
    assert_eq!(called.len(), 2, "{called:?}");
    assert!(called[0].ends_with("br1") && called[1].ends_with("eth1"), "{called:?}");
}

#[test]
fn what_follows_a_changed_connection_comes_up_anew() {
    let stage = stage("1.52.0", &[]);
    let with = |mtu: u32| {
        network(vec![
            keyfile("eth1", &format!("[connection]\nid=eth1\n[ethernet]\nmtu={mtu}\n"), &[]),
            keyfile("eth1.5", "[connection]\nid=eth1.5\n", &["eth1"]),
            keyfile("eth2", "[connection]\nid=eth2\n", &[]),
        ])
    };
    stage.settles(&with(1500));
    let done = stage.settles(&with(9000));
    assert_eq!(
        done,
        [
            format!("change {ETH1}").as_str(),
            "have NetworkManager read its connections",
            "put eth1 in force",
            "put eth1.5 in force"
        ]
    );
}

#[test]
fn a_connection_that_nobody_asks_for_goes() {
    let stage = stage("1.52.0", &[]);
    // What Ymir wrote itself before is nothing to go back to.
    for content in ["[connection]\nid=eth1\n", "[connection]\nid=eth1\nzone=internal\n"] {
        stage.settles(&network(vec![keyfile("eth1", content, &[])]));
    }
    let done = stage.settles(&network(Vec::new()));
    assert_eq!(done[0], format!("remove {ETH1}"));
    assert!(done.contains(&"have NetworkManager read its connections".to_owned()), "{done:?}");
    assert_eq!(stage.text(ETH1), None);
}

#[test]
fn older_releases_are_told_in_older_words() {
    let stage = stage("1.42.4", &[]);
    stage.settles(&network(vec![keyfile("eth1", PORT, &[])]));
    assert_eq!(stage.text(ETH1).unwrap(), "[connection]\nid=eth1\nmaster=br1\nslave-type=bridge\n");
}

#[test]
fn a_file_in_other_words_is_taken_over() {
    let found = "# Ansible managed\n\n[connection]\nid=eth1\n\nmaster=br1\nslave-type=bridge\n\n[bridge-port]\n";
    let stage = stage("1.52.0", &[(ETH1, found)]);
    let done = stage.settles(&network(vec![keyfile("eth1", PORT, &[])]));
    assert_eq!(stage.text(ETH1).unwrap(), found);
    assert!(
        !done.iter().any(|change| change.starts_with("change /etc/NetworkManager/system")),
        "{done:?}"
    );
}

#[test]
fn an_interface_that_is_not_there_is_told() {
    let stage = stage("1.52.0", &[]);
    stage.act("nmcli --wait", |_, _| Output {
        code: 4,
        stderr: "Error: Connection activation failed: No suitable device found".into(),
        ..Output::default()
    });
    let fault = stage.try_apply(&network(vec![keyfile("eth1", PORT, &[])])).unwrap_err();
    assert!(fault.to_string().contains("No suitable device"), "{fault}");
    assert!(fault.hint.unwrap().contains("interface eth1"));
    assert_eq!(stage.text(ETH1), None, "half of the change is left");
}

#[test]
fn other_systems_are_refused() {
    let mut stage = stage("1.52.0", &[]);
    stage.facts.family = Family::Debian;
    let fault = stage.try_apply(&network(Vec::new())).unwrap_err();
    assert!(fault.to_string().contains("the site means NetworkManager"), "{fault}");
}
