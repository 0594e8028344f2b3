//! Ansible's own settings: the `ansible.cfg` that counts, and the environment variables that override it.

use std::{collections::BTreeMap, sync::Arc};

use camino::{Utf8Path, Utf8PathBuf};

use super::{encoding, world::World};
use crate::trouble::Result;

/// A setting's environment variable, and its section and key in the file.
pub type Name = (&'static str, &'static str, &'static str);

/// What the operator has set.
#[derive(Debug)]
pub struct Config {
    world: Arc<dyn World>,
    /// The file that counts, if there is one.
    file: Option<Utf8PathBuf>,
    values: BTreeMap<(String, String), String>,
}

impl Config {
    /// Reads the file that counts: `$ANSIBLE_CONFIG`, else that of the site, else where Ansible looks by itself.
    pub fn find(world: &Arc<dyn World>, base: &Utf8Path) -> Result<Self> {
        let given = world.env("ANSIBLE_CONFIG").filter(|path| !path.is_empty());
        let given = given.map(|path| expanded(&**world, &path)).map(|path| {
            let is_dir = matches!(world.list(path.as_str()), Ok(Some(_)));
            if is_dir { path.join("ansible.cfg") } else { path }
        });
        let site = [given.unwrap_or_else(|| base.join("ansible.cfg"))];
        let here = (!world.anybody_writes(".")).then(|| Utf8PathBuf::from("ansible.cfg"));
        let home = expanded(&**world, "~/.ansible.cfg");
        let of_machine = [home, "/etc/ansible/ansible.cfg".into()];
        let read = |path: &Utf8PathBuf| match world.read(path.as_str()) {
            // As in Ansible, what this user may not read on the machine is not for it.
            Err(_) if of_machine.contains(path) => Ok(None),
            read => read,
        };
        for path in site.into_iter().chain(here).chain(of_machine.clone()) {
            if let Some(bytes) = read(&path)? {
                let text = encoding::text(bytes, &path.as_str().into())?;
                let values = values(&text);
                return Ok(Self { world: Arc::clone(world), file: Some(path), values });
            }
        }
        Ok(Self { world: Arc::clone(world), file: None, values: BTreeMap::new() })
    }

    /// The file that counts.
    pub fn file(&self) -> Option<&Utf8Path> {
        self.file.as_deref()
    }

    /// What the file says, whatever the environment says.
    pub fn in_file(&self, section: &str, key: &str) -> Option<&str> {
        self.values.get(&(section.to_owned(), key.to_owned())).map(String::as_str)
    }

    /// A setting's value, if anything sets it.
    pub fn value(&self, (variable, section, key): Name) -> Option<String> {
        let set = self.world.env(variable).filter(|value| !value.is_empty());
        set.or_else(|| self.values.get(&(section.to_owned(), key.to_owned())).cloned())
    }

    /// Where a setting that is set has its value from.
    pub fn place(&self, (variable, section, _): Name) -> String {
        let set = self.world.env(variable).is_some_and(|value| !value.is_empty());
        match &self.file {
            Some(file) if !set => format!("[{section}] of {file}"),
            _ => format!("${variable}"),
        }
    }

    /// A setting that is on or off.
    pub fn flag(&self, name: Name) -> Option<bool> {
        let on = |value: String| {
            matches!(&*value.to_lowercase(), "true" | "yes" | "on" | "1" | "y" | "t")
        };
        self.value(name).map(on)
    }

    /// A setting that is a list with commas.
    pub fn list(&self, name: Name) -> Option<Vec<String>> {
        let items = |value: String| value.split(',').map(|item| item.trim().to_owned()).collect();
        self.value(name).map(items)
    }

    /// A setting that is a path: in the file it is relative to the file.
    pub fn path(&self, name: Name) -> Option<Utf8PathBuf> {
        let path = expanded(&*self.world, &self.value(name)?);
        let from_file = self.world.env(name.0).is_none_or(|value| value.is_empty());
        match self.file.as_ref().and_then(|file| file.parent()).filter(|_| from_file) {
            Some(dir) => Some(dir.join(path)),
            None => Some(path),
        }
    }
}

/// A path with `~` and environment variables filled in.
pub fn expanded(world: &dyn World, path: &str) -> Utf8PathBuf {
    let home = || world.env("HOME").unwrap_or_default();
    let path = match path.strip_prefix('~') {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => home() + rest,
        _ => path.to_owned(),
    };
    let mut pieces = path.split('$');
    let mut whole = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let braced = piece.strip_prefix('{').and_then(|piece| piece.split_once('}'));
        let word = |c: char| c.is_alphanumeric() || c == '_';
        let plain = || piece.split_at(piece.find(|c| !word(c)).unwrap_or(piece.len()));
        let (name, rest) = braced.unwrap_or_else(plain);
        match world.env(name) {
            Some(value) => whole.extend([&value, rest]),
            None => whole.extend(["$", piece]),
        }
    }
    whole.into()
}

