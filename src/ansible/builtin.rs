//! Built-in data of an OpenStack release: Kayobe's defaults and groups, and Ymir's own variables.

use camino::{Utf8Path, Utf8PathBuf};
use include_dir::{Dir, File, include_dir};

use super::{files, yaml};
use crate::trouble::{Result, Trouble};

static DATA: Dir = include_dir!("$CARGO_MANIFEST_DIR/src/ansible/builtin");

/// The release whose defaults are loaded.
const RELEASE: &str = "2026.2";
/// The folder of Ymir's own variables.
const OWN: &str = "ymir";

/// Variables of one built-in file.
pub type Pairs = Vec<(String, yaml::Node)>;

/// Ymir's own variables, all named `ymir_…`.
pub fn own() -> Result<Pairs> {
    variables(OWN)
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
    found.sort_by_key(|file| file.path());
    let parsed = found.into_iter().map(parse).collect::<Result<Vec<_>>>()?;
    Ok(parsed.concat())
}

/// The same data as an inventory for Ansible itself: paths in it, and what the files hold.
pub(super) fn inventory() -> Vec<(Utf8PathBuf, String)> {
    let all = Utf8Path::new("group_vars/all");
    let placed = |file: &File| {
        let path = Utf8Path::from_path(file.path())?;
        let own = || Some(all.join(format!("{OWN}_{}", path.strip_prefix(OWN).ok()?)));
        let path = path.strip_prefix(RELEASE).ok().map(Utf8Path::to_owned).or_else(own)?;
        Some((path, file.contents_utf8()?.to_owned()))
    };
    let mut found = Vec::new();
    collect(&DATA, &mut found);
    found.into_iter().filter_map(placed).collect()
}

fn collect<'a>(dir: &'a Dir<'a>, found: &mut Vec<&'a File<'a>>) {
    found
        .extend(dir.files().filter(|file| file.path().extension().is_some_and(|end| end == "yml")));
    dir.dirs().for_each(|dir| collect(dir, found));
}

fn parse(file: &File) -> Result<Pairs> {
    let name = format!("built-in {}", file.path().display());
    let text =
        file.contents_utf8().ok_or_else(|| Trouble::internal(format!("{name} is no text")))?;
    files::variables(yaml::parse(text, &name.into())?)
}
