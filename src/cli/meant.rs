//! What was meant by words that are no command: `ymir provision` is `ymir overcloud provision`.

use std::collections::BTreeSet;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::near::nearest;

/// Kayobe's commands, one a line.
const OF_KAYOBE: &str = include_str!("kayobe-commands.txt");

/// The error with the commands that may have been meant, if it is about an unknown one.
pub(super) fn explained(
    mut error: clap::Error,
    tree: &clap::Command,
    args: &[String],
) -> clap::Error {
    if error.kind() != ErrorKind::InvalidSubcommand {
        return error;
    }
    let Some(ContextValue::String(unknown)) = error.get(ContextKind::InvalidSubcommand) else {
        return error;
    };
    let typed = args.iter().skip_while(|arg| *arg != unknown);
    let typed: Vec<&str> =
        typed.map(String::as_str).take_while(|arg| !arg.starts_with('-')).collect();
    let known = commands(tree);
    if let Some(command) =
        of_kayobe(args).filter(|command| known.iter().all(|known| known != command))
    {
        let told = format!(
            "`{command}` is not in Ymir yet\n  hint: go on with `kayobe {command}`; both work on the same configuration\n"
        );
        return clap::Error::raw(ErrorKind::InvalidSubcommand, told);
    }
    let meant = meant(&typed, &known);
    let knows = error.get(ContextKind::SuggestedSubcommand).is_some();
    if !meant.is_empty() && !knows {
        error.insert(ContextKind::SuggestedSubcommand, ContextValue::Strings(meant));
    }
    error
}

/// The command of Kayobe's whose words stand in the arguments, in their order.
fn of_kayobe(args: &[String]) -> Option<&'static str> {
    let given: Vec<&str> = args.iter().skip(1).map(String::as_str).collect();
    let is_given = |command: &&str| {
        let words: Vec<&str> = command.split(' ').collect();
        given.windows(words.len()).any(|window| window == words)
    };
    OF_KAYOBE.lines().filter(is_given).max_by_key(|command| command.len())
}

/// The commands that end with these words; where only the first is known, those that end with it.
fn meant(typed: &[&str], commands: &[String]) -> Vec<String> {
    let ending = |words: &[&str]| -> Vec<String> {
        let end = format!(" {}", words.join(" "));
        commands.iter().filter(|command| command.ends_with(&end)).cloned().collect()
    };
    let last = |command: &String| command.rsplit(' ').next().unwrap_or_default().to_owned();
    let Some(first) = typed.first() else { return Vec::new() };
    let whole = ending(typed);
    let found = if whole.is_empty() { ending(&[first]) } else { whole };
    if !found.is_empty() {
        return found;
    }
    let known: BTreeSet<String> = commands.iter().map(last).collect();
    let near = nearest(first, known.iter().map(String::as_str));
    near.iter().flat_map(|word| ending(&[word])).collect()
}

/// Every command that does something, by its words.
fn commands(tree: &clap::Command) -> Vec<String> {
    let mut found = Vec::new();
    for command in tree.get_subcommands().filter(|command| !command.is_hide_set()) {
        let name = command.get_name();
        let below = commands(command);
        if below.is_empty() {
            found.push(name.to_owned());
        }
        found.extend(below.iter().map(|words| format!("{name} {words}")));
    }
    found
}
