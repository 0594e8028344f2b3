//! `ymir configuration explain`

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{rendered, unknown};
use crate::{
    ansible::{Candidate, builtin::Release},
    cli::options::{Context, Format},
    reference::{self, Reference},
    trouble::{Result, Trouble},
};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The variable's name
    variable: String,
    /// The host whose value it is; without one, only the variable itself is explained
    #[arg(long, value_name = "HOST")]
    host: Option<String>,
    /// Show secrets instead of stars
    #[arg(long)]
    show_secrets: bool,
}

/// What is printed.
pub(super) fn text(cx: &Context, args: &Args) -> Result<String> {
    let Some(host) = &args.host else { return itself(cx, &args.variable) };
    let variables = cx.variables()?;
    let reference = Reference::of(variables.release())?;
    let host = super::host(&variables, host)?;
    let name = &args.variable;
    if !args.show_secrets {
        variables.declare_secrets(&reference::secrets(variables.release())?);
    }
    let candidates = variables.candidates(&host, name);
    if candidates.is_empty() {
        return Err(unknown(&variables, &host, name));
    }
    let value = if args.show_secrets {
        variables.value(&host, name)
    } else {
        variables.masked(&host, name)
    };
    let value = value.map(Option::unwrap_or_default).map_err(|trouble| trouble.to_string());
    let entry = reference.entry(name, &reference.networks(&variables));
    if cx.options.output == Format::Text {
        let about = entry.map(|entry| [entry.says, entry.kind.to_string()]);
        return Ok(told(&host, name, about, &value, &candidates));
    }
    let (winner, overridden) = (&candidates[..1], &candidates[1..]);
    let (value, error) = match value {
        Ok(value) => (Some(value), None),
        Err(error) => (None, Some(error)),
    };
    let shown = |list: &[Candidate]| list.iter().map(data).collect::<Value>();
    let all = json!({
        "host": host,
        "variable": name,
        "says": entry.as_ref().map(|entry| &entry.says),
        "type": entry.as_ref().map(|entry| entry.kind.to_string()),
        "value": value,
        "error": error,
        "set_by": shown(winner)[0],
        "overrides": shown(overridden),
    });
    rendered(&all, cx.options.output)
}

/// What is known about a variable wherever it is set.
fn itself(cx: &Context, name: &str) -> Result<String> {
    let reference = Reference::of(Release::newest())?;
    let entry = reference.about(name).ok_or_else(|| {
        let trouble = Trouble::refused(format!("explaining the variable `{name}`"))
            .because("neither Kayobe nor Ymir knows it");
        match reference.near(name).first() {
            Some(near) => trouble.hint(format!("did you mean `{near}`?")),
            None => trouble.hint("with --host, variables of the site are explained, too"),
        }
    })?;
    if cx.options.output != Format::Text {
        let all = json!({ "variable": name, "says": entry.says, "type": entry.kind.to_string() });
        return rendered(&all, cx.options.output);
    }
    Ok(format!("{name}\n  {}\n  {:<10}{}\n", entry.says, "type", entry.kind))
}

fn data(candidate: &Candidate) -> Value {
    json!({ "level": candidate.level, "origin": candidate.origin, "written": candidate.written })
}

/// `about` is the variable's description and type.
fn told(
    host: &str,
    name: &str,
    about: Option<[String; 2]>,
    value: &Result<Value, String>,
    candidates: &[Candidate],
) -> String {
    let mut text = format!("{name} of {host}\n");
    if let Some([says, kind]) = about {
        writeln!(text, "  {says}\n  {:<10}{kind}", "type").expect("writing to a string");
    }
    let mut line = |label: &str, content: &str| {
        let mut lines = content.lines();
        let first = lines.next().unwrap_or_default();
        writeln!(text, "  {label:<10}{first}").expect("writing to a string");
        lines.for_each(|more| writeln!(text, "  {:<10}{more}", "").expect("writing to a string"));
    };
    match value {
        Ok(Value::String(plain)) if !plain.is_empty() => line("value", plain),
        Ok(other) => line("value", &format!("{other:#}")),
        Err(error) => line("error", error),
    }
    for (at, candidate) in candidates.iter().enumerate() {
        let label = if at == 0 { "set by" } else { "overrides" };
        line(label, &format!("{} ({})", candidate.origin, candidate.level));
        line("", candidate.written.trim_end());
    }
    text
}
