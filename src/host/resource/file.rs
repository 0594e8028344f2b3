//! A whole file: its content, and who may read it.

use serde::Serialize;

use super::{Thing, section};
use crate::host::{
    change::Change,
    fault::Fault,
    machine::{Access, Machine, Node, NodeKind},
    programs::Call,
    record::{self, Trace},
};

/// A file with exactly this content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct File {
    pub path: String,
    pub content: String,
    /// Contents that are as good, such as another release of Kayobe writes: a host that has one keeps it.
    pub or: Vec<String>,
    pub likeness: Likeness,
    pub access: Access,
    /// Holds a secret: its lines are never shown.
    pub secret: bool,
    /// Lines that begin with `#` do not count: Kayobe's comments are as good as Ymir's own.
    pub comments_aside: bool,
    /// Lines that say nothing and are written differently by Kayobe, such as a comment with a date.
    pub check: Option<Check>,
}

/// What a content must have in common with the wanted one to be as good.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub enum Likeness {
    #[default]
    Every,
    /// The same options in the same sections, whatever comments say.
    Sections,
    /// That, in NetworkManager's older words or in its newer ones.
    Keyfile,
}

/// A program that judges the new content before it takes its place; `{}` stands for the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check(pub Vec<String>);

/// What stands at the path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    content: Option<Vec<u8>>,
    node: Option<Node>,
    /// The numbers of the wanted owner and group; `None` while the account is not there.
    owner: (Option<u32>, Option<u32>),
}

impl File {
    pub fn new(path: impl Into<String>, content: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            content: content.into(),
            or: Vec::new(),
            likeness: Likeness::default(),
            access: Access { owner: Some("root".into()), group: Some("root".into()), mode: None },
            secret: false,
            comments_aside: false,
            check: None,
        }
    }

    /// A content that is as good, and left where it is found.
    #[must_use]
    pub fn or(mut self, content: impl Into<String>) -> Self {
        self.or.push(content.into());
        self
    }

    fn is_good(&self, found: &[u8]) -> bool {
        let same = |good: &String| good.as_bytes() == found || self.is_like(good, found);
        std::iter::once(&self.content).chain(&self.or).any(same)
    }

    fn is_like(&self, good: &str, found: &[u8]) -> bool {
        let Ok(found) = std::str::from_utf8(found) else { return false };
        if self.comments_aside && without_comments(good).eq(without_comments(found)) {
            return true;
        }
        match self.likeness {
            Likeness::Every => false,
            Likeness::Sections => section::said(good) == section::said(found),
            Likeness::Keyfile => section::keyfile(good) == section::keyfile(found),
        }
    }

    #[must_use]
    pub fn like(mut self, likeness: Likeness) -> Self {
        self.likeness = likeness;
        self
    }

    #[must_use]
    pub fn comments_aside(mut self) -> Self {
        self.comments_aside = true;
        self
    }

    #[must_use]
    pub fn mode(mut self, mode: u32) -> Self {
        self.access.mode = Some(mode);
        self
    }

    #[must_use]
    pub fn owned(mut self, owner: &str, group: &str) -> Self {
        self.access.owner = Some(owner.into());
        self.access.group = Some(group.into());
        self
    }

    #[must_use]
    pub fn secret(mut self) -> Self {
        self.secret = true;
        self
    }

    #[must_use]
    pub fn checked_by(mut self, words: &[&str]) -> Self {
        self.check = Some(Check(words.iter().map(|word| (*word).to_owned()).collect()));
        self
    }

    fn verified(&self, machine: &Machine) -> Result<(), Fault> {
        let Some(Check(words)) = &self.check else { return Ok(()) };
        let draft = format!("{}/draft", record::DIRECTORY);
        machine.make_directory(record::DIRECTORY, &Access::of_root(0o700))?;
        machine.write(&draft, self.content.as_bytes(), &Access::of_root(0o600))?;
        let shown = machine.path(&draft).to_string_lossy().into_owned();
        let words: Vec<String> = words.iter().map(|word| word.replace("{}", &shown)).collect();
        let judged = machine.must(&Call::new(&words[0], words[1..].to_vec()));
        machine.remove(&draft)?;
        judged
            .map(drop)
            .map_err(|fault| Fault::new(format!("checking the new {}", self.path)).because(fault))
    }
}

fn without_comments(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.starts_with('#'))
}

impl Thing for File {
    type Seen = Seen;

    fn key(&self) -> String {
        format!("file:{}", self.path)
    }

    fn observe(&self, machine: &Machine) -> Result<Seen, Fault> {
        let node = machine.node(&self.path)?;
        if let Some(Node { kind: NodeKind::Directory | NodeKind::Other, .. }) = node {
            return Err(Fault::new(format!("looking at {}", self.path))
                .because("something that is no file stands there")
                .hint("move it away"));
        }
        let owner = self.access.owner.as_deref().and_then(|name| machine.uid(name).ok());
        let group = self.access.group.as_deref().and_then(|name| machine.gid(name).ok());
        Ok(Seen { content: machine.read(&self.path)?, node, owner: (owner, group) })
    }

    fn diff(&self, seen: &Seen) -> Vec<Change> {
        let Some(content) = &seen.content else {
            return vec![self.change(format!("create {}", self.path), "")];
        };
        if !self.is_good(content) {
            let before = String::from_utf8_lossy(content);
            return vec![self.change(format!("change {}", self.path), &before)];
        }
        let mut changes = Vec::new();
        let Some(node) = &seen.node else { return changes };
        if let (Some(wanted), NodeKind::File) = (self.access.mode, &node.kind)
            && wanted != node.mode
        {
            let text =
                format!("set the mode of {} from {:04o} to {wanted:04o}", self.path, node.mode);
            changes.push(Change::new(text));
        }
        let differs = |wanted: Option<u32>, now: u32| wanted.is_some_and(|wanted| wanted != now);
        if differs(seen.owner.0, node.uid) || differs(seen.owner.1, node.gid) {
            let name = |name: &Option<String>| name.clone().unwrap_or_default();
            let (owner, group) = (name(&self.access.owner), name(&self.access.group));
            changes.push(Change::new(format!("give {} to {owner}:{group}", self.path)));
        }
        changes
    }

    fn perform(&self, machine: &Machine, seen: &Seen) -> Result<(), Fault> {
        if seen.content.as_deref().is_some_and(|found| self.is_good(found)) {
            return machine.set_access(&self.path, &self.access);
        }
        self.verified(machine)?;
        let access = Access { mode: self.access.mode.or(Some(0o644)), ..self.access.clone() };
        machine.write(&self.path, self.content.as_bytes(), &access)
    }

    fn trace(&self, machine: &Machine, seen: &Seen) -> Result<Option<Trace>, Fault> {
        let good = seen.content.as_deref().filter(|found| self.is_good(found));
        let content = record::digest(good.unwrap_or(self.content.as_bytes()));
        let others = seen.content.as_ref().filter(|found| !self.is_good(found));
        let original =
            others.map(|bytes| record::keep_original(machine, &self.path, bytes)).transpose()?;
        Ok(Some(Trace::File { path: self.path.clone(), contents: vec![content], original }))
    }

    fn is_adopted(&self) -> bool {
        true
    }
}

impl File {
    fn change(&self, text: String, before: &str) -> Change {
        if self.secret { Change::new(text) } else { Change::of_text(text, before, &self.content) }
    }
}
