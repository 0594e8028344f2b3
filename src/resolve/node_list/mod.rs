//! Nodes that a file of comma-separated values describes: Bifrost's `baremetal.csv`, whose columns have fixed places, or
//! a file whose first line names its columns. Passwords stay in the file until they are sent.

mod bifrost;
mod columns;
#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, sync::Arc};

use camino::{Utf8Path, Utf8PathBuf};
use csv::{ReaderBuilder, StringRecord, Trim};

use super::{bmc, ports};
use crate::{
    model::{
        check::Claim,
        host::{Enrolment, Patience},
        node::{Ironic, Node, Placement, Port},
    },
    near::nearest,
    origin::{Origin, Setting, Sourced},
    secret::{Secret, SecretRef, Secrets},
    trouble::{Result, Trouble},
};

/// What one line says of a node.
#[derive(Debug, Default)]
struct Row {
    line: u32,
    name: String,
    driver: Option<String>,
    /// With its secrets.
    driver_info: BTreeMap<String, String>,
    properties: BTreeMap<String, String>,
    root_device: BTreeMap<String, String>,
    interfaces: BTreeMap<String, String>,
    resource_class: Option<String>,
    macs: Vec<String>,
    placement: Placement,
}

/// The nodes of a file.
#[derive(Debug)]
pub struct NodeList {
    path: Utf8PathBuf,
    rows: Vec<Row>,
}

/// What the file says nothing about.
#[derive(Debug, Clone)]
pub struct Defaults {
    pub ironic: Ironic,
    pub patience: Patience,
    pub driver: Option<String>,
    pub automated_clean: bool,
}

impl NodeList {
    /// Reads the text of the file at `path`.
    pub fn parse(text: &str, path: &Utf8Path) -> Result<Self> {
        let mut list = Self { path: path.into(), rows: Vec::new() };
        let mut reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .comment(Some(b'#'))
            .trim(Trim::All)
            .from_reader(text.as_bytes());
        let mut columns = None;
        for record in reader.records() {
            let record = record.map_err(|error| {
                Trouble::refused(format!("reading the nodes of {path}")).because(error)
            })?;
            let line = line_of(text, record.position().map_or(0, csv::Position::byte));
            let is_first = list.rows.is_empty() && columns.is_none();
            if is_first && !begins_with_a_mac(&record) {
                columns = Some(columns::read(&record).map_err(|trouble| list.at(line, trouble))?);
                continue;
            }
            let row = match &columns {
                Some(columns) => columns::row(&record, columns),
                None => bifrost::row(&record),
            };
            let row = row.map_err(|trouble| list.at(line, trouble))?;
            list.take(Row { line, ..row })?;
        }
        Ok(list)
    }

    fn take(&mut self, row: Row) -> Result<()> {
        if row.name.is_empty() {
            let trouble = Trouble::refused("a node without a name");
            return Err(self.at(row.line, trouble.hint("write its name as in the inventory")));
        }
        if let Some(other) = self.rows.iter().find(|other| other.name == row.name) {
            let what =
                format!("the node {} is there twice, in line {} before", row.name, other.line);
            return Err(self.at(row.line, Trouble::refused(what)));
        }
        self.rows.push(row);
        Ok(())
    }

    fn at(&self, line: u32, trouble: Trouble) -> Trouble {
        trouble.at(&Origin { file: self.path.as_str().into(), line, column: 1 })
    }

    /// Names of the nodes, in the order of the file.
    pub fn names(&self) -> Vec<String> {
        self.rows.iter().map(|row| row.name.clone()).collect()
    }

    /// The nodes of these names, as they are to be registered.
    pub fn enrolments(&self, names: &[String], defaults: &Defaults) -> Result<Vec<Enrolment>> {
        let rows = self.rows.iter().filter(|row| names.contains(&row.name));
        rows.map(|row| self.enrolment(row, defaults)).collect()
    }

    fn enrolment(&self, row: &Row, defaults: &Defaults) -> Result<Enrolment> {
        let node = self.node(row, defaults).map_err(|trouble| self.at(row.line, trouble))?;
        Ok(Enrolment {
            name: row.name.clone(),
            ironic: defaults.ironic.clone(),
            node,
            patience: defaults.patience.clone(),
        })
    }

