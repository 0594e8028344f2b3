//! The INI dialect of Ansible's inventories.

use std::collections::BTreeMap;

use super::{Inventory, UNGROUPED, address, literal, source::Place, words};
use crate::{
    ansible::yaml::{FILE_BYTES, Node, excerpt},
    origin::Origin,
    trouble::{Result, Trouble},
};

/// What a section's lines are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Section {
    Hosts,
    Children,
    Vars,
}

/// A group that was named before it was declared.
struct Pending {
    /// Parents that wait for it; empty if only its variables were given.
    parents: Vec<usize>,
    line: u32,
}

struct Reader<'a> {
    inventory: &'a mut Inventory,
    place: &'a Place,
    group: usize,
    section: Section,
    pending: BTreeMap<String, Pending>,
    origin: Origin,
}

/// Adds what an INI inventory says.
pub(super) fn read(inventory: &mut Inventory, text: &str, place: &Place) -> Result<()> {
    if text.len() > FILE_BYTES {
        return Err(Trouble::refused(format!("reading the inventory {}", place.file))
            .because("it has more than 16 MiB")
            .hint("split it into files of one directory"));
    }
    let group = inventory.add_group(UNGROUPED);
    let origin = Origin::at(&place.file, 0, 1);
    let pending = BTreeMap::new();
    let mut reader = Reader { inventory, place, group, section: Section::Hosts, pending, origin };
    let outcome = text.lines().zip(1..).try_for_each(|(line, number)| {
        reader.origin.line = number;
        reader.origin.column = column(line, line.trim());
        reader.line(line.trim())
    });
    let outcome = outcome.and_then(|()| reader.check_pending());
    let origin = reader.origin;
    outcome.map_err(|fault| match fault {
        Fault::Line(cause) => told(&cause, text, &origin, place),
        Fault::Word(cause, word) => told(&cause, text, &at_word(&origin, text, &word), place),
        Fault::Known(trouble) => trouble,
    })
}

/// Where a word of a line begins, counted from 1; what is not found as it is (a quoted word) begins with the line.
fn column(line: &str, word: &str) -> u32 {
    let begins = |at: &usize| !line[..*at].ends_with(|c: char| c.is_alphanumeric());
    let found = line.match_indices(word).map(|(at, _)| at).find(begins);
    let before = &line[..found.unwrap_or(line.len() - line.trim_start().len())];
    u32::try_from(before.chars().count()).unwrap_or(0) + 1
}

/// The place of a word in the line of `origin`.
fn at_word(origin: &Origin, text: &str, word: &str) -> Origin {
    let line = usize::try_from(origin.line).unwrap_or(0).saturating_sub(1);
    let line = text.lines().nth(line).unwrap_or_default();
    Origin { column: column(line, word), ..origin.clone() }
}

fn told(cause: &str, text: &str, origin: &Origin, place: &Place) -> Trouble {
    let trouble =
        Trouble::refused(format!("reading the inventory {}", place.file)).because(cause).at(origin);
    if place.secret { trouble } else { trouble.excerpt(excerpt(text, origin, "here")) }
}

enum Fault {
    Line(String),
    /// With the word of the line that is at fault.
    Word(String, String),
    Known(Trouble),
}

impl From<String> for Fault {
    fn from(cause: String) -> Self {
        Self::Line(cause)
    }
}

impl From<Trouble> for Fault {
    fn from(trouble: Trouble) -> Self {
        Self::Known(trouble)
    }
}

