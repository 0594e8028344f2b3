//! Deploys a node's image with a config drive.

use super::{
    IronicDriver, Place,
    deployment::{Deployment, doing, fits, login_key, wanted},
    observed::{Observed, Provision},
    order::Goal,
    running::{Image, REBUILDING},
    stuck::{in_maintenance, left_alone, unregistered},
    towards::{self, Move, Tried},
};
use crate::{
    drivers::known_hosts,
    plan::{action::ironic::Deploy, reprovision::CHANGE},
    run::driver::Finding,
    trouble::Result,
};

impl IronicDriver {
    /// What deploying would do.
    pub(super) async fn find_deployed(
        &self,
        place: Place<'_>,
        action: &Deploy,
        seen: Option<&Observed>,
    ) -> Result<Finding> {
        let (host, doing) = (place.host, doing(&action.image));
        let node = seen.ok_or_else(|| unregistered(host, &doing))?;
        let next = towards::active(node, &Tried::default());
        if next == Move::Done {
            return remembered(host, action, node);
        }
        if node.maintenance {
            return Err(in_maintenance(host, &doing, node));
        }
        if let Move::LeaveAlone(why) = next {
            return Err(left_alone(host, &doing, node, why));
        }
        if joinable(node.provision_state) {
            return Ok(Finding::Differs(vec!["join the deployment that is under way".into()]));
        }
        fits(host, &action.image, node)?;
        self.check_image(host, &action.image).await?;
        login_key(host, action)?;
        self.errand(place, doing).check_root_disk(node).await?;
        let network = format!("{} on {}", action.admin.address.value, action.admin.network);
        Ok(Finding::Differs(vec![format!("deploy {} with {network}", action.image.name())]))
    }

    pub(super) async fn deploy(&self, place: Place<'_>, action: &Deploy) -> Result<()> {
        let errand = self.errand(place, doing(&action.image));
        let seen = self.look(place.session, place.host, place.voice).await?;
        let seen = seen.ok_or_else(|| unregistered(place.host, &errand.doing))?;
        let orders = Deployment::new(self, &errand, action);
        if !joinable(seen.provision_state) {
            orders.prepare(&seen).await?;
        }
        let ends = Some(Provision::Active);
        let goal = Goal { ends, next: &towards::active, orders: &orders };
        let node = errand.walk(&goal).await?;
        if let Some(key) = node.host_key() {
            let address = &action.access.address.value;
            known_hosts::remember(&action.known_hosts, place.host, address, &key)?;
        }
        errand.finish(&node, node.settled(), Vec::new()).await
    }
}

fn joinable(state: Provision) -> bool {
    use Provision as P;
    matches!(state, P::Active | P::Deploying | P::DeployWait | P::DeployHold)
}

/// An active node needs nothing but its key in our file, and an end to what is noted of a rebuild.
fn remembered(host: &str, action: &Deploy, node: &Observed) -> Result<Finding> {
    let mut changes = unremembered(host, action, node)?;
    if node.ymir().contains_key(REBUILDING) {
        let ended = "note that its rebuild has ended";
        let never = "forget a rebuild that Ironic was never asked for";
        changes.push(if node.was_rebuilt() { ended } else { never }.into());
    }
    if !changes.is_empty() {
        return Ok(Finding::Differs(changes));
    }
    let wanted = wanted(host, &action.image);
    let other = Image::on(node).and_then(|runs| runs.differs(&wanted));
    Ok(other.map_or(Finding::Satisfied, |other| Finding::Kept(format!("{other}; {CHANGE}"))))
}

/// The node's key, if it is not in our file.
pub(super) fn unremembered(host: &str, action: &Deploy, node: &Observed) -> Result<Vec<String>> {
    let Some(key) = node.host_key() else { return Ok(Vec::new()) };
    if known_hosts::holds(&action.known_hosts, host, &action.access.address.value, &key)? {
        return Ok(Vec::new());
    }
    Ok(vec![format!("write its SSH host key into {}", action.known_hosts)])
}
