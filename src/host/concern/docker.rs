//! Docker, configured as Kolla's containers need it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{Host, Topic};
use crate::host::{
    facts::Family,
    fault::Fault,
    programs::Call,
    resource::{
        Absent, ContainerdRoot, Directory, Download, File, InUse, Packages, Pinned, Refresh,
        Resource, Unit, Way,
    },
    sealed::Sealed,
};

/// The `docker_*` variables; nothing where the site's containers run on another engine.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Docker {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine: Option<DockerEngine>,
}

/// How Docker shall be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DockerEngine {
    /// Where its packages come from; `None` where the site's own repositories have them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<DockerRepository>,
    /// The engine's package, by family.
    pub package: DockerPackage,
    /// What stands in `daemon.json`.
    pub config: Map<String, Value>,
    pub ulimit: Box<Ulimit>,
    /// Where containerd keeps images if Docker leaves them to it.
    pub containerd_root: String,
    /// Containers that a restart would stop go on: the engine only reads its configuration anew.
    pub reloads: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http_proxy: Option<Sealed>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub https_proxy: Option<Sealed>,
    pub no_proxy: String,
    /// The registry, and the authority that signs its certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registry: Option<Registry>,
}

/// What the engine is called, and what else it needs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DockerPackage {
    pub debian: String,
    /// The version that Debian's family installs, `5:28.*`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub debian_pin: Option<String>,
    pub red_hat: String,
    /// The version that Red Hat's family installs, as dnf takes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub red_hat_pin: Option<String>,
    /// The engine writes rules of iptables.
    pub iptables: bool,
}

/// How many files a container may open.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ulimit {
    /// `None` for the hosts whose default is too large: Red Hat's family, release 9.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<bool>,
    pub hard: Value,
    pub soft: Value,
}

/// A registry whose certificate a private authority signed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Registry {
    pub name: String,
    pub authority: String,
}

/// The repository of Docker's own packages.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DockerRepository {
    /// `None` for Docker's own of the host's distribution.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub debian: Option<String>,
    pub red_hat: String,
}

const UNIT: &str = "docker.service";
const DROP_IN: &str = "/etc/systemd/system/docker.service.d/kolla.conf";

impl Topic for Docker {
    fn resources(&self, host: &Host) -> Result<Vec<Resource>, Fault> {
        match &self.engine {
            Some(engine) => Ok(engine.resources(host)),
            None => Ok(in_use(host)?.into_iter().map(Resource::from).collect()),
        }
    }
}

/// What keeps an engine that nobody asks for: containers of somebody's, also where it does not say whether it has any.
fn in_use(host: &Host) -> Result<Option<InUse>, Fault> {
    if !host.machine.path("/usr/bin/docker").exists() {
        return Ok(None);
    }
    let listed = host.machine.run(&Call::new("docker", ["ps", "--all", "--quiet"]))?;
    let why = match (listed.code, listed.stdout.lines().count()) {
        (0, 0) => return Ok(None),
        (0, count) => format!("it has {count} containers"),
        _ => format!("whether it has containers it does not say: {}", listed.stderr.trim()),
    };
    let why = format!("Docker stays with its configuration: {why}");
    Ok(Some(InUse { what: "docker".into(), why, own_only: true }))
}

impl DockerEngine {
    fn resources(&self, host: &Host) -> Vec<Resource> {
        let mut resources = self.repository(host);
        // Before the package: an engine that starts without it writes rules of iptables.
        resources.push(Directory::new("/etc/docker").access("root", "root", 0o755).into());
        let mut configured = vec![self.daemon(host), self.drop_in()];
        if let Some(registry) = &self.registry {
            let above = format!("/etc/docker/certs.d/{}", registry.name);
            resources.push(Directory::new(&above).access("root", "root", 0o700).into());
            let text = registry.authority.clone();
            configured.push(File::new(format!("{above}/ca.crt"), text).mode(0o600).into());
        }
        // All containers stop with it, unless they are kept by `live-restore`.
        let restart = if self.reloads {
            let way = Way::Reload(UNIT.into());
            Refresh::after(format!("reload {UNIT}"), way, &configured)
        } else {
            Refresh::restart(UNIT, &configured)
        };
        resources.extend(configured);
        resources.extend(self.packages(host));
        resources.push(Unit { masked: Some(false), ..Unit::on(UNIT) }.into());
        resources.push(restart.into());
        let root = [ContainerdRoot { path: self.containerd_root.clone() }.into()];
        let restart = Refresh::restart("containerd.service", &root);
        resources.extend(root);
        resources.push(restart.into());
        resources
    }

