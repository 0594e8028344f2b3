//! What a site must have said before some of the files can be made.

use serde_json::Value;

use super::settings::{self, LOCALHOST};
use crate::{
    ansible::{Play, Variables},
    trouble::{Result, Trouble},
};

const SWITCHES: &str = "kolla_neutron_ml2_generic_switch_hosts";
/// What networking-generic-switch must know about each switch.
const NEEDED: &[&str] = &["switch_type", "ansible_host", "ansible_user", "ansible_ssh_pass"];
const POOL: &[&str] = &[
    "kolla_bifrost_dhcp_pool_start",
    "kolla_bifrost_dhcp_pool_end",
    "kolla_bifrost_dhcp_pool_mask",
];

/// Refuses switches that are no hosts, or that nobody could log in to.
pub(super) fn switches(variables: &Variables, play: &Play) -> Result<()> {
    let Some(Value::Array(names)) = play.variable(SWITCHES)? else { return Ok(()) };
    let hosts = variables.hosts();
    for name in names.iter().filter_map(Value::as_str) {
        let refused = |cause: String| {
            Trouble::refused(format!("{LOCALHOST}: naming the switch {name} to Neutron"))
                .because(cause)
                .set_by(&settings::setting(variables, SWITCHES))
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

/// Refuses a provisioning network without addresses for hosts that boot.
pub(super) fn dhcp_pool(variables: &Variables, play: &Play) -> Result<()> {
    for name in POOL {
        let value = play.variable(name)?;
        if value.as_ref().and_then(Value::as_str).is_some_and(|value| !value.is_empty()) {
            continue;
        }
        let network = play.variable("provision_oc_net_name")?;
        let network = network.as_ref().and_then(Value::as_str).unwrap_or_default();
        return Err(Trouble::refused(format!("{LOCALHOST}: giving Bifrost its DHCP pool"))
            .because(format!(
                "the network `{network}` has no pool for inspection: `{name}` is empty"
            ))
            .set_by(&settings::setting(variables, "provision_oc_net_name"))
            .hint(format!(
                "set `{network}_inspection_allocation_pool_start`, `…_end` and `{network}_cidr`"
            )));
    }
    Ok(())
}
