//! A look at many hosts: what differs on each, and since when.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    event::{Event, Outcome},
    plan::{self, Plan},
    trouble::Trouble,
};

/// How much of a digest tells one configuration from another.
const DIGITS: usize = 12;

/// One look, as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Look {
    pub at: Timestamp,
    pub hosts: BTreeMap<String, Seen>,
}

/// What was seen of a host.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Seen {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<Trouble>,
    pub topics: BTreeMap<String, Topic>,
}

/// What was seen of one topic of a host's configuration.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Topic {
    /// Digest of what the site wanted then.
    pub wanted: String,
    pub differences: Vec<Difference>,
}

/// One thing that is not as the site says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Difference {
    /// What would be done about it.
    pub change: String,
    /// The lines that differ; they are shown, and not kept.
    #[serde(skip)]
    pub lines: Option<String>,
    pub began: Began,
}

/// When something began to differ.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Began {
    /// The last look that did not see it; `None` if every look has seen it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Timestamp>,
    /// The first look that saw it.
    pub by: Timestamp,
    pub through: Through,
}

/// Who has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Through {
    /// The host: the site wanted the same before.
    Host,
    /// What the site wants.
    Site,
    /// There is no look before it.
    Unknown,
}

/// Hears what a run that only looks finds.
#[derive(Debug)]
pub(super) struct Watch {
    /// Step ids: the host, the topic, and the digest of what is wanted.
    steps: BTreeMap<String, (String, String, String)>,
    hosts: BTreeMap<String, Raw>,
}

/// What is found on a host, by topic.
#[derive(Debug, Default)]
struct Raw {
    trouble: Option<Trouble>,
    topics: BTreeMap<String, (String, Vec<String>)>,
}

impl Watch {
    pub(super) fn of(plan: &Plan) -> Self {
        let mut steps = BTreeMap::new();
        let mut hosts = BTreeMap::new();
        for lane in plan.stages.iter().flat_map(|stage| &stage.lanes) {
            hosts.entry(lane.subject.clone()).or_default();
            for step in &lane.steps {
                let digest = plan::digest(&step.action)[..DIGITS].to_owned();
                steps.insert(step.id.clone(), (lane.subject.clone(), step.title.clone(), digest));
            }
        }
        Self { steps, hosts }
    }

    pub(super) fn hear(&mut self, event: Event) {
        let Event::StepFinished { step, outcome, .. } = event else { return };
        let Some((host, topic, wanted)) = self.steps.get(&step).cloned() else { return };
        let raw = self.hosts.entry(host).or_default();
        let changes = match outcome {
            Outcome::WouldChange { changes } => changes,
            Outcome::Undecided { why } => vec![format!("unknown until run: {why}")],
            Outcome::Failed { trouble } => {
                raw.trouble.get_or_insert(trouble);
                return;
            }
            Outcome::Unchanged { .. }
            | Outcome::Changed { .. }
            | Outcome::DoneEarlier
            | Outcome::Stopped => Vec::new(),
        };
        // A topic may have several steps, and a host several classes.
        let entry = raw.topics.entry(topic).or_default();
        entry.0.push_str(&wanted);
        entry.1.extend(changes);
    }
}

impl Look {
    /// Compares what was seen now with earlier looks, the newest of which comes last.
    pub(super) fn new(at: Timestamp, watch: Watch, earlier: &[Self]) -> Self {
        let hosts = watch.hosts.into_iter().map(|(host, raw)| {
            let topics = raw.topics.into_iter().map(|(name, (wanted, changes))| {
                let before = before(earlier, &host, &name);
                let differences =
                    changes.into_iter().map(|text| difference(at, &text, &wanted, before));
                let differences = differences.collect();
                (name, Topic { wanted, differences })
            });
            let topics = topics.collect();
            (host, Seen { trouble: raw.trouble, topics })
        });
        Self { at, hosts: hosts.collect() }
    }

    pub(super) fn has_troubles(&self) -> bool {
        self.hosts.values().any(|seen| seen.trouble.is_some())
    }

    pub(super) fn differences(&self) -> usize {
        self.hosts.values().map(Seen::differences).sum()
    }
}

impl Seen {
    pub(super) fn differences(&self) -> usize {
        self.topics.values().map(|topic| topic.differences.len()).sum()
    }
}

/// The newest look that saw the topic on the host.
fn before<'l>(earlier: &'l [Look], host: &str, topic: &str) -> Option<(Timestamp, &'l Topic)> {
    earlier.iter().rev().find_map(|look| Some((look.at, look.hosts.get(host)?.topics.get(topic)?)))
}

fn difference(
    at: Timestamp,
    text: &str,
    wanted: &str,
    before: Option<(Timestamp, &Topic)>,
) -> Difference {
    let (change, lines) = match text.split_once('\n') {
        Some((change, lines)) => (change, Some(lines.to_owned())),
        None => (text, None),
    };
    let began = match before {
        None => Began { after: None, by: at, through: Through::Unknown },
        Some((then, topic)) => {
            let same = topic.differences.iter().find(|known| known.change == change);
            same.map(|known| known.began.clone()).unwrap_or(Began {
                after: Some(then),
                by: at,
                through: if topic.wanted == wanted { Through::Host } else { Through::Site },
            })
        }
    };
    Difference { change: change.to_owned(), lines, began }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(minute: i64, wanted: &str, changes: &[&str], earlier: &[Look]) -> Look {
        let topic = (wanted.to_owned(), changes.iter().map(ToString::to_string).collect());
        let topics = BTreeMap::from([("logging".to_owned(), topic)]);
        let hosts = BTreeMap::from([("node1".to_owned(), Raw { trouble: None, topics })]);
        let at = Timestamp::from_second(minute * 60).unwrap();
        Look::new(at, Watch { steps: BTreeMap::new(), hosts }, earlier)
    }

    fn began(look: &Look, index: usize) -> (Option<i64>, i64, Through) {
        let Began { after, by, through } =
            &look.hosts["node1"].topics["logging"].differences[index].began;
        let minute = |at: &Timestamp| at.as_second() / 60;
        (after.as_ref().map(minute), minute(by), *through)
    }

    #[test]
    fn a_difference_began_between_two_looks() {
        let first = look(1, "a", &["change /etc/x\n-old"], &[]);
        assert_eq!(began(&first, 0), (None, 1, Through::Unknown));
        let second =
            look(2, "a", &["change /etc/x\n-older", "restart x"], std::slice::from_ref(&first));
        assert_eq!(began(&second, 0), (None, 1, Through::Unknown));
        assert_eq!(began(&second, 1), (Some(1), 2, Through::Host));
        let third = look(3, "b", &["restart x", "write /etc/y"], &[first.clone(), second.clone()]);
        assert_eq!(began(&third, 0), (Some(1), 2, Through::Host));
        assert_eq!(began(&third, 1), (Some(2), 3, Through::Site));
        // A look that did not reach the host says nothing of it.
        let unreached = Look { hosts: BTreeMap::new(), ..look(4, "b", &[], &[]) };
        let fifth = look(5, "b", &["restart x"], &[second, third, unreached]);
        assert_eq!(began(&fifth, 0), (Some(1), 2, Through::Host));
    }
}
