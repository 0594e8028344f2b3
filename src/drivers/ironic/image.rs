//! What Ironic has to be told about an image: where it is, how to see that it is right, and what it holds. An image that
//! is missing or damaged is found here, before any node is booted for it.

use std::{
    collections::BTreeMap,
    io::Read,
    sync::{Mutex, PoisonError},
    time::SystemTime,
};

use camino::{Utf8Path, Utf8PathBuf};
use md5::Md5;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256, Sha512};

use crate::{
    model::{
        host::HostImage,
        image_source::{Algorithm, Checksum, Sum},
    },
    trouble::{Result, Tell, Trouble},
};

/// Digests of image files that were read in this run: many hosts share an image.
#[derive(Debug, Default)]
pub(super) struct Digests(Mutex<BTreeMap<Kind, (Version, Sum)>>);

/// A file, and the algorithm of its digest.
type Kind = (Utf8PathBuf, &'static str);

/// Tells one content of a file from another.
type Version = (u64, Option<SystemTime>);

/// How Ironic sees that it got the right image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Proof {
    Sum(Sum),
    /// A list of checksums that Ironic reads by itself.
    List(String),
    /// Images in a registry carry their own digest, and Ironic makes that of a file on its own machine.
    Own,
}

impl Proof {
    /// The digest, if it is known here.
    pub(super) fn sum(&self) -> Option<&Sum> {
        match self {
            Self::Sum(sum) => Some(sum),
            Self::List(_) | Self::Own => None,
        }
    }
}

/// How the image is known to be right, without a look into its file.
pub(super) fn published(host: &str, image: &HostImage) -> Result<Proof> {
    let source = image.source_of();
    match source.and_then(|source| source.checksum.as_ref()) {
        Some(Checksum::Value(sum)) => Ok(Proof::Sum(sum.clone())),
        Some(Checksum::List(place)) if place.contains("://") => Ok(Proof::List(place.clone())),
        Some(Checksum::List(path)) => listed(host, image, path).map(Proof::Sum),
        None if image.elsewhere().is_some() => Ok(Proof::Own),
        None => beside(host, image).map(Proof::Sum),
    }
}

/// How the image is known to be right; if it lies on this machine, its file was checked.
pub(super) fn checked(host: &str, image: &HostImage, digests: &Digests) -> Result<Proof> {
    if image.elsewhere().is_some() {
        return published(host, image);
    }
    let file = image.directory.join(&image.file.value);
    let doing = || doing(host, image);
    if !file.is_file() {
        return Err(remedy(
            image,
            Trouble::host(doing()).because(format!("{file} does not exist")),
            "",
        ));
    }
    let proof = published(host, image)?;
    let Proof::Sum(wanted) = &proof else { return Ok(proof) };
    let found = digests.of(&file, wanted.algorithm)?;
    if *wanted == found {
        return Ok(proof);
    }
    let trouble = Trouble::host(doing())
        .because(format!("{file} is damaged: it has {found}"))
        .because(format!("it should have {wanted}"));
    Err(remedy(image, trouble, ""))
}

/// What stands in the node's `instance_info`.
pub(super) fn instance_info(image: &HostImage, proof: &Proof) -> Map<String, Value> {
    let source = image.source_of();
    let partition = source.and_then(|source| source.partition.as_ref());
    let kind = if partition.is_some() { "partition" } else { "whole-disk" };
    let mut info = json!({ "image_source": image.source(), "image_type": kind });
    match proof {
        Proof::Sum(Sum { algorithm: Algorithm::Sha512, hex }) => {
            info["image_os_hash_algo"] = json!(Algorithm::Sha512.name());
            info["image_os_hash_value"] = json!(hex);
        }
        Proof::Sum(sum) => info["image_checksum"] = json!(sum.hex),
        Proof::List(url) => info["image_checksum"] = json!(url),
        Proof::Own => {}
    }
    if let Some(format) = source.and_then(|source| source.format) {
        info["image_disk_format"] = json!(format.name());
    }
    if let Some(uuid) = &image.rootfs_uuid {
        info["image_rootfs_uuid"] = json!(uuid);
    }
    if let Some(partition) = partition {
        info["root_gb"] = json!(partition.root_gb);
        for (key, file) in [("kernel", &partition.kernel), ("ramdisk", &partition.ramdisk)] {
            if let Some(file) = file {
                info[key] = json!(image.published(file));
            }
        }
    }
    info.as_object().cloned().unwrap_or_default()
}

