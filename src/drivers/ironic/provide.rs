//! Makes a node available for deployments.

use serde_json::Map;

use super::{
    IronicDriver, Place,
    observed::{Observed, Provision},
    order::{Bare, Goal},
    stuck::{in_maintenance, left_alone, unregistered},
    towards::{self, Move, Tried},
};
use crate::{run::driver::Finding, trouble::Result};

const DOING: &str = "making the node available";

/// What making it available would do.
pub(super) fn find(host: &str, seen: Option<&Observed>) -> Result<Finding> {
    let node = seen.ok_or_else(|| unregistered(host, DOING))?;
    match towards::available(node, &Tried::default()) {
        Move::Done => Ok(match node.provision_state {
            Provision::Available | Provision::Active => Finding::Satisfied,
            state => Finding::Kept(format!("it is on its way to be deployed (`{}`)", state.name())),
        }),
        _ if node.maintenance => Err(in_maintenance(host, DOING, node)),
        Move::LeaveAlone(why) => Err(left_alone(host, DOING, node, why)),
        _ => Ok(Finding::Differs(vec![format!("{} → available", node.provision_state.name())])),
    }
}

impl IronicDriver {
    pub(super) async fn provide(&self, place: Place<'_>) -> Result<()> {
        let errand = self.errand(place, DOING);
        let node = errand.walk(&Goal { next: &towards::available, orders: &Bare }).await?;
        errand.finish(&node, Map::new(), Vec::new()).await
    }
}
