//! A host's story for people; times are those of this machine.

use std::fmt::Write as _;

use jiff::{Timestamp, tz::TimeZone};

use crate::why::{Story, Verdict, chain::State, signs::NodeSigns};

/// All that is told of one host.
pub(super) fn story(story: &Story) -> String {
    let mut text = format!("{}: {}\n", story.host, verdict(story));
    let width = story.chain.iter().map(|link| link.hop.name().len()).max().unwrap_or_default();
    for link in &story.chain {
        let (name, state) = (link.hop.name(), state(link.state));
        line(&mut text, &format!("  {name:width$}  {state:<13}  {}{}", link.sign, when(link.at)));
    }
    if let Some(node) = &story.ironic {
        text += &words(node);
    }
    if !story.journal.is_empty() {
        text += "  the last steps from this machine:\n";
        for past in &story.journal {
            let at = local(past.at);
            line(
                &mut text,
                &format!("    {at}  run {}  {}: {}", past.run, past.step, past.outcome),
            );
        }
    }
    if !story.causes.is_empty() {
        text +=
            if story.verdict == Verdict::Broken { "  likely causes:\n" } else { "  to know:\n" };
        for (at, cause) in story.causes.iter().enumerate() {
            line(&mut text, &format!("    {}. {}", at + 1, cause.cause));
            line(&mut text, &format!("       → {}", cause.advice));
        }
    }
    text
}

fn line(text: &mut String, line: &str) {
    writeln!(text, "{}", line.trim_end()).expect("writing to a string");
}

fn verdict(story: &Story) -> String {
    let hop = story.hop.map_or("", crate::why::Hop::name);
    let others: Vec<_> = story.perhaps.iter().map(|hop| hop.name()).collect();
    let others = match &others[..] {
        [] => String::new(),
        others => format!(" (or {}: they cannot be told apart)", others.join(", ")),
    };
    match story.verdict {
        Verdict::Up => "it is up: nothing is broken".into(),
        Verdict::Idle => "nothing failed, and nothing is under way".into(),
        Verdict::Waiting => format!("waiting at: {hop}{others}"),
        Verdict::Broken if story.hop.is_none() => {
            "the last step failed before anything was asked of the node".into()
        }
        Verdict::Broken => format!("broken at: {hop}{others}"),
    }
}

fn state(state: State) -> &'static str {
    match state {
        State::Good => "good",
        State::Broken => "BROKEN",
        State::Waiting => "waiting",
        State::NotReached => "not reached",
        State::NotLookedAt => "not looked at",
    }
}

/// Ironic's own words.
fn words(node: &NodeSigns) -> String {
    let mut text = String::new();
    if let Some(error) = &node.last_error {
        line(&mut text, &format!("  Ironic's last error: {error}"));
    }
    if !node.history.is_empty() {
        text += "  Ironic's history of the node:\n";
        for entry in &node.history {
            let kind = entry.kind.as_deref().unwrap_or_default();
            let at = entry.at.map(local).unwrap_or_default();
            line(&mut text, &format!("    {at}  {kind}: {}", entry.text));
        }
    }
    text
}

fn when(at: Option<Timestamp>) -> String {
    at.map(|at| format!(" ({})", local(at))).unwrap_or_default()
}

/// A time in this machine's zone.
fn local(at: Timestamp) -> String {
    at.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S %Z").to_string()
}
