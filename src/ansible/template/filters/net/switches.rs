//! Kayobe's filters on the interfaces of switches, and on what a machine says of its maker.

use std::sync::Arc;

use super::network::part;
use crate::ansible::template::{
    call::Args,
    env::Env,
    fault::{Fault, Outcome},
    filters::Filter,
    ops,
    value::{Dict, Key, Val},
};

pub(super) fn find(name: &str) -> Option<Filter> {
    Some(match name {
        "switch_interface_config_select_name" => |_, input, args| {
            let names = listed(args.required("names")?);
            chosen(input, |name, _| ops::contains(&names, &name.value()))
        },
        "switch_interface_config_select_description" => |_, input, args| {
            let wanted = listed(args.required("descriptions")?);
            chosen(input, |_, config| {
                Ok(ops::contains(&wanted, &part(config, "description")?)? && is_trunk(config)?)
            })
        },
        "switch_interface_config_select_trunk" => {
            |_: &Arc<Env>, input, _| chosen(input, |_, config| is_trunk(config))
        }
        "bmc_type_from_system_vendor" => bmc_type,
        _ => return None,
    })
}

fn listed(value: Val) -> Val {
    if matches!(value, Val::Str(_)) { Val::list(vec![value]) } else { value }
}

/// An interface is a trunk unless it says otherwise.
fn is_trunk(config: &Val) -> Outcome<bool> {
    match config {
        Val::Dict(dict) => dict.get_str("ngs_trunk_port").map_or(Ok(true), |flag| flag.truth()),
        other => {
            let kind = other.type_name();
            Err(Fault::new(format!("'{kind}' object has no attribute 'get'")))
        }
    }
}

fn chosen(input: &Val, wanted: impl Fn(&Key, &Val) -> Outcome<bool>) -> Outcome {
    let Val::Dict(dict) = input else {
        let kind = input.type_name();
        return Err(Fault::new(format!("'{kind}' object has no attribute 'items'")));
    };
    let mut kept = indexmap::IndexMap::new();
    for (name, config) in dict.pairs() {
        if wanted(&name, &config)? {
            kept.insert(name, config);
        }
    }
    Ok(Val::Dict(Dict::new(kept)))
}

fn bmc_type(_: &Arc<Env>, input: &Val, _: &mut Args) -> Outcome {
    if !input.truth()? {
        return Ok(Val::None);
    }
    if !matches!(input, Val::Dict(_)) {
        let kind = input.type_name();
        return Err(Fault::new(format!("'{kind}' object has no attribute 'get'")));
    }
    let maker = part(input, "manufacturer")?;
    Ok(match maker.as_str() {
        Some("Dell Inc.") => Val::str("idrac"),
        Some("Intel Corporation") => Val::str("intel"),
        _ => Val::None,
    })
}
