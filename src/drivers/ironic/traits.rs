//! The traits of a node. Those that Ymir gave it are noted on the node, so that it takes no other's away.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{observed::Observed, walk::Errand};
use crate::{model::node::Node, trouble::Result};

/// The note's place in Ymir's corner of `extra`.
const KEY: &str = "traits";

/// What a node's traits are and are to be.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Traits {
    seen: BTreeSet<String>,
    wanted: BTreeSet<String>,
    /// Those that Ymir gave it, before and after.
    before: BTreeSet<String>,
    after: BTreeSet<String>,
}

impl Traits {
    pub(super) fn of(node: &Node, observed: &Observed) -> Self {
        Self::of_site(&node.placement.traits, observed)
    }

    fn of_site(site: &BTreeSet<String>, observed: &Observed) -> Self {
        let seen = observed.traits.clone().unwrap_or_default();
        let noted = observed.ymir().remove(KEY).unwrap_or_default();
        let before: BTreeSet<String> = serde_json::from_value(noted).unwrap_or_default();
        let is_ours = |name: &&String| before.contains(*name) || !seen.contains(*name);
        let after = site.iter().filter(is_ours).cloned().collect();
        let stays = |name: &&String| site.contains(*name) || !before.contains(*name);
        let wanted = seen.iter().filter(stays).chain(site).cloned().collect();
        Self { seen, wanted, before, after }
    }

    pub(super) fn are_there(&self) -> bool {
        self.seen == self.wanted
    }

    /// What would change, in words.
    pub(super) fn told(&self) -> Vec<String> {
        let gives =
            self.wanted.difference(&self.seen).map(|name| format!("give it the trait {name}"));
        let takes = self.seen.difference(&self.wanted);
        let takes = takes.map(|name| format!("take the trait {name} away, which Ymir gave it"));
        gives.chain(takes).collect()
    }

    /// The note while they change, so that whoever is killed in between has claimed all that may be there.
    pub(super) fn meanwhile(&self) -> Map<String, Value> {
        noted(&self.before.union(&self.after).cloned().collect())
    }

    /// The note when all is done.
    pub(super) fn at_the_end(&self) -> Map<String, Value> {
        noted(&self.after)
    }

    pub(super) async fn bring_about(&self, errand: &Errand<'_>, node: &Observed) -> Result<()> {
        if self.are_there() {
            return Ok(());
        }
        let told = |text: String| errand.voice.progress(text);
        let path = format!("nodes/{}/traits", node.uuid);
        let body = json!({ "traits": self.wanted });
        let answer = errand.session.client.replace(&path, &body, &told).await;
        answer.map(drop).map_err(|failure| {
            failure
                .while_trying(format!("{}: {}: setting its traits", errand.host, errand.doing))
                .hint("see `ymir_ironic_traits`: standard traits have fixed names, the site's own begin with CUSTOM_")
        })
    }
}

fn noted(names: &BTreeSet<String>) -> Map<String, Value> {
    let note = if names.is_empty() { Value::Null } else { json!(names) };
    [(KEY.to_owned(), note)].into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    type Row = (&'static [&'static str], &'static [&'static str], &'static [&'static str]);

    #[test]
    fn only_ymirs_own_are_taken_away() {
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        // Wanted by the site, there, given by Ymir; then: there afterwards, given by Ymir.
        let table: &[(Row, &[&str], &[&str])] = &[
            ((&["A"], &[], &[]), &["A"], &["A"]),
            ((&["A"], &["A"], &[]), &["A"], &[]),
            ((&["A"], &["B"], &[]), &["A", "B"], &["A"]),
            ((&[], &["A", "B"], &["A"]), &["B"], &[]),
            ((&["B"], &["A", "B"], &["A"]), &["B"], &[]),
            ((&["A"], &["A"], &["A"]), &["A"], &["A"]),
        ];
        for ((site, seen, before), wanted, after) in table {
            let node = Observed {
                traits: Some(set(seen)),
                extra: [("ymir".to_owned(), json!({ KEY: before }))].into_iter().collect(),
                ..Observed::default()
            };
            let traits = Traits::of_site(&set(site), &node);
            assert_eq!((&traits.wanted, &traits.after), (&set(wanted), &set(after)), "{site:?}");
        }
    }
}
