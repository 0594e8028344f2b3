//! Tests of paths on the machine that Ymir runs on.

use std::sync::Arc;

use super::{
    call::Args,
    checks::Answer,
    env::Env,
    fault::{Fault, Outcome},
    text,
    value::Val,
};
use crate::ansible::world::{Kind, PathKind};

/// Tests of paths on the machine that Ymir runs on.
pub(super) fn files(env: &Arc<Env>, name: &str, input: &Val, args: &mut Args) -> Answer {
    let kind = match name {
        "abs" | "is_abs" => return Some(text::path_of(input).map(|path| path.starts_with('/'))),
        "exists" => |found: &PathKind| found.kind.is_some(),
        "link_exists" => |found: &PathKind| found.kind.is_some() || found.link,
        "file" | "is_file" => |found: &PathKind| found.kind == Some(Kind::File),
        "directory" | "is_dir" => |found: &PathKind| found.kind == Some(Kind::Directory),
        "link" | "is_link" => |found: &PathKind| found.link,
        "mount" | "is_mount" => |found: &PathKind| found.mount,
        "same_file" | "is_same_file" => {
            return Some(args.required("path2").and_then(|other| same_file(env, input, &other)));
        }
        "vaulted_file" => return Some(vaulted_file(env, input)),
        _ => return None,
    };
    Some(look(env, input).map(|found| kind(&found)))
}

fn look(env: &Arc<Env>, path: &Val) -> Outcome<PathKind> {
    let found = env.scope().world().kind(&text::path_of(path)?);
    found.map_err(|trouble| Fault::from_trouble(&trouble))
}

fn same_file(env: &Arc<Env>, one: &Val, other: &Val) -> Outcome<bool> {
    let mut ids = Vec::new();
    for path in [one, other] {
        let id = look(env, path)?.id;
        ids.push(id.ok_or_else(|| {
            let path = text::str_of(path).unwrap_or_default();
            Fault::new(format!("No such file or directory: '{path}'"))
        })?);
    }
    Ok(ids[0] == ids[1])
}

fn vaulted_file(env: &Arc<Env>, path: &Val) -> Outcome<bool> {
    let path = text::path_of(path)?;
    let read = env.scope().world().read(&path);
    let bytes = read.map_err(|trouble| Fault::from_trouble(&trouble))?;
    let bytes =
        bytes.ok_or_else(|| Fault::new(format!("Cannot test if the file '{path}' is a vault.")))?;
    Ok(crate::ansible::vault::is_vault(&String::from_utf8_lossy(&bytes)))
}
