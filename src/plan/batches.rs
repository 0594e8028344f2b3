//! Which hosts may be taken down together: of no group more than it can spare.

use std::collections::BTreeMap;

use crate::model::share::Share;

/// A host that is to be taken down for a while.
#[derive(Debug, Clone)]
pub struct Candidate {
    pub host: String,
    /// The groups that miss it.
    pub groups: Vec<String>,
    /// How many of each of its groups may be down at once.
    pub limit: Share,
    /// It is down already.
    pub down: bool,
}

/// A group of hosts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Group {
    pub size: usize,
    /// How many of it are down and are not to be taken up by this.
    pub down: usize,
}

/// A group that has no host to spare.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exhausted {
    pub host: String,
    pub group: String,
    pub limit: usize,
    pub down: usize,
}

/// The hosts in batches, as few as there can be when each host goes into the first one with room. What is down already
/// comes first: it may come up by it.
pub fn batches(
    candidates: &[Candidate],
    groups: &BTreeMap<String, Group>,
) -> Result<Vec<Vec<String>>, Exhausted> {
    let (down, up): (Vec<_>, Vec<_>) = candidates.iter().partition(|candidate| candidate.down);
    let mut batches: Vec<Batch> = Vec::new();
    for candidate in down.into_iter().chain(up) {
        if let Some(full) = exhausted(candidate, groups) {
            return Err(full);
        }
        let free = batches.iter().position(|batch| batch.has_room_for(candidate, groups));
        let at = free.unwrap_or_else(|| {
            batches.push(Batch::default());
            batches.len() - 1
        });
        batches[at].take(candidate, groups);
    }
    Ok(batches.into_iter().map(|batch| batch.hosts).collect())
}

fn exhausted(candidate: &Candidate, groups: &BTreeMap<String, Group>) -> Option<Exhausted> {
    // A host that is down takes nothing away.
    let full = |name: &&String| {
        let group = groups.get(*name).copied().unwrap_or_default();
        !candidate.down && group.down >= candidate.limit.of(group.size)
    };
    let name = candidate.groups.iter().find(full)?;
    let group = groups.get(name).copied().unwrap_or_default();
    Some(Exhausted {
        host: candidate.host.clone(),
        group: name.clone(),
        limit: candidate.limit.of(group.size),
        down: group.down,
    })
}

#[derive(Default)]
struct Batch {
    hosts: Vec<String>,
    /// Of each group: how many are in it, and the least that any of them allows.
    taken: BTreeMap<String, (usize, usize)>,
}

impl Batch {
    fn has_room_for(&self, candidate: &Candidate, groups: &BTreeMap<String, Group>) -> bool {
        candidate.groups.iter().all(|name| {
            let group = groups.get(name).copied().unwrap_or_default();
            let own = candidate.limit.of(group.size);
            let (taken, least) = self.taken.get(name).copied().unwrap_or((0, own));
            taken + 1 + group.down <= least.min(own)
        })
    }

    fn take(&mut self, candidate: &Candidate, groups: &BTreeMap<String, Group>) {
        self.hosts.push(candidate.host.clone());
        for name in &candidate.groups {
            let own = candidate.limit.of(groups.get(name).map_or(0, |group| group.size));
            let (taken, least) = self.taken.entry(name.clone()).or_insert((0, own));
            *taken += 1;
            *least = own.min(*least);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(names: &str, groups: &[&str], limit: &str) -> Vec<Candidate> {
        let of = |name: &str| Candidate {
            host: name.trim_end_matches('!').into(),
            groups: groups.iter().map(|group| (*group).into()).collect(),
            limit: limit.parse().unwrap(),
            down: name.ends_with('!'),
        };
        names.split(' ').map(of).collect()
    }

    fn groups(sizes: &[(&str, usize, usize)]) -> BTreeMap<String, Group> {
        let of = |(name, size, down): &(&str, usize, usize)| {
            ((*name).to_owned(), Group { size: *size, down: *down })
        };
        sizes.iter().map(of).collect()
    }

    fn told(candidates: &[Candidate], sizes: &[(&str, usize, usize)]) -> String {
        match batches(candidates, &groups(sizes)) {
            Ok(batches) => {
                batches.iter().map(|batch| batch.join(" ")).collect::<Vec<_>>().join(" | ")
            }
            Err(full) => {
                format!("{} of {}: {} of {}", full.host, full.group, full.down, full.limit)
            }
        }
    }

    #[test]
    fn no_group_loses_more_than_it_can_spare() {
        let of_two = hosts("a b c", &["compute"], "2");
        assert_eq!(told(&of_two, &[("compute", 10, 0)]), "a b | c");
        let half = hosts("a b c", &["compute"], "50%");
        assert_eq!(told(&half, &[("compute", 4, 0)]), "a b | c");
        let few = hosts("a b", &["compute"], "10%");
        assert_eq!(told(&few, &[("compute", 3, 0)]), "a | b", "one may always go");
        let mut mixed = hosts("a b", &["compute"], "2");
        mixed.extend(hosts("c d", &["controllers"], "1"));
        assert_eq!(told(&mixed, &[("compute", 9, 0), ("controllers", 3, 0)]), "a b c | d");
        let both = hosts("a b", &["compute", "storage"], "2");
        assert_eq!(told(&both, &[("compute", 9, 0), ("storage", 9, 1)]), "a | b");
        let nobody = hosts("a b", &[], "1");
        assert_eq!(told(&nobody, &[]), "a b");
    }

    #[test]
    fn what_is_down_counts_and_comes_first() {
        let one = hosts("a b!", &["controllers"], "1");
        assert_eq!(told(&one, &[("controllers", 3, 0)]), "b | a");
        assert_eq!(told(&one[..1], &[("controllers", 3, 1)]), "a of controllers: 1 of 1");
        assert_eq!(told(&one[1..], &[("controllers", 3, 1)]), "b");
    }

    #[test]
    fn the_strictest_of_a_group_counts() {
        let mut mixed = hosts("a b", &["compute"], "3");
        mixed.extend(hosts("c", &["compute"], "1"));
        assert_eq!(told(&mixed, &[("compute", 9, 0)]), "a b | c");
    }
}
