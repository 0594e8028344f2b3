//! Built-in data of an OpenStack release: Kayobe's defaults and groups, and Ymir's own variables.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use camino::{Utf8Path, Utf8PathBuf};
use include_dir::{Dir, File, include_dir};

use super::{files, yaml};
use crate::trouble::{Result, Trouble};

/// A tree of built-in folders: one for each OpenStack release, and that of Ymir's own variables.
struct Tree {
    data: Dir<'static>,
    /// The events of its YAML files, by their paths: parsing them each time would be a good part of what a short
    /// command needs.
    events: Dir<'static>,
}

static TREES: &[Tree] = &[
    Tree {
        data: include_dir!("$CARGO_MANIFEST_DIR/src/ansible/builtin"),
        events: include_dir!("$OUT_DIR/builtin"),
    },
    // An older release, so that tests have two.
    #[cfg(test)]
    Tree {
        data: include_dir!("$CARGO_MANIFEST_DIR/tests/releases"),
        events: include_dir!("$OUT_DIR/releases-of-tests"),
    },
];

/// The variables of all references whose types speak of secrets: a line each, with the folder, its name and its type.
static SECRETS: &str = include_str!(concat!(env!("OUT_DIR"), "/secrets"));

/// The folder of Ymir's own variables.
const OWN: &str = "ymir";
/// The folder, beside variables, of what there is to know about them.
const REFERENCE: &str = "reference";

/// Variables of one built-in file.
pub type Pairs = Vec<(String, yaml::Node)>;

/// Ymir's own variables, all named `ymir_…`.
pub fn own() -> Result<Pairs> {
    variables(OWN)
}

/// An OpenStack release whose data are built in. Whatever folder is there is one, named by the release's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Release(&'static str);

impl Release {
    /// All there are, the oldest first.
    pub fn all() -> Vec<Self> {
        let folders = TREES.iter().flat_map(|tree| tree.data.dirs());
        let names = folders.filter_map(|folder| folder.path().to_str());
        let mut all: Vec<Self> = names.filter(|name| *name != OWN).map(Self).collect();
        all.sort();
        all
    }

    /// The one for sites that name none.
    pub fn newest() -> Self {
        *Self::all().last().expect("a build without releases has no defaults")
    }

    /// The release as `openstack_release` names it; `master` is the newest.
    pub fn named(name: &str) -> Option<Self> {
        let name = name.to_lowercase();
        if name == "master" {
            return Some(Self::newest());
        }
        Self::all().into_iter().find(|release| release.0 == name)
    }

    /// The one for a site whose own is not there: the last before it, else the first after it; of what is no number nothing
    /// is near, so it is the newest.
    pub fn nearest(name: &str) -> Self {
        let is_number = name.starts_with(|c: char| c.is_ascii_digit());
        let all = Self::all();
        let before = all.iter().rev().find(|release| release.0 <= name);
        let found = if is_number { before.or(all.first()) } else { all.last() };
        found.copied().unwrap_or_else(Self::newest)
    }

