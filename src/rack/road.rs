//! The road that a request for a provision state takes a node along: legs, one after the other, and how a fault bends
//! them.

use std::collections::VecDeque;

use super::{
    fault::{Step, What},
    machine::{Ailment, Device, Power, Request, System},
    state::{State, Verb},
    steps::Steps,
    times::Times,
};

/// One stretch in one state.
#[derive(Debug, Clone, PartialEq)]
pub struct Leg {
    pub state: State,
    pub lasts: Lasts,
    /// What the machine is asked for when the leg begins.
    pub first: Vec<Request>,
    pub error: Option<String>,
    /// What has come about when the leg begins.
    pub did: Option<Did>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Lasts {
    Seconds(f64),
    /// Until the ramdisk calls back.
    Ramdisk,
    /// It stays so.
    Rest,
}

/// What changes in Ironic's record of the node beside its state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Did {
    Verified,
    Inspected,
    Released,
    /// The steps of a cleaning.
    Cleaned,
    /// A step of a cleaning failed while it was at work.
    StepFailed,
}

/// What a request needs to know of its node.
#[derive(Debug, Clone, Default)]
pub struct Circumstances {
    pub uuid: String,
    pub conductor: String,
    pub redfish: bool,
    /// Of the BMC.
    pub address: String,
    /// Nothing is at the BMC's address, or it does not let Ironic in.
    pub unreachable: Option<What>,
    pub automated_clean: bool,
    /// What it is cleaned with.
    pub steps: Steps,
    pub system: System,
}

impl Leg {
    fn new(state: State, lasts: f64) -> Self {
        Self { state, lasts: Lasts::Seconds(lasts), first: vec![], error: None, did: None }
    }

    fn waits(state: State) -> Self {
        Self { lasts: Lasts::Ramdisk, ..Self::new(state, 0.0) }
    }

    /// The end of a road.
    pub fn rest(state: State) -> Self {
        Self { lasts: Lasts::Rest, ..Self::new(state, 0.0) }
    }

    /// The end of a road that led nowhere.
    pub fn failed(state: State, error: String) -> Self {
        Self { error: Some(error), ..Self::rest(state) }
    }

    fn first(mut self, requests: impl IntoIterator<Item = Request>) -> Self {
        self.first.extend(requests);
        self
    }

    fn did(mut self, did: Did) -> Self {
        self.did = Some(did);
        self
    }
}

/// The step of a rack's file at which faults strike for a verb.
pub fn step(verb: Verb) -> Option<Step> {
    match verb {
        Verb::Manage => Some(Step::Verify),
        Verb::Inspect => Some(Step::Inspect),
        Verb::Clean | Verb::Provide => Some(Step::Clean),
        Verb::Active | Verb::Rebuild | Verb::Adopt => Some(Step::Deploy),
        Verb::Deleted => Some(Step::Undeploy),
        Verb::Abort => None,
    }
}

/// The whole road from a state that allows the verb.
pub fn road(
    verb: Verb,
    from: State,
    about: &Circumstances,
    what: Option<What>,
    times: &Times,
) -> VecDeque<Leg> {
    let mut legs = match verb {
        Verb::Manage if from == State::Enroll => verify(times),
        Verb::Manage => vec![Leg::rest(State::Manageable)],
        Verb::Inspect => inspect(times),
        Verb::Clean => by_steps(about, times),
        Verb::Provide => clean(about.automated_clean, State::Available, times),
        Verb::Active | Verb::Rebuild => deploy(&about.system, times),
        Verb::Deleted => undeploy(about.automated_clean, times),
        Verb::Adopt => vec![Leg::new(State::Adopting, times.verify), Leg::rest(State::Active)],
        Verb::Abort => {
            vec![Leg::failed(from.when_failed(), Circumstances::abort_words(from))]
        }
    };
    // Where there is nothing to clean, Ironic does not even ask the BMC.
    let idle = verb == Verb::Provide && !about.automated_clean;
    let strikes = |what: &What| !idle || *what == What::ConductorRestarted;
    let what = about.unreachable.or(what).filter(strikes);
    if legs.len() > 1
        && let Some(what) = what
    {
        bend(&mut legs, what, about);
    }
    if let Some(leg) = legs.first_mut() {
        leg.first.insert(0, Request::Ail(what.map_or(Ailment::None, What::ailment)));
    }
    legs.into()
}

/// The ramdisk is to be booted from the virtual CD.
fn ramdisk() -> [Request; 3] {
    let medium = Request::Insert("http://rack/ramdisk.iso".into());
    [medium, Request::Boot { device: Device::Cd, once: true }, Request::Restart]
}

fn verify(times: &Times) -> Vec<Leg> {
    let known = Leg::rest(State::Manageable).did(Did::Verified);
    vec![Leg::new(State::Verifying, times.verify), known]
}

