//! What machines start from.

use std::{fs, path::PathBuf};

use crate::{machines::Distribution, real::base};

const RECIPE: &str = include_str!("base.sh");
const ROCKY: &str = include_str!("rocky.sh");

/// Of what a base's packages depend on beside the recipe: one of them has the kernel's name.
fn recipe(distribution: Distribution) -> (&'static str, String) {
    match distribution {
        Distribution::Debian | Distribution::Ubuntu => ("base.sh", RECIPE.into()),
        Distribution::Rocky => {
            let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap();
            ("rocky.sh", [RECIPE, ROCKY, &kernel].concat())
        }
    }
}

/// The base's directory, made if it is not there yet.
pub(crate) fn made(distribution: Distribution) -> PathBuf {
    let (script, recipe) = recipe(distribution);
    base::made("hosts", script, &recipe)
}
