//! How Ymir gets onto a host to configure it.

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};

use crate::origin::Sourced;

/// Where a host is reached, and as whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Login {
    pub way: Way,
    /// `ansible_user`: the account that the first step of a first run makes.
    pub user: Sourced<String>,
    /// `bootstrap_user`: the image's account, used while the other one is not there.
    pub bootstrap: Sourced<String>,
    /// Public keys of hosts that Ymir provisioned; they are expected, never learnt.
    pub known_hosts: Utf8PathBuf,
}

/// How the host is reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    Ssh {
        address: Sourced<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        port: Option<u16>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        private_key: Option<Sourced<Utf8PathBuf>>,
        /// `ansible_ssh_common_args` and `ansible_ssh_extra_args`, in words.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        options: Vec<String>,
    },
    /// This machine, `ansible_connection: local`.
    Local,
}
