//! What is done for each mode on a host in each.

use super::*;
use crate::host::{concern::Concern, programs::Output, stage::Stage};

const ENFORCE: &str = "/sys/fs/selinux/enforce";

fn state(mode: SelinuxMode, reboots: bool) -> Concern {
    let policy = "targeted".into();
    SelinuxState { mode, policy, reboots, patience: 600, command_line: false }.into()
}

fn stage(enforce: Option<&str>) -> Stage {
    let config = "# of the distribution\nSELINUX=enforcing\nSELINUXTYPE=targeted\n";
    let mut stage = Stage::new(&[
        (CONFIG, config),
        ("/proc/sys/kernel/random/boot_id", "first\n"),
        ("/etc/systemd/system/keep", ""),
    ]);
    stage.facts.family = Family::RedHat;
    stage.answer("rpm --query", "python3-libselinux\n");
    if let Some(value) = enforce {
        stage.put(ENFORCE, value);
    }
    stage.act("setenforce", |root, call| {
        std::fs::write(root.join(&ENFORCE[1..]), &call.args[0]).unwrap();
        Output::default()
    });
    stage
}

#[test]
fn the_running_kernel_follows() {
    let stage = stage(Some("1"));
    let done = stage.settles(&state(SelinuxMode::Permissive, false));
    assert_eq!(
        done,
        ["have SELinux only tell, and not enforce", "set `SELINUX` of /etc/selinux/config"]
    );
    let text = stage.text(CONFIG).unwrap();
    assert_eq!(text, "# of the distribution\nSELINUX=permissive\nSELINUXTYPE=targeted\n");
    assert_eq!(stage.text(ENFORCE).unwrap(), "0");
}

#[test]
fn a_reboot_that_is_not_allowed_is_told() {
    for (enforce, mode) in [(None, SelinuxMode::Permissive), (Some("1"), SelinuxMode::Disabled)] {
        let stage = stage(enforce);
        let fault = stage.try_apply(&state(mode, false)).unwrap_err();
        assert!(fault.to_string().contains("only a reboot changes that"), "{fault}");
        assert!(fault.hint.unwrap().contains("selinux_do_reboot"));
        // What can be done is done: the next start of the host is enough.
        assert!(stage.text(CONFIG).unwrap().contains(&format!("SELINUX={}", mode.word())));
    }
}

#[test]
fn a_reboot_that_has_not_helped_is_not_repeated() {
    let stage = stage(None);
    stage.put("/var/lib/ymir/selinux-reboot", "earlier permissive\n");
    let fault = stage.try_apply(&state(SelinuxMode::Permissive, true)).unwrap_err();
    assert!(fault.to_string().contains("rebooted for it, and it is disabled still"), "{fault}");
    assert!(!stage.called().iter().any(|line| line.contains("reboot")));
}

#[test]
fn what_is_off_stays_off() {
    let stage = stage(None);
    stage.settles(&state(SelinuxMode::Disabled, false));
    assert_eq!(stage.look(&state(SelinuxMode::Disabled, true)), [""; 0]);
}

#[test]
fn debian_has_none() {
    let stage = Stage::new(&[(CONFIG, "SELINUX=disabled\n")]);
    assert_eq!(stage.look(&state(SelinuxMode::Enforcing, true)), [""; 0]);
}
