//! What Ymir put on this host: written before each act, so that what a killed run left is still known as Ymir's.
//!
//! It stands in one file of root's. Only what still is as it was put there is ever removed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{
    data::Held,
    fault::{Fault, Tried},
    machine::{Access, Machine},
    nmstate::Part,
    resource::{Engine, FirewallItem, Made, section},
};

/// Root's own, on the host's own disk.
pub const DIRECTORY: &str = "/var/lib/ymir";
const FILE: &str = "/var/lib/ymir/record.json";
/// What files of others held before Ymir wrote its own in their place, by digest.
const ORIGINALS: &str = "/var/lib/ymir/originals";
/// A larger file of somebody else's is not replaced unasked.
const LARGEST_ORIGINAL: usize = 4 << 20;

/// The record of one host.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// By the key of the resource.
    #[serde(default)]
    pub entries: BTreeMap<String, Entry>,
    /// By the name of the refresh: the digest of what was in force when it last succeeded.
    #[serde(default)]
    pub refreshed: BTreeMap<String, String>,
    /// Facts that later looks need, by name.
    #[serde(default)]
    pub notes: BTreeMap<String, String>,
}

/// One thing that was put here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The concern that it belongs to.
    pub concern: String,
    pub trace: Trace,
}

/// How to recognise what was put here, and so to take it away again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "put", rename_all = "snake_case")]
pub enum Trace {
    /// A whole file with one of these contents; while it is being changed there are two.
    File {
        path: String,
        contents: Vec<String>,
        /// Digest of what somebody else's file held before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        original: Option<String>,
    },
    Directory {
        path: String,
    },
    Link {
        path: String,
        target: String,
    },
    /// One line of a file.
    Line {
        path: String,
        lines: Vec<String>,
    },
    /// What stands between two marks of a file.
    Block {
        path: String,
        marker: String,
        contents: Vec<String>,
    },
    /// An option in a section of a file; `before` is the value that was there.
    Setting {
        path: String,
        section: String,
        name: String,
        values: Vec<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<String>,
    },
    /// A section of a file: digests of its options, and those that stood there before.
    Section {
        path: String,
        name: String,
        contents: Vec<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<Vec<(String, String)>>,
    },
    /// A file from a server.
    Download {
        path: String,
    },
    /// Packages that were not there before.
    Packages {
        names: Vec<String>,
    },
    /// An account that was not there before; its home stays.
    User {
        name: String,
    },
    Group {
        name: String,
    },
    /// A public key that lets somebody in.
    Key {
        user: String,
        key: String,
        /// Below the user's home, where it is not the usual one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        file: Option<String>,
    },
    /// A unit that was not enabled before.
    Unit {
        name: String,
    },
    /// Something in a zone of firewalld's that was not there before.
    Firewall {
        item: FirewallItem,
    },
    /// The profile that tuned follows, and the one before.
    TunedProfile {
        name: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<String>,
    },
    /// What is swapped to.
    Swap {
        made: Made,
    },
    /// The line that has the host swap to something that was swap before.
    SwapLine {
        path: String,
        line: String,
    },
    /// A unit that could be started before.
    Mask {
        name: String,
    },
    /// A container; its volumes stay.
    Container {
        engine: Engine,
        name: String,
    },
    /// A pool of libvirt's; its directory stays.
    LibvirtPool {
        name: String,
    },
    LibvirtNetwork {
        name: String,
    },
    /// A name and password for libvirt, and the file that clients read them from.
    SaslLogin {
        user: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        file: Option<Box<Trace>>,
    },
    /// A virtual GPU: its definition, and the unit that starts it with the host.
    VirtualGpu {
        uuid: String,
        definition: String,
    },
    /// Parameters of the kernel's command line, in the boot loader's configuration.
    BootArguments {
        arguments: Vec<String>,
    },
    /// Rules of iptables by which the host lends its address; more than one after its default route has changed.
    Snat {
        rules: Vec<Vec<String>>,
    },
    /// Parts of the network that nmstate brought about.
    NetworkParts {
        parts: Vec<Part>,
    },
    /// The zone of firewalld's that the connection of an interface names.
    ConnectionZone {
        device: String,
        zone: String,
    },
    /// Something that holds data: never removed without being named by the operator.
    Data {
        held: Held,
    },
}

