//! What a deployment and a rebuild are made from, and the requests that start them. The order of things makes it safe to
//! be killed anywhere: the public host key stands on the node before Ironic starts, so whoever resumes finds the key
//! that belongs to what runs.

use futures::future::BoxFuture;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use tokio::sync::OnceCell;

use super::{
    IronicDriver,
    differences::add,
    image::{Proof, checked, instance_info, published},
    observed::Observed,
    order::{Order, Orders, cleaning_as_said},
    running::{
        ASKED, DEPLOYMENT, HOST_KEY, IMAGE, Image, NO_FAST_TRACK, REBUILDING, TOLD,
        without_fast_track,
    },
    towards::Verb,
    walk::Errand,
};
use crate::{
    drivers::config_drive::{HostKey, Identity, config_drive, network_data},
    model::host::HostImage,
    plan::action::ironic::Deploy,
    secret::Secret,
    trouble::{Result, Tell, Trouble},
};

/// What a deployment is made from.
struct Ingredients {
    proof: Proof,
    login_key: String,
    user_data: Option<Secret>,
    mac: String,
}

/// Makes the orders for a deployment or a rebuild. The ingredients are checked before anything is asked of Ironic, unless
/// there is one already that may only have to be joined.
pub(super) struct Deployment<'a> {
    driver: &'a IronicDriver,
    errand: &'a Errand<'a>,
    action: &'a Deploy,
    /// When the command was given, if it takes no host for right.
    asked: Option<Timestamp>,
    ingredients: OnceCell<Ingredients>,
}

impl IronicDriver {
    pub(super) async fn check_image(&self, host: &str, image: &HostImage) -> Result<Proof> {
        let (host, image) = (host.to_owned(), image.clone());
        let digests = std::sync::Arc::clone(&self.digests);
        let (of, about) = (host.clone(), image.clone());
        let read = tokio::task::spawn_blocking(move || checked(&of, &about, &digests));
        let proof = read.await.or_internal(|| "reading an image".into())??;
        self.check_signature(&host, &image, &proof).await?;
        Ok(proof)
    }

    /// Refuses an image that somebody else has signed, and one that nobody has if the site says so.
    async fn check_signature(&self, host: &str, image: &HostImage, proof: &Proof) -> Result<()> {
        let Some(trust) = &image.trust else { return Ok(()) };
        let doing = || format!("{host}: checking who signed the image {}", image.file.value);
        let signers = &trust.signers;
        let signed = match proof.sum() {
            Some(sum) => {
                let of = image.directory.as_path();
                let found = self.verified.check(of, image.name(), sum, &signers.value).await;
                found.map_err(|trouble| trouble.while_trying(doing()).set_by(&signers.setting))?
            }
            None => None,
        };
        if signed.is_some() || !trust.required {
            return Ok(());
        }
        let why = match proof.sum() {
            Some(_) => format!(
                "there is no signed manifest {}.manifest.json of it in {}",
                image.name(),
                image.directory
            ),
            None => "its digest is not known here, so no signature can be about it".to_owned(),
        };
        Err(Trouble::host(doing())
            .because(why)
            .set_by(&signers.setting)
            .hint(format!(
                "set `ymir_image_signing_key` and run `ymir overcloud host image build {}`; `ymir_image_signatures_required` says that images have to be signed",
                image.name()
            )))
    }
}

/// The image that a host is meant to run, as far as that is known without a look into its file.
pub(super) fn wanted(host: &str, image: &HostImage) -> Image {
    // An image that is not there is told when it is needed.
    Image::of(image, published(host, image).ok().as_ref())
}

impl<'a> Deployment<'a> {
    pub(super) fn new(
        driver: &'a IronicDriver,
        errand: &'a Errand<'a>,
        action: &'a Deploy,
    ) -> Self {
        Self { driver, errand, action, asked: None, ingredients: OnceCell::new() }
    }

    pub(super) fn asked(self, asked: Option<Timestamp>) -> Self {
        Self { asked, ..self }
    }

    /// Gathers and checks everything.
    pub(super) async fn prepare(&self, node: &Observed) -> Result<()> {
        self.ingredients(node).await.map(drop)
    }

