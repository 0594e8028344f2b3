//! containerd's configuration where Docker keeps its images in containerd, which only a running Docker can tell.

use serde::Serialize;
use serde_json::Value;

use super::{Directory, File, Thing};
use crate::host::{change::Change, fault::Fault, machine::Machine, programs::Call, record::Trace};

/// Images of a Docker that leaves them to containerd are below this directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ContainerdRoot {
    pub path: String,
}

impl ContainerdRoot {
    fn file(&self) -> File {
        let text = format!("disabled_plugins = [\"cri\"]\nroot = \"{}\"\n", self.path);
        File::new("/etc/containerd/config.toml", text).mode(0o660)
    }
}

/// Whether Docker keeps its images in containerd; not while it cannot be asked.
fn is_used(machine: &Machine) -> Result<bool, Fault> {
    if !machine.path("/usr/bin/docker").exists() {
        return Ok(false);
    }
    let said = machine.run(&Call::new("docker", ["system", "info", "--format", "json"]))?;
    // Releases before 23 know no such format, and no such store either.
    let info: Value = serde_json::from_str(&said.stdout).unwrap_or_default();
    let status = info["DriverStatus"].as_array().cloned().unwrap_or_default();
    let kind = ["driver-type", "io.containerd.snapshotter.v1"];
    Ok(info["Driver"] == "overlayfs" && status.iter().any(|pair| *pair == Value::from(&kind[..])))
}

impl Thing for ContainerdRoot {
    /// What stands in the file, if Docker uses it.
    type Seen = Option<<File as Thing>::Seen>;

    fn key(&self) -> String {
        self.file().key()
    }

    fn observe(&self, machine: &Machine) -> Result<Self::Seen, Fault> {
        if is_used(machine)? { self.file().observe(machine).map(Some) } else { Ok(None) }
    }

    fn diff(&self, seen: &Self::Seen) -> Vec<Change> {
        seen.as_ref().map(|seen| self.file().diff(seen)).unwrap_or_default()
    }

    fn perform(&self, machine: &Machine, seen: &Self::Seen) -> Result<(), Fault> {
        let Some(seen) = seen else { return Ok(()) };
        let above = Directory::new("/etc/containerd").access("root", "root", 0o755);
        above.perform(machine, &above.observe(machine)?)?;
        self.file().perform(machine, seen)
    }

    fn trace(&self, machine: &Machine, seen: &Self::Seen) -> Result<Option<Trace>, Fault> {
        match seen {
            Some(seen) => self.file().trace(machine, seen),
            None => Ok(None),
        }
    }

    fn is_adopted(&self) -> bool {
        true
    }
}
