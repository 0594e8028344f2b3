//! Reads the files of a site repository: text, out of the vault if need be, parsed.

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use super::{
    duplicates::Duplicates,
    encoding, json, vault,
    world::{Entry, World},
    yaml::{self, Data, Node},
};
use crate::{
    origin::Origin,
    trouble::{Result, Trouble},
};

/// Endings of files that hold variables; a file without an ending does, too.
pub const ENDINGS: &[&str] = &["yml", "yaml", "json"];

/// Access to the files of one site.
#[derive(Debug)]
pub struct Files {
    pub world: Arc<dyn World>,
    /// Paths below it are shown relative to it.
    pub root: Utf8PathBuf,
    pub keys: vault::Keys,
    /// What is done about keys that stand twice in a map.
    pub duplicates: Duplicates,
}

/// A file's text.
#[derive(Debug)]
pub struct Text {
    /// The file as messages name it.
    pub file: Arc<str>,
    pub content: String,
    /// The whole file was encrypted.
    pub secret: bool,
}

/// A file of variables.
#[derive(Debug)]
pub struct VarsFile {
    pub pairs: Vec<(String, Node)>,
    /// The whole file was encrypted.
    pub secret: bool,
}

impl Files {
    /// Access without vault passwords.
    pub fn without_keys(world: Arc<dyn World>, root: &Utf8Path) -> Self {
        let (keys, duplicates) = (vault::Keys::default(), Duplicates::default());
        Self { world, root: root.into(), keys, duplicates }
    }

    /// The file as messages name it: below the site's root without the root.
    pub fn shown(&self, path: &Utf8Path) -> Arc<str> {
        path.strip_prefix(&self.root).unwrap_or(path).as_str().into()
    }

    /// What a directory holds, sorted by name; `None` if it is no directory.
    pub fn list(&self, path: &Utf8Path) -> Result<Option<Vec<Entry>>> {
        let found = self.world.list(path.as_str());
        found.map_err(|trouble| self.unreadable("reading the directory", path, &trouble))
    }

    /// A file's bytes as they are; `None` if there is no such file.
    pub fn read(&self, path: &Utf8Path) -> Result<Option<Vec<u8>>> {
        let found = self.world.read(path.as_str());
        found.map_err(|trouble| self.unreadable("reading", path, &trouble))
    }

    /// The trouble with the name and the place that the file has in messages.
    fn unreadable(&self, doing: &str, path: &Utf8Path, trouble: &Trouble) -> Trouble {
        let file = self.shown(path);
        let told = Trouble::new(trouble.kind, format!("{doing} {file}")).at(&Origin::whole(&file));
        let told = trouble.causes.iter().fold(told, Trouble::because);
        trouble.hints.iter().cloned().fold(told, Trouble::hint)
    }

    /// A file's text; `None` if there is no such file.
    pub fn text(&self, path: &Utf8Path) -> Result<Option<Text>> {
        let Some(bytes) = self.read(path)? else { return Ok(None) };
        let file = self.shown(path);
        let content = encoding::text(bytes, &file)?;
        let secret = vault::is_vault(&content);
        let content = if secret {
            vault::open(&content, &self.keys, &Origin::whole(&file))?
        } else {
            content
        };
        Ok(Some(Text { file, content, secret }))
    }

    /// A file's bytes, out of the vault if need be, and whether they were in it; `None` if there is no such file.
    pub fn bytes(&self, path: &Utf8Path) -> Result<Option<(Vec<u8>, bool)>> {
        let Some(bytes) = self.read(path)? else { return Ok(None) };
        let Some(vault) = std::str::from_utf8(&bytes).ok().filter(|text| vault::is_vault(text))
        else {
            return Ok(Some((bytes, false)));
        };
        let origin = Origin::whole(&self.shown(path));
        let content = vault::open(vault, &self.keys, &origin)?;
        Ok(Some((content.into_bytes(), true)))
    }

    /// The text as Ansible loads it: JSON if it is that, else YAML.
    pub fn parse(&self, text: &Text) -> Result<Node> {
        let (node, duplicates) = noting_duplicates(&text.content, &text.file, text.secret)?;
        self.duplicates.judge(&duplicates, text.secret)?;
        Ok(node)
    }

    /// A file of variables; `None` if there is no such file.
    pub fn vars(&self, path: &Utf8Path) -> Result<Option<VarsFile>> {
        let Some(text) = self.text(path)? else { return Ok(None) };
        let root = self.parse(&text)?;
        let origin = root.origin.clone();
        let pairs = variables(root).map_err(|trouble| {
            yaml::invisible(&text.content, &origin).into_iter().fold(trouble, Trouble::hint)
        })?;
        Ok(Some(VarsFile { pairs, secret: text.secret }))
    }

