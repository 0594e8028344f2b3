//! `ymir configuration dump`

use clap::{ArgAction, builder::BoolishValueParser};
use serde_json::{Map, Value, json};

use super::{host, rendered, unknown};
use crate::{
    ansible::Variables,
    cli::options::Context,
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
    /// How many variables have no value because they cannot be evaluated.
    failed: usize,
}

/// What is printed.
pub(super) fn text(cx: &Context, variables: &Variables, args: &Args) -> Result<String> {
    let hosts = hosts(cx, variables, args)?;
    let mut dump = Dump { variables, args, failed: 0 };
    let mut dumped = match &args.var_name {
        Some(name) => dump.one(&hosts, name)?,
        None => hosts.iter().map(|host| (host.clone(), dump.all(host))).collect(),
    };
    let failed = dump.failed;
    if failed > 0 && !args.with_errors {
        tracing::warn!(
            "{failed} values are left out because they cannot be evaluated; --with-errors tells why"
        );
    }
    let value = match &args.host {
        Some(_) => dumped.values_mut().next().map(Value::take).unwrap_or_default(),
        None => dumped.into(),
    };
    rendered(&value, cx.options.output)
}

/// The hosts of `--host` or `--hosts`, as far as `--limit` selects them, too.
fn hosts(cx: &Context, variables: &Variables, args: &Args) -> Result<Vec<String>> {
    let named = match (&args.host, &args.hosts) {
        (Some(name), _) => vec![host(variables, name)?],
        (None, Some(pattern)) => variables.select(pattern)?,
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

    /// Every variable of a host.
    fn all(&mut self, host: &str) -> Value {
        let (mut values, mut errors) = (Map::new(), Map::new());
        let wanted = |name: &String| self.args.dump_facts || name != "ansible_facts";
        for name in self.variables.names(host).into_iter().filter(wanted) {
            match self.value(host, &name) {
                Ok(value) => drop(values.insert(name, value.unwrap_or_default())),
                Err(trouble) => drop(errors.insert(name, trouble.to_string().into())),
            }
        }
        self.failed += errors.len();
        if self.args.with_errors {
            json!({ "values": values, "errors": errors })
        } else {
            values.into()
        }
    }

    /// One variable of each host.
    fn one(&mut self, hosts: &[String], name: &str) -> Result<Map<String, Value>> {
        let mut dumped = Map::new();
        let mut first_trouble: Option<Trouble> = None;
        for host in hosts {
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
                    self.failed += 1;
                    first_trouble.get_or_insert(trouble);
                }
            }
        }
        match (dumped.is_empty(), first_trouble, hosts.first()) {
            (true, Some(trouble), _) => Err(trouble),
            (true, None, Some(host)) => Err(unknown(self.variables, host, name)),
            _ => Ok(dumped),
        }
    }
}
