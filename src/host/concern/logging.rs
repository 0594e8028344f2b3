//! Where journald keeps its logs.

use serde::{Deserialize, Serialize};

use super::{Host, Topic};
use crate::host::{
    fault::Fault,
    resource::{Directory, File, Refresh, Resource, Way},
};

/// `journald_storage`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Logging {
    /// `persistent`, `volatile`, `auto` or `none`
    pub storage: String,
}

impl Topic for Logging {
    fn resources(&self, _host: &Host) -> Result<Vec<Resource>, Fault> {
        let mut resources = Vec::new();
        if self.storage == "persistent" {
            let kept = Directory::new("/var/log/journal").access("root", "systemd-journal", 0o2755);
            let kept = [Resource::from(kept)];
            let flush = Way::Run(vec![vec!["journalctl".into(), "--flush".into()]]);
            let flush = Refresh::after("journalctl --flush", flush, &kept);
            resources.extend(kept);
            resources.push(flush.into());
        }
        let above = "/etc/systemd/journald.conf.d";
        resources.push(Directory::new(above).access("root", "root", 0o770).into());
        let text = format!("[Journal]\nStorage={}\n", self.storage);
        let file = [Resource::from(File::new(format!("{above}/kayobe.conf"), text).mode(0o660))];
        let restart = Refresh::restart("systemd-journald.service", &file);
        resources.extend(file);
        resources.push(restart.into());
        Ok(resources)
    }
}