/// The values of an INI file as Python's `configparser` reads them: the last one wins, an indented line goes on with
/// the one above.
fn values(text: &str) -> BTreeMap<(String, String), String> {
    let mut values = BTreeMap::new();
    let mut section = String::new();
    let mut last: Option<(String, String)> = None;
    for line in text.lines() {
        let content = without_comment(line);
        if content.trim().is_empty() {
            continue;
        }
        let trimmed = content.trim();
        if line.starts_with([' ', '\t'])
            && let Some(name) = &last
        {
            let value: &mut String = values.entry(name.clone()).or_default();
            value.extend(["\n", trimmed]);
        } else if let Some(name) = trimmed.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'))
        {
            (section, last) = (name.to_owned(), None);
        } else if let Some((key, value)) = trimmed.split_once(['=', ':']) {
            let name = (section.clone(), key.trim().to_lowercase());
            values.insert(name.clone(), value.trim().to_owned());
            last = Some(name);
        }
    }
    values
}

/// `#` and `;` begin a comment at the start of a line, `;` also after a space.
fn without_comment(line: &str) -> &str {
    if line.trim_start().starts_with(['#', ';']) {
        return "";
    }
    let comment = line
        .match_indices(';')
        .map(|(at, _)| at)
        .find(|at| line[..*at].ends_with(char::is_whitespace));
    comment.map_or(line, |at| &line[..at])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ansible::inventory::tests::Paper;

    fn config(files: &[(&str, &str)], env: &[(&str, &str)]) -> Config {
        let mut paper = Paper::of(files);
        paper.env = env.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let world: Arc<dyn World> = Arc::new(paper);
        Config::find(&world, Utf8Path::new("/s")).unwrap()
    }

    #[test]
    fn a_setting_is_found_in_its_section() {
        let text =
            "[other]\nkey = no\n[defaults]\n# key = 1\nKey: False ; why\nlist = a,\n  b=c ,d\n";
        let config = config(&[("/s/ansible.cfg", text)], &[("ANSIBLE_SET", "yes")]);
        let value = |key| config.value(("ANSIBLE_X", "defaults", key));
        assert_eq!(value("key").as_deref(), Some("False"));
        assert_eq!(value("none"), None);
        assert_eq!(config.flag(("ANSIBLE_X", "defaults", "key")), Some(false));
        assert_eq!(config.flag(("ANSIBLE_SET", "defaults", "key")), Some(true));
        let list = config.list(("ANSIBLE_X", "defaults", "list"));
        assert_eq!(list.unwrap(), ["a", "b=c", "d"]);
    }

    #[test]
    fn the_file_that_counts_is_the_first_that_exists() {
        let name = ("ANSIBLE_X", "defaults", "file");
        let all = [
            ("/given.cfg", "[defaults]\nfile=a"),
            ("/dir/ansible.cfg", "[defaults]\nfile=~/b"),
            ("/s/ansible.cfg", "[defaults]\nfile=$HOME/c"),
            ("/home/.ansible.cfg", "[defaults]\nfile=/d"),
        ];
        let home = ("HOME", "/home");
        let table: &[(&[_], &[_], &str)] = &[
            (&all, &[home, ("ANSIBLE_CONFIG", "/given.cfg")], "/a"),
            (&all, &[home, ("ANSIBLE_CONFIG", "/dir")], "/home/b"),
            (&all, &[home], "/home/c"),
            (&all[3..], &[home], "/d"),
            (&all, &[home, ("ANSIBLE_X", "e")], "e"),
        ];
        for (files, env, expected) in table {
            assert_eq!(config(files, env).path(name).unwrap(), *expected);
        }
    }
}
