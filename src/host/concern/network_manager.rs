//! Interfaces by NetworkManager: Rocky Linux and CentOS Stream.

use serde::{Deserialize, Serialize};

use super::Host;
use crate::host::{
    fault::Fault,
    machine::Machine,
    resource::{
        Absent, Connection, File, Likeness, Refresh, Resource, Setting, Unit, Way, connection,
    },
};

/// What is written for NetworkManager, in the order in which connections are brought up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NetworkManager {
    pub keyfiles: Vec<Keyfile>,
}

/// The connection of one interface, which is called as the interface is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keyfile {
    pub device: String,
    pub content: String,
    /// The interfaces that it is on or in: when one of these comes up anew, so must this one.
    pub follows: Vec<String>,
}

const DIRECTORY: &str = "/etc/NetworkManager/system-connections";
const MAIN: &str = "/etc/NetworkManager/NetworkManager.conf";
const PORTS: &str = "/etc/NetworkManager/conf.d/80-rigart-interfaces.conf";
const SCRIPTS: &str = "/etc/sysconfig/network-scripts";
const SERVICE: &str = "NetworkManager.service";
/// Of images: connections of interfaces that the host may not have.
const LEFT_BY_IMAGES: [&str; 3] = ["ens3", "ens3-1", "eth0"];
/// The first release that knows controllers and ports.
const NEW_WORDS: (u32, u32) = (1, 46);
const WORDS: [(&str, &str); 2] = [("controller=", "master="), ("port-type=", "slave-type=")];

impl NetworkManager {
    pub(super) fn resources(
        &self,
        host: &Host,
        without_names: bool,
    ) -> Result<Vec<Resource>, Fault> {
        let ports = "# Ansible managed\n[connection]\nconnection.autoconnect-slaves=1\n";
        let ports = File::new(PORTS, ports).mode(0o644).like(Likeness::Sections);
        let mut resources = service(without_names, vec![ports.into()]);
        if self.keyfiles.iter().any(|keyfile| keyfile.content.contains("\ntype=bond\n")) {
            // NetworkManager loads the module itself when it needs it.
            let text = "# Ansible managed\n\nbonding\n";
            resources.push(File::new("/etc/modules-load.d/bonding.conf", text).mode(0o644).into());
        }
        resources.extend(self.connections(host)?);
        Ok(resources)
    }

    /// The files, and what puts them in force.
    fn connections(&self, host: &Host) -> Result<Vec<Resource>, Fault> {
        let words = words(host.machine)?;
        let files: Vec<(&Keyfile, Resource)> =
            self.keyfiles.iter().map(|keyfile| (keyfile, keyfile.file(words))).collect();
        let mut resources = self.others(host.machine);
        resources.extend(files.iter().map(|(_, file)| file.clone()));
        let read = vec![["nmcli", "connection", "reload"].map(str::to_owned).to_vec()];
        let what = "have NetworkManager read its connections";
        resources.push(Refresh::after(what, Way::Run(read), &resources).into());
        for (keyfile, file) in &files {
            let above = files.iter().filter(|(other, _)| keyfile.follows.contains(&other.device));
            let mut of = vec![file.clone()];
            of.extend(above.map(|(_, file)| file.clone()));
            let device = &keyfile.device;
            let way = Way::Activate(device.clone());
            let anew = Refresh {
                of_removed: &[],
                ..Refresh::after(format!("put {device} in force"), way, &of)
            };
            resources.push(anew.into());
            resources.push(Connection { name: device.clone() }.into());
        }
        Ok(resources)
    }

    /// What would come over the files: what images, cloud-init and earlier releases have left.
    fn others(&self, machine: &Machine) -> Vec<Resource> {
        let mut paths = Vec::new();
        for Keyfile { device, .. } in &self.keyfiles {
            paths.push(format!("{DIRECTORY}/cloud-init-{device}.nmconnection"));
            paths.extend(
                ["ifcfg", "route", "rule"].map(|kind| format!("{SCRIPTS}/{kind}-{device}")),
            );
        }
        let is_known = |device: &str| {
            machine.path(&format!("/sys/class/net/{device}")).exists()
                || self.keyfiles.iter().any(|keyfile| keyfile.device == device)
        };
        for device in LEFT_BY_IMAGES.into_iter().filter(|device| !is_known(device)) {
            paths.push(format!("{SCRIPTS}/ifcfg-{device}"));
            paths.push(format!("{DIRECTORY}/{device}.nmconnection"));
        }
        paths.into_iter().map(|path| Absent { path }.into()).collect()
    }
}

/// NetworkManager itself, which leaves resolv.conf alone where Ymir writes it, with further settings.
pub(super) fn service(without_names: bool, further: Vec<Resource>) -> Vec<Resource> {
    let setting = |(name, value): (&str, &str)| {
        let value = without_names.then(|| value.to_owned());
        let (path, section) = (MAIN.into(), "main".into());
        Setting { path, section, name: name.into(), value, between: " = ", secret: false }.into()
    };
    let mut settings: Vec<Resource> =
        [("dns", "none"), ("rc-manager", "unmanaged")].map(setting).into();
    settings.extend(further);
    let reload =
        Refresh::after(format!("reload {SERVICE}"), Way::Reload(SERVICE.into()), &settings);
    let mut resources = vec![Unit::on(SERVICE).into()];
    resources.extend(settings);
    resources.push(reload.into());
    resources
}

impl Keyfile {
    fn file(&self, words: Likeness) -> Resource {
        let content = match words {
            Likeness::Keyfile => self.content.clone(),
            Likeness::Sections | Likeness::Every => older(&self.content),
        };
        let path = format!("{DIRECTORY}/{}.nmconnection", self.device);
        File::new(path, content).mode(0o600).like(words).into()
    }
}

/// In which words NetworkManager is to be told: newer releases know the older ones, too.
fn words(machine: &Machine) -> Result<Likeness, Fault> {
    let release = connection::release(machine)?;
    let mut numbers = release.split('.').map_while(|number| number.parse::<u32>().ok());
    let is_older = match (numbers.next(), numbers.next()) {
        (Some(major), Some(minor)) => (major, minor) < NEW_WORDS,
        _ => false,
    };
    Ok(if is_older { Likeness::Sections } else { Likeness::Keyfile })
}

fn older(content: &str) -> String {
    let line = |line: &str| {
        let known = WORDS.iter().find_map(|(new, old)| Some((line.strip_prefix(new)?, old)));
        known.map_or_else(|| line.to_owned(), |(value, old)| format!("{old}{value}"))
    };
    content.split_inclusive('\n').map(line).collect()
}

#[cfg(test)]
#[path = "network_manager_tests.rs"]
mod tests;
