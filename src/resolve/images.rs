//! What the site says about images: where they are published, which ones there are.

use camino::{Utf8Path, Utf8PathBuf};
use serde::Deserialize;

use super::{Reader, image_recipe};
use crate::{
    model::image::{
        Architecture, Base, Catalogue, DeploymentImage, Distribution, Hardware, Images,
    },
    origin::Sourced,
    trouble::Result,
};

/// An item of Kayobe's `overcloud_dib_host_images`, as far as names go.
#[derive(Debug, Deserialize)]
struct DibImage {
    name: String,
    #[serde(rename = "type")]
    kind: Option<String>,
}

/// Reads the site's images. `site` is the site repository's directory: if it holds `host-images/`, the recipes there
/// are the images; else, as in Kayobe, `overcloud_dib_host_images` names them.
pub fn images(reader: &Reader<'_>, site: &Utf8Path) -> Result<Images> {
    let recipes = site.join("host-images");
    let catalogue = if recipes.is_dir() {
        Catalogue::Recipes(image_recipe::recipes(&recipes)?)
    } else {
        disk_image_builder(reader)?
    };
    Ok(Images { path: image_path(reader)?, apt_sources: apt_sources(reader)?, catalogue })
}

/// The directory in which images are published.
pub fn image_path(reader: &Reader<'_>) -> Result<Sourced<Utf8PathBuf>> {
    reader.need("ymir_image_path")
}

fn disk_image_builder(reader: &Reader<'_>) -> Result<Catalogue> {
    let variable = "overcloud_dib_host_images";
    let items: Vec<DibImage> = reader.get(variable)?.map_or_else(Vec::new, |sourced| sourced.value);
    let file =
        |image: &DibImage| format!("{}.{}", image.name, image.kind.as_deref().unwrap_or("qcow2"));
    let files = items.iter().map(file).collect();
    let names = items.into_iter().map(|image| image.name).collect();
    Ok(Catalogue::DiskImageBuilder { names, files, setting: reader.setting(variable) })
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
