//! `ymir_reprovision_max_down`: how many hosts of a group may be down at once while others get a new image.

use serde_json::Value;

use super::{Reader, hosts::OVERCLOUD};
use crate::{
    ansible::Variables,
    model::share::Share,
    trouble::{Result, Trouble},
};

const VARIABLE: &str = "ymir_reprovision_max_down";

/// How many of each of its groups may be down together with a host.
pub fn max_down(variables: &Variables, host: &str) -> Result<Share> {
    let found = Reader::new(variables, host).need::<Value>(VARIABLE)?;
    let text = match &found.value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    text.parse().map_err(|cause: String| {
        Trouble::refused(format!("{host}: reading `{VARIABLE}`"))
            .because(cause)
            .set_by(&found.setting)
    })
}

/// The groups of the overcloud that miss a host when it is down.
pub fn groups(variables: &Variables, host: &str) -> Vec<String> {
    let below = variables.groups_below(OVERCLOUD);
    let counts = |group: &String| group != OVERCLOUD && below.contains(group);
    variables.groups_of(host).into_iter().filter(counts).collect()
}
