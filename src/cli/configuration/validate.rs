//! `ymir configuration validate`

use std::fmt::Write as _;

use serde_json::json;

use super::{super::exit::Exit, rendered};
use crate::{
    ansible::Variables,
    check::{self, Note, Severity},
    cli::options::{Context, Format},
    report::write,
    trouble::{Kind, Result},
};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Warnings fail, too
    #[arg(long)]
    strict: bool,
}

/// What was found, and the site that it was found in, if it can be read at all.
struct Findings {
    notes: Vec<Note>,
    variables: Option<std::sync::Arc<Variables>>,
}

pub(super) fn execute(cx: &Context, args: &Args) -> Result<Exit> {
    let findings = find(cx)?;
    let text = match cx.options.output {
        Format::Text => text(&findings),
        format => data(&findings, format)?,
    };
    write::result(&text)?;
    let worst = findings.notes.iter().map(|note| note.severity).min();
    let fails = match worst {
        Some(Severity::Error) => true,
        Some(Severity::Warning) => args.strict,
        _ => false,
    };
    Ok(if fails { Exit::Refused } else { Exit::Done })
}

/// A site that cannot be read is a finding, too.
fn find(cx: &Context) -> Result<Findings> {
    cx.load()?;
    match cx.variables_to_judge() {
        Ok(variables) => {
            let notes = check::notes(&variables)?;
            Ok(Findings { notes, variables: Some(variables) })
        }
        Err(trouble) if trouble.kind == Kind::Refused => {
            Ok(Findings { notes: vec![Note::of_trouble(&trouble)], variables: None })
        }
        Err(trouble) => Err(trouble),
    }
}

fn count(notes: &[Note], severity: Severity) -> usize {
    notes.iter().filter(|note| note.severity == severity).count()
}

fn text(findings: &Findings) -> String {
    let mut text = String::new();
    for note in &findings.notes {
        note_text(&mut text, note, findings.variables.as_deref());
    }
    let counted = |severity, word: &str| match count(&findings.notes, severity) {
        1 => format!("1 {word}"),
        number => format!("{number} {word}s"),
    };
    let counts = [
        counted(Severity::Error, "error"),
        counted(Severity::Warning, "warning"),
        counted(Severity::Hint, "hint"),
    ];
    writeln!(text, "{}", counts.join(", ")).expect("writing to a string");
    text
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Hint => "hint",
    }
}

fn note_text(text: &mut String, note: &Note, variables: Option<&Variables>) {
    let mut line = |line: String| writeln!(text, "{line}").expect("writing to a string");
    line(format!("{}[{}]: {}", word(note.severity), note.code, note.message));
    if let Some(origin) = &note.origin {
        let of_file = || variables.filter(|_| note.open).and_then(|site| site.excerpt(origin));
        let excerpt = note.excerpt.clone().or_else(of_file);
        match excerpt {
            Some(excerpt) => excerpt.lines().for_each(|shown| line(format!("  {shown}"))),
            None => line(format!("  at: {origin}")),
        }
    }
    note.also.iter().for_each(|also| line(format!("  {}: {}", also.origin, also.what)));
    if !note.hosts.is_empty() {
        line(format!("  on: {}", note.hosts.join(", ")));
    }
    note.hint.iter().for_each(|hint| line(format!("  hint: {hint}")));
    line(String::new());
}

fn data(findings: &Findings, format: Format) -> Result<String> {
    let notes = &findings.notes;
    let all = json!({
        "errors": count(notes, Severity::Error),
        "warnings": count(notes, Severity::Warning),
        "hints": count(notes, Severity::Hint),
        "notes": notes,
    });
    rendered(&all, format)
}
