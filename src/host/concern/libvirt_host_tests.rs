//! libvirt on a directory that plays a host, with a `virsh` that keeps what it is told in files.

use std::{fs, path::Path};

use super::*;
use crate::host::{
    concern::Concern,
    programs::{Call, Output},
    stage::Stage,
};

const FLAGS: &str = "flags\t\t: fpu vmx lm\n";
const DATABASE: &str = "/etc/libvirt/passwd.db";

/// One file for a pool or network, with a line for each of what it is.
fn virsh(root: &Path, call: &Call) -> Output {
    let said = |stdout: String| Output { stdout, ..Output::default() };
    let (verb, name) = (call.args[0].as_str(), call.args[1].as_str());
    let (kind, verb) = verb.split_once('-').unwrap();
    let path = |name: &str| root.join(format!("virsh/{kind}-{name}"));
    if verb == "define" {
        let xml = String::from_utf8(call.input.clone()).unwrap();
        let name = xml.split("<name>").nth(1).unwrap().split("</name>").next().unwrap();
        let before = fs::read_to_string(path(name)).unwrap_or_default();
        let states = before.lines().filter(|line| ["active", "autostart"].contains(line));
        let states: String = states.flat_map(|state| [state, "\n"]).collect();
        fs::create_dir_all(root.join("virsh")).unwrap();
        fs::write(path(name), states + &xml).unwrap();
        return Output::default();
    }
    let Ok(text) = fs::read_to_string(path(name)) else {
        let stderr = format!("error: failed to get {kind} '{name}'");
        return Output { code: 1, stderr, ..Output::default() };
    };
    let is = |state: &str| text.lines().any(|line| line == state);
    let without = |state: &str| text.replace(&format!("{state}\n"), "");
    match verb {
        "info" if kind == "pool" => said(format!(
            "Name: {name}\nState:          {}\nAutostart:      {}\n",
            if is("active") { "running" } else { "inactive" },
            if is("autostart") { "yes" } else { "no" }
        )),
        "info" => said(format!(
            "Name: {name}\nActive:         {}\nAutostart:      {}\n",
            if is("active") { "yes" } else { "no" },
            if is("autostart") { "yes" } else { "no" }
        )),
        "dumpxml" => said(without("active").replace("autostart\n", "")),
        "start" => {
            fs::write(path(name), format!("active\n{text}")).map(|()| Output::default()).unwrap()
        }
        "autostart" => {
            fs::write(path(name), format!("autostart\n{text}")).map(|()| Output::default()).unwrap()
        }
        "destroy" => fs::write(path(name), without("active")).map(|()| Output::default()).unwrap(),
        "undefine" => fs::remove_file(path(name)).map(|()| Output::default()).unwrap(),
        _ => Output::default(),
    }
}

fn stage() -> Stage {
    let names = ["qemu-system-x86", "libvirt-daemon-system", "libvirt-clients", "python3-libvirt"];
    let more = ["python3-lxml", "ovmf", "libsasl2-modules-gssapi-mit", "sasl2-bin"];
    let installed = |name: &&str| format!("Package: {name}\nStatus: install ok installed\n\n");
    let status: String = names.iter().chain(&more).map(installed).collect();
    let stage = Stage::new(&[
        ("/var/lib/dpkg/status", &status),
        ("/proc/cpuinfo", FLAGS),
        ("/usr/bin/virsh", ""),
    ]);
    stage.act("systemctl show", |_, call| {
        let units = call.args.iter().skip_while(|arg| *arg != "--").skip(1);
        let state = |unit: &String| {
            let on = !unit.ends_with("-tls.socket");
            let (file, active) = if on { ("enabled", "active") } else { ("disabled", "inactive") };
            format!("LoadState=loaded\nUnitFileState={file}\nActiveState={active}\n")
        };
        let stdout = units.map(state).collect::<Vec<_>>().join("\n");
        Output { stdout, ..Output::default() }
    });
    stage.act("virsh", virsh);
    stage.act("virsh vol-list", |_, _| Output {
        stdout: " Name   Path\n-------------\n\n".into(),
        ..Output::default()
    });
    stage.act("saslpasswd2 -c", |root, call| {
        fs::write(root.join(&DATABASE[1..]), &call.input).unwrap();
        Output::default()
    });
    stage.answer("sasldblistusers2", "nova@node1: userPassword\n");
    stage
}

