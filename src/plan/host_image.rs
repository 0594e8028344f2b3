//! `overcloud host image build`: one lane per image, side by side.

use jiff::Timestamp;
use serde::Serialize;

use super::{
    Plan,
    action::{
        Action,
        image::{Build, ImageAction},
    },
    digest,
};
use crate::{
    model::image::{Catalogue, HostImage, Images},
    near::nearest,
    trouble::{Result, Trouble},
};

/// Grows when the builder makes something else of the same recipe: every image is then out of date.
const BUILDER: u32 = 2;

/// What the command line asks for.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Names of images; none means all of the site.
    pub names: Vec<String>,
    /// `--force-rebuild`, given at this time.
    pub force: Option<Timestamp>,
}

/// Plans to build the requested images.
pub fn plan(images: &Images, request: &Request) -> Result<Plan> {
    let chosen = choose(&images.catalogue, &request.names)?;
    let publish = &images.path.value;
    Ok(Plan::named("overcloud host image build").stage("build images", &chosen, |image| {
        let build = Build {
            recipe: (*image).clone(),
            digest: recipe_digest(BUILDER, *image, &images.apt_sources),
            apt_sources: images.apt_sources.clone(),
            publish: publish.clone(),
            built_after: request.force,
        };
        let title = format!("build {}", image.file());
        (image.name.clone(), vec![(title, Action::Image(ImageAction::HostImage(Box::new(build))))])
    }))
}

/// Digest of what decides what is built; a mirror written into the configuration may pin a snapshot, so it counts.
pub(super) fn recipe_digest<R: Serialize>(
    builder: u32,
    recipe: &R,
    apt_sources: &[String],
) -> String {
    digest(&(builder, recipe, apt_sources))
}

fn choose<'a>(catalogue: &'a Catalogue, names: &[String]) -> Result<Vec<&'a HostImage>> {
    for name in names {
        known(catalogue, name)?;
    }
    match catalogue {
        Catalogue::Recipes(images) if images.is_empty() => {
            Err(Trouble::refused("the site defines no images")
                .hint("add a recipe to `host-images/`, for example a `host-images/debian-12.yml` with `release: bookworm`"))
        }
        Catalogue::Recipes(images) => {
            let wanted = |image: &&HostImage| names.is_empty() || names.contains(&image.name);
            Ok(images.iter().filter(wanted).collect())
        }
        Catalogue::DiskImageBuilder { setting, .. } => {
            Err(Trouble::refused("building images with diskimage-builder is not supported yet")
                .set_by(setting)
                .hint("build them with Kayobe, or describe them in recipes: one file each in `host-images/` of the site repository"))
        }
    }
}

fn known(catalogue: &Catalogue, name: &str) -> Result<()> {
    let names = catalogue.names();
    if names.contains(&name) {
        return Ok(());
    }
    let trouble = Trouble::refused(format!("there is no image named `{name}`"));
    let trouble = match nearest(name, names.iter().copied()).first() {
        Some(near) => trouble.hint(format!("did you mean `{near}`?")),
        None => trouble,
    };
    Err(if names.is_empty() {
        trouble.hint("the site defines no images: add a recipe to `host-images/`")
    } else {
        trouble.hint(format!("images of the site: {}", names.join(", ")))
    })
}

#[cfg(test)]
#[path = "host_image_tests.rs"]
mod tests;
