//! Hosts of the site that are switches which Neutron is to configure.

use serde_json::Value;

use super::settings::{self, LOCALHOST};
use crate::{
    ansible::{Play, Variables},
    trouble::{Result, Trouble},
};

const NAMES: &str = "kolla_neutron_ml2_generic_switch_hosts";
/// What networking-generic-switch must know about each.
const NEEDED: &[&str] = &["switch_type", "ansible_host", "ansible_user", "ansible_ssh_pass"];

/// Refuses switches that are no hosts, or that nobody could log in to.
pub(super) fn check(variables: &Variables, play: &Play) -> Result<()> {
    let Some(Value::Array(names)) = play.variable(NAMES)? else { return Ok(()) };
    let hosts = variables.hosts();
    for name in names.iter().filter_map(Value::as_str) {
        let refused = |cause: String| {
            Trouble::refused(format!("{LOCALHOST}: naming the switch {name} to Neutron"))
                .because(cause)
                .set_by(&settings::setting(variables, NAMES))
        };
        if !hosts.iter().any(|host| host == name) {
            return Err(refused("the inventory has no such host".into()));
        }
        let lacks = |needed: &&&str| variables.setting(name, needed).is_none();
        if let Some(lacking) = NEEDED.iter().find(lacks) {
            return Err(refused(format!("its `{lacking}` is not set"))
                .hint(format!("set `{lacking}` in the host_vars of {name}")));
        }
    }
    Ok(())
}
