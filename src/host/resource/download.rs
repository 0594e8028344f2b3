//! A file that the host gets from a server, once.

use serde::Serialize;

use super::Thing;
use crate::host::{
    accounts,
    change::Change,
    fault::Fault,
    machine::{Access, Machine},
    programs::Call,
    record::{self, Trace},
};

/// A file from a URL. What is there already counts, as with Ansible's `get_url`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Download {
    pub url: String,
    pub path: String,
    pub mode: u32,
}

impl Download {
    /// With what every host of a family has.
    fn call(&self, machine: &Machine, to: &str) -> Call {
        let helper = "/usr/lib/apt/apt-helper";
        let call = if machine.path(helper).exists() {
            Call::new(helper, ["download-file", self.url.as_str(), to])
        } else {
            Call::new(
                "curl",
                ["--fail", "--silent", "--show-error", "--location", "--output", to, &self.url],
            )
        };
        accounts::through_proxies(machine, call)
    }
}

impl Thing for Download {
    type Seen = bool;

    fn key(&self) -> String {
        format!("file:{}", self.path)
    }

    fn observe(&self, machine: &Machine) -> Result<bool, Fault> {
        Ok(machine.node(&self.path)?.is_some())
    }

    fn diff(&self, is_there: &bool) -> Vec<Change> {
        if *is_there {
            Vec::new()
        } else {
            vec![Change::new(format!("download {} to {}", self.url, self.path))]
        }
    }

    fn perform(&self, machine: &Machine, _is_there: &bool) -> Result<(), Fault> {
        let draft = format!("{}/download", record::DIRECTORY);
        machine.make_directory(record::DIRECTORY, &Access::of_root(0o700))?;
        machine.remove(&draft)?;
        let to = machine.path(&draft).to_string_lossy().into_owned();
        machine.must(&self.call(machine, &to)).map_err(|fault| {
            Fault::new(format!("downloading {}", self.url))
                .because(fault)
                .hint("can the host reach that server? A proxy of the host is set by `http_proxy` and `https_proxy`")
        })?;
        let bytes = machine.read(&draft)?.unwrap_or_default();
        machine.write(&self.path, &bytes, &Access::of_root(self.mode))?;
        machine.remove(&draft)
    }

    fn trace(&self, _machine: &Machine, _is_there: &bool) -> Result<Option<Trace>, Fault> {
        // Its content is the server's: it is recognised by its path.
        Ok(Some(Trace::Download { path: self.path.clone() }))
    }
}