    pub fn name(self) -> &'static str {
        self.0
    }

    /// Types and descriptions of variables, by the name of their file.
    pub fn reference(self) -> Result<Vec<(String, Pairs)>> {
        let folders = [self.0, OWN].map(|folder| folder_at(&format!("{folder}/{REFERENCE}")));
        let mut files: Vec<&File> = folders.into_iter().flatten().flat_map(Dir::files).collect();
        files.sort_by_key(|file| file.path());
        let name = |file: &File| file.path().file_stem().map(|name| name.to_string_lossy().into());
        files.into_iter().map(|file| Ok((name(file).unwrap_or_default(), parse(file)?))).collect()
    }

    /// Names and types of the variables whose type speaks of secrets; every command that shows values asks for them.
    pub fn secrets(self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let lines = SECRETS.lines().filter_map(|line| line.split_once('\t'));
        let own = lines.filter(move |(folder, _)| [self.0, OWN].contains(folder));
        own.filter_map(|(_, line)| line.split_once('\t'))
    }

    /// A file of words that the reference uses: `families` or `types`.
    pub fn reference_words(self, name: &str) -> Result<Pairs> {
        let path = format!("{}/{REFERENCE}/words/{name}.yml", self.0);
        file_at(&path)
            .map_or_else(|| Err(Trouble::internal(format!("there is no built-in {path}"))), parse)
    }

    /// The names of all variables that have a default, for whatever group.
    pub fn names(self) -> Result<BTreeSet<String>> {
        let all = [variables(&format!("{}/group_vars", self.0))?, own()?].concat();
        Ok(all.into_iter().map(|(name, _)| name).collect())
    }

    /// The release's defaults for a group; `all` has those of every host.
    pub fn defaults(self, group: &str) -> Result<Pairs> {
        let folder = format!("{}/group_vars/{group}", self.0);
        match file_at(&format!("{folder}.yml")) {
            Some(file) => parse(file),
            None => variables(&folder),
        }
    }

    /// The release's contributions to the files for Kolla, by their paths in a layer.
    pub fn contributions(self) -> Result<BTreeMap<String, Contribution>> {
        let mut found = Vec::new();
        let root = format!("{}/kolla/files", self.0);
        if let Some(folder) = folder_at(&root) {
            collect(folder, &mut found);
        }
        let mut contributions = BTreeMap::new();
        for file in found {
            let path = file.path().strip_prefix(&root).ok().and_then(Utf8Path::from_path);
            let (Some(path), Some(text)) = (path, file.contents_utf8()) else { continue };
            let contribution = Contribution { file: shown(file).into(), text: text.to_owned() };
            contributions.insert(format!("kolla/{path}"), contribution);
        }
        for (path, variable) in pairs(&format!("{}/kolla/free_form.yml", self.0))? {
            let Some(name) = variable.data.as_text() else { continue };
            contributions.insert(format!("kolla/config/{path}"), Contribution::of_variable(name));
        }
        Ok(contributions)
    }

    /// The variables that exist only while the files for Kolla are made: those that count less than what the site says,
    /// and those that count more.
    pub fn play_variables(self) -> Result<(Pairs, Pairs)> {
        let (mut below, mut above) = (Vec::new(), Vec::new());
        for (name, node) in pairs(&format!("{}/kolla/variables.yml", self.0))? {
            match name.as_str() {
                "below" => below = files::variables(node)?,
                _ => above = files::variables(node)?,
            }
        }
        Ok((below, above))
    }

    /// The same data as an inventory for Ansible itself: paths in it, and what the files hold.
    pub(super) fn inventory(self) -> Vec<(Utf8PathBuf, String)> {
        let all = Utf8Path::new("group_vars/all");
        let placed = |file: &File| {
            let path = Utf8Path::from_path(file.path())?;
            let own = || Some(all.join(format!("{OWN}_{}", path.strip_prefix(OWN).ok()?)));
            let path = path.strip_prefix(self.0).ok().map(Utf8Path::to_owned).or_else(own)?;
            let path = path.starts_with("group_vars").then_some(path)?;
            Some((path, file.contents_utf8()?.to_owned()))
        };
        let mut found = Vec::new();
        let folders = [self.0, OWN].into_iter().filter_map(folder_at);
        folders.for_each(|folder| collect(folder, &mut found));
        found.into_iter().filter(|file| is_yaml(file)).filter_map(placed).collect()
    }
}

/// The variables of all files below a folder, in the order of their names.
fn variables(folder: &str) -> Result<Pairs> {
    let Some(dir) = folder_at(folder) else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    collect(dir, &mut found);
    found.retain(|file| is_yaml(file));
    found.sort_by_key(|file| file.path());
    let parsed = found.into_iter().map(parse).collect::<Result<Vec<_>>>()?;
    Ok(parsed.into_iter().flatten().collect())
}

/// A file of Ymir's own that is merged with files of the site.
#[derive(Debug, Clone)]
pub struct Contribution {
    /// The file as messages name it.
    pub file: Arc<str>,
    pub text: String,
}

