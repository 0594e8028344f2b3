//! A whole section of a file with sections, such as a repository in a file of dnf's; other sections are others'.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Thing;
use crate::host::{
    change::Change,
    fault::Fault,
    machine::{Access, Machine},
    record::{self, Trace},
    removal::Verdict,
};

/// A section with exactly these options, or none of that name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Section {
    pub path: String,
    pub name: String,
    /// `None` for no such section. A value may have several lines.
    pub options: Option<Vec<(String, String)>>,
    /// Holds a secret, which is never shown.
    pub secret: bool,
}

/// What the options of a section are, by name.
type Options = BTreeMap<String, String>;

/// What a file with sections says, by section and option: comments, blank lines and order say nothing.
pub(crate) fn said(text: &str) -> BTreeMap<(String, String), String> {
    let mut said: BTreeMap<(String, String), String> = BTreeMap::new();
    let (mut section, mut last) = (String::new(), None::<(String, String)>);
    for line in text.lines() {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = heading(trimmed) {
            (section, last) = (name.to_owned(), None);
        } else if let (true, Some(key)) = (line.starts_with([' ', '\t']), &last) {
            let value = said.entry(key.clone()).or_default();
            value.push('\n');
            value.push_str(trimmed);
        } else if let Some((name, value)) = trimmed.split_once('=') {
            let key = (section.clone(), name.trim().to_owned());
            said.insert(key.clone(), value.trim().to_owned());
            last = Some(key);
        }
    }
    said
}

/// What a file of NetworkManager's says, in the words of its newer releases.
pub(crate) fn keyfile(text: &str) -> BTreeMap<(String, String), String> {
    let newer = |((section, name), value): ((String, String), String)| {
        let name = match (section.as_str(), name.as_str()) {
            ("connection", "master") => "controller".into(),
            ("connection", "slave-type") => "port-type".into(),
            _ => name,
        };
        ((section, name), value)
    };
    said(text).into_iter().map(newer).collect()
}

fn heading(line: &str) -> Option<&str> {
    line.trim().strip_prefix('[')?.strip_suffix(']')
}

/// The options of one section; `None` if there is no such section.
fn found(text: &str, name: &str) -> Option<Options> {
    text.lines().any(|line| heading(line) == Some(name)).then(|| {
        let all = said(text).into_iter();
        all.filter(|((section, _), _)| section == name)
            .map(|((_, name), value)| (name, value))
            .collect()
    })
}

/// The text without a section, and with a new one in its place or at the end.
fn edited(text: &str, name: &str, new: &str) -> String {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let Some(first) = lines.iter().position(|line| heading(line) == Some(name)) else {
        let gap = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        return format!("{text}{gap}{new}");
    };
    let length = lines[first + 1..].iter().position(|line| heading(line).is_some());
    let end = length.map_or(lines.len(), |length| first + 1 + length);
    lines[..first].concat() + new + &lines[end..].concat()
}

/// As Ansible's modules write it: an empty line behind each section.
fn written(name: &str, options: &[(String, String)]) -> String {
    let line =
        |(name, value): &(String, String)| format!("{name} = {}\n", value.replace('\n', "\n\t"));
    format!("[{name}]\n{}\n", options.iter().map(line).collect::<String>())
}

/// Of the options of a section, by which it is recognised as Ymir's.
pub(crate) fn digest(options: &[(String, String)]) -> String {
    record::digest(&serde_json::to_vec(options).unwrap_or_default())
}

fn listed(options: Options) -> Vec<(String, String)> {
    options.into_iter().collect()
}

impl Section {
    fn wanted(&self) -> Option<Options> {
        let trimmed = |(name, value): &(String, String)| (name.clone(), value.trim().to_owned());
        self.options.as_ref().map(|options| options.iter().map(trimmed).collect())
    }

    fn after(&self, before: &str) -> String {
        let new = self.options.as_ref().map(|options| written(&self.name, options));
        edited(before, &self.name, &new.unwrap_or_default())
    }
}

impl Thing for Section {
    type Seen = Option<String>;

    fn key(&self) -> String {
        format!("section:{}:{}", self.path, self.name)
    }

    fn observe(&self, machine: &Machine) -> Result<Option<String>, Fault> {
        machine.text(&self.path)
    }

