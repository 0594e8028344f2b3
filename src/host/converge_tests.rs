//! The engine on a directory that plays a host.

use std::{collections::BTreeMap, fs};

use super::*;
use crate::host::{
    concern::{AnsibleUser, EtcHosts, HostLine, Logging, PackageProxies, Proxy, Sysctl},
    programs::Output,
    sealed::Sealed,
    stage::Stage,
};

fn logging(storage: &str) -> Concern {
    Logging { storage: storage.into() }.into()
}

fn hosts(custom: &[&str]) -> Concern {
    let line = |address: &&str| HostLine { address: (*address).into(), names: vec!["x".into()] };
    let custom = custom.iter().map(line).collect();
    EtcHosts { is_listed: false, name: None, hosts: Vec::new(), custom }.into()
}

const CONF: &str = "/etc/systemd/journald.conf.d/kayobe.conf";

#[test]
fn what_is_applied_is_satisfied_and_nothing_is_done_twice() {
    let stage = Stage::new(&[]);
    let proxy = Proxy {
        http: Some(Sealed::Open("http://u:secret@p:1".into())),
        https: None,
        without: vec!["localhost".into()],
    };
    for concern in [logging("persistent"), hosts(&["10.0.0.1"]), proxy.into()] {
        let announced = stage.look(&concern);
        assert!(!announced.is_empty());
        assert_eq!(stage.apply(&concern), announced, "what was announced is done");
        assert_eq!(stage.look(&concern), [""; 0]);
        let before = stage.everything();
        assert_eq!(stage.apply(&concern), [""; 0]);
        assert_eq!(stage.everything(), before, "{} writes again", concern.name());
    }
}

#[test]
fn looking_writes_nothing() {
    let stage = Stage::new(&[(CONF, "[Journal]\nStorage=auto\n")]);
    let before = stage.everything();
    stage.look(&logging("persistent"));
    stage.look(&hosts(&["10.0.0.1"]));
    assert_eq!(stage.everything(), before);
}

#[test]
fn a_host_that_somebody_else_configured_so_is_restarted_by_nothing() {
    let stage = Stage::new(&[(CONF, "[Journal]\nStorage=volatile\n"), ("/proc/sys/a/b", "1\n")]);
    let root = stage.root.path();
    let mode = |path: &str, mode: u32| {
        let mode = std::os::unix::fs::PermissionsExt::from_mode(mode);
        fs::set_permissions(root.join(path), mode).unwrap();
    };
    mode("etc/systemd/journald.conf.d", 0o770);
    mode("etc/systemd/journald.conf.d/kayobe.conf", 0o660);
    assert_eq!(stage.look(&logging("volatile")), [""; 0]);
    assert_eq!(stage.apply(&logging("volatile")), [""; 0]);
    assert_eq!(stage.called(), [""; 0]);
    // From now on the file is known, and goes with the configuration that asked for it.
    let changes = stage.apply(&logging("auto"));
    assert_eq!(changes, [format!("change {CONF}"), "restart systemd-journald.service".into()]);
}

#[test]
fn a_restart_stays_due_until_it_succeeds() {
    let stage = Stage::new(&[]);
    *stage.programs.failing.borrow_mut() = Some("restart systemd-journald".into());
    let fault = stage.try_apply(&logging("volatile")).unwrap_err();
    assert!(fault.to_string().contains("systemctl restart systemd-journald.service"), "{fault}");
    assert_eq!(stage.look(&logging("volatile")), ["restart systemd-journald.service"]);
    *stage.programs.failing.borrow_mut() = None;
    assert_eq!(stage.apply(&logging("volatile")), ["restart systemd-journald.service"]);
    assert_eq!(stage.look(&logging("volatile")), [""; 0]);
}

#[test]
fn what_nobody_asks_for_any_more_is_taken_away() {
    let stage = Stage::new(&[("/etc/hosts", "127.0.0.1 localhost\n")]);
    stage.apply(&hosts(&["10.0.0.1"]));
    assert_eq!(
        stage.text("/etc/hosts").unwrap(),
        "127.0.0.1 localhost\n# BEGIN ANSIBLE GENERATED CUSTOM HOSTS\n10.0.0.1 x\n# END ANSIBLE GENERATED CUSTOM HOSTS\n"
    );
    assert_eq!(
        stage.apply(&hosts(&[])),
        ["remove the block `ANSIBLE GENERATED CUSTOM HOSTS` of /etc/hosts"]
    );
    assert_eq!(stage.text("/etc/hosts").unwrap(), "127.0.0.1 localhost\n");
    assert_eq!(stage.look(&hosts(&[])), [""; 0]);
}

