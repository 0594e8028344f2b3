//! `selinux_*`.

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

/// The defaults are those of Kayobe's role: its variables have none.
pub(super) fn read(reader: &Reader, _class: Class) -> Result<Option<Concern>> {
    let reboots = is_on(reader, "kayobe_do_reboot", false)?;
    let policy = filled(reader, "selinux_policy")?;
    Ok(Some(
        SelinuxState {
            mode: mode(reader)?,
            policy: policy.map_or_else(|| "targeted".into(), |policy| policy.value),
            reboots: is_on(reader, "selinux_do_reboot", reboots)?,
            command_line: is_on(reader, "selinux_update_kernel_param", false)?,
        }
        .into(),
    ))
}

fn mode(reader: &Reader) -> Result<SelinuxMode> {
    let Some(state) = filled(reader, "selinux_state")? else { return Ok(SelinuxMode::Permissive) };
    MODES.into_iter().find(|mode| mode.word() == state.value).ok_or_else(|| {
        Trouble::refused(format!("{}: `selinux_state` is `{}`", reader.host, state.value))
            .because(format!("SELinux can be {}", MODES.map(SelinuxMode::word).join(", ")))
            .set_by(&state.setting)
    })
}
