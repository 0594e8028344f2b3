//! Built-in data of an OpenStack release: Kayobe's defaults and groups, and Ymir's own variables.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use camino::{Utf8Path, Utf8PathBuf};
use include_dir::{Dir, File, include_dir};

use super::{files, yaml};
use crate::{
    origin::Setting,
    trouble::{Result, Trouble},
};

static DATA: Dir = include_dir!("$CARGO_MANIFEST_DIR/src/ansible/builtin");

/// The events of its YAML files, by their paths: parsing them each time would be a good part of what a short command
/// needs.
static EVENTS: Dir = include_dir!("$OUT_DIR/builtin");

/// The variables of all references whose types speak of secrets: a line each, its name and its type.
static SECRETS: &str = include_str!(concat!(env!("OUT_DIR"), "/secrets"));

/// The release whose defaults are loaded.
const RELEASE: &str = "2026.2";
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

/// Refuses a release that has no built-in data: another release's defaults would silently be wrong. `master` is the
/// newest.
pub fn check_release(release: &str, setting: &Setting) -> Result<()> {
    let mut known: Vec<String> = DATA
        .dirs()
        .map(|dir| dir.path().display().to_string())
        .filter(|name| name != OWN)
        .collect();
    known.sort();
    let asked = release.to_lowercase();
    if asked == "master" || known.contains(&asked) {
        return Ok(());
    }
    let trouble =
        Trouble::refused(format!("taking the defaults of the OpenStack release `{release}`"))
            .because(format!("Ymir knows the defaults of {}", known.join(", ")))
            .set_by(setting);
    Err(trouble
        .hint("set `openstack_release` to a release that is known, or use the Ymir made for yours"))
}

/// Types and descriptions of variables, by the name of their file.
pub fn reference() -> Result<Vec<(String, Pairs)>> {
    let folders = [RELEASE, OWN].map(|folder| DATA.get_dir(format!("{folder}/{REFERENCE}")));
    let mut files: Vec<&File> = folders.into_iter().flatten().flat_map(Dir::files).collect();
    files.sort_by_key(|file| file.path());
    let name = |file: &File| file.path().file_stem().map(|name| name.to_string_lossy().into());
    files.into_iter().map(|file| Ok((name(file).unwrap_or_default(), parse(file)?))).collect()
}

/// Names and types of the variables whose type speaks of secrets; every command that shows values asks for them.
pub fn secrets() -> impl Iterator<Item = (&'static str, &'static str)> {
    SECRETS.lines().filter_map(|line| line.split_once('\t'))
}

/// A file of words that the reference uses: `families` or `types`.
pub fn reference_words(name: &str) -> Result<Pairs> {
    let path = format!("{RELEASE}/{REFERENCE}/words/{name}.yml");
    DATA.get_file(&path)
        .map_or_else(|| Err(Trouble::internal(format!("there is no built-in {path}"))), parse)
}

/// The names of all variables that have a default, for whatever group.
pub fn names() -> Result<BTreeSet<String>> {
    let all = [variables(&format!("{RELEASE}/group_vars"))?, own()?].concat();
    Ok(all.into_iter().map(|(name, _)| name).collect())
}

/// The release's defaults for a group; `all` has those of every host.
pub fn defaults(group: &str) -> Result<Pairs> {
    let folder = format!("{RELEASE}/group_vars/{group}");
    match DATA.get_file(format!("{folder}.yml")) {
        Some(file) => parse(file),
        None => variables(&folder),
    }
}

