//! Templates that read files, compared with what ansible-core 2.21.5 gave for the same files.

use std::{collections::BTreeMap, fs};

use serde::Deserialize;
use serde_json::Value;

use super::{differences, scope::TestScope};
use crate::ansible::template::Evaluator;

/// Where the tables lie, one for each family of templates.
const TABLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/ansible/template/tests/trees");

/// Files of a site, variables in YAML, and templates with their outcomes.
#[derive(Deserialize)]
struct Recorded {
    files: BTreeMap<String, String>,
    variables: String,
    cases: Vec<(String, Value)>,
}

impl Recorded {
    fn differences(self) -> Vec<String> {
        assert!(!self.cases.is_empty());
        let files = self.files.into_iter().map(|(path, text)| (format!("/site/{path}"), text));
        let variables = format!("---\n{}\n", self.variables);
        let scope = TestScope::with_files(&variables, files.collect());
        differences(&Evaluator::new(scope), &self.cases)
    }
}

#[test]
fn templates_read_files_as_ansible_does() {
    let mut wrong = Vec::new();
    let mut tables = 0;
    for entry in fs::read_dir(TABLES).unwrap() {
        let path = entry.unwrap().path();
        let table: Recorded = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        wrong.extend(table.differences());
        tables += 1;
    }
    assert!(tables > 2, "no tables in {TABLES}");
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
