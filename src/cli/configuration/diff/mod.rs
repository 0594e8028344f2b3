//! `ymir configuration diff`

mod compare;
mod files;
mod told;

use std::sync::Arc;

use camino::Utf8PathBuf;

use self::compare::Comparison;
use super::{
    super::{exit::Exit, options::Context},
    unknown,
};
use crate::{
    ansible::{Load, Variables, world::Machine},
    drivers::git::Snapshot,
    reference,
    report::write,
    trouble::{Result, Trouble},
};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// What to compare: two environments, or one with the base; with --since, the environment to look at
    #[arg(value_name = "ENVIRONMENT", num_args = 0..=2)]
    environments: Vec<String>,
    /// Compare with what a git revision says instead of with another environment
    #[arg(long, value_name = "REVISION")]
    since: Option<String>,
    /// Only this host
    #[arg(long, value_name = "HOST")]
    host: Option<String>,
    /// Only this variable
    #[arg(long, value_name = "NAME")]
    var_name: Option<String>,
}

/// One of the two configurations that are compared.
pub(super) struct Side {
    /// What it is called: an environment, a revision.
    label: String,
    variables: Variables,
    /// Paths in its values that are shown as others.
    shown_as: Vec<(Utf8PathBuf, Utf8PathBuf)>,
}

pub(super) async fn execute(cx: &Context, args: &Args) -> Result<Exit> {
    let (before, after, _snapshot) = sides(cx, args).await?;
    let both = [&before.variables, &after.variables];
    cx.warn_of_releases(&both);
    cx.check_limit(&both)?;
    let patterns = [args.host.as_deref(), cx.options.limit.as_deref()];
    if let Some(name) = &args.var_name {
        check_name(both, name)?;
    }
    let mut comparison = Comparison::of(&before, &after, patterns, args.var_name.as_deref())?;
    if args.var_name.is_none() && patterns == [None, None] {
        comparison.files = files::changes(&before, &after);
    }
    write::result(&told::told(&comparison, cx.options.output)?)?;
    let differ = cx.options.detailed_exitcode && !comparison.is_empty();
    Ok(if differ { Exit::Differences } else { Exit::Done })
}

/// Refuses a name that nothing sets for any host of either side: it is a slip, not a variable that is the same.
fn check_name(sides: [&Variables; 2], name: &str) -> Result<()> {
    let is_set = |side: &Variables| {
        let hosts = compare::with_localhost(side.hosts());
        hosts.iter().any(|host| !side.candidates(host, name).is_empty())
    };
    if sides.into_iter().any(is_set) {
        return Ok(());
    }
    let [_, after] = sides;
    Err(unknown(after, &compare::with_localhost(after.hosts())[0], name))
}

async fn sides(cx: &Context, args: &Args) -> Result<(Side, Side, Option<Snapshot>)> {
    let load = cx.load()?;
    // Facts of one environment's hosts are not another's.
    let of =
        |name: Option<&String>| Load { environment: name.cloned(), facts: None, ..load.clone() };
    match (&args.since, &*args.environments) {
        (Some(_), [_, _]) | (None, []) => Err(Trouble::usage("it is not said what to compare")
            .hint(
                "give two environments, or one to compare it with the base, or --since REVISION",
            )),
        (Some(revision), named) => {
            let now = if named.is_empty() { load.clone() } else { of(named.first()) };
            let snapshot = Snapshot::take(&load.config_path, revision).await?;
            let of_then =
                |path: &Utf8PathBuf| snapshot.path_of(path).unwrap_or_else(|| path.clone());
            let then = Load {
                config_path: snapshot.path.clone(),
                inventories: now.inventories.iter().map(of_then).collect(),
                ..now.clone()
            };
            let mut before = side(cx, &then, revision.clone()).map_err(|trouble| {
                trouble
                    .while_trying(format!("reading the site as it was at `{revision}`"))
                    .hint("an environment that is not committed yet can be compared with another: `ymir configuration diff OTHER NEW`")
            })?;
            before.shown_as = snapshot.shown_as.to_vec();
            Ok((before, side(cx, &now, "now".into())?, Some(snapshot)))
        }
        (None, [name]) => Ok((
            side(cx, &of(None), "the base".into())?,
            side(cx, &of(Some(name)), name.clone())?,
            None,
        )),
        (None, [one, other, ..]) => Ok((
            side(cx, &of(Some(one)), one.clone())?,
            side(cx, &of(Some(other)), other.clone())?,
            None,
        )),
    }
}

fn side(cx: &Context, load: &Load, label: String) -> Result<Side> {
    let world = Machine::new(cx.evaluation_environment(load));
    let variables = Variables::load(load, Arc::new(world))?;
    variables.declare_secrets(&reference::secrets(variables.release())?);
    Ok(Side { label, variables, shown_as: Vec::new() })
}
