//! Gives out addresses to hosts that have none, before anything else is planned: what follows needs them.

use std::sync::Arc;

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
    let path = variables.environment_dir().join(FILE);
    let text = variables.files().text(&path)?;
    let file = variables.files().shown(&path);
    if text.as_ref().is_some_and(|text| text.secret) {
        let hosts: Vec<_> = allocated.iter().map(|one| one.host.as_str()).collect();
        return Err(Trouble::refused(format!(
            "keeping new addresses of {} in {file}",
            hosts.join(", ")
        ))
        .because("the file is encrypted, and Ymir does not encrypt it anew")
        .hint("decrypt it with `ansible-vault decrypt`, or add the addresses by hand")
        .hint("`--skip-tags ip-allocation` goes on without them"));
    }
    let before = text.map(|text| text.content);
    let entry = |one: &Allocated| Entry {
        variable: allocation::variable(&one.network),
        key: one.host.clone(),
        text: one.address.to_string(),
    };
    let entries: Vec<_> = allocated.iter().map(entry).collect();
    let after = entries::added(before.as_deref().unwrap_or_default(), &file, &entries)?;
    let variables = cx.variables_with(&path, &after)?;
    let driver = Some(AllocationDriver::new(path, before, after));
    Ok(Given { allocated, variables, driver })
}

/// Nothing is given out.
pub(super) fn unchanged(variables: &Arc<Variables>) -> Given {
    Given { allocated: Vec::new(), variables: Arc::clone(variables), driver: None }
}
