//! Docker, configured as Kolla's containers need it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Host, Topic};
use crate::host::{
    facts::Family,
    fault::Fault,
    resource::{Absent, Directory, Download, File, Packages, Refresh, Resource, Unit, Way},
    sealed::Sealed,
};

/// The `docker_*` variables.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Docker {
    /// Where its packages come from; `None` where the site's own repositories have them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<DockerRepository>,
    pub package: String,
    /// What stands in `daemon.json`.
    pub config: Map<String, Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http_proxy: Option<Sealed>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub https_proxy: Option<Sealed>,
    pub no_proxy: String,
    /// The registry, and the authority that signs its certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registry: Option<Registry>,
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
    /// Without the distribution, where it is Docker's own.
    pub url: String,
    pub adds_distribution: bool,
}

const UNIT: &str = "docker.service";
const DROP_IN: &str = "/etc/systemd/system/docker.service.d/kolla.conf";

impl Topic for Docker {
    fn resources(&self, host: &Host) -> Result<Vec<Resource>, Fault> {
        let mut resources = self.repository(host);
        resources.push(self.packages(host).into());
        resources.push(Directory::new("/etc/docker").access("root", "root", 0o755).into());
        let mut configured = vec![self.daemon(), self.drop_in()];
        if let Some(registry) = &self.registry {
            let above = format!("/etc/docker/certs.d/{}", registry.name);
            resources.push(Directory::new(&above).access("root", "root", 0o700).into());
            let text = registry.authority.clone();
            configured.push(File::new(format!("{above}/ca.crt"), text).mode(0o600).into());
        }
        // All containers stop with it, unless they are kept by `live-restore`.
        let restart = Refresh::restart(UNIT, &configured);
        resources.extend(configured);
        resources.push(Unit { masked: Some(false), ..Unit::on(UNIT) }.into());
        resources.push(restart.into());
        Ok(resources)
    }
}

impl Docker {
    fn packages(&self, host: &Host) -> Packages {
        match host.facts.family {
            Family::Debian => Packages::installed([self.package.as_str(), "apparmor"]),
            Family::RedHat => Packages::installed([self.package.as_str()]),
        }
    }

    fn daemon(&self) -> Resource {
        let text = four_blanks(&Value::Object(self.config.clone()));
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
    let url = if repository.adds_distribution {
        format!("{}/{}", repository.url, host.facts.distribution)
    } else {
        repository.url.clone()
    };
    let key = "/etc/apt/keyrings/docker.asc";
    let text = format!(
        "Types: deb\nURIs: {url}\nSuites: {}\nComponents: stable\nSigned-by: {key}\n",
        host.facts.codename
    );
    let sources = [File::new("/etc/apt/sources.list.d/docker.sources", text).mode(0o644).into()];
    let update = Way::Run(vec![vec!["apt-get".into(), "update".into()]]);
    let update = Refresh::after("read the packages of Docker's repository", update, &sources);
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
    let url = &repository.url;
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
