//! Makes a node available for deployments.

use futures::future::BoxFuture;
use serde_json::Map;

use super::{
    IronicDriver, Place,
    observed::{Observed, Provision},
    order::{Goal, Order, Orders, cleaning_as_said},
    stuck::{in_maintenance, left_alone, unregistered},
    towards::{self, Move, Tried, Verb},
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
        let orders = Offer { automated_clean: place.node.automated_clean };
        let ends = Some(Provision::Available);
        let goal = Goal { ends, next: &towards::available, orders: &orders };
        let node = errand.walk(&goal).await?;
        errand.finish(&node, Map::new(), Vec::new()).await
    }
}

/// Takes the site's word on cleaning with it when Ironic is asked to make the node available.
struct Offer {
    automated_clean: Option<bool>,
}

impl Orders for Offer {
    fn order<'a>(&'a self, node: &'a Observed, verb: Verb) -> BoxFuture<'a, Result<Order>> {
        Box::pin(async move {
            let said = self.automated_clean.filter(|_| verb == Verb::Provide);
            Ok(Order { patch: cleaning_as_said(said, node), ..Order::default() })
        })
    }
}