/// The variables of all files below a folder, in the order of their names.
fn variables(folder: &str) -> Result<Pairs> {
    let Some(dir) = DATA.get_dir(folder) else { return Ok(Vec::new()) };
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

/// The release's contributions to the files for Kolla, by their paths in a layer.
pub fn contributions() -> Result<BTreeMap<String, Contribution>> {
    let mut found = Vec::new();
    let root = format!("{RELEASE}/kolla/files");
    DATA.get_dir(&root).into_iter().for_each(|dir| collect(dir, &mut found));
    let mut contributions = BTreeMap::new();
    for file in found {
        let path = file.path().strip_prefix(&root).ok().and_then(Utf8Path::from_path);
        let (Some(path), Some(text)) = (path, file.contents_utf8()) else { continue };
        let contribution = Contribution { file: shown(file).into(), text: text.to_owned() };
        contributions.insert(format!("kolla/{path}"), contribution);
    }
    for (path, variable) in pairs(&format!("{RELEASE}/kolla/free_form.yml"))? {
        let Some(name) = variable.data.as_text() else { continue };
        let text = format!(
            "{{% if {name} | default %}}\n# What the site adds in `{name}`.\n{{{{ {name} }}}}\n{{% endif %}}\n"
        );
        let file = format!("variable {name}").into();
        contributions.insert(format!("kolla/config/{path}"), Contribution { file, text });
    }
    Ok(contributions)
}

/// The variables that exist only while the files for Kolla are made: those that count less than what the site says,
/// and those that count more.
pub fn play_variables() -> Result<(Pairs, Pairs)> {
    let (mut below, mut above) = (Vec::new(), Vec::new());
    for (name, node) in pairs(&format!("{RELEASE}/kolla/variables.yml"))? {
        match name.as_str() {
            "below" => below = files::variables(node)?,
            _ => above = files::variables(node)?,
        }
    }
    Ok((below, above))
}

/// The pairs of one built-in file.
fn pairs(path: &str) -> Result<Pairs> {
    DATA.get_file(path).map_or_else(|| Ok(Vec::new()), parse)
}

fn shown(file: &File) -> String {
    format!("built-in {}", file.path().display())
}

/// The same data as an inventory for Ansible itself: paths in it, and what the files hold.
pub(super) fn inventory() -> Vec<(Utf8PathBuf, String)> {
    let all = Utf8Path::new("group_vars/all");
    let placed = |file: &File| {
        let path = Utf8Path::from_path(file.path())?;
        let own = || Some(all.join(format!("{OWN}_{}", path.strip_prefix(OWN).ok()?)));
        let path = path.strip_prefix(RELEASE).ok().map(Utf8Path::to_owned).or_else(own)?;
        let path = path.starts_with("group_vars").then_some(path)?;
        Some((path, file.contents_utf8()?.to_owned()))
    };
    let mut found = Vec::new();
    collect(&DATA, &mut found);
    found.into_iter().filter(|file| is_yaml(file)).filter_map(placed).collect()
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
    let events = EVENTS
        .get_file(file.path())
        .ok_or_else(|| Trouble::internal(format!("{name} was not parsed when Ymir was built")))?;
    files::variables(yaml::built_in(events.contents(), &name.into())?)
}

#[cfg(test)]
mod tests {
    use super::{DATA, RELEASE, check_release, files, is_yaml, parse, shown};
    use crate::{
        ansible::yaml,
        origin::{Origin, Setting},
    };
    use include_dir::{Dir, File};

    fn all<'a>(dir: &'a Dir<'a>, found: &mut Vec<&'a File<'a>>) {
        found.extend(dir.files());
        dir.dirs().for_each(|dir| all(dir, found));
    }

    #[test]
    fn what_was_parsed_beforehand_is_what_the_files_say() {
        let mut found = Vec::new();
        all(&DATA, &mut found);
        let templates = format!("{RELEASE}/kolla/files");
        found.retain(|file| is_yaml(file) && !file.path().starts_with(&templates));
        assert!(found.len() > 20);
        for file in found {
            let text = file.contents_utf8().unwrap();
            let read = files::variables(yaml::parse(text, &shown(file).into()).unwrap()).unwrap();
            assert_eq!(parse(file).unwrap(), read, "{}", shown(file));
        }
    }

    #[test]
    fn only_known_releases_are_taken() {
        let origin = Origin::whole("openstack.yml");
        let setting = Setting { variable: "openstack_release".into(), origin };
        assert!(check_release("2026.2", &setting).is_ok());
        assert!(check_release("master", &setting).is_ok());
        let trouble = check_release("2031.1", &setting).unwrap_err();
        assert!(trouble.to_string().contains("2026.2"), "{trouble}");
    }
}
