//! Ansible's host patterns: `web*:!web3`, `controllers,&rack1`, `~(a|b)\d+`, `compute[0:3]`.

use std::collections::BTreeSet;

use super::{
    inventory::{ALL, Inventory, fnmatch},
    world::World,
};
use crate::{
    near, pattern,
    trouble::{Result, Trouble},
};

/// What a pattern's part does with the hosts that it matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Effect {
    Add,
    Intersect,
    Exclude,
}

/// Hosts that a pattern selects, in Ansible's order; a pattern that selects none is refused.
pub fn select(inventory: &Inventory, pattern: &str) -> Result<Vec<usize>> {
    let hosts = matching_hosts(inventory, pattern)?;
    if hosts.is_empty() { Err(nothing(inventory, pattern)) } else { Ok(hosts) }
}

/// Hosts that a pattern selects, in Ansible's order; there may be none.
pub fn matching_hosts(inventory: &Inventory, pattern: &str) -> Result<Vec<usize>> {
    let mut parts: Vec<(Effect, &str)> = split(pattern).into_iter().map(effect).collect();
    if parts.iter().any(|(_, part)| part.is_empty()) {
        return Err(Trouble::refused(format!("selecting hosts by `{pattern}`"))
            .because("a part of it is only `!` or `&`")
            .hint("write what they are for right behind them: `all:!web`, `web:&rack1`"));
    }
    // As in Ansible: first what adds, then what restricts, then what excludes.
    parts.sort_by_key(|(effect, _)| *effect);
    let mut hosts = Vec::new();
    if parts.first().is_none_or(|(effect, _)| *effect != Effect::Add) {
        parts.insert(0, (Effect::Add, ALL));
    }
    for (effect, part) in &parts {
        // A plain name is a host before it is a group, but not behind `!` or `&`.
        let host = inventory.written_host(part).filter(|_| *effect == Effect::Add);
        let found = host.map_or_else(|| matching(inventory, part), |host| Ok(vec![host]))?;
        match effect {
            Effect::Add => hosts.extend(found),
            Effect::Intersect => hosts.retain(|host| found.contains(host)),
            Effect::Exclude => hosts.retain(|host| !found.contains(host)),
        }
    }
    let mut seen = BTreeSet::new();
    hosts.retain(|host| seen.insert(*host));
    Ok(hosts)
}

/// The parts of a pattern as they are written, each with the byte at which it begins.
pub fn parts(pattern: &str) -> Vec<(usize, &str)> {
    let begins = |part: &str| part.as_ptr().addr() - pattern.as_ptr().addr();
    split(pattern).into_iter().map(|part| (begins(part), part)).collect()
}

/// A part of a pattern that matches nothing, and the names that were probably meant.
#[derive(Debug, PartialEq, Eq)]
pub struct Unmatched {
    pub part: String,
    pub near: Vec<String>,
}

/// The parts of a pattern that match nothing: Ansible warns of each and goes on.
pub fn unmatched(inventory: &Inventory, pattern: &str) -> Result<Vec<Unmatched>> {
    let names = names(inventory);
    let mut found = Vec::new();
    for part in split(pattern).into_iter().map(|part| effect(part).1) {
        if names.contains(&part) || !matching(inventory, part)?.is_empty() {
            continue;
        }
        let near = near::nearest(part, names.iter().copied());
        let near = near.into_iter().map(str::to_owned).collect();
        found.push(Unmatched { part: part.to_owned(), near });
    }
    Ok(found)
}

/// All groups and hosts.
fn names(inventory: &Inventory) -> Vec<&str> {
    let groups = inventory.groups.iter().map(|group| group.name.as_str());
    groups.chain(inventory.hosts.iter().map(|host| host.name.as_str())).collect()
}

fn nothing(inventory: &Inventory, pattern: &str) -> Trouble {
    let trouble = Trouble::refused(format!("selecting hosts by `{pattern}`"))
        .because("the pattern matches no host of this environment");
    let unmatched = unmatched(inventory, pattern).unwrap_or_default();
    let near: Vec<String> = unmatched.into_iter().flat_map(|part| part.near).collect();
    if near.is_empty() {
        trouble.hint(
            "`ymir configuration dump --var-name group_names` lists every host with its groups",
        )
    } else {
        trouble.hint(format!("did you mean `{}`?", near.join("` or `")))
    }
}

