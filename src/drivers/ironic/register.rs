//! A node for a host: created if there is none, changed where it differs, and taken to where Ironic can talk to its
//! BMC.

use serde_json::{Map, Value, json};

use super::{
    IronicDriver, Place,
    answer::Refusal,
    client::Failure,
    differences::{Change, differences, parted},
    lease::KEY,
    observed::{Observed, Provision},
    order::{Bare, Goal, in_corner},
    ports::Ports,
    stuck::unregistered,
    towards,
    traits::Traits,
    walk::{Errand, LOST_REQUESTS},
};
use crate::{
    model::node::Node,
    plan::action::ironic::Register,
    run::driver::Finding,
    secret::Secrets,
    trouble::{Result, Trouble},
};

const DOING: &str = "registering the node";

/// What registering would change.
pub(super) fn find(action: &Register, seen: Option<&Observed>, ports: &Ports) -> Finding {
    let node = &action.node;
    let Some(observed) = seen else {
        let created = format!("create a node with driver {}", node.driver.value);
        return Finding::Differs([created].into_iter().chain(ports.told()).collect());
    };
    let (changes, mut kept) = parted(differences(node, observed), observed);
    let mut told: Vec<_> = changes.into_iter().map(|change| change.told).collect();
    told.extend(Traits::of(node, observed).told());
    told.extend(ports.told());
    kept.extend(ports.kept().iter().cloned());
    if matches!(observed.provision_state, Provision::Enroll | Provision::Verifying) {
        told.push("let Ironic verify the BMC".into());
    }
    match (told.is_empty(), kept.is_empty()) {
        (true, true) => Finding::Satisfied,
        (true, false) => Finding::Kept(kept.join("; ")),
        (false, _) => Finding::Differs(told.into_iter().chain(kept).collect()),
    }
}

impl IronicDriver {
    pub(super) async fn register(&self, place: Place<'_>, action: &Register) -> Result<()> {
        let errand = self.errand(place, DOING);
        let node = &action.node;
        let there = self.look(place.session, place.host, place.voice).await?;
        let traits = if let Some(observed) = there {
            self.align(&errand, node, &observed, Passwords::of(&observed)).await?
        } else {
            self.create(&errand, node).await?;
            let created = self.again(&errand).await?;
            // What Ironic does not take from those who create a node.
            self.align(&errand, node, &created, Passwords::AreThere).await?
        };
        if !node.named_ports().is_empty() {
            let kept = errand.plug(place, &self.again(&errand).await?).await?;
            for text in kept {
                errand.voice.warn(text);
            }
        }
        let ends = Some(Provision::Manageable);
        let goal = Goal { ends, next: &towards::manageable, orders: &Bare };
        let seen = errand.walk(&goal).await?;
        errand.finish(&seen, traits.at_the_end(), Vec::new()).await
    }

    /// The node, which must be there.
    async fn again(&self, errand: &Errand<'_>) -> Result<Observed> {
        let seen = self.look(errand.session, errand.host, errand.voice).await?;
        seen.ok_or_else(|| unregistered(errand.host, DOING))
    }

    async fn create(&self, errand: &Errand<'_>, node: &Node) -> Result<()> {
        let lease = errand.lease(Some(Provision::Manageable));
        let mut body = json!({
            "name": errand.host,
            "driver": node.driver.value,
            "driver_info": with_secrets(node, self.secrets.as_ref())?,
            "properties": node.properties,
            "extra": { "ymir": { KEY: { errand.owner.key(): lease } } },
        });
        if let Some(class) = &node.resource_class {
            body["resource_class"] = json!(class);
        }
        if let Some(may) = node.automated_clean {
            body["automated_clean"] = json!(may);
        }
        for (key, value) in
            [("uuid", &node.placement.uuid), ("conductor_group", &node.placement.conductor_group)]
        {
            if let Some(value) = value {
                body[key] = json!(value);
            }
        }
        for (kind, name) in &node.interfaces {
            body[format!("{kind}_interface")] = json!(name);
        }
        let told = |text: String| errand.voice.progress(text);
        let mut lost = 0;
        loop {
            let made = errand.session.client.post("nodes", &body, &told).await;
            let Err(failure) = made else { return Ok(()) };
            lost += 1;
            match failure {
                Failure::Lost(_) if lost < LOST_REQUESTS => {}
                Failure::Refused(refusal) => return Err(not_created(errand, node, &refusal)),
                failure => return Err(failure.while_trying(format!("{}: {DOING}", errand.host))),
            }
            // No answer came, and yet the node may be there.
            if self.look(errand.session, errand.host, errand.voice).await?.is_some() {
                return Ok(());
            }
        }
    }

