//! `ymir configuration variables`

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::rendered;
use crate::{
    ansible::builtin::Release,
    cli::options::{Context, Format},
    reference::{Entry, Reference},
    trouble::{Result, Trouble},
};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only variables with this word in their name or description
    word: Option<String>,
}

/// What is printed.
pub(super) fn text(cx: &Context, args: &Args) -> Result<String> {
    let reference = Reference::of(Release::newest())?;
    let word = args.word.as_deref().unwrap_or_default().to_lowercase();
    let attributes = reference.attributes.iter();
    let attributes = attributes.map(|(name, entry)| (format!("{{network}}_{name}"), entry));
    let variables = reference.variables.iter().map(|(name, entry)| (name.clone(), entry));
    let has_word = |(name, entry): &(String, &Entry)| {
        name.contains(&word) || entry.says.to_lowercase().contains(&word)
    };
    let found: Vec<_> = variables.chain(attributes).filter(has_word).collect();
    if found.is_empty() {
        return Err(Trouble::usage(format!("no variable has `{word}` in its name or description"))
            .hint("leave the word out to see all variables"));
    }
    if cx.options.output != Format::Text {
        let data = found.iter().map(|(name, entry)| {
            json!({ "variable": name, "type": entry.kind.to_string(), "says": entry.says })
        });
        return rendered(&data.collect::<Value>(), cx.options.output);
    }
    let mut text = String::new();
    for (name, entry) in found {
        writeln!(text, "{name}: {}\n    {}", entry.kind, entry.says).expect("writing to a string");
    }
    Ok(text)
}
