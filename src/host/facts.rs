//! What a host says about itself before anything else is asked.

use serde::{Deserialize, Serialize};

use super::{fault::Fault, machine::Machine};

/// Enough to decide which tools and paths a host has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// `debian`, `ubuntu`, `rocky`, `centos`
    pub distribution: String,
    /// `12`, `24.04`
    pub release: String,
    /// `bookworm`; empty where releases have no name.
    pub codename: String,
    pub family: Family,
    /// `x86_64`
    pub architecture: String,
    /// As the kernel has it.
    pub hostname: String,
    pub kernel: String,
}

/// Whose tools the host has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    #[default]
    Debian,
    RedHat,
}

impl Facts {
    /// Looks at the host.
    pub fn of(machine: &Machine) -> Result<Self, Fault> {
        let text = match machine.text("/etc/os-release")? {
            Some(text) => text,
            None => machine.text("/usr/lib/os-release")?.unwrap_or_default(),
        };
        let name = rustix::system::uname();
        let word = |text: &std::ffi::CStr| text.to_string_lossy().into_owned();
        let facts = Self {
            architecture: word(name.machine()),
            hostname: word(name.nodename()),
            kernel: word(name.release()),
            ..Self::default()
        };
        facts.described(&text)
    }

    fn described(mut self, os_release: &str) -> Result<Self, Fault> {
        let value = |name: &str| {
            let line =
                os_release.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
            line.unwrap_or_default().trim_matches('"').to_owned()
        };
        self.distribution = value("ID");
        self.release = value("VERSION_ID");
        self.codename = value("VERSION_CODENAME");
        let kin = format!("{} {}", self.distribution, value("ID_LIKE"));
        let is = |name: &str| kin.split_whitespace().any(|word| word == name);
        self.family = if is("debian") || is("ubuntu") {
            Family::Debian
        } else if is("rhel") || is("fedora") || is("centos") {
            Family::RedHat
        } else {
            return Err(Fault::new("finding out which system the host runs")
                .because(format!("/etc/os-release says `{}`", self.distribution))
                .hint("Ymir configures Debian, Ubuntu, Rocky Linux and CentOS Stream"));
        };
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn systems_are_recognised() {
        let table = [
            ("ID=debian\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\n", "debian", Family::Debian),
            ("ID=ubuntu\nID_LIKE=debian\nVERSION_ID=\"24.04\"\n", "ubuntu", Family::Debian),
            ("ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\n", "rocky", Family::RedHat),
            ("ID=\"centos\"\nID_LIKE=\"rhel fedora\"\n", "centos", Family::RedHat),
        ];
        for (text, distribution, family) in table {
            let facts = Facts::default().described(text).unwrap();
            assert_eq!((facts.distribution.as_str(), facts.family), (distribution, family));
        }
        assert!(Facts::default().described("ID=alpine\n").is_err());
    }
}
