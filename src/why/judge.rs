//! Which hop is broken. Words come first: Ironic's about its failure, then what the BMC and SSH answer; where there are
//! none, the first sign of life that is missing tells.

use jiff::Timestamp;

use super::{
    Hop, Verdict,
    signs::{Line, Look, NodeSigns, Signs, Ssh, Stage, Work},
};
use crate::{model::bmc::Power, trouble::Trouble};

/// How the host stands, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    pub verdict: Verdict,
    pub hop: Option<Hop>,
    pub perhaps: Vec<Hop>,
}

impl Judgement {
    fn of(verdict: Verdict, hop: Hop) -> Self {
        Self { verdict, hop: Some(hop), perhaps: Vec::new() }
    }

    fn broken(hop: Hop) -> Self {
        Self::of(Verdict::Broken, hop)
    }

    fn nothing(verdict: Verdict) -> Self {
        Self { verdict, hop: None, perhaps: Vec::new() }
    }
}

/// Judges what was seen.
pub fn judge(signs: &Signs) -> Judgement {
    let node = match &signs.ironic {
        Look::Failed(_) | Look::NotLooked(_) | Look::Seen(None) => {
            return Judgement::broken(Hop::Ironic);
        }
        Look::Seen(Some(node)) => node,
    };
    match node.stage {
        Stage::New if failed(signs, node) => Judgement::broken(Hop::Bmc),
        Stage::New | Stage::Rest => at_rest(signs),
        Stage::Verifying | Stage::ThroughBmc => reaching(signs, Verdict::Waiting),
        Stage::Active => running(signs),
        Stage::Foreign => Judgement::of(Verdict::Waiting, Hop::Ironic),
        Stage::Working(work) => by_signs(signs, node, work, Verdict::Waiting),
        Stage::Failed(work) => match by_words(signs, node) {
            Some(hop) => Judgement::broken(hop),
            None => by_signs(signs, node, work, Verdict::Broken),
        },
    }
}

/// Whether Ironic, or the last run, has failed to reach the BMC of a node that it has never talked to.
fn failed(signs: &Signs, node: &NodeSigns) -> bool {
    let told = node.blamed.is_some() || node.last_error.is_some();
    told || signs.journal.trouble.is_some() || matches!(signs.bmc, Look::Failed(_))
}

fn at_rest(signs: &Signs) -> Judgement {
    match (&signs.bmc, &signs.journal.trouble) {
        (Look::Failed(_), _) => Judgement::broken(Hop::Bmc),
        // Nothing came of the last step, although nothing is wrong with the node.
        (_, Some(trouble)) if is_of_ironic(trouble) => Judgement::broken(Hop::Ironic),
        (_, Some(_)) => Judgement::nothing(Verdict::Broken),
        _ => Judgement::nothing(Verdict::Idle),
    }
}

/// Whether a step failed because of what Ironic answered, or did not.
fn is_of_ironic(trouble: &Trouble) -> bool {
    let says = |text: &String| text.contains("Ironic");
    says(&trouble.what) || trouble.causes.iter().any(says)
}

/// A BMC that does not answer us is broken, whatever Ironic still tries.
fn reaching(signs: &Signs, otherwise: Verdict) -> Judgement {
    match signs.bmc {
        Look::Failed(_) => Judgement::broken(Hop::Bmc),
        _ => Judgement::of(otherwise, Hop::Bmc),
    }
}

fn by_words(signs: &Signs, node: &NodeSigns) -> Option<Hop> {
    match (node.blamed, &signs.bmc) {
        (Some(hop), _) => Some(hop),
        (None, Look::Failed(_)) => Some(Hop::Bmc),
        _ => None,
    }
}

/// What an active host's SSH says.
fn running(signs: &Signs) -> Judgement {
    let is_off = signs.bmc.as_seen().is_some_and(|bmc| bmc.power == Power::Off);
    match &signs.ssh {
        Look::Seen(Ssh::Answers) => Judgement::nothing(Verdict::Up),
        Look::Seen(Ssh::WrongKey(_) | Ssh::NoEntry(_) | Ssh::Refused(_)) => {
            Judgement::broken(Hop::Ssh)
        }
        Look::Seen(Ssh::Silent(_)) if is_off => Judgement::broken(Hop::Power),
        Look::Seen(Ssh::Silent(_)) if signs.journal.answered_before => Judgement::broken(Hop::Ssh),
        Look::Seen(Ssh::Silent(_)) => {
            Judgement { perhaps: vec![Hop::Ssh], ..Judgement::broken(Hop::FirstBoot) }
        }
        Look::Failed(_) | Look::NotLooked(_) => Judgement::of(Verdict::Waiting, Hop::Ssh),
    }
}

/// The first sign of life that is missing since the work began.
fn by_signs(signs: &Signs, node: &NodeSigns, work: Work, verdict: Verdict) -> Judgement {
    let begun = signs.journal.began;
    if node.heartbeat.is_some_and(|at| since(at, begun)) {
        let hop = if work == Work::Deploy { Hop::Image } else { Hop::Ramdisk };
        // Without knowing when the work began, nobody can say whether it was this ramdisk.
        let before = [Hop::Power, Hop::BootDevice, Hop::Dhcp, Hop::BootFile, Hop::Ramdisk];
        let others = before.into_iter().filter(|other| begun.is_none() && *other != hop);
        return Judgement { perhaps: others.collect(), ..Judgement::of(verdict, hop) };
    }
    if let Look::Failed(_) = signs.bmc {
        return Judgement::broken(Hop::Bmc);
    }
    let is_off = signs.bmc.as_seen().is_some_and(|bmc| bmc.power == Power::Off);
    if is_off {
        return Judgement::of(verdict, Hop::Power);
    }
    let (asked, fetched) = (seen(&signs.dhcp, begun), seen(&signs.http, begun));
    let over_network =
        node.boot_interface.as_deref().is_some_and(|name| name.contains("pxe") || name == "http");
    let (hop, perhaps): (Hop, &[Hop]) = match (asked, fetched) {
        (Some(true), Some(false)) if over_network => (Hop::BootFile, &[]),
        (Some(true), _) => (Hop::Ramdisk, &[]),
        (Some(false), Some(true)) => (Hop::Dhcp, &[]),
        (Some(false), Some(false)) => (Hop::BootDevice, &[]),
        (Some(false), None) => (Hop::BootDevice, &[Hop::BootFile]),
        (None, Some(true)) => (Hop::Ramdisk, &[Hop::Dhcp]),
        (None, Some(false)) => (Hop::BootDevice, &[Hop::Dhcp, Hop::BootFile]),
        (None, None) => (Hop::BootDevice, &[Hop::Dhcp, Hop::BootFile, Hop::Ramdisk]),
    };
    Judgement { perhaps: perhaps.to_vec(), ..Judgement::of(verdict, hop) }
}

/// Whether something happened after the work began; if nobody knows when that was, it did.
fn since(at: Timestamp, begun: Option<Timestamp>) -> bool {
    begun.is_none_or(|begun| at >= begun)
}

/// Whether a log has a line since the work began; `None`: that cannot be told.
fn seen(log: &Look<Option<Line>>, begun: Option<Timestamp>) -> Option<bool> {
    match log {
        Look::Seen(None) => Some(false),
        Look::Seen(Some(line)) => Some(since(line.at?, begun)),
        Look::Failed(_) | Look::NotLooked(_) => None,
    }
}
