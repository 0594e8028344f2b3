//! `ymir configuration merged --write`

use camino::Utf8Path;
use serde_json::{Value, json};

use super::lines;
use crate::{
    ansible::Variables,
    cli::{
        configuration::rendered,
        exit::Exit,
        options::{Context, Format},
    },
    drivers::tree::{self, Change, Kind, Wanted},
    model::check::together,
    report::write,
    resolve::merged::{MergedFiles, Place},
    trouble::Result,
};

/// Writes all files below a directory, or says with `--check` what would be written.
pub(super) fn execute(
    cx: &Context,
    merged: &MergedFiles,
    variables: &Variables,
    dir: &Utf8Path,
    show_secrets: bool,
) -> Result<Exit> {
    let environment = variables.environment();
    tree::guard(dir, environment)?;
    let mut wanted = wanted(merged)?;
    wanted.extend(environment.map(tree::mark));
    let is_stale = |path: &Utf8Path| {
        path.strip_prefix("config").is_ok_and(|path| merged.is_stale(path.as_str()))
    };
    let changes = tree::changes(dir, wanted, is_stale)?;
    if !cx.options.check {
        tree::apply(dir, &changes)?;
    }
    write::result(&told(cx, &changes, show_secrets)?)?;
    let counts = cx.options.check && cx.options.detailed_exitcode && !changes.is_empty();
    Ok(if counts { Exit::Differences } else { Exit::Done })
}

/// Every file of the control host; nothing is written if one of them cannot be made.
fn wanted(merged: &MergedFiles) -> Result<Vec<Wanted>> {
    let (mut wanted, mut troubles) = (Vec::new(), Vec::new());
    for file in merged.files.iter().filter(|file| file.place == Place::ControlHost) {
        match merged.content(file) {
            Ok(content) => wanted.push(Wanted {
                path: file.path.clone().into(),
                mode: content.mode,
                secret: content.is_secret(),
                bytes: content.bytes,
            }),
            Err(trouble) => troubles.push(trouble),
        }
    }
    match together(troubles) {
        Some(trouble) => Err(trouble),
        None => Ok(wanted),
    }
}

fn told(cx: &Context, changes: &[Change], show_secrets: bool) -> Result<String> {
    if cx.options.output != Format::Text {
        let change = |change: &Change| json!({ "path": change.after.path, "change": change.kind });
        return rendered(&changes.iter().map(change).collect::<Value>(), cx.options.output);
    }
    if changes.is_empty() {
        return Ok("nothing differs\n".into());
    }
    let line = |change: &Change| {
        let word = word(change, cx.options.check);
        let lines = if cx.options.diff { diff(change, show_secrets) } else { String::new() };
        format!("{word} {}\n{lines}", change.after.path)
    };
    Ok(changes.iter().map(line).collect())
}

fn word(change: &Change, check: bool) -> String {
    let word = match change.kind {
        Kind::Created => "create",
        Kind::Changed => "change",
        Kind::Mode => "change the mode of",
        Kind::Deleted => "delete",
    };
    if check {
        return format!("would {word}");
    }
    word.replacen("change", "changed", 1).replace("create", "created").replace("delete", "deleted")
}

fn diff(change: &Change, show_secrets: bool) -> String {
    if matches!(change.kind, Kind::Mode | Kind::Deleted) {
        return String::new();
    }
    if change.after.secret && !show_secrets {
        return "    (it holds secrets; --show-secrets shows the lines)\n".into();
    }
    match (std::str::from_utf8(&change.before), std::str::from_utf8(&change.after.bytes)) {
        (Ok(before), Ok(after)) => lines::differing(before, after),
        _ => "    (no text)\n".into(),
    }
}
