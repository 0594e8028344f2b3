//! The inventory of the hosts that Ironic knows, as Kayobe writes it.

use std::collections::{BTreeMap, BTreeSet};

use crate::trouble::{Result, Trouble};

/// Which hosts belong to which groups of the overcloud.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grouping {
    pub groups: Vec<String>,
    /// Hosts by their groups; those in `ignore` are in none.
    pub map: BTreeMap<String, Vec<String>>,
    /// The group of all others.
    pub default: String,
}

/// The map's key for hosts that are left out.
const IGNORE: &str = "ignore";

/// A host that Ironic knows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Discovered {
    pub name: String,
    /// Variables of the host: where its BMC is, and of which make.
    pub variables: Vec<(String, String)>,
}

impl Grouping {
    /// Whether a host is in none of the groups because the site says so.
    pub fn ignores(&self, host: &str) -> bool {
        self.map.get(IGNORE).is_some_and(|hosts| hosts.iter().any(|one| one == host))
    }

    fn has(&self, group: &str, host: &str) -> bool {
        let listed = |hosts: &Vec<String>| hosts.iter().any(|one| one == host);
        let own = self.map.get(group).is_some_and(listed);
        own || group == self.default && !self.map.values().any(listed)
    }
}

const HEAD: &str = "# The overcloud's hosts, as Ironic knows them. Written by `ymir overcloud inventory discover`; do not edit.\n";

/// The text of the inventory.
pub fn inventory(grouping: &Grouping, hosts: &[Discovered]) -> Result<String> {
    let mut text = HEAD.to_owned();
    let groups: BTreeSet<_> = grouping.groups.iter().collect();
    let mut hosts: Vec<_> = hosts.iter().filter(|host| !grouping.ignores(&host.name)).collect();
    hosts.sort_by(|one, other| one.name.cmp(&other.name));
    for group in groups {
        text.extend(["\n[", group, "]\n"]);
        for host in hosts.iter().filter(|host| grouping.has(group, &host.name)) {
            text.push_str(&line(host)?);
        }
    }
    Ok(text)
}

fn line(host: &Discovered) -> Result<String> {
    let plain = |c: char| !c.is_whitespace() && !"#'\"\\{}[]=".contains(c);
    if host.name.is_empty() || !host.name.chars().all(plain) {
        return Err(Trouble::host(format!("`{}` cannot be the name of a host", host.name))
            .hint("give the node another name in Ironic"));
    }
    let mut line = host.name.clone();
    for (key, value) in &host.variables {
        let bare = value.chars().all(|c| plain(c) || c == '[' || c == ']');
        let escaped = value.replace('\\', "\\\\").replace('\'', "\\'");
        let value = if bare { value.clone() } else { format!("'{escaped}'") };
        line.extend([" ", key, "=", &value]);
    }
    line.push('\n');
    Ok(line)
}

/// The lines of an inventory that mean something, with the groups that they stand in.
fn entries(text: &str) -> BTreeSet<(String, String)> {
    let (mut group, mut entries) = (String::new(), BTreeSet::new());
    for line in text.lines().map(str::trim) {
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        match line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            Some(name) => name.clone_into(&mut group),
            None => drop(entries.insert((group.clone(), line.to_owned()))),
        }
    }
    entries
}

/// What one inventory says and another does not, one line each; how they are laid out makes no difference.
pub fn differences(before: &str, after: &str) -> Vec<String> {
    let (before, after) = (entries(before), entries(after));
    let told =
        |sign: char| move |(group, line): &(String, String)| format!("{sign} [{group}] {line}");
    let gone = before.difference(&after).map(told('-'));
    gone.chain(after.difference(&before).map(told('+'))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(name: &str, variables: &[(&str, &str)]) -> Discovered {
        let pair = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        Discovered { name: name.into(), variables: variables.iter().map(pair).collect() }
    }

    fn grouping() -> Grouping {
        let hosts = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Grouping {
            groups: vec!["storage".into(), "controllers".into(), "monitoring".into()],
            map: BTreeMap::from([
                ("storage".to_owned(), hosts(&["s1", "both"])),
                ("monitoring".to_owned(), hosts(&["both"])),
                (IGNORE.to_owned(), hosts(&["spare"])),
            ]),
            default: "controllers".into(),
        }
    }

    #[test]
    fn hosts_stand_in_their_groups() {
        let hosts = [
            host("s1", &[("redfish_address", "https://[fe80::1]/")]),
            host("c2", &[]),
            host("both", &[("note", "it's one")]),
            host("spare", &[]),
            host("c1", &[("ipmi_address", "10.0.0.1"), ("bmc_type", "None")]),
        ];
        insta::assert_snapshot!(inventory(&grouping(), &hosts).unwrap(), @r"
        # The overcloud's hosts, as Ironic knows them. Written by `ymir overcloud inventory discover`; do not edit.

        [controllers]
        c1 ipmi_address=10.0.0.1 bmc_type=None
        c2

        [monitoring]
        both note='it\'s one'

        [storage]
        both note='it\'s one'
        s1 redfish_address=https://[fe80::1]/
        ");
        assert!(inventory(&grouping(), &[host("a b", &[])]).is_err());
    }

    #[test]
    fn layout_is_no_difference() {
        let before = "# by hand\n\n\n[controllers]\n  c1 a=b\n\n";
        assert!(differences(before, "[controllers]\nc1 a=b\n").is_empty());
        let after = "[controllers]\nc1 a=c\n[storage]\ns1\n";
        insta::assert_snapshot!(differences(before, after).join("\n"), @"
        - [controllers] c1 a=b
        + [controllers] c1 a=c
        + [storage] s1
        ");
    }
}