    fn diff(&self, seen: &Option<String>) -> Vec<Change> {
        let before = seen.as_deref().unwrap_or_default();
        let now = found(before, &self.name);
        if now == self.wanted() {
            return Vec::new();
        }
        let verb = match (&now, &self.options) {
            (_, None) => "remove",
            (None, Some(_)) => "add",
            (Some(_), Some(_)) => "change",
        };
        let text = format!("{verb} the section `{}` of {}", self.name, self.path);
        vec![if self.secret {
            Change::new(text)
        } else {
            Change::of_text(text, before, &self.after(before))
        }]
    }

    fn perform(&self, machine: &Machine, seen: &Option<String>) -> Result<(), Fault> {
        let after = self.after(seen.as_deref().unwrap_or_default());
        // A secret is root's alone, in whatever file it is.
        let mode = self.secret.then_some(0o600);
        put(machine, &self.path, &after, mode)
    }

    fn trace(&self, _machine: &Machine, seen: &Option<String>) -> Result<Option<Trace>, Fault> {
        let Some(wanted) = self.wanted() else { return Ok(None) };
        let before = found(seen.as_deref().unwrap_or_default(), &self.name);
        let before = before.filter(|before| *before != wanted && !self.secret);
        Ok(Some(Trace::Section {
            path: self.path.clone(),
            name: self.name.clone(),
            contents: vec![digest(&listed(wanted))],
            before: before.map(listed),
        }))
    }
}

/// Writes a file, or takes it away where nothing is left in it.
fn put(machine: &Machine, path: &str, text: &str, mode: Option<u32>) -> Result<(), Fault> {
    if text.trim().is_empty() {
        return machine.remove(path);
    }
    machine.write(path, text.as_bytes(), &Access { mode, ..Access::default() })
}

/// What becomes of a section that nobody asks for any more.
pub(crate) fn judge(
    machine: &Machine,
    (path, name): (&str, &str),
    contents: &[String],
    restores: bool,
) -> Result<Verdict, Fault> {
    let text = machine.text(path)?.unwrap_or_default();
    Ok(match found(&text, name).map(|options| digest(&listed(options))) {
        None => Verdict::Forget,
        Some(digest) if contents.contains(&digest) => {
            let verb = if restores { "restore the earlier" } else { "remove the" };
            Verdict::Remove(Change::new(format!("{verb} section `{name}` of {path}")))
        }
        Some(_) => Verdict::Keep(format!(
            "the section `{name}` of {path} was changed by somebody else and stays"
        )),
    })
}

/// Takes a section away, or gives it back what it held before.
pub(crate) fn take_away(
    machine: &Machine,
    path: &str,
    name: &str,
    before: Option<&[(String, String)]>,
) -> Result<(), Fault> {
    let text = machine.text(path)?.unwrap_or_default();
    let new = before.map(|options| written(name, options)).unwrap_or_default();
    put(machine, path, &edited(&text, name, &new), None)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# by hand\n[a]\nname=A\nurl = x\n  y\n\n[b]\nname=B\n";

    #[test]
    fn what_a_file_says() {
        let said = said(TEXT);
        let value = |section: &str, name: &str| said[&(section.into(), name.into())].clone();
        assert_eq!(value("a", "url"), "x\ny");
        assert_eq!(value("b", "name"), "B");
        assert_eq!(said.len(), 3);
    }

    #[test]
    fn sections_are_edited_one_by_one() {
        let table = [
            (TEXT, "[a]\nn = 1\n\n", "# by hand\n[a]\nn = 1\n\n[b]\nname=B\n"),
            (TEXT, "", "# by hand\n[b]\nname=B\n"),
            ("[b]\nx=1", "[a]\nn = 1\n\n", "[b]\nx=1\n[a]\nn = 1\n\n"),
            ("", "[a]\nn = 1\n\n", "[a]\nn = 1\n\n"),
        ];
        for (before, new, after) in table {
            assert_eq!(edited(before, "a", new), after, "{before:?}");
        }
    }

    #[test]
    fn a_section_is_as_wanted_whatever_its_spelling() {
        let options = vec![("name".into(), "A".into()), ("url".into(), "x\ny".into())];
        let section =
            Section { path: "/f".into(), name: "a".into(), options: Some(options), secret: false };
        assert_eq!(section.diff(&Some(TEXT.into())), []);
        assert_eq!(section.after(""), "[a]\nname = A\nurl = x\n\ty\n\n");
        assert_eq!(section.diff(&Some(section.after(""))), []);
        let gone = Section { options: None, ..section };
        assert_eq!(gone.diff(&None), []);
        assert_eq!(gone.diff(&Some(TEXT.into())).len(), 1);
    }
}
