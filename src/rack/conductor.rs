//! How a conductor takes a node along its road: a function of the node, a request or a moment, to the node that comes of
//! it and what is to be noted.

use std::collections::VecDeque;

use serde_json::Value;

use super::{
    clock::Moment,
    fault::What,
    machine::{self, Effect, Machine, Software},
    road::{self, Circumstances, Did, Lasts, Leg},
    state::{State, Verb},
    times::Times,
};

/// A node on its way, with its machine.
#[derive(Debug, Clone, Default)]
pub struct Life {
    pub state: State,
    pub target: Option<State>,
    pub error: Option<String>,
    pub machine: Machine,
    /// When a ramdisk called back last.
    pub heartbeat: Option<Moment>,
    /// What went wrong, the newest last.
    pub troubles: Vec<Failure>,
    /// The road ahead, and when its next leg begins.
    ahead: VecDeque<Leg>,
    until: Option<Moment>,
    /// When the ramdisk that was started last calls back.
    calls_back: Option<Moment>,
    about: Option<Box<Circumstances>>,
}

/// An entry of a node's history.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    pub at: Moment,
    /// What was under way.
    pub kind: &'static str,
    pub words: String,
}

/// Ironic keeps so many entries of a node.
const MOST_TROUBLES: usize = 300;

impl Life {
    /// When there is something to do for it.
    pub fn due(&self) -> Option<Moment> {
        self.until
    }

    /// The step of cleaning that is at work.
    pub fn clean_step(&self) -> Option<&Value> {
        let next = self.ahead.front().map(|leg| leg.state);
        let works = self.state == State::CleanWait && next != Some(State::CleanWait);
        self.clean_steps().first().filter(|_| works && !self.ahead.is_empty())
    }

    /// The steps of the cleaning that it is in, or was in last.
    pub fn clean_steps(&self) -> &[Value] {
        self.about.as_ref().map_or(&[], |about| &about.steps.list)
    }

    /// The conductor that holds the node's lock.
    pub fn reservation(&self) -> Option<&str> {
        let about = self.about.as_ref().filter(|_| self.state.is_locked())?;
        Some(&about.conductor)
    }
}

/// Takes up a request that the node's state allows.
pub fn begin(
    life: &Life,
    verb: Verb,
    about: Circumstances,
    what: Option<What>,
    (now, times): (Moment, &Times),
) -> (Life, Vec<Did>) {
    let mut life = life.clone();
    life.ahead = road::road(verb, life.state, &about, what, times);
    life.about = Some(Box::new(about));
    life.calls_back = None;
    life.until = Some(now);
    if verb == Verb::Clean {
        // What is cleaned by hand goes back to where it came from.
        life.target = Some(State::Manageable);
    }
    tick(&life, now, times)
}

/// Lets time pass until now.
pub fn tick(life: &Life, now: Moment, times: &Times) -> (Life, Vec<Did>) {
    let mut life = life.clone();
    let mut did = Vec::new();
    while let Some(at) = life.until.filter(|until| *until <= now) {
        match life.ahead.pop_front() {
            Some(leg) => did.extend(life.enter(leg, at, times)),
            None => life.until = None,
        }
    }
    (life, did)
}

impl Life {
    fn enter(&mut self, leg: Leg, at: Moment, times: &Times) -> Option<Did> {
        let by_hand = self.target == Some(State::Manageable);
        if self.state.waits_for_ramdisk() && leg.error.is_none() {
            self.heartbeat = Some(at);
        }
        if let Some(words) = leg.error.clone().filter(|_| self.troubles.len() < MOST_TROUBLES) {
            self.troubles.push(Failure { at, kind: self.state.work(), words });
        }
        self.state = leg.state;
        self.target = match leg.state {
            State::Cleaning | State::CleanWait | State::CleanFailed if by_hand => {
                Some(State::Manageable)
            }
            state => state.target(),
        };
        self.error = leg.error;
        let mut stuck = false;
        for request in leg.first {
            let (machine, effects) = machine::next(&self.machine, request, at, times);
            self.machine = machine;
            stuck |= effects.contains(&Effect::Stuck);
            self.listen(&effects);
        }
        self.until = match leg.lasts {
            Lasts::Rest => None,
            _ if stuck => {
                Some(self.give_up(at.after(times.power_timeout), Circumstances::stuck_words))
            }
            Lasts::Seconds(seconds) => Some(at.after(seconds)),
            Lasts::Ramdisk => Some(self.calls_back.unwrap_or_else(|| {
                self.give_up(at.after(times.callback_timeout), Circumstances::timeout_words)
            })),
        };
        leg.did
    }

    fn listen(&mut self, effects: &[Effect]) {
        for effect in effects {
            match effect {
                Effect::Switched(_) => self.calls_back = None,
                Effect::Starts(Software::Ramdisk, at) => self.calls_back = Some(*at),
                Effect::Starts(Software::System, _) | Effect::Stuck => {}
            }
        }
    }

    /// The road ends at a moment without success.
    fn give_up(&mut self, at: Moment, words: fn(&Circumstances, State) -> String) -> Moment {
        let words = self.about.as_ref().map(|about| words(about, self.state)).unwrap_or_default();
        self.ahead = [Leg::failed(self.state.when_failed(), words)].into();
        at
    }
}

#[cfg(test)]
#[path = "conductor_tests.rs"]
mod tests;
