//! Lookups that run a command on this machine.

use std::sync::Arc;

use super::{Found, Lookup, search};
use crate::ansible::template::{
    call::Args,
    env::Env,
    fault::{Fault, Outcome},
    sameness, text,
    value::Val,
};

pub(super) fn find(name: &str) -> Option<Lookup> {
    Some(match name {
        "pipe" => pipe,
        "lines" => lines,
        _ => return None,
    })
}

fn shell(env: &Arc<Env>, lookup: &str, command: &str) -> Outcome<String> {
    sameness::lost();
    let ran = env.scope().world().shell(command).map_err(|trouble| search::told(&trouble))?;
    match ran {
        (0, output, _) => Ok(output),
        (code, _, errors) => {
            let errors = errors.trim();
            Err(Fault::with_hint(
                format!("lookup_plugin.{lookup}({command}) returned {code}: {errors}"),
                "give the command by itself on this machine, and mend it or what it reads",
            ))
        }
    }
}

fn pipe(env: &Arc<Env>, terms: Vec<Val>, _: &mut Args) -> Found {
    let run = |term: &Val| Ok(Val::str(shell(env, "pipe", &text::str_of(term)?)?.trim_end()));
    terms.iter().map(run).collect()
}

fn lines(env: &Arc<Env>, terms: Vec<Val>, _: &mut Args) -> Found {
    let mut found = Vec::new();
    for term in &terms {
        found.extend(shell(env, "lines", &text::str_of(term)?)?.lines().map(Val::str));
    }
    Ok(found)
}
