//! The hops one after the other, each with its last sign of life.

use jiff::Timestamp;
use serde::Serialize;

use super::{
    Hop, Verdict,
    signs::{BmcSigns, Line, Look, NodeSigns, Signs, Ssh, Stage, Work},
};
use crate::trouble::Trouble;

/// One hop and what was seen there.
#[derive(Debug, Clone, Serialize)]
pub struct Link {
    pub hop: Hop,
    pub state: State,
    /// The last sign of life, or why it was not looked at.
    pub sign: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
}

/// How a hop stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Good,
    Broken,
    /// It is this hop's turn, and nothing speaks against it.
    Waiting,
    /// The way has not come so far.
    NotReached,
    NotLookedAt,
}

/// What is seen at a hop; `Err`: why it is not looked at.
type Sign = Result<(String, Option<Timestamp>), String>;

/// The whole chain.
pub fn chain(signs: &Signs, verdict: Verdict, hop: Option<Hop>) -> Vec<Link> {
    let node = signs.ironic.as_seen().and_then(Option::as_ref);
    let link = |at: Hop| {
        let sign = sign(at, signs, node);
        let state = match (hop, verdict, &sign) {
            (Some(hop), Verdict::Broken, _) if hop == at => State::Broken,
            (Some(hop), _, _) if hop == at => State::Waiting,
            (Some(hop), ..) if at > hop => State::NotReached,
            (.., Err(_)) => State::NotLookedAt,
            (None, Verdict::Idle, _) if at > Hop::BootDevice => State::NotReached,
            _ => State::Good,
        };
        let (sign, time) = match sign {
            Ok(sign) => sign,
            Err(why) if state == State::NotLookedAt => (why, None),
            Err(why) => (format!("not looked at: {why}"), None),
        };
        Link { hop: at, state, sign, at: time }
    };
    Hop::ALL.into_iter().map(link).collect()
}

fn sign(at: Hop, signs: &Signs, node: Option<&NodeSigns>) -> Sign {
    let unknown = || Err("Ironic does not tell of the node".to_owned());
    match at {
        Hop::Ironic => ironic(&signs.ironic),
        Hop::Bmc => of(&signs.bmc, |bmc| (format!("answers at {}", bmc.address), None)),
        Hop::Power => power(&signs.bmc, node),
        Hop::BootDevice => of(&signs.bmc, |bmc| (boot(bmc), None)),
        Hop::Dhcp => of(&signs.dhcp, |line| log(line.as_ref(), "no request in its server's log")),
        Hop::BootFile => of(&signs.http, |line| log(line.as_ref(), "no fetch in its server's log")),
        Hop::Ramdisk => node.map_or_else(unknown, |node| {
            Ok(match node.heartbeat {
                Some(at) => ("called back last".into(), Some(at)),
                None => ("has never called back".into(), None),
            })
        }),
        Hop::Image => node.map_or_else(unknown, |node| Ok((image(node), None))),
        Hop::FirstBoot => node.map_or_else(unknown, |node| Ok(first_boot(signs, node))),
        Hop::Ssh => of(&signs.ssh, |ssh| (said(ssh), None)),
    }
}

/// What a look showed, or why it failed.
fn of<T>(look: &Look<T>, sign: impl Fn(&T) -> (String, Option<Timestamp>)) -> Sign {
    match look {
        Look::Seen(seen) => Ok(sign(seen)),
        Look::Failed(trouble) => Ok((reason(trouble), None)),
        Look::NotLooked(why) => Err(why.clone()),
    }
}

/// A trouble in one line.
pub(super) fn reason(trouble: &Trouble) -> String {
    [std::slice::from_ref(&trouble.what), &trouble.causes[..]].concat().join(": ")
}

fn ironic(look: &Look<Option<NodeSigns>>) -> Sign {
    of(look, |node| match node {
        None => ("has no node of this name".into(), None),
        Some(node) => {
            let lock = node.reservation.as_ref();
            let lock = lock.map(|by| format!(", locked by conductor {by}")).unwrap_or_default();
            let away = if node.maintenance { ", in maintenance" } else { "" };
            (format!("the node is `{}`{lock}{away}", node.state), node.changed_at)
        }
    })
}

fn power(bmc: &Look<BmcSigns>, node: Option<&NodeSigns>) -> Sign {
    match (bmc, node.and_then(|node| node.power.as_ref())) {
        (Look::Seen(bmc), _) => Ok((format!("is {}", bmc.power.word()), None)),
        (_, Some(power)) => Ok((format!("is, as far as Ironic knows, `{power}`"), None)),
        (Look::Failed(_), None) => Err("its BMC does not tell".into()),
        (Look::NotLooked(why), None) => Err(why.clone()),
    }
}

fn boot(bmc: &BmcSigns) -> String {
    let boot = bmc.boot.as_ref().map_or_else(
        || "nothing is told".into(),
        |boot| format!("the next boot: {}", boot.words()),
    );
    match &bmc.media {
        Ok(media) if media.is_empty() => format!("{boot}; no virtual medium is inserted"),
        Ok(media) => format!("{boot}; inserted: {}", media.join(", ")),
        Err(why) => format!("{boot}; virtual media: {why}"),
    }
}

fn log(line: Option<&Line>, none: &str) -> (String, Option<Timestamp>) {
    match line {
        None => (none.into(), None),
        Some(Line { at: Some(at), text }) => (text.clone(), Some(*at)),
        Some(Line { at: None, text }) => (format!("{text} (the log has no times)"), None),
    }
}

fn image(node: &NodeSigns) -> String {
    let image = node.image.as_deref().unwrap_or("the image");
    match node.stage {
        Stage::Active => format!("{image} is written"),
        Stage::Working(Work::Deploy) => format!("{image} is not reported as written yet"),
        Stage::Failed(Work::Deploy) => format!("{image} is not reported as written"),
        _ => "nothing is being deployed".into(),
    }
}

fn first_boot(signs: &Signs, node: &NodeSigns) -> (String, Option<Timestamp>) {
    match (&signs.ssh, node.stage) {
        (Look::Seen(Ssh::Silent(_)), Stage::Active) => {
            ("Ironic has started it, and nothing is heard of it".into(), node.changed_at)
        }
        (Look::Seen(_), Stage::Active) => ("it is on the network".into(), node.changed_at),
        (_, Stage::Active) => ("Ironic has started it".into(), node.changed_at),
        _ => ("nothing is deployed".into(), None),
    }
}

fn said(ssh: &Ssh) -> String {
    match ssh {
        Ssh::Answers => "answers, and is the host".into(),
        Ssh::WrongKey(words) => format!("another host key than the expected one: {words}"),
        Ssh::NoEntry(words) => format!("does not let Ymir in: {words}"),
        Ssh::Refused(words) | Ssh::Silent(words) => words.clone(),
    }
}