    /// [`vars`](Self::vars) for extra variables, where Ansible takes no file without any.
    pub fn extra_vars(&self, path: &Utf8Path) -> Result<Option<VarsFile>> {
        let Some(text) = self.text(path)? else { return Ok(None) };
        let root = self.parse(&text)?;
        if !matches!(root.data, Data::Map(_)) {
            let trouble = Trouble::refused(format!("reading variables from {}", text.file))
                .because(format!("it holds {}, not a map of variables", root.data.kind()))
                .at(&root.origin);
            return Err(match yaml::invisible(&text.content, &root.origin) {
                Some(hint) => trouble.hint(hint),
                None => trouble.hint("set a variable in it, write `{}`, or remove the file: Ansible refuses one without variables"),
            });
        }
        Ok(Some(VarsFile { pairs: variables(root)?, secret: text.secret }))
    }

    /// The files of `group_vars` or `host_vars` for one name, in the order in which they are read.
    pub fn vars_files(&self, folder: &Utf8Path, name: &str) -> Result<Vec<Utf8PathBuf>> {
        let Some(entries) = self.list(folder)? else { return Ok(Vec::new()) };
        self.vars_files_among(&entries, folder, name)
    }

    /// [`vars_files`](Self::vars_files) of a folder that was listed.
    pub fn vars_files_among(
        &self,
        entries: &[Entry],
        folder: &Utf8Path,
        name: &str,
    ) -> Result<Vec<Utf8PathBuf>> {
        let Some(found) = vars_entry(entries, name) else { return Ok(Vec::new()) };
        let mut files = Vec::new();
        if found.is_dir {
            self.collect(&folder.join(&found.name), &mut files)?;
        } else {
            files.push(folder.join(&found.name));
        }
        Ok(files)
    }

    fn collect(&self, folder: &Utf8Path, files: &mut Vec<Utf8PathBuf>) -> Result<()> {
        for entry in self.list(folder)?.unwrap_or_default() {
            if entry.name.starts_with('.') || entry.name.ends_with('~') {
                continue;
            }
            let path = folder.join(&entry.name);
            let ending = path.extension();
            if entry.is_dir && ending.is_none() {
                self.collect(&path, files)?;
            } else if !entry.is_dir && ending.is_none_or(|ending| ENDINGS.contains(&ending)) {
                files.push(path);
            }
        }
        Ok(())
    }

    /// The extra-vars files of a layer: those with an ending, at its top level.
    pub fn extra_vars_files(&self, layer: &Utf8Path) -> Result<Vec<Utf8PathBuf>> {
        let entries = self.list(layer)?.unwrap_or_default();
        let files =
            entries.iter().filter(|entry| !entry.is_dir).map(|entry| layer.join(&entry.name));
        let with_ending =
            |path: &Utf8PathBuf| path.extension().is_some_and(|ending| ENDINGS.contains(&ending));
        Ok(files.filter(with_ending).collect())
    }
}

/// The file or directory of a listed `group_vars` or `host_vars` that is read for a name: the first that exists.
pub fn vars_entry<'e>(entries: &'e [Entry], name: &str) -> Option<&'e Entry> {
    let endings = std::iter::once(String::new()).chain(ENDINGS.iter().map(|end| format!(".{end}")));
    let find = |name: String| {
        entries.binary_search_by(|entry| entry.name.cmp(&name)).ok().map(|at| &entries[at])
    };
    endings.map(|end| format!("{name}{end}")).find_map(find)
}

/// A text as Ansible loads it: JSON if it is that, else YAML; no message shows a line of a secret one.
pub fn parse(text: &str, file: &Arc<str>, secret: bool) -> Result<Node> {
    noting_duplicates(text, file, secret).map(|(node, _)| node)
}

fn noting_duplicates(
    text: &str,
    file: &Arc<str>,
    secret: bool,
) -> Result<(Node, Vec<yaml::Duplicate>)> {
    // YAML refuses what is too large.
    if text.len() <= yaml::FILE_BYTES
        && let Ok(node) = json::parse(text, file)
    {
        return Ok((node, Vec::new()));
    }
    if secret {
        yaml::secret_noting_duplicates(text, file)
    } else {
        yaml::noting_duplicates(text, file)
    }
}

/// The variables of a map; as in Ansible, what is empty or zero is no variables.
pub fn variables(root: Node) -> Result<Vec<(String, Node)>> {
    let pairs = match root.data {
        Data::Map(pairs) => pairs,
        nothing if nothing.is_nothing() => Vec::new(),
        other => {
            return Err(Trouble::refused(format!("reading variables from {}", root.origin.file))
                .because(format!("it holds {}, not a map of variables", other.kind()))
                .at(&root.origin));
        }
    };
    let named = |(name, value): (Node, Node)| Some((variable_name(&name)?.to_owned(), value));
    Ok(pairs.into_iter().filter_map(named).collect())
}

/// The name of a variable; one that is no text is left out, because no template can ask for it.
pub fn variable_name(name: &Node) -> Option<&str> {
    let text = name.data.as_text();
    if text.is_none() {
        let (origin, kind) = (&name.origin, name.data.kind());
        tracing::warn!(
            "{origin}: the name of a variable is {kind}, so nothing can ask for it: quote it"
        );
    }
    text
}
