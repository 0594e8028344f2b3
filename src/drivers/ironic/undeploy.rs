//! Takes the instance off a node and forgets its host key.

use serde_json::{Map, Value};

use super::{
    IronicDriver, Place,
    observed::Observed,
    order::{Bare, Goal},
    running::{ASKED, HOST_KEY, IMAGE, REBUILDING},
    stuck::{in_maintenance, left_alone, unregistered},
    towards::{self, Move, Tried},
};
use crate::{
    drivers::known_hosts, plan::action::ironic::Undeploy, run::driver::Finding, trouble::Result,
};

const DOING: &str = "taking the instance off";

/// What undeploying would do.
pub(super) fn find(host: &str, action: &Undeploy, seen: Option<&Observed>) -> Result<Finding> {
    let node = seen.ok_or_else(|| unregistered(host, DOING))?;
    let mut changes = Vec::new();
    match towards::undeployed(node, &Tried::default()) {
        Move::Done => {}
        _ if node.maintenance => return Err(in_maintenance(host, DOING, node)),
        Move::LeaveAlone(why) => return Err(left_alone(host, DOING, node, why)),
        _ => changes.push(match node.instance("image_source") {
            Some(image) => format!("switch off and take off {image}"),
            None => "switch off and take off what is deployed".into(),
        }),
    }
    if node.host_key().is_some() || known_hosts::knows(&action.known_hosts, host)? {
        changes.push(format!("forget its SSH host key ({})", action.known_hosts));
    }
    Ok(if changes.is_empty() { Finding::Satisfied } else { Finding::Differs(changes) })
}

impl IronicDriver {
    pub(super) async fn undeploy(&self, place: Place<'_>, action: &Undeploy) -> Result<()> {
        let errand = self.errand(place, DOING);
        let node = errand.walk(&Goal { next: &towards::undeployed, orders: &Bare }).await?;
        known_hosts::forget(&action.known_hosts, place.host)?;
        let forgotten =
            [HOST_KEY, IMAGE, REBUILDING, ASKED].map(|key| (key.to_owned(), Value::Null));
        errand.finish(&node, Map::from_iter(forgotten), Vec::new()).await
    }
}
