//! NVIDIA's own: the driver of a hypervisor, the package that divides cards, and whether a card is divided.

use std::time::Duration;

use serde::Serialize;

use super::{Download, Thing, packages};
use crate::host::{
    change::Change,
    fault::Fault,
    machine::{Access, Machine},
    programs::Call,
    record::{self, Trace},
};

/// A driver is compiled on the host.
const INSTALL_LIMIT: Duration = Duration::from_hours(1);

/// The driver of an archive from a server. What it installs stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NvidiaDriver {
    pub url: String,
    /// The kernel's next release gets it, too.
    pub dkms: bool,
}

impl NvidiaDriver {
    /// Where the archive is unpacked, named after it as in Kayobe.
    fn directory(&self) -> String {
        let path = self.url.split(['?', '#']).next().unwrap_or_default();
        let name = path.rsplit('/').next().unwrap_or_default();
        format!("/opt/{}", name.rsplit_once('.').map_or(name, |(stem, _)| stem))
    }

    fn scripts(&self, machine: &Machine, ending: &str) -> Result<Option<String>, Fault> {
        let above = format!("{}/Host_Drivers", self.directory());
        let names = machine.names(&above)?;
        let found = names.into_iter().find(|name| name.ends_with(ending));
        Ok(found.map(|name| format!("{above}/{name}")))
    }

    fn unpack(&self, machine: &Machine) -> Result<(), Fault> {
        let directory = self.directory();
        machine.make_directory(&directory, &Access::of_root(0o770))?;
        let archive = format!("{directory}/driver.zip");
        machine.remove(&archive)?;
        let download = Download { url: self.url.clone(), path: archive.clone(), mode: 0o600 };
        download.perform(machine, &false)?;
        machine.must(
            &Call::new("unzip", ["-o", "-q", &archive, "-d", &directory]).limit(INSTALL_LIMIT),
        )?;
        machine.remove(&archive)
    }
}

impl Thing for NvidiaDriver {
    /// Whether it was installed from this archive.
    type Seen = bool;

    fn key(&self) -> String {
        format!("nvidia-driver:{}", self.url)
    }

    fn observe(&self, machine: &Machine) -> Result<bool, Fault> {
        Ok(self.scripts(machine, ".run.complete")?.is_some())
    }

    fn diff(&self, seen: &bool) -> Vec<Change> {
        let text = format!("install NVIDIA's driver of {}", self.url);
        if *seen { Vec::new() } else { vec![Change::new(text)] }
    }

    fn perform(&self, machine: &Machine, _seen: &bool) -> Result<(), Fault> {
        if self.scripts(machine, ".run")?.is_none() {
            self.unpack(machine)?;
        }
        let script = self.scripts(machine, ".run")?.ok_or_else(|| {
            Fault::new(format!("installing NVIDIA's driver of {}", self.url))
                .because("the archive has no Host_Drivers/*.run")
        })?;
        let temporary = format!("{}/tmp", self.directory());
        machine.make_directory(&temporary, &Access::of_root(0o700))?;
        let dkms = self.dkms.then_some("--dkms");
        let words = ["-q", "--tmpdir", &temporary, "--ui", "none", "--disable-nouveau"];
        let call = Call::new("sh", [script.as_str()]).also(dkms).also(words);
        let call = call.also(["--no-nouveau-check"]).env("TMPDIR", &temporary);
        machine.must(&call.limit(INSTALL_LIMIT))?;
        machine.write(&format!("{script}.complete"), b"", &Access::of_root(0o644))
    }
}

/// A package that no repository has, from a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PackageFile {
    pub name: String,
    pub url: String,
}

impl Thing for PackageFile {
    /// Whether it is installed.
    type Seen = bool;

    fn key(&self) -> String {
        packages::key(&self.name)
    }

    fn observe(&self, machine: &Machine) -> Result<bool, Fault> {
        let states = packages::states(machine, std::slice::from_ref(&self.name))?;
        Ok(states.get(&self.name) == Some(&packages::State::Installed))
    }

    fn diff(&self, seen: &bool) -> Vec<Change> {
        let text = format!("install {} of {}", self.name, self.url);
        if *seen { Vec::new() } else { vec![Change::new(text)] }
    }

    fn perform(&self, machine: &Machine, _seen: &bool) -> Result<(), Fault> {
        let ending = if packages::is_debian(machine) { "deb" } else { "rpm" };
        let path = format!("{}/package.{ending}", record::DIRECTORY);
        machine.remove(&path)?;
        let download = Download { url: self.url.clone(), path: path.clone(), mode: 0o644 };
        download.perform(machine, &false)?;
        packages::install(machine, &[machine.path(&path).to_string_lossy().into_owned()], &[])?;
        machine.remove(&path)
    }

    fn trace(&self, _machine: &Machine, seen: &bool) -> Result<Option<Trace>, Fault> {
        Ok((!seen).then(|| Trace::Packages { names: vec![self.name.clone()] }))
    }
}

/// A card whose memory and processors are divided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MigMode {
    pub card: String,
}

impl Thing for MigMode {
    /// Whether it is divided, or will be after its next reset.
    type Seen = bool;

    fn key(&self) -> String {
        format!("mig:{}", self.card)
    }

    fn observe(&self, machine: &Machine) -> Result<bool, Fault> {
        let words = ["-i", &self.card, "--query-gpu=mig.mode.pending", "--format=csv,noheader"];
        Ok(machine.must(&Call::new("nvidia-smi", words))?.stdout.trim() == "Enabled")
    }

    fn diff(&self, seen: &bool) -> Vec<Change> {
        let text = format!("divide the GPU {}", self.card);
        if *seen { Vec::new() } else { vec![Change::new(text)] }
    }

    fn perform(&self, machine: &Machine, _seen: &bool) -> Result<(), Fault> {
        // Without it the card forgets.
        machine.must(&Call::new("nvidia-smi", ["-i", &self.card, "-pm", "ENABLED"]))?;
        machine.must(&Call::new("nvidia-smi", ["-i", &self.card, "-mig", "1"])).map(drop)
    }
}
