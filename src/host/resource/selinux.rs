//! SELinux of the running kernel: its mode, and whether it is there at all, which only a reboot changes.

use std::{thread::sleep, time::Duration};

use serde::{Deserialize, Serialize};

use super::Thing;
use crate::host::{
    change::Change,
    fault::Fault,
    machine::{Access, Machine},
    programs::Call,
    record::DIRECTORY,
};

const ENFORCE: &str = "/sys/fs/selinux/enforce";
const BOOT: &str = "/proc/sys/kernel/random/boot_id";
/// In which boot the host was rebooted, and for which mode.
const REBOOTED: &str = "selinux-reboot";

/// `selinux_state`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SelinuxMode {
    Enforcing,
    Permissive,
    Disabled,
}

impl SelinuxMode {
    /// As the configuration spells it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Enforcing => "enforcing",
            Self::Permissive => "permissive",
            Self::Disabled => "disabled",
        }
    }
}

/// What of the running kernel must be so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum Selinux {
    /// The mode, as far as it can be changed while the host runs.
    Mode(SelinuxMode),
    /// The rest of it, by a reboot.
    Booted { mode: SelinuxMode, reboots: bool, patience: u32 },
    /// `selinux=0` on the kernel's command line for the mode that needs it, and none for others.
    CommandLine(SelinuxMode),
}

impl Thing for Selinux {
    /// The mode, or for a command line whether SELinux is off there.
    type Seen = SelinuxMode;

    fn key(&self) -> String {
        match self {
            Self::Mode(_) => "selinux:mode".into(),
            Self::Booted { .. } => "selinux:booted".into(),
            Self::CommandLine(_) => "selinux:command-line".into(),
        }
    }

    fn observe(&self, machine: &Machine) -> Result<SelinuxMode, Fault> {
        match self {
            Self::CommandLine(mode) => {
                let entries = machine.must(&Call::new("grubby", ["--info=ALL"]))?.stdout;
                let mut lines = entries.lines().filter(|line| line.starts_with("args="));
                let has = |line: &str| line.split(['"', ' ']).any(|word| word == "selinux=0");
                let fits =
                    if *mode == SelinuxMode::Disabled { lines.all(has) } else { !lines.any(has) };
                let other = match mode {
                    SelinuxMode::Disabled => SelinuxMode::Permissive,
                    SelinuxMode::Enforcing | SelinuxMode::Permissive => SelinuxMode::Disabled,
                };
                Ok(if fits { *mode } else { other })
            }
            Self::Mode(_) | Self::Booted { .. } => now(machine),
        }
    }

    fn diff(&self, seen: &SelinuxMode) -> Vec<Change> {
        let text = match self {
            Self::Mode(mode) if live(*mode, *seen).is_none() => return Vec::new(),
            Self::Mode(_) if live_word(self, *seen) == "1" => "have SELinux enforce".into(),
            Self::Mode(_) => "have SELinux only tell, and not enforce".into(),
            Self::Booted { mode, .. } if is_there(*mode) == is_there(*seen) => return Vec::new(),
            Self::Booted { mode, reboots: true, .. } => {
                format!(
                    "reboot the host, as SELinux is to be {} and is {}",
                    mode.word(),
                    seen.word()
                )
            }
            Self::Booted { mode, reboots: false, .. } => {
                format!(
                    "SELinux is to be {} and is {}: a reboot is needed",
                    mode.word(),
                    seen.word()
                )
            }
            Self::CommandLine(mode) if mode == seen => return Vec::new(),
            Self::CommandLine(SelinuxMode::Disabled) => {
                "write selinux=0 into the kernel's command line".into()
            }
            Self::CommandLine(_) => "take selinux=0 out of the kernel's command line".into(),
        };
        vec![Change::new(text)]
    }

