//! The directories of configuration that one environment consists of: the base, its dependencies, itself.

use std::{collections::BTreeMap, sync::Arc};

use camino::{Utf8Path, Utf8PathBuf};

use super::{
    files::Files,
    world::World,
    yaml::{Data, Node},
};
use crate::{
    near,
    origin::Origin,
    trouble::{Result, Trouble},
};

/// The shared layer's name among environments in Ymir's own layout.
const COMMON: &str = "common";
/// Names the environments that an environment builds on.
const DEPENDENCIES_FILE: &str = ".kayobe-environment";
/// Kayobe uses this name for its own inventory.
const RESERVED: &str = "kayobe";

/// How a site repository is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// `environments/common` is the shared layer.
    Own,
    /// The directory itself is the shared layer, as in `etc/kayobe`.
    Kayobe,
}

/// The layers of one environment.
#[derive(Debug)]
pub struct Layers {
    pub layout: Layout,
    /// Lowest first: the base, the dependencies, the environment.
    pub dirs: Vec<Utf8PathBuf>,
    pub environment: Option<String>,
}

impl Layers {
    /// Finds the layers of an environment, or only the base without one.
    pub fn find(files: &Files, root: &Utf8Path, environment: Option<&str>) -> Result<Self> {
        let environments = root.join("environments");
        let layout = layout(files, root)?;
        let base = base(files, root)?;
        check_root(files, root, layout)?;
        let mut dirs = vec![base];
        if let Some(name) = environment {
            let names = Finder { files, environments: &environments, layout }.ordered(name)?;
            dirs.extend(names.iter().map(|name| environments.join(name)));
        }
        Ok(Self { layout, dirs, environment: environment.map(str::to_owned) })
    }

    /// Refuses what is no environment, and that none is chosen where there are some. As in Kayobe, the base of its
    /// layout may be worked on by itself.
    pub fn check(world: Arc<dyn World>, root: &Utf8Path, environment: Option<&str>) -> Result<()> {
        let files = Files::without_keys(world, root);
        let layers = Self::find(&files, root, environment)?;
        let environments = root.join("environments");
        let finder = Finder { files: &files, environments: &environments, layout: layers.layout };
        let known = match (layers.layout, environment) {
            (Layout::Own, None) => finder.known()?,
            _ => Vec::new(),
        };
        let Some(first) = known.first() else { return Ok(()) };
        Err(Trouble::usage("no environment is chosen")
            .because(format!("environments of this site: {}", known.join(", ")))
            .hint(format!("give --environment {first}, or set YMIR_ENVIRONMENT={first}")))
    }

    /// The shared layer.
    pub fn base(&self) -> &Utf8Path {
        &self.dirs[0]
    }

    /// The selected environment, or the base without one.
    pub fn selected(&self) -> &Utf8Path {
        &self.dirs[self.dirs.len() - 1]
    }
}

/// How the site repository at `root` is laid out.
pub fn layout(files: &Files, root: &Utf8Path) -> Result<Layout> {
    let own = files.list(&root.join("environments").join(COMMON))?.is_some();
    Ok(if own { Layout::Own } else { Layout::Kayobe })
}

/// The shared layer of the site repository at `root`.
pub fn base(files: &Files, root: &Utf8Path) -> Result<Utf8PathBuf> {
    Ok(match layout(files, root)? {
        Layout::Own => root.join("environments").join(COMMON),
        Layout::Kayobe => root.into(),
    })
}

/// The directory of an environment that is to be made; a name that none can have, or that is taken, is refused.
pub fn place_for(files: &Files, root: &Utf8Path, name: &str) -> Result<Utf8PathBuf> {
    let refused =
        |cause: &str| Trouble::refused(format!("making the environment `{name}`")).because(cause);
    if [RESERVED, COMMON].contains(&name) {
        return Err(refused(&format!("the name `{name}` is reserved")));
    }
    let odd = |c: char| c == '/' || c.is_whitespace() || c.is_control();
    if name.is_empty() || name.starts_with(['.', '-']) || name.contains(odd) {
        return Err(refused("this cannot be the name of an environment")
            .hint("use letters, digits, `-` and `_`"));
    }
    let environments = root.join("environments");
    let entries = files.list(&environments)?.unwrap_or_default();
    if entries.iter().any(|entry| entry.name == name) {
        return Err(refused(&format!("there is already {environments}/{name}"))
            .hint("choose another name, or remove what is there"));
    }
    Ok(environments.join(name))
}

