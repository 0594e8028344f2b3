//! Looks at all hosts of a run before anything is changed: what the whole run would take away, and what holds data. What
//! was found serves the run, so that each host is still looked at once.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::PoisonError,
    time::Duration,
};

use futures::future::join_all;

use super::{AT_ONCE, AgentDriver};
use crate::{
    host::data::{Confirmed, Held},
    model::login::Login,
    plan::{Lane, Plan, action::Action},
    run::driver::Driver,
    trouble::{Result, Tell, Trouble},
};

/// How long a look at a host may take: the others wait for it.
const LONGEST: Duration = Duration::from_mins(5);

/// What the hosts of a run would lose.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Survey {
    /// How many things are taken away because nobody asks for them any more.
    pub removals: usize,
    /// How many things of Ymir's there are on the hosts.
    pub recorded: usize,
    /// What holds data and stays until it is named, by host.
    pub held: BTreeMap<String, Vec<Held>>,
}

/// Who decides whether a run may go on, and what it removes with its data. An error ends it before anything is changed.
pub trait Consent: Send + Sync {
    /// What else is removed, by host.
    fn given(&self, survey: &Survey) -> Result<BTreeMap<String, Confirmed>>;
}

impl AgentDriver {
    /// Looks at all hosts, and asks whether to go on.
    pub(super) async fn survey_all(&self, plan: &Plan) -> Result<()> {
        let Some(consent) = self.consent.clone() else { return Ok(()) };
        let lanes: Vec<&Lane> = plan.stages.iter().flat_map(|stage| &stage.lanes).collect();
        self.foresee(&lanes);
        let is_few = lanes.len() <= AT_ONCE;
        let looks = lanes
            .iter()
            .filter_map(|lane| Some(self.look_ahead(&lane.subject, login(lane)?, is_few)));
        let mut survey = Survey::default();
        for (host, found) in
            lanes.iter().filter(|lane| login(lane).is_some()).zip(join_all(looks).await)
        {
            survey.removals += found.removals;
            survey.recorded += found.recorded;
            if !found.held.is_empty() {
                survey.held.insert(host.subject.clone(), found.held);
            }
        }
        let asked = tokio::task::spawn_blocking(move || consent.given(&survey)).await;
        for (host, named) in asked.or_internal(|| "asking what may be removed".into())?? {
            // What it found was without this.
            self.host(&host).lock().await.found.clear();
            let mut confirmed = self.confirmed.lock().unwrap_or_else(PoisonError::into_inner);
            confirmed.entry(host).or_default().0.extend(named.0);
        }
        Ok(())
    }

    /// Looks at one host and keeps what it finds. A host that cannot be looked at fails at its first step.
    async fn look_ahead(&self, name: &str, login: &Login, keeps_connection: bool) -> Loss {
        let coming = self.coming.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned();
        let steps = coming.unwrap_or_default();
        let turn = self.host(name);
        let mut host = turn.lock().await;
        let looked = match self.session(name, login, &mut host).await {
            Ok(session) => {
                let look = tokio::time::timeout(LONGEST, self.look(name, session, &steps));
                look.await.unwrap_or_else(|_| Err(hangs(name)))
            }
            Err(trouble) => Err(trouble),
        };
        if !keeps_connection {
            host.session = None;
        }
        match looked {
            Ok(found) => {
                let loss = Loss::of(found.values().flatten());
                host.found.extend(found);
                loss
            }
            Err(trouble) => {
                host.session = None;
                host.lost = Some(trouble);
                Loss::default()
            }
        }
    }
}

/// What one host would lose.
#[derive(Debug, Default)]
struct Loss {
    removals: usize,
    recorded: usize,
    held: Vec<Held>,
}

impl Loss {
    fn of<'f>(found: impl Iterator<Item = &'f crate::host::converge::Found>) -> Self {
        let mut loss = Self::default();
        for found in found {
            loss.removals += found.removals;
            // The record is the whole host's.
            loss.recorded = loss.recorded.max(found.recorded);
            loss.held.extend(found.held.iter().cloned());
        }
        loss
    }
}

fn hangs(name: &str) -> Trouble {
    Trouble::host(format!("{name}: looking at it"))
        .because(format!("it was not done within {} minutes", LONGEST.as_secs() / 60))
        .hint("a program on the host hangs, on a disk that does not answer perhaps")
}

fn login(lane: &Lane) -> Option<&Login> {
    lane.steps.iter().find_map(|step| match &step.action {
        Action::Configure(action) => Some(&action.login),
        _ => None,
    })
}

/// What holds data, as the operator is told: each name once, with all that it stands for.
pub fn told(host: &str, held: &[Held]) -> Vec<String> {
    let names: BTreeSet<String> = held.iter().map(Held::name).collect();
    let line = |name: &String| {
        let kinds: BTreeSet<String> =
            held.iter().filter(|held| held.name() == *name).map(Held::kind).collect();
        let kinds = kinds.into_iter().collect::<Vec<_>>().join(" and ");
        format!(
            "{kinds} {name} can hold data and stays, though nothing asks for it; `--confirm-removal {host}:{name}` removes it"
        )
    };
    names.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_one_name_is_told_once() {
        let device = "/dev/data/srv".to_owned();
        let held = [
            Held::Volume { group: "data".into(), name: "srv".into() },
            Held::Filesystem { device: device.clone(), format: "xfs".into() },
            Held::Mount { place: "/srv".into(), source: device.clone() },
            Held::Mount { place: "/srv".into(), source: device },
        ];
        assert_eq!(
            told("ctl0", &held),
            [
                "the file system (xfs) on and the volume /dev/data/srv can hold data and stays, though nothing asks for it; `--confirm-removal ctl0:/dev/data/srv` removes it",
                "the mount /srv can hold data and stays, though nothing asks for it; `--confirm-removal ctl0:/srv` removes it",
            ]
        );
    }
}