impl Contribution {
    /// What the site adds to a file by a variable that holds lines of it.
    fn of_variable(name: &str) -> Self {
        let text = format!(
            "{{% if {name} | default %}}\n# What the site adds in `{name}`.\n{{{{ {name} }}}}\n{{% endif %}}\n"
        );
        Self { file: format!("variable {name}").into(), text }
    }
}

/// The pairs of one built-in file.
fn pairs(path: &str) -> Result<Pairs> {
    file_at(path).map_or_else(|| Ok(Vec::new()), parse)
}

fn shown(file: &File) -> String {
    format!("built-in {}", file.path().display())
}

fn folder_at(path: &str) -> Option<&'static Dir<'static>> {
    TREES.iter().find_map(|tree| tree.data.get_dir(path))
}

fn file_at(path: &str) -> Option<&'static File<'static>> {
    TREES.iter().find_map(|tree| tree.data.get_file(path))
}

fn collect<'a>(dir: &'a Dir<'a>, found: &mut Vec<&'a File<'a>>) {
    found.extend(dir.files());
    let variables = dir.dirs().filter(|dir| !dir.path().ends_with(REFERENCE));
    variables.for_each(|dir| collect(dir, found));
}

fn is_yaml(file: &File) -> bool {
    file.path().extension().is_some_and(|end| end == "yml")
}

fn parse(file: &File) -> Result<Pairs> {
    let name = shown(file);
    let events = TREES
        .iter()
        .find_map(|tree| tree.events.get_file(file.path()))
        .ok_or_else(|| Trouble::internal(format!("{name} was not parsed when Ymir was built")))?;
    files::variables(yaml::built_in(events.contents(), &name.into())?)
}

#[cfg(test)]
mod tests {
    use super::{Release, TREES, files, is_yaml, parse, shown};
    use crate::ansible::yaml;
    use include_dir::{Dir, File};

    fn all<'a>(dir: &'a Dir<'a>, found: &mut Vec<&'a File<'a>>) {
        found.extend(dir.files());
        dir.dirs().for_each(|dir| all(dir, found));
    }

    #[test]
    fn what_was_parsed_beforehand_is_what_the_files_say() {
        let mut found = Vec::new();
        for tree in TREES {
            all(&tree.data, &mut found);
        }
        let is_template = |file: &File| file.path().iter().nth(2).is_some_and(|at| at == "files");
        found.retain(|file| is_yaml(file) && !is_template(file));
        assert!(found.len() > 20);
        for file in found {
            let text = file.contents_utf8().unwrap();
            let read = files::variables(yaml::parse(text, &shown(file).into()).unwrap()).unwrap();
            assert_eq!(parse(file).unwrap(), read, "{}", shown(file));
        }
    }

    #[test]
    fn every_folder_but_ymirs_own_is_a_release() {
        let names: Vec<_> = Release::all().into_iter().map(Release::name).collect();
        assert_eq!(names, ["2000.1", "2026.2"]);
        // They are sorted as text.
        let is_number = |name: &&str| name.chars().all(|c| c.is_ascii_digit() || c == '.');
        assert!(names.iter().all(is_number));
        let named = |name| Release::named(name).map(Release::name);
        assert_eq!(named("2000.1"), Some("2000.1"));
        assert_eq!(named("Master"), Some("2026.2"));
        assert_eq!(named("2031.1"), None);
        assert_eq!(named("ymir"), None);
    }

    #[test]
    fn of_an_unknown_release_the_one_before_it_is_nearest() {
        let table = [
            ("1999.2", "2000.1"),
            ("2000.1", "2000.1"),
            ("2025.1", "2000.1"),
            ("2031.1", "2026.2"),
            ("zed", "2026.2"),
            ("", "2026.2"),
        ];
        for (name, expected) in table {
            assert_eq!(Release::nearest(name).name(), expected, "{name}");
        }
    }
}
