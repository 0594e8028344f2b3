//! The kinds of things that concerns are made of: each can be looked at, compared, and brought about.

mod absent;
pub(super) mod array;
pub(super) mod block;
pub(super) mod boot_arguments;
mod bound;
mod clock_set;
mod commented;
mod condemned;
pub(super) mod connection;
pub(super) mod connection_zone;
pub(super) mod container;
pub(super) mod container_volume;
mod containerd;
pub(super) mod crypttab;
mod directory;
mod download;
mod file;
mod filesystem;
pub(super) mod firewall;
pub(super) mod fstab;
mod gone;
mod group;
mod hostname;
mod in_use;
mod inserted;
pub(super) mod jose;
mod kernel_parameter;
pub(super) mod key;
mod key_pair;
pub(super) mod libvirt;
mod line;
mod link;
mod logical_volume;
pub(super) mod luks;
mod luks_header;
mod luks_key;
pub(super) mod mounted;
pub(super) mod network_state;
mod no_line;
mod nvidia;
mod others;
pub(super) mod package_program;
pub(super) mod packages;
mod partition;
mod pin;
mod pinned;
mod refresh;
pub(super) mod repository;
pub(super) mod rpm;
pub(super) mod sasl_login;
pub(super) mod section;
pub(super) mod selinux;
pub(super) mod setting;
mod signature;
pub(super) mod snat;
pub(super) mod strangers;
pub(super) mod swap;
mod touched;
pub(super) mod tuned_profile;
pub(super) mod unit;
mod user;
mod venv;
pub(super) mod virtual_gpu;
mod virtualisation;
pub(super) mod volume_group;
mod wiped;

use serde::Serialize;

pub(super) use self::signature::signature;
pub use self::{
    absent::Absent,
    array::{Array, ArrayLine},
    block::Block,
    boot_arguments::BootArguments,
    bound::Bound,
    clock_set::ClockSet,
    commented::Commented,
    condemned::Condemned,
    connection::Connection,
    connection_zone::ConnectionZone,
    container::{Container, Engine},
    container_volume::{ContainerVolume, NoContainer},
    containerd::ContainerdRoot,
    crypttab::CryptLine,
    directory::Directory,
    download::Download,
    file::{File, Likeness},
    filesystem::Filesystem,
    firewall::{FirewallItem, Item},
    fstab::Fstab,
    gone::Gone,
    group::Group,
    hostname::Hostname,
    in_use::InUse,
    inserted::Inserted,
    kernel_parameter::KernelParameter,
    key::AuthorizedKey,
    key_pair::KeyPair,
    libvirt::{LibvirtNetwork, LibvirtPool},
    line::Line,
    link::Link,
    logical_volume::{LogicalVolume, Size},
    luks::{LuksDevice, Opened},
    luks_key::NoKey,
    mounted::Mounted,
    network_state::NetworkState,
    no_line::NoLine,
    nvidia::{MigMode, NvidiaDriver, PackageFile},
    others::Others,
    packages::{Packages, Presence},
    partition::Partition,
    pin::{Pin, Tang},
    pinned::Pinned,
    refresh::{Refresh, Way},
    repository::RepositoryState,
    sasl_login::SaslLogin,
    section::Section,
    selinux::{Selinux, SelinuxMode},
    setting::Setting,
    snat::Snat,
    swap::{Made, SwapArea, Swapping},
    touched::Touched,
    tuned_profile::TunedProfile,
    unit::Unit,
    user::User,
    venv::Venv,
    virtual_gpu::VirtualGpu,
    virtualisation::Virtualisation,
    volume_group::VolumeGroup,
    wiped::Wiped,
};
use super::{change::Change, fault::Fault, machine::Machine, record::Trace};

/// One kind of thing on a host.
pub trait Thing {
    /// What a look gives.
    type Seen;
    /// Names the thing on its host: `file:/etc/hosts`.
    fn key(&self) -> String;
    /// Looks and changes nothing.
    fn observe(&self, machine: &Machine) -> Result<Self::Seen, Fault>;
    /// What differs from what is wanted; empty if nothing does.
    fn diff(&self, seen: &Self::Seen) -> Vec<Change>;
    /// Brings it about, given what was seen just before.
    fn perform(&self, machine: &Machine, seen: &Self::Seen) -> Result<(), Fault>;
    /// What to recognise it by later, if it can be taken away again.
    fn trace(&self, _machine: &Machine, _seen: &Self::Seen) -> Result<Option<Trace>, Fault> {
        Ok(None)
    }
    /// Whether it counts as Ymir's even if it was as wanted before Ymir came: nobody else writes such a thing.
    fn is_adopted(&self) -> bool {
        false
    }
}

