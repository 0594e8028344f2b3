//! `ymir configuration explain`

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{host, rendered, unknown};
use crate::{
    ansible::{Candidate, Variables},
    cli::options::{Context, Format},
    trouble::Result,
};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The variable's name
    variable: String,
    /// The host whose value it is
    #[arg(long, value_name = "HOST")]
    host: String,
    /// Show secrets instead of stars
    #[arg(long)]
    show_secrets: bool,
}

/// What is printed.
pub(super) fn text(cx: &Context, variables: &Variables, args: &Args) -> Result<String> {
    let host = host(variables, &args.host)?;
    let name = &args.variable;
    let candidates = variables.candidates(&host, name);
    if candidates.is_empty() {
        return Err(unknown(variables, &host, name));
    }
    let value = if args.show_secrets {
        variables.value(&host, name)
    } else {
        variables.masked(&host, name)
    };
    let value = value.map(Option::unwrap_or_default).map_err(|trouble| trouble.to_string());
    if cx.options.output == Format::Text {
        return Ok(told(&host, name, &value, &candidates));
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
        "value": value,
        "error": error,
        "set_by": shown(winner)[0],
        "overrides": shown(overridden),
    });
    rendered(&all, cx.options.output)
}

fn data(candidate: &Candidate) -> Value {
    json!({ "level": candidate.level, "origin": candidate.origin, "written": candidate.written })
}

fn told(host: &str, name: &str, value: &Result<Value, String>, candidates: &[Candidate]) -> String {
    let mut text = format!("{name} of {host}\n");
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