    /// Changes the node's own fields and traits where they differ.
    async fn align(
        &self,
        errand: &Errand<'_>,
        node: &Node,
        observed: &Observed,
        passwords: Passwords,
    ) -> Result<Traits> {
        let (mut changes, kept) = parted(differences(node, observed), observed);
        for text in kept {
            errand.voice.warn(text);
        }
        let info_differs = changes.iter().any(|change| change.is_of("driver_info"));
        if passwords == Passwords::AreSent || info_differs && passwords == Passwords::GoWithOthers {
            for (key, reference) in &node.secrets {
                let secret = self.secrets.find(reference)?;
                changes.push(Change::unseen(key, &json!(secret.reveal())));
            }
        }
        let traits = Traits::of(node, observed);
        if changes.is_empty() && traits.are_there() {
            return Ok(traits);
        }
        if !observed.takes_changes() {
            return Err(busy(errand.host, observed));
        }
        let held = errand.take(observed).await?;
        let other_driver = changes.iter().any(|change| change.is_of("driver"));
        let ended = change(errand, &held, changes, &traits).await;
        if ended.is_err() {
            // The host has failed already; a lease that stays runs out by itself.
            drop(errand.give_back(&held).await);
        }
        ended?;
        if !other_driver {
            return Ok(traits);
        }
        // With another driver Ironic gave the node that one's interfaces.
        let observed = self.again(errand).await?;
        Box::pin(self.align(errand, node, &observed, Passwords::AreThere)).await.map(|_| traits)
    }
}

/// Ironic never shows a password, so a changed one cannot be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Passwords {
    /// They were sent a moment ago.
    AreThere,
    /// They are sent when other settings of the BMC change.
    GoWithOthers,
    /// Ironic has not been able to talk to the BMC: they may be wrong.
    AreSent,
}

impl Passwords {
    fn of(observed: &Observed) -> Self {
        match observed.provision_state {
            Provision::Enroll => Self::AreSent,
            _ => Self::GoWithOthers,
        }
    }
}

async fn change(
    errand: &Errand<'_>,
    node: &Observed,
    changes: Vec<Change>,
    traits: &Traits,
) -> Result<()> {
    let reset = changes.iter().any(|change| change.is_of("driver"));
    let mut patch: Vec<_> = changes.into_iter().map(|change| change.operation).collect();
    patch.extend(in_corner(node, traits.meanwhile()));
    if !patch.is_empty() {
        let query = if reset { "?reset_interfaces=true" } else { "" };
        errand.patch_with(node, query, patch).await?;
    }
    traits.bring_about(errand, node).await
}

fn not_created(errand: &Errand<'_>, node: &Node, refusal: &Refusal) -> Trouble {
    let trouble = refusal.while_trying(format!("{}: {DOING}", errand.host));
    trouble
        .set_by(&node.driver.setting)
        .set_by(&node.info_setting)
        .hint("compare the driver and its settings with what this Ironic has enabled")
}

fn busy(host: &str, observed: &Observed) -> Trouble {
    let state = observed.provision_state.name();
    Trouble::host(format!("{host}: {DOING}"))
        .because(format!("the node is `{state}`, and Ironic takes no changes to it meanwhile"))
        .hint("run the command again when Ironic is done with it")
}

fn with_secrets(node: &Node, secrets: &dyn Secrets) -> Result<Map<String, Value>> {
    let mut info: Map<_, _> = node.driver_info.clone().into_iter().collect();
    for (key, reference) in &node.secrets {
        info.insert(key.clone(), json!(secrets.find(reference)?.reveal()));
    }
    Ok(info)
}
