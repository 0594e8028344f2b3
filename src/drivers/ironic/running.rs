//! Which image a node runs, by what Ymir noted on it and by what Ironic was told, and whether it is the right one.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{
    deployment::wanted,
    differences::add,
    image::Proof,
    observed::{Observed, Provision},
};
use crate::model::{host::HostImage, image_source::Sum};

/// Ymir's note of the image that a node was deployed with.
pub const IMAGE: &str = "image";
/// Ymir's note of the deployment that its notes are about, as the time when that was asked for. Ironic forgets what it was
/// told of an instance when that is taken off, by whomever: notes of a deployment that it does not know count no longer.
pub const DEPLOYMENT: &str = "deployment";
/// The same in `instance_info`.
pub const TOLD: &str = "ymir_deployment";
/// Ymir's note of a rebuild that was asked for and is not known to have ended.
pub const REBUILDING: &str = "rebuilding";
/// Ymir's note of the command that a rebuild was asked for by, as the time when that was given: Ironic's clock may differ.
pub const ASKED: &str = "asked";
/// In Ymir's note of a rebuild: Ymir has switched fast track off for it, which nobody had decided about.
pub(super) const NO_FAST_TRACK: &str = "no_fast_track";
/// Where Ironic looks whether a node may go on with a ramdisk that runs already. Source: Ironic's `fast_track_enabled`.
const FAST_TRACK: &str = "fast_track";
/// Ymir's note of the public SSH host key.
pub const HOST_KEY: &str = "host_key";

/// An image as a node is deployed with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    pub source: String,
    /// `sha256:…`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checksum: Option<String>,
}

impl Image {
    /// The image that a host is meant to run.
    pub(super) fn of(image: &HostImage, proof: Option<&Proof>) -> Self {
        let checksum = proof.and_then(Proof::sum).map(Sum::to_string);
        Self { source: image.source(), checksum }
    }

    /// The image that a node runs, or is being deployed with; `None` if nothing says so.
    pub fn on(node: &Observed) -> Option<Self> {
        let corner = node.ymir();
        let own = if node.was_rebuilt() { corner.get(REBUILDING) } else { None };
        let noted = own.map_or_else(|| corner.get(IMAGE), |rebuilt| rebuilt.get(IMAGE));
        let noted = noted.and_then(|noted| Self::deserialize(noted).ok());
        noted.or_else(|| Self::told(node))
    }

    /// What Ironic was told, by whomever. The other digests in `instance_info` may be of a file that Ironic converted.
    fn told(node: &Observed) -> Option<Self> {
        let checksum = node.instance("image_checksum").and_then(Sum::parse);
        Some(Self {
            source: node.instance("image_source")?.to_owned(),
            checksum: checksum.map(|sum| sum.to_string()),
        })
    }

    /// How this image is another one than the wanted one. The same content is the same image, wherever it came from.
    pub fn differs(&self, wanted: &Self) -> Option<String> {
        let algorithm = |text: &str| text.split(':').next().unwrap_or_default().to_owned();
        let both = self.checksum.as_ref().zip(wanted.checksum.as_ref());
        match both.filter(|(one, other)| algorithm(one) == algorithm(other)) {
            Some((one, other)) if one == other => None,
            Some(_) if self.source == wanted.source => {
                Some(format!("it runs another build of {} than the one of now", self.source))
            }
            None if self.source == wanted.source => None,
            _ => Some(format!(
                "it runs another image than the site says: {}, not {}",
                self.source, wanted.source
            )),
        }
    }
}

/// What a node runs beside what it should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    pub runs: Option<Image>,
    pub wanted: Image,
    /// How the one is another than the other, if it is.
    pub differs: Option<String>,
}

impl Standing {
    /// Compares the image that a host is meant to run with the one on its node.
    pub fn of(host: &str, image: &HostImage, node: &Observed) -> Self {
        let (runs, wanted) = (Image::on(node), wanted(host, image));
        let differs = runs.as_ref().and_then(|runs| runs.differs(&wanted));
        Self { runs, wanted, differs }
    }
}

impl Observed {
    /// Something runs on it, or would if a deployment had not failed: a rebuild can take it on.
    pub fn can_be_rebuilt(&self) -> bool {
        use Provision as P;
        let rebuilding = self.ymir().contains_key(REBUILDING);
        match self.provision_state {
            P::Active => true,
            P::Deploying | P::DeployWait | P::DeployHold | P::DeployFailed => rebuilding,
            _ => false,
        }
    }

