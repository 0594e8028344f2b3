//! Programs that configured the host on its first boot, and must not do so again.

use serde::{Deserialize, Serialize};

use super::{Host, Topic};
use crate::host::{
    fault::Fault,
    resource::{Absent, File, Refresh, Resource, Unit, Way},
};

/// Glean is off, and what it left is gone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WithoutGlean {}

/// `disable_cloud_init`; where it is off, what kept cloud-init from starting goes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WithoutCloudInit {
    pub is_wanted: bool,
}

const INTERFACES: &str = "/etc/sysconfig/network-scripts";
/// In files that Glean wrote.
const MARK: &str = "# Automatically generated, do not edit";

impl Topic for WithoutGlean {
    fn resources(&self, host: &Host) -> Result<Vec<Resource>, Fault> {
        let machine = host.machine;
        let mut resources: Vec<Resource> = Vec::new();
        // Its units are of interfaces: those that were started stand here.
        for wanted in machine.names("/etc/systemd/system/multi-user.target.wants")? {
            if wanted.starts_with("glean") {
                resources.push(Unit::off(wanted).into());
            }
        }
        for name in machine.names(INTERFACES)?.into_iter().filter(|name| name.starts_with("ifcfg-"))
        {
            let path = format!("{INTERFACES}/{name}");
            if machine.text(&path)?.is_some_and(|text| text.contains(MARK)) {
                resources.push(Absent { path }.into());
            }
        }
        let left = ["/usr/lib/systemd/system/glean@.service", "/etc/udev/rules.d/99-glean.rules"];
        let left = left.map(|path| Resource::from(Absent { path: path.into() }));
        let reload = Way::Run(vec![vec!["systemctl".into(), "daemon-reload".into()]]);
        let reload = Refresh::after("let systemd read its units again", reload, &left);
        resources.extend(left);
        resources.push(reload.into());
        Ok(resources)
    }
}

impl Topic for WithoutCloudInit {
    fn resources(&self, _host: &Host) -> Result<Vec<Resource>, Fault> {
        let file = || File::new("/etc/cloud/cloud-init.disabled", "").mode(0o644);
        Ok(self.is_wanted.then(|| file().into()).into_iter().collect())
    }
}
