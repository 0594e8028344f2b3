//! A look at a node's hardware through the inspection ramdisk, and what Ymir keeps of it: the disk to deploy to and
//! the port that the host boots from.

use serde_json::{Map, Value, json};

use super::{
    IronicDriver, Place,
    differences::add,
    observed::{Observed, Provision},
    order::{Bare, Goal},
    root_disk,
    stuck::{in_maintenance, left_alone, unregistered},
    towards::{self, Move, Tried},
};
use crate::{plan::action::ironic::Inspect, run::driver::Finding, trouble::Result};

const DOING: &str = "inspecting the hardware";

/// What inspecting would do.
pub(super) fn find(host: &str, action: &Inspect, seen: Option<&Observed>) -> Result<Finding> {
    let node = seen.ok_or_else(|| unregistered(host, DOING))?;
    if let (Provision::Active, Some(at)) = (node.provision_state, node.inspection_finished_at) {
        // Another look would mean to take the host out of use.
        let why = format!("it is in use, so it is not inspected again; that was done at {at}");
        return Ok(Finding::Kept(why));
    }
    let next = towards::inspected(node, &Tried::default(), action.since);
    if next == Move::Done {
        return Ok(Finding::Satisfied);
    }
    if node.maintenance {
        return Err(in_maintenance(host, DOING, node));
    }
    match next {
        Move::LeaveAlone(why) => Err(left_alone(host, DOING, node, why)),
        Move::Wait
            if matches!(node.provision_state, Provision::Inspecting | Provision::InspectWait) =>
        {
            Ok(Finding::Differs(vec!["join the inspection that is under way".into()]))
        }
        _ => Ok(Finding::Differs(vec![
            "boot the inspection ramdisk and record what it finds".into(),
        ])),
    }
}

impl IronicDriver {
    pub(super) async fn inspect(&self, place: Place<'_>, action: &Inspect) -> Result<()> {
        let errand = self.errand(place, DOING);
        let next = |node: &Observed, tried: &Tried| towards::inspected(node, tried, action.since);
        let node = errand.walk(&Goal { ends: None, next: &next, orders: &Bare }).await?;
        let told = |text: String| errand.voice.progress(text);
        let found = errand.session.inventory(&node, &told).await;
        let found = found.map_err(|trouble| trouble.while_trying(errand.host.to_owned()))?;
        let patch = kept(&node, &found);
        let hinted = patch.iter().any(|operation| operation["path"] == "/properties/root_device");
        if let Some(words) = root_disk::chosen(&found).filter(|_| hinted) {
            errand.voice.warn(words);
        }
        errand.finish(&node, Map::new(), patch).await
    }
}

/// As Kayobe's inspection rules do: the serial number of the disk that the ramdisk chose becomes the root device hint
/// unless there is one, and the port that it booted from is remembered.
fn kept(node: &Observed, found: &Value) -> Vec<Value> {
    let mut patch = Vec::new();
    let serial =
        found["plugin_data"]["root_disk"]["serial"].as_str().filter(|serial| !serial.is_empty());
    if let (Some(serial), None) = (serial, node.properties.get("root_device")) {
        patch.push(add(&["properties", "root_device"], &json!({ "serial": serial })));
    }
    let booted = &found["inventory"]["boot"]["pxe_interface"];
    let mac = found["plugin_data"]["boot_interface"].as_str().or(booted.as_str()).and_then(mac_of);
    if let Some(mac) = mac.filter(|mac| node.extra.get("pxe_interface_mac") != Some(&json!(mac))) {
        patch.push(add(&["extra", "pxe_interface_mac"], &json!(mac)));
    }
    patch
}

/// PXE's `BOOTIF` writes a MAC with dashes after the hardware type.
fn mac_of(text: &str) -> Option<String> {
    let mac = text.to_ascii_lowercase().replace('-', ":");
    let mac = if mac.len() == 20 { mac.get(3..)?.to_owned() } else { mac };
    (mac.len() == 17).then_some(mac)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_of_an_inspection() {
        let found = json!({
            "inventory": { "boot": { "pxe_interface": "52:54:00:AA:00:01" } },
            "plugin_data": { "root_disk": { "serial": "LAB0001" } },
        });
        let kept_by = |node: &Observed| serde_json::to_string(&kept(node, &found)).unwrap();
        insta::assert_snapshot!(kept_by(&Observed::default()), @r#"[{"op":"add","path":"/properties/root_device","value":{"serial":"LAB0001"}},{"op":"add","path":"/extra/pxe_interface_mac","value":"52:54:00:aa:00:01"}]"#);
        let hinted = [("root_device".to_owned(), json!({"name": "/dev/vda"}))];
        let known = [("pxe_interface_mac".to_owned(), json!("52:54:00:aa:00:01"))];
        let node = Observed {
            properties: hinted.into_iter().collect(),
            extra: known.into_iter().collect(),
            ..Observed::default()
        };
        assert_eq!(kept_by(&node), "[]");
        assert_eq!(mac_of("01-52-54-00-aa-00-01").unwrap(), "52:54:00:aa:00:01");
        assert_eq!(mac_of("eth0"), None);
    }
}
