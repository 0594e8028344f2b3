//! Takes a node back from those who could deploy to it.

use serde_json::Map;

use super::{
    IronicDriver, Place,
    observed::Observed,
    order::{Bare, Goal},
    stuck::{in_maintenance, left_alone, unregistered},
    towards::{self, Move, Tried},
};
use crate::{run::driver::Finding, trouble::Result};

const DOING: &str = "making the node manageable";

/// What making it manageable would do.
pub(super) fn find(host: &str, seen: Option<&Observed>) -> Result<Finding> {
    let node = seen.ok_or_else(|| unregistered(host, DOING))?;
    match towards::held_back(node, &Tried::default()) {
        Move::Done => Ok(Finding::Satisfied),
        _ if node.maintenance => Err(in_maintenance(host, DOING, node)),
        Move::LeaveAlone(why) => Err(left_alone(host, DOING, node, why)),
        _ => Ok(Finding::Differs(vec![format!("{} → manageable", node.provision_state.name())])),
    }
}

impl IronicDriver {
    pub(super) async fn manage(&self, place: Place<'_>) -> Result<()> {
        let errand = self.errand(place, DOING);
        let node =
            errand.walk(&Goal { ends: None, next: &towards::held_back, orders: &Bare }).await?;
        errand.finish(&node, Map::new(), Vec::new()).await
    }
}
