//! Finds the files below a directory that a pattern names.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};

use super::{
    files::Files,
    merge::glob::{self, Segment},
    world::Entry,
};
use crate::trouble::Result;

impl Files {
    /// Paths of files below a directory that fit a pattern, relative to it. As in Kayobe, `**` does not go into
    /// directories that are links; any other part of a pattern does.
    pub fn find(&self, dir: &Utf8Path, pattern: &str) -> Result<BTreeSet<Utf8PathBuf>> {
        let mut walk = Walk { files: self, found: BTreeSet::new() };
        walk.step(dir, Utf8Path::new(""), &glob::parse(pattern))?;
        Ok(walk.found)
    }
}

struct Walk<'a> {
    files: &'a Files,
    found: BTreeSet<Utf8PathBuf>,
}

impl Walk<'_> {
    fn step(&mut self, dir: &Utf8Path, below: &Utf8Path, segments: &[Segment]) -> Result<()> {
        let Some((first, rest)) = segments.split_first() else { return Ok(()) };
        let entries = self.files.list(dir)?.unwrap_or_default();
        if *first == Segment::Deep {
            return self.deep(dir, below, segments, &entries);
        }
        for entry in entries {
            let Segment::Name(tokens) = first else { continue };
            if !glob::name_matches(tokens, &entry.name) {
                continue;
            }
            let path = below.join(&entry.name);
            match (entry.is_dir, rest.is_empty()) {
                (false, true) => drop(self.found.insert(path)),
                (true, false) => self.step(&dir.join(&entry.name), &path, rest)?,
                _ => {}
            }
        }
        Ok(())
    }

    /// Goes on here, and with `**` in every directory below.
    fn deep(
        &mut self,
        dir: &Utf8Path,
        below: &Utf8Path,
        segments: &[Segment],
        entries: &[Entry],
    ) -> Result<()> {
        let last = segments.len() == 1;
        if !last {
            self.step(dir, below, &segments[1..])?;
        }
        for entry in entries.iter().filter(|entry| !entry.name.starts_with('.')) {
            let (inner, path) = (dir.join(&entry.name), below.join(&entry.name));
            if entry.is_dir && !self.is_link(dir, &entry.name) {
                self.step(&inner, &path, segments)?;
            } else if !entry.is_dir && last {
                self.found.insert(path);
            }
        }
        Ok(())
    }

    fn is_link(&self, dir: &Utf8Path, name: &str) -> bool {
        let real = |path: &Utf8Path| Utf8PathBuf::from(self.files.world.real_path(path.as_str()));
        real(&dir.join(name)) != real(dir).join(name)
    }
}
