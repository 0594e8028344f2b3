//! Everything that a host can tell of itself, by the names and in the shapes that Ansible's `setup` has, so that what
//! reads Ansible's facts can read these.

mod hardware;
mod network;
mod system;
#[cfg(test)]
mod tests;
mod user;

use serde_json::{Map, Value, json};

use crate::host::{concern::Host, fault::Fault, machine::Machine, programs::Call};

/// Facts by their names, which begin with `ansible_`.
pub(super) type Facts = Map<String, Value>;

/// Asks all parts; what a host does not have is left out, as in Ansible.
pub(super) fn gather(host: Host<'_>) -> Result<Facts, Fault> {
    let mut facts = Facts::new();
    system::add(&mut facts, host)?;
    user::add(&mut facts, host.machine);
    hardware::add(&mut facts, host.machine)?;
    network::add(&mut facts, host.machine)?;
    facts.insert("gather_subset".into(), json!(["all"]));
    facts.insert("module_setup".into(), true.into());
    facts.sort_keys();
    Ok(facts)
}

/// Adds facts by their names without `ansible_`.
fn put(facts: &mut Facts, name: &str, value: impl Into<Value>) {
    facts.insert(format!("ansible_{name}"), value.into());
}

/// A file's text without the white space around it; nothing if it is not there or cannot be read: facts are what can be
/// seen.
fn text(machine: &Machine, path: &str) -> String {
    machine.text(path).ok().flatten().unwrap_or_default().trim().to_owned()
}

/// A number that is the only thing in a file.
fn number(machine: &Machine, path: &str) -> Option<i64> {
    text(machine, path).parse().ok()
}

/// What a program prints; nothing if it is not there or fails.
fn said(machine: &Machine, program: &str, words: &[&str]) -> String {
    let output = machine.run(&Call::new(program, words.iter().copied()));
    output.ok().filter(|output| output.code == 0).map(|output| output.stdout).unwrap_or_default()
}

/// The lines `name value` or `name: value` of a text that have this name.
fn value_of<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    text.lines().find_map(|line| {
        let rest = line.strip_prefix(name)?.trim_start().strip_prefix([':', '='])?;
        Some(rest.trim().trim_matches('"'))
    })
}