fn doing(host: &str, image: &HostImage) -> String {
    format!("{host}: reading the image {}", image.file.value)
}

/// What to do about an image: one that is built here is built again, one that the site describes is put right there.
fn remedy(image: &HostImage, trouble: Trouble, option: &str) -> Trouble {
    match &image.described {
        Some(described) => trouble
            .set_by(&described.setting)
            .hint(format!("put the right image into {}, or correct its checksum", image.directory)),
        None => trouble
            .set_by(&image.file.setting)
            .hint(format!("run `ymir overcloud host image build {}{option}`", image.name())),
    }
}

/// The digest in a file of checksums on this machine.
fn listed(host: &str, image: &HostImage, path: &str) -> Result<Sum> {
    let path = image.directory.join(path);
    let trouble = |cause: String| {
        let trouble = Trouble::host(doing(host, image)).because(cause);
        match &image.described {
            Some(described) => trouble.set_by(&described.setting),
            None => trouble,
        }
    };
    let text = std::fs::read_to_string(&path)
        .map_err(|error| trouble(format!("its checksums {path} cannot be read: {error}")))?;
    let source = image.source();
    let name = source.rsplit('/').next().unwrap_or_default();
    Sum::listed(&text, name).ok_or_else(|| {
        trouble(format!("{path} has no checksum of {name}"))
            .hint("let it have a line for the image, as `sha256sum` writes it")
    })
}

/// The digest that stands beside a published image.
fn beside(host: &str, image: &HostImage) -> Result<Sum> {
    let file = image.directory.join(&image.file.value);
    let published = Utf8PathBuf::from(format!("{file}.sha256"));
    let again = " --force-rebuild";
    let text = std::fs::read_to_string(&published).map_err(|error| {
        let trouble = Trouble::host(doing(host, image))
            .because(format!("its checksum {published} cannot be read"))
            .because(error);
        remedy(image, trouble, again)
    })?;
    let hex = text.split_whitespace().next().unwrap_or_default();
    Sum::parse(&format!("sha256:{hex}")).ok_or_else(|| {
        let cause = format!("{published} does not begin with a SHA-256");
        remedy(image, Trouble::host(doing(host, image)).because(cause), again)
    })
}

impl Digests {
    fn of(&self, file: &Utf8Path, algorithm: Algorithm) -> Result<Sum> {
        let told = || format!("reading {file}");
        let about = file.metadata().or_host(told)?;
        let version = (about.len(), about.modified().ok());
        let key = (file.to_owned(), algorithm.name());
        // Held while reading, so that hosts that share an image read it once.
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, sum)) = known.get(&key).filter(|(of, _)| *of == version) {
            return Ok(sum.clone());
        }
        let hex = match algorithm {
            Algorithm::Md5 => digest::<Md5>(file)?,
            Algorithm::Sha256 => digest::<Sha256>(file)?,
            Algorithm::Sha512 => digest::<Sha512>(file)?,
        };
        let sum = Sum { algorithm, hex };
        known.insert(key, (version, sum.clone()));
        Ok(sum)
    }
}

fn digest<D: Digest>(file: &Utf8Path) -> Result<String> {
    let told = || format!("reading {file}");
    let mut reader = std::fs::File::open(file).or_host(told)?;
    let (mut hasher, mut buffer) = (D::new(), vec![0; 1 << 20]);
    loop {
        let read = reader.read(&mut buffer).or_host(told)?;
        if read == 0 {
            break;
        }
        hasher.update(&buffer[..read]);
    }
    Ok(hasher.finalize().iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}")))
}

#[cfg(test)]
#[path = "image_tests.rs"]
mod tests;
