//! The variables of hosts and groups as `ansible-inventory` shows them: as they are written, not evaluated.

use std::{cell::Cell, collections::BTreeMap, sync::Arc};

use super::{
    Variables, load,
    table::{Entry, Table},
};
use crate::{
    ansible::{
        inventory::Inventory,
        patterns,
        yaml::{Data, Node},
    },
    origin::Origin,
    secret::MASK,
    trouble::Result,
};

/// What Ansible sets itself and does not show.
const INTERNAL: &[&str] = &[
    "ansible_async_path",
    "ansible_collection_name",
    "ansible_config_file",
    "ansible_dependent_role_names",
    "ansible_diff_mode",
    "ansible_facts",
    "ansible_forks",
    "ansible_inventory_sources",
    "ansible_limit",
    "ansible_play_batch",
    "ansible_play_hosts",
    "ansible_play_hosts_all",
    "ansible_play_role_names",
    "ansible_playbook_python",
    "ansible_role_name",
    "ansible_role_names",
    "ansible_run_tags",
    "ansible_skip_tags",
    "ansible_verbosity",
    "ansible_version",
    "group_names",
    "groups",
    "hostvars",
    "inventory_dir",
    "inventory_file",
    "inventory_hostname",
    "inventory_hostname_short",
    "play_hosts",
    "playbook_dir",
    "role_name",
    "role_names",
    "role_path",
    "role_uuid",
];

/// Variables with their values as they are written.
pub type AsWritten = BTreeMap<String, Node>;

/// Hosts, groups and their variables, for people and for files.
#[derive(Debug)]
pub struct Listing<'a> {
    variables: &'a Variables,
    /// Show what came out of files that are encrypted as a whole.
    show_secrets: bool,
    /// Whether stars stand for something.
    hides: Cell<bool>,
}

impl Variables {
    /// Hosts, groups and what is written for them.
    pub fn listing(&self, show_secrets: bool) -> Listing<'_> {
        Listing { variables: self, show_secrets, hides: Cell::new(false) }
    }
}

impl<'a> Listing<'a> {
    /// Whether something was shown as stars so far.
    pub fn hides(&self) -> bool {
        self.hides.get()
    }

    /// Hosts and groups.
    pub fn inventory(&self) -> &'a Inventory {
        &self.variables.site.inventory
    }

    /// What is listed.
    pub fn variables(&self) -> &'a Variables {
        self.variables
    }

    /// The hosts that a pattern selects; there may be none.
    pub fn matching(&self, pattern: &str) -> Result<Vec<usize>> {
        let pattern = patterns::with_files(pattern, &*self.variables.site.files.world)?;
        patterns::matching_hosts(self.inventory(), &pattern)
    }

    /// Everything that counts for a host, groups and extra variables included.
    pub fn of_host(&self, host: usize) -> AsWritten {
        let site = &self.variables.site;
        self.written(site.chains(host).iter().map(AsRef::as_ref).chain([site.extra()]))
    }

    /// What is written for a host itself.
    pub fn own_of_host(&self, host: usize) -> AsWritten {
        // The host's own level is the highest but for facts; both have at least what Ansible says itself.
        let chain = self.variables.site.chains(host);
        let own = chain.len().checked_sub(2).and_then(|own| chain.get(own));
        self.written(own.map(AsRef::as_ref).into_iter())
    }

    /// What is written for a group itself.
    pub fn of_group(&self, group: usize) -> Result<AsWritten> {
        let levels = load::group_levels(&self.variables.site, group)?;
        let mut written = self.written(levels.iter().map(AsRef::<Table>::as_ref));
        let priority = self.inventory().groups[group].priority;
        if priority != 1 {
            let origin = Origin::whole("ansible_group_priority");
            let node = Node { origin, data: Data::Int(priority.into()) };
            written.insert("ansible_group_priority".to_owned(), node);
        }
        Ok(written)
    }

    /// The variables of levels, the later ones over the earlier ones.
    fn written<'t>(&self, levels: impl Iterator<Item = &'t Table>) -> AsWritten {
        let mut written = AsWritten::new();
        for level in levels {
            let names = level.names().filter(|name| !INTERNAL.contains(name));
            let winners = names.filter_map(|name| Some((name.to_owned(), level.winner(name)?)));
            written.extend(winners.map(|(name, entry)| (name, self.shown(entry))));
        }
        written
    }

    fn shown(&self, entry: &Entry) -> Node {
        let Node { origin, data } = entry.written().clone();
        let hidden = entry.in_vault_file() && !self.show_secrets;
        self.hides.set(self.hides.get() || hidden);
        Node { origin, data: if hidden { Data::Text(MASK.to_owned()) } else { data } }
    }

    /// The plain text behind a vault value, or stars.
    pub fn opened(&self, node: &Node) -> Result<Node> {
        let Data::Vault(text) = &node.data else { return Ok(node.clone()) };
        let text = if self.show_secrets {
            self.variables.site.open_text(text, &node.origin)?
        } else {
            MASK.to_owned()
        };
        Ok(Node { origin: node.origin.clone(), data: Data::Text(text) })
    }
}

/// Levels of variables, lowest first.
pub(super) type Levels = Vec<Arc<Table>>;
