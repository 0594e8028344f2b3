//! `overcloud bmc …`: what changes something through the BMCs of hosts.

use super::{
    Plan,
    action::{
        Action,
        bmc::{BmcAction, How, Reset, SetBoot, SetPower},
    },
};
use crate::model::bmc::{Bmc, Boot, Power};

/// What is asked of every host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    On,
    Off {
        soft: bool,
    },
    /// Off, and on again.
    Cycle,
    Reset,
    Boot(Boot),
}

impl Request {
    /// Whether what runs on the hosts ends by it.
    pub fn disrupts(&self) -> bool {
        match self {
            Self::Off { .. } | Self::Cycle | Self::Reset => true,
            Self::On | Self::Boot(_) => false,
        }
    }
}

pub fn plan(words: &str, hosts: &[(String, Bmc)], request: Request) -> Plan {
    let lane = |(name, bmc): &(String, Bmc)| (name.clone(), steps(bmc, request));
    Plan::named(words).stage("bmc", hosts, lane)
}

fn steps(bmc: &Bmc, request: Request) -> Vec<(String, Action)> {
    let power = |to, how| {
        let title = match (to, how) {
            (Power::Off, How::Soft) => "shut down".to_owned(),
            (Power::On | Power::Off, _) => format!("power {}", to.word()),
        };
        (title, BmcAction::Power(Box::new(SetPower { bmc: bmc.clone(), to, how })))
    };
    let steps = match request {
        Request::On => vec![power(Power::On, How::Hard)],
        Request::Off { soft: false } => vec![power(Power::Off, How::Hard)],
        Request::Off { soft: true } => vec![power(Power::Off, How::Soft)],
        // Two steps, so that a run that ends between them is taken on where it was.
        Request::Cycle => vec![power(Power::Off, How::Cycle), power(Power::On, How::Cycle)],
        Request::Reset => {
            vec![("reset".to_owned(), BmcAction::Reset(Box::new(Reset { bmc: bmc.clone() })))]
        }
        Request::Boot(boot) => {
            let action = BmcAction::Boot(Box::new(SetBoot { bmc: bmc.clone(), boot }));
            vec![(format!("boot {}", boot.words()), action)]
        }
    };
    steps.into_iter().map(|(title, action)| (title, Action::Bmc(action))).collect()
}