    async fn ingredients(&self, node: &Observed) -> Result<&Ingredients> {
        self.ingredients.get_or_try_init(|| self.gather(node)).await
    }

    async fn gather(&self, node: &Observed) -> Result<Ingredients> {
        let (host, image) = (self.errand.host, &self.action.image);
        fits(host, image, node)?;
        let proof = self.driver.check_image(host, image).await?;
        let login_key = login_key(host, self.action)?;
        self.errand.check_root_disk(node).await?;
        let user_data = image.user_data.as_ref();
        Ok(Ingredients {
            proof,
            login_key,
            user_data: user_data
                .map(|reference| self.driver.secrets.find(reference))
                .transpose()?,
            mac: mac(self.errand, self.action, node).await?,
        })
    }

    /// The config drive, and the public half of the host key that was made for it alone.
    fn drive(&self, from: &Ingredients, node: &Observed) -> Result<(Value, String)> {
        let (host, action) = (self.errand.host, self.action);
        let key = HostKey::generate()?;
        let identity = Identity { name: host, uuid: &node.uuid, login_key: &from.login_key };
        let network = network_data(&action.admin, &from.mac);
        let drive = config_drive(&identity, &network, from.user_data.as_ref(), &key);
        let drive = drive.map_err(|trouble| {
            let trouble = trouble.while_trying(format!("{host}: making its config drive"));
            action.image.user_data.iter().fold(trouble, |trouble, reference| {
                trouble.because(format!("see `{}`", reference.variable))
            })
        })?;
        Ok((drive, key.public))
    }

    /// The request that starts a deployment.
    fn fresh(&self, from: &Ingredients, node: &Observed) -> Result<Order> {
        let (drive, key) = self.drive(from, node)?;
        let image = &self.action.image;
        let now = json!(Timestamp::now().to_string());
        let before = node.instance_info.get(TOLD);
        let restored =
            before.map_or_else(|| removing(TOLD), |old| add(&["instance_info", TOLD], old));
        let mut info = instance_info(image, &from.proof);
        info.insert(TOLD.to_owned(), now.clone());
        let note = json!(Image::of(image, Some(&from.proof)));
        let corner = [
            (DEPLOYMENT, now),
            (HOST_KEY, json!(key)),
            (IMAGE, note),
            (REBUILDING, Value::Null),
            (ASKED, Value::Null),
        ];
        Ok(Order {
            patch: vec![add(&["instance_info"], &Value::Object(info))],
            corner: corner.map(|(key, value)| (key.to_owned(), value)).into_iter().collect(),
            with: Map::from_iter([("configdrive".to_owned(), drive)]),
            restore: vec![restored],
        })
    }

    /// The request that starts a rebuild. What runs until then, and how it is known, stays noted beside.
    fn again(&self, from: &Ingredients, node: &Observed) -> Result<Order> {
        let (drive, key) = self.drive(from, node)?;
        let image = &self.action.image;
        let (slow, no_fast_track) = without_fast_track(node);
        let note = json!({
            NO_FAST_TRACK: no_fast_track,
            "since": node.since(),
            HOST_KEY: key,
            IMAGE: Image::of(image, Some(&from.proof)),
            ASKED: self.asked,
        });
        let mut corner = node.disowned();
        corner.insert(REBUILDING.to_owned(), note);
        if let Some(runs) = Image::on(node) {
            corner.insert(IMAGE.to_owned(), json!(runs));
        }
        let (old, new) = (&node.instance_info, instance_info(image, &from.proof));
        Ok(Order {
            patch: replacing(old, &new).into_iter().chain(slow).collect(),
            corner,
            with: Map::from_iter([("configdrive".to_owned(), drive)]),
            restore: replacing(&new, old),
        })
    }
}