    /// It was put to use and is not there for those who use it.
    pub fn is_down(&self) -> bool {
        use Provision as P;
        match self.provision_state {
            P::Active => self.maintenance,
            P::Enroll
            | P::Verifying
            | P::Manageable
            | P::Available
            | P::Foreign
            | P::Inspecting
            | P::InspectWait
            | P::InspectFailed
            | P::Cleaning
            | P::CleanWait
            | P::CleanHold
            | P::CleanFailed
            | P::Adopting
            | P::AdoptFailed => false,
            _ => true,
        }
    }

    /// A rebuild that Ymir asked for has ended well, and whoever asked did not live to note it.
    pub fn was_rebuilt(&self) -> bool {
        let corner = self.ymir();
        let Some(note) = corner.get(REBUILDING).filter(|note| note.is_object()) else {
            return false;
        };
        self.provision_state == Provision::Active && note["since"] != self.since()
    }

    /// When the command was given by which it was rebuilt last, if that command took no host for right.
    pub(super) fn asked(&self) -> Option<Timestamp> {
        let corner = self.ymir();
        let own =
            if self.was_rebuilt() { &corner[REBUILDING][ASKED] } else { corner.get(ASKED)? };
        own.as_str()?.parse().ok()
    }

    /// When it came into its state, as Ironic's clock had it.
    pub(super) fn since(&self) -> Value {
        json!(self.provision_updated_at.map(|at| at.to_string()))
    }

    /// What is to be noted when its rebuild has ended; nothing if there was none.
    pub(super) fn settled(&self) -> Map<String, Value> {
        let corner = self.ymir();
        let Some(note) = corner.get(REBUILDING) else { return Map::new() };
        let mut changes = Map::from_iter([(REBUILDING.to_owned(), Value::Null)]);
        if self.was_rebuilt() {
            changes.extend(self.disowned());
            for key in [HOST_KEY, IMAGE, ASKED] {
                changes.insert(key.to_owned(), note[key].clone());
            }
        }
        changes
    }

    /// Changes in Ymir's corner that make it one of this deployment; none if it is.
    pub(super) fn disowned(&self) -> Map<String, Value> {
        if !self.has_notes_of_another() {
            return Map::new();
        }
        let gone = [HOST_KEY, IMAGE, ASKED].map(|key| (key.to_owned(), Value::Null));
        let told = self.instance_info.get(TOLD).cloned().unwrap_or_default();
        gone.into_iter().chain([(DEPLOYMENT.to_owned(), told)]).collect()
    }

    /// Whether Ymir's notes are about a deployment that is no more.
    fn has_notes_of_another(&self) -> bool {
        let noted = self.extra.get("ymir").and_then(|corner| corner.get(DEPLOYMENT));
        noted != self.instance_info.get(TOLD)
    }

    /// Ymir's own corner of `extra`, without notes of a deployment that is no more.
    pub fn ymir(&self) -> Map<String, Value> {
        let corner = self.extra.get("ymir").and_then(Value::as_object);
        let mut corner = corner.cloned().unwrap_or_default();
        if self.has_notes_of_another() {
            corner.retain(|key, _| ![HOST_KEY, IMAGE, ASKED, DEPLOYMENT].contains(&key.as_str()));
        }
        corner
    }
}

/// Switches fast track off for a rebuild, and what is to be noted of it. Ironic takes a machine that is on and was
/// inspected within the last minutes for one that runs the ramdisk, and would look for an agent on the host in use.
pub(super) fn without_fast_track(node: &Observed) -> (Option<Value>, bool) {
    let undecided = !node.driver_info.contains_key(FAST_TRACK);
    let operation = undecided.then(|| add(&["driver_info", FAST_TRACK], &json!(false)));
    (operation, undecided || is_noted(node))
}

/// Gives fast track back when changes in Ymir's corner end the note of a rebuild that switched it off.
pub(super) fn fast_track_again(node: &Observed, changes: &Map<String, Value>) -> Option<Value> {
    let ends = changes.get(REBUILDING).is_some_and(Value::is_null);
    let off = ends && is_noted(node) && node.driver_info.contains_key(FAST_TRACK);
    off.then(|| json!({ "op": "remove", "path": format!("/driver_info/{FAST_TRACK}") }))
}

fn is_noted(node: &Observed) -> bool {
    let corner = node.ymir();
    corner.get(REBUILDING).is_some_and(|note| note[NO_FAST_TRACK] == true)
}

#[cfg(test)]
#[path = "running_tests.rs"]
mod tests;
