//! What a site can want of a host, one file per topic, in Kayobe's order.
//!
//! A concern is plain data; on the host it becomes resources, given what the host is.

mod ansible_user;
mod dev_tools;
mod etc_hosts;
mod logging;
mod network;
mod proxy;
mod sysctl;
mod timezone;
mod trust_store;

use serde::{Deserialize, Serialize};

pub use self::{
    ansible_user::AnsibleUser,
    dev_tools::DevTools,
    etc_hosts::{EtcHosts, HostLine},
    logging::Logging,
    network::{Netplan, Network, NetworkFile},
    proxy::Proxy,
    sysctl::Sysctl,
    timezone::Timezone,
    trust_store::{Certificate, TrustStore},
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
    DevTools = "dev-tools",
    Network = "network",
    Netplan = "netplan",
    EtcHosts = "etc-hosts",
    Sysctl = "sysctl",
    Timezone = "timezone",
);

impl Concern {
    /// Whether it can cut the operator off: then the host undoes it unless it is confirmed.
    pub fn is_risky(&self) -> bool {
        matches!(self, Self::AnsibleUser(_) | Self::Network(_))
    }
}
