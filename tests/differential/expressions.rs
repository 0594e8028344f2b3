//! Random templates over random variables.

use std::sync::Arc;

use camino::Utf8Path;
use proptest::prelude::*;
use serde_json::{Value, json};
use ymir::{
    ansible::{
        template::Evaluator,
        yaml::{self, Data, Node},
    },
    origin::Origin,
};

use crate::{
    grammar::Grammar,
    oracle::Outcome,
    site::Variables,
    suite::{Case, Suite},
};

pub(crate) const SUITE: Suite =
    Suite { name: "expressions", cases: 250, seed: None, strategy, question, ours };

/// What templates find: values of every type, and templates among them.
const VARIABLES: &str = "
i: 7
n: -3
f: 2.5
s: Some text
e: ''
p: /etc/kayobe/site.yml
u: https://user:pw@host.example:8080/a/b?x=1&y=2#frag
t: true
z: null
l: [3, 1, 2]
w: [b, a, C, a]
d: {a: 1, b: {c: [x, y]}, 'k e y': null}
o: [{name: x, v: 1, g: a}, {name: y, v: 2, g: b}, {name: z, g: a}]
x: 'é ü'
y: '{{ i + 1 }}'
lazy: [1, '{{ i }}', '{{ s }}']
dl: {a: '{{ l }}', b: '{{ gone_inside }}'}
bad: '{{ gone }}'
m: |
  one
    two

  three
unsafe: !unsafe '{{ i }}'
num: '42'
day: 2020-01-02
time: 2020-01-02 03:04:05
zoned: 2020-01-02T03:04:05.25+02:00
days: [2020-01-02, 2019-12-31]
dated: {a: 2020-01-02, 2020-01-03: b}
yess: 'yes'
files: FILES
";

/// What `FILES` stands for in them: the folder is another on each machine.
const FILES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/differential/files");

fn variables(case: &Case) -> String {
    case["variables"].replace("files: FILES", &format!("files: {FILES}"))
}

fn strategy() -> BoxedStrategy<Case> {
    let template = Grammar::read(include_str!("grammar/expressions.txt")).text('t');
    (Just(VARIABLES.to_owned()), template)
        .prop_map(|(variables, template)| {
            let pairs = [("variables", variables), ("template", template)];
            pairs.into_iter().map(|(name, text)| (name.to_owned(), text)).collect()
        })
        .boxed()
}

fn question(case: &Case, _dir: &Utf8Path) -> Value {
    json!({ "variables": variables(case), "template": case["template"] })
}

fn ours(case: &Case, _dir: &Utf8Path, _theirs: &Outcome) -> Outcome {
    let told = |trouble: ymir::trouble::Trouble| trouble.to_string();
    let variables = yaml::parse(&variables(case), &"case.yml".into()).map_err(told)?;
    let evaluator = Evaluator::new(Arc::new(Variables::new(variables)));
    let data = Data::Text(case["template"].clone());
    evaluator.node("template", &Node { origin: Origin::whole("case"), data }).map_err(told)
}
