//! Deploys a node's image with a config drive. The order of things makes it safe to be killed anywhere: the public
//! host key stands on the node before the deployment starts, so whoever resumes finds the key that belongs to it.

use futures::future::BoxFuture;
use serde_json::{Map, Value, json};
use tokio::sync::OnceCell;

use super::{
    IronicDriver, Place,
    differences::add,
    image::checksum,
    observed::{Observed, Provision},
    order::{Goal, Order, Orders},
    stuck::{in_maintenance, left_alone, unregistered},
    towards::{self, Move, Tried, Verb},
    walk::Errand,
};
use crate::{
    drivers::{
        config_drive::{HostKey, Identity, config_drive, network_data},
        known_hosts,
    },
    model::host::HostImage,
    plan::action::ironic::Deploy,
    run::driver::Finding,
    secret::Secret,
    trouble::{Result, Tell, Trouble},
};

/// What a deployment is made from.
struct Ingredients {
    checksum: Option<String>,
    login_key: String,
    user_data: Option<Secret>,
    mac: String,
}

impl IronicDriver {
    /// What deploying would do.
    pub(super) async fn find_deployed(
        &self,
        host: &str,
        action: &Deploy,
        seen: Option<&Observed>,
    ) -> Result<Finding> {
        let doing = doing(&action.image);
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
        self.check_image(host, &action.image).await?;
        login_key(host, action)?;
        let network = format!("{} on {}", action.admin.address.value, action.admin.network);
        Ok(Finding::Differs(vec![format!("deploy {} with {network}", action.image.name())]))
    }

    pub(super) async fn deploy(&self, place: Place<'_>, action: &Deploy) -> Result<()> {
        let errand = self.errand(place, doing(&action.image));
        let seen = self.look(place.session, place.host, place.voice).await?;
        let seen = seen.ok_or_else(|| unregistered(place.host, &errand.doing))?;
        let orders =
            Deployment { driver: self, errand: &errand, action, ingredients: OnceCell::new() };
        if !joinable(seen.provision_state) {
            orders.ingredients(&seen).await?;
        }
        let node = errand.walk(&Goal { next: &towards::active, orders: &orders }).await?;
        if let Some(key) = node.host_key() {
            let address = &action.access.address.value;
            known_hosts::remember(&action.known_hosts, place.host, address, &key)?;
        }
        errand.finish(&node, Map::new(), Vec::new()).await
    }

    async fn check_image(&self, host: &str, image: &HostImage) -> Result<Option<String>> {
        let (host, image) = (host.to_owned(), image.clone());
        let digests = std::sync::Arc::clone(&self.digests);
        let read = tokio::task::spawn_blocking(move || checksum(&host, &image, &digests));
        read.await.or_internal(|| "reading an image".into())?
    }
}

/// Makes the order for a deployment. The ingredients are checked before anything is asked of Ironic, unless there is a
/// deployment already that may only have to be joined.
struct Deployment<'a> {
    driver: &'a IronicDriver,
    errand: &'a Errand<'a>,
    action: &'a Deploy,
    ingredients: OnceCell<Ingredients>,
}

impl Deployment<'_> {
    async fn ingredients(&self, node: &Observed) -> Result<&Ingredients> {
        self.ingredients.get_or_try_init(|| self.gather(node)).await
    }

    async fn gather(&self, node: &Observed) -> Result<Ingredients> {
        let (host, image) = (self.errand.host, &self.action.image);
        let user_data = image.user_data.as_ref();
        Ok(Ingredients {
            checksum: self.driver.check_image(host, image).await?,
            login_key: login_key(host, self.action)?,
            user_data: user_data
                .map(|reference| self.driver.secrets.find(reference))
                .transpose()?,
            mac: mac(self.errand, self.action, node).await?,
        })
    }
}

impl Orders for Deployment<'_> {
    fn order<'a>(&'a self, node: &'a Observed, verb: Verb) -> BoxFuture<'a, Result<Order>> {
        Box::pin(async move {
            match verb {
                Verb::Active => {
                    let from = self.ingredients(node).await?;
                    order(self.errand.host, self.action, from, node)
                }
                _ => Ok(Order::default()),
            }
        })
    }
}

