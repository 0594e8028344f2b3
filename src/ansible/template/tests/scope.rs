//! A host with variables from a YAML text and a world of a few files.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
};

use crate::{
    ansible::{
        inventory::fnmatch,
        template::Scope,
        world::{Complete, Kind, PathKind, World},
        yaml::{self, Data, Node},
    },
    origin::Origin,
    trouble::Result,
};

/// Files that most tests see.
const FILES: &[(&str, &str)] = &[
    ("/site/files/key.pub", "ssh-ed25519 AAAA\n"),
    ("/site/env/templates/motd.j2", "Welcome to {{ name }}\n"),
    ("/site/a.yml", ""),
];

#[derive(Debug, Clone)]
pub(super) struct TestWorld {
    files: Arc<Mutex<BTreeMap<String, String>>>,
}

impl TestWorld {
    fn files(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.files.lock().unwrap()
    }

    fn is_folder(&self, path: &str) -> bool {
        self.files()
            .keys()
            .any(|file| file.strip_prefix(path).is_some_and(|rest| rest.starts_with('/')))
    }
}

impl World for TestWorld {
    fn env(&self, name: &str) -> Option<String> {
        (name == "HOME").then(|| "/home/operator".to_owned())
    }

    fn read(&self, path: &str) -> Result<Option<Vec<u8>>> {
        Ok(self.files().get(path).map(|text| text.as_bytes().to_vec()))
    }

    fn glob(&self, pattern: &str) -> Result<Vec<String>> {
        let (folder, name) = pattern.rsplit_once('/').unwrap_or(("", pattern));
        let fits = |file: &&String| {
            let rest = file.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/'));
            rest.is_some_and(|rest| {
                !rest.contains('/') && !rest.starts_with('.') && fnmatch::matches(name, rest)
            })
        };
        Ok(self.files().keys().filter(fits).cloned().collect())
    }

    fn kind(&self, path: &str) -> Result<PathKind> {
        let path = path.trim_end_matches('/');
        let is_file = self.files().contains_key(path);
        let folder = || self.is_folder(path).then_some(Kind::Directory);
        let kind = if is_file { Some(Kind::File) } else { folder() };
        Ok(PathKind { kind, id: kind.map(|_| (1, path.len() as u64)), ..PathKind::default() })
    }

    fn keeps_passwords(&self) -> bool {
        true
    }

    fn complete(&self, path: &str, complete: Complete<'_>) -> Result<()> {
        let found = self.read(path)?;
        if let Some(content) = complete(found) {
            self.files().insert(path.to_owned(), String::from_utf8(content).unwrap());
        }
        Ok(())
    }

    fn shell(&self, command: &str) -> Result<(i32, String, String)> {
        Ok(match command {
            "false" => (1, String::new(), "it failed".into()),
            command => (0, format!("ran {command}\n"), String::new()),
        })
    }
}

pub(super) struct TestScope {
    host: &'static str,
    variables: Arc<Node>,
    world: TestWorld,
}

pub(super) fn text(template: &str) -> Node {
    Node { origin: Origin::whole("test"), data: Data::Text(template.to_owned()) }
}

impl TestScope {
    pub(super) fn of(variables: &str) -> Arc<dyn Scope> {
        let own = |(path, text): &(&str, &str)| ((*path).to_owned(), (*text).to_owned());
        Self::with_files(variables, FILES.iter().map(own).collect())
    }

    /// A host with variables, in a world of these files.
    pub(super) fn with_files(variables: &str, files: BTreeMap<String, String>) -> Arc<dyn Scope> {
        let variables = yaml::parse(variables, &"site.yml".into()).unwrap();
        let world = TestWorld { files: Arc::new(Mutex::new(files)) };
        Arc::new(Self { host: "h0", variables: Arc::new(variables), world })
    }
}

impl Scope for TestScope {
    fn host(&self) -> &str {
        self.host
    }

    fn raw(&self, name: &str) -> Result<Option<Arc<Node>>> {
        Ok(self.variables.get(name).cloned().map(Arc::new))
    }

    fn names(&self) -> Vec<String> {
        let Data::Map(pairs) = &self.variables.data else { return Vec::new() };
        pairs.iter().filter_map(|(key, _)| Some(key.data.as_text()?.to_owned())).collect()
    }

    fn other(&self, host: &str) -> Option<Arc<dyn Scope>> {
        let host = ["h0", "h1"].into_iter().find(|known| *known == host)?;
        let variables = Arc::clone(&self.variables);
        Some(Arc::new(Self { host, variables, world: self.world.clone() }))
    }

    fn hosts(&self) -> Vec<String> {
        vec!["h0".into(), "h1".into()]
    }

    fn select(&self, pattern: &str) -> Result<Vec<String>> {
        Ok(self.hosts().into_iter().filter(|host| pattern == "all" || pattern == host).collect())
    }

    fn search_paths(&self) -> Vec<String> {
        vec!["/site".into(), "/site/env".into()]
    }

    fn world(&self) -> &dyn World {
        &self.world
    }
}
