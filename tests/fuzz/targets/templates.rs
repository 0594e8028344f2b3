//! Any template gives a value or an error.
#![no_main]

mod world;

use std::sync::{Arc, LazyLock};

use ymir::{
    ansible::{
        template::{Evaluator, Scope},
        world::World,
        yaml::{self, Data, Node},
    },
    origin::Origin,
    trouble::Result,
};

const VARIABLES: &str =
    "{a: 1, s: text, l: [3, 1, 2], d: {k: v}, n: null, t: '{{ s }}', self: '{{ self }}'}";

/// What lookups find in every file.
static FILE: LazyLock<world::OneFile> = LazyLock::new(|| world::OneFile("a: 1\n".to_owned()));

/// One host with some variables.
#[derive(Debug)]
struct Lonely(Node);

impl Scope for Lonely {
    fn host(&self) -> &str {
        "host"
    }

    fn raw(&self, name: &str) -> Result<Option<Arc<Node>>> {
        Ok(self.0.get(name).cloned().map(Arc::new))
    }

    fn names(&self) -> Vec<String> {
        ["a", "s", "l", "d", "n", "t", "self"].map(str::to_owned).to_vec()
    }

    fn other(&self, _host: &str) -> Option<Arc<dyn Scope>> {
        None
    }

    fn hosts(&self) -> Vec<String> {
        vec!["host".to_owned()]
    }

    fn select(&self, _pattern: &str) -> Result<Vec<String>> {
        Ok(Vec::new())
    }

    fn search_paths(&self) -> Vec<String> {
        vec!["/".to_owned()]
    }

    fn world(&self) -> &dyn World {
        &*FILE
    }
}

libfuzzer_sys::fuzz_target!(|text: &str| {
    let variables = yaml::parse(VARIABLES, &"fuzz.yml".into()).expect("the variables are good");
    let evaluator = Evaluator::new(Arc::new(Lonely(variables)));
    for template in [text.to_owned(), format!("{{{{ {text} }}}}")] {
        let node = Node { origin: Origin::whole("fuzz"), data: Data::Text(template) };
        drop(evaluator.node("fuzz", &node));
    }
});