    fn packages(&self, host: &Host) -> Vec<Resource> {
        let DockerPackage { debian, debian_pin, red_hat, red_hat_pin, iptables } = &self.package;
        let mut resources = Vec::new();
        let mut names = match host.facts.family {
            Family::Debian => {
                resources.extend(debian_pin.iter().map(|version| {
                    let text =
                        format!("Package: {debian}\nPin: version {version}\nPin-Priority: 1000\n");
                    File::new("/etc/apt/preferences.d/docker", text).mode(0o644).into()
                }));
                vec![debian.as_str(), "apparmor"]
            }
            Family::RedHat => match red_hat_pin {
                Some(version) => {
                    let (name, version) = (red_hat.clone(), version.clone());
                    resources.push(Pinned { name, version }.into());
                    Vec::new()
                }
                None => vec![red_hat.as_str()],
            },
        };
        names.extend(iptables.then_some("iptables"));
        if !names.is_empty() {
            resources.push(Packages::installed(names).into());
        }
        resources
    }

    fn daemon(&self, host: &Host) -> Resource {
        let mut config = self.config.clone();
        let Ulimit { on, hard, soft } = &*self.ulimit;
        let is_nine = host.facts.family == Family::RedHat
            && host.facts.release.split('.').next() == Some("9");
        if on.unwrap_or(is_nine) {
            let limit = json!({"nofile": {"name": "nofile", "hard": hard, "soft": soft}});
            config.entry("default-ulimits").or_insert(limit);
        }
        let text = four_blanks(&Value::Object(config));
        File::new("/etc/docker/daemon.json", text).mode(0o644).into()
    }

    fn drop_in(&self) -> Resource {
        let proxies = [("HTTP_PROXY", &self.http_proxy), ("HTTPS_PROXY", &self.https_proxy)];
        let proxies = proxies.into_iter().filter_map(|(name, proxy)| {
            Some((name, proxy.as_ref().map(Sealed::reveal).filter(|proxy| !proxy.is_empty())?))
        });
        let without =
            Some(("NO_PROXY", self.no_proxy.as_str())).filter(|_| !self.no_proxy.is_empty());
        let lines: String = proxies
            .chain(without)
            .flat_map(|(name, value)| ["Environment=\"", name, "=", value, "\"\n"])
            .collect();
        if lines.is_empty() {
            return Absent { path: DROP_IN.into() }.into();
        }
        let text = format!(
            "[Service]\n{lines}ExecStart=\n# ExecStart commandline copied from 'docker-ce' package. Same on \
             CentOS/Debian/Ubuntu systems.\nExecStart=/usr/bin/dockerd -H fd:// \
             --containerd=/run/containerd/containerd.sock\n"
        );
        File::new(DROP_IN, text).mode(0o644).secret().into()
    }

    fn repository(&self, host: &Host) -> Vec<Resource> {
        let Some(repository) = &self.repository else { return Vec::new() };
        match host.facts.family {
            Family::Debian => debian_repository(repository, host),
            Family::RedHat => vec![red_hat_repository(repository)],
        }
    }
}

fn debian_repository(repository: &DockerRepository, host: &Host) -> Vec<Resource> {
    let own = || format!("https://download.docker.com/linux/{}", host.facts.distribution);
    let url = repository.debian.clone().unwrap_or_else(own);
    let key = "/etc/apt/keyrings/docker.asc";
    let text = format!(
        "Types: deb\nURIs: {url}\nSuites: {}\nComponents: stable\nSigned-by: {key}\n",
        host.facts.codename
    );
    // Newer releases of Kayobe put a comment and an empty line before it.
    let commented = format!("# Ansible managed\n\n{text}");
    let sources = File::new("/etc/apt/sources.list.d/docker.sources", text).or(commented);
    let sources = [sources.mode(0o644).into()];
    let name = "read the packages of Docker's repository";
    let update = Refresh::after(name, Way::AptLists, &sources);
    let [sources] = sources;
    vec![
        Packages::installed(["ca-certificates", "gnupg"]).into(),
        Download { url: format!("{url}/gpg"), path: key.into(), mode: 0o644 }.into(),
        Absent { path: "/etc/apt/sources.list.d/docker.list".into() }.into(),
        sources,
        update.into(),
    ]
}

fn red_hat_repository(repository: &DockerRepository) -> Resource {
    let url = &repository.red_hat;
    let text = format!(
        "[docker]\nbaseurl = {url}/$releasever/$basearch/stable\ngpgcheck = 1\ngpgkey = {url}/gpg\n\
         module_hotfixes = 1\nname = Docker main Repository\n\n"
    );
    File::new("/etc/yum.repos.d/docker.repo", text).mode(0o644).into()
}

/// JSON with sorted keys and four blanks a level, as Ansible's `to_nice_json` writes it.
fn four_blanks(value: &Value) -> String {
    let mut text = Vec::new();
    let format = serde_json::ser::PrettyFormatter::with_indent(b"    ");
    let mut serializer = serde_json::Serializer::with_formatter(&mut text, format);
    // Writing a value to memory cannot fail.
    drop(sorted(value).serialize(&mut serializer));
    String::from_utf8(text).unwrap_or_default()
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut pairs: Vec<_> = map.iter().collect();
            pairs.sort_by_key(|(key, _)| *key);
            Value::Object(
                pairs.into_iter().map(|(key, value)| (key.clone(), sorted(value))).collect(),
            )
        }
        other => other.clone(),
    }
}

#[cfg(test)]
#[path = "docker_tests.rs"]
mod tests;
