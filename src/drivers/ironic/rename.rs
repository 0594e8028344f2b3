//! Calls a node as the site calls the host; the node is known by its BMC.

use super::{Session, observed::Observed, observer::Snapshot};
use crate::{
    drivers::ironic::differences::add,
    plan::action::ironic::Rename,
    run::driver::{Finding, Voice},
    trouble::{Result, Trouble},
};

/// What renaming would change.
pub(super) fn find(host: &str, action: &Rename, seen: &Snapshot) -> Result<Finding> {
    let node = node(host, action, seen)?;
    if node.name.as_deref() == Some(host) {
        return Ok(Finding::Satisfied);
    }
    Ok(Finding::Differs(vec![format!("{} → `{host}`", node.called())]))
}

/// Gives the node its name.
pub(super) async fn rename(
    host: &str,
    action: &Rename,
    session: &Session,
    seen: &Snapshot,
    voice: &Voice,
) -> Result<()> {
    let node = node(host, action, seen)?;
    if node.name.as_deref() == Some(host) {
        return Ok(());
    }
    let told = |text: String| voice.progress(text);
    let patch = serde_json::Value::Array(vec![add(&["name"], &host.into())]);
    let named = session.client.patch(&format!("nodes/{}", node.uuid), &patch, &told).await;
    named
        .map(drop)
        .map_err(|failure| failure.while_trying(format!("{}: naming {} so", host, node.called())))
}

/// The one node with the host's BMC.
fn node<'a>(host: &str, action: &Rename, seen: &'a Snapshot) -> Result<&'a Observed> {
    let told = action.bmc.told();
    let trouble = || {
        Trouble::host(format!("{host}: looking for its node by its BMC, {told}"))
            .set_by(&action.bmc.setting)
    };
    let mut found = seen.nodes().map(|(_, node)| node);
    let mut found = found.by_ref().filter(|node| action.bmc.is_of(&node.driver_info));
    let Some(node) = found.next() else {
        return Err(trouble()
            .because("no node in Ironic has this BMC")
            .hint("`ymir baremetal compute register` makes one"));
    };
    if let Some(other) = found.next() {
        return Err(trouble()
            .because(format!("{} has it, and so has {}", node.called(), other.called()))
            .hint(
                "take the wrong node out of Ironic, or tell them apart in `ironic_driver_info`",
            ));
    }
    let holder = seen.nodes().map(|(_, node)| node).find(|node| node.name.as_deref() == Some(host));
    match holder.filter(|holder| holder.uuid != node.uuid) {
        Some(holder) => Err(trouble()
            .because(format!("it is {}, and the name is that of {}", node.called(), holder.uuid))
            .hint("once the other node has its own name, or none, give the command again")),
        None => Ok(node),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        model::node::{BmcPlace, Ironic},
        origin::{Origin, Setting, Sourced},
    };

    fn action(keys: &[(&str, &str)]) -> Rename {
        let setting = Setting { variable: "ipmi_address".into(), origin: Origin::whole("test") };
        let url = Sourced { value: "http://127.0.0.1".into(), setting: setting.clone() };
        let keys = keys.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect();
        let bmc = BmcPlace { keys, setting };
        Rename { ironic: Ironic { url, login: None, keystone: None }, bmc }
    }

    fn snapshot() -> Snapshot {
        let node = |uuid: &str, name: Option<&str>, info: serde_json::Value| {
            let node = json!({ "uuid": uuid, "name": name, "provision_state": "manageable", "driver_info": info });
            serde_json::from_value::<Observed>(node).unwrap()
        };
        Snapshot::of([
            node("1", None, json!({ "ipmi_address": "10.0.0.1" })),
            node("2", Some("b"), json!({ "ipmi_address": "10.0.0.2", "ipmi_port": 6230 })),
            node("3", Some("c"), json!({ "ipmi_address": "10.0.0.2", "ipmi_port": 6231 })),
            node("4", Some("d"), json!({ "redfish_address": "https://bmc4/" })),
        ])
    }

    #[test]
    fn a_node_is_found_by_its_bmc() {
        type Row<'a> = (&'a str, &'a [(&'a str, &'a str)], Result<&'a str, &'a str>);
        let table: [Row<'_>; 7] = [
            ("a", &[("ipmi_address", "10.0.0.1")], Ok("1")),
            ("b", &[("ipmi_address", "10.0.0.2"), ("ipmi_port", "6230")], Ok("2")),
            ("x", &[("ipmi_address", "10.0.0.2")], Err("and so has")),
            ("d", &[("redfish_address", "BMC4")], Ok("4")),
            ("x", &[("ipmi_address", "10.0.0.9")], Err("no node in Ironic has this BMC")),
            ("c", &[("ipmi_address", "10.0.0.1")], Err("the name is that of 3")),
            ("x", &[("redfish_address", "http://bmc4")], Err("no node")),
        ];
        let seen = snapshot();
        for (host, keys, expected) in table {
            match (node(host, &action(keys), &seen), expected) {
                (Ok(node), Ok(uuid)) => assert_eq!(node.uuid, uuid, "{host}"),
                (Err(trouble), Err(why)) => {
                    assert!(trouble.to_string().contains(why), "{trouble}");
                }
                (found, _) => panic!("{host} {keys:?}: {found:?}"),
            }
        }
    }
}
