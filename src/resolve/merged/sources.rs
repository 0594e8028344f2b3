//! Where the files that are merged lie: built in, and in the layers.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use camino::Utf8PathBuf;
use serde::{Serialize, Serializer};

use crate::{
    ansible::{
        Variables,
        builtin::Contribution,
        files::Files,
        merge::{glob, rules::Include},
        template::Lines,
    },
    trouble::{Result, Tell, Trouble},
};

/// A file that is merged with others.
#[derive(Debug, Clone)]
pub enum Source {
    BuiltIn(Contribution),
    Layer { path: Utf8PathBuf, shown: Arc<str> },
}

/// A source's content.
pub(super) struct Read {
    pub file: Arc<str>,
    pub bytes: Vec<u8>,
    /// The whole file was encrypted.
    pub secret: bool,
}

impl Source {
    /// The file as messages name it.
    pub fn shown(&self) -> &Arc<str> {
        match self {
            Self::BuiltIn(contribution) => &contribution.file,
            Self::Layer { shown, .. } => shown,
        }
    }

    /// The content as it is written; nothing of a file that cannot be read.
    pub(super) fn written(&self, files: &Files) -> Vec<u8> {
        match self {
            Self::BuiltIn(contribution) => contribution.text.clone().into_bytes(),
            Self::Layer { path, .. } => {
                files.world.read(path.as_str()).ok().flatten().unwrap_or_default()
            }
        }
    }

    /// The content, out of the vault if need be.
    pub(super) fn read(&self, files: &Files) -> Result<Read> {
        match self {
            Self::BuiltIn(Contribution { file, text }) => {
                Ok(Read { file: Arc::clone(file), bytes: text.clone().into_bytes(), secret: false })
            }
            Self::Layer { path, shown } => {
                let gone = || Trouble::refused(format!("reading {shown}")).because("it is gone");
                let (bytes, secret) = files.bytes(path)?.ok_or_else(gone)?;
                Ok(Read { file: Arc::clone(shown), bytes, secret })
            }
        }
    }
}

impl Read {
    /// The content as lines of text.
    pub(super) fn lines(&self) -> Result<Lines> {
        let text = std::str::from_utf8(&self.bytes)
            .or_refused(|| format!("reading {} as a template, which is text", self.file));
        let text = text.map_err(|trouble| {
            trouble.hint("a file that is no text needs a rule with `strategy: copy` in `kolla_openstack_custom_config_rules_extra`")
        })?;
        Ok(Lines::of_file(&self.file, text))
    }
}

impl Serialize for Source {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.shown())
    }
}

/// Where sources are looked for.
pub(super) struct Places<'a> {
    pub variables: &'a Variables,
    pub built_in: &'a BTreeMap<String, Contribution>,
    /// The layers' directories, lowest first.
    pub dirs: &'a [Utf8PathBuf],
}

impl Places<'_> {
    /// All files of this path in a layer, lowest first.
    pub(super) fn named(&self, path: &str) -> Result<Vec<Source>> {
        let mut found: Vec<Source> = self.built_in(path).into_iter().collect();
        for dir in self.dirs {
            let path = dir.join(path);
            if self.variables.files().world.read(path.as_str())?.is_some() {
                found.push(self.layer(path));
            }
        }
        Ok(found)
    }

    /// For each path below `folder` that an enabled pattern finds in any layer its files, lowest first.
    pub(super) fn matching(
        &self,
        folder: &str,
        includes: &[Include],
    ) -> Result<BTreeMap<String, Vec<Source>>> {
        let files = self.variables.files();
        let mut paths: Vec<(Option<&Utf8PathBuf>, BTreeSet<String>)> = Vec::new();
        let below = |path: &String| path.strip_prefix(folder)?.strip_prefix('/').map(str::to_owned);
        let enabled = || includes.iter().filter(|include| include.enabled);
        let fits = |path: &String| enabled().any(|include| glob::matches(&include.glob, path));
        paths.push((None, self.built_in.keys().filter_map(below).filter(fits).collect()));
        for dir in self.dirs {
            let mut found = BTreeSet::new();
            for include in enabled() {
                let fitting = files.find(&dir.join(folder), &include.glob)?;
                found.extend(fitting.into_iter().map(Utf8PathBuf::into_string));
            }
            paths.push((Some(dir), found));
        }
        let mut merged: BTreeMap<String, Vec<Source>> = BTreeMap::new();
        let mut seen = BTreeSet::new();
        for (dir, found) in paths {
            for path in found {
                let whole = format!("{folder}/{path}");
                let source = match dir {
                    None => self.built_in(&whole),
                    Some(dir) => self.new_layer(dir.join(&whole), &path, &mut seen),
                };
                merged.entry(path).or_default().extend(source);
            }
        }
        Ok(merged)
    }

    /// A layer's file; layers may share one through a link, and then it counts once.
    fn new_layer(
        &self,
        file: Utf8PathBuf,
        path: &str,
        seen: &mut BTreeSet<(String, String)>,
    ) -> Option<Source> {
        let real = self.variables.files().world.real_path(file.as_str());
        seen.insert((path.to_owned(), real)).then(|| self.layer(file))
    }

    fn built_in(&self, path: &str) -> Option<Source> {
        self.built_in.get(path).cloned().map(Source::BuiltIn)
    }

    fn layer(&self, path: Utf8PathBuf) -> Source {
        let shown = self.variables.files().shown(&path);
        Source::Layer { path, shown }
    }
}
