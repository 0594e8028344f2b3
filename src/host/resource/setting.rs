//! One option in a section of a file with sections, `[main]` and the like, or in one without any.

use serde::Serialize;

use super::Thing;
use crate::host::{
    change::Change,
    fault::Fault,
    machine::{Access, Machine},
    record::Trace,
};

/// `name = value` in a section; an empty section is the part before the first one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Setting {
    pub path: String,
    pub section: String,
    pub name: String,
    /// `None` for no such option.
    pub value: Option<String>,
    /// What stands between name and value: ` = ` or `=`.
    pub between: &'static str,
    /// Holds a secret, which is never shown.
    pub secret: bool,
}

impl Thing for Setting {
    type Seen = Option<String>;

    fn key(&self) -> String {
        format!("setting:{}:{}:{}", self.path, self.section, self.name)
    }

    fn observe(&self, machine: &Machine) -> Result<Option<String>, Fault> {
        machine.text(&self.path)
    }

    fn diff(&self, seen: &Option<String>) -> Vec<Change> {
        let before = seen.as_deref().unwrap_or_default();
        if found(before, &self.section, &self.name) == self.value {
            return Vec::new();
        }
        let after =
            edited(before, (&self.section, &self.name), self.value.as_deref(), self.between);
        let text = format!("set `{}` of {}", self.name, self.path);
        vec![if self.secret { Change::new(text) } else { Change::of_text(text, before, &after) }]
    }

    fn perform(&self, machine: &Machine, seen: &Option<String>) -> Result<(), Fault> {
        let before = seen.as_deref().unwrap_or_default();
        let after =
            edited(before, (&self.section, &self.name), self.value.as_deref(), self.between);
        machine.write(&self.path, after.as_bytes(), &Access::default())
    }

    fn trace(&self, _machine: &Machine, seen: &Option<String>) -> Result<Option<Trace>, Fault> {
        let Some(value) = self.value.clone().filter(|_| !self.secret) else { return Ok(None) };
        let before = found(seen.as_deref().unwrap_or_default(), &self.section, &self.name);
        let before = before.filter(|before| *before != value);
        let (path, section, name) = (self.path.clone(), self.section.clone(), self.name.clone());
        Ok(Some(Trace::Setting { path, section, name, values: vec![value], before }))
    }
}

/// The value of an option on the host.
pub(crate) fn value(
    machine: &Machine,
    path: &str,
    section: &str,
    name: &str,
) -> Result<Option<String>, Fault> {
    Ok(found(&machine.text(path)?.unwrap_or_default(), section, name))
}

/// Gives an option the value that it had, or takes it out.
pub(crate) fn put_back(
    machine: &Machine,
    path: &str,
    place: (&str, &str),
    before: Option<&str>,
) -> Result<(), Fault> {
    let text = machine.text(path)?.unwrap_or_default();
    let between = if text.contains(" = ") { " = " } else { "=" };
    machine.write(path, edited(&text, place, before, between).as_bytes(), &Access::default())
}

/// The lines of a section: from where to where.
fn section(lines: &[&str], name: &str) -> Option<std::ops::Range<usize>> {
    let heading = |line: &&str| line.trim_start().starts_with('[');
    let start = if name.is_empty() {
        0
    } else {
        1 + lines.iter().position(|line| line.trim() == format!("[{name}]"))?
    };
    let length = lines[start..].iter().position(heading).unwrap_or(lines.len() - start);
    Some(start..start + length)
}

fn option(line: &str) -> Option<(&str, &str)> {
    let line = line.trim();
    if line.starts_with(['#', ';']) {
        return None;
    }
    let (name, value) = line.split_once('=')?;
    Some((name.trim(), value.trim()))
}

fn found(text: &str, name_of_section: &str, name: &str) -> Option<String> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let lines = &lines[section(&lines, name_of_section)?];
    let mut options = lines.iter().filter_map(|line| option(line));
    options.find(|(known, _)| *known == name).map(|(_, value)| value.to_owned())
}

fn edited(
    text: &str,
    (name_of_section, name): (&str, &str),
    value: Option<&str>,
    between: &str,
) -> String {
    let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
    let new = value.map(|value| format!("{name}{between}{value}\n"));
    let Some(range) = section(&lines, name_of_section) else {
        let Some(new) = new else { return text.to_owned() };
        let gap = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        return format!("{text}{gap}[{name_of_section}]\n{new}");
    };
    let known = lines[range.clone()]
        .iter()
        .position(|line| option(line).is_some_and(|(known, _)| known == name));
    let new = new.unwrap_or_default();
    if let Some(at) = known {
        lines[range.start + at] = &new;
    } else {
        // After the last line of the section that says something.
        let said = lines[range.clone()].iter().rposition(|line| !line.trim().is_empty());
        let at = range.start + said.map_or(0, |at| at + 1);
        lines.insert(at, &new);
        let before = at.checked_sub(1).and_then(|before| lines.get(before));
        if before.is_some_and(|line| !line.ends_with('\n')) {
            lines.insert(at, "\n");
        }
    }
    lines.concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_is_set_where_it_belongs() {
        let table = [
            ("", "main", Some("1"), "[main]\na=1\n"),
            ("[main]\n", "main", Some("1"), "[main]\na=1\n"),
            ("[main]\nb=2\n\n[x]\na=3\n", "main", Some("1"), "[main]\nb=2\na=1\n\n[x]\na=3\n"),
            ("[main]\na = 0\nb=2\n", "main", Some("1"), "[main]\na=1\nb=2\n"),
            ("[main]\n#a=0\n", "main", Some("1"), "[main]\n#a=0\na=1\n"),
            ("[main]\na=0\nb=1\n", "main", None, "[main]\nb=1\n"),
            ("[x]\nb=1", "main", Some("1"), "[x]\nb=1\n[main]\na=1\n"),
            ("[main]\nb=1", "main", Some("1"), "[main]\nb=1\na=1\n"),
            ("b=1\n[x]\n", "", Some("1"), "b=1\na=1\n[x]\n"),
            ("b=1\n", "main", None, "b=1\n"),
        ];
        for (before, section, value, after) in table {
            let edited = edited(before, (section, "a"), value, "=");
            assert_eq!(edited, after, "{before:?}");
            assert_eq!(found(&edited, section, "a").as_deref(), value, "{before:?}");
        }
    }
}
