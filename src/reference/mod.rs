//! What every variable is: its type and a line about it. Documentation, JSON Schema and validation are made of it.
//!
//! The data lies with the defaults of its release in `src/ansible/builtin/<release>/reference/`. A name with a word in
//! braces is a family: `{class}_swap` stands for one variable per class of hosts, `{network}_cidr` for one per network.

mod fits;
mod kind;
mod names;
mod networks;
mod read;
pub mod schema;

use std::collections::{BTreeMap, BTreeSet};

pub use self::{
    fits::{Misfit, Oddity, is_templated},
    kind::Kind,
};
use crate::{ansible::builtin::Release, near, trouble::Result};

/// A variable's type and description.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub kind: Kind,
    pub says: String,
}

/// The keys of a type that is a map: `Kind::Object` names it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Object {
    pub needs: BTreeMap<String, Kind>,
    pub may: BTreeMap<String, Kind>,
}

/// Everything that is known about the variables of a release, and of Ymir's own.
#[derive(Debug, Default)]
pub struct Reference {
    /// By name, families written out.
    pub variables: BTreeMap<String, Entry>,
    /// What a network has, by what follows on its name: `cidr` for `{network}_cidr`.
    pub attributes: BTreeMap<String, Entry>,
    /// Types that are maps, by name.
    pub objects: BTreeMap<String, Object>,
}

/// The variables whose type says that they are secrets, without a look at what else there is to know: every command
/// that shows values asks for them.
pub fn secrets(release: Release) -> Result<BTreeSet<String>> {
    read::secrets(release)
}

impl Reference {
    /// The reference of a release, with Ymir's own variables.
    pub fn of(release: Release) -> Result<Self> {
        read::reference(release)
    }

    /// What is known about a variable. `networks` are the names of the site's networks.
    pub fn entry(&self, name: &str, networks: &BTreeSet<String>) -> Option<Entry> {
        self.variables.get(name).cloned().or_else(|| {
            let (network, attribute) = self.attribute_of(name, networks)?;
            let entry = self.attributes.get(attribute)?;
            Some(Entry { kind: entry.kind.clone(), says: of_network(&entry.says, network) })
        })
    }

    /// What is known about a variable of a site that is not at hand: any name may be a network's.
    pub fn about(&self, name: &str) -> Option<Entry> {
        let network = |attribute: &String| name.strip_suffix(&**attribute)?.strip_suffix('_');
        let attributes = self.attributes.keys().filter(|attribute| network(attribute).is_some());
        let longest = attributes.max_by_key(|attribute| attribute.len());
        let network = longest.and_then(network).unwrap_or_default();
        self.entry(name, &BTreeSet::from([network.to_owned()]))
    }

    /// The network and the attribute that a variable's name consists of, if it does.
    pub fn attribute_of<'a>(
        &self,
        name: &'a str,
        networks: &BTreeSet<String>,
    ) -> Option<(&'a str, &'a str)> {
        let split = name.match_indices('_').map(|(at, _)| (&name[..at], &name[at + 1..]));
        let mut known = split.filter(|(_, attribute)| self.attributes.contains_key(*attribute));
        known.find(|(network, _)| networks.contains(*network))
    }

    /// The known names that are most like this one, best first.
    pub fn near<'a>(&'a self, name: &str) -> Vec<&'a str> {
        near::nearest(name, self.variables.keys().map(String::as_str))
    }
}

/// A description with the network's name in it.
fn of_network(says: &str, network: &str) -> String {
    says.replace("{network}", &format!("`{network}`"))
}
