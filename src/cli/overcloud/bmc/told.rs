//! What is told of BMCs: tables for people, everything for machines.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::{Value, json};

use super::look::Seen;
use crate::{
    cli::{configuration::rendered, options::Format},
    drivers::bmc::told::{Checked, Info, Log, Sensor},
    model::bmc::{Boot, Power},
    report::trouble::body,
    trouble::{Result, Tell},
};

/// Why BMCs could not be asked.
pub(super) fn troubles<T>(seen: &[Seen<T>]) -> String {
    let mut text = String::new();
    for Seen { host, found, .. } in seen {
        let Err(trouble) = found else { continue };
        // A trouble that a BMC is about begins with its host; one of a variable may not.
        let head = if trouble.what.starts_with(host) { "" } else { host };
        let colon = if head.is_empty() { "" } else { ": " };
        writeln!(text, "{head}{colon}{}\n{}", trouble.what, body(trouble, "  ").trim_end())
            .expect("writing to a string");
    }
    text
}

pub(super) fn result<T: Serialize>(
    seen: &[Seen<T>],
    format: Format,
    text: fn(&[Seen<T>]) -> String,
) -> Result<String> {
    if format == Format::Text {
        return Ok(text(seen));
    }
    let hosts = seen.iter().map(data).collect::<Result<Vec<_>>>()?;
    rendered(&json!({ "hosts": hosts }), format)
}

fn data<T: Serialize>(seen: &Seen<T>) -> Result<Value> {
    let mut told = json!({
        "host": seen.host,
        "protocol": seen.bmc.way.name(),
        "address": seen.bmc.address.value,
    });
    match &seen.found {
        Ok(found) => {
            told["found"] =
                serde_json::to_value(found).or_internal(|| "writing the result".into())?;
        }
        Err(trouble) => told["trouble"] = json!(trouble),
    }
    Ok(told)
}

pub(super) fn power(seen: &[Seen<Power>]) -> String {
    let word = |power: &Power| vec![power.word().to_owned()];
    let on = seen.iter().filter(|seen| matches!(seen.found, Ok(Power::On))).count();
    let last = format!("{on} of {} hosts are on{}\n", seen.len(), unknown(seen));
    table(&["host", "power", "BMC"], seen, word) + &last
}

pub(super) fn boot(seen: &[Seen<Boot>]) -> String {
    let words = |boot: &Boot| vec![boot.words()];
    let told = seen.iter().filter(|seen| seen.found.is_ok()).count();
    let last = format!("{told} of {} hosts tell what they boot{}\n", seen.len(), unknown(seen));
    table(&["host", "boots", "BMC"], seen, words) + &last
}

pub(super) fn check(seen: &[Seen<Checked>]) -> String {
    let head = ["host", "protocol", "protection", "model", "firmware", "can", "BMC"];
    let absent = || "-".to_owned();
    let cells = |checked: &Checked| {
        let model = checked.model.clone().or_else(|| checked.manufacturer.clone());
        vec![
            checked.protocol.clone(),
            checked.protection.clone(),
            model.unwrap_or_else(absent),
            checked.firmware.clone().unwrap_or_else(absent),
            checked.supported.join(", "),
        ]
    };
    let mut text = table(&head, seen, cells);
    for Seen { host, found, .. } in seen {
        let Ok(checked) = found else { continue };
        for note in &checked.notes {
            writeln!(text, "{host}: {note}").expect("writing to a string");
        }
        if let Some(digest) = &checked.certificate {
            writeln!(text, "{host}: certificate with the SHA-256 {digest}")
                .expect("writing to a string");
        }
    }
    let good = seen.iter().filter(|seen| seen.found.is_ok()).count();
    writeln!(text, "{good} of {} BMCs can be used", seen.len()).expect("writing to a string");
    text
}