fn effect(part: &str) -> (Effect, &str) {
    match part.split_at_checked(1) {
        Some(("!", rest)) => (Effect::Exclude, rest),
        Some(("&", rest)) => (Effect::Intersect, rest),
        _ => (Effect::Add, part),
    }
}

/// The parts of a pattern: at commas if there are any, else at colons outside of brackets.
fn split(pattern: &str) -> Vec<&str> {
    let parts: Vec<&str> = if pattern.contains(',') {
        pattern.split(',').collect()
    } else if super::inventory::is_one_name(pattern) {
        vec![pattern]
    } else {
        at_colons(pattern)
    };
    parts.into_iter().map(str::trim).filter(|part| !part.is_empty()).collect()
}

/// Parts between colons and spaces outside of complete brackets; a bracket without its other half separates, too.
fn at_colons(pattern: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut from, mut at) = (0, 0);
    while let Some(c) = pattern[at..].chars().next() {
        let closed = if c == '[' { pattern[at..].find(']') } else { None };
        if let Some(length) = closed {
            at += length + 1;
        } else if c.is_whitespace() || matches!(c, ':' | '[' | ']') {
            parts.push(&pattern[from..at]);
            at += c.len_utf8();
            from = at;
        } else {
            at += c.len_utf8();
        }
    }
    parts.push(&pattern[from..]);
    parts
}

/// The pattern with the patterns in place of `@file` that stand in that file, one in each line.
pub fn with_files(pattern: &str, world: &dyn World) -> Result<String> {
    if !pattern.contains('@') {
        return Ok(pattern.to_owned());
    }
    let mut parts = Vec::new();
    for part in split(pattern) {
        let Some(file) = part.strip_prefix('@') else {
            parts.push(part.to_owned());
            continue;
        };
        let refused = |cause: &str| {
            Trouble::refused(format!("selecting hosts by `{part}`"))
                .because(cause)
                .hint("`@` begins the name of a file with one pattern in each line")
        };
        let bytes = world.read(file)?.ok_or_else(|| refused("there is no such file"))?;
        let text = String::from_utf8(bytes).map_err(|_| refused("it is not UTF-8 text"))?;
        parts.extend(text.lines().map(|line| line.trim().to_owned()));
    }
    // Behind a comma no colon separates: a line is one pattern.
    parts.push(String::new());
    Ok(parts.join(","))
}

fn matching(inventory: &Inventory, part: &str) -> Result<Vec<usize>> {
    let (expression, subscript) = subscript(part);
    let found = enumerate(inventory, expression)?;
    let Some((first, last)) = subscript else { return Ok(found) };
    let count = i64::try_from(found.len()).unwrap_or(i64::MAX);
    let at = |index: i64| {
        usize::try_from(if index < 0 { index.saturating_add(count) } else { index }).ok()
    };
    let chosen = match last {
        None => at(first).and_then(|at| found.get(at..=at)),
        Some(last) => {
            let end = at(last).map_or(0, |last| (last + 1).min(found.len()));
            at(first).and_then(|first| found.get(first.min(end)..end))
        }
    };
    match chosen {
        None if !found.is_empty() => Err(Trouble::refused(format!("selecting hosts by `{part}`"))
            .because(match count {
                1 => format!("`{expression}` has only one host"),
                _ => format!("`{expression}` has only {count} hosts"),
            })
            .hint("hosts are counted from 0, and from the end below zero")),
        chosen => Ok(chosen.unwrap_or_default().to_vec()),
    }
}

/// The first host and, unless it is the only one, the last; below zero counts from the end.
type Subscript = (i64, Option<i64>);

