//! What the site says about images: where they are published, which ones there are.

use camino::{Utf8Path, Utf8PathBuf};

use super::{Reader, dib, image_recipe, image_source};
use crate::{
    model::image::{Architecture, Base, DeploymentImage, Distribution, Hardware, Images},
    origin::Sourced,
    trouble::{Result, Trouble},
};

/// Reads the site's images. `site` is the site repository's directory. Recipes in its `host-images/` are images, and so is
/// what `overcloud_dib_host_images` lists; its default only where there are no recipes.
pub fn images(reader: &Reader<'_>, site: &Utf8Path) -> Result<Images> {
    let dir = site.join("host-images");
    let recipes = if dir.is_dir() { image_recipe::recipes(&dir)? } else { Vec::new() };
    let images = Images {
        path: image_path(reader)?,
        apt_sources: apt_sources(reader)?,
        dib: dib::images(reader, dir.is_dir())?,
        described: image_source::all(reader)?,
        signing_key: signing_key(reader)?,
        recipes,
    };
    told_apart(&images)?;
    Ok(images)
}

/// Refuses two images whose files would have the same name.
fn told_apart(images: &Images) -> Result<()> {
    let mut files = images.files();
    files.sort_unstable();
    let Some(twice) = files.windows(2).find(|pair| pair[0] == pair[1]) else { return Ok(()) };
    Err(Trouble::refused(format!("the site has two images of the name {}", twice[0]))
        .set_by(&images.dib.setting)
        .hint("let `host-images/`, `overcloud_dib_host_images` and `ymir_host_images` have different names"))
}

/// The directory in which images are published.
pub fn image_path(reader: &Reader<'_>) -> Result<Sourced<Utf8PathBuf>> {
    reader.need("ymir_image_path")
}

/// The key that the manifests of images are signed with.
pub fn signing_key(reader: &Reader<'_>) -> Result<Option<Utf8PathBuf>> {
    let found = reader.get::<Utf8PathBuf>("ymir_image_signing_key")?.map(|found| found.value);
    Ok(found.filter(|path| !path.as_str().is_empty()))
}

/// Lines for `sources.list` that replace the building machine's own.
pub fn apt_sources(reader: &Reader<'_>) -> Result<Vec<String>> {
    Ok(reader.get("ymir_image_apt_sources")?.map_or_else(Vec::new, |sourced| sourced.value))
}

/// What the deployment ramdisk is made of.
pub fn deployment_image(reader: &Reader<'_>) -> Result<DeploymentImage> {
    let text = |name| reader.need::<String>(name).map(|sourced| sourced.value);
    let base = Base {
        distribution: Distribution::Debian,
        architecture: Architecture::Amd64,
        release: text("ymir_deployment_image_release")?,
        kernel: text("ymir_deployment_image_kernel")?,
    };
    Ok(DeploymentImage {
        base,
        agent: text("ymir_deployment_image_agent_version")?,
        packages: reader.need("ymir_deployment_image_packages")?.value,
        hardware: reader.need::<Hardware>("ymir_deployment_image_hardware")?.value,
    })
}
