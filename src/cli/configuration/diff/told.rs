//! A comparison as text for people, or as data.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{
    super::rendered,
    compare::{Change, Comparison, Found, Part},
};
use crate::{cli::options::Format, origin::Origin, trouble::Result};

pub(super) fn told(comparison: &Comparison, format: Format) -> Result<String> {
    if format == Format::Text { Ok(text(comparison)) } else { rendered(&data(comparison), format) }
}

fn text(comparison: &Comparison) -> String {
    let [before, after] = &comparison.labels;
    if comparison.is_empty() {
        return format!("{before} and {after}: no differences\n");
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
    text
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
