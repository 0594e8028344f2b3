//! What was put on a host and nobody asks for any more: what becomes of each thing, and in which order it goes.

use std::collections::BTreeSet;

use super::{
    change::Change,
    concern::Concern,
    converge::{Converge, Done},
    data::Held,
    fault::Fault,
    record::{Entry, Trace},
    removal::{self, Verdict},
    resource::Resource,
};

/// Something that was put here and that nobody asks for any more.
pub(super) struct Leftover {
    pub(super) key: String,
    pub(super) verdict: Verdict,
}

/// A mount is known by its line and by itself, and told once.
pub(super) fn once(changes: &mut Vec<Change>, change: Change) {
    if !changes.contains(&change) {
        changes.push(change);
    }
}

impl Converge<'_> {
    /// What the record has of this concern and the resources do not ask for.
    pub(super) fn leftovers(
        &self,
        concern: &Concern,
        resources: &[Resource],
    ) -> Result<Vec<Leftover>, Fault> {
        let wanted: BTreeSet<String> = resources.iter().flat_map(Resource::keys).collect();
        let own = self
            .record
            .entries
            .iter()
            .filter(|(key, entry)| entry.concern == concern.name() && !wanted.contains(*key))
            .filter(|(key, _)| !resources.iter().any(|resource| resource.decides(key)));
        let judged = own.map(|(key, entry)| {
            let verdict = removal::judge(self.host.machine, &entry.trace, &self.confirmed)?;
            Ok(Leftover { key: key.clone(), verdict })
        });
        let mut leftovers = judged.collect::<Result<Vec<_>, Fault>>()?;
        let entries = &self.record.entries;
        let all = leftovers.iter_mut().map(|left| (&entries[&left.key].trace, &mut left.verdict));
        removal::judge_together(self.host.machine, all.collect())?;
        let stays = |left: &Leftover| matches!(left.verdict, Verdict::Ask(_) | Verdict::Wait(_));
        if leftovers.iter().any(stays) {
            // What holds data needs the programs that reach it, and an encrypted device what opens it.
            let is_encrypted = |left: &Leftover| stays(left) && self.is_encrypted(&left.key);
            let has_encrypted = leftovers.iter().any(is_encrypted);
            leftovers.retain(|left| match self.record.entries[&left.key].trace {
                Trace::Packages { .. } => false,
                Trace::Unit { .. } => !has_encrypted,
                _ => true,
            });
        }
        // An account before its group, files before their directory, both in the directory's own order otherwise.
        leftovers.sort_by_key(|leftover| self.record.entries[&leftover.key].trace.turn());
        Ok(leftovers)
    }

    pub(super) fn take_away(
        &mut self,
        leftover: Leftover,
        resources: &[Resource],
        done: &mut Done,
        progress: &mut dyn FnMut(&str),
    ) -> Result<(), Fault> {
        match leftover.verdict {
            Verdict::Remove(change) => {
                progress(&change.text);
                self.mark_due(resources, |refresh| refresh.follows_removal_of(&leftover.key));
                self.record.write(self.host.machine)?;
                let trace = &self.record.entries[&leftover.key].trace;
                // An account may have taken its group with it, a package those that need it.
                let goes = match removal::judge(self.host.machine, trace, &self.confirmed)? {
                    Verdict::Remove(_) => true,
                    Verdict::Keep(_) => matches!(trace, Trace::Packages { .. }),
                    _ => false,
                };
                if goes {
                    removal::take_away(self.host.machine, trace)?;
                }
                self.host.machine.forget();
                once(&mut done.changes, change);
            }
            Verdict::Keep(why) => done.kept.push(why),
            Verdict::Forget => {}
            // It can be named later.
            Verdict::Ask(held) => {
                done.held.push(held);
                return Ok(());
            }
            Verdict::Wait(why) => {
                done.kept.push(why);
                return Ok(());
            }
        }
        self.record.entries.remove(&leftover.key);
        self.record.write(self.host.machine)
    }

    fn is_encrypted(&self, key: &str) -> bool {
        matches!(&self.record.entries[key].trace, Trace::Data { held: Held::Luks { .. } })
    }

    pub(super) fn is_data(&self, key: &str) -> bool {
        matches!(self.record.entries.get(key), Some(Entry { trace: Trace::Data { .. }, .. }))
    }
}
