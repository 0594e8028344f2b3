//! `/v1/inspection_rules`. The rack keeps them and applies none.

use serde_json::{Map, Value, json};

use super::not_simulated;
use crate::rack::{
    clock::{Moment, written},
    hardware::uuid,
    http::{Answer, Asked},
    node::links,
    patch::patched,
    world::Rack,
};

/// What a list shows that does not ask for details.
const SHORT: [&str; 5] = ["uuid", "description", "priority", "phase", "links"];

/// What a client may say of a rule.
const SETTABLE: [&str; 7] =
    ["uuid", "description", "priority", "sensitive", "phase", "conditions", "actions"];

/// A rule as it was sent, with its times.
pub type Rule = Map<String, Value>;

impl Rack {
    pub(super) fn on_rules(&mut self, asked: &Asked, words: &[&str], now: Moment) -> Answer {
        match (asked.method.as_str(), words) {
            ("GET", []) => self.list_rules(asked),
            ("POST", []) => self.create_rule(asked, now),
            (method, [word]) => {
                let Some(at) = self.rules.iter().position(|rule| rule["uuid"] == **word) else {
                    return Answer::refused(404, format!("Rule {word} could not be found."));
                };
                match method {
                    "GET" => Answer::ok(shown(&self.rules[at], asked)),
                    "PATCH" => self.change_rule(asked, at, now),
                    "DELETE" => {
                        self.rules.remove(at);
                        Answer::bare(204)
                    }
                    _ => not_simulated(asked),
                }
            }
            _ => not_simulated(asked),
        }
    }

    fn list_rules(&self, asked: &Asked) -> Answer {
        let detail = asked.key("detail").is_some_and(|word| word.eq_ignore_ascii_case("true"));
        let shown = self.rules.iter().map(|rule| shown(rule, asked));
        let shown: Vec<_> =
            if detail { shown.collect() } else { shown.map(|rule| short(&rule)).collect() };
        Answer::ok(json!({ "inspection_rules": shown }))
    }

    fn create_rule(&mut self, asked: &Asked, now: Moment) -> Answer {
        let Some(sent) = asked.body.as_object() else {
            return Answer::refused(400, "Schema error: the body is no object");
        };
        if let Some(answer) = malformed(sent) {
            return answer;
        }
        let given = sent.get("uuid").and_then(Value::as_str).map(str::to_owned);
        let uuid = given.unwrap_or_else(|| uuid(&format!("rule {} at {now:?}", self.rules.len())));
        if self.rules.iter().any(|rule| rule["uuid"] == *uuid) {
            return Answer::refused(409, format!("A rule with UUID {uuid} already exists."));
        }
        let set = |key: &str, default: Value| sent.get(key).cloned().unwrap_or(default);
        let rule = json!({
            "uuid": uuid,
            "created_at": written(self.began, now),
            "updated_at": null,
            "description": set("description", Value::Null),
            "priority": set("priority", json!(0)),
            "sensitive": set("sensitive", json!(false)),
            "phase": set("phase", json!("main")),
            "conditions": set("conditions", json!([])),
            "actions": set("actions", json!([])),
        });
        self.rules.extend(rule.as_object().cloned());
        // Ironic itself takes it for granted that there is a list, and finds out once it has the rule.
        if sent.get("conditions").is_none() {
            return Answer::refused(500, "'NoneType' object is not iterable");
        }
        Answer::new(201, self.rules.last().map(|rule| shown(rule, asked)).unwrap_or_default())
    }

    fn change_rule(&mut self, asked: &Asked, at: usize, now: Moment) -> Answer {
        let operations = asked.body.as_array().cloned().unwrap_or_default();
        let before = &self.rules[at];
        let Ok(Value::Object(mut after)) = patched(&Value::Object(before.clone()), &operations)
        else {
            return Answer::refused(400, "Schema error for patch: it is none");
        };
        if before["sensitive"] == true && after["sensitive"] != true {
            let words = "Couldn't apply patch '[{'op': 'replace', 'path': '/sensitive', 'value': False}]'. Reason: \
                Inspection rules cannot have the sensitive flag unset.";
            return Answer::refused(400, words);
        }
        after["updated_at"] = json!(written(self.began, now));
        self.rules[at] = after;
        Answer::ok(shown(&self.rules[at], asked))
    }
}

fn malformed(sent: &Rule) -> Option<Answer> {
    let refused = |words: String| Some(Answer::refused(400, format!("Schema error: {words}")));
    if let Some(unknown) = sent.keys().find(|key| !SETTABLE.contains(&key.as_str())) {
        return refused(format!(
            "Additional properties are not allowed ('{unknown}' was unexpected)"
        ));
    }
    let list = |key: &str| sent.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
    if list("conditions").iter().chain(&list("actions")).any(|part| part.get("op").is_none()) {
        return refused("'op' is a required property".into());
    }
    match sent.get("sensitive") {
        Some(Value::String(text)) => refused(format!("'{text}' is not of type 'boolean', 'null'")),
        _ => None,
    }
}

/// As the API shows it: of a sensitive rule nothing that it holds.
fn shown(rule: &Rule, asked: &Asked) -> Value {
    let mut shown = rule.clone();
    if rule["sensitive"] == true {
        shown["conditions"] = Value::Null;
        shown["actions"] = Value::Null;
    }
    let uuid = rule["uuid"].as_str().unwrap_or_default();
    shown.insert("links".into(), links(&asked.base, &format!("inspection/{uuid}")));
    Value::Object(shown)
}

fn short(rule: &Value) -> Value {
    SHORT.iter().map(|key| ((*key).to_owned(), rule[*key].clone())).collect::<Map<_, _>>().into()
}