#[test]
fn what_somebody_else_changed_is_not_taken_away() {
    let stage = Stage::new(&[]);
    stage.apply(&hosts(&["10.0.0.1"]));
    let path = stage.root.path().join("etc/hosts");
    let edited = fs::read_to_string(&path).unwrap().replace("10.0.0.1", "10.9.9.9");
    fs::write(&path, edited).unwrap();
    assert_eq!(stage.apply(&hosts(&[])), [""; 0]);
    assert!(stage.text("/etc/hosts").unwrap().contains("10.9.9.9"));
}

#[test]
fn parameters_are_kept_and_set() {
    let stage = Stage::new(&[("/proc/sys/net/a", "0\n")]);
    let parameters = BTreeMap::from([("net.a".to_owned(), "1".to_owned())]);
    let sysctl: Concern = Sysctl { parameters }.into();
    let fault = stage.try_apply(&sysctl).unwrap_err();
    // Nothing plays the kernel here: a second look must notice.
    assert!(fault.causes[0].contains("second look"), "{fault}");
    assert_eq!(stage.called(), ["sysctl -w net.a=1"]);
    assert_eq!(stage.text("/etc/sysctl.d/kayobe.conf").unwrap(), "net.a=1\n");
    fs::write(stage.root.path().join("proc/sys/net/a"), "1\n").unwrap();
    assert_eq!(stage.look(&sysctl), [""; 0]);
    let none: Concern = Sysctl { parameters: BTreeMap::new() }.into();
    assert_eq!(stage.apply(&none), ["remove `net.a` of /etc/sysctl.d/kayobe.conf"]);
}

#[test]
fn a_full_disk_is_told_before_anything_is_changed() {
    let stage = Stage::new(&[("/var/lib/ymir", "a file where the record's directory must be")]);
    let fault = stage.try_apply(&logging("volatile")).unwrap_err();
    assert!(fault.to_string().contains("/var/lib/ymir"), "{fault}");
    assert_eq!(stage.text(CONF), None);
}

#[test]
fn packages_that_need_only_each_other_go_together() {
    let stage = Stage::new(&[("/var/lib/dpkg/status", "")]);
    let status =
        "Package: a\nStatus: install ok installed\n\nPackage: b\nStatus: install ok installed\n";
    stage.act("apt-get", move |root, call| {
        let line = call.line();
        let path = root.join("var/lib/dpkg/status");
        if line.contains(" --simulate ") {
            // `b` needs `a`.
            let both = if line.contains("remove a") { "Remv b\nRemv a\n" } else { "Remv b\n" };
            return Output { stdout: both.into(), ..Output::default() };
        }
        std::fs::write(path, if line.contains("install") { status } else { "" }).unwrap();
        Output::default()
    });
    let tools = |names: &[&str]| {
        let packages = names.iter().map(|name| (*name).to_owned()).collect();
        Concern::from(crate::host::concern::DevTools { packages, with_modules: false })
    };
    stage.settles(&tools(&["a", "b"]));
    assert_eq!(stage.settles(&tools(&[])), ["remove the package a", "remove the package b"]);
}

/// A slow mirror must not run into the undoing of a change that has not begun.
#[test]
fn packages_are_there_before_the_host_is_told_to_undo() {
    const UNDO: &str = "var/lib/ymir/undo.json";
    let stage = Stage::of(crate::host::facts::Family::Debian);
    let told = |stage: &Stage, program: &str, is_armed: bool| {
        let acts = stage.programs.acts.borrow();
        let (_, act) = acts.iter().rev().find(|(start, _)| start == program).cloned().unwrap();
        drop(acts);
        let name = program.to_owned();
        stage.act(program, move |root, call| {
            assert_eq!(root.join(UNDO).exists(), is_armed, "{name}");
            act(root, call)
        });
    };
    told(&stage, "apt-get", false);
    told(&stage, "useradd", true);
    let (name, public_key) = ("stack".into(), "ssh-ed25519 AAAA".into());
    let apt_http = Some(Sealed::Open("http://p:1".into()));
    let proxies = PackageProxies { apt_http, ..PackageProxies::default() };
    let user = AnsibleUser { name, public_key, keys_file: None, in_docker_group: false, proxies };
    let done = stage.apply(&user.into());
    assert_eq!(done[0], "install python3-minimal");
    assert!(done.iter().any(|text| text.starts_with("make the user stack")), "{done:?}");
}
