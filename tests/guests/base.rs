//! What guests start from.

use std::path::PathBuf;

use crate::real::base;

const RECIPE: &str = include_str!("base.sh");

/// The base's directory, made if it is not there yet.
pub(crate) fn made() -> PathBuf {
    base::made("guests", "base.sh", RECIPE)
}
