//! `ymir configuration …`

mod diff;
mod dump;
mod explain;
mod merged;
mod schema;
mod validate;
mod variables;

use std::{borrow::Borrow, io::Write};

use clap::Subcommand;
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::{
    exit::Exit,
    hooks::HookSides,
    illustrate,
    options::{Context, Format},
};
use crate::{
    ansible::Variables,
    report::write,
    trouble::{Result, Tell, Trouble},
};

/// What the configuration says, and why.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show variables and their values for hosts, as JSON or YAML
    Dump(dump::Args),
    /// Show a variable's value for a host, where it comes from, and everything it overrides
    Explain(explain::Args),
    /// List the files that are merged from the layers for Kolla, show them with the place of each setting, or write them
    Merged(merged::Args),
    /// Show what differs between two environments, or since a git revision, host by host, once everything is evaluated
    Diff(diff::Args),
    /// Find what is wrong, doubtful or without effect; exit with 3 if there are errors
    Validate(validate::Args),
    /// List the variables that Kayobe and Ymir know, with their types and what they are for
    Variables(variables::Args),
    /// Write the JSON Schema of the site's variables, for editors
    Schema,
}

impl Command {
    /// Whether it is about the chosen environment; others name theirs, or tell what holds in all.
    pub fn is_of_environment(&self) -> bool {
        matches!(self, Self::Dump(_) | Self::Explain(_) | Self::Merged(_) | Self::Validate(_))
    }
}

pub async fn execute(cx: &Context, command: Command) -> Result<Exit> {
    match command {
        Command::Explain(_) => cx.refuse_limit("--host says whose value is explained")?,
        Command::Variables(_) | Command::Schema => cx.refuse_limit("what is told is of no host")?,
        Command::Merged(_) => cx.refuse_limit("merged files are of no host")?,
        Command::Validate(_) => cx.refuse_limit("a configuration is judged as a whole")?,
        Command::Dump(_) | Command::Diff(_) => {}
    }
    match command {
        Command::Dump(args) => {
            let variables = cx.variables()?;
            let hooks = HookSides::of(cx, &variables, "configuration dump")?;
            return hooks.around(cx, || dump::write(cx, &variables, &args)).await;
        }
        // Kayobe does not know this command, so no site has hooks for it.
        Command::Explain(args) => {
            write::result(&explain::text(cx, &args)?)?;
        }
        Command::Merged(args) => return merged::execute(cx, &args),
        Command::Validate(args) => return validate::execute(cx, &args),
        Command::Variables(args) => write::result(&variables::text(cx, &args)?)?,
        Command::Schema => write::result(&schema::text(cx)?)?,
        Command::Diff(args) => return diff::execute(cx, &args).await,
    }
    Ok(Exit::Done)
}

/// The one host of this name.
fn host(variables: &Variables, name: &str) -> Result<String> {
    let hosts = chosen(variables, "--host", name)?;
    match <[String; 1]>::try_from(hosts) {
        Ok([host]) => Ok(host),
        Err(hosts) => {
            Err(Trouble::usage(format!("`{name}` selects {} hosts, not one", hosts.len()))
                .hint("give the name of one host"))
        }
    }
}

/// The hosts that the pattern of an option selects.
fn chosen(variables: &Variables, option: &str, pattern: &str) -> Result<Vec<String>> {
    let found = variables.select(pattern);
    found.map_err(|trouble| illustrate::pattern(trouble, option, pattern, variables))
}

/// JSON as Kayobe prints it (sorted, four spaces) or YAML.
pub(super) fn rendered(value: &Value, format: Format) -> Result<String> {
    let mut bytes = Vec::new();
    render(&Sorted(value), format, &mut bytes)?;
    String::from_utf8(bytes).or_internal(|| "writing text".into())
}

/// [`rendered`] while it is made.
fn render(value: &impl Serialize, format: Format, mut out: impl Write) -> Result<()> {
    let what = || "writing the result".into();
    if format == Format::Yaml {
        return serde_yaml::to_writer(out, value).or_host(what);
    }
    let indent = serde_json::ser::PrettyFormatter::with_indent(b"    ");
    let mut serializer = serde_json::Serializer::with_formatter(&mut out, indent);
    value.serialize(&mut serializer).or_host(what)?;
    out.write_all(b"\n").or_host(what)
}

/// Data with the keys of its maps sorted.
struct Sorted<V>(V);

impl<V: Borrow<Value>> Serialize for Sorted<V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.borrow() {
            Value::Array(items) => serializer.collect_seq(items.iter().map(Sorted)),
            Value::Object(pairs) => {
                let mut pairs: Vec<_> = pairs.iter().collect();
                pairs.sort_by_key(|(key, _)| *key);
                serializer.collect_map(pairs.into_iter().map(|(key, value)| (key, Sorted(value))))
            }
            leaf @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => {
                leaf.serialize(serializer)
            }
        }
    }
}

/// A variable that no host in question has.
fn unknown(variables: &Variables, host: &str, name: &str) -> Trouble {
    let trouble = Trouble::refused(format!("looking up the variable `{name}` of {host}"))
        .because("nothing sets it");
    let near = variables.names_near(host, name);
    if near.is_empty() {
        return trouble.hint("`ymir configuration dump` shows every variable");
    }
    trouble.hint(format!("did you mean `{}`?", near.join("` or `")))
}