    fn node(&self, row: &Row, defaults: &Defaults) -> Result<Node> {
        let setting = self.setting(row);
        let driver = row.driver.clone().or(defaults.driver.clone()).ok_or_else(|| {
            Trouble::refused(format!("{}: no driver is named", row.name))
                .hint("give the file a column `driver`, or set `ironic_driver` for all hosts")
        })?;
        complete(row, &driver)?;
        let is_secret = |key: &String| super::nodes::is_secret(key, false);
        let (hidden, plain): (Vec<_>, Vec<_>) =
            row.driver_info.iter().partition(|(key, _)| is_secret(key));
        let text = |(key, value): (&String, &String)| (key.clone(), value.clone().into());
        let mut properties: BTreeMap<_, _> = row.properties.iter().map(text).collect();
        if !row.root_device.is_empty() {
            properties.insert("root_device".into(), serde_json::json!(row.root_device));
        }
        let secret = |key: &String| SecretRef::of(&row.name, self.path.as_str(), &[key]);
        Ok(Node {
            driver: Sourced { value: driver, setting: setting.clone() },
            driver_info: plain.into_iter().map(text).collect(),
            secrets: hidden.into_iter().map(|(key, _)| (key.clone(), secret(key))).collect(),
            info_setting: setting,
            key_settings: BTreeMap::new(),
            properties,
            resource_class: row.resource_class.clone(),
            interfaces: row.interfaces.clone(),
            placement: row.placement.clone(),
            ports: macs(row)?,
            mac: None,
            automated_clean: Some(defaults.automated_clean),
        })
    }

    fn setting(&self, row: &Row) -> Setting {
        let origin = Origin { file: self.path.as_str().into(), line: row.line, column: 1 };
        Setting { variable: row.name.clone(), origin }
    }

    /// What these nodes claim for themselves alone.
    pub fn claims(&self, nodes: &[Enrolment]) -> Vec<Claim> {
        let claims = nodes.iter().flat_map(|Enrolment { name, node, .. }| {
            let setting = &node.driver.setting;
            let claim = |kind, value: &str| Claim {
                host: name.clone(),
                kind,
                value: value.into(),
                setting: setting.clone(),
            };
            let bmc = node.bmc_identity().map(|identity| claim("BMC", &identity));
            let ports: Vec<_> = node.ports.iter().map(|port| claim("MAC", &port.address)).collect();
            bmc.into_iter().chain(ports)
        });
        claims.collect()
    }
}

/// The line of a record that begins at a byte, or after what is skipped there: empty lines and comments.
fn line_of(text: &str, byte: u64) -> u32 {
    let at = usize::try_from(byte).unwrap_or(usize::MAX).min(text.len());
    let is_skipped = |line: &&str| line.trim().is_empty() || line.starts_with('#');
    let skipped = text.get(at..).unwrap_or_default().lines().take_while(is_skipped).count();
    let before = text.get(..at).unwrap_or_default().matches('\n').count();
    u32::try_from(before + skipped + 1).unwrap_or(u32::MAX)
}

fn begins_with_a_mac(record: &StringRecord) -> bool {
    ports::mac(record.get(0).unwrap_or_default()).is_some()
}

/// Refuses a driver that Ironic does not have, and a BMC without an address.
fn complete(row: &Row, driver: &str) -> Result<()> {
    let known = bmc::complete::names();
    if !known.contains(&driver) {
        let trouble = Trouble::refused(format!("{}: `{driver}` is no driver of Ironic", row.name));
        return Err(match nearest(driver, known.iter().copied()).as_slice() {
            [] => trouble.hint(format!("the drivers are {}", known.join(", "))),
            near => trouble.hint(format!("did you mean `{}`?", near.join("` or `"))),
        });
    }
    let prefixes = bmc::complete::prefixes(driver);
    let addresses: Vec<_> = prefixes.iter().map(|prefix| format!("{prefix}_address")).collect();
    match addresses.first() {
        Some(first) if !addresses.iter().any(|key| row.driver_info.contains_key(key)) => {
            Err(Trouble::refused(format!("{}: the address of its BMC is not given", row.name))
                .because(format!("the driver {driver} needs `{first}`")))
        }
        _ => Ok(()),
    }
}

fn macs(row: &Row) -> Result<Vec<Port>> {
    let port = |text: &String| {
        ports::mac(text).map(|mac| Port::with(&mac)).ok_or_else(|| {
            Trouble::refused(format!("{}: `{text}` is not a MAC address", row.name))
                .hint("write it as 52:54:00:aa:00:01")
        })
    };
    row.macs.iter().map(port).collect()
}

/// Secrets of a list of nodes, and all others.
pub struct ListSecrets {
    pub list: NodeList,
    pub others: Arc<dyn Secrets>,
}

impl Secrets for ListSecrets {
    fn find(&self, reference: &SecretRef) -> Result<Secret> {
        if reference.variable != self.list.path {
            return self.others.find(reference);
        }
        let row = self.list.rows.iter().find(|row| row.name == reference.host);
        let key = reference.path.first();
        let found = row.zip(key).and_then(|(row, key)| row.driver_info.get(key));
        found.map(Secret::new).ok_or_else(|| {
            Trouble::refused(format!(
                "{}: {} has no such secret",
                reference.host, reference.variable
            ))
        })
    }
}
