//! `ymir configuration dump`

mod of_all;

use std::cell::Cell;

use clap::{ArgAction, builder::BoolishValueParser};
use serde_json::{Map, Value, json};

use super::{chosen, host, render, rendered, unknown};
use crate::{
    ansible::{OfHost, Told, Variables},
    cli::{exit::Exit, options::Context},
    reference,
    report::write,
    trouble::{Result, Trouble},
};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only this host, without its name around the variables
    #[arg(long, value_name = "HOST", conflicts_with = "hosts")]
    host: Option<String>,
    /// Only hosts that this pattern selects
    #[arg(long, value_name = "PATTERN")]
    hosts: Option<String>,
    /// Only this variable: its value for each host as JSON, with --host the value alone
    #[arg(long, value_name = "NAME")]
    var_name: Option<String>,
    /// Include the facts that were gathered from the hosts
    #[arg(long, value_name = "BOOL", default_value = "false", action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    dump_facts: bool,
    /// Show secrets instead of stars
    #[arg(long)]
    show_secrets: bool,
    /// Show which variables cannot be evaluated, and why: every host gets `values` and `errors`
    #[arg(long)]
    with_errors: bool,
}

/// A dump in the making.
struct Dump<'a> {
    variables: &'a Variables,
    args: &'a Args,
    hosts: Vec<String>,
    /// How many variables have no value because they cannot be evaluated.
    failed: Cell<usize>,
}

/// Writes what is asked for. Who asks for one variable is refused if a host has no value for it; of all variables, some
/// nearly always need facts or secrets that are not there, which is only told.
pub(super) fn write(cx: &Context, variables: &Variables, args: &Args) -> Result<Exit> {
    let hosts = hosts(cx, variables, args)?;
    if !args.show_secrets {
        variables.declare_secrets(&reference::secrets(variables.release())?);
    }
    let format = cx.options.output;
    let dump = Dump { variables, args, hosts, failed: Cell::new(0) };
    match (&args.var_name, &args.host) {
        (Some(name), _) => write::result(&rendered(&dump.one(name)?, format)?)?,
        (None, Some(_)) => write::result(&rendered(&dump.all_of_only(), format)?)?,
        (None, None) => {
            write::result_from(|out| render(&of_all::OfAll::new(&dump, format), format, out))?;
        }
    }
    match (dump.failed.get(), &args.var_name) {
        (0, _) => Ok(Exit::Done),
        _ if args.with_errors => Ok(Exit::Done),
        (failed, None) => {
            write::stderr(&format!(
                "warning: {failed} values are left out because they cannot be evaluated; --with-errors tells why\n"
            ));
            Ok(Exit::Done)
        }
        (failed, Some(name)) => {
            let hosts = if failed == 1 { "host is" } else { "hosts are" };
            write::stderr(&format!(
                "warning: {failed} {hosts} left out because `{name}` cannot be evaluated there; --with-errors tells why\n"
            ));
            Ok(Exit::Refused)
        }
    }
}

/// The hosts of `--host` or `--hosts`, as far as `--limit` selects them, too.
fn hosts(cx: &Context, variables: &Variables, args: &Args) -> Result<Vec<String>> {
    let named = match (&args.host, &args.hosts) {
        (Some(name), _) => vec![host(variables, name)?],
        (None, Some(pattern)) => chosen(variables, "--hosts", pattern)?,
        (None, None) => variables.hosts(),
    };
    let Some(limit) = &cx.options.limit else { return Ok(named) };
    let limited = variables.select(limit)?;
    let both: Vec<String> = named.iter().filter(|host| limited.contains(host)).cloned().collect();
    match (&args.host, &args.hosts) {
        // What is limited to this machine is in no group, so it is not among all hosts.
        (None, None) => Ok(limited),
        _ if both.is_empty() => {
            Err(Trouble::refused(format!("--limit {limit} leaves none of the hosts to dump"))
                .because(format!("these are {}", named.join(", "))))
        }
        _ => Ok(both),
    }
}

impl Dump<'_> {
    fn value(&self, host: &str, name: &str) -> Result<Option<Value>> {
        if self.args.show_secrets {
            self.variables.value(host, name)
        } else {
            self.variables.masked(host, name)
        }
    }

    fn told(&self, host: &OfHost, name: &str) -> Told {
        if self.args.show_secrets { host.value(name) } else { host.masked(name) }
    }

    /// The names of a host's variables, sorted, as far as they are wanted.
    fn names(&self, host: &OfHost) -> impl Iterator<Item = String> {
        let facts = self.args.dump_facts;
        let is_fact = |name: &str| name == "ansible_facts" || host.is_fact(name);
        host.names().into_iter().filter(move |name| facts || !is_fact(name))
    }

    /// Every variable of the only host.
    fn all_of_only(&self) -> Value {
        let (mut values, mut errors) = (Map::new(), Map::new());
        let host = self.hosts.first().and_then(|host| self.variables.of_host(host));
        for (host, name) in
            host.iter().flat_map(|host| self.names(host).map(move |name| (host, name)))
        {
            match self.told(host, &name).value {
                Ok(value) => drop(values.insert(name, value.unwrap_or_default())),
                Err(trouble) => drop(errors.insert(name, trouble.to_string().into())),
            }
        }
        self.fail(errors.len());
        if self.args.with_errors {
            json!({ "values": values, "errors": errors })
        } else {
            values.into()
        }
    }

    /// One variable of each host; with `--host`, its value alone.
    fn one(&self, name: &str) -> Result<Value> {
        let mut dumped = Map::new();
        let mut first_trouble: Option<Trouble> = None;
        for host in &self.hosts {
            match self.value(host, name) {
                Ok(Some(value)) if self.args.with_errors => {
                    dumped.insert(host.clone(), json!({ "value": value }));
                }
                Ok(Some(value)) => drop(dumped.insert(host.clone(), value)),
                Ok(None) => {}
                Err(trouble) if self.args.with_errors => {
                    dumped.insert(host.clone(), json!({ "error": trouble.to_string() }));
                }
                Err(trouble) => {
                    self.fail(1);
                    first_trouble.get_or_insert(trouble);
                }
            }
        }
        match (dumped.is_empty(), first_trouble, self.hosts.first()) {
            (true, Some(trouble), _) => Err(trouble),
            (true, None, Some(host)) => Err(unknown(self.variables, host, name)),
            _ if self.args.host.is_some() => {
                Ok(dumped.values_mut().next().map(Value::take).unwrap_or_default())
            }
            _ => Ok(dumped.into()),
        }
    }

    fn fail(&self, more: usize) {
        self.failed.set(self.failed.get() + more);
    }
}
