//! Inspection rules in Ironic: created, changed where they differ, and taken away where they were Ymir's.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Session,
    client::{Failure, Told},
    rule_notes::{is_noted, note},
};
use crate::{
    model::inspection_rule::{Rule, ymirs},
    plan::action::ironic::{EnsureRule, PruneRules},
    run::driver::{Finding, Voice},
    secret::Secrets,
    trouble::{Result, Tell, Trouble},
};

/// A rule as Ironic has it.
#[derive(Debug, Clone, Deserialize)]
struct Seen {
    uuid: String,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    updated_at: Option<String>,
    #[serde(default)]
    created_at: Option<String>,
    #[serde(default)]
    priority: u64,
    #[serde(default)]
    phase: Option<String>,
    #[serde(default)]
    sensitive: bool,
    #[serde(default)]
    conditions: Option<Vec<Value>>,
    #[serde(default)]
    actions: Option<Vec<Value>>,
}

impl Seen {
    fn changed_at(&self) -> &str {
        self.updated_at.as_deref().or(self.created_at.as_deref()).unwrap_or_default()
    }

    fn is_ymirs(&self) -> bool {
        self.description.as_deref().is_some_and(|description| ymirs(description) == self.uuid)
    }
}

/// What ensuring a rule would change.
pub(super) async fn find(
    action: &EnsureRule,
    session: &Session,
    secrets: &dyn Secrets,
    voice: &Voice,
) -> Result<Finding> {
    let told = |text: String| voice.progress(text);
    let rule = &action.rule;
    let Some(seen) = seen(rule, &all(session, &told).await?) else {
        return Ok(Finding::Differs(vec!["create the rule".into()]));
    };
    let changes = differences(rule, &seen);
    if !changes.is_empty() {
        return Ok(Finding::Differs(changes));
    }
    if rule.sensitive
        && !is_noted(&action.notes, &seen.uuid, seen.changed_at(), &whole(rule, secrets)?)?
    {
        let words =
            "send it anew: Ironic does not show what it holds, and it is not known to hold this";
        return Ok(Finding::Differs(vec![words.into()]));
    }
    Ok(Finding::Satisfied)
}

pub(super) async fn ensure(
    action: &EnsureRule,
    session: &Session,
    secrets: &dyn Secrets,
    voice: &Voice,
) -> Result<()> {
    let told = |text: String| voice.progress(text);
    let rule = &action.rule;
    let whole = whole(rule, secrets)?;
    let doing = || format!("{}: sending the inspection rule", rule.description);
    let seen = seen(rule, &all(session, &told).await?);
    // Ironic lets no rule become one that it shows.
    let replaced = seen.as_ref().filter(|seen| seen.sensitive && !rule.sensitive);
    if let Some(seen) = replaced {
        delete(session, &seen.uuid, &told)
            .await
            .map_err(|failure| failure.while_trying(doing()))?;
    }
    let answer = match seen.filter(|seen| !seen.sensitive || rule.sensitive) {
        Some(seen) => {
            let path = format!("inspection_rules/{}", seen.uuid);
            session.client.patch(&path, &patch(&whole), &told).await
        }
        None => {
            match session.client.post("inspection_rules", &created(rule, &whole), &told).await {
                // If no answer came, it may be there: the next look shows it.
                Err(Failure::Lost(trouble)) => return Err(trouble.while_trying(doing())),
                answer => answer,
            }
        }
    };
    let answer = answer.map_err(|failure| {
        failure.while_trying(doing()).hint(
            "see the rule in `inspector_rules` and `inspector_rules_extra`; Ironic's words say what it does not take",
        )
    })?;
    if rule.sensitive {
        let seen: Seen = serde_json::from_value(answer).or_host(doing)?;
        note(&action.notes, &seen.uuid, seen.changed_at(), &whole)?;
    }
    Ok(())
}

/// What taking away would change. Rules of others stay.
pub(super) async fn find_stale(
    action: &PruneRules,
    session: &Session,
    voice: &Voice,
) -> Result<Finding> {
    let told = |text: String| voice.progress(text);
    let stale = stale(action, &all(session, &told).await?);
    let words = stale.iter().map(|rule| {
        format!("take away the rule \"{}\"", rule.description.as_deref().unwrap_or_default())
    });
    let words: Vec<_> = words.collect();
    Ok(if words.is_empty() { Finding::Satisfied } else { Finding::Differs(words) })
}

pub(super) async fn prune(action: &PruneRules, session: &Session, voice: &Voice) -> Result<()> {
    let told = |text: String| voice.progress(text);
    for rule in stale(action, &all(session, &told).await?) {
        let doing = format!("taking away the inspection rule {}", rule.uuid);
        delete(session, &rule.uuid, &told).await.map_err(|failure| failure.while_trying(doing))?;
    }
    Ok(())
}

