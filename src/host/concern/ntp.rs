//! The host's clock, kept by chrony.

use serde::{Deserialize, Serialize};

use super::{Host, Topic};
use crate::host::{
    facts::Family,
    fault::Fault,
    resource::{ClockSet, File, Packages, Refresh, Resource, Unit},
};

/// What hosts of the group `ntp` get; others nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ntp {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chrony: Option<Chrony>,
}

/// chrony's configuration, and what keeps its hands off the clock.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Chrony {
    /// Networks that may ask this host.
    pub allow: Vec<String>,
    pub makestep: Option<String>,
    pub dump_directory: String,
    pub local_stratum: Stratum,
    pub log: Vec<String>,
    pub log_directory: String,
    pub max_update_skew: String,
    pub rtcsync: bool,
    /// Lines as chrony reads them: `pool pool.ntp.org iburst`.
    pub sources: Vec<String>,
    /// `ntp_service_disable_list`
    pub masked: Vec<String>,
    /// `ntp_force_sync`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub force: Option<Force>,
}

/// Whether the host answers others while it has no source itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stratum {
    /// The site does not say: some releases of Kayobe write 10, others nothing. Either is left, and nothing is new.
    Unsaid,
    Never,
    At(u32),
}

/// How long to wait for the clock to be right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Force {
    pub tries: u32,
    /// Seconds that the clock may be off.
    pub correction: String,
}

impl Topic for Ntp {
    fn resources(&self, host: &Host) -> Result<Vec<Resource>, Fault> {
        let Some(chrony) = &self.chrony else { return Ok(Vec::new()) };
        let (path, unit) = match host.facts.family {
            Family::Debian => ("/etc/chrony/chrony.conf", "chrony.service"),
            Family::RedHat => ("/etc/chrony.conf", "chronyd.service"),
        };
        let masked = |name: &String| {
            // Masked though it may not be there: it may be installed later.
            let unit = Unit::masked(name.as_str());
            Unit { enabled: Some(false), may_be_missing: false, ..unit }.into()
        };
        let mut resources: Vec<Resource> = chrony.masked.iter().map(masked).collect();
        let file = match chrony.local_stratum {
            Stratum::Unsaid => File::new(path, chrony.text(None)).or(chrony.text(Some(10))),
            Stratum::Never => File::new(path, chrony.text(None)),
            Stratum::At(stratum) => File::new(path, chrony.text(Some(stratum))),
        };
        let file = [Resource::from(file.mode(0o644))];
        let restart = Refresh::restart(unit, &file);
        resources.push(Packages::installed(["chrony"]).into());
        resources.extend(file);
        resources.push(restart.into());
        resources.push(Unit::on(unit).into());
        if let Some(force) = &chrony.force {
            if host.facts.family == Family::Debian {
                // Brings hwclock.
                resources.push(Packages::installed(["util-linux-extra"]).into());
            }
            let (tries, correction) = (force.tries, force.correction.clone());
            resources.push(ClockSet { tries, correction }.into());
        }
        Ok(resources)
    }
}

impl Chrony {
    /// The whole file.
    fn text(&self, stratum: Option<u32>) -> String {
        let mut lines: Vec<String> =
            self.allow.iter().map(|network| format!("allow {network}")).collect();
        lines.push("driftfile /var/lib/chrony/chrony.drift".into());
        lines.extend(self.makestep.iter().map(|limits| format!("makestep {limits}")));
        lines.push(format!("dumpdir {}", self.dump_directory));
        lines.push("dumponexit".into());
        lines.push("keyfile /etc/chrony/chrony.keys".into());
        lines.extend(stratum.map(|stratum| format!("local stratum {stratum}")));
        lines.push(format!("log {}", self.log.join(" ")));
        lines.push("logchange 0.5".into());
        lines.push(format!("logdir {}", self.log_directory));
        lines.push(format!("maxupdateskew {}", self.max_update_skew));
        lines.push("rtconutc".into());
        lines.extend(self.rtcsync.then(|| "rtcsync".to_owned()));
        lines.extend(self.sources.iter().cloned());
        lines.join("\n") + "\n"
    }
}

#[cfg(test)]
#[path = "ntp_tests.rs"]
mod tests;
