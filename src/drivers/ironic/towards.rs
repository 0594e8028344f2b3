//! What to do next about a node, given only what Ironic says about it now and what this step has already asked for.
//! Pure tables over all of Ironic's provision states.
#![expect(clippy::match_same_arms, reason = "tables name the states in the order of a node's life")]

use jiff::Timestamp;

use super::{
    blame::is_restart,
    observed::{Observed, Provision},
};

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    /// The node is where it should be.
    Done,
    /// Ironic is at work; look again later.
    Wait,
    /// Ask Ironic to go on.
    Ask(Verb),
    /// The node failed before, or Ironic itself did: ask, and tell why.
    AskAgain(Verb),
    /// Ironic tried and failed; its words say why.
    Failed,
    /// A state that no command should touch unasked.
    LeaveAlone(&'static str),
}

/// Targets of Ironic's provision state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    Manage,
    Inspect,
    Clean,
    Provide,
    Active,
    Rebuild,
    Deleted,
}

impl Verb {
    /// As the API spells it.
    pub fn target(self) -> &'static str {
        match self {
            Self::Manage => "manage",
            Self::Inspect => "inspect",
            Self::Clean => "clean",
            Self::Provide => "provide",
            Self::Active => "active",
            Self::Rebuild => "rebuild",
            Self::Deleted => "deleted",
        }
    }
}

/// What this step has asked for so far.
#[derive(Debug, Clone, Default)]
pub struct Tried {
    pub asked: Vec<Verb>,
    /// A failure caused by Ironic's own restart was forgiven; a second one is not.
    pub forgiven: bool,
}

impl Tried {
    /// Forgives a failure of what was asked for if Ironic's restart was to blame: whether it was.
    pub fn forgive(&mut self, node: &Observed) -> bool {
        let restarted = node.last_error.as_deref().is_some_and(is_restart);
        let forgives = restarted && !self.asked.is_empty();
        self.forgiven |= forgives;
        forgives
    }

    /// Whether it was cleaned, and Ironic was not asked to take on a cleaning that failed since.
    fn has_cleaned(&self) -> bool {
        let last = |verb| self.asked.iter().rposition(|asked| *asked == verb);
        last(Verb::Clean).is_some() && last(Verb::Clean) > last(Verb::Manage)
    }

    fn has(&self, verb: Verb) -> bool {
        self.asked.contains(&verb)
    }

    /// Asks once; after that only if it was Ironic's restart that spoilt it, and that once too.
    fn ask(&self, node: &Observed, verb: Verb) -> Move {
        if !self.has(verb) {
            return Move::Ask(verb);
        }
        self.again(node, verb)
    }

    /// Takes on a node that was found failed.
    fn take_on(&self, node: &Observed, verb: Verb) -> Move {
        if !self.has(verb) {
            return Move::AskAgain(verb);
        }
        self.again(node, verb)
    }

    fn again(&self, node: &Observed, verb: Verb) -> Move {
        let restarted = node.last_error.as_deref().is_some_and(is_restart);
        if restarted && !self.forgiven { Move::AskAgain(verb) } else { Move::Failed }
    }
}

const CLEAN_FAILED: &str =
    "cleaning failed, and only a person can say whether its disks may be touched again";
const IN_USE: &str = "it is in use";
const BROKEN: &str =
    "Ironic could not take the instance off it, and does not say what is left on the disks";
const SOMEBODY_ELSE: &str = "something else than Ymir is at work on it";
const NOT_INSPECTED: &str = "its inspection failed";
const NOT_IN_USE: &str = "nothing runs on it that could be rebuilt";
const UNKNOWN: &str = "this version of Ymir does not know the state";

