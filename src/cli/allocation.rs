//! Gives out addresses to hosts that have none, before anything else is planned: what follows needs them.

use std::sync::Arc;

use camino::Utf8PathBuf;

use super::options::Context;
use crate::{
    ansible::{
        Variables,
        entries::{self, Entry},
    },
    drivers::allocation::AllocationDriver,
    model::allocation::Allocated,
    resolve::allocation::{self, FILE},
    trouble::{Result, Trouble},
};

/// What is given out, the variables as they will be with it, and who keeps it; nothing to keep if all hosts have
/// their addresses.
pub(super) struct Given {
    pub(super) allocated: Vec<Allocated>,
    pub(super) variables: Arc<Variables>,
    pub(super) driver: Option<AllocationDriver>,
}

/// Gives out what these hosts lack.
pub(super) fn given(cx: &Context, variables: &Arc<Variables>, hosts: &[String]) -> Result<Given> {
    let allocated = allocation::missing(variables, hosts)?;
    if allocated.is_empty() {
        return Ok(unchanged(variables));
    }
    let entry = |one: &Allocated| Entry {
        variable: allocation::variable(&one.network),
        key: one.host.clone(),
        value: one.address.to_string().into(),
    };
    let entries: Vec<_> = allocated.iter().map(entry).collect();
    let kept = keeping(variables, FILE, &entries, "new addresses")
        .map_err(|trouble| trouble.hint("`--skip-tags ip-allocation` goes on without them"))?;
    let variables = cx.variables_with(&kept.path, &kept.after)?;
    Ok(Given { allocated, variables, driver: Some(kept.driver()) })
}

/// A file of the environment as it is, and as it will be.
pub(super) struct Kept {
    path: Utf8PathBuf,
    before: Option<String>,
    after: String,
}

impl Kept {
    pub(super) fn driver(self) -> AllocationDriver {
        AllocationDriver::new(self.path, self.before, self.after)
    }
}

/// Adds entries of hosts to a file of the environment, which may not be there yet.
pub(super) fn keeping(
    variables: &Variables,
    file: &str,
    entries: &[Entry],
    what: &str,
) -> Result<Kept> {
    let path = variables.environment_dir().join(file);
    let text = variables.files().text(&path)?;
    let shown = variables.files().shown(&path);
    if text.as_ref().is_some_and(|text| text.secret) {
        let mut hosts: Vec<_> = entries.iter().map(|entry| entry.key.as_str()).collect();
        hosts.dedup();
        let keeping = format!("keeping {what} of {} in {shown}", hosts.join(", "));
        return Err(Trouble::refused(keeping)
            .because("the file is encrypted, and Ymir does not encrypt it anew")
            .hint("decrypt it with `ansible-vault decrypt`, or add them by hand"));
    }
    let before = text.map(|text| text.content);
    let after = entries::added(before.as_deref().unwrap_or_default(), &shown, entries)?;
    Ok(Kept { path, before, after })
}

/// Nothing is given out.
pub(super) fn unchanged(variables: &Arc<Variables>) -> Given {
    Given { allocated: Vec::new(), variables: Arc::clone(variables), driver: None }
}
