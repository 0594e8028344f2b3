//! The site's files of variables as they are written, also those that count for no host.

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use super::Variables;
use crate::{
    ansible::{
        files::{Files, Text},
        yaml::{self, Data, Duplicate, Node},
    },
    origin::Origin,
    trouble::{Result, Trouble},
};

/// For whom a file's variables are.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Audience {
    /// For every host, over what groups and hosts say: a file at the top of a layer.
    Everybody,
    Group(String),
    Host(String),
}

/// Makes an audience of a name.
type Named = fn(String) -> Audience;

/// Folders of variables, and for whom those of a name are.
const FOLDERS: [(&str, Named); 2] =
    [("group_vars", Audience::Group), ("host_vars", Audience::Host)];

/// A file of variables.
#[derive(Debug)]
pub struct Written {
    /// As messages name it.
    pub file: Arc<str>,
    /// The layer that it belongs to, counted from the base.
    pub layer: usize,
    pub audience: Audience,
    /// Names with their places, and values.
    pub pairs: Vec<(Node, Node)>,
    /// The whole file was encrypted.
    pub secret: bool,
    pub duplicates: Vec<Duplicate>,
}

impl Variables {
    /// Every file of variables in the layers; a file that cannot be read is a trouble of its own.
    pub fn written(&self) -> Result<Vec<Result<Written>>> {
        let files = &self.site.files;
        let mut found = Vec::new();
        for (layer, dir) in self.site.layers.dirs.iter().enumerate() {
            let mut places = Vec::new();
            for path in files.extra_vars_files(dir)? {
                places.push((Audience::Everybody, path));
            }
            let inventory = dir.join("inventory");
            for (folder, audience) in FOLDERS {
                let named = of_folder(files, &inventory.join(folder))?;
                places.extend(named.into_iter().map(|(name, path)| (audience(name), path)));
            }
            let read = |(audience, path): (_, Utf8PathBuf)| {
                read(files, layer, audience, &path).transpose()
            };
            found.extend(places.into_iter().filter_map(read));
        }
        Ok(found)
    }

    /// The variables of hosts and groups that stand in inventories, each with a file of its own.
    pub fn written_in_inventories(&self) -> Result<Vec<Written>> {
        let inventory = &self.site.inventory;
        let hosts = inventory.hosts.iter();
        let hosts = hosts.map(|host| (Audience::Host(host.name.clone()), &host.vars));
        let groups = inventory.groups.iter();
        let groups = groups.map(|group| (Audience::Group(group.name.clone()), &group.vars));
        let mut found = Vec::new();
        for (audience, vars) in hosts.chain(groups) {
            for (name, value) in vars {
                found.extend(self.in_inventory(&audience, name, value)?);
            }
        }
        Ok(found)
    }

    /// Where an inventory first names a host, as far as its kind tells.
    pub fn host_origin(&self, name: &str) -> Option<&Origin> {
        let host = self.site.inventory.host(name)?;
        self.site.inventory.hosts[host].origin.as_ref()
    }

    /// Where an inventory first declares a group, as far as its kind tells.
    pub fn group_origin(&self, name: &str) -> Option<&Origin> {
        let group = self.site.inventory.group(name)?;
        self.site.inventory.groups[group].origin.as_ref()
    }

    /// A variable of an inventory that is a file of a layer.
    fn in_inventory(
        &self,
        audience: &Audience,
        name: &str,
        value: &Node,
    ) -> Result<Option<Written>> {
        let files = &self.site.files;
        let path = files.root.join(&*value.origin.file);
        let layer = self.site.layers.dirs.iter().rposition(|dir| path.starts_with(dir));
        let (Some(layer), Some(text)) = (layer, files.text(&path)?) else { return Ok(None) };
        let (key, origin) = places(&text.content, name, &value.origin);
        let key = Node { origin: key, data: Data::Text(name.to_owned()) };
        let value = Node { origin, data: value.data.clone() };
        Ok(Some(Written {
            file: text.file,
            layer,
            audience: audience.clone(),
            pairs: vec![(key, value)],
            secret: text.secret,
            duplicates: Vec::new(),
        }))
    }

    /// The lines around a place in one of the site's files, with a mark; none of a file that is encrypted.
    pub fn excerpt(&self, origin: &Origin) -> Option<String> {
        let files = &self.site.files;
        if origin.line == 0 {
            return None;
        }
        // What is no file of the site, such as a built-in default, has no lines to show.
        let text = files.text(&files.root.join(&*origin.file)).ok()??;
        (!text.secret).then(|| yaml::excerpt(&text.content, origin, "here"))
    }

    /// The place inside the value at `origin` that a message about it speaks of, if it can be found.
    pub fn pinpoint(&self, origin: &Origin, message: &str) -> Option<Origin> {
        let files = &self.site.files;
        let text = files.text(&files.root.join(&*origin.file)).ok()??;
        yaml::pinpoint(&text.content, origin, message)
    }

    /// The text of every file of the site, whatever it is for; encrypted ones are left out, and so is what this user may
    /// not read, such as keys that lie beside.
    pub fn texts(&self) -> Vec<String> {
        let files = &self.site.files;
        let mut found = Vec::new();
        collect(files, &files.root, 0, &mut found);
        found
    }