fn libvirt() -> Libvirt {
    let option = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    Libvirt {
        requires_vt: true,
        efi: true,
        emulators: Vec::new(),
        extra_packages: Vec::new(),
        ceph_repository: None,
        libvirtd: Some(vec![option("auth_tcp", "\"sasl\""), option("log_level", "3")]),
        qemu: Some(vec![option("max_files", "32768")]),
        login: Some(Login {
            user: "nova".into(),
            password: Sealed::Open("secret".into()),
            mechanisms: vec!["DIGEST-MD5".into()],
        }),
        tcp: Some(Listener { address: Some("10.0.0.1:16509".into()) }),
        tls: None,
        certificates: BTreeMap::new(),
        pools: Vec::new(),
        networks: Vec::new(),
    }
}

fn hypervisor(pools: &[&str], bridge: Option<&str>) -> Concern {
    let pool = |path: &&str| Pool {
        name: "default".into(),
        kind: PoolKind::Dir,
        path: Some((*path).to_owned()),
        capacity: None,
        source: None,
        disks: Vec::new(),
    };
    let network = |bridge: &str| VirtualNetwork {
        name: "provision".into(),
        bridge: Some(bridge.into()),
        xml: format!(
            "<network>\n  <name>provision</name>\n  <bridge name='{bridge}'/>\n</network>\n"
        ),
    };
    let libvirt = Libvirt {
        login: None,
        libvirtd: Some(Vec::new()),
        qemu: Some(Vec::new()),
        pools: pools.iter().map(pool).collect(),
        networks: bridge.into_iter().map(network).collect(),
        ..libvirt()
    };
    LibvirtHost { libvirt: Some(libvirt) }.into()
}

fn concern(libvirt: Libvirt) -> Concern {
    LibvirtHost { libvirt: Some(libvirt) }.into()
}

#[test]
fn compute_hosts_let_each_other_in() {
    let stage = stage();
    stage.settles(&concern(libvirt()));
    assert_eq!(
        stage.text("/etc/libvirt/libvirtd.conf").unwrap(),
        "# Ansible managed\nauth_tcp = \"sasl\"\nlog_level = 3\n"
    );
    assert_eq!(
        stage.text("/etc/sasl2/libvirt.conf").unwrap(),
        "mech_list: DIGEST-MD5\nsasldb_path: /etc/libvirt/passwd.db\n"
    );
    let auth = stage.text("/etc/libvirt/auth.conf").unwrap();
    assert!(auth.starts_with("[credentials-default]\nauthname=nova\npassword=secret\n"), "{auth}");
    assert_eq!(stage.text(DATABASE).unwrap(), "secret");
    let socket = stage.text("/etc/systemd/system/libvirtd-tcp.socket.d/listen-address.conf");
    assert!(socket.unwrap().contains("ListenStream=\nListenStream=10.0.0.1:16509\n"));
}

#[test]
fn a_new_password_is_set_and_goes_with_libvirt() {
    let stage = stage();
    stage.settles(&concern(libvirt()));
    let login =
        libvirt().login.map(|login| Login { password: Sealed::Open("other".into()), ..login });
    let done = stage.settles(&concern(Libvirt { login, ..libvirt() }));
    assert_eq!(done, ["set libvirt's SASL password of nova", "change /etc/libvirt/auth.conf"]);
    assert_eq!(stage.text(DATABASE).unwrap(), "other");
    stage.act("saslpasswd2 -d", |_, _| Output::default());
    stage.settles(&LibvirtHost::default().into());
    assert_eq!(stage.text("/etc/libvirt/auth.conf"), None);
    assert_eq!(stage.text("/etc/libvirt/libvirtd.conf"), None);
}

#[test]
fn sockets_change_while_the_daemon_does_not_run() {
    let stage = stage();
    stage.settles(&concern(libvirt()));
    stage.called();
    let tcp = Some(Listener { address: Some("10.0.0.9:16509".into()) });
    let done = stage.settles(&concern(Libvirt { tcp, ..libvirt() }));
    let file = "/etc/systemd/system/libvirtd-tcp.socket.d/listen-address.conf";
    assert_eq!(done, [format!("change {file}"), "restart libvirtd.service".into()]);
    let calls = stage.called();
    let changes = calls.iter().filter(|call| {
        call.starts_with("systemctl") && !call.contains(" show ") && !call.contains("daemon-reload")
    });
    let calls: Vec<_> = changes.collect();
    assert_eq!(
        calls,
        [
            "systemctl stop libvirtd.service",
            "systemctl restart libvirtd-tcp.socket",
            "systemctl stop libvirtd-tls.socket",
            "systemctl start libvirtd.service"
        ]
    );
}

