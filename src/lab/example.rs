//! A lab for tests.

use serde::de::DeserializeOwned;
use serde_json::json;

use super::Bench;
use crate::{
    model::lab::{Lab, Leases, Node, Redfish},
    origin::{Origin, Setting, Sourced},
    secret::Secret,
};

fn setting(variable: &str) -> Setting {
    Setting { variable: variable.into(), origin: Origin::whole("environments/lab/lab.yml") }
}

fn set<T: DeserializeOwned>(variable: &str, value: impl serde::Serialize) -> Sourced<T> {
    let value = serde_json::from_value(json!(value)).unwrap();
    Sourced { value, setting: setting(variable) }
}

/// A lab in `/lab`: a node behind Redfish, and one of an older make.
pub(super) fn lab() -> Lab {
    let hardware = json!({
        "uuid": "11111111-0000-4000-8000-000000000001",
        "mac": "52:54:00:aa:00:01",
        "memory_mb": 3072,
        "disk_gb": 8,
        "disk_serial": "LAB0001",
    });
    let older = json!({
        "uuid": "11111111-0000-4000-8000-000000000003",
        "mac": "52:54:00:aa:00:03",
        "memory_mb": 3072,
        "disk_gb": 8,
        "disk_serial": "LAB0003",
        "firmware": "bios",
        "ipmi_port": 6233,
    });
    let node = |name: &str, hardware| Node {
        name: name.into(),
        hardware: serde_json::from_value(hardware).unwrap(),
        setting: setting(&format!("ymir_lab_nodes.{name}")),
    };
    Lab {
        path: set("ymir_lab_path", "/lab"),
        bridge: set("ymir_lab_bridge", "ymirbr0"),
        address: set("ymir_lab_address", "172.22.0.1/24"),
        leases: Leases {
            first: set("ymir_lab_dhcp_first", "172.22.0.100"),
            last: set("ymir_lab_dhcp_last", "172.22.0.199"),
        },
        image_path: set("ymir_image_path", "/lab/httpboot"),
        image_url: set("ymir_image_url", "http://172.22.0.1:8080"),
        ironic_url: set("ymir_ironic_url", "http://172.22.0.1:6385"),
        redfish: Redfish {
            port: set("ymir_lab_redfish_port", 8000),
            user: set("ymir_lab_redfish_user", "admin"),
            password: Sourced {
                value: Secret::new("not-to-be-seen"),
                setting: setting("ymir_lab_redfish_password"),
            },
        },
        packages: set("ymir_lab_packages", ["ovmf"]),
        accelerator: set("ymir_lab_accelerator", "tcg"),
        ramdisk_parameters: set("ymir_lab_ramdisk_parameters", "console=ttyS0,115200"),
        nodes: vec![node("bm1", hardware), node("bm3", older)],
    }
}

/// A bench that tells nobody.
pub(super) fn bench(lab: Lab) -> Bench<'static> {
    Bench::new(lab, "/cache".into(), &|_| {})
}
