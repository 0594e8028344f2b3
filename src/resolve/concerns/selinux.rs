//! `selinux_*`.

use serde_json::Value;

use super::{Class, filled, is_on};
use crate::{
    host::{
        concern::{Concern, SelinuxState},
        resource::SelinuxMode,
    },
    resolve::Reader,
    trouble::{Result, Trouble},
};

const MODES: [SelinuxMode; 3] =
    [SelinuxMode::Enforcing, SelinuxMode::Permissive, SelinuxMode::Disabled];

/// How many seconds a host may take for a reboot, unless the site says otherwise.
const PATIENCE: u32 = 600;

/// The defaults are those of Kayobe's role: its variables have none.
pub(super) fn read(reader: &Reader, _class: Class) -> Result<Option<Concern>> {
    let reboots = is_on(reader, "kayobe_do_reboot", false)?;
    let policy = filled(reader, "selinux_policy")?;
    Ok(Some(
        SelinuxState {
            mode: mode(reader)?,
            policy: policy.map_or_else(|| "targeted".into(), |policy| policy.value),
            reboots: is_on(reader, "selinux_do_reboot", reboots)?,
            patience: patience(reader)?,
            command_line: is_on(reader, "selinux_update_kernel_param", false)?,
        }
        .into(),
    ))
}

/// Nothing and 0 are Ansible's own ten minutes.
fn patience(reader: &Reader) -> Result<u32> {
    const VARIABLE: &str = "selinux_reboot_timeout";
    let Some(found) = reader.get::<Value>(VARIABLE)? else { return Ok(PATIENCE) };
    let text = match &found.value {
        Value::String(text) => text.trim().to_owned(),
        other => other.to_string(),
    };
    match text.parse() {
        _ if text.is_empty() => Ok(PATIENCE),
        Ok(0) => Ok(PATIENCE),
        Ok(seconds) => Ok(seconds),
        Err(_) => Err(Trouble::refused(format!("{}: `{VARIABLE}` is `{text}`", reader.host))
            .because("it is a number of seconds")
            .set_by(&found.setting)),
    }
}

fn mode(reader: &Reader) -> Result<SelinuxMode> {
    let Some(state) = filled(reader, "selinux_state")? else { return Ok(SelinuxMode::Permissive) };
    MODES.into_iter().find(|mode| mode.word() == state.value).ok_or_else(|| {
        Trouble::refused(format!("{}: `selinux_state` is `{}`", reader.host, state.value))
            .because(format!("SELinux can be {}", MODES.map(SelinuxMode::word).join(", ")))
            .set_by(&state.setting)
    })
}
