//! `… host command run`: one shell command on every host, side by side.

use super::{
    Plan,
    action::{Action, errand::RunCommand},
};
use crate::{
    model::{configured::Reached, login::Login},
    origin::Sourced,
};

/// A host, and as whom the command runs there if not as the account that Ymir logs in as.
#[derive(Debug, Clone, PartialEq)]
pub struct Runner {
    pub host: Reached,
    pub r#become: Option<Sourced<String>>,
}

pub fn plan(words: &str, hosts: &[Runner], command: &str) -> Plan {
    let title = format!("run `{}`", short(command));
    let steps = |runner: &Runner| {
        let login: Login = runner.host.login.clone();
        let action =
            RunCommand { login, command: command.into(), r#become: runner.r#become.clone() };
        (runner.host.name.clone(), vec![(title.clone(), Action::Command(Box::new(action)))])
    };
    Plan::named(words).stage("run", hosts, steps)
}

/// The beginning of a command, for a title.
fn short(command: &str) -> String {
    const MOST: usize = 40;
    let line = command.trim().lines().next().unwrap_or_default();
    match line.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None if line.len() < command.trim().len() => format!("{line} …"),
        None => line.to_owned(),
    }
}