pub(super) fn info(seen: &[Seen<Info>]) -> String {
    let mut text = String::new();
    for Seen { host, bmc, found } in seen {
        writeln!(text, "{host} ({} at {})", bmc.way.name(), bmc.address.value)
            .expect("writing to a string");
        match found {
            Ok(info) => text.push_str(&of_host(info)),
            Err(_) => text.push_str("  could not be asked\n"),
        }
    }
    let good = seen.iter().filter(|seen| seen.found.is_ok()).count();
    writeln!(text, "{good} of {} BMCs could be asked", seen.len()).expect("writing to a string");
    text
}

fn of_host(info: &Info) -> String {
    let number = |number: f64| number.to_string();
    let lines = [
        ("manufacturer", info.manufacturer.clone()),
        ("model", info.model.clone()),
        ("serial number", info.serial.clone()),
        ("board's serial number", info.board_serial.clone()),
        ("UUID", info.uuid.clone()),
        ("firmware of the host", info.bios.clone()),
        ("firmware of the BMC", info.firmware.clone()),
        ("power", info.power.map(|power| power.word().to_owned())),
        ("health", info.health.clone()),
        ("processors", info.processors.map(|count| count.to_string())),
        ("memory in GiB", info.memory_gib.map(number)),
    ];
    let mut text = String::new();
    for (name, value) in &lines {
        if let Some(value) = value {
            writeln!(text, "  {name}: {value}").expect("writing to a string");
        }
    }
    text += &sensors(&info.sensors);
    text += &info.log.as_ref().map(log).unwrap_or_default();
    for missing in &info.missing {
        writeln!(text, "  not known: {missing}").expect("writing to a string");
    }
    text
}

fn sensors(sensors: &[Sensor]) -> String {
    if sensors.is_empty() {
        return String::new();
    }
    let row = |sensor: &Sensor| {
        let reading = match sensor.reading {
            Some(reading) => format!("{reading} {}", sensor.unit),
            None => sensor.unit.clone(),
        };
        vec![sensor.name.clone(), reading, sensor.state.clone()]
    };
    let rows: Vec<Vec<String>> = sensors.iter().map(row).collect();
    format!("  sensors:\n{}", columns(&rows, "    "))
}

fn log(log: &Log) -> String {
    let Log { all, entries } = log;
    if *all == 0 {
        return "  event log: empty\n".into();
    }
    let mut text = format!("  event log, the newest {} of {all}:\n", entries.len());
    for entry in entries {
        let parts = [entry.at.as_deref(), entry.severity.as_deref(), Some(entry.text.as_str())];
        let line = parts.into_iter().flatten().collect::<Vec<_>>().join("  ");
        writeln!(text, "    {line}").expect("writing to a string");
    }
    text
}

/// One row for each host: its name, what was found, and its BMC.
fn table<T>(head: &[&str], seen: &[Seen<T>], cells: impl Fn(&T) -> Vec<String>) -> String {
    let mut rows: Vec<Vec<String>> = vec![head.iter().map(|cell| (*cell).to_owned()).collect()];
    for Seen { host, bmc, found } in seen {
        let middle = match found {
            Ok(found) => cells(found),
            Err(_) => vec!["unknown".to_owned(); head.len() - 2],
        };
        let bmc = format!("{} at {}", bmc.way.name(), bmc.address.value);
        rows.push([vec![host.clone()], middle, vec![bmc]].concat());
    }
    columns(&rows, "")
}

fn columns(rows: &[Vec<String>], indent: &str) -> String {
    let count = rows.first().map_or(0, Vec::len);
    let width = |at: usize| rows.iter().map(|row| row[at].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..count).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        format!("{indent}{}", cells.collect::<Vec<_>>().join("  ")).trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}

fn unknown<T>(seen: &[Seen<T>]) -> String {
    match seen.iter().filter(|seen| seen.found.is_err()).count() {
        0 => String::new(),
        count => format!(", {count} could not be asked"),
    }
}
