//! Podman, configured as Kolla's containers need it.

use serde::{Deserialize, Serialize};

use super::{Host, Topic};
use crate::host::{
    facts::Family,
    fault::Fault,
    programs::Call,
    resource::{Absent, Directory, File, InUse, Packages, Refresh, Resource, Unit, Way},
    sealed::Sealed,
};

/// The `podman_*` variables; nothing where the site's containers run on another engine.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Podman {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine: Option<PodmanEngine>,
}

/// How Podman shall be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PodmanEngine {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registry: Option<PodmanRegistry>,
    /// Asked before Docker's own registry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mirror: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage_driver: Option<String>,
    /// Where images, containers and volumes are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runtime_directory: Option<String>,
    /// Sections of `containers.conf`: options with their values as TOML has them.
    pub sections: Vec<(String, Vec<(String, String)>)>,
    /// Directories below `/run` that containers mount.
    pub run_directories: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http_proxy: Option<Sealed>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub https_proxy: Option<Sealed>,
    pub no_proxy: String,
}

/// The registry of Kolla's images.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PodmanRegistry {
    pub name: String,
    pub insecure: bool,
    /// A private authority that signed its certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authority: Option<String>,
}

const ABOVE: &str = "/etc/containers";
const DROP_IN: &str = "/etc/systemd/system/podman.service.d/kolla.conf";

impl Topic for Podman {
    fn resources(&self, host: &Host) -> Result<Vec<Resource>, Fault> {
        match &self.engine {
            Some(engine) => Ok(engine.resources(host)),
            None => Ok(in_use(host)?.into_iter().map(Resource::from).collect()),
        }
    }
}

/// What keeps an engine that nobody asks for: containers of somebody's.
fn in_use(host: &Host) -> Result<Option<InUse>, Fault> {
    if !host.machine.path("/usr/bin/podman").exists() {
        return Ok(None);
    }
    let listed = host.machine.must(&Call::new("podman", ["ps", "--all", "--quiet"]))?;
    let count = listed.stdout.lines().count();
    let why = format!("Podman stays with its configuration: it has {count} containers");
    Ok((count > 0).then_some(InUse { what: "podman".into(), why, own_only: true }))
}

impl PodmanEngine {
    fn resources(&self, host: &Host) -> Vec<Resource> {
        let packages: &[&str] = match host.facts.family {
            Family::Debian => &["podman", "catatonit"],
            Family::RedHat => &["podman"],
        };
        let mut resources: Vec<Resource> =
            vec![Packages::installed(packages.iter().copied()).into()];
        resources.push(Unit::on("podman.socket").into());
        for below in ["containers.conf.d", "registries.conf.d"] {
            let directory = Directory::new(format!("{ABOVE}/{below}"));
            resources.push(directory.access("root", "root", 0o755).into());
        }
        resources.extend(self.registries());
        resources.extend(self.storage());
        resources.push(self.containers().into());
        resources.extend(self.temporary());
        let drop_in = [self.drop_in()];
        let restart = Way::TryRestart("podman.service".into());
        let restart = Refresh::after("restart podman.service", restart, &drop_in);
        resources.extend(drop_in);
        resources.push(restart.into());
        resources
    }

    fn registries(&self) -> Vec<Resource> {
        let file = |name: &str, text: String| {
            Resource::from(File::new(format!("{ABOVE}/registries.conf.d/{name}"), text).mode(0o644))
        };
        let mut resources = Vec::new();
        if let Some(PodmanRegistry { name, insecure, authority }) = &self.registry {
            let text = format!("[[registry]]\nlocation = \"{name}\"\ninsecure = {insecure}\n");
            resources.push(file("registries.conf", text));
            if let Some(authority) = authority {
                let above = format!("{ABOVE}/certs.d/{name}");
                resources.push(Directory::new(&above).access("root", "root", 0o700).into());
                let path = format!("{above}/ca.crt");
                resources.push(File::new(path, authority.as_str()).mode(0o600).into());
            }
        }
        resources.extend(self.mirror.iter().map(|mirror| {
            let text = format!(
                "[[registry]]\nprefix = \"docker.io\"\nlocation = \"docker.io\"\n\n\
                 [[registry.mirror]]\nlocation = \"{mirror}\"\n"
            );
            file("registry-mirror.conf", text)
        }));
        resources
    }

