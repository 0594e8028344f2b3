//! `seed deployment image build`: the kernel and ramdisk that every host boots to be inspected and deployed.

use camino::Utf8Path;
use jiff::Timestamp;

use super::{
    Plan,
    action::{
        Action,
        image::{Build, ImageAction},
    },
    host_image::recipe_digest,
};
use crate::model::image::DeploymentImage;

/// The name under which the ramdisk is built and published.
pub const NAME: &str = "ipa";

/// Grows when the builder makes something else of the same settings: the ramdisk is then out of date.
const BUILDER: u32 = 2;

/// Plans to build the ramdisk; `force` is when `--force-rebuild` was given.
pub fn plan(
    image: &DeploymentImage,
    apt_sources: &[String],
    (publish, sign): (&Utf8Path, Option<&Utf8Path>),
    force: Option<Timestamp>,
) -> Plan {
    let build = Build {
        recipe: image.clone(),
        digest: recipe_digest(BUILDER, image, apt_sources),
        apt_sources: apt_sources.to_vec(),
        publish: publish.to_owned(),
        built_after: force,
        sign: sign.map(Utf8Path::to_owned),
    };
    let title = format!("build {NAME}.kernel and {NAME}.initramfs");
    Plan::named("seed deployment image build").stage("build images", &[build], |build| {
        let action = Action::Image(ImageAction::DeploymentImage(Box::new(build.clone())));
        (NAME.into(), vec![(title.clone(), action)])
    })
}