    /// The names of the site's environments, in their order. Where it has some, its shared layer alone is not what
    /// anybody works with.
    pub fn environments(&self) -> Result<Vec<String>> {
        let files = &self.site.files;
        let entries = files.list(&files.root.join("environments"))?.unwrap_or_default();
        let base = self.site.layers.base().file_name();
        let own = entries.into_iter().filter(|entry| entry.is_dir && Some(&*entry.name) != base);
        Ok(own.map(|entry| entry.name).collect())
    }

    /// The trouble of a host or group that is not there, with the environments to choose from if none is chosen.
    pub fn with_environments(&self, trouble: Trouble) -> Trouble {
        let known = match self.environment() {
            None => self.environments().unwrap_or_default(),
            Some(_) => Vec::new(),
        };
        let Some(first) = known.first() else { return trouble };
        trouble
            .because(format!("no environment is chosen; the site has {}", known.join(", ")))
            .hint(format!("give --environment {first}, or set YMIR_ENVIRONMENT={first}"))
    }
}

/// Where `name=value` stands in its line, the name and the value; in other inventories, the value's own place for both.
fn places(text: &str, name: &str, value: &Origin) -> (Origin, Origin) {
    let index = usize::try_from(value.line).unwrap_or(0).wrapping_sub(1);
    let line = text.lines().nth(index).unwrap_or_default();
    let begins = |at: usize| line[..at].chars().next_back().is_none_or(char::is_whitespace);
    let sets = |at: &usize| line[at + name.len()..].trim_start().starts_with('=');
    let mut found = line.match_indices(name).map(|(at, _)| at).filter(|at| begins(*at) && sets(at));
    let Some(at) = found.next() else { return (value.clone(), value.clone()) };
    let after = &line[at + name.len()..];
    let gap = after.find('=').map_or(0, |sign| {
        let rest = &after[sign + 1..];
        sign + 1 + rest.len() - rest.trim_start().len()
    });
    let column = |at: usize| u32::try_from(line[..at].chars().count() + 1).unwrap_or(0);
    let place = |at| Origin { column: column(at), ..value.clone() };
    (place(at), place(at + name.len() + gap))
}

/// Deeper directories are links that lead in circles.
const DEEPEST: usize = 12;

fn collect(files: &Files, dir: &Utf8Path, depth: usize, found: &mut Vec<String>) {
    for entry in files.list(dir).ok().flatten().unwrap_or_default() {
        let path = dir.join(&entry.name);
        if entry.is_dir && depth < DEEPEST && entry.name != ".git" {
            collect(files, &path, depth + 1, found);
        } else if !entry.is_dir {
            let bytes = files.read(&path).ok().flatten();
            found.extend(bytes.and_then(|bytes| String::from_utf8(bytes).ok()));
        }
    }
}

/// The files of `group_vars` or `host_vars`, with the name that each is for.
fn of_folder(files: &Files, folder: &Utf8Path) -> Result<Vec<(String, Utf8PathBuf)>> {
    let entries = files.list(folder)?.unwrap_or_default();
    let mut names: Vec<String> = entries
        .into_iter()
        .filter(|entry| !entry.name.starts_with('.') && !entry.name.ends_with('~'))
        .map(|entry| {
            let endings = [".yml", ".yaml", ".json"];
            let stem = endings.iter().find_map(|ending| entry.name.strip_suffix(ending));
            if entry.is_dir { entry.name } else { stem.unwrap_or(&entry.name).to_owned() }
        })
        .collect();
    names.dedup();
    let mut found = Vec::new();
    for name in names {
        let paths = files.vars_files(folder, &name)?;
        found.extend(paths.into_iter().map(|path| (name.clone(), path)));
    }
    Ok(found)
}

/// Nothing of a link that leads nowhere: as in Kayobe, it sets nothing.
fn read(
    files: &Files,
    layer: usize,
    audience: Audience,
    path: &Utf8Path,
) -> Result<Option<Written>> {
    let Some(text) = files.text(path)? else { return Ok(None) };
    let root = files.parse(&text)?;
    let duplicates =
        if text.secret { Vec::new() } else { yaml::duplicates(&text.content, &text.file) };
    let pairs = match root.data {
        Data::Map(pairs) => pairs,
        _ => Vec::new(),
    };
    let Text { file, secret, .. } = text;
    Ok(Some(Written { file, layer, audience, pairs, secret, duplicates }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_of_an_inventory_has_its_own_place() {
        let text = "[all]\nctl1 ctl1_port=1 port=70000\n[all:vars]\n  mtu = x\nb: 1\n";
        let table = [
            ("port", 2, (18, 23)),
            ("ctl1_port", 2, (6, 16)),
            ("mtu", 4, (3, 9)),
            ("b", 5, (9, 9)),
        ];
        for (name, line, expected) in table {
            let value = Origin { file: "hosts".into(), line, column: 9 };
            let (key, value) = places(text, name, &value);
            assert_eq!((key.column, value.column), expected, "{name}");
        }
    }
}
