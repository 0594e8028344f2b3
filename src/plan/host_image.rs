//! `overcloud host image build`: one lane per image, side by side.

use jiff::Timestamp;
use serde::Serialize;

use super::{
    Plan,
    action::{
        Action,
        image::{Build, Dib, ImageAction},
    },
    digest,
};
use crate::{
    model::{
        dib::DibImage,
        image::{HostImage, Images},
    },
    near::nearest,
    trouble::{Result, Trouble},
};

/// Grows when the builder makes something else of the same recipe: every image is then out of date.
const BUILDER: u32 = 2;
/// The same of images by diskimage-builder.
const DIB_BUILDER: u32 = 1;

/// What the command line asks for.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Names of images; none means all of the site.
    pub names: Vec<String>,
    /// `--force-rebuild`, given at this time.
    pub force: Option<Timestamp>,
    /// When the command was given: images that are always built anew are older.
    pub given: Timestamp,
}

/// Plans to build the requested images.
pub fn plan(images: &Images, request: &Request) -> Result<Plan> {
    let chosen = choose(images, &request.names)?;
    Ok(Plan::named("overcloud host image build").stage("build images", &chosen, |image| {
        let (name, files, action) = match image {
            Chosen::Recipe(image) => (&image.name, image.file(), native(images, image, request)),
            Chosen::Dib(image) => {
                (&image.name, image.files().join(" and "), with_dib(images, image, request))
            }
        };
        (name.clone(), vec![(format!("build {files}"), Action::Image(action))])
    }))
}

/// An image that is built here.
#[derive(Debug, Clone, Copy)]
enum Chosen<'a> {
    Recipe(&'a HostImage),
    Dib(&'a DibImage),
}

fn native(images: &Images, image: &HostImage, request: &Request) -> ImageAction {
    ImageAction::HostImage(Box::new(Build {
        recipe: image.clone(),
        digest: recipe_digest(BUILDER, image, &images.apt_sources),
        apt_sources: images.apt_sources.clone(),
        publish: images.path.value.clone(),
        built_after: request.force,
        sign: images.signing_key.clone(),
    }))
}

fn with_dib(images: &Images, image: &DibImage, request: &Request) -> ImageAction {
    let recipe = Dib { image: image.clone(), builder: images.dib.builder.clone() };
    ImageAction::DibImage(Box::new(Build {
        digest: recipe_digest(DIB_BUILDER, &recipe, &[]),
        recipe,
        apt_sources: Vec::new(),
        publish: images.path.value.clone(),
        built_after: request.force.or(image.force_rebuild.then_some(request.given)),
        sign: images.signing_key.clone(),
    }))
}

/// The digests that the images have which are built here, if they are up to date.
pub fn digests(images: &Images) -> Vec<(&str, String)> {
    let recipes = images
        .recipes
        .iter()
        .map(|image| (image.name.as_str(), recipe_digest(BUILDER, image, &images.apt_sources)));
    let dib = images.dib.images.iter().map(|image| {
        let recipe = Dib { image: image.clone(), builder: images.dib.builder.clone() };
        (image.name.as_str(), recipe_digest(DIB_BUILDER, &recipe, &[]))
    });
    recipes.chain(dib).collect()
}

/// Digest of what decides what is built; a mirror written into the configuration may pin a snapshot, so it counts.
pub(super) fn recipe_digest<R: Serialize>(
    builder: u32,
    recipe: &R,
    apt_sources: &[String],
) -> String {
    digest(&(builder, recipe, apt_sources))
}

fn choose<'a>(images: &'a Images, names: &[String]) -> Result<Vec<Chosen<'a>>> {
    for name in names {
        known(images, name)?;
    }
    if images.names().is_empty() {
        return Err(Trouble::refused("the site defines no images")
            .hint("add a recipe to `host-images/`, for example a `host-images/debian-12.yml` with `release: bookworm`"));
    }
    let wanted = |name: &String| names.is_empty() || names.contains(name);
    let recipes = images.recipes.iter().filter(|image| wanted(&image.name)).map(Chosen::Recipe);
    let dib = images.dib.images.iter().filter(|image| wanted(&image.name)).map(Chosen::Dib);
    Ok(recipes.chain(dib).collect())
}

fn known(images: &Images, name: &str) -> Result<()> {
    let names = images.names();
    if names.contains(&name) {
        return Ok(());
    }
    let trouble = Trouble::refused(format!("there is no image named `{name}`"));
    let trouble = if images.described.contains_key(name) {
        trouble.hint("`ymir_host_images` describes one of that name, but it is not built here")
    } else {
        trouble
    };
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
