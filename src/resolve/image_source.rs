//! `ymir_host_images`: what a site says of images that it does not build, by the file name or the word under which
//! `kolla_bifrost_deploy_image_filename` chooses one.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Reader;
use crate::{
    model::image_source::{Checksum, Format, ImageSource, Partition, Sum, ironics_architecture},
    near::nearest,
    origin::{Setting, Sourced},
    trouble::{Result, Trouble},
};

/// The variable.
pub const VARIABLE: &str = "ymir_host_images";

/// An item as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    url: Option<String>,
    checksum: Option<String>,
    architecture: Option<String>,
    format: Option<Format>,
    r#type: Option<Type>,
    kernel: Option<String>,
    ramdisk: Option<String>,
    root_gb: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Type {
    WholeDisk,
    Partition,
}

/// What the site says of every image, by name.
pub fn all(reader: &Reader) -> Result<BTreeMap<String, ImageSource>> {
    let Some(all) = reader.get::<BTreeMap<String, Written>>(VARIABLE)? else {
        return Ok(BTreeMap::new());
    };
    let setting = all.setting;
    all.value
        .into_iter()
        .map(|(name, written)| {
            let item = Item { name: &name, setting: &setting };
            let source = item.read(written)?;
            Ok((name, source))
        })
        .collect()
}

/// What the site says of the image that a host gets.
pub fn described(reader: &Reader, file: &Sourced<String>) -> Result<Option<Sourced<ImageSource>>> {
    let mut all = all(reader)?;
    let found = all.remove(&file.value);
    if let (None, Some(("http" | "https", _))) = (&found, file.value.split_once("://")) {
        return Err(Trouble::refused(format!("{}: the image {} has no checksum", reader.host, file.value))
            .because("Ironic deploys no image from a URL without one")
            .set_by(&file.setting)
            .hint(format!(
                "give the image a name in `{VARIABLE}`, with its `url` and `checksum`, and write that name here"
            )));
    }
    if let Some(source) = found {
        return Ok(Some(Sourced { value: source, setting: reader.setting(VARIABLE) }));
    }
    Ok(None)
}

struct Item<'a> {
    name: &'a str,
    setting: &'a Setting,
}

impl Item<'_> {
    fn refused(&self, cause: impl std::fmt::Display) -> Trouble {
        Trouble::refused(format!("reading the image `{}`", self.name))
            .because(cause)
            .set_by(self.setting)
    }

    fn read(&self, written: Written) -> Result<ImageSource> {
        let partition = self.partition(&written)?;
        let checksum = written.checksum.as_deref().map(|text| self.checksum(text)).transpose()?;
        if let Some(url) = &written.url {
            self.check_url(url, checksum.as_ref())?;
        }
        let architecture = written.architecture.as_deref().map(ironics_architecture);
        Ok(ImageSource {
            url: written.url,
            checksum,
            architecture: architecture.map(str::to_owned),
            format: written.format,
            partition,
        })
    }

    fn check_url(&self, url: &str, checksum: Option<&Checksum>) -> Result<()> {
        const SCHEMES: [&str; 4] = ["http", "https", "file", "oci"];
        let (scheme, rest) = url.split_once("://").unwrap_or_default();
        if !SCHEMES.contains(&scheme) {
            let near =
                nearest(scheme, SCHEMES).first().map(|near| format!("did you mean `{near}`?"));
            return Err(self
                .refused(format!("`{url}` is no URL that Ironic fetches images from"))
                .hint(near.unwrap_or_else(|| {
                    "begin it with http://, https://, file:// or oci://".into()
                })));
        }
        // It is shown in messages, and stands on the node in Ironic.
        if rest.split('/').next().unwrap_or_default().contains('@') {
            return Err(self
                .refused("its URL holds a password")
                .hint("publish the image without one"));
        }
        if checksum.is_none() && scheme.starts_with("http") {
            return Err(self
                .refused("it has a URL but no checksum, and Ironic deploys no image from a URL without one")
                .hint("add `checksum`: sha256 or sha512 in hexadecimal digits, or the URL of a file of checksums"));
        }
        Ok(())
    }

    /// A digest, or where a list of digests is.
    fn checksum(&self, text: &str) -> Result<Checksum> {
        if let Some(sum) = Sum::parse(text) {
            return Ok(Checksum::Value(sum));
        }
        let text = text.trim();
        if text.contains('/') {
            return Ok(Checksum::List(text.to_owned()));
        }
        Err(self
            .refused(format!("`{text}` is no checksum"))
            .hint("write sha256:… or sha512:… with all hexadecimal digits, or the URL or path of a file of checksums"))
    }

    fn partition(&self, written: &Written) -> Result<Option<Partition>> {
        let parts =
            written.kernel.is_some() || written.ramdisk.is_some() || written.root_gb.is_some();
        match (written.r#type, written.root_gb) {
            (Some(Type::WholeDisk), _) if parts => Err(self
                .refused("`kernel`, `ramdisk` and `root_gb` are for images of one partition, and its type is whole-disk")
                .hint("leave them out, or write `type: partition`")),
            (None, _) if !parts => Ok(None),
            (Some(Type::WholeDisk), _) => Ok(None),
            (_, None | Some(0)) => Err(self
                .refused("it holds one partition, and nothing says how large that becomes")
                .hint("add `root_gb`, the size of the root partition in GiB")),
            (_, Some(root_gb)) => Ok(Some(Partition {
                kernel: written.kernel.clone(),
                ramdisk: written.ramdisk.clone(),
                root_gb,
            })),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::origin::Origin;

    fn read(item: Value) -> Result<ImageSource> {
        let setting = Setting { variable: VARIABLE.into(), origin: Origin::whole("images.yml") };
        Item { name: "a", setting: &setting }.read(serde_json::from_value(item).unwrap())
    }

    #[test]
    fn images_of_all_kinds_are_read() {
        let sum = "ab".repeat(32);
        let whole =
            read(json!({ "url": "https://h/a.qcow2", "checksum": sum, "architecture": "arm64" }));
        let whole = whole.unwrap();
        assert_eq!(whole.architecture.as_deref(), Some("aarch64"));
        assert!(matches!(whole.checksum, Some(Checksum::Value(_))));
        let listed = read(
            json!({ "url": "https://h/a.raw", "checksum": "https://h/SHA256SUMS", "format": "raw" }),
        );
        assert_eq!(listed.unwrap().checksum, Some(Checksum::List("https://h/SHA256SUMS".into())));
        let parted = read(json!({ "kernel": "k", "ramdisk": "r", "root_gb": 20 })).unwrap();
        assert_eq!(parted.partition.unwrap().root_gb, 20);
        assert_eq!(read(json!({ "url": "oci://h/a:1" })).unwrap().checksum, None);
    }

    #[test]
    fn what_cannot_be_deployed_is_refused() {
        let table = [
            (json!({ "url": "https://h/a.qcow2" }), "no checksum"),
            (json!({ "url": "ftp://h/a.qcow2" }), "no URL that Ironic fetches"),
            (json!({ "url": "https://u:p@h/a", "checksum": "ab" }), "is no checksum"),
            (json!({ "url": "https://u:p@h/a", "checksum": "ab".repeat(32) }), "holds a password"),
            (json!({ "kernel": "k" }), "how large"),
            (json!({ "type": "partition" }), "how large"),
            (json!({ "type": "whole-disk", "kernel": "k" }), "its type is whole-disk"),
        ];
        for (item, words) in table {
            let trouble = read(item.clone()).unwrap_err();
            assert!(trouble.causes[0].contains(words), "{item}: {trouble}");
        }
    }
}
