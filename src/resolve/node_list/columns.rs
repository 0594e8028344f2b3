//! A file whose first line names its columns.

use csv::StringRecord;

use super::{super::bmc::complete, Row};
use crate::{
    near::nearest,
    trouble::{Result, Trouble},
};

/// What a column says of a node; the text is the key in a map.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Column {
    Name,
    Uuid,
    Driver,
    ResourceClass,
    Owner,
    ConductorGroup,
    /// Several, with blanks or semicolons between them.
    Macs,
    Traits,
    Interface(String),
    DriverInfo(String),
    Property(String),
    RootDevice(String),
}

const FIXED: [(&str, Column); 9] = [
    ("name", Column::Name),
    ("uuid", Column::Uuid),
    ("driver", Column::Driver),
    ("resource_class", Column::ResourceClass),
    ("owner", Column::Owner),
    ("conductor_group", Column::ConductorGroup),
    ("mac", Column::Macs),
    ("macs", Column::Macs),
    ("traits", Column::Traits),
];

const PROPERTIES: [&str; 6] =
    ["cpus", "memory_mb", "local_gb", "cpu_arch", "capabilities", "vendor"];

/// The columns that the first line names.
pub(super) fn read(record: &StringRecord) -> Result<Vec<Column>> {
    let columns: Vec<_> = record.iter().map(column).collect::<Result<_>>()?;
    for (at, column) in columns.iter().enumerate() {
        if columns[..at].contains(column) {
            let name = record.get(at).unwrap_or_default();
            return Err(Trouble::refused(format!("the column `{name}` is there twice")));
        }
    }
    if columns.contains(&Column::Name) {
        return Ok(columns);
    }
    Err(Trouble::refused("no column is called `name`").hint(
        "let the first line name the columns; in Bifrost's format every line begins with a MAC",
    ))
}

fn column(name: &str) -> Result<Column> {
    if let Some((_, column)) = FIXED.iter().find(|(known, _)| *known == name) {
        return Ok(column.clone());
    }
    if let Some((map, key)) = name.split_once('.') {
        let key = key.to_owned();
        match map {
            "driver_info" => return Ok(Column::DriverInfo(key)),
            "properties" => return Ok(Column::Property(key)),
            "root_device" => return Ok(Column::RootDevice(key)),
            _ => {}
        }
    }
    if let Some(kind) = name.strip_suffix("_interface") {
        return Ok(Column::Interface(kind.to_owned()));
    }
    if PROPERTIES.contains(&name) {
        return Ok(Column::Property(name.to_owned()));
    }
    let prefixes = complete::names().into_iter().flat_map(complete::prefixes);
    let of_a_bmc = prefixes
        .into_iter()
        .any(|prefix| name.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('_')));
    if of_a_bmc || name.starts_with("deploy_") {
        return Ok(Column::DriverInfo(name.to_owned()));
    }
    Err(unknown(name))
}

fn unknown(name: &str) -> Trouble {
    let bmc = ["redfish_address", "redfish_username", "redfish_password", "ipmi_address"];
    let known = FIXED.iter().map(|(name, _)| *name).chain(PROPERTIES).chain(bmc);
    let trouble = Trouble::refused(format!("`{name}` is no column of a node"));
    match nearest(name, known).as_slice() {
        [] => trouble.hint("see docs/hardware.md for the columns"),
        near => trouble.hint(format!("did you mean `{}`?", near.join("` or `"))),
    }
}

/// The node of a line.
pub(super) fn row(record: &StringRecord, columns: &[Column]) -> Result<Row> {
    if record.len() > columns.len() {
        return Err(Trouble::refused(format!(
            "a node has {} columns, and the first line names {}",
            record.len(),
            columns.len()
        )));
    }
    let mut row = Row::default();
    let cells = columns.iter().zip(record).filter(|(_, text)| !text.is_empty());
    cells.for_each(|(column, text)| take(&mut row, column, text));
    Ok(row)
}

fn take(row: &mut Row, column: &Column, text: &str) {
    let several = || text.split([' ', ';']).filter(|part| !part.is_empty()).map(str::to_owned);
    let value = text.to_owned();
    match column {
        Column::Name => row.name = value,
        Column::Uuid => row.placement.uuid = Some(value),
        Column::Driver => row.driver = Some(value),
        Column::ResourceClass => row.resource_class = Some(value),
        Column::Owner => row.placement.owner = Some(value),
        Column::ConductorGroup => row.placement.conductor_group = Some(value),
        Column::Macs => row.macs = several().collect(),
        Column::Traits => row.placement.traits = several().collect(),
        Column::Interface(kind) => drop(row.interfaces.insert(kind.clone(), value)),
        Column::DriverInfo(key) => drop(row.driver_info.insert(key.clone(), value)),
        Column::Property(key) => drop(row.properties.insert(key.clone(), value)),
        Column::RootDevice(key) => drop(row.root_device.insert(key.clone(), value)),
    }
}
