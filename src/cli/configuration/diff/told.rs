//! A comparison as text for people, or as data.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{
    super::rendered,
    compare::{Change, Comparison, Found, Part},
    files::{FileChange, Kind},
};
use crate::{cli::options::Format, origin::Origin, trouble::Result};

pub(super) fn told(comparison: &Comparison, format: Format) -> Result<String> {
    if format == Format::Text { Ok(text(comparison)) } else { rendered(&data(comparison), format) }
}

fn text(comparison: &Comparison) -> String {
    let [before, after] = &comparison.labels;
    if comparison.is_empty() {
        return format!("{before} and {after}: no differences\n{}", shut(comparison));
    }
    let mut text = format!("--- {before}\n+++ {after}\n");
    for (label, hosts) in comparison.labels.iter().zip(&comparison.only) {
        if !hosts.is_empty() {
            writeln!(text, "\nonly in {label}: {}", hosts.join(", ")).expect("writing to a string");
        }
    }
    let own = comparison.changes.iter().filter(|(change, _)| !change.follows);
    let hosts_text = |hosts: &[String]| match hosts.len() {
        count if count == comparison.shared && count > 1 => format!("all {count} hosts"),
        _ => hosts.join(", "),
    };
    own.for_each(|(change, hosts)| change_text(&mut text, change, &hosts_text(hosts)));
    let mut following = comparison.changes.iter().filter(|(change, _)| change.follows).peekable();
    if following.peek().is_some() {
        text.push_str("\nWritten the same on both sides, these follow from other changes:\n");
    }
    following.for_each(|(change, hosts)| change_text(&mut text, change, &hosts_text(hosts)));
    if !comparison.files.is_empty() {
        text.push_str("\nFiles for Kolla, merged:\n");
    }
    comparison.files.iter().for_each(|file| file_text(&mut text, file, [before, after]));
    match shut(comparison) {
        told if told.is_empty() => text,
        told => format!("{text}\n{told}"),
    }
}

/// What could not be compared by what it holds.
fn shut(comparison: &Comparison) -> String {
    let (verb, names) = match comparison.shut.len() {
        0 => return String::new(),
        1 => ("needs", "1 variable".to_owned()),
        many => ("need", format!("{many} variables")),
    };
    format!(
        "{names} {verb} a vault that was not opened, compared as written: give the vault password to compare what is in it\n"
    )
}

fn file_text(text: &mut String, file: &FileChange, labels: [&String; 2]) {
    let [before, after] = labels;
    let mut line = |line: &str| writeln!(text, "{line}").expect("writing to a string");
    line(&format!("\n{}", file.path));
    match &file.kind {
        Kind::Added => line(&format!("  only in {after}")),
        Kind::Removed => line(&format!("  only in {before}")),
        Kind::ChangedSecretly => line("  changed; it is secret"),
        Kind::Changed if file.lines.is_empty() => line("  changed; it is no text"),
        Kind::Changed => {}
        Kind::Faulty(why) => {
            for (label, why) in labels.into_iter().zip(why) {
                let told = why.as_ref().map(|why| format!("  {label}: cannot be made: {why}"));
                line(&told.unwrap_or_else(|| format!("  {label}: can be made")));
            }
        }
    }
    text.push_str(&file.lines);
}

fn change_text(text: &mut String, change: &Change, hosts: &str) {
    let mut line = |indent: &str, line: &str| {
        writeln!(text, "{indent}{line}").expect("writing to a string");
    };
    line("\n", &change.variable);
    if change.secret {
        line("  ", "changed; it is secret");
    }
    for part in &change.parts {
        let label =
            if part.path.is_empty() { String::new() } else { format!("{}: ", part.path.join(".")) };
        if let [Found::Fault(before), Found::Fault(after)] = &part.values
            && before == after
        {
            line("  ", &format!("{label}cannot be evaluated on either side: {after}"));
            continue;
        }
        let [before, after] = part.values.each_ref().map(found_text);
        line("  - ", &format!("{label}{before}"));
        line("  + ", &format!("{label}{after}"));
    }
    let [before, after] = change.origins.each_ref().map(|origin| origin_text(origin.as_ref()));
    if before == after {
        line("  set by ", &before);
    } else {
        line("  set by ", &format!("{before} → {after}"));
    }
    line("  on ", hosts);
}

fn found_text(found: &Found) -> String {
    match found {
        Found::Nothing => "(not set)".to_owned(),
        Found::Value(text) => text.clone(),
        Found::Fault(message) => format!("(cannot be evaluated: {message})"),
    }
}

fn origin_text(origin: Option<&Origin>) -> String {
    origin.map_or_else(|| "nothing".to_owned(), ToString::to_string)
}

fn data(comparison: &Comparison) -> Value {
    let [before, after] = &comparison.labels;
    let [only_before, only_after] = &comparison.only;
    let changes: Vec<Value> = comparison.changes.iter().map(change_data).collect();
    json!({
        "before": before,
        "after": after,
        "only_before": only_before,
        "only_after": only_after,
        "changes": changes,
        "files": comparison.files.iter().map(file_data).collect::<Vec<_>>(),
        "not_opened": comparison.shut,
    })
}

fn change_data((change, hosts): &(Change, Vec<String>)) -> Value {
    let [before, after] = &change.origins;
    json!({
        "variable": change.variable,
        "hosts": hosts,
        "follows": change.follows,
        "secret": change.secret,
        "set_by": { "before": before, "after": after },
        "parts": change.parts.iter().map(part_data).collect::<Vec<_>>(),
    })
}

fn file_data(file: &FileChange) -> Value {
    let change = match file.kind {
        Kind::Added => "added",
        Kind::Removed => "removed",
        Kind::Changed => "changed",
        Kind::ChangedSecretly => "secret",
        Kind::Faulty(_) => "faulty",
    };
    let lines: Vec<&str> = file.lines.lines().map(str::trim_start).collect();
    let mut data = json!({ "path": file.path, "change": change, "lines": lines });
    if let Kind::Faulty([before, after]) = &file.kind {
        data["errors"] = json!({ "before": before, "after": after });
    }
    data
}

fn part_data(part: &Part) -> Value {
    let [before, after] = part.values.each_ref().map(found_data);
    json!({ "path": part.path, "before": before, "after": after })
}

fn found_data(found: &Found) -> Value {
    match found {
        Found::Nothing => json!({}),
        Found::Value(text) => {
            json!({ "value": serde_json::from_str::<Value>(text).unwrap_or_default() })
        }
        Found::Fault(message) => json!({ "error": message }),
    }
}
