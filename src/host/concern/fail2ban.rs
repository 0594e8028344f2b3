//! fail2ban: who fails to log in too often is shut out for a while.

use serde::{Deserialize, Serialize};

use super::{Host, Topic};
use crate::host::{
    fault::Fault,
    machine::Machine,
    resource::{Packages, Refresh, Resource, Setting, Touched, Unit},
};

const UNIT: &str = "fail2ban.service";

/// Without `fail2ban_enabled` nothing is asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fail2ban {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jails: Option<Jails>,
}

/// What its two files say.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Jails {
    /// `fail2ban.local`
    pub daemon: Vec<JailOption>,
    /// `jail.local`
    pub jails: Vec<JailOption>,
    /// Where its mail comes from; `None` for root of the host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender: Option<String>,
}

/// An option in a section.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JailOption {
    pub section: String,
    pub option: String,
    pub value: String,
}

impl Topic for Fail2ban {
    fn resources(&self, host: &Host) -> Result<Vec<Resource>, Fault> {
        let Some(Jails { daemon, jails, sender }) = &self.jails else { return Ok(Vec::new()) };
        let sender = match sender {
            Some(sender) => sender.clone(),
            None => format!("root@{}", full_name(host.machine, &host.facts.hostname)?),
        };
        let sender =
            JailOption { section: "DEFAULT".into(), option: "sender".into(), value: sender };
        let jails: Vec<JailOption> = jails.iter().cloned().chain([sender]).collect();
        let mut settings = file("/etc/fail2ban/fail2ban.local", daemon);
        settings.extend(file("/etc/fail2ban/jail.local", &jails));
        let restart = Refresh::restart(UNIT, &settings);
        let mut resources = vec![Packages::installed(["fail2ban"]).into()];
        resources.extend(settings);
        // Without the log that it watches, it does not start.
        let log = Touched { path: "/var/log/auth.log".into(), mode: 0o640, lenient: true };
        resources.push(log.into());
        resources.push(restart.into());
        resources.push(Unit::on(UNIT).into());
        Ok(resources)
    }
}

fn file(path: &str, options: &[JailOption]) -> Vec<Resource> {
    let mut resources: Vec<Resource> =
        vec![Touched { path: path.into(), mode: 0o640, lenient: false }.into()];
    let mut last: Vec<&JailOption> = Vec::new();
    for option in options {
        // Said twice, the last one counts.
        last.retain(|known| (&known.section, &known.option) != (&option.section, &option.option));
        last.push(option);
    }
    resources.extend(last.into_iter().map(|JailOption { section, option, value }| {
        Resource::from(Setting {
            path: path.into(),
            section: section.clone(),
            name: option.clone(),
            value: Some(value.clone()),
            between: " = ",
            secret: false,
        })
    }));
    resources
}

/// The host's name with its domain, as its own table of hosts has it.
fn full_name(machine: &Machine, name: &str) -> Result<String, Fault> {
    let table = machine.text("/etc/hosts")?.unwrap_or_default();
    let names = |line: &str| {
        let line = line.split('#').next().unwrap_or_default();
        line.split_whitespace().skip(1).map(str::to_owned).collect::<Vec<_>>()
    };
    let mut own = table.lines().map(names).filter(|names| names.iter().any(|known| known == name));
    let full = own.find_map(|names| names.into_iter().find(|known| known.contains('.')));
    Ok(full.unwrap_or_else(|| name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::{concern::Concern, stage::Stage};

    fn option(section: &str, option: &str, value: &str) -> JailOption {
        JailOption { section: section.into(), option: option.into(), value: value.into() }
    }

    fn concern() -> Concern {
        let daemon = vec![option("Definition", "loglevel", "INFO")];
        let jails = vec![
            option("DEFAULT", "bantime", "600"),
            option("sshd", "enabled", "false"),
            option("sshd", "enabled", "true"),
        ];
        Fail2ban { jails: Some(Jails { daemon, jails, sender: None }) }.into()
    }

    fn stage(files: &[(&str, &str)]) -> Stage {
        let mut stage = Stage::new(files);
        stage.put("/var/lib/dpkg/status", "Package: fail2ban\nStatus: install ok installed\n");
        stage.put("/etc/hosts", "10.0.0.1 h1.example h1\n");
        stage.facts.hostname = "h1".into();
        stage.units_are("loaded", "enabled", "active");
        stage
    }

    #[test]
    fn jails_are_made_and_taken_away() {
        let stage = stage(&[]);
        stage.settles(&concern());
        assert_eq!(
            stage.text("/etc/fail2ban/jail.local").unwrap(),
            "[DEFAULT]\nbantime = 600\nsender = root@h1.example\n[sshd]\nenabled = true\n"
        );
        assert_eq!(stage.text("/var/log/auth.log").unwrap(), "");
        stage.settles(&Fail2ban { jails: None }.into());
        let left = stage.text("/etc/fail2ban/jail.local").unwrap_or_default();
        assert!(!left.contains("bantime") && !left.contains("enabled"), "{left}");
        assert_eq!(stage.text("/var/log/auth.log"), None);
    }

    #[test]
    fn options_of_others_stay() {
        let stage = stage(&[("/etc/fail2ban/jail.local", "[DEFAULT]\nbantime = 10\nmta = mail\n")]);
        stage.settles(&concern());
        let text = stage.text("/etc/fail2ban/jail.local").unwrap();
        assert!(text.starts_with("[DEFAULT]\nbantime = 600\nmta = mail\n"), "{text}");
        stage.settles(&Fail2ban { jails: None }.into());
        let text = stage.text("/etc/fail2ban/jail.local").unwrap();
        assert!(text.starts_with("[DEFAULT]\nbantime = 10\nmta = mail\n"), "{text}");
    }
}