fn inspect(times: &Times) -> Vec<Leg> {
    let off = [Request::Eject, Request::Switch(Power::Off)];
    vec![
        Leg::new(State::Inspecting, times.prepare),
        Leg::waits(State::InspectWait).first(ramdisk()),
        Leg::new(State::InspectWait, times.inspect),
        Leg::new(State::Inspecting, times.verify).first(off),
        Leg::rest(State::Manageable).did(Did::Inspected),
    ]
}

fn clean(really: bool, end: State, times: &Times) -> Vec<Leg> {
    if !really {
        // Ironic passes through the state whether there is something to clean or not.
        return vec![Leg::new(State::Cleaning, 1.0), Leg::rest(end)];
    }
    let off = [Request::Wipe, Request::Eject, Request::Switch(Power::Off)];
    vec![
        Leg::new(State::Cleaning, times.prepare),
        Leg::waits(State::CleanWait).first(ramdisk()),
        Leg::new(State::CleanWait, times.clean),
        Leg::new(State::Cleaning, times.verify).first(off),
        Leg::rest(end),
    ]
}

/// A cleaning by the steps that a client has asked for.
fn by_steps(about: &Circumstances, times: &Times) -> Vec<Leg> {
    let Steps { ramdisk, unfit, .. } = &about.steps;
    if let Some(words) = unfit {
        let begun = Leg::new(State::Cleaning, 1.0);
        return vec![begun, Leg::failed(State::CleanFailed, words.clone())];
    }
    let mut legs = clean(true, State::Manageable, times);
    if !ramdisk {
        // The machine is restarted all the same, so that its firmware takes the settings.
        legs.remove(1);
        legs[1].first.push(Request::Restart);
    }
    let end = legs.len() - 1;
    if !about.steps.wipes() {
        legs[end - 1].first.retain(|request| *request != Request::Wipe);
    }
    legs[end].did = Some(Did::Cleaned);
    legs
}

/// Which legs of a deployment come before the image is fetched, and before it is written.
const FETCHES: usize = 3;
const WRITES: usize = 4;

fn deploy(system: &System, times: &Times) -> Vec<Leg> {
    let disk = Request::Boot { device: Device::Hdd, once: false };
    let boot = [Request::Write(system.clone()), Request::Eject, disk, Request::Restart];
    vec![
        Leg::new(State::Deploying, times.prepare),
        Leg::waits(State::DeployWait).first(ramdisk()),
        Leg::new(State::Deploying, 1.0),
        Leg::new(State::DeployWait, times.write),
        Leg::new(State::Deploying, times.finish).first(boot),
        Leg::rest(State::Active),
    ]
}

fn undeploy(automated_clean: bool, times: &Times) -> Vec<Leg> {
    let off = [Request::Switch(Power::Off), Request::Wipe];
    let mut legs = vec![Leg::new(State::Deleting, times.undeploy).first(off)];
    let mut then = clean(automated_clean, State::Available, times);
    then[0].did = Some(Did::Released);
    legs.append(&mut then);
    legs
}

/// Lets the road end where the fault strikes.
fn bend(legs: &mut Vec<Leg>, what: What, about: &Circumstances) {
    let begins = legs[0].state;
    let (after, words) = match what {
        What::BmcSlow => {
            slow(legs);
            return;
        }
        What::StepFails => {
            let works = legs.iter().rposition(|leg| leg.state == State::CleanWait);
            let (Some(works), false) = (works, about.steps.list.is_empty()) else { return };
            legs.truncate(works + 1);
            legs.push(Leg::failed(State::CleanFailed, about.step_words()).did(Did::StepFailed));
            return;
        }
        What::BmcDead | What::Unauthorised | What::Broken => (1, about.bmc_words(what)),
        What::ConductorRestarted => (1, about.restart_words(begins)),
        What::ImageMissing => (FETCHES, about.image_words(what)),
        What::WrongChecksum | What::DiskTooSmall => (WRITES, about.image_words(what)),
        // The hardware is ill, and the road shows it by itself.
        What::PowerStuck | What::BootDeviceIgnored | What::RamdiskNeverCallsBack
        // These strike elsewhere.
        | What::TooMany | What::Unavailable | What::Cut | What::CutAnswer | What::NodeLocked
        | What::SshNeverUp | What::WrongHostKey => return,
    };
    legs.truncate(after);
    legs.push(Leg::failed(begins.when_failed(), words));
}

/// A BMC that is slow makes everything that goes through it ten times as long.
fn slow(legs: &mut [Leg]) {
    for leg in legs {
        if let (true, Lasts::Seconds(seconds)) = (leg.state.is_locked(), leg.lasts) {
            leg.lasts = Lasts::Seconds(seconds * 10.0);
        }
    }
}
