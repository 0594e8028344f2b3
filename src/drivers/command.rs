//! Runs shell commands on hosts over SSH: one connection a host, no agent, so that it works on a host that is ill.

use std::collections::BTreeSet;

use futures::stream::BoxStream;
use tokio::sync::Semaphore;

use super::{
    agent::launch,
    process::{Output as Left, Run},
};
use crate::{
    model::login::Way,
    plan::action::{Action, errand::RunCommand},
    run::driver::{Driver, Finding, Output, Said, Task, Voice, apply_each, probe_each},
    trouble::{Result, Tell, Trouble},
};

/// SSH connections at once; each is a process.
const AT_ONCE: usize = 32;

/// Stands before what the command says, and not before what a login shell says.
const BEGIN: &str = "ymir-begin";

/// Stands behind it, with the exit code: one of ssh's own would not tell a command that failed from a cut connection.
const END: &str = "ymir-end ";

/// How many of the last lines of standard error a failure shows.
const SHOWN_LINES: usize = 12;

/// What an earlier run of the same plan did, by the ids of steps.
#[derive(Debug, Default)]
pub struct Earlier {
    pub done: BTreeSet<String>,
    /// Begun, and how it ended is not known.
    pub begun: BTreeSet<String>,
}

/// Brings [`RunCommand`]s about.
#[derive(Debug)]
pub struct CommandDriver {
    slots: Semaphore,
    earlier: Earlier,
    /// Whether what commands say is told.
    shows: bool,
}

impl CommandDriver {
    pub fn new(earlier: Earlier, shows: bool) -> Self {
        Self { slots: Semaphore::new(AT_ONCE), earlier, shows }
    }

    fn look(&self, task: &Task<'_>) -> Result<Finding> {
        let id = &task.step.id;
        if self.earlier.done.contains(id) {
            return Ok(Finding::DoneEarlier);
        }
        if self.earlier.begun.contains(id) {
            return Err(Trouble::host(format!("{}: taking on the earlier run", task.subject))
                .because("the command was begun there, and whether it ran to its end is not known")
                .hint(format!(
                    "see on the host what became of it; to run it there again, give the command itself with --limit {}",
                    task.subject
                )));
        }
        let action = ours(task)?;
        let user = action.r#become.as_ref().unwrap_or(&action.login.user);
        Ok(Finding::Unknown(format!("it runs as {}", user.value)))
    }

    async fn act(&self, task: Task<'_>, voice: &Voice) -> Result<()> {
        let action = ours(&task)?;
        let _slot = self.slots.acquire().await.or_internal(|| "waiting for a slot".into())?;
        let left = run(action).await?;
        let Some((code, stdout)) = told(&left.stdout) else {
            return Err(cut(task.subject, action, &left));
        };
        if self.shows {
            let stderr = left.stderr.clone();
            voice.output(Output { code, stdout: stdout.clone(), stderr });
        }
        if code == 0 {
            return Ok(());
        }
        let trouble = Trouble::host(format!("{}: running `{}`", task.subject, action.command))
            .because(format!("exit code {code}"));
        Err(self.explained(trouble, action, &left.stderr, &stdout))
    }

    /// With the last words of the command, unless they were shown.
    fn explained(
        &self,
        trouble: Trouble,
        action: &RunCommand,
        stderr: &str,
        stdout: &str,
    ) -> Trouble {
        let shown = if stderr.trim().is_empty() { stdout } else { stderr };
        let lines: Vec<&str> = shown.lines().collect();
        let last = lines[lines.len().saturating_sub(SHOWN_LINES)..].join("\n");
        let trouble = if self.shows || last.is_empty() { trouble } else { trouble.because(last) };
        match &action.r#become {
            Some(user) if stderr.contains("sudo:") => trouble.set_by(&user.setting).hint(format!(
                "{} must be able to become {} by sudo without a password",
                action.login.user.value, user.value
            )),
            _ => trouble,
        }
    }
}

async fn run(action: &RunCommand) -> Result<Left> {
    let script = script(action);
    let run = match &action.login.way {
        Way::Ssh { .. } => launch::ssh(&action.login, &action.login.user.value)
            .arg(format!("/bin/sh -c {}", quoted(&script))),
        Way::Local => Run::new("/bin/sh").args(["-c"]).arg(script),
    };
    run.without_terminal().output().await
}