fn joinable(state: Provision) -> bool {
    use Provision as P;
    matches!(state, P::Active | P::Deploying | P::DeployWait | P::DeployHold)
}

fn doing(image: &HostImage) -> String {
    format!("deploying {}", image.name())
}

/// The request that starts a deployment, with a host key made for it alone.
fn order(host: &str, action: &Deploy, from: &Ingredients, node: &Observed) -> Result<Order> {
    let key = HostKey::generate()?;
    let identity = Identity { name: host, uuid: &node.uuid, login_key: &from.login_key };
    let network = network_data(&action.admin, &from.mac);
    let drive =
        config_drive(&identity, &network, from.user_data.as_ref(), &key).map_err(|trouble| {
            let trouble = trouble.while_trying(format!("{host}: making its config drive"));
            action.image.user_data.iter().fold(trouble, |trouble, reference| {
                trouble.because(format!("see `{}`", reference.variable))
            })
        })?;
    let mut instance = json!({ "image_source": action.image.source(), "image_type": "whole-disk" });
    if let Some(checksum) = &from.checksum {
        instance["image_checksum"] = json!(checksum);
    }
    if let Some(uuid) = &action.image.rootfs_uuid {
        instance["image_rootfs_uuid"] = json!(uuid);
    }
    Ok(Order {
        patch: vec![add(&["instance_info"], &instance)],
        corner: [("host_key".to_owned(), Value::String(key.public))].into_iter().collect(),
        with: [("configdrive".to_owned(), drive)].into_iter().collect(),
    })
}

/// The MAC of the host's port on the admin network: what the site says, else what inspection found.
async fn mac(errand: &Errand<'_>, action: &Deploy, seen: &Observed) -> Result<String> {
    if let Some(mac) = &action.node.mac {
        return Ok(mac.value.clone());
    }
    if let Some(mac) = seen.extra.get("pxe_interface_mac").and_then(Value::as_str) {
        return Ok(mac.to_owned());
    }
    let told = |text: String| errand.voice.progress(text);
    let path = format!("ports?node={}&fields=address,pxe_enabled", seen.uuid);
    let answer = errand.session.client.get(&path, &told).await;
    let answer = answer.map_err(|failure| {
        failure.while_trying(format!("{}: looking at its ports", errand.host))
    })?;
    let ports = answer["ports"].as_array().cloned().unwrap_or_default();
    let booting = ports.iter().find(|port| port["pxe_enabled"] == true).or(ports.first());
    booting.and_then(|port| port["address"].as_str()).map(str::to_owned).ok_or_else(|| {
        Trouble::host(format!("{}: {}", errand.host, errand.doing))
            .because("nothing says which port is on the admin network: the node has no ports, and the site names no MAC")
            .hint(format!(
                "run `ymir overcloud hardware inspect --limit {}`, or set `kolla_bifrost_ipv4_interface_mac`",
                errand.host
            ))
    })
}

fn login_key(host: &str, action: &Deploy) -> Result<String> {
    let path = &action.access.public_key;
    let text = std::fs::read_to_string(&path.value).or_host(|| {
        format!("{host}: reading the SSH public key {} that the host is to let in", path.value)
    });
    text.map_err(|trouble| {
        trouble.set_by(&path.setting).hint("make a key pair with `ssh-keygen`, or correct the path")
    })
}

/// An active node needs nothing but its key in our file.
fn remembered(host: &str, action: &Deploy, node: &Observed) -> Result<Finding> {
    let as_it_is = || match other_image(&action.image, node) {
        Some(other) => Finding::Kept(other),
        None => Finding::Satisfied,
    };
    let Some(key) = node.host_key() else { return Ok(as_it_is()) };
    if known_hosts::holds(&action.known_hosts, host, &action.access.address.value, &key)? {
        return Ok(as_it_is());
    }
    Ok(Finding::Differs(vec![format!("write its SSH host key into {}", action.known_hosts)]))
}

/// That the node runs something else than the site says.
fn other_image(image: &HostImage, node: &Observed) -> Option<String> {
    let wanted = image.source();
    let source = node.instance("image_source").filter(|source| *source != wanted)?;
    Some(format!(
        "it runs another image than the site says: {source}, not {wanted}; deprovision it first to change that"
    ))
}
