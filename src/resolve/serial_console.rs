//! `ironic_serial_console_*`: which TCP port each node's serial console gets.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Reader, baremetal_compute::ironic, hosts::patience};
use crate::{
    ansible::Variables,
    model::tenant::SerialConsole,
    trouble::{Result, Trouble},
};

/// The file of an environment in which the ports are kept.
pub const FILE: &str = "console-allocation.yml";

/// The variable with the ports, by node.
pub const VARIABLE: &str = "serial_console_allocations";

const START: &str = "ironic_serial_console_tcp_pool_start";
const END: &str = "ironic_serial_console_tcp_pool_end";

/// The consoles of hosts, turned off.
pub fn off(variables: &Variables, hosts: &[String]) -> Result<Vec<SerialConsole>> {
    hosts.iter().map(|host| console(variables, host, None, false)).collect()
}

/// The consoles of hosts, each at its port: the one that it had before, or the lowest that is free.
pub fn on(variables: &Variables, hosts: &[String]) -> Result<Vec<SerialConsole>> {
    let Some(first) = hosts.first() else { return Ok(Vec::new()) };
    let reader = Reader::new(variables, first);
    let given = given(&reader)?;
    let start = reader.need::<Value>(START)?;
    let end = reader.need::<Value>(END)?;
    let pool = match (port(&start.value), port(&end.value)) {
        (Some(start), Some(end)) => start..=end,
        (None, _) => return Err(reader.wrong(START, "a TCP port", &start.value)),
        (_, None) => return Err(reader.wrong(END, "a TCP port", &end.value)),
    };
    let used: BTreeSet<u16> = given.values().copied().collect();
    let mut free = pool.filter(|port| !used.contains(port));
    hosts
        .iter()
        .map(|host| {
            if let Some(port) = given.get(host) {
                return console(variables, host, Some(*port), false);
            }
            let port = free.next().ok_or_else(|| {
                Trouble::refused(format!("{host}: no TCP port is left for its console"))
                    .set_by(&start.setting)
                    .set_by(&end.setting)
                    .hint(format!("make the range larger, or take entries out of {FILE}"))
            })?;
            console(variables, host, Some(port), true)
        })
        .collect()
}

fn console(
    variables: &Variables,
    host: &str,
    port: Option<u16>,
    is_new: bool,
) -> Result<SerialConsole> {
    let reader = Reader::new(variables, host);
    let wait = patience(&reader)?.manageable;
    Ok(SerialConsole { host: host.into(), ironic: ironic(&reader)?, port, is_new, wait })
}

/// The ports that were given out, which only the environment's own file may say.
fn given(reader: &Reader) -> Result<BTreeMap<String, u16>> {
    let Some(found) = reader.get::<Option<BTreeMap<String, Value>>>(VARIABLE)? else {
        return Ok(BTreeMap::new());
    };
    let variables = reader.variables;
    let own = variables.files().shown(&variables.environment_dir().join(FILE));
    if found.setting.origin.file != own {
        return Err(Trouble::refused("giving out TCP ports for serial consoles")
            .because(format!("they would be kept in {own}, but `{VARIABLE}` is set elsewhere"))
            .set_by(&found.setting)
            .hint(format!("move `{VARIABLE}` to {own}")));
    }
    let one = |(host, value): (String, Value)| match port(&value) {
        Some(port) => Ok((host, port)),
        None => Err(Trouble::refused(format!("{host}: reading the TCP port of its console"))
            .because(format!("`{value}` is no port"))
            .set_by(&found.setting)),
    };
    found.value.unwrap_or_default().into_iter().map(one).collect()
}

/// A number, or one that is written as text.
fn port(value: &Value) -> Option<u16> {
    let number = match value {
        Value::String(text) => text.trim().parse().ok(),
        other => other.as_u64().and_then(|number| u16::try_from(number).ok()),
    };
    number.filter(|port| *port > 0)
}