/// Runs the command as Ansible's `shell` does: by `/bin/sh`, in the account's home, with nothing to read.
fn script(action: &RunCommand) -> String {
    let becoming = action
        .r#become
        .as_ref()
        .map_or_else(String::new, |user| format!("sudo -n -H -u {} -- ", quoted(&user.value)));
    let command = quoted(&action.command);
    format!(
        "cd; echo {BEGIN}; {becoming}/bin/sh -c {command} </dev/null; printf '\\n{END}%s\\n' \"$?\""
    )
}

/// One word for a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// The exit code, and what stands between the marks; `None` if the end is missing.
fn told(stdout: &str) -> Option<(i32, String)> {
    let begin = format!("{BEGIN}\n");
    let at = if stdout.starts_with(&begin) {
        begin.len()
    } else {
        stdout.find(&format!("\n{begin}"))? + 1 + begin.len()
    };
    let said = &stdout[at..];
    let (said, code) = said.rsplit_once(&format!("\n{END}"))?;
    // The line break before the mark is not the command's.
    Some((code.trim().parse().ok()?, said.to_owned()))
}

/// The connection ended before the command did, or was never there.
fn cut(host: &str, action: &RunCommand, left: &Left) -> Trouble {
    if !left.stdout.contains(BEGIN) {
        return launch::no_way_in(host, &action.login, &left.stderr);
    }
    let last = left.stderr.lines().rfind(|line| !line.trim().is_empty());
    Trouble::host(format!("{host}: running `{}`", action.command))
        .because("the connection ended before the command did")
        .because(last.unwrap_or("ssh says nothing"))
        .hint("the command may still run on the host; look there before it is given again")
}

fn ours<'a>(task: &Task<'a>) -> Result<&'a RunCommand> {
    match &task.step.action {
        Action::Command(action) => Ok(action),
        _ => Err(Trouble::internal(format!("{} is no command", task.step.id))),
    }
}

impl Driver for CommandDriver {
    fn probe<'a>(&'a self, tasks: Vec<Task<'a>>) -> BoxStream<'a, Said> {
        probe_each(tasks, usize::MAX, move |task, _voice| async move { self.look(&task) })
    }

    fn apply<'a>(&'a self, tasks: Vec<Task<'a>>) -> BoxStream<'a, Said> {
        apply_each(
            tasks,
            usize::MAX,
            move |task, voice| async move { self.act(task, &voice).await },
        )
    }
}

#[cfg(test)]
mod tests {
    use camino::Utf8PathBuf;

    use super::*;
    use crate::{
        model::login::Login,
        origin::{Origin, Setting, Sourced},
    };

    fn sourced(value: &str) -> Sourced<String> {
        let setting = Setting { variable: "x".into(), origin: Origin::whole("test") };
        Sourced { value: value.into(), setting }
    }

    fn action(command: &str) -> RunCommand {
        let known_hosts = Utf8PathBuf::new();
        let login = Login {
            way: Way::Local,
            user: sourced("stack"),
            bootstrap: sourced("debian"),
            known_hosts,
        };
        RunCommand { login, command: command.into(), r#become: None }
    }

    #[tokio::test]
    async fn output_and_exit_code_are_the_commands_own() {
        let table = [
            ("echo one; echo two >&2", 0, "one\n", "two\n"),
            ("printf 'no end'", 0, "no end", ""),
            ("exit 255", 255, "", ""),
            ("cat", 0, "", ""),
            ("echo \"it's\" '$HOME'", 0, "it's $HOME\n", ""),
            ("echo {{ not_a_template }}", 0, "{{ not_a_template }}\n", ""),
            ("echo ymir-end 7", 0, "ymir-end 7\n", ""),
        ];
        for (command, code, stdout, stderr) in table {
            let left = run(&action(command)).await.unwrap();
            assert_eq!(told(&left.stdout), Some((code, stdout.to_owned())), "{command}");
            assert_eq!(left.stderr, stderr, "{command}");
        }
    }

    #[test]
    fn what_the_login_shell_says_is_not_the_commands() {
        let text = "Welcome!\nymir-begin\nLinux\n\nymir-end 0\n";
        assert_eq!(told(text), Some((0, "Linux\n".into())));
        assert_eq!(told("ymir-begin\nhalf a line"), None);
        assert_eq!(told(""), None);
    }

    #[test]
    fn with_become_only_the_command_runs_as_another() {
        let mut action = action("id -un");
        action.r#become = Some(sourced("root"));
        assert!(script(&action).contains("sudo -n -H -u 'root' -- /bin/sh -c 'id -un' </dev/null"));
    }
}