macro_rules! resources {
    ($($kind:ident),+ $(,)?) => {
        /// Something that a concern wants on a host.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize)]
        pub enum Resource {
            $($kind($kind),)+
            /// Something to do after others have changed.
            Refresh(Refresh),
        }

        impl Resource {
            pub fn key(&self) -> String {
                match self {
                    $(Self::$kind(thing) => thing.key(),)+
                    Self::Refresh(refresh) => format!("refresh:{}", refresh.name),
                }
            }

            /// The keys under which the record knows what the resource puts on the host.
            pub fn keys(&self) -> Vec<String> {
                match self {
                    Self::Packages(packages) => packages.keys(),
                    Self::NetworkState(state) => state.keys(),
                    other => vec![other.key()],
                }
            }

            /// What differs on the host; a refresh is judged by the record instead.
            pub fn look(&self, machine: &Machine) -> Result<Vec<Change>, Fault> {
                match self {
                    $(Self::$kind(thing) => Ok(thing.diff(&thing.observe(machine)?)),)+
                    Self::Refresh(_) => Ok(Vec::new()),
                }
            }

            /// Brings about what differs. `intend` is called with the trace before anything is changed.
            pub fn perform(
                &self,
                machine: &Machine,
                intend: &mut dyn FnMut(Vec<(String, Trace)>) -> Result<(), Fault>,
            ) -> Result<(), Fault> {
                match self {
                    $(Self::$kind(thing) => {
                        let seen = thing.observe(machine)?;
                        intend(by_key(thing.key(), thing.trace(machine, &seen)?))?;
                        thing.perform(machine, &seen)
                    })+
                    Self::Refresh(refresh) => refresh.perform(machine),
                }
            }

            /// The trace of something that is as wanted and nobody else's.
            pub fn adopted(&self, machine: &Machine) -> Result<Vec<(String, Trace)>, Fault> {
                match self {
                    $(Self::$kind(thing) if thing.is_adopted() => {
                        let trace = thing.trace(machine, &thing.observe(machine)?)?;
                        Ok(by_key(thing.key(), trace))
                    })+
                    _ => Ok(Vec::new()),
                }
            }
        }

        impl Resource {
            /// The files that it changes or removes.
            pub fn paths(&self, machine: &Machine) -> Result<Vec<String>, Fault> {
                match self {
                    Self::Others(others) => others.paths(machine),
                    Self::NetworkState(state) => state.paths(machine),
                    other => Ok(other.path().map(str::to_owned).into_iter().collect()),
                }
            }

            /// Whether it decides about something else that the record knows by this key.
            pub fn decides(&self, key: &str) -> bool {
                match self {
                    Self::Connection(connection) => network_state::is_of(key, &connection.name),
                    Self::NetworkState(state) => state.decides(key),
                    Self::Others(others) => others.decides(key),
                    Self::InUse(_) => true,
                    _ => false,
                }
            }

            /// Whether it keeps a unit from being started.
            pub fn is_mask(&self) -> bool {
                matches!(self, Self::Link(Link { target, .. }) if target == "/dev/null")
            }

            /// What an operator should know though it is no difference.
            pub fn note(&self, machine: &Machine) -> Result<Option<String>, Fault> {
                match self {
                    Self::InUse(thing) => Ok(Some(thing.why.clone())),
                    Self::BootArguments(thing) => thing.note(machine),
                    Self::Bound(thing) => thing.note(machine),
                    Self::LibvirtPool(thing) => thing.note(machine),
                    _ => Ok(None),
                }
            }

            /// The file that it is in, if it is in one.
            pub fn path(&self) -> Option<&str> {
                match self {
                    Self::Absent(thing) => Some(&thing.path),
                    Self::Block(thing) => Some(&thing.path),
                    Self::Commented(thing) => Some(&thing.path),
                    Self::File(thing) => Some(&thing.path),
                    Self::Inserted(thing) => Some(&thing.path),
                    Self::FirewallItem(thing) => Some(&thing.path),
                    Self::Line(thing) => Some(&thing.path),
                    Self::Link(thing) => Some(&thing.path),
                    Self::NoLine(thing) => Some(&thing.path),
                    Self::Section(thing) => Some(&thing.path),
                    Self::Setting(thing) => Some(&thing.path),
                    _ => None,
                }
            }
        }

        $(impl From<$kind> for Resource {
            fn from(thing: $kind) -> Self {
                Self::$kind(thing)
            }
        })+
    };
}

resources!(
    Absent,
    Array,
    ArrayLine,
    AuthorizedKey,
    Block,
    BootArguments,
    Bound,
    ClockSet,
    Commented,
    Condemned,
    Connection,
    ConnectionZone,
    Container,
    ContainerdRoot,
    ContainerVolume,
    CryptLine,
    Directory,
    Download,
    File,
    Filesystem,
    FirewallItem,
    Fstab,
    Gone,
    Group,
    Hostname,
    InUse,
    Inserted,
    KernelParameter,
    KeyPair,
    LibvirtNetwork,
    LibvirtPool,
    Line,
    Link,
    LogicalVolume,
    LuksDevice,
    MigMode,
    Mounted,
    NetworkState,
    NoContainer,
    NoKey,
    NoLine,
    NvidiaDriver,
    Opened,
    Others,
    PackageFile,
    Packages,
    Partition,
    Pinned,
    RepositoryState,
    SaslLogin,
    Section,
    Selinux,
    Setting,
    Snat,
    SwapArea,
    Swapping,
    Touched,
    TunedProfile,
    Unit,
    User,
    Venv,
    VirtualGpu,
    Virtualisation,
    VolumeGroup,
    Wiped,
);

/// Each package and each part of a network stands in the record by itself: a list may grow and shrink.
fn by_key(key: String, trace: Option<Trace>) -> Vec<(String, Trace)> {
    match trace {
        Some(Trace::Packages { names }) => {
            let one = |name: String| (packages::key(&name), Trace::Packages { names: vec![name] });
            names.into_iter().map(one).collect()
        }
        Some(Trace::NetworkParts { parts }) => {
            let one = |part| (network_state::key(&part), Trace::NetworkParts { parts: vec![part] });
            parts.into_iter().map(one).collect()
        }
        other => other.map(|trace| (key, trace)).into_iter().collect(),
    }
}

impl From<Refresh> for Resource {
    fn from(refresh: Refresh) -> Self {
        Self::Refresh(refresh)
    }
}
