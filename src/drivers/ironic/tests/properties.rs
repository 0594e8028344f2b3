//! What holds for every node and whatever Ironic answers: a walk is modelled over the pure tables, against an Ironic
//! that answers anything.

use proptest::{collection::vec, prelude::*, sample::select};
use tokio::time::Instant;

use super::patience;
use crate::drivers::ironic::{
    deadline::{self, Clock},
    observed::{Observed, Provision},
    towards::{self, Move, Tried, Verb},
    walk::LOST_REQUESTS,
};

const RESTARTED: &str =
    "The deploying state can't be resumed by conductor lab. Moving to fail state.";

/// Seconds between two looks.
const PAUSE: u64 = 5;

/// What Ironic says to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Taken,
    Refused,
    Locked,
    Lost,
}

/// What one look shows, and what is answered to a request that follows.
#[derive(Debug, Clone)]
struct Look {
    node: Observed,
    answer: Answer,
}

/// How a walk ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Done,
    /// With a message that says why.
    Explained,
    /// The site's patience was over.
    Late,
    /// It never ended.
    Never,
}

/// A walk: how it ended, and what was asked in which state.
#[derive(Debug)]
struct Walk {
    end: End,
    asked: Vec<(Provision, Verb, Answer)>,
}

type Next = fn(&Observed, &Tried) -> Move;

fn inspected(node: &Observed, tried: &Tried) -> Move {
    towards::inspected(node, tried, jiff::Timestamp::UNIX_EPOCH)
}

/// Towards a rebuild of a node that does not run what it should.
fn rebuilt(node: &Observed, tried: &Tried) -> Move {
    towards::rebuilt(node, tried, false)
}

/// Towards other settings of the BIOS, of a node that goes back to where it was.
fn set_up(node: &Observed, tried: &Tried) -> Move {
    let wish = towards::Wish { change: true, back: true, ours: false, joined: false };
    towards::set_up(node, tried, wish)
}

const GOALS: [(&str, Next); 7] = [
    ("manageable", towards::manageable),
    ("inspected", inspected),
    ("available", towards::available),
    ("active", towards::active),
    ("rebuilt", rebuilt),
    ("set up", set_up),
    ("undeployed", towards::undeployed),
];

/// Walks through these looks, the last of which stays, for at most so many.
fn walk(next: Next, looks: &[Look], most: usize) -> Walk {
    let patience = patience();
    let (mut tried, mut clock, mut lost) = (Tried::default(), Clock::default(), 0);
    let mut refused: Option<(Verb, Provision)> = None;
    let (mut now, mut asked) = (Instant::now(), Vec::new());
    for at in 0..most {
        let Look { node, answer } = &looks[at.min(looks.len() - 1)];
        now += std::time::Duration::from_secs(PAUSE);
        let step = next(node, &tried);
        let ended = |end| Walk { end, asked: Vec::new() };
        let end = match step {
            Move::Done => Some(End::Done),
            _ if node.maintenance => Some(End::Explained),
            Move::Failed | Move::LeaveAlone(_) => Some(End::Explained),
            Move::Wait | Move::Ask(_) | Move::AskAgain(_) => None,
        };
        if let Some(end) = end {
            return Walk { asked, ..ended(end) };
        }
        if let (Move::Ask(verb) | Move::AskAgain(verb), None) = (step, &node.reservation) {
            let state = node.provision_state;
            if matches!(step, Move::AskAgain(_)) {
                tried.forgive(node);
            }
            if refused == Some((verb, state)) {
                return Walk { asked, ..ended(End::Explained) };
            }
            asked.push((state, verb, *answer));
            match answer {
                Answer::Taken => {
                    tried.asked.push(verb);
                    clock = Clock::default();
                }
                Answer::Refused => refused = Some((verb, state)),
                Answer::Locked => {}
                Answer::Lost => lost += 1,
            }
            if lost == LOST_REQUESTS {
                return Walk { asked, ..ended(End::Explained) };
            }
        }
        if clock.is_late(deadline::limit(&patience, node.provision_state), now) {
            return Walk { asked, ..ended(End::Late) };
        }
    }
    Walk { end: End::Never, asked }
}

