//! Settings of network cards for nmstate.

use super::network::part;
use crate::ansible::template::{
    fault::{Fault, Outcome},
    text,
    value::{Dict, Key, Val},
};

/// Short names that people know, and the kernel's.
const ALIASES: [(&str, &str); 4] = [
    ("rx", "rx-checksum"),
    ("gro", "rx-gro"),
    ("gso", "tx-generic-segmentation"),
    ("lro", "rx-lro"),
];
const FEATURES: [&str; 6] = [
    "hw-tc-offload",
    "rx-checksum",
    "rx-gro",
    "rx-lro",
    "tx-checksum-ip-generic",
    "tx-generic-segmentation",
];
const RINGS: [&str; 6] = ["rx", "rx-jumbo", "rx-max", "rx-mini", "tx", "tx-max"];

/// The settings of a network's card, each checked.
pub(super) fn settings(network: &str, config: &Val) -> Outcome {
    let wrong = |words: String| {
        Fault::new(format!("Invalid ethtool configuration for network '{network}': {words}"))
    };
    if !matches!(config, Val::Dict(_)) {
        return Err(wrong("Ethtool configuration must be a dictionary".into()));
    }
    let mut written = Vec::new();
    for (name, check) in
        [("ring", ring as fn(&str, &Val) -> Result<Val, String>), ("feature", feature)]
    {
        let Val::Dict(settings) = part(config, name)? else {
            if matches!(part(config, name)?, Val::None) {
                continue;
            }
            return Err(wrong(format!("Ethtool {name} configuration must be a dictionary")));
        };
        let (known, canonical): (&[&str], _) =
            if name == "ring" { (&RINGS, [].as_slice()) } else { (&FEATURES, ALIASES.as_slice()) };
        let mut found = indexmap::IndexMap::new();
        for (key, value) in settings.pairs() {
            let key = text::str_of(key.as_val())?;
            let value = check(&key, &value).map_err(wrong)?;
            let key =
                canonical.iter().find(|(alias, _)| *alias == key).map_or(&*key, |(_, own)| own);
            if !known.contains(&key) {
                let known = known.join(", ");
                return Err(wrong(format!(
                    "Unsupported ethtool {name}: {key}. Supported: {known}"
                )));
            }
            found.insert(Key::text(key), value);
        }
        written.push((name, Val::Dict(Dict::new(found))));
    }
    Ok(Val::dict(written))
}

fn ring(name: &str, value: &Val) -> Result<Val, String> {
    match value {
        Val::Int(number) if *number >= 0 => Ok(value.clone()),
        Val::Bool(_) => Ok(value.clone()),
        other => {
            let found = text::str_of(other).unwrap_or_default();
            Err(format!("Ring parameter '{name}' must be a non-negative integer, got {found}"))
        }
    }
}

fn feature(name: &str, value: &Val) -> Result<Val, String> {
    match value {
        Val::Bool(_) => Ok(value.clone()),
        other => {
            let kind = other.type_name();
            Err(format!("Ethtool feature '{name}' must be boolean, got {kind}"))
        }
    }
}
