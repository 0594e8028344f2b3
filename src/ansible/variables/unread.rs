//! Files of a layer that look like variables and that nothing reads.

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use super::Variables;
use crate::{
    ansible::{
        files::{self, ENDINGS, Files},
        yaml::Data,
    },
    near,
    origin::Origin,
    trouble::Result,
};

/// Folders of variables.
const FOLDERS: [&str; 2] = ["group_vars", "host_vars"];
/// Endings of what is put aside or read by people.
const ASIDE: &[&str] =
    &["bak", "disabled", "dist", "example", "j2", "md", "off", "old", "orig", "rst", "sample"];

/// A file or a folder without effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// As messages name it.
    pub file: Arc<str>,
    pub why: Why,
}

/// Why nothing reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// It lies beside the inventory; here it would be read.
    Beside(Arc<str>),
    /// This one of the same name is read instead.
    Hidden(Arc<str>),
    /// Nothing with its ending is read.
    Ending,
    /// It is a directory, and is named as a file.
    Directory,
    /// It is a link that leads nowhere.
    Nowhere,
}

impl Variables {
    /// What looks like variables in the layers and is never read.
    pub fn unread(&self) -> Result<Vec<Unread>> {
        let files = &self.site.files;
        let mut found = Vec::new();
        for dir in &self.site.layers.dirs {
            let mut look = Look { files, found: &mut found };
            look.at_top(dir)?;
            for folder in FOLDERS {
                look.hidden(&dir.join("inventory").join(folder))?;
            }
            // An inventory that is a file of its own reads what lies beside it.
            let beside = if self.site.folders.contains(dir) { &[][..] } else { &FOLDERS };
            beside.iter().try_for_each(|folder| look.beside(dir, folder))?;
        }
        Ok(found)
    }
}

impl Variables {
    /// Ranges in inventories that give no host, and where they are written.
    pub fn empty_ranges(&self) -> &[(String, Origin)] {
        &self.site.inventory.empty
    }
}

struct Look<'a> {
    files: &'a Files,
    found: &'a mut Vec<Unread>,
}

impl Look<'_> {
    fn add(&mut self, path: &Utf8Path, why: Why) {
        self.found.push(Unread { file: self.files.shown(path), why });
    }

    /// A folder beside the inventory.
    fn beside(&mut self, dir: &Utf8Path, folder: &str) -> Result<()> {
        let path = dir.join(folder);
        if self.files.list(&path)?.is_some_and(|entries| !entries.is_empty()) {
            let belongs = self.files.shown(&dir.join("inventory").join(folder));
            self.add(&path, Why::Beside(belongs));
        }
        Ok(())
    }

    /// Files at the top of a layer, of which only three endings are read.
    fn at_top(&mut self, dir: &Utf8Path) -> Result<()> {
        for entry in self.files.list(dir)?.unwrap_or_default() {
            let path = dir.join(&entry.name);
            let Some(ending) = path.extension() else { continue };
            let is_read = ENDINGS.contains(&ending);
            if entry.is_dir && is_read {
                self.add(&path, Why::Directory);
            } else if is_read {
                self.link(&path);
            } else if !entry.is_dir && is_slip(ending) && self.holds_variables(&path) {
                self.add(&path, Why::Ending);
            }
        }
        Ok(())
    }

    /// For each name in `group_vars` or `host_vars`, what is not read because something else is.
    fn hidden(&mut self, folder: &Utf8Path) -> Result<()> {
        let entries = self.files.list(folder)?.unwrap_or_default();
        for entry in entries.iter().filter(|entry| !entry.name.starts_with('.')) {
            let path = folder.join(&entry.name);
            let name = match path.extension() {
                Some(ending) if ENDINGS.contains(&ending) => path.file_stem().unwrap_or_default(),
                _ => &entry.name,
            };
            let Some(read) = files::vars_entry(&entries, name) else { continue };
            if read.name != entry.name {
                self.add(&path, Why::Hidden(self.files.shown(&folder.join(&read.name))));
            } else if entry.is_dir {
                self.inside(&path)?;
            } else {
                self.link(&path);
            }
        }
        Ok(())
    }

    /// What a directory for one name holds, and is not read for its own name's sake.
    fn inside(&mut self, dir: &Utf8Path) -> Result<()> {
        for entry in self.files.list(dir)?.unwrap_or_default() {
            let path = dir.join(&entry.name);
            if entry.name.starts_with('.') || entry.name.ends_with('~') {
                continue;
            }
            let ending = path.extension();
            let is_read = ending.is_none_or(|ending| ENDINGS.contains(&ending));
            let is_aside = ending.is_some_and(|ending| ASIDE.contains(&ending));
            match (entry.is_dir, is_read) {
                (true, _) if ending.is_none() => self.inside(&path)?,
                (true, true) => self.add(&path, Why::Directory),
                (false, true) => self.link(&path),
                (false, false) if !is_aside && self.holds_variables(&path) => {
                    self.add(&path, Why::Ending);
                }
                (_, false) => {}
            }
        }
        Ok(())
    }

    /// A link that leads nowhere. What cannot be looked at cannot be read either, and that is told elsewhere.
    fn link(&mut self, path: &Utf8Path) {
        let found = self.files.world.kind(path.as_str());
        if found.is_ok_and(|found| found.link && found.kind.is_none()) {
            self.add(path, Why::Nowhere);
        }
    }

    /// Whether a file is a map whose keys could all be names of variables. What cannot be read says nothing.
    fn holds_variables(&self, path: &Utf8PathBuf) -> bool {
        let text = self.files.text(path).ok().flatten();
        let root = text.and_then(|text| self.files.parse(&text).ok());
        let Some(Data::Map(pairs)) = root.map(|root| root.data) else { return false };
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let is_name =
            |name: &str| name.chars().all(word) && !name.starts_with(|c: char| c.is_ascii_digit());
        !pairs.is_empty() && pairs.iter().all(|(key, _)| key.data.as_text().is_some_and(is_name))
    }
}

/// Whether an ending is one that is read with a slip of the pen.
fn is_slip(ending: &str) -> bool {
    let small = ending.to_lowercase();
    !ENDINGS.contains(&ending)
        && ENDINGS.iter().any(|known| *known == small || near::is_slip(&small, known))
}