impl Orders for Deployment<'_> {
    fn order<'a>(&'a self, node: &'a Observed, verb: Verb) -> BoxFuture<'a, Result<Order>> {
        Box::pin(async move {
            match verb {
                Verb::Active => self.fresh(self.ingredients(node).await?, node),
                Verb::Rebuild => self.again(self.ingredients(node).await?, node),
                Verb::Provide => {
                    let patch = cleaning_as_said(self.errand.node.automated_clean, node);
                    Ok(Order { patch, ..Order::default() })
                }
                _ => Ok(Order::default()),
            }
        })
    }
}

/// Refuses an image for another kind of processor than the node was found to have.
pub(super) fn fits(host: &str, image: &HostImage, node: &Observed) -> Result<()> {
    let has = node.properties.get("cpu_arch").and_then(Value::as_str);
    let Some((made, has)) =
        image.architecture.as_deref().zip(has).filter(|(made, has)| made != has)
    else {
        return Ok(());
    };
    Err(Trouble::refused(format!("{host}: {}", doing(image)))
        .because(format!("the image is for {made}, and the machine is {has}"))
        .set_by(&image.file.setting)
        .hint(format!("choose an image for {has}; if the machine is {made}, correct `cpu_arch` in `ironic_properties`")))
}

/// Begins what is said about a deployment.
pub(super) fn doing(image: &HostImage) -> String {
    format!("deploying {}", image.name())
}

/// Whether a part of `instance_info` is about the image, be it that a client or Ironic itself put it there.
fn of_image(key: &str) -> bool {
    // Ironic shows no secret, so none could be put back.
    let secret = key.contains("secret");
    let named = ["kernel", "ramdisk", "root_gb", "boot_iso"].contains(&key);
    named || (key.starts_with("image_") && !secret)
}

/// Operations that put one image in the place of another, and leave alone what else stands there.
pub(super) fn replacing(old: &Map<String, Value>, new: &Map<String, Value>) -> Vec<Value> {
    let gone = old.keys().filter(|key| of_image(key) && !new.contains_key(*key));
    let gone = gone.map(|key| removing(key));
    let set = new.iter().filter(|(key, value)| of_image(key) && old.get(*key) != Some(*value));
    gone.chain(set.map(|(key, value)| add(&["instance_info", key], value))).collect()
}

fn removing(key: &str) -> Value {
    json!({ "op": "remove", "path": format!("/instance_info/{key}") })
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
    let session = errand.session;
    let booting = session.ports.booting(&session.client, &seen.uuid, &told).await;
    let booting = booting.map_err(|trouble| {
        trouble.while_trying(format!("{}: looking at its ports", errand.host))
    })?;
    booting.ok_or_else(|| {
        Trouble::host(format!("{}: {}", errand.host, errand.doing))
            .because("nothing says which port is on the admin network: the node has no ports, and the site names no MAC")
            .hint(format!(
                "run `ymir overcloud hardware inspect --limit {}`, or set `kolla_bifrost_ipv4_interface_mac`",
                errand.host
            ))
    })
}

pub(super) fn login_key(host: &str, action: &Deploy) -> Result<String> {
    let path = &action.access.public_key;
    let text = std::fs::read_to_string(&path.value).or_host(|| {
        format!("{host}: reading the SSH public key {} that the host is to let in", path.value)
    });
    text.map_err(|trouble| {
        trouble.set_by(&path.setting).hint("make a key pair with `ssh-keygen`, or correct the path")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_image_takes_the_place_of_another_and_of_nothing_else() {
        let map = |value: Value| value.as_object().unwrap().clone();
        let old = json!({ "image_source": "a", "image_os_hash_value": "1", "kernel": "k", "configdrive": "******", "capabilities": {} });
        let new = json!({ "image_source": "b", "image_checksum": "2" });
        let patch = replacing(&map(old.clone()), &map(new));
        insta::assert_snapshot!(serde_json::to_string(&patch).unwrap(), @r#"[{"op":"remove","path":"/instance_info/image_os_hash_value"},{"op":"remove","path":"/instance_info/kernel"},{"op":"add","path":"/instance_info/image_source","value":"b"},{"op":"add","path":"/instance_info/image_checksum","value":"2"}]"#);
        assert_eq!(replacing(&map(old.clone()), &map(old)), Vec::<Value>::new());
    }
}
