//! Has a node boot the kernel and the ramdisk that Glance has under the site's names.

use serde_json::{Value, json};

use super::{Session, differences::add, observed::Observed};
use crate::{
    plan::action::ironic::UpdateRamdisk,
    run::driver::{Finding, Voice},
    trouble::{Result, Trouble},
};

/// What it would change. A host that Ironic does not know is told, and is no failure, as in Kayobe.
pub(super) async fn find(
    host: &str,
    action: &UpdateRamdisk,
    session: &Session,
    seen: Option<&Observed>,
    voice: &Voice,
) -> Result<Finding> {
    let Some(node) = seen else {
        return Ok(Finding::Kept("Ironic has no node of this name".into()));
    };
    let changes = changes(host, action, session, node, voice).await?;
    let told: Vec<_> = changes
        .iter()
        .map(|(key, id)| {
            let before = node.driver_info.get(*key).and_then(Value::as_str).unwrap_or("nothing");
            format!("driver_info.{key}: {before} → {id}")
        })
        .collect();
    Ok(if told.is_empty() { Finding::Satisfied } else { Finding::Differs(told) })
}

/// Changes the node where it differs.
pub(super) async fn update(
    host: &str,
    action: &UpdateRamdisk,
    session: &Session,
    seen: Option<&Observed>,
    voice: &Voice,
) -> Result<()> {
    let Some(node) = seen else { return Ok(()) };
    let changes = changes(host, action, session, node, voice).await?;
    if changes.is_empty() {
        return Ok(());
    }
    let operations = changes.iter().map(|(key, id)| add(&["driver_info", key], &json!(id)));
    let told = |text: String| voice.progress(text);
    let patch = Value::Array(operations.collect());
    let set = session.client.patch(&format!("nodes/{}", node.uuid), &patch, &told).await;
    set.map(drop).map_err(|failure| {
        failure.while_trying(format!("{host}: setting the images that its node boots"))
    })
}

/// The keys of `driver_info` that differ, with the UUIDs of the images.
async fn changes(
    host: &str,
    action: &UpdateRamdisk,
    session: &Session,
    node: &Observed,
    voice: &Voice,
) -> Result<Vec<(&'static str, String)>> {
    let told = |text: String| voice.progress(text);
    let Some(keystone) = session.client.keystone() else {
        return Err(Trouble::internal(format!("{host}: there is no Keystone that knows Glance")));
    };
    let mut differ = Vec::new();
    for (key, name) in [("deploy_kernel", &action.kernel), ("deploy_ramdisk", &action.ramdisk)] {
        let id = session.images.id(keystone, name, session.client.pace(), &told).await?;
        if node.driver_info.get(key).and_then(Value::as_str) != Some(&id) {
            differ.push((key, id));
        }
    }
    Ok(differ)
}