impl Reader<'_> {
    fn line(&mut self, line: &str) -> Result<(), Fault> {
        if line.is_empty() || line.starts_with(['#', ';']) {
            return Ok(());
        }
        if let Some((name, section)) = header(line) {
            return self.header(name, section);
        }
        if line.starts_with('[') && line.ends_with(']') {
            return Err(Fault::Line(format!(
                "`{line}` is not a section: no spaces are allowed in it"
            )));
        }
        match self.section {
            Section::Hosts => self.hosts(line),
            Section::Children => self.child(line),
            Section::Vars => self.variable(line),
        }
    }

    fn header(&mut self, name: &str, section: Option<&str>) -> Result<(), Fault> {
        self.section = match section {
            None | Some("hosts") => Section::Hosts,
            Some("children") => Section::Children,
            Some("vars") => Section::Vars,
            Some(other) => {
                let cause = format!("a section is `:children` or `:vars`, not `:{other}`");
                return Err(Fault::Word(cause, other.to_owned()));
            }
        };
        let known = self.inventory.group(name).is_some();
        self.group = self.inventory.add_group(name);
        if self.section == Section::Vars {
            if !known {
                let waiting = Pending { parents: Vec::new(), line: self.origin.line };
                self.pending.entry(name.to_owned()).or_insert(waiting);
            }
            return Ok(());
        }
        self.inventory.group_at(self.group, &self.origin);
        let parents = self.pending.remove(name).map(|waiting| waiting.parents).unwrap_or_default();
        for parent in parents {
            self.inventory.add_child(parent, self.group)?;
        }
        Ok(())
    }

    fn hosts(&mut self, line: &str) -> Result<(), Fault> {
        let words = words::split(line).map_err(str::to_owned)?;
        let Some((name, assignments)) = words.split_first() else { return Ok(()) };
        let (hosts, port) =
            address::expand(name).map_err(|cause| Fault::Word(cause, name.clone()))?;
        if name.trim_end().ends_with(':') && port.is_none() {
            let cause = format!("`{name}` ends in `:` without a port");
            return Err(Fault::Word(cause, name.clone()));
        }
        if name.trim() == "---" {
            let cause = "`---` begins a YAML file; give it the ending .yml".to_owned();
            return Err(Fault::Word(cause, name.clone()));
        }
        let assignments = assignments
            .iter()
            .map(|word| word.split_once('=').ok_or(word))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|word| {
                let cause = format!("`name=value` is expected after a host, not `{word}`");
                Fault::Word(cause, word.clone())
            })?;
        let values: Vec<(&str, Node)> = assignments
            .into_iter()
            .map(|(name, value)| Ok((name, literal::value(value, &self.origin)?)))
            .collect::<Result<_, String>>()?;
        for host in &hosts {
            self.place.add_host(self.inventory, host, self.group, port)?;
            for (name, value) in &values {
                self.inventory.set_variable(host, name, value.clone())?;
            }
        }
        self.inventory.hosts_at(name, &hosts, &self.origin);
        Ok(())
    }

    fn variable(&mut self, line: &str) -> Result<(), Fault> {
        let (name, value) = line
            .split_once('=')
            .ok_or_else(|| format!("`name=value` is expected, not `{line}`"))?;
        let value = literal::value(value.trim(), &self.origin)?;
        self.inventory.set_group_variable(self.group, name.trim(), value)?;
        Ok(())
    }

    fn child(&mut self, line: &str) -> Result<(), Fault> {
        let name = line.split(char::is_whitespace).next().unwrap_or_default();
        let rest = line[name.len()..].trim_start();
        if name.is_empty()
            || name.contains([':', ']'])
            || !(rest.is_empty() || rest.starts_with('#'))
        {
            return Err(Fault::Line(format!("the name of a group is expected, not `{line}`")));
        }
        if let Some(child) = self.inventory.group(name).filter(|_| !self.pending.contains_key(name))
        {
            self.inventory.add_child(self.group, child)?;
            return Ok(());
        }
        let line = self.origin.line;
        let waiting = Pending { parents: Vec::new(), line };
        self.pending.entry(name.to_owned()).or_insert(waiting).parents.push(self.group);
        Ok(())
    }

    fn check_pending(&mut self) -> Result<(), Fault> {
        let first = self.pending.iter().min_by_key(|(_, waiting)| waiting.line);
        let Some((name, waiting)) = first else { return Ok(()) };
        self.origin.line = waiting.line;
        let cause = if waiting.parents.is_empty() {
            format!("there is no group `{name}`: declare it with `[{name}]`")
        } else {
            format!("there is no group `{name}` to be a child: declare it with `[{name}]`")
        };
        Err(Fault::Word(cause, name.clone()))
    }
}

/// `[name]` or `[name:kind]`, possibly followed by a comment.
fn header(line: &str) -> Option<(&str, Option<&str>)> {
    let (inner, rest) = line.strip_prefix('[')?.split_once(']')?;
    let rest = rest.trim_start();
    if !(rest.is_empty() || rest.starts_with('#')) {
        return None;
    }
    let (name, kind) = match inner.split_once(':') {
        Some((name, kind)) => (name, Some(kind)),
        None => (inner, None),
    };
    let word = |c: char| c.is_alphanumeric() || c == '_';
    let named = !name.is_empty() && !name.contains(char::is_whitespace);
    (named && kind.is_none_or(|kind| !kind.is_empty() && kind.chars().all(word)))
        .then_some((name, kind))
}
