//! Puts another image onto a node that is in use, by Ironic's rebuild: it stays deployed in Ironic all the while, and
//! its other disks are left alone.

use super::{
    IronicDriver, Place,
    deploy::unremembered,
    deployment::{Deployment, fits, login_key, wanted},
    observed::{Observed, Provision},
    order::Goal,
    running::{Image, REBUILDING},
    stuck::{in_maintenance, left_alone, unregistered},
    towards::{self, Move, Tried},
};
use crate::{
    drivers::known_hosts,
    model::host::HostImage,
    plan::action::ironic::Rebuild,
    run::driver::Finding,
    trouble::{Result, Trouble},
};

impl IronicDriver {
    /// What rebuilding would do.
    pub(super) async fn find_rebuilt(
        &self,
        place: Place<'_>,
        action: &Rebuild,
        seen: Option<&Observed>,
    ) -> Result<Finding> {
        let (host, deploy) = (place.host, &action.deploy);
        let doing = doing(&deploy.image);
        let node = seen.ok_or_else(|| unregistered(host, &doing))?;
        let next = towards::rebuilt(node, &Tried::default(), runs(host, action, node));
        if next == Move::Done {
            let mut changes = unremembered(host, deploy, node)?;
            if node.was_rebuilt() {
                changes.push("note that its rebuild has ended".into());
            }
            return Ok(if changes.is_empty() {
                Finding::Satisfied
            } else {
                Finding::Differs(changes)
            });
        }
        if node.maintenance {
            return Err(in_maintenance(host, &doing, node));
        }
        match next {
            Move::LeaveAlone(why) => return Err(left_alone(host, &doing, node, why)),
            Move::Wait => {
                return Ok(Finding::Differs(vec!["join the rebuild that is under way".into()]));
            }
            _ => {}
        }
        unprotected(host, &doing, node)?;
        fits(host, &deploy.image, node)?;
        self.check_image(host, &deploy.image).await?;
        login_key(host, deploy)?;
        self.errand(place, doing).check_root_disk(node).await?;
        let now = Image::on(node).map_or_else(|| "an unknown image".into(), |image| image.source);
        Ok(Finding::Differs(vec![format!(
            "write {} over {now}, on its root disk alone",
            deploy.image.source()
        )]))
    }

    pub(super) async fn rebuild(&self, place: Place<'_>, action: &Rebuild) -> Result<()> {
        let (host, deploy) = (place.host, &action.deploy);
        let errand = self.errand(place, doing(&deploy.image));
        let seen = self.look(place.session, host, place.voice).await?;
        let seen = seen.ok_or_else(|| unregistered(host, &errand.doing))?;
        let orders = Deployment::new(self, &errand, deploy).asked(action.since);
        if matches!(seen.provision_state, Provision::Active | Provision::DeployFailed)
            && !runs(host, action, &seen)
        {
            unprotected(host, &errand.doing, &seen)?;
            orders.prepare(&seen).await?;
        }
        let next = |node: &Observed, tried: &Tried| {
            towards::rebuilt(node, tried, runs(host, action, node))
        };
        let node = errand.walk(&Goal { ends: None, next: &next, orders: &orders }).await?;
        if let Some(key) = node.host_key() {
            known_hosts::remember(&deploy.known_hosts, host, &deploy.access.address.value, &key)?;
        }
        errand.finish(&node, node.settled(), Vec::new()).await
    }
}

fn doing(image: &HostImage) -> String {
    format!("rebuilding with {}", image.name())
}

/// Whether the node runs what it should, and no rebuild is left to ask for.
fn runs(host: &str, action: &Rebuild, node: &Observed) -> bool {
    let pending = node.ymir().contains_key(REBUILDING) && !node.was_rebuilt();
    let recent = action.since.is_none_or(|since| node.asked().is_some_and(|at| at >= since));
    let wanted = wanted(host, &action.deploy.image);
    // Of a node that nobody has noted an image for, nothing is known.
    let right = Image::on(node).is_some_and(|runs| runs.differs(&wanted).is_none());
    node.provision_state == Provision::Active && right && recent && !pending
}

/// Ironic rebuilds no node that somebody has protected.
fn unprotected(host: &str, doing: &str, node: &Observed) -> Result<()> {
    if !node.protected {
        return Ok(());
    }
    let reason = node.protected_reason.as_deref().filter(|reason| !reason.is_empty());
    Err(Trouble::host(format!("{host}: {doing}"))
        .because(format!(
            "somebody has protected the node in Ironic: {}",
            reason.unwrap_or("no reason is given")
        ))
        .hint("it is left alone; once its reason is gone, take the protection off in Ironic and run the command again"))
}
