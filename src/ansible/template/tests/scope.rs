//! A host with variables from a YAML text and a world of a few files.

use std::sync::Arc;

use crate::{
    ansible::{
        template::Scope,
        world::{Kind, PathKind, World},
        yaml::{self, Data, Node},
    },
    origin::Origin,
    trouble::Result,
};

#[derive(Debug)]
pub(super) struct TestWorld;

impl World for TestWorld {
    fn env(&self, name: &str) -> Option<String> {
        (name == "HOME").then(|| "/home/operator".to_owned())
    }

    fn read(&self, path: &str) -> Result<Option<Vec<u8>>> {
        let files = [
            ("/site/files/key.pub", "ssh-ed25519 AAAA\n"),
            ("/site/env/templates/motd.j2", "Welcome to {{ name }}\n"),
        ];
        let found = files.iter().find(|(name, _)| *name == path);
        Ok(found.map(|(_, text)| text.as_bytes().to_vec()))
    }

    fn glob(&self, pattern: &str) -> Result<Vec<String>> {
        Ok(if pattern == "/site/*.yml" { vec!["/site/a.yml".into()] } else { Vec::new() })
    }

    fn kind(&self, path: &str) -> Result<PathKind> {
        let exists = path == "/site/files/key.pub";
        let (kind, id) = (exists.then_some(Kind::File), exists.then_some((1, 2)));
        Ok(PathKind { kind, id, ..PathKind::default() })
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
        let variables = yaml::parse(variables, &"site.yml".into()).unwrap();
        Arc::new(Self { host: "h0", variables: Arc::new(variables), world: TestWorld })
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
        Some(Arc::new(Self { host, variables, world: TestWorld }))
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
