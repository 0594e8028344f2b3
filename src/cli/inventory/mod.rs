//! `ymir inventory`: hosts, groups and their variables as `kayobe inventory` shows them.

mod graph;
mod tree;

use std::io::ErrorKind;

use camino::Utf8PathBuf;
use clap::ArgGroup;
use serde_json::Value;

use self::tree::Tree;
use super::{
    configuration,
    exit::Exit,
    illustrate,
    options::{Context, Format, LIMIT},
};
use crate::{
    ansible::{
        self, Listing, Load, Variables,
        inventory::{ALL, Inventory},
        world::Machine,
    },
    event::Mode,
    report::write,
    trouble::{Result, Tell, Trouble},
};

/// What is shown, and how.
#[derive(Debug, clap::Args)]
#[command(group = ArgGroup::new("what").required(true).args(["list", "host", "graph"]))]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct Args {
    /// Every group and every host with its variables
    #[arg(long)]
    list: bool,
    /// The variables of one host; --limit has no effect on it
    #[arg(long, value_name = "HOST")]
    host: Option<String>,
    /// A drawing of groups and hosts; --limit has no effect on it
    #[arg(long)]
    graph: bool,
    /// With --graph: the group to begin with
    #[arg(value_name = "GROUP", requires = "graph")]
    group: Option<String>,
    /// With --graph: variables, too
    #[arg(long)]
    vars: bool,
    /// YAML instead of JSON
    #[arg(short, long, conflicts_with = "toml")]
    yaml: bool,
    /// TOML instead of JSON
    #[arg(long)]
    toml: bool,
    /// With --list: variables where they are written instead of all of them at every host
    #[arg(long)]
    export: bool,
    /// Write to this file; `--output FILE` means the same here, as in Kayobe
    #[arg(long, value_name = "FILE")]
    output_file: Option<Utf8PathBuf>,
    /// Read `group_vars` and `host_vars` of this directory, too
    #[arg(long, value_name = "DIR")]
    playbook_dir: Option<Utf8PathBuf>,
    /// Forget the facts that are kept of all hosts, and show them without; with --check, only show them without
    #[arg(long)]
    flush_cache: bool,
    /// Show what files that are encrypted as a whole hold, and with --vars every secret
    #[arg(long)]
    show_secrets: bool,
}

pub fn execute(cx: &Context, args: &Args) -> Result<Exit> {
    let load = cx.load()?;
    let world = Machine::new(cx.evaluation_environment(load));
    let playbook_dir = args.playbook_dir.clone().map(camino::absolute_utf8).transpose();
    let playbook_dir = playbook_dir.or_refused(|| "finding the directory of playbooks".into())?;
    let load = Load { playbook_dir, without_facts: args.flush_cache, ..load.clone() };
    let variables = Variables::load(&load, std::sync::Arc::new(world))?;
    if args.flush_cache && cx.mode() == Mode::Apply {
        forget_facts(&variables)?;
    }
    cx.warn_of_releases(&[&variables]);
    let listing = variables.listing(args.show_secrets);
    let text = shown(cx, args, &listing)?;
    if listing.hides() {
        write::stderr(
            "note: `******` stands for what is in files that are encrypted as a whole; --show-secrets shows it\n",
        );
    }
    match &args.output_file {
        Some(file) => {
            std::fs::write(file, text).or_refused(|| format!("writing the inventory to {file}"))?;
        }
        None => write::result(&text)?,
    }
    Ok(Exit::Done)
}

/// Removes what is kept of all hosts and of this machine, whatever --limit says, as Ansible does.
fn forget_facts(variables: &Variables) -> Result<()> {
    let Some(cache) = variables.fact_cache() else { return Ok(()) };
    let hosts = variables.hosts().into_iter().chain(["localhost".to_owned()]);
    for file in hosts.map(|host| cache.file(&host)) {
        match std::fs::remove_file(&file) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(Trouble::host(format!("forgetting the facts in {file}"))
                    .caused_by(&error)
                    .hint("remove the file, or let its directory be yours"));
            }
            _ => {}
        }
    }
    Ok(())
}

fn shown(cx: &Context, args: &Args, listing: &Listing<'_>) -> Result<String> {
    let inventory = listing.inventory();
    if let Some(name) = &args.host {
        let [host] = *matching(listing, "--host", name)? else {
            return Err(Trouble::usage(format!("`{name}` is not one host of the inventory")));
        };
        let written = if args.export { listing.own_of_host(host) } else { listing.of_host(host) };
        return rendered(cx, args, &tree::object(&written, args.is_yaml(cx)));
    }
    if args.graph {
        let name = args.group.as_deref().unwrap_or(ALL);
        let group = inventory.group(name).ok_or_else(|| no_group(inventory, name))?;
        return graph::text(listing, group, args.vars);
    }
    let limit = cx.options.limit.as_deref();
    let hosts = listing.matching(ALL)?;
    let chosen = limit.map(|limit| matching(listing, LIMIT, limit)).transpose()?;
    let hosts = match chosen {
        Some(chosen) => hosts.into_iter().filter(|host| chosen.contains(host)).collect(),
        None => hosts,
    };
    let tree = Tree { listing, hosts, export: args.export };
    let all = if args.is_yaml(cx) {
        tree.nested()?
    } else if args.toml {
        tree.tables()?
    } else {
        tree.flat()?
    };
    rendered(cx, args, &all)
}

/// The hosts that the pattern of an option selects; there may be none.
fn matching(listing: &Listing<'_>, option: &str, pattern: &str) -> Result<Vec<usize>> {
    let found = listing.matching(pattern);
    found.map_err(|trouble| illustrate::pattern(trouble, option, pattern, listing.variables()))
}

impl Args {
    fn is_yaml(&self, cx: &Context) -> bool {
        self.yaml || cx.options.output == Format::Yaml
    }
}

fn no_group(inventory: &Inventory, name: &str) -> Trouble {
    let trouble = Trouble::usage(format!("there is no group `{name}` to begin with"));
    let names = inventory.groups.iter().map(|group| group.name.as_str());
    match *crate::near::nearest(name, names) {
        [] => trouble,
        ref near => trouble.hint(format!("did you mean `{}`?", near.join("` or `"))),
    }
}

fn rendered(cx: &Context, args: &Args, value: &Value) -> Result<String> {
    if args.is_yaml(cx) {
        return Ok(ansible::marked_yaml(value));
    }
    if !args.toml {
        return configuration::rendered(value, Format::Json);
    }
    let refused = |cause: String| {
        Trouble::refused("writing the inventory as TOML")
            .because(cause)
            .hint("use --yaml, or no option for JSON")
    };
    tree::check_toml(value, "").map_err(refused)?;
    let text = toml::to_string_pretty(value);
    text.or_internal(|| "writing TOML".into())
}
