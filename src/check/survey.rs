//! What every check looks at: the site with its files, hosts, groups and networks.

use std::collections::BTreeSet;

use super::Note;
use crate::{
    ansible::{
        Variables,
        variables::{Audience, Unread, Written},
        yaml::Node,
    },
    reference::{Entry, Reference},
    trouble::{Result, Trouble},
};

/// A site that is looked over.
pub(super) struct Survey<'a> {
    pub(super) variables: &'a Variables,
    pub(super) reference: &'a Reference,
    /// The site's files of variables.
    pub(super) written: Vec<Written>,
    /// Files that look like variables and that nothing reads.
    pub(super) unread: Vec<Unread>,
    /// Files that cannot be read.
    unreadable: Vec<Trouble>,
    /// Hosts of the inventory, and this machine.
    pub(super) hosts: Vec<String>,
    pub(super) groups: Vec<String>,
    /// Variables that hosts of some class have without the site's help.
    pub(super) with_default: BTreeSet<String>,
    pub(super) networks: BTreeSet<String>,
    /// Networks that some role or connection names.
    pub(super) used_networks: BTreeSet<String>,
    /// The layer that belongs to nobody else: what it says can be judged by this environment alone.
    own_layer: Option<usize>,
}

/// Where built-in defaults stand.
pub(super) const BUILT_IN: &str = "built-in ";
/// A host that every site has.
const LOCALHOST: &str = "localhost";

impl<'a> Survey<'a> {
    pub(super) fn new(variables: &'a Variables, reference: &'a Reference) -> Result<Self> {
        let (mut written, mut unreadable) = (Vec::new(), Vec::new());
        for file in variables.written()? {
            match file {
                Ok(file) => written.push(file),
                Err(trouble) => unreadable.push(trouble),
            }
        }
        written.extend(variables.written_in_inventories()?);
        let mut hosts = variables.hosts();
        if !hosts.iter().any(|host| host == LOCALHOST) {
            hosts.push(LOCALHOST.to_owned());
        }
        let networks = reference.networks(variables);
        let layers = variables.layers().len();
        let shared = layers == 1 && !variables.environments()?.is_empty();
        let own_layer = (!shared).then(|| layers - 1);
        Ok(Self {
            groups: variables.groups(),
            with_default: variables.release().names()?,
            used_networks: reference.named_networks(variables),
            variables,
            reference,
            written,
            unread: variables.unread()?,
            unreadable,
            hosts,
            networks,
            own_layer,
        })
    }

    /// Whether the inventory has hosts at all; without any, nothing can be said about them.
    pub(super) fn has_hosts(&self) -> bool {
        self.hosts.iter().any(|host| host != LOCALHOST)
    }

    pub(super) fn has_host(&self, name: &str) -> bool {
        self.hosts.iter().any(|host| host == name)
    }

    /// Every variable that the site writes, with its file, the node of its name, and its value.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (&Written, &str, &Node, &Node)> {
        self.written.iter().flat_map(|file| {
            file.pairs
                .iter()
                .filter_map(move |(name, value)| Some((file, name.data.as_text()?, name, value)))
        })
    }

    pub(super) fn entry(&self, name: &str) -> Option<Entry> {
        self.reference.entry(name, &self.networks)
    }

    pub(super) fn has_group(&self, name: &str) -> bool {
        self.groups.iter().any(|group| group == name)
    }

    /// Whether a file belongs to this environment alone; what a shared layer names may be in another environment.
    pub(super) fn is_own(&self, file: &Written) -> bool {
        Some(file.layer) == self.own_layer
    }
}

/// Files that other checks do not see.
pub(super) fn unreadable(survey: &Survey) -> Vec<Note> {
    survey.unreadable.iter().map(Note::of_trouble).collect()
}

/// Everything else is judged by another release's defaults then.
pub(super) fn unknown_release(survey: &Survey) -> Vec<Note> {
    let doubt = survey.variables.unknown_release();
    doubt.map(|doubt| Note::of_trouble_as("unknown-release", doubt)).into_iter().collect()
}

/// The words for an audience.
pub(super) fn audience(audience: &Audience) -> String {
    match audience {
        Audience::Everybody => "all hosts".to_owned(),
        Audience::Group(name) => format!("the group `{name}`"),
        Audience::Host(name) => format!("the host `{name}`"),
    }
}