/// Leaves a node alone that a command has no business with in this state, and says why.
fn untouched(state: Provision) -> Move {
    use Provision as P;
    Move::LeaveAlone(match state {
        P::Enroll | P::Verifying | P::Manageable | P::Available => NOT_IN_USE,
        P::Inspecting | P::InspectWait | P::InspectFailed => NOT_IN_USE,
        P::Cleaning | P::CleanWait => NOT_IN_USE,
        P::CleanFailed => CLEAN_FAILED,
        P::CleanHold => SOMEBODY_ELSE,
        P::Deploying | P::DeployWait | P::DeployHold | P::DeployFailed => IN_USE,
        P::Active | P::Deleting => IN_USE,
        P::Error => BROKEN,
        P::Adopting | P::AdoptFailed | P::Rescue | P::Rescuing | P::RescueWait => SOMEBODY_ELSE,
        P::RescueFailed | P::Unrescuing | P::UnrescueFailed => SOMEBODY_ELSE,
        P::Servicing | P::ServiceWait | P::ServiceHold | P::ServiceFailed => SOMEBODY_ELSE,
        P::Foreign => UNKNOWN,
    })
}

/// Towards a node whose BMC Ironic can talk to. Whatever comes after `manageable` has been there.
pub fn manageable(node: &Observed, tried: &Tried) -> Move {
    use Provision as P;
    match node.provision_state {
        P::Enroll => tried.ask(node, Verb::Manage),
        P::Verifying => Move::Wait,
        P::Manageable | P::Inspecting | P::InspectWait | P::InspectFailed | P::Cleaning => {
            Move::Done
        }
        P::CleanWait | P::CleanHold | P::CleanFailed | P::Available | P::Deploying => Move::Done,
        P::DeployWait | P::DeployHold | P::DeployFailed | P::Active | P::Deleting => Move::Done,
        P::Error | P::Adopting | P::AdoptFailed | P::Rescue | P::Rescuing => Move::Done,
        P::RescueWait | P::RescueFailed | P::Unrescuing | P::UnrescueFailed => Move::Done,
        P::Servicing | P::ServiceWait | P::ServiceHold | P::ServiceFailed => Move::Done,
        P::Foreign => Move::LeaveAlone(UNKNOWN),
    }
}

/// Towards a node that is `manageable` itself: one that could be deployed to is taken back.
pub fn held_back(node: &Observed, tried: &Tried) -> Move {
    use Provision as P;
    match node.provision_state {
        P::Manageable => Move::Done,
        P::Enroll | P::Available | P::InspectFailed => tried.ask(node, Verb::Manage),
        P::Verifying | P::Inspecting | P::InspectWait | P::Cleaning | P::CleanWait => Move::Wait,
        other => untouched(other),
    }
}

/// What is wanted of a node whose BIOS and RAID are set.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "none of them follows from the others")]
pub struct Wish {
    /// Something is to be set.
    pub change: bool,
    /// It is to be available in the end.
    pub back: bool,
    /// A cleaning that goes on or has failed is one that sets BIOS and RAID.
    pub ours: bool,
    /// Somebody else's request is only waited for.
    pub joined: bool,
}

/// Towards a node whose BIOS and RAID were set by steps of cleaning, and that is where it was before.
pub fn set_up(node: &Observed, tried: &Tried, wish: Wish) -> Move {
    use Provision as P;
    let change = wish.change && !tried.has_cleaned();
    match node.provision_state {
        P::Manageable if change => Move::Ask(Verb::Clean),
        P::Manageable if wish.back => tried.ask(node, Verb::Provide),
        P::Available if change => tried.ask(node, Verb::Manage),
        P::Manageable | P::Available => Move::Done,
        P::Enroll | P::InspectFailed => tried.ask(node, Verb::Manage),
        P::Verifying | P::Inspecting | P::InspectWait | P::Cleaning | P::CleanWait => Move::Wait,
        P::CleanFailed if tried.has_cleaned() => tried.again(node, Verb::Manage),
        P::CleanFailed if wish.ours && wish.joined => Move::Failed,
        P::CleanFailed if wish.ours => tried.take_on(node, Verb::Manage),
        other => untouched(other),
    }
}

