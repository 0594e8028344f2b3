//! The site as the bare-metal commands see it.

use camino::Utf8PathBuf;

use super::{Host, check::Claim};

/// The hosts that a command is about, and what has to be known of all the others.
#[derive(Debug, Clone)]
pub struct Site {
    /// The selected overcloud hosts, in inventory order.
    pub hosts: Vec<Host>,
    /// What every host of the site claims for itself alone, the selected ones and all others.
    pub claims: Vec<Claim>,
    /// Public host keys of the hosts that Ymir provisioned: a file that belongs into the site repository.
    pub known_hosts: Utf8PathBuf,
}