fn check_root(files: &Files, root: &Utf8Path, layout: Layout) -> Result<()> {
    if layout == Layout::Own {
        return Ok(());
    }
    let refused = |cause: &str| {
        Trouble::refused(format!("opening the site repository {root}")).because(cause)
    };
    let Some(entries) = files.list(root)? else {
        return Err(refused("it is no directory").hint("check --config-path"));
    };
    let has = |name: &str| entries.iter().any(|entry| entry.is_dir && entry.name == name);
    if has("inventory") || has("environments") || !files.extra_vars_files(root)?.is_empty() {
        return Ok(());
    }
    let trouble = refused(
        "it has neither `environments/common` nor what a Kayobe configuration has: `inventory`, `environments` or YAML files",
    );
    let nested = root.join("etc/kayobe");
    Err(match files.list(&nested)? {
        Some(_) => trouble.hint(format!("did you mean --config-path {nested}?")),
        None => trouble.hint("check --config-path, $YMIR_CONFIG_PATH and $KAYOBE_CONFIG_PATH"),
    })
}

/// An environment that another one builds on, and where it says so.
type Dependency = (String, Origin);

struct Finder<'a> {
    files: &'a Files,
    environments: &'a Utf8Path,
    layout: Layout,
}

impl Finder<'_> {
    /// The environment after everything that it builds on. As in Kayobe, environments that depend on nothing come
    /// before all that depend on something, and so on; among equals the order is the one written.
    fn ordered(&self, name: &str) -> Result<Vec<String>> {
        let mut known = Vec::new();
        let mut levels = BTreeMap::new();
        self.visit((name, None), &mut Vec::new(), &mut known, &mut levels)?;
        // The sort is stable: it keeps the order of discovery.
        known.sort_by_key(|name| levels.get(name).copied());
        Ok(known)
    }

    /// The length of the longest chain of dependencies below an environment.
    fn visit(
        &self,
        (name, wanted_at): (&str, Option<&Origin>),
        above: &mut Vec<String>,
        known: &mut Vec<String>,
        levels: &mut BTreeMap<String, usize>,
    ) -> Result<usize> {
        if let Some(at) = above.iter().position(|other| other == name) {
            let circle = [&above[at..], &[name.to_owned()]].concat().join(" → ");
            let trouble = Trouble::refused("ordering the environments")
                .because(format!("they depend on each other in a circle: {circle}"))
                .hint(format!("remove a dependency in one of their {DEPENDENCIES_FILE} files"));
            return Err(wanted_at.into_iter().fold(trouble, Trouble::at));
        }
        if let Some(level) = levels.get(name) {
            return Ok(*level);
        }
        let told = |trouble| wanted_at.into_iter().fold(trouble, Trouble::at);
        self.check(name, above.last()).map_err(told)?;
        known.push(name.to_owned());
        above.push(name.to_owned());
        let mut level = 0;
        for (dependency, at) in self.dependencies(name)? {
            level = level.max(1 + self.visit((&dependency, Some(&at)), above, known, levels)?);
        }
        above.pop();
        levels.insert(name.to_owned(), level);
        Ok(level)
    }

    fn check(&self, name: &str, wanted_by: Option<&String>) -> Result<()> {
        let refused = |cause: String| {
            Trouble::refused(format!("opening the environment `{name}`")).because(cause)
        };
        if name == RESERVED || (name == COMMON && self.layout == Layout::Own) {
            return Err(refused(format!("the name `{name}` is reserved")));
        }
        let plain = !name.is_empty() && !name.contains('/') && !name.starts_with('.');
        if plain && self.files.list(&self.environments.join(name))?.is_some() {
            return Ok(());
        }
        let known = self.known()?;
        let cause = match wanted_by {
            Some(other) => {
                format!("the environment `{other}` depends on it, and it does not exist")
            }
            None => format!("there is no directory {}/{name}", self.files.shown(self.environments)),
        };
        let trouble = refused(cause);
        Err(match (&*known, near::nearest(name, known.iter().map(String::as_str)).first()) {
            ([], _) => trouble.hint(format!("there are no environments in {}", self.environments)),
            (_, Some(near)) => trouble
                .hint(format!("did you mean `{near}`? known environments: {}", known.join(", "))),
            (_, None) => trouble.hint(format!("known environments: {}", known.join(", "))),
        })
    }

    fn known(&self) -> Result<Vec<String>> {
        let entries = self.files.list(self.environments)?.unwrap_or_default();
        let shared = |name: &str| name == COMMON && self.layout == Layout::Own;
        let names = entries.into_iter().filter(|entry| entry.is_dir).map(|entry| entry.name);
        Ok(names.filter(|name| !shared(name) && !name.starts_with('.')).collect())
    }

    fn dependencies(&self, name: &str) -> Result<Vec<Dependency>> {
        let path = self.environments.join(name).join(DEPENDENCIES_FILE);
        let Some(text) = self.files.text(&path)? else { return Ok(Vec::new()) };
        let root = self.files.parse(&text)?;
        let refused = |node: &Node, cause: &str| {
            Trouble::refused(format!("reading {}", text.file)).because(cause).at(&node.origin)
        };
        let Some(list) = root.get("dependencies") else { return Ok(Vec::new()) };
        let Data::List(items) = &list.data else {
            let cause = "`dependencies` must be a list of environments";
            return Err(refused(list, cause).hint("write them as `dependencies: [one, other]`"));
        };
        let name = |item: &Node| {
            let text = item.data.as_text().map(str::to_owned);
            let text =
                text.ok_or_else(|| refused(item, "a dependency is the name of an environment"))?;
            Ok((text, item.origin.clone()))
        };
        items.iter().map(name).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ansible::inventory::tests::Paper;

    fn find(files: &[(&str, &str)], environment: Option<&str>) -> Result<String> {
        let layers = Layers::find(&Paper::of(files).files("/s"), Utf8Path::new("/s"), environment)?;
        let names = layers.dirs.iter().map(|dir| dir.as_str().trim_start_matches("/s"));
        Ok(format!("{:?} {}", layers.layout, names.collect::<Vec<_>>().join(" ")))
    }

    #[test]
    fn both_layouts_are_found() {
        let own = [("/s/environments/common/a.yml", ""), ("/s/environments/lab/a.yml", "")];
        let kayobe = [("/s/a.yml", ""), ("/s/environments/lab/a.yml", "")];
        assert_eq!(find(&own, None).unwrap(), "Own /environments/common");
        assert_eq!(find(&own, Some("lab")).unwrap(), "Own /environments/common /environments/lab");
        assert_eq!(find(&kayobe, None).unwrap(), "Kayobe ");
        assert_eq!(find(&kayobe, Some("lab")).unwrap(), "Kayobe  /environments/lab");
    }

    #[test]
    fn dependencies_come_first_in_the_order_written() {
        let files = [
            ("/s/a.yml", ""),
            ("/s/environments/e/.kayobe-environment", "dependencies: [z, a, m]"),
            ("/s/environments/a/.kayobe-environment", "dependencies: [deep]"),
            ("/s/environments/z/x.yml", ""),
            ("/s/environments/m/x.yml", ""),
            ("/s/environments/deep/x.yml", ""),
        ];
        let found = find(&files, Some("e")).unwrap();
        assert_eq!(found.replace("/environments/", ""), "Kayobe  z deep m a e");
    }

    #[test]
    fn a_new_environment_has_a_name_of_its_own() {
        let files = Paper::of(&[("/s/environments/lab/a.yml", "")]).files("/s");
        let table = [
            ("new", "/s/environments/new"),
            ("lab", "there is already /s/environments/lab"),
            ("kayobe", "the name `kayobe` is reserved"),
            ("common", "the name `common` is reserved"),
            ("../new", "this cannot be the name"),
            ("", "this cannot be the name"),
            (".new", "this cannot be the name"),
            ("a b", "this cannot be the name"),
        ];
        for (name, expected) in table {
            let found = place_for(&files, Utf8Path::new("/s"), name);
            let told = found.map_or_else(|trouble| trouble.to_string(), Into::into);
            assert!(told.contains(expected), "{name}: {told}");
        }
    }

    #[test]
    fn what_is_no_environment_is_refused() {
        let files = [
            ("/s/a.yml", ""),
            ("/s/environments/one/.kayobe-environment", "dependencies: [two]"),
            ("/s/environments/two/.kayobe-environment", "dependencies: [one]"),
            ("/s/environments/bad/.kayobe-environment", "dependencies: one"),
            ("/s/environments/lost/.kayobe-environment", "dependencies: [gone]"),
        ];
        let table = [
            ("one", "one → two → one"),
            ("bad", "`dependencies` must be a list"),
            ("lost", "the environment `lost` depends on it"),
            ("on", "did you mean `one`? known environments: bad, lost, one, two"),
            ("kayobe", "the name `kayobe` is reserved"),
            ("../s", "there is no directory"),
        ];
        for (name, expected) in table {
            let trouble = find(&files, Some(name)).unwrap_err();
            let message = format!("{trouble} {}", trouble.hints.join(" "));
            assert!(message.contains(expected), "{name}: {message}");
        }
        let other = find(&[("/s/etc/kayobe/a.yml", "")], None).unwrap_err();
        assert_eq!(other.hints, ["did you mean --config-path /s/etc/kayobe?"]);
    }
}