    fn perform(&self, machine: &Machine, seen: &SelinuxMode) -> Result<(), Fault> {
        match self {
            Self::Mode(_) => {
                machine.must(&Call::new("setenforce", [live_word(self, *seen)])).map(drop)
            }
            Self::Booted { mode, reboots: false, .. } => {
                Err(Fault::new(format!("making SELinux {}", mode.word()))
                    .because(format!("it is {}, and only a reboot changes that", seen.word()))
                    .hint(
                        "set `selinux_do_reboot` to true, or reboot the host, whose configuration is written; \
                         `selinux_state` says what is wanted",
                    ))
            }
            Self::Booted { mode, reboots: true, patience } => {
                reboot(machine, (*mode, *seen), Duration::from_secs((*patience).into()))
            }
            Self::CommandLine(mode) => {
                let edit = if *mode == SelinuxMode::Disabled { "--args" } else { "--remove-args" };
                let words = ["--update-kernel=ALL", edit, "selinux=0"];
                machine.must(&Call::new("grubby", words)).map(drop)
            }
        }
    }
}

fn is_there(mode: SelinuxMode) -> bool {
    mode != SelinuxMode::Disabled
}

/// The mode to which the running kernel is to be set; `None` if it is as good as it can be.
fn live(wanted: SelinuxMode, seen: SelinuxMode) -> Option<SelinuxMode> {
    let now = if is_there(wanted) { wanted } else { SelinuxMode::Permissive };
    (is_there(seen) && now != seen).then_some(now)
}

/// As `setenforce` takes it.
fn live_word(thing: &Selinux, seen: SelinuxMode) -> &'static str {
    match thing {
        Selinux::Mode(mode) if live(*mode, seen) == Some(SelinuxMode::Enforcing) => "1",
        _ => "0",
    }
}

/// The mode of the running kernel.
fn now(machine: &Machine) -> Result<SelinuxMode, Fault> {
    Ok(match machine.text(ENFORCE)?.as_deref().map(str::trim) {
        None => SelinuxMode::Disabled,
        Some("1") => SelinuxMode::Enforcing,
        Some(_) => SelinuxMode::Permissive,
    })
}

/// Reboots the host once; if that has not helped, it says so instead.
fn reboot(
    machine: &Machine,
    (mode, seen): (SelinuxMode, SelinuxMode),
    patience: Duration,
) -> Result<(), Fault> {
    let path = format!("{DIRECTORY}/{REBOOTED}");
    let boot = machine.text(BOOT)?.unwrap_or_default().trim().to_owned();
    let before = machine.text(&path)?.unwrap_or_default();
    let helped = |(known, word): (&str, &str)| known == boot || word != mode.word();
    if before.trim().split_once(' ').is_some_and(|before| !helped(before)) {
        machine.remove(&path)?;
        return Err(Fault::new(format!("making SELinux {}", mode.word()))
            .because(format!("the host was rebooted for it, and it is {} still", seen.word()))
            .hint(
                "the kernel may be started with `selinux=0`, which `selinux_update_kernel_param` changes, or know \
                 no SELinux; the next run reboots again",
            ));
    }
    machine.make_directory(DIRECTORY, &Access::of_root(0o700))?;
    let text = format!("{boot} {}\n", mode.word());
    machine.write(&path, text.as_bytes(), &Access::of_root(0o600))?;
    machine.must(&Call::new("systemctl", ["--no-block", "reboot"]))?;
    // The host ends the agent.
    sleep(patience);
    Err(Fault::new("rebooting the host for SELinux").because("it goes on running"))
}

/// What sets the running kernel back to the mode that it is in now.
pub(crate) fn back(thing: &Selinux, machine: &Machine) -> Result<Vec<Vec<String>>, Fault> {
    let word = match (thing, now(machine)?) {
        (Selinux::Mode(_), SelinuxMode::Enforcing) => "1",
        (Selinux::Mode(_), SelinuxMode::Permissive) => "0",
        _ => return Ok(Vec::new()),
    };
    Ok(vec![vec!["setenforce".to_owned(), word.to_owned()]])
}
