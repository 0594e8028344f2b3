//! Runs the site's own playbooks with real Ansible, where Ansible *is* the engine: the hooks of every command.
//!
//! Playbooks get the site's files as they are, unresolved and still encrypted, after an inventory with the built-in
//! defaults and a folder of plug-ins with the filters and lookups that variables use.

mod command;
mod find;
mod material;
mod prompt;

use camino::Utf8PathBuf;

pub use self::{
    command::Arguments,
    find::{check_runnable, find},
};
use self::{command::Command, material::Material};
use crate::{
    event::Event,
    model::hook::{Hook, Hooks, Side},
    secret::{MASK, Secret},
    settings::Environment,
    trouble::{Result, Trouble},
};

/// How many lines of output a failed hook's message shows at most.
const SHOWN_LINES: usize = 15;

/// What the hooks of one command run with.
#[derive(Debug, Clone)]
pub struct HookRun {
    /// As lookups see it: `KAYOBE_CONFIG_PATH` and `KAYOBE_ENVIRONMENT` say what the options say.
    pub environment: Environment,
    /// The layers' directories, lowest first.
    pub layers: Vec<Utf8PathBuf>,
    /// The inventory that goes before the site's: paths in it, and what the files hold.
    pub defaults: Vec<(Utf8PathBuf, String)>,
    /// Vault passwords with their vault ids, in the order in which they are tried.
    pub vault: Vec<(String, Secret)>,
    /// What the command line says.
    pub arguments: Arguments,
    /// Where files are kept while the hooks run.
    pub dir: Utf8PathBuf,
}

/// Runs all hooks of one side in one `ansible-playbook`, and says what happens.
pub async fn run(
    hooks: &Hooks,
    side: Side,
    cx: &HookRun,
    mut say: impl FnMut(Event),
) -> Result<()> {
    let chosen = hooks.side(side);
    if chosen.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = chosen.iter().filter_map(|hook| hook.file.file_name()).collect();
    let hook = format!("{}/{}", side.directory(), names.join(", "));
    say(Event::HookStarted { hook: hook.clone() });
    let line = |line: &str| {
        let line = without(line, &cx.vault);
        say(Event::HookOutput { hook: hook.clone(), line });
    };
    let failed = |trouble: Trouble| {
        trouble
            .while_trying(format!("running the hooks {hook}"))
            .hint("mend the hook, or leave it out with --skip-hooks")
    };
    let outcome = play(chosen, cx, line).await.map_err(failed);
    say(Event::HookFinished { hook, trouble: outcome.as_ref().err().cloned() });
    outcome
}

async fn play(hooks: &[Hook], cx: &HookRun, mut line: impl FnMut(&str)) -> Result<()> {
    let material = Material::write(cx)?;
    let command = Command { cx, hooks, material: &material };
    let mut lines = Vec::new();
    let run = command.run(&find::program(&cx.environment)?).stream(|text| {
        line(text);
        lines.push(without(text, &cx.vault));
    });
    let code = run.await?.code;
    if code == 0 {
        return Ok(());
    }
    Err(Trouble::host(format!("ansible-playbook ended with exit code {code}"))
        .because(telling(&lines)))
}

/// The lines that say what failed; if Ansible marks none, the last ones.
fn telling(lines: &[String]) -> String {
    const MARKS: &[&str] = &["fatal: ", "failed: ", "ERROR", "[ERROR]"];
    let filled = || lines.iter().map(String::as_str).filter(|line| !line.trim().is_empty());
    let marked = filled().filter(|line| MARKS.iter().any(|mark| line.starts_with(mark)));
    let marked: Vec<&str> = marked.collect();
    let shown = if marked.is_empty() { filled().collect() } else { marked };
    shown[shown.len().saturating_sub(SHOWN_LINES)..].join("\n")
}

/// The text without the vault passwords, which a careless playbook may print.
fn without(text: &str, vault: &[(String, Secret)]) -> String {
    let passwords = vault.iter().map(|(_, password)| password.reveal());
    passwords
        .filter(|password| !password.is_empty())
        .fold(text.to_owned(), |text, password| text.replace(password, MASK))
}
