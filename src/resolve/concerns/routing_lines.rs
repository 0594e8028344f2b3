//! Routes and rules as lines of NetworkManager's files.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::keyfile::{Why, said};
use crate::ansible::python_str;

/// Numbers of routing tables by their names.
pub(super) struct Tables(Vec<(String, String)>);

impl Tables {
    /// Of lines `100 name`, and those that every system has.
    pub(super) fn of(lines: &[String]) -> Self {
        let system = ["255 local", "254 main", "253 default"];
        let lines = lines.iter().map(String::as_str).chain(system);
        let table = |line: &str| {
            let (number, name) = line.split_once(' ')?;
            Some((name.to_owned(), number.to_owned()))
        };
        Self(lines.filter_map(table).collect())
    }

    fn number(&self, table: &Value) -> Result<String, Why> {
        let table = python_str(table);
        if table.bytes().all(|byte| byte.is_ascii_digit()) && !table.is_empty() {
            return Ok(table);
        }
        let known = self.0.iter().find(|(name, _)| *name == table);
        known.map(|(_, number)| number.clone()).ok_or_else(|| {
            format!("the routing table `{table}` is neither a number nor in `network_route_tables`")
        })
    }
}

/// The length of the prefix that a mask stands for.
pub(super) fn length(mask: &str) -> Option<u32> {
    let mask: std::net::Ipv4Addr = mask.parse().ok()?;
    Some(u32::from(mask).leading_ones())
}

pub(super) fn route_lines(
    at: usize,
    route: &Map<String, Value>,
    tables: &Tables,
) -> Result<String, Why> {
    let part = |name: &str| route.get(name).and_then(said);
    let network = part("network").ok_or("a route says no network")?;
    let length = part("netmask").and_then(|mask| length(&mask)).ok_or("a route says no netmask")?;
    let mut options = Vec::new();
    let mut metric = None;
    for option in route.get("options").and_then(Value::as_array).into_iter().flatten() {
        match option_of(option) {
            (name, Some(value)) if name == "metric" => metric = Some(value),
            // Every connection is of one interface.
            (name, _) if name == "dev" => {}
            (name, Some(value)) => options.push(format!("{name}={value}")),
            (name, None) if name.contains('=') => options.push(name),
            (name, None) => options.push(format!("{name}=true")),
        }
    }
    if let Some(table) = route.get("table").filter(|table| !table.is_null()) {
        options.push(format!("table={}", tables.number(table)?));
    }
    let mut words = vec![format!("{network}/{length}")];
    words.extend(part("gateway").or(metric.as_ref().map(|_| "0.0.0.0".into())));
    words.extend(metric);
    let mut text = format!("route{at}={}\n", words.join(","));
    if !options.is_empty() {
        let _ = writeln!(text, "route{at}_options={}", options.join(","));
    }
    Ok(text)
}

/// An option as a map of one, as `name value`, or as a mere name.
fn option_of(option: &Value) -> (String, Option<String>) {
    if let Some((name, value)) = option.as_object().and_then(|map| map.iter().next()) {
        return (name.clone(), Some(python_str(value)));
    }
    let text = python_str(option);
    match text.split_once(' ') {
        Some((name, value)) => (name.into(), Some(value.trim().into())),
        None => (text, None),
    }
}

pub(super) fn rule_line(at: usize, rule: &Value, tables: &Tables) -> Result<String, Why> {
    let default = 32765usize.saturating_sub(at);
    let Value::Object(rule) = rule else {
        return Ok(format!("priority {default} {}", python_str(rule)));
    };
    let part = |name: &str| rule.get(name).and_then(said);
    let mut words =
        vec!["priority".into(), part("priority").unwrap_or_else(|| default.to_string())];
    for name in ["from", "to"] {
        words.extend(part(name).into_iter().flat_map(|value| [name.to_owned(), value]));
    }
    if words.len() == 2 {
        return Err("a rule says neither `from` nor `to`".into());
    }
    let table = rule.get("table").filter(|table| !table.is_null());
    let table = table.ok_or("a rule says no `table`")?;
    words.extend(["table".into(), tables.number(table)?]);
    Ok(words.join(" "))
}
