//! Saves what inspection found, one file for each host, and keeps what tells one machine from another: what is saved
//! is what later looks are compared with.

use std::collections::BTreeMap;

use camino::Utf8Path;
use serde::Serialize;
use serde_json::{Value, ser::PrettyFormatter};

use super::{
    Session,
    client::{Failure, Told},
    observed::Observed,
};
use crate::{
    drivers::tree,
    model::inspection::Look,
    plan::action::ironic::{Format, Save},
    run::driver::{Finding, Voice},
    trouble::{Result, Tell, Trouble},
};

const MODE: u32 = 0o644;

/// Kayobe writes its files so.
const INDENT: &[u8] = b"    ";

impl Session {
    /// What the last inspection of a node found; null for one that was never inspected, or only through its BMC. It is
    /// not kept: that of a large site would not fit into memory.
    pub(super) async fn inventory(&self, node: &Observed, told: Told<'_>) -> Result<Value> {
        match self.client.get(&format!("nodes/{}/inventory", node.uuid), told).await {
            Ok(found) => Ok(found),
            Err(Failure::Refused(refusal)) if refusal.status == 404 => Ok(Value::Null),
            Err(failure) => Err(failure.while_trying("reading what inspection found")),
        }
    }
}

/// What is to be written.
struct Files {
    text: String,
    look: Look,
}

/// What saving would change. A host of which Ironic has nothing is told, and is no failure, as in Kayobe.
pub(super) async fn find(
    host: &str,
    action: &Save,
    session: &Session,
    seen: Option<&Observed>,
    voice: &Voice,
) -> Result<Finding> {
    let Some(node) = seen else {
        return Ok(Finding::Kept(
            "Ironic has no node of this name, so there is nothing to save".into(),
        ));
    };
    let Some(files) = files(host, action, session, node, voice).await? else {
        let inspect = match action.ironic.keystone {
            Some(_) => "baremetal compute inspect",
            None => "overcloud hardware inspect",
        };
        let why = format!(
            "Ironic has no data of an inspection; `ymir {inspect} --limit {host}` makes one"
        );
        return Ok(Finding::Kept(why));
    };
    let mut changes = Vec::new();
    match std::fs::read_to_string(&action.file) {
        Ok(text) if text == files.text => {}
        Ok(_) => changes.push(format!("write {} anew", action.file)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            changes.push(format!("write {}", action.file));
        }
        Err(error) => return Err(error).or_host(|| format!("{host}: reading {}", action.file)),
    }
    match last(&action.look)? {
        None => changes.push("remember this hardware, to notice when it is swapped".into()),
        Some(last) => {
            let swapped = last.changes(&files.look);
            changes
                .extend(swapped.into_iter().map(|what| format!("since it was saved last: {what}")));
            if changes.is_empty() && last.at != files.look.at {
                changes.push("remember when this was found".into());
            }
        }
    }
    Ok(if changes.is_empty() { Finding::Satisfied } else { Finding::Differs(changes) })
}

pub(super) async fn save(
    host: &str,
    action: &Save,
    session: &Session,
    seen: Option<&Observed>,
    voice: &Voice,
) -> Result<()> {
    let Some(node) = seen else { return Ok(()) };
    let Some(files) = files(host, action, session, node, voice).await? else { return Ok(()) };
    tree::put(&action.file, files.text.as_bytes(), MODE)?;
    let look = serde_json::to_string_pretty(&files.look).or_internal(|| "writing a look".into())?;
    tree::put(&action.look, look.as_bytes(), MODE)
}

async fn files(
    host: &str,
    action: &Save,
    session: &Session,
    node: &Observed,
    voice: &Voice,
) -> Result<Option<Files>> {
    let told = |text: String| voice.progress(text);
    let found = session.inventory(node, &told).await;
    let found =
        found.map_err(|trouble| trouble.while_trying(format!("{host}: saving its data")))?;
    if found.is_null() {
        return Ok(None);
    }
    let look = Look::of(&found, node.inspection_finished_at);
    Ok(Some(Files { text: written(&found, action.format)?, look }))
}

/// The look that was kept last. One that cannot be read counts as none: it is about to be replaced.
pub fn last(file: &Utf8Path) -> Result<Option<Look>> {
    match std::fs::read(file) {
        Ok(bytes) => Ok(serde_json::from_slice(&bytes).ok()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).or_host(|| format!("reading {file}")),
    }
}

/// Sorted and indented as Kayobe writes it.
fn written(value: &Value, format: Format) -> Result<String> {
    let told = || "writing what inspection found".to_owned();
    let sorted = sorted(value);
    match format {
        Format::Yaml => serde_yaml::to_string(&sorted).or_internal(told),
        Format::Json => {
            let mut text = Vec::new();
            let formatter = PrettyFormatter::with_indent(INDENT);
            let mut serializer = serde_json::Serializer::with_formatter(&mut text, formatter);
            sorted.serialize(&mut serializer).or_internal(told)?;
            text.push(b'\n');
            String::from_utf8(text).map_err(|error| Trouble::internal(told()).because(error))
        }
    }
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let map: BTreeMap<_, _> = map.iter().map(|(key, value)| (key, sorted(value))).collect();
            map.into_iter().map(|(key, value)| (key.clone(), value)).collect()
        }
        Value::Array(list) => list.iter().map(sorted).collect(),
        other => other.clone(),
    }
}
