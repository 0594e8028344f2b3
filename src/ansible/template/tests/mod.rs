//! Templates compared with what ansible-core 2.21 gives, and the messages of faults.

mod scope;

use serde_json::Value;

use self::scope::TestScope;
use super::Evaluator;

const VARIABLES: &str = include_str!("variables.yml");
/// Expressions with the values that ansible-core 2.21.5 gave them.
const TABLE: &str = include_str!("ansible.json");

#[test]
fn templates_mean_what_they_mean_to_ansible() {
    let table: Vec<(String, Value)> = serde_json::from_str(TABLE).unwrap();
    assert!(table.len() > 120);
    let evaluator = Evaluator::new(TestScope::of(VARIABLES));
    let mut wrong = Vec::new();
    for (template, expected) in &table {
        let found = evaluator.node("test", &scope::text(template));
        let right = match (&found, expected.get("value"), expected.get("error")) {
            (Ok(found), Some(expected), _) => found == expected,
            (Err(trouble), None, Some(words)) => {
                trouble.to_string().contains(words.as_str().unwrap())
            }
            _ => false,
        };
        if !right {
            wrong.push(format!("{template}\n  ansible {expected}\n  ymir    {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