impl Trace {
    /// A trace that knows its own earlier form, too: until the change is done, either may be on the host.
    #[must_use]
    pub fn after(self, earlier: Option<&Self>) -> Self {
        match (self, earlier) {
            (
                Self::File { path, contents, original },
                Some(Self::File { contents: old, original: kept, .. }),
            ) => Self::File {
                path,
                contents: joined(contents, old),
                // What Ymir wrote itself is nobody's original.
                original: kept.clone().or(original.filter(|found| !old.contains(found))),
            },
            (Self::Line { path, lines }, Some(Self::Line { lines: old, .. })) => {
                Self::Line { path, lines: joined(lines, old) }
            }
            (Self::Block { path, marker, contents }, Some(Self::Block { contents: old, .. })) => {
                Self::Block { path, marker, contents: joined(contents, old) }
            }
            (
                Self::Setting { path, section, name, values, before },
                Some(Self::Setting { values: old, before: kept, .. }),
            ) => Self::Setting {
                path,
                section,
                name,
                values: joined(values, old),
                before: kept.clone().or(before.filter(|before| !old.contains(before))),
            },
            (
                Self::Section { path, name, contents, before },
                Some(Self::Section { contents: old, before: kept, .. }),
            ) => Self::Section {
                path,
                name,
                contents: joined(contents, old),
                before: kept
                    .clone()
                    .or(before.filter(|before| !old.contains(&section::digest(before)))),
            },
            (Self::Packages { names }, Some(Self::Packages { names: old })) => {
                Self::Packages { names: joined(names, old) }
            }
            (
                Self::TunedProfile { name, before },
                Some(Self::TunedProfile { before: kept, .. }),
            ) => Self::TunedProfile { name, before: kept.clone().or(before) },
            (Self::SaslLogin { user, file }, Some(Self::SaslLogin { file: old, .. })) => {
                let file = file.map(|file| Box::new(file.after(old.as_deref())));
                Self::SaslLogin { user, file }
            }
            (Self::BootArguments { arguments }, Some(Self::BootArguments { arguments: old })) => {
                Self::BootArguments { arguments: joined(arguments, old) }
            }
            (Self::Snat { mut rules }, Some(Self::Snat { rules: old })) => {
                rules.extend(
                    old.iter().filter(|known| !rules.contains(known)).cloned().collect::<Vec<_>>(),
                );
                Self::Snat { rules }
            }
            (new, _) => new,
        }
    }

    /// When it is taken away among others: what something else is part of or belongs to comes after that.
    pub fn turn(&self) -> u8 {
        match self {
            Self::Key { .. }
            | Self::Unit { .. }
            | Self::Container { .. }
            | Self::LibvirtPool { .. }
            | Self::LibvirtNetwork { .. }
            | Self::SaslLogin { .. }
            | Self::VirtualGpu { .. } => 0,
            Self::User { .. } => 1,
            Self::Group { .. } => 2,
            Self::Data { held } => 4 + held.turn(),
            Self::Directory { .. } => 20,
            Self::Packages { .. } => 21,
            _ => 3,
        }
    }

    /// The file that it is in, if it is in one.
    pub fn path(&self) -> Option<&str> {
        match self {
            Self::File { path, .. }
            | Self::Download { path }
            | Self::Link { path, .. }
            | Self::Line { path, .. }
            | Self::Block { path, .. }
            | Self::Section { path, .. }
            | Self::Setting { path, .. } => Some(path),
            Self::Firewall { item } => Some(&item.path),
            _ => None,
        }
    }

    /// The trace after the change is done: only the newest form is on the host.
    #[must_use]
    pub fn settled(mut self) -> Self {
        match &mut self {
            Self::File { contents, .. }
            | Self::Block { contents, .. }
            | Self::Section { contents, .. } => contents.truncate(1),
            Self::Line { lines, .. } => lines.truncate(1),
            Self::Setting { values, .. } => values.truncate(1),
            Self::SaslLogin { file: Some(file), .. } => **file = (**file).clone().settled(),
            _ => {}
        }
        self
    }
}

/// The newest first, none twice.
fn joined(new: Vec<String>, old: &[String]) -> Vec<String> {
    let older = old.iter().filter(|known| !new.contains(known)).cloned().collect::<Vec<_>>();
    new.into_iter().chain(older).collect()
}

impl Record {
    /// The record of a host; empty if Ymir never changed it.
    pub fn read(machine: &Machine) -> Result<Self, Fault> {
        let Some(text) = machine.text(FILE)? else { return Ok(Self::default()) };
        serde_json::from_str(&text).map_err(|error| {
            Fault::new(format!("reading Ymir's record in {FILE}"))
                .because(error)
                .hint("move it away: the next run writes a new one, and then knows only what it puts there itself")
        })
    }

    /// On the disk when this returns.
    pub fn write(&self, machine: &Machine) -> Result<(), Fault> {
        machine.make_directory(DIRECTORY, &Access::of_root(0o700))?;
        let text = serde_json::to_vec_pretty(self).tried(|| "writing Ymir's record".into())?;
        machine.write(FILE, &text, &Access::of_root(0o600))
    }
}

/// Keeps what somebody else's file holds before it is replaced; gives its digest.
pub fn keep_original(machine: &Machine, path: &str, bytes: &[u8]) -> Result<String, Fault> {
    if bytes.len() > LARGEST_ORIGINAL {
        return Err(Fault::new(format!("keeping what {path} held before"))
            .because(format!("it has {} bytes", bytes.len()))
            .hint("move the file away by hand if it may be replaced"));
    }
    let digest = digest(bytes);
    let kept = format!("{ORIGINALS}/{digest}");
    if machine.node(&kept)?.is_none() {
        machine.make_directory(DIRECTORY, &Access::of_root(0o700))?;
        machine.make_directory(ORIGINALS, &Access::of_root(0o700))?;
        machine.write(&kept, bytes, &Access::of_root(0o600))?;
    }
    Ok(digest)
}

/// What a file held before it was replaced; `None` if it was not kept.
pub fn original(machine: &Machine, digest: &str) -> Result<Option<Vec<u8>>, Fault> {
    machine.read(&format!("{ORIGINALS}/{digest}"))
}

/// Hex SHA-256.
pub fn digest(bytes: &[u8]) -> String {
    use std::fmt::Write;
    Sha256::digest(bytes).iter().fold(String::new(), |mut hex, byte| {
        // Writing to text cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
