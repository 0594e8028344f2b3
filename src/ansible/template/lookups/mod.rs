//! Lookups: what `lookup()` and `query()` read from outside the variables, all through the world they are given.
#![expect(
    clippy::unnecessary_wraps,
    clippy::needless_pass_by_value,
    reason = "lookups have one signature"
)]

mod commands;
mod config;
mod files;
mod options;
mod passwords;
mod search;
mod sequence;
mod tables;
mod templates;
mod values;
mod web;

use std::sync::Arc;

pub(super) use self::{
    files::matching_files,
    templates::{Source, read_template},
};
use super::{
    call::Args,
    env::Env,
    fault::{Fault, Outcome},
    filters, text,
    value::Val,
};

/// What a lookup gives: always a list, which `lookup()` then folds.
type Found = Outcome<Vec<Val>>;

/// A lookup: takes its terms and options.
type Lookup = fn(&Arc<Env>, Vec<Val>, &mut Args) -> Found;

fn find(name: &str) -> Option<Lookup> {
    files::find(name)
        .or_else(|| values::find(name))
        .or_else(|| commands::find(name))
        .or_else(|| tables::find(name))
        .or(match name {
            "config" => Some(config::config),
            "password" => Some(passwords::password),
            "template" => Some(templates::template),
            "sequence" => Some(sequence::sequence),
            "url" => Some(web::url),
            _ => None,
        })
}

/// Runs `lookup(name, …)`, or `query(name, …)` with `wants_list`.
pub(super) fn call(env: &Arc<Env>, args: Args, wants_list: bool) -> Val {
    run(env, args, wants_list).unwrap_or_else(Val::Missing)
}

/// Whether the lookup of these arguments, the first of which is its name, looks itself at those that are missing.
pub(super) fn take_missing(args: &Args) -> bool {
    args.positional.first().and_then(Val::as_str).is_some_and(takes_missing)
}

fn takes_missing(name: &str) -> bool {
    matches!(filters::plain_name(name), "first_found" | "env")
}

fn run(env: &Arc<Env>, args: Args, wants_list: bool) -> Outcome {
    let mut args = args;
    let name = args.required("name")?.used()?;
    if !name.truth()? {
        return Err(Fault::new("A non-empty plugin name is required."));
    }
    let name = Args::of(vec![name]).only_text("plugin_name")?;
    let lookup = find(filters::plain_name(&name)).ok_or_else(|| unknown(&name))?;
    if let Some(missing) = args.first_missing().filter(|_| !takes_missing(&name)) {
        return Ok(missing);
    }
    let wants_list =
        args.take_named("wantlist").map_or(Ok(false), |flag| flag.truth())? || wants_list;
    let errors = args.take_named("errors").map_or(Ok("strict".into()), |how| text::str_of(&how))?;
    let terms = std::mem::take(&mut args.positional);
    let found = match lookup(env, terms, &mut args) {
        Ok(found) => found,
        // As in Ansible, what is undefined is no error of the lookup.
        Err(fault) if fault.undefined || !matches!(&*errors, "ignore" | "warn") => {
            return Err(fault);
        }
        Err(_) if wants_list => return Ok(Val::list(Vec::new())),
        Err(_) => return Ok(Val::None),
    };
    if wants_list || found.is_empty() {
        return Ok(Val::list(found));
    }
    if found.len() == 1 {
        return Ok(found.into_iter().next().unwrap_or(Val::None).listed());
    }
    let texts: Option<Vec<&str>> = found.iter().map(Val::as_str).collect();
    Ok(match texts {
        Some(texts) => Val::str(texts.join(",")),
        None => Val::list(found),
    })
}

fn unknown(name: &str) -> super::fault::Faulty {
    Fault::with_hint(
        format!("The lookup plugin {} was not found", text::quoted(name)),
        "use a variable or a file instead, or tag the text `!unsafe`",
    )
}
