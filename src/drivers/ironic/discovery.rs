//! All nodes that Ironic knows, for those who ask which there are.

use std::time::Duration;

use camino::Utf8Path;
use futures::{StreamExt, stream};
use serde_json::Value;

use super::{IronicDriver, client::Told, observed::Observed, save};
use crate::{
    model::{discovery::Discovered, inspection::Look, node::Ironic},
    trouble::Result,
};

/// Ironic is asked for what it found of so many nodes at once.
const AT_ONCE: usize = 16;

/// The keys of a BMC's address in `driver_info`, the better one first.
const ADDRESSES: [&str; 2] = ["redfish_address", "ipmi_address"];

/// Makers of machines, and what Kayobe calls their BMCs.
const BMC_TYPES: [(&str, &str); 2] = [("Dell Inc.", "idrac"), ("Intel Corporation", "intel")];

impl IronicDriver {
    /// All nodes by name, or by UUID if they have none.
    pub async fn listed(&self, ironic: &Ironic, told: Told<'_>) -> Result<Vec<(String, Observed)>> {
        let session = self.session(ironic)?;
        let now = session.observer.now();
        let seen = session.observer.after(&session.client, now, Duration::ZERO, told).await?;
        Ok(seen.nodes().map(|(name, node)| (name.clone(), node.clone())).collect())
    }

    /// What is otherwise at these machines than when their data was saved last; `looks` is where that is kept. Ironic is
    /// asked only about those that were inspected since.
    pub async fn swapped(
        &self,
        ironic: &Ironic,
        nodes: &[(String, Observed)],
        looks: &Utf8Path,
        told: Told<'_>,
    ) -> Result<Vec<(String, Vec<String>)>> {
        let session = self.session(ironic)?;
        let mut before = Vec::new();
        for (name, node) in nodes {
            let last = save::last(&looks.join(format!("{name}.json")))?;
            let last = last.filter(|last| last.at != node.inspection_finished_at);
            before.extend(last.map(|last| (name, node, last)));
        }
        let session = &session;
        let compared = stream::iter(before).map(|(name, node, last)| async move {
            let found = session.inventory(node, told).await?;
            let now = Look::of(&found, node.inspection_finished_at);
            let changes = if found.is_null() { Vec::new() } else { last.changes(&now) };
            Ok((name.clone(), changes))
        });
        let compared: Vec<Result<_>> = compared.buffered(AT_ONCE).collect().await;
        let compared: Vec<_> = compared.into_iter().collect::<Result<_>>()?;
        Ok(compared.into_iter().filter(|(_, changes)| !changes.is_empty()).collect())
    }
}

/// The node as a host of the inventory.
pub fn discovered(name: &str, node: &Observed) -> Discovered {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    let address = ADDRESSES.iter().find_map(|key| {
        let value = text(node.driver_info.get(*key)).filter(|value| !value.is_empty())?;
        Some(((*key).to_owned(), value))
    });
    let vendor = node.extra.get("system_vendor");
    let maker = text(vendor.and_then(|vendor| vendor.get("manufacturer")));
    let known = BMC_TYPES.iter().find(|(name, _)| maker.as_deref() == Some(*name));
    let kind = known.map_or("None", |(_, kind)| kind);
    let kind = ("bmc_type".to_owned(), kind.to_owned());
    Discovered { name: name.into(), variables: address.into_iter().chain([kind]).collect() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_host_has_its_bmc() {
        let node = |info: Value, extra: Value| {
            let node = json!({
                "uuid": "1", "provision_state": "manageable", "driver_info": info, "extra": extra,
            });
            let node: Observed = serde_json::from_value(node).unwrap();
            let host = discovered("a", &node);
            let pairs = host.variables.iter().map(|(key, value)| format!("{key}={value}"));
            pairs.collect::<Vec<_>>().join(" ")
        };
        let dell = json!({ "system_vendor": { "manufacturer": "Dell Inc." } });
        let both = json!({ "ipmi_address": "10.0.0.1", "redfish_address": "https://a" });
        assert_eq!(node(both, dell), "redfish_address=https://a bmc_type=idrac");
        let ipmi = json!({ "ipmi_address": "10.0.0.1", "redfish_address": "" });
        assert_eq!(node(ipmi, json!({})), "ipmi_address=10.0.0.1 bmc_type=None");
        assert_eq!(node(json!({}), json!({})), "bmc_type=None");
    }
}
