//! Variables that Ansible sets itself; few of them can be overridden.

use std::{borrow::Cow, sync::Arc};

use super::table::Table;
use crate::{
    ansible::{
        config::{Config, Name},
        inventory::{ALL, Inventory},
        yaml::{Data, Node},
    },
    origin::Origin,
};

/// The ansible-core whose behaviour is followed.
const ANSIBLE_VERSION: [i128; 3] = [2, 21, 5];

fn node(data: Data) -> Node {
    Node { origin: Origin::whole("set by Ansible's rules"), data }
}

/// A name, never a template, whatever is in it.
fn text(text: &str) -> Node {
    node(Data::Unsafe(text.to_owned()))
}

fn list<'a>(items: impl Iterator<Item = &'a str>) -> Node {
    node(Data::List(items.map(text).collect()))
}

fn level() -> Arc<str> {
    "Ansible".into()
}

/// How many hosts Ansible works on at once.
const FORKS: Name = ("ANSIBLE_FORKS", "defaults", "forks");

/// What is the same for all hosts. `order` is the order of hosts.
pub(super) fn common(inventory: &Inventory, order: &[usize], config: &Config) -> Table {
    let name = |host: &usize| inventory.hosts[*host].name.as_str();
    let hosts = list(order.iter().map(name));
    let groups =
        inventory.groups.iter().enumerate().map(|(group, known)| {
            (text(&known.name), list(inventory.members(group).iter().map(name)))
        });
    let forks = config.value(FORKS).and_then(|text| text.trim().parse().ok()).unwrap_or(5);
    let pairs = [
        ("groups", node(Data::Map(groups.collect()))),
        ("ansible_check_mode", node(Data::Bool(false))),
        ("ansible_diff_mode", node(Data::Bool(false))),
        ("ansible_forks", node(Data::Int(forks))),
        ("ansible_verbosity", node(Data::Int(0))),
        ("ansible_version", version()),
        ("ansible_play_hosts_all", hosts.clone()),
        ("ansible_play_hosts", hosts.clone()),
        ("ansible_play_batch", hosts.clone()),
        ("play_hosts", hosts),
        ("ansible_run_tags", list(["all"].into_iter())),
        ("ansible_skip_tags", list([].into_iter())),
    ];
    let file = config.file().map(|path| ("ansible_config_file", text(path.as_str())));
    let pairs = pairs.into_iter().chain(file);
    let mut table = Table::default();
    table.extend(pairs.map(|(name, node)| (name.to_owned(), node)), &level(), false);
    table
}

fn version() -> Node {
    let [major, minor, revision] = ANSIBLE_VERSION;
    let full = format!("{major}.{minor}.{revision}");
    let pairs = [
        ("string", Data::Text(full.clone())),
        ("full", Data::Text(full)),
        ("major", Data::Int(major)),
        ("minor", Data::Int(minor)),
        ("revision", Data::Int(revision)),
    ];
    node(Data::Map(pairs.map(|(name, data)| (text(name), node(data))).into()))
}

/// What is known of a host before anybody asks it: nothing. Only extra variables say something else.
pub(super) fn facts() -> (String, Node) {
    ("ansible_facts".to_owned(), node(Data::Map(Vec::new())))
}

/// The facts that a host keeps about itself: Ansible makes them a variable even where no other fact is one.
pub(super) fn local_facts() -> (String, Node) {
    ("ansible_local".to_owned(), node(Data::Map(Vec::new())))
}

/// What a host is called and where it belongs. In Ansible these count as the host's inventory variables.
pub(super) fn of_host(inventory: &Inventory, host: usize) -> Vec<(String, Node)> {
    let host = &inventory.hosts[host];
    let mut groups: Vec<&str> =
        host.groups.iter().map(|group| inventory.groups[*group].name.as_str()).collect();
    groups.retain(|group| *group != ALL);
    groups.sort_unstable();
    magic_of_host(&host.name, &groups)
}

/// Whether Ansible takes a name for an address: a range in brackets may stand for each number of it, and zeros before one.
fn is_address(name: &str) -> bool {
    let is_number = |part: &str| {
        (1..=3).contains(&part.len())
            && part.bytes().all(|digit| digit.is_ascii_digit())
            && part.parse::<u8>().is_ok()
    };
    let is_ipv4 = |name: &str| name.split('.').count() == 4 && name.split('.').all(is_number);
    let is_ipv6 = |name: &str| name.parse::<std::net::Ipv6Addr>().is_ok();
    without_ranges(name, |c| c.is_ascii_digit()).is_some_and(|name| is_ipv4(&name))
        || without_ranges(name, |c| c.is_ascii_hexdigit()).is_some_and(|name| is_ipv6(&name))
}

/// The name with a zero for every range of such numbers; `None` if something else stands in brackets.
fn without_ranges(name: &str, is_digit: impl Fn(char) -> bool) -> Option<Cow<'_, str>> {
    if !name.contains('[') {
        return Some(name.into());
    }
    let (mut plain, mut rest) = (String::new(), name);
    while let Some((before, after)) = rest.split_once('[') {
        let (range, after) = after.split_once(']')?;
        let mut numbers = range.split(':');
        let is_range = (2..=3).contains(&numbers.clone().count())
            && numbers.all(|number| !number.is_empty() && number.chars().all(&is_digit));
        if !is_range {
            return None;
        }
        plain.push_str(before);
        // A range stands for a whole part of an address.
        let ends = plain.is_empty() || plain.ends_with(['.', ':']);
        if !ends || !(after.is_empty() || after.starts_with(['.', ':'])) {
            return None;
        }
        plain.push('0');
        rest = after;
    }
    plain.push_str(rest);
    Some(plain.into())
}

/// [`of_host`] by the host's name and the sorted names of its groups.
pub(in crate::ansible) fn magic_of_host(name: &str, groups: &[&str]) -> Vec<(String, Node)> {
    let short = if is_address(name) { name } else { name.split('.').next().unwrap_or_default() };
    vec![
        ("inventory_hostname".to_owned(), text(name)),
        ("inventory_hostname_short".to_owned(), text(short)),
        ("group_names".to_owned(), list(groups.iter().copied())),
    ]
}
