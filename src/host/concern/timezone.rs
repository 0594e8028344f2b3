//! The host's time zone.

use serde::{Deserialize, Serialize};

use super::{Host, Topic};
use crate::host::{
    facts::Family,
    fault::Fault,
    resource::{File, Link, Packages, Resource},
};

/// `timezone`: a name such as `Europe/Berlin`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Timezone {
    pub name: String,
}

impl Topic for Timezone {
    fn resources(&self, host: &Host) -> Result<Vec<Resource>, Fault> {
        let target = format!("/usr/share/zoneinfo/{}", self.name);
        let named = match host.facts.family {
            Family::Debian => File::new("/etc/timezone", format!("{}\n", self.name)),
            Family::RedHat => {
                File::new("/etc/sysconfig/clock", format!("ZONE=\"{}\"\n", self.name))
            }
        };
        Ok(vec![
            Packages::installed(["tzdata"]).into(),
            named.into(),
            Link { path: "/etc/localtime".into(), target }.into(),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::{concern::Concern, stage::Stage};

    #[test]
    fn both_families_get_kayobes_files() {
        for (family, path, text) in [
            (Family::Debian, "/etc/timezone", "Europe/Berlin\n"),
            (Family::RedHat, "/etc/sysconfig/clock", "ZONE=\"Europe/Berlin\"\n"),
        ] {
            let mut stage = Stage::new(&[]);
            stage.facts.family = family;
            stage.answer("rpm", "tzdata\n");
            if family == Family::Debian {
                let status = "Package: tzdata\nStatus: install ok installed\n";
                stage.put("/var/lib/dpkg/status", status);
            }
            let concern: Concern = Timezone { name: "Europe/Berlin".into() }.into();
            stage.settles(&concern);
            assert_eq!(stage.text(path).unwrap(), text);
            let link = std::fs::read_link(stage.root.path().join("etc/localtime")).unwrap();
            assert_eq!(link.to_str(), Some("/usr/share/zoneinfo/Europe/Berlin"));
        }
    }
}