/// `name[1]`, `name[-1]`, `name[0:2]`: both ends belong to it.
fn subscript(part: &str) -> (&str, Option<Subscript>) {
    let whole = (part, None);
    let Some((name, inside)) = part
        .strip_suffix(']')
        .filter(|_| !part.starts_with('~'))
        .and_then(|part| part.rsplit_once('['))
    else {
        return whole;
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    // No inventory has as many hosts as the largest number, so it stands for all beyond.
    let number = |text: &str| {
        text.parse::<i64>().unwrap_or(if text.starts_with('-') { i64::MIN } else { i64::MAX })
    };
    if name.is_empty() {
        return whole;
    }
    if digits(inside.strip_prefix('-').unwrap_or(inside)) {
        return (name, Some((number(inside), None)));
    }
    match inside.split_once([':', '-']) {
        Some((first, last)) if digits(first) && (last.is_empty() || digits(last)) => {
            let last = if last.is_empty() { -1 } else { number(last) };
            // As in Ansible, an end of 0 counts as no end given.
            let last = Some(last).filter(|last| *last != 0);
            (name, Some((number(first), last)))
        }
        _ => whole,
    }
}

fn enumerate(inventory: &Inventory, expression: &str) -> Result<Vec<usize>> {
    let fits = Matcher::new(expression)?;
    let groups: Vec<usize> = (0..inventory.groups.len())
        .filter(|group| fits.matches(&inventory.groups[*group].name))
        .collect();
    let mut hosts: Vec<usize> = groups.iter().flat_map(|group| inventory.members(*group)).collect();
    if groups.is_empty() || expression.starts_with('~') || expression.contains(['.', '?', '*', '['])
    {
        hosts.extend((0..inventory.hosts.len()).filter(|host| {
            let host = &inventory.hosts[*host];
            !host.implicit && fits.matches(&host.name)
        }));
    }
    if hosts.is_empty() {
        hosts.extend(inventory.this_machine(expression));
    }
    Ok(hosts)
}

enum Matcher<'a> {
    Shell(&'a str),
    Regex(Box<fancy_regex::Regex>),
}

impl<'a> Matcher<'a> {
    fn new(expression: &'a str) -> Result<Self> {
        let Some(written) = expression.strip_prefix('~') else {
            return Ok(Self::Shell(expression));
        };
        let refused = |why: String| {
            Trouble::refused(format!("selecting hosts by `{expression}`"))
                .because(why)
                .hint("what follows `~` is a regular expression")
        };
        let regex = pattern::of_python(written).map_err(refused)?;
        // Python's `match` holds the beginning, not the end.
        let regex = pattern::compiled(&format!("^(?:{regex})"));
        regex
            .map(|regex| Self::Regex(Box::new(regex)))
            .map_err(|error| refused(pattern::fault(written, &error)))
    }

    fn matches(&self, name: &str) -> bool {
        match self {
            Self::Shell(pattern) => fnmatch::matches(pattern, name),
            Self::Regex(regex) => regex.is_match(name).unwrap_or(false),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ansible::inventory::tests::inventory;

    const HOSTS: &str = "
lone
[web]
web[1:4]
[db]
db1
web1
[rack:children]
web
[v6]
fe80::1
";

    #[test]
    fn patterns_select_as_in_ansible() {
        let inventory = inventory("/hosts", HOSTS).unwrap();
        let table = [
            ("all", "lone db1 web1 fe80::1 web2 web3 web4"),
            ("*", "lone db1 web1 fe80::1 web2 web3 web4"),
            ("web", "web1 web2 web3 web4"),
            ("web2", "web2"),
            ("web:db", "web1 web2 web3 web4 db1"),
            ("db,web", "db1 web1 web2 web3 web4"),
            ("web:&db", "web1"),
            ("web:!db", "web2 web3 web4"),
            ("!db:web", "web2 web3 web4"),
            ("!rack", "lone db1 fe80::1"),
            ("&db", "db1 web1"),
            ("web[0]", "web1"),
            ("web[-1]", "web4"),
            ("web[1:2]", "web2 web3"),
            ("web[2:]", "web3 web4"),
            ("web[3:9]", "web4"),
            ("web[2:0]", "web3"),
            ("w*[0:1]", "web1 web2"),
            ("web?:!web[1-2]", "web1 web4"),
            ("~web[23]", "web2 web3"),
            ("~(db|lo)", "db1 web1 lone"),
            ("fe80::1", "fe80::1"),
            (" web1 , db1 ", "web1 db1"),
            ("ungrouped", "lone"),
            ("web[1:]:web]", "web2 web3 web4 web1"),
            ("rack:&web]", "web1 web2 web3 web4"),
            (":", "lone db1 web1 fe80::1 web2 web3 web4"),
            ("!web:[", "lone db1 fe80::1"),
            ("web[2:99999999999999999999]", "web3 web4"),
            ("~web[1-]", "web1"),
        ];
        for (pattern, expected) in table {
            let hosts = select(&inventory, pattern)
                .unwrap_or_else(|trouble| panic!("{pattern}: {trouble}"));
            let names: Vec<&str> = hosts.iter().map(|host| &*inventory.hosts[*host].name).collect();
            assert_eq!(names.join(" "), expected, "{pattern}");
        }
    }

    #[test]
    fn a_file_holds_one_pattern_in_each_line() {
        use crate::ansible::inventory::tests::Paper;

        let world = Paper::of(&[("failed.retry", "web1\n db1 \n\nfe80::1\n")]);
        let inventory = inventory("/hosts", HOSTS).unwrap();
        let names = |pattern| {
            let pattern = with_files(pattern, &world).unwrap();
            let hosts = select(&inventory, &pattern).unwrap();
            hosts.iter().map(|host| inventory.hosts[*host].name.clone()).collect::<Vec<_>>()
        };
        assert_eq!(names("@failed.retry"), ["web1", "db1", "fe80::1"]);
        assert_eq!(names("@failed.retry:!db"), ["fe80::1"]);
        assert_eq!(names("lone"), ["lone"]);
        assert!(with_files("@gone", &world).is_err());
    }

    #[test]
    fn a_host_goes_before_a_group_of_its_name_unless_it_is_excluded() {
        let inventory = inventory("/hosts", "[seed]\nseed\nother\n[web]\nweb1\n").unwrap();
        let names = |pattern| {
            let hosts = select(&inventory, pattern).unwrap();
            hosts.iter().map(|host| inventory.hosts[*host].name.clone()).collect::<Vec<_>>()
        };
        assert_eq!(names("seed"), ["seed"]);
        assert_eq!(names("all:&seed"), ["seed", "other"]);
        assert_eq!(names("!seed"), ["web1"]);
        // The group hides the host even if nobody is in it.
        let inventory =
            super::super::inventory::tests::inventory("/hosts", "[a]\n[b]\na\n").unwrap();
        assert_eq!(select(&inventory, "!a").unwrap().len(), 1);
    }

    #[test]
    fn parts_know_where_they_begin() {
        let table = [
            ("web:!db", vec![(0, "web"), (4, "!db")]),
            (" web , ~a(b ", vec![(1, "web"), (7, "~a(b")]),
            ("web::b[1:2]:c", vec![(0, "web"), (5, "b[1:2]"), (12, "c")]),
            ("ä:b", vec![(0, "ä"), (3, "b")]),
        ];
        for (pattern, expected) in table {
            assert_eq!(parts(pattern), expected);
        }
    }

    #[test]
    fn a_pattern_that_selects_nothing_is_refused_with_near_names() {
        let inventory = inventory("/hosts", HOSTS).unwrap();
        let table = [
            ("wbe", "did you mean `web`?"),
            ("db1:&web", "lists every host"),
            ("web9", "did you mean `web` or `web1` or `web2`?"),
        ];
        for (pattern, expected) in table {
            let trouble = select(&inventory, pattern).unwrap_err();
            assert!(trouble.hints.join(" ").contains(expected), "{pattern}: {:?}", trouble.hints);
        }
        assert!(select(&inventory, "web[7]").unwrap_err().to_string().contains("has only 4 hosts"));
        assert!(select(&inventory, "~(").is_err());
        let told = |pattern| select(&inventory, pattern).unwrap_err().to_string();
        assert!(told("~web[0--1]").contains("`0--` is no range"), "{}", told("~web[0--1]"));
        assert!(told("~web$*").contains("there is nothing to repeat"), "{}", told("~web$*"));
        assert!(told("web:!").contains("only `!` or `&`"), "{}", told("web:!"));
    }
}
