//! What a site can want of a host, one file per topic, in Kayobe's order.
//!
//! A concern is plain data; on the host it becomes resources, given what the host is.

mod ansible_user;
mod apt;
mod dev_tools;
mod dnf;
mod dnf_mirror;
mod docker;
mod docker_registry;
mod etc_hosts;
mod fail2ban;
mod firewall;
mod first_boot;
mod hostname;
mod iommu;
mod kolla;
mod libvirt_host;
mod logging;
mod luks;
mod lvm;
mod mdadm;
mod network;
mod network_manager;
mod networkd;
mod nmstate;
mod ntp;
mod pip;
mod podman;
mod proxy;
mod python_env;
mod resolved;
mod routing;
mod selinux;
#[cfg(test)]
mod settled_tests;
mod swap;
mod swift;
mod sysctl;
mod timezone;
mod trust_store;
mod tuned;
mod users;
mod vgpu;
mod wipe_disks;

use serde::{Deserialize, Serialize};

pub use self::{
    ansible_user::{AnsibleUser, PackageProxies},
    apt::{Apt, AptLogin, Key, Repository, Snippet},
    dev_tools::DevTools,
    dnf::{Dnf, DnfRepository, Mirror},
    docker::{Docker, DockerEngine, DockerPackage, DockerRepository, Registry, Ulimit},
    docker_registry::{DockerRegistry, RegistryContainer},
    etc_hosts::{EtcHosts, HostLine},
    fail2ban::{Fail2ban, JailOption, Jails},
    firewall::{Firewall, FirewallRule, Firewalld},
    first_boot::{WithoutCloudInit, WithoutGlean},
    hostname::Named,
    iommu::Iommu,
    kolla::{KollaAccount, KollaPackages, KollaUser},
    libvirt_host::{Libvirt, LibvirtHost, Listener, Login, Pool, PoolKind, VirtualNetwork},
    logging::Logging,
    luks::{Encrypted, Luks, Opener},
    lvm::{GroupOfVolumes, Lvm, Volume},
    mdadm::{Mdadm, RaidArray},
    network::{Engine, Network},
    network_manager::{Keyfile, NetworkManager},
    networkd::{Netplan, NetworkFile, Networkd},
    nmstate::{InterfaceZone, Nmstate},
    ntp::{Chrony, Force, Ntp, Stratum},
    pip::{KollaPip, Pip},
    podman::{Podman, PodmanEngine, PodmanRegistry},
    proxy::Proxy,
    python_env::{KayobeVenv, KollaVenv},
    routing::{IpRouting, SnatRule, SnatRules},
    selinux::SelinuxState,
    swap::{Area, Swap},
    swift::{Swift, SwiftDisk},
    sysctl::Sysctl,
    timezone::Timezone,
    trust_store::{Certificate, TrustStore},
    tuned::{Profile, Section, Tuned},
    users::{Account, Deleted, NamedGroup, Users},
    vgpu::{Driver, Gpu, Vgpu, VirtualFunction},
    wipe_disks::WipeDisks,
};
use super::{facts::Facts, fault::Fault, machine::Machine, resource::Resource};

/// The host that a concern is about.
#[derive(Clone, Copy)]
pub struct Host<'h> {
    pub machine: &'h Machine,
    pub facts: &'h Facts,
}

/// What one topic asks for.
trait Topic {
    /// What must be so on the host, in the order in which it is brought about.
    fn resources(&self, host: &Host) -> Result<Vec<Resource>, Fault>;
}

macro_rules! concerns {
    ($($kind:ident = $name:literal),+ $(,)?) => {
        /// A topic of a host's configuration.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "concern")]
        pub enum Concern {
            $(#[serde(rename = $name)] $kind($kind),)+
        }

        /// The names of all topics.
        pub const NAMES: &[&str] = &[$($name,)+];

        impl Concern {
            /// Its name, which is Kayobe's tag for it.
            pub fn name(&self) -> &'static str {
                match self {
                    $(Self::$kind(_) => $name,)+
                }
            }

            /// What must be so on the host, in the order in which it is brought about.
            pub fn resources(&self, host: &Host) -> Result<Vec<Resource>, Fault> {
                match self {
                    $(Self::$kind(topic) => topic.resources(host),)+
                }
            }
        }

        $(impl From<$kind> for Concern {
            fn from(topic: $kind) -> Self {
                Self::$kind(topic)
            }
        })+
    };
}

concerns!(
    AnsibleUser = "kayobe-ansible-user",
    Logging = "logging",
    TrustStore = "trust-store",
    Proxy = "proxy",
    Apt = "apt",
    Dnf = "dnf",
    Pip = "pip",
    KayobeVenv = "kayobe-target-venv",
    WipeDisks = "wipe-disks",
    Users = "users",
    DevTools = "dev-tools",
    SelinuxState = "selinux",
    Network = "network",
    Netplan = "netplan",
    Firewall = "firewall",
    Fail2ban = "fail2ban",
    Named = "hostname",
    EtcHosts = "etc-hosts",
    Tuned = "tuned",
    Sysctl = "sysctl",
    IpRouting = "ip-routing",
    SnatRules = "snat",
    WithoutGlean = "disable-glean",
    WithoutCloudInit = "disable-cloud-init",
    Timezone = "timezone",
    Ntp = "ntp",
    Mdadm = "mdadm",
    Luks = "luks",
    Lvm = "lvm",
    Swap = "swap",
    KollaUser = "kolla-ansible-user",
    KollaPip = "kolla-pip",
    KollaVenv = "kolla-target-venv",
    KollaPackages = "kolla-packages",
    Docker = "docker",
    Podman = "podman",
    DockerRegistry = "docker-registry",
    Swift = "swift-block-devices",
    LibvirtHost = "libvirt-host",
    Iommu = "iommu",
    Vgpu = "vgpu",
);

impl Concern {
    /// How many seconds the host may be away for it, where that is longer than for a change of its network.
    pub fn away(&self) -> Option<u32> {
        match self {
            Self::SelinuxState(state) => state.away(),
            _ => None,
        }
    }

    /// Whether it can cut the operator off: then the host undoes it unless it is confirmed.
    pub fn is_risky(&self) -> bool {
        match self {
            Self::AnsibleUser(_) | Self::KollaUser(_) | Self::Users(_) | Self::Network(_) => true,
            Self::SelinuxState(state) => state.is_risky(),
            Self::Firewall(firewall) => firewall.firewalld.is_some(),
            _ => false,
        }
    }
}