    /// Only one file of the storage's is read by all releases of Podman.
    fn storage(&self) -> Option<Resource> {
        let Self { storage_driver: driver, runtime_directory: directory, .. } = self;
        if driver.is_none() && directory.is_none() {
            return None;
        }
        let driver = driver.as_deref().unwrap_or("overlay");
        let directory = directory.as_deref().unwrap_or("/var/lib/containers/storage");
        let text = format!(
            "[storage]\ndriver = \"{driver}\"\ngraphroot = \"{directory}\"\n\
             runroot = \"/run/containers/storage\"\n"
        );
        Some(File::new(format!("{ABOVE}/storage.conf"), text).mode(0o644).into())
    }

    fn containers(&self) -> File {
        let env: Vec<String> = self
            .proxies()
            .into_iter()
            .map(|(name, value)| format!("\"{}={value}\"", name.to_lowercase()))
            .collect();
        // Kayobe's begins with blanks: as many as its template has on lines of its own words.
        let blanks = " ".repeat(if env.is_empty() { 0 } else { 10 + 6 * env.len() });
        let env = (!env.is_empty()).then(|| ("env".to_owned(), format!("[{}]", env.join(", "))));
        let section = |(name, options): &(String, Vec<(String, String)>)| {
            let proxies = env.iter().filter(|_| name == "engine");
            let lines = options.iter().chain(proxies);
            let words = lines.flat_map(|(name, value)| [name.as_str(), " = ", value, "\n"]);
            let lines: String = words.collect();
            format!("\n[{name}]\n{lines}")
        };
        let text: String = self.sections.iter().map(section).collect();
        let file = File::new(format!("{ABOVE}/containers.conf.d/kolla.conf"), text.as_str());
        file.or(blanks + &text).mode(0o664).secret()
    }

    fn proxies(&self) -> Vec<(&'static str, &str)> {
        let all = [
            ("HTTP_PROXY", self.http_proxy.as_ref().map(Sealed::reveal)),
            ("HTTPS_PROXY", self.https_proxy.as_ref().map(Sealed::reveal)),
            ("NO_PROXY", Some(self.no_proxy.as_str())),
        ];
        let filled = all.into_iter().filter_map(|(name, value)| Some((name, value?)));
        filled.filter(|(_, value)| !value.is_empty()).collect()
    }

    fn temporary(&self) -> [Resource; 2] {
        let line = |path: &String| format!("d {path} 0755 root root - -\n");
        let text: String = self.run_directories.iter().map(line).collect();
        let file = [File::new("/etc/tmpfiles.d/kolla.conf", text).mode(0o644).into()];
        let make =
            ["systemd-tmpfiles", "--create", "/etc/tmpfiles.d/kolla.conf"].map(str::to_owned);
        let make = Refresh::after("make directories of /run", Way::Run(vec![make.into()]), &file);
        let [file] = file;
        [file, make.into()]
    }

    fn drop_in(&self) -> Resource {
        let proxies = self.proxies();
        if proxies.is_empty() {
            return Absent { path: DROP_IN.into() }.into();
        }
        let lines =
            proxies.iter().flat_map(|(name, value)| ["Environment=\"", name, "=", value, "\"\n"]);
        let text = format!("[Service]\n{}", lines.collect::<String>());
        File::new(DROP_IN, text).mode(0o644).secret().into()
    }
}

#[cfg(test)]
#[path = "podman_tests.rs"]
mod tests;
