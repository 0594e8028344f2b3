//! One change of a configuration, as an operator would make it with an editor.

use std::fs;

use camino::Utf8Path;
use serde::{Deserialize, Serialize};

/// Where a variable is defined: a file below the configuration, and the name in it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Place {
    pub(super) file: String,
    pub(super) name: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Change {
    /// Defines a variable, instead of what the file says about it.
    Set {
        place: Place,
        value: String,
    },
    Remove(Place),
    /// Misspells the name: letters swapped, one lost, or one too many.
    Rename {
        place: Place,
        typo: usize,
    },
    /// Adds lines to an inventory.
    Append {
        file: String,
        text: String,
    },
    /// Takes a host's lines out of an inventory and names it in another group.
    MoveHost {
        file: String,
        host: String,
        group: String,
    },
    /// One `-e`.
    Option(String),
    /// One `-e @file`.
    OptionFile(String),
    /// Makes an environment with what it needs, and the chosen one depend on it.
    DependOn {
        name: String,
        needs: Vec<String>,
    },
}

impl Change {
    /// The `-e` that it adds.
    pub(super) fn option(&self, dir: &Utf8Path, at: usize) -> Option<String> {
        match self {
            Self::Option(text) => Some(text.clone()),
            Self::OptionFile(_) => Some(format!("@{}", option_file(dir, at))),
            _ => None,
        }
    }

    /// The names that it is about; nothing tells those of inventories apart from other words.
    pub(super) fn texts(&self) -> Vec<&str> {
        match self {
            Self::Set { place, .. } | Self::Remove(place) | Self::Rename { place, .. } => {
                vec![&place.name]
            }
            Self::Append { text, .. } | Self::Option(text) | Self::OptionFile(text) => vec![text],
            Self::MoveHost { .. } | Self::DependOn { .. } => Vec::new(),
        }
    }

    /// Whether hosts may have other groups after it.
    pub(super) fn moves_hosts(&self) -> bool {
        matches!(self, Self::Append { .. } | Self::MoveHost { .. })
    }

    /// Changes the configuration below `dir`, whose `site` it is.
    pub(super) fn apply(&self, dir: &Utf8Path, at: usize, environment: Option<&str>) {
        let site = dir.join("site");
        match self {
            Self::Set { place, value } => edit(&site.join(&place.file), |text| {
                let line = format!("{}: {value}\n", place.name);
                without(text, &place.name).0 + &line
            }),
            Self::Remove(place) => {
                edit(&site.join(&place.file), |text| without(text, &place.name).0);
            }
            Self::Rename { place, typo } => edit(&site.join(&place.file), |text| {
                let (rest, definition) = without(text, &place.name);
                rest + &definition.replacen(&place.name, &misspelt(&place.name, *typo), 1)
            }),
            Self::Append { file, text } => {
                edit(&site.join(file), |before| before.to_owned() + text);
            }
            Self::MoveHost { file, host, group } => edit(&site.join(file), |text| {
                let of_host = |line: &&str| line.split_whitespace().next() == Some(host);
                let own = text.lines().find(of_host).unwrap_or(host).to_owned();
                let rest: Vec<&str> = text.lines().filter(|line| !of_host(line)).collect();
                format!("{}\n[{group}]\n{own}\n", rest.join("\n"))
            }),
            Self::Option(_) => {}
            Self::OptionFile(text) => edit(&option_file(dir, at), |_| text.clone()),
            Self::DependOn { name, needs } => depend(&site, environment, name, needs),
        }
    }
}

fn option_file(dir: &Utf8Path, at: usize) -> camino::Utf8PathBuf {
    dir.join(format!("options/{at}.yml"))
}

fn depend(site: &Utf8Path, environment: Option<&str>, name: &str, needs: &[String]) {
    let of = |name: &str| site.join(format!("environments/{name}/.kayobe-environment"));
    let list = |names: &[String]| format!("dependencies: [{}]\n", names.join(", "));
    edit(&of(name), |_| list(needs));
    for needed in needs {
        edit(&of(needed), |text| if text.trim().is_empty() { list(&[]) } else { text.to_owned() });
    }
    if let Some(chosen) = environment.filter(|chosen| *chosen != name) {
        edit(&of(chosen), |_| list(&[name.to_owned()]));
    }
}

/// Changes a file's text, or makes the file; where a folder stands in its way, nothing happens.
fn edit(path: &Utf8Path, change: impl Fn(&str) -> String) {
    let before = fs::read_to_string(path).unwrap_or_default();
    let folder = path.parent().unwrap();
    if path.is_dir() || fs::create_dir_all(folder).is_err() {
        return;
    }
    let whole = before.is_empty() || before.ends_with('\n');
    let ended = if whole { before } else { before + "\n" };
    fs::write(path, change(&ended)).unwrap();
}

/// A file's text without a variable's definition, and the definition.
fn without(text: &str, name: &str) -> (String, String) {
    let (mut rest, mut definition, mut inside) = (String::new(), String::new(), false);
    for line in text.split_inclusive('\n') {
        let continues = line.starts_with([' ', '\t', '-', '\n']) && !line.starts_with("---");
        let defines =
            line.strip_prefix(name).is_some_and(|after| after.trim_start().starts_with(':'));
        inside = defines || (inside && continues);
        if inside { &mut definition } else { &mut rest }.push_str(line);
    }
    (rest, definition)
}

fn misspelt(name: &str, typo: usize) -> String {
    let middle = name.len() / 2;
    match typo {
        0 => format!("{}{}", &name[..middle], &name[middle + 1..]),
        1 => format!("{}x{}", &name[..middle], &name[middle..]),
        _ => name.chars().rev().collect::<String>().replacen('_', "", 1),
    }
}