/// Towards a node that was inspected since a time; it ends `manageable`.
pub fn inspected(node: &Observed, tried: &Tried, since: Timestamp) -> Move {
    use Provision as P;
    let fresh = node.inspection_finished_at.is_some_and(|at| at >= since);
    match node.provision_state {
        P::Enroll => tried.ask(node, Verb::Manage),
        P::Verifying | P::Inspecting | P::InspectWait => Move::Wait,
        // Ironic's clock may differ from ours: an inspection that we asked for and that ended here counts.
        P::Manageable if fresh || tried.has(Verb::Inspect) => Move::Done,
        P::Available if fresh => Move::Done,
        P::Manageable => Move::Ask(Verb::Inspect),
        P::Available => tried.ask(node, Verb::Manage),
        P::InspectFailed => tried.take_on(node, Verb::Inspect),
        P::Cleaning | P::CleanWait => Move::Wait,
        other => untouched(other),
    }
}

/// Towards a node that may be deployed to; one that was or is being deployed to has been there.
pub fn available(node: &Observed, tried: &Tried) -> Move {
    use Provision as P;
    match node.provision_state {
        P::Available | P::Deploying | P::DeployWait | P::DeployHold | P::DeployFailed => Move::Done,
        P::Active => Move::Done,
        P::Enroll | P::Verifying | P::Manageable | P::Inspecting | P::InspectWait => {
            active(node, tried)
        }
        P::InspectFailed | P::Cleaning | P::CleanWait | P::CleanHold => active(node, tried),
        P::CleanFailed | P::Deleting | P::Error | P::Adopting | P::AdoptFailed => {
            active(node, tried)
        }
        P::Rescue | P::Rescuing | P::RescueWait | P::RescueFailed => active(node, tried),
        P::Unrescuing | P::UnrescueFailed | P::Servicing | P::ServiceWait => active(node, tried),
        P::ServiceHold | P::ServiceFailed | P::Foreign => active(node, tried),
    }
}

/// Towards a running instance. A deployment that runs already is joined.
pub fn active(node: &Observed, tried: &Tried) -> Move {
    use Provision as P;
    match node.provision_state {
        P::Active => Move::Done,
        P::Enroll => tried.ask(node, Verb::Manage),
        P::Manageable => tried.ask(node, Verb::Provide),
        P::Available => tried.ask(node, Verb::Active),
        P::DeployFailed => tried.take_on(node, Verb::Active),
        P::Verifying | P::Inspecting | P::InspectWait | P::Cleaning | P::CleanWait => Move::Wait,
        P::Deploying | P::DeployWait | P::DeployHold | P::Deleting => Move::Wait,
        P::InspectFailed => Move::LeaveAlone(NOT_INSPECTED),
        other => untouched(other),
    }
}

/// Towards a node that is in use and runs what it should, by a rebuild; `runs` says whether it does. A rebuild that was
/// begun is joined, and one that failed is begun anew.
pub fn rebuilt(node: &Observed, tried: &Tried, runs: bool) -> Move {
    use Provision as P;
    match node.provision_state {
        P::Active if runs || tried.has(Verb::Rebuild) => Move::Done,
        P::Active => Move::Ask(Verb::Rebuild),
        P::DeployFailed => tried.take_on(node, Verb::Rebuild),
        P::Deploying | P::DeployWait | P::DeployHold => Move::Wait,
        P::Deleting => Move::LeaveAlone(NOT_IN_USE),
        other => untouched(other),
    }
}

/// Towards a node on which nothing runs. `error` is what is left of an instance that could not be taken off; the
/// operator has asked for exactly that, so it is tried again, as in Kayobe.
pub fn undeployed(node: &Observed, tried: &Tried) -> Move {
    use Provision as P;
    match node.provision_state {
        P::Available | P::Manageable | P::Enroll | P::Verifying => Move::Done,
        P::Inspecting | P::InspectWait | P::InspectFailed => Move::Done,
        P::Active | P::DeployWait | P::DeployFailed => tried.ask(node, Verb::Deleted),
        P::Error => tried.take_on(node, Verb::Deleted),
        // Ironic takes no orders while it is deploying; it soon waits for the ramdisk or ends.
        P::Deploying | P::DeployHold | P::Deleting | P::Cleaning | P::CleanWait => Move::Wait,
        other => untouched(other),
    }
}

#[cfg(test)]
#[path = "towards_tests.rs"]
mod tests;