fn stale(action: &PruneRules, all: &[Seen]) -> Vec<Seen> {
    let kept = |rule: &&Seen| {
        rule.description.as_ref().is_some_and(|description| action.keep.contains(description))
    };
    all.iter().filter(|rule| rule.is_ymirs() && !kept(rule)).cloned().collect()
}

async fn all(session: &Session, told: Told<'_>) -> Result<Vec<Seen>> {
    let doing = "asking Ironic about its inspection rules";
    let answer = session.client.get("inspection_rules?detail=true", told).await;
    let mut answer = answer.map_err(|failure| {
        failure
            .while_trying(doing)
            .hint("inspection rules need Ironic of the 2025.2 release or later")
    })?;
    serde_json::from_value(answer["inspection_rules"].take()).or_host(|| doing.into())
}

async fn delete(session: &Session, uuid: &str, told: Told<'_>) -> Result<(), Failure> {
    match session.client.delete(&format!("inspection_rules/{uuid}"), told).await {
        Err(Failure::Refused(refusal)) if refusal.status == 404 => Ok(()),
        ended => ended.map(drop),
    }
}

fn seen(rule: &Rule, all: &[Seen]) -> Option<Seen> {
    let uuids = rule.uuids();
    uuids.iter().find_map(|uuid| all.iter().find(|seen| seen.uuid == *uuid)).cloned()
}

/// What Ironic shows otherwise; nothing of what a rule holds that it hides.
fn differences(rule: &Rule, seen: &Seen) -> Vec<String> {
    let mut told = Vec::new();
    if seen.description.as_deref() != Some(&rule.description) {
        told.push(format!(
            "description: {} → {}",
            seen.description.as_deref().unwrap_or("nothing"),
            rule.description
        ));
    }
    if seen.priority != rule.priority {
        told.push(format!("priority: {} → {}", seen.priority, rule.priority));
    }
    if let (Some(wanted), found) = (&rule.phase, &seen.phase)
        && found.as_ref() != Some(wanted)
    {
        told.push(format!("phase: {} → {wanted}", found.as_deref().unwrap_or("nothing")));
    }
    if seen.sensitive != rule.sensitive {
        told.push(format!("sensitive: {} → {}", seen.sensitive, rule.sensitive));
    }
    if seen.sensitive || rule.sensitive {
        return told;
    }
    let mut compare = |what: &str, wanted: &[Value], found: &Option<Vec<Value>>| {
        let found: Vec<_> = found.iter().flatten().map(plain).collect();
        let wanted: Vec<_> = wanted.iter().map(plain).collect();
        let shown = |list: &[Value]| Value::Array(list.to_vec()).to_string();
        if wanted != found {
            told.push(format!("{what}: {} → {}", shown(&found), shown(&wanted)));
        }
    };
    compare("conditions", &rule.conditions, &seen.conditions);
    if rule.secrets.is_empty() {
        compare("actions", &rule.actions, &seen.actions);
    }
    told
}

/// Without what means nothing.
fn plain(part: &Value) -> Value {
    let mut part = part.clone();
    if let Some(map) = part.as_object_mut() {
        map.retain(|key, value| {
            key != "loop" || value.as_array().is_none_or(|list| !list.is_empty())
        });
    }
    part
}

/// The rule with its secrets.
fn whole(rule: &Rule, secrets: &dyn Secrets) -> Result<Value> {
    let mut actions = rule.actions.clone();
    for (at, reference) in &rule.secrets {
        let secret = secrets.find(reference)?;
        let action = actions.get_mut(*at).ok_or_else(|| {
            Trouble::internal(format!("the rule \"{}\" has no action {at}", rule.description))
        })?;
        action["args"]["value"] = json!(secret.reveal());
    }
    let mut whole = json!({
        "description": rule.description, "priority": rule.priority, "sensitive": rule.sensitive,
        "conditions": rule.conditions, "actions": actions,
    });
    if let Some(phase) = &rule.phase {
        whole["phase"] = json!(phase);
    }
    Ok(whole)
}

fn created(rule: &Rule, whole: &Value) -> Value {
    let mut body = whole.clone();
    body["uuid"] = json!(rule.uuids()[0]);
    body
}

fn patch(whole: &Value) -> Value {
    let fields = whole.as_object().into_iter().flatten();
    let operation = |(field, value): (&String, &Value)| json!({ "op": "replace", "path": format!("/{field}"), "value": value });
    fields.map(operation).collect()
}
