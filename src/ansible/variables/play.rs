//! Variables of a play of Kayobe's: they exist beside the site's own while it makes files of them.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use serde_json::Value;

use super::{
    Variables,
    site::{Site, View},
    table,
};
use crate::{
    ansible::{
        builtin::{Pairs, Release},
        config::Config,
        template::{Evaluator, Lines, Reading, Scope},
        world::World,
        yaml::Node,
    },
    trouble::Result,
};

/// A play's variables, by name.
#[derive(Debug, Default)]
pub struct PlayVariables {
    /// They count less than everything that the site says.
    below: BTreeMap<String, Arc<Node>>,
    /// They count more than everything but extra variables.
    above: BTreeMap<String, Arc<Node>>,
}

impl PlayVariables {
    /// What a release says.
    pub fn of(release: Release) -> Result<Self> {
        let by_name =
            |pairs: Pairs| pairs.into_iter().map(|(name, node)| (name, Arc::new(node))).collect();
        let (below, above) = release.play_variables()?;
        Ok(Self { below: by_name(below), above: by_name(above) })
    }

    /// Sets one more variable over those of the site.
    #[must_use]
    pub fn with(mut self, name: &str, node: Node) -> Self {
        self.above.insert(name.to_owned(), Arc::new(node));
        self
    }
}

/// One host's variables in a play.
#[derive(Debug)]
pub struct Play {
    evaluator: Evaluator,
    read_secret: Arc<AtomicBool>,
}

impl Play {
    /// A variable's value; `Ok(None)` if nothing sets it.
    pub fn variable(&self, name: &str) -> Result<Option<Value>> {
        self.evaluator.variable(name)
    }

    /// Renders a file.
    pub fn render(&self, template: &Lines, reading: Reading) -> Result<Lines> {
        self.evaluator.render(template, reading)
    }

    /// Whether anything that was asked for so far is made with text that came out of a vault.
    pub fn has_read_secret(&self) -> bool {
        self.read_secret.load(Ordering::Relaxed)
    }
}

impl Variables {
    /// A host's variables with those of a play; `None` if there is no such host.
    pub fn play(&self, host: &str, variables: &Arc<PlayVariables>) -> Option<Play> {
        let host = self.site.inventory.host(host)?;
        let read_secret = Arc::default();
        let view =
            View { site: Arc::clone(&self.site), host, read_secret: Arc::clone(&read_secret) };
        let scope = PlayScope { view, variables: Arc::clone(variables) };
        Some(Play { evaluator: Evaluator::new(Arc::new(scope)), read_secret })
    }

    /// A document with its vault texts opened; these are remembered as secrets.
    pub fn open(&self, node: &Node) -> Result<Node> {
        let opened = table::open_texts(node, &self.site.files.keys)?;
        let mut texts = Vec::new();
        table::opened_texts(node, &opened, &mut texts);
        self.site.secrets().extend(texts);
        Ok(opened)
    }
}

struct PlayScope {
    view: View,
    variables: Arc<PlayVariables>,
}

impl PlayScope {
    fn site(&self) -> &Site {
        &self.view.site
    }
}

impl Scope for PlayScope {
    fn host(&self) -> &str {
        self.view.host()
    }

    fn raw(&self, name: &str) -> Result<Option<Arc<Node>>> {
        let PlayVariables { below, above } = &*self.variables;
        if let Some(node) = above.get(name).filter(|_| !self.site().is_extra(name)) {
            return Ok(Some(Arc::clone(node)));
        }
        Ok(self.view.raw(name)?.or_else(|| below.get(name).cloned()))
    }

    fn names(&self) -> Vec<String> {
        let PlayVariables { below, above } = &*self.variables;
        let mut names = self.view.names();
        names.extend(below.keys().chain(above.keys()).cloned());
        names.sort();
        names.dedup();
        names
    }

    // As in Ansible, `hostvars` has only what the site itself says.
    fn other(&self, host: &str) -> Option<Arc<dyn Scope>> {
        self.view.other(host)
    }

    fn hosts(&self) -> Vec<String> {
        self.view.hosts()
    }

    fn select(&self, pattern: &str) -> Result<Vec<String>> {
        self.view.select(pattern)
    }

    fn search_paths(&self) -> Vec<String> {
        self.view.search_paths()
    }

    fn config(&self) -> Option<&Config> {
        self.view.config()
    }

    fn shown(&self, path: &str) -> Arc<str> {
        self.view.shown(path)
    }

    fn file(&self, path: &str) -> Result<Option<Vec<u8>>> {
        self.view.file(path)
    }

    fn world(&self) -> &dyn World {
        self.view.world()
    }
}