#[test]
fn kayobes_own_comment_on_a_socket_is_left() {
    let stage = stage();
    let text = "# Ansible managed\n[Socket]\nListenStream=\nListenStream=10.0.0.1:16509\n\
                # FreeBind is recommended.\n# See the manual.\nFreeBind=true\n";
    let path = "/etc/systemd/system/libvirtd-tcp.socket.d/listen-address.conf";
    stage.put(path, text);
    stage.settles(&concern(libvirt()));
    assert_eq!(stage.text(path).unwrap(), text);
}

#[test]
fn pools_and_networks_come_change_and_go() {
    let stage = stage();
    let done = stage.settles(&hypervisor(&["/var/lib/libvirt/images"], Some("br0")));
    let defined = ["define libvirt's pool default", "define libvirt's network provision"];
    assert!(defined.iter().all(|text| done.contains(&(*text).to_owned())), "{done:?}");
    let uuid = "\n  <uuid>u-1</uuid>\n  <name>";
    let known = stage.text("/virsh/net-provision").unwrap().replacen("\n  <name>", uuid, 1);
    stage.put("/virsh/net-provision", &known);
    let done = stage.settles(&hypervisor(&["/var/lib/libvirt/images"], Some("br1")));
    assert_eq!(done, ["put libvirt's network provision on the bridge br1"]);
    assert!(stage.text("/virsh/net-provision").unwrap().contains("<uuid>u-1</uuid>"));
    let done = stage.settles(&hypervisor(&[], None));
    assert_eq!(done, ["remove libvirt's network provision", "remove libvirt's pool default"]);
}

#[test]
fn a_pool_is_neither_moved_nor_removed_with_its_volumes() {
    let stage = stage();
    stage.settles(&hypervisor(&["/var/lib/libvirt/images"], None));
    let moved = hypervisor(&["/data"], None);
    assert_eq!(stage.settles(&moved), [""; 0]);
    let kept = stage.kept(&moved).concat();
    assert!(kept.contains("stays at /var/lib/libvirt/images"), "{kept}");
    stage.answer("virsh vol-list", " Name   Path\n-------------\n root.qcow2   /var/x\n\n");
    let none = hypervisor(&[], None);
    assert_eq!(stage.kept(&none), ["libvirt's pool default stays: it has 1 volumes"]);
    stage.settles(&none);
    assert!(stage.text("/virsh/pool-default").is_some());
}

#[test]
fn machines_are_let_into_pools_by_apparmor() {
    let stage = stage();
    let template = "profile X {\n  #include <abstractions/libvirt-qemu>\n}\n";
    stage.put(TEMPLATE, template);
    stage.put("/sys/kernel/security/apparmor/profiles", "");
    stage.put(
        "/var/lib/dpkg/status",
        &(stage.text("/var/lib/dpkg/status").unwrap()
            + "Package: apparmor\nStatus: install ok installed\n"),
    );
    stage.settles(&hypervisor(&["/data"], None));
    assert_eq!(stage.text(TEMPLATE).unwrap(), template.replace("\n}", "\n  /data/** rwk,\n}"));
    assert!(stage.called().contains(&format!("apparmor_parser -r {TEMPLATE}")));
    stage.settles(&hypervisor(&[], None));
    assert_eq!(stage.text(TEMPLATE).unwrap(), template);
}

#[test]
fn a_host_that_cannot_run_machines_is_told() {
    let stage = stage();
    stage.put("/proc/cpuinfo", "flags\t\t: fpu lm\n");
    let fault = stage.try_apply(&concern(libvirt())).unwrap_err();
    assert!(fault.to_string().contains("neither vmx nor svm"), "{fault}");
    stage.settles(&concern(Libvirt { requires_vt: false, ..libvirt() }));
}

#[test]
fn red_hats_packages_and_certificates() {
    let mut stage = stage();
    fs::remove_file(stage.root.path().join("var/lib/dpkg/status")).unwrap();
    stage.facts.family = Family::RedHat;
    stage.facts.distribution = "rocky".into();
    stage
        .act("rpm --query", |_, call| Output { stdout: call.args.join("\n"), ..Output::default() });
    let key = "/etc/pki/libvirt/private/serverkey.pem";
    let asked = Libvirt {
        certificates: BTreeMap::from([(key.to_owned(), Sealed::Open("key".into()))]),
        ceph_repository: Some("centos-release-ceph-squid".into()),
        ..libvirt()
    };
    stage.settles(&concern(asked));
    assert_eq!(stage.text(key).unwrap(), "key");
    let calls = stage.called().join("\n");
    for name in ["centos-release-ceph-squid", "libvirt-daemon-kvm", "cyrus-sasl-md5", "edk2-ovmf"] {
        assert!(calls.contains(name), "{name} is not asked for");
    }
}
