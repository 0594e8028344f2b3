//! tuned: what the host is set for.

use serde::{Deserialize, Serialize};

use super::{Host, Topic};
use crate::host::{
    fault::Fault,
    resource::{Directory, File, Packages, Refresh, Resource, TunedProfile, Unit},
};

/// Without a profile nothing is asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tuned {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<Profile>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Profile {
    /// `tuned_active_builtin_profile`
    BuiltIn(String),
    /// `tuned_active_custom_profile`
    Custom { name: String, sections: Vec<Section> },
}

/// A section of a profile's file: options with their values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Section {
    pub name: String,
    pub options: Vec<(String, String)>,
}

impl Topic for Tuned {
    fn resources(&self, _host: &Host) -> Result<Vec<Resource>, Fault> {
        let Some(profile) = &self.profile else { return Ok(Vec::new()) };
        let mut resources: Vec<Resource> =
            vec![Packages::installed(["tuned"]).into(), Unit::on("tuned.service").into()];
        let name = match profile {
            Profile::BuiltIn(name) => name,
            Profile::Custom { name, sections } => {
                let above = format!("/etc/tuned/{name}");
                let file = File::new(format!("{above}/tuned.conf"), text(name, sections));
                let file = [Resource::from(file.mode(0o644))];
                let restart = Refresh::restart("tuned.service", &file);
                resources.push(Directory::new(above).access("root", "root", 0o755).into());
                resources.extend(file);
                resources.push(restart.into());
                name
            }
        };
        resources.push(TunedProfile { name: name.clone() }.into());
        Ok(resources)
    }
}

/// The file of a profile, with the heading that Kayobe gives it.
fn text(name: &str, sections: &[Section]) -> String {
    let mut text = format!("#\n# Ansible managed\n#\n#\n# tuned {name} configuration\n#\n\n");
    for Section { name, options } in sections {
        text = format!("{text}[{name}]\n");
        for (option, value) in options {
            text = format!("{text}{option}={value}\n");
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::{concern::Concern, programs::Output, stage::Stage};

    const ACTIVE: &str = "/etc/tuned/active_profile";

    fn stage() -> Stage {
        let status = "Package: tuned\nStatus: install ok installed\n";
        let stage = Stage::new(&[(ACTIVE, "balanced\n"), ("/var/lib/dpkg/status", status)]);
        stage.units_are("loaded", "enabled", "active");
        stage.act("tuned-adm profile", |root, call| {
            std::fs::write(root.join(&ACTIVE[1..]), format!("{}\n", call.args[1])).unwrap();
            Output::default()
        });
        stage
    }

    fn built_in(name: &str) -> Concern {
        Tuned { profile: Some(Profile::BuiltIn(name.into())) }.into()
    }

    #[test]
    fn a_profile_is_chosen_and_given_back() {
        let stage = stage();
        let done = stage.settles(&built_in("virtual-host"));
        assert_eq!(done, ["tune by virtual-host instead of balanced"]);
        stage.settles(&built_in("virtual-guest"));
        assert_eq!(stage.settles(&Tuned { profile: None }.into()), ["tune by balanced again"]);
        assert_eq!(stage.text(ACTIVE).unwrap(), "balanced\n");
    }

    #[test]
    fn a_profile_of_the_sites_own() {
        let stage = stage();
        let options = vec![("vm.swappiness".to_owned(), "10".to_owned())];
        let sections = vec![Section { name: "sysctl".into(), options }];
        let profile = Profile::Custom { name: "own".into(), sections };
        stage.settles(&Tuned { profile: Some(profile) }.into());
        let text = stage.text("/etc/tuned/own/tuned.conf").unwrap();
        assert!(text.ends_with("#\n\n[sysctl]\nvm.swappiness=10\n\n"), "{text}");
        stage.settles(&built_in("balanced"));
        assert_eq!(stage.text("/etc/tuned/own/tuned.conf"), None);
    }
}
