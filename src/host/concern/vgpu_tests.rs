//! Virtual GPUs on a directory that plays a host with one card.

use std::fs;

use super::*;
use crate::host::{concern::Concern, programs::Output, stage::Stage};

const CARD: &str = "0000:17:00.0";
const FUNCTION: &str = "0000:17:00.4";
/// As Ansible's `to_uuid` has it of the function's address.
const UUID: &str = "73269d0f-b2c9-538d-8f28-f9e4bc6c6995";

/// A host whose driver runs.
fn stage() -> Stage {
    let names = ["unzip", "gcc", "make", "pciutils", "mdevctl", "nvidia-mig-manager"];
    let installed = |name: &&str| format!("Package: {name}\nStatus: install ok installed\n\n");
    let status: String = names.iter().map(installed).collect();
    let stage = Stage::new(&[("/var/lib/dpkg/status", &status), ("/usr/bin/nvidia-smi", "")]);
    stage.units_are("loaded", "enabled", "active");
    stage.answer("nvidia-smi -i 0000:17:00.0 --query-gpu=index", "0\n");
    stage.answer("nvidia-smi -i 0000:17:00.0 --query-gpu=mig", "Enabled\n");
    stage.answer("realpath", "/sys/devices/pci0000:16/0000:17:00.0\n");
    stage.answer("systemd-escape", "sys-devices-pci0000:16-0000:17:00.0\n");
    stage.answer("sha1sum", "73269d0fb2c9138d4f28f9e4bc6c6995aabbccdd  -\n");
    stage.act("mdevctl start", |root, call| {
        let devices = root.join("sys/bus/mdev/devices");
        fs::create_dir_all(&devices).unwrap();
        fs::write(devices.join(call.args.last().unwrap()), "").unwrap();
        Output::default()
    });
    stage.act("mdevctl stop", |root, call| {
        fs::remove_file(root.join("sys/bus/mdev/devices").join(call.args.last().unwrap())).unwrap();
        Output::default()
    });
    let card = stage.root.path().join("sys/bus/pci/devices").join(CARD);
    fs::create_dir_all(&card).unwrap();
    std::os::unix::fs::symlink(format!("../{FUNCTION}"), card.join("virtfn0")).unwrap();
    stage
}

fn concern(kind: &str, mig: Option<&[(&str, u32)]>) -> Concern {
    let mig = mig.map(|parts| parts.iter().map(|(size, count)| ((*size).into(), *count)).collect());
    let functions = Some(vec![VirtualFunction { index: 0, kind: kind.into() }]);
    vgpu(vec![Gpu { address: CARD.into(), functions, mig }], None)
}

fn vgpu(gpus: Vec<Gpu>, driver: Option<Driver>) -> Concern {
    let mig_manager = ("http://x/manager.deb".into(), "http://x/manager.rpm".into());
    Vgpu { driver, gpus, delay: 30, mig_manager }.into()
}

#[test]
fn a_virtual_gpu_comes_changes_and_goes() {
    let stage = stage();
    let done = stage.settles(&concern("nvidia-697", None));
    assert!(done.last().unwrap().starts_with("make the virtual GPU 0 of 0000:17:00.0"), "{done:?}");
    let definition = format!("/etc/mdevctl.d/{FUNCTION}/{UUID}");
    let text =
        "{\n  \"mdev_type\": \"nvidia-697\",\n  \"start\": \"manual\",\n  \"attrs\": []\n}\n";
    assert_eq!(stage.text(&definition).unwrap(), text);
    let unit = format!("/etc/systemd/system/nvidia-mdev@{UUID}.service");
    assert!(stage.text(&unit).unwrap().contains("is-active nvidia-sriov-0000:17:00.0.service"));
    let sriov = stage.text("/etc/systemd/system/nvidia-sriov-0000:17:00.0.service").unwrap();
    assert!(sriov.contains("Wants=sys-devices-pci0000:16-0000:17:00.0.device\n"), "{sriov}");
    stage.called();
    stage.settles(&concern("nvidia-700", None));
    assert!(stage.text(&definition).unwrap().contains("nvidia-700"));
    assert!(stage.called().contains(&format!("mdevctl stop --uuid {UUID}")));
    stage.settles(&vgpu(Vec::new(), None));
    for path in [&definition, &unit, "/etc/systemd/system/nvidia-sriov-0000:17:00.0.service"] {
        assert_eq!(stage.text(path), None, "{path}");
    }
}

#[test]
fn a_device_that_kayobe_named_keeps_its_name() {
    let stage = stage();
    let own = format!("/etc/mdevctl.d/{FUNCTION}/0a0b");
    stage.put(&own, "{}\n");
    stage.settles(&concern("nvidia-697", None));
    assert!(stage.text(&own).unwrap().contains("nvidia-697"));
    assert_eq!(stage.text(&format!("/etc/mdevctl.d/{FUNCTION}/{UUID}")), None);
}

#[test]
fn a_divided_card() {
    let stage = stage();
    stage.settles(&concern("nvidia-700", Some(&[("1g.10gb", 1), ("2g.20gb", 3)])));
    assert_eq!(
        stage.text("/etc/nvidia-mig-manager/kayobe.yaml").unwrap(),
        "version: v1\nmig-configs:\n  default:\n      - devices: [0]\n        mig-enabled: true\n        \
         mig-devices: {\"1g.10gb\": 1, \"2g.20gb\": 3}\n"
    );
    let unit = stage.text(&format!("/etc/systemd/system/nvidia-mdev@{UUID}.service")).unwrap();
    assert!(unit.contains("Requires=nvidia-mig-manager.service\n"), "{unit}");
}

#[test]
fn cards_that_do_not_answer_are_told() {
    let stage = stage();
    stage.settles(&concern("nvidia-697", None));
    fs::remove_file(stage.root.path().join("usr/bin/nvidia-smi")).unwrap();
    assert_eq!(stage.settles(&concern("nvidia-697", None)), [""; 0]);
    let kept = stage.kept(&concern("nvidia-697", None)).concat();
    assert!(kept.contains("restart the host"), "{kept}");
    assert!(stage.text(&format!("/etc/mdevctl.d/{FUNCTION}/{UUID}")).is_some());
}

#[test]
fn a_driver_is_installed_once() {
    let stage = stage();
    fs::remove_file(stage.root.path().join("usr/bin/nvidia-smi")).unwrap();
    stage.act("curl", |_, call| {
        let to = call.args.iter().skip_while(|arg| *arg != "--output").nth(1).unwrap();
        fs::write(to, "archive").unwrap();
        Output::default()
    });
    stage.act("unzip", |root, _| {
        let drivers = root.join("opt/NVIDIA-GRID-525/Host_Drivers");
        fs::create_dir_all(&drivers).unwrap();
        fs::write(drivers.join("NVIDIA-Linux.run"), "").unwrap();
        Output::default()
    });
    let driver = Driver { url: "http://seed/NVIDIA-GRID-525.zip?x=1".into(), dkms: true };
    let gpu = Gpu { address: CARD.into(), functions: Some(Vec::new()), mig: None };
    let done = stage.settles(&vgpu(vec![gpu], Some(driver)));
    assert_eq!(done, ["install NVIDIA's driver of http://seed/NVIDIA-GRID-525.zip?x=1"]);
    let calls = stage.called();
    let run = "sh /opt/NVIDIA-GRID-525/Host_Drivers/NVIDIA-Linux.run --dkms -q";
    assert_eq!(calls.iter().filter(|call| call.starts_with(run)).count(), 1, "{calls:?}");
}