fn looks() -> impl Strategy<Value = Vec<Look>> {
    let errors = [None, Some("Timeout reached"), Some(RESTARTED)];
    let answers = [Answer::Taken, Answer::Taken, Answer::Refused, Answer::Locked, Answer::Lost];
    let look = (
        select(Provision::ALL.to_vec()),
        select(errors.to_vec()),
        select(answers.to_vec()),
        prop::bool::weighted(0.2),
        prop::bool::weighted(0.02),
    );
    let look = look.prop_map(|(state, error, answer, reserved, maintenance)| Look {
        node: Observed {
            provision_state: state,
            last_error: error.map(str::to_owned),
            reservation: reserved.then(|| "lab".to_owned()),
            maintenance,
            ..Observed::default()
        },
        answer,
    });
    vec(look, 1..200)
}

/// As many looks as all settings together allow, between all requests that a walk may make.
fn most_looks() -> usize {
    let waits = patience();
    let all = [waits.manageable, waits.available, waits.inspected, waits.active];
    let seconds: u64 = all.into_iter().map(|wait| wait.value).sum();
    // Three verbs at most, and two of them again after a restart of Ironic.
    let stretches = 7;
    usize::try_from(seconds / PAUSE + 4).unwrap() * stretches
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_walk_ends(looks in looks()) {
        for (goal, next) in GOALS {
            let walk = walk(next, &looks, most_looks());
            prop_assert_ne!(walk.end, End::Never, "towards {}", goal);
        }
    }

    #[test]
    fn nothing_is_taken_twice_but_after_a_restart_and_that_once(looks in looks()) {
        for (goal, next) in GOALS {
            let asked = walk(next, &looks, most_looks()).asked;
            let taken: Vec<_> =
                asked.iter().filter(|(.., answer)| *answer == Answer::Taken).collect();
            let verbs: std::collections::BTreeSet<_> =
                taken.iter().map(|(_, verb, _)| verb.target()).collect();
            // A cleaning that failed has to be taken on before it is begun again.
            let again = if goal == "set up" { 2 } else { 1 };
            prop_assert!(taken.len() <= verbs.len() + again, "towards {}: {:?}", goal, taken);
        }
    }

    #[test]
    fn what_is_active_is_never_deployed_to_or_taken_out_of_use(looks in looks()) {
        for (goal, next) in &GOALS[..6] {
            // What a rebuild is for.
            let rebuilds = *goal == "rebuilt";
            for (state, verb, _) in walk(*next, &looks, most_looks()).asked {
                let allowed = match verb {
                    Verb::Manage if *goal == "set up" => {
                        use Provision as P;
                        matches!(state, P::Enroll | P::Available | P::InspectFailed | P::CleanFailed)
                    }
                    Verb::Manage => matches!(state, Provision::Enroll | Provision::Available),
                    Verb::Clean => *goal == "set up" && state == Provision::Manageable,
                    Verb::Inspect => matches!(state, Provision::Manageable | Provision::InspectFailed),
                    Verb::Provide => state == Provision::Manageable,
                    Verb::Active => matches!(state, Provision::Available | Provision::DeployFailed),
                    Verb::Rebuild => {
                        rebuilds && matches!(state, Provision::Active | Provision::DeployFailed)
                    }
                    Verb::Deleted => false,
                };
                prop_assert!(allowed, "towards {}: {:?} of a node that is {:?}", goal, verb, state);
            }
        }
    }

    #[test]
    fn only_who_wants_it_taken_off_lets_ironic_clean(looks in looks()) {
        // Ironic cleans after `provide` and `deleted`, where the site has that switched on.
        for (goal, next) in GOALS {
            let asked = walk(next, &looks, most_looks()).asked;
            let has = |verb| asked.iter().any(|(_, asked, _)| *asked == verb);
            prop_assert!(!has(Verb::Deleted) || goal == "undeployed");
            prop_assert!(!has(Verb::Provide) || ["available", "active", "set up"].contains(&goal));
            let after_cleaning = asked.iter().any(|(state, ..)| {
                matches!(state, Provision::CleanFailed | Provision::CleanHold | Provision::Error)
            });
            let own = goal == "set up" && has(Verb::Clean);
            prop_assert!(!after_cleaning || goal == "undeployed" || own, "{:?}", asked);
        }
    }
}
