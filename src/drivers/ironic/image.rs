//! What Ironic has to be told about an image: where it is and its checksum. An image that is missing or damaged is
//! found here, before any node is booted for it.

use std::{
    collections::BTreeMap,
    io::Read,
    sync::{Mutex, PoisonError},
    time::SystemTime,
};

use camino::{Utf8Path, Utf8PathBuf};
use sha2::{Digest, Sha256};

use crate::{
    model::host::HostImage,
    trouble::{Result, Tell, Trouble},
};

/// Digests of image files that were read in this run: many hosts share an image.
#[derive(Debug, Default)]
pub(super) struct Digests(Mutex<BTreeMap<Utf8PathBuf, (Version, String)>>);

/// Tells one content of a file from another.
type Version = (u64, Option<SystemTime>);

/// The published checksum of the image, checked against the file if it lies on this machine; `None` for images that
/// carry their own digest (`oci://`).
pub(super) fn checksum(host: &str, image: &HostImage, digests: &Digests) -> Result<Option<String>> {
    if image.file.value.contains("://") {
        return Ok(None);
    }
    let file = image.directory.join(&image.file.value);
    let doing = || format!("{host}: reading the image {}", image.file.value);
    if !file.is_file() {
        return Err(Trouble::host(doing())
            .because(format!("{file} does not exist"))
            .set_by(&image.file.setting)
            .hint(format!("run `ymir overcloud host image build {}`", image.name())));
    }
    let published = Utf8PathBuf::from(format!("{file}.sha256"));
    let text = std::fs::read_to_string(&published).map_err(|error| {
        Trouble::host(doing())
            .because(format!("its checksum {published} cannot be read"))
            .because(error)
            .set_by(&image.file.setting)
            .hint(format!("run `ymir overcloud host image build {} --force-rebuild`", image.name()))
    })?;
    let wanted = text.split_whitespace().next().unwrap_or_default().to_ascii_lowercase();
    let found = digests.of(&file)?;
    if wanted == found {
        return Ok(Some(found));
    }
    Err(Trouble::host(doing())
        .because(format!("{file} is damaged: its SHA-256 is {found}"))
        .because(format!("{published} says {wanted}"))
        .set_by(&image.file.setting)
        .hint(format!("run `ymir overcloud host image build {}`", image.name())))
}

impl Digests {
    fn of(&self, file: &Utf8Path) -> Result<String> {
        let told = || format!("reading {file}");
        let about = file.metadata().or_host(told)?;
        let version = (about.len(), about.modified().ok());
        // Held while reading, so that hosts that share an image read it once.
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, digest)) = known.get(file).filter(|(of, _)| *of == version) {
            return Ok(digest.clone());
        }
        let digest = sha256(file)?;
        known.insert(file.into(), (version, digest.clone()));
        Ok(digest)
    }
}

fn sha256(file: &Utf8Path) -> Result<String> {
    let told = || format!("reading {file}");
    let mut reader = std::fs::File::open(file).or_host(told)?;
    let (mut hasher, mut buffer) = (Sha256::new(), vec![0; 1 << 20]);
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
mod tests {
    use super::*;
    use crate::origin::{Origin, Setting, Sourced};

    #[test]
    fn missing_unpublished_and_damaged_images_are_told() {
        let dir = tempfile::tempdir().unwrap();
        let directory = Utf8PathBuf::try_from(dir.path().to_owned()).unwrap();
        let setting = Setting { variable: "x".into(), origin: Origin::whole("test") };
        let sourced = |value: &str| Sourced { value: value.to_owned(), setting: setting.clone() };
        let image = HostImage {
            file: sourced("a.qcow2"),
            directory: directory.clone(),
            url: sourced("http://h"),
            rootfs_uuid: None,
            user_data: None,
        };
        let look = || checksum("bm1", &image, &Digests::default());
        assert!(look().unwrap_err().causes[0].ends_with("a.qcow2 does not exist"));
        std::fs::write(directory.join("a.qcow2"), "abc").unwrap();
        assert!(look().unwrap_err().causes[0].contains("cannot be read"));
        std::fs::write(directory.join("a.qcow2.sha256"), "00  a.qcow2\n").unwrap();
        assert!(look().unwrap_err().causes[0].contains("is damaged"));
        let right = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        std::fs::write(directory.join("a.qcow2.sha256"), right).unwrap();
        assert_eq!(look().unwrap().as_deref(), Some(right));
    }
}
