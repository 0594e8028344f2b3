//! An image that a site runs on its hosts, beyond its name: where it comes from, how it is known to be right, what it is
//! made for.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a site says of an image: an item of `ymir_host_images`. Nothing of it is needed for images that are built here.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageSource {
    /// Where Ironic fetches it; without it, from where images are published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checksum: Option<Checksum>,
    /// As Ironic names architectures: `x86_64`, `aarch64`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub architecture: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<Format>,
    /// Set if it holds one file system and not a whole disk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partition: Option<Partition>,
}

/// How the content of an image is laid out in its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    Qcow2,
    Raw,
}

impl Format {
    /// As Ironic spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Qcow2 => "qcow2",
            Self::Raw => "raw",
        }
    }
}

/// What a partition image needs beside itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Partition {
    /// URLs, or files where images are published; a host that boots from its own disk needs neither.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kernel: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ramdisk: Option<String>,
    /// Size of the partition that it is written to, in GiB.
    pub root_gb: u64,
}

/// How an image is known to be right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Checksum {
    Value(Sum),
    /// A file with a line for each image, as `sha256sum` writes them: a URL that Ironic reads, or a path on this machine.
    List(String),
}

/// A digest and how it was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sum {
    pub algorithm: Algorithm,
    /// Small hexadecimal digits.
    pub hex: String,
}

impl fmt::Display for Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.algorithm.name(), self.hex)
    }
}

/// The algorithms that Ironic checks images by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Algorithm {
    /// Ironic refuses it unless it is told to allow it.
    Md5,
    Sha256,
    Sha512,
}

impl Algorithm {
    pub const ALL: [Self; 3] = [Self::Md5, Self::Sha256, Self::Sha512];

    /// As Ironic spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Md5 => "md5",
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        }
    }

    /// How many hexadecimal digits its digests have.
    fn digits(self) -> usize {
        match self {
            Self::Md5 => 32,
            Self::Sha256 => 64,
            Self::Sha512 => 128,
        }
    }
}

impl Sum {
    /// A digest with or without the algorithm before it; its length tells the algorithm.
    pub fn parse(text: &str) -> Option<Self> {
        let (named, hex) = match text.trim().split_once(':') {
            Some((name, hex)) => (Some(name.to_ascii_lowercase()), hex),
            None => (None, text.trim()),
        };
        let hex = hex.trim().to_ascii_lowercase();
        let fits = |algorithm: &Algorithm| {
            algorithm.digits() == hex.len()
                && named.as_ref().is_none_or(|name| name == algorithm.name())
        };
        let algorithm = Algorithm::ALL.into_iter().find(fits)?;
        hex.chars().all(|c| c.is_ascii_hexdigit()).then_some(Self { algorithm, hex })
    }

    /// The digest that a list of checksums has for a file, in GNU's form or in BSD's.
    pub fn listed(list: &str, file: &str) -> Option<Self> {
        let own = |line: &str| {
            if let Some((named, hex)) = line.trim().split_once(" = ") {
                return named.ends_with(&format!("({file})")).then(|| hex.to_owned());
            }
            let (hex, named) = line.trim().split_once([' ', '\t'])?;
            let named = named.trim_start().trim_start_matches('*').trim_start_matches("./");
            (named == file).then(|| hex.to_owned())
        };
        let mut lines = list.lines().filter(|line| !line.trim().is_empty());
        match lines.clone().find_map(own) {
            Some(hex) => Self::parse(&hex),
            // A file with nothing but a digest is about the one image beside it.
            None => lines.next().filter(|line| !line.trim().contains(' ')).and_then(Self::parse),
        }
    }
}

/// Ironic's name of an architecture, of which distributions have others.
pub fn ironics_architecture(name: &str) -> &str {
    match name {
        "amd64" => "x86_64",
        "arm64" => "aarch64",
        "ppc64el" => "ppc64le",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_known_by_their_names_and_lengths() {
        let (md5, sha256, sha512) = ("ab".repeat(16), "AB".repeat(32), "ab".repeat(64));
        let table = [
            (md5.clone(), Some(Algorithm::Md5)),
            (sha256.clone(), Some(Algorithm::Sha256)),
            (format!("sha512:{sha512}"), Some(Algorithm::Sha512)),
            (format!("SHA256:{sha256}"), Some(Algorithm::Sha256)),
            (format!("sha256:{sha512}"), None),
            (format!("sha1:{md5}"), None),
            ("zz".repeat(32), None),
            (String::new(), None),
        ];
        for (text, expected) in table {
            assert_eq!(Sum::parse(&text).map(|sum| sum.algorithm), expected, "{text}");
        }
        assert_eq!(Sum::parse(&sha256).unwrap().hex, "ab".repeat(32));
    }

    #[test]
    fn lists_of_checksums_are_read() {
        let (one, other) = ("01".repeat(32), "02".repeat(32));
        let table = [
            (format!("{one}  a.qcow2\n{other}  b.qcow2\n"), Some(&other)),
            (format!("{one} *b.qcow2\n"), Some(&one)),
            (format!("{one}  ./b.qcow2\n"), Some(&one)),
            (format!("SHA256 (a.qcow2) = {one}\nSHA256 (b.qcow2) = {other}\n"), Some(&other)),
            (format!("{one}\n"), Some(&one)),
            (format!("{one}  a.qcow2\n"), None),
            (format!("{one}  old-b.qcow2\n"), None),
            (String::new(), None),
        ];
        for (list, expected) in table {
            let found = Sum::listed(&list, "b.qcow2").map(|sum| sum.hex);
            assert_eq!(found.as_ref(), expected, "{list}");
        }
    }
}
