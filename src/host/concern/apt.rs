//! Where a Debian host gets its packages from.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Host, Topic};
use crate::host::{
    facts::Family,
    fault::Fault,
    resource::{Absent, Commented, Directory, Download, File, Refresh, Resource, Way},
    sealed::Sealed,
};

/// The `apt_*` variables.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Apt {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy_http: Option<Sealed>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy_https: Option<Sealed>,
    pub config: Vec<Snippet>,
    pub keys: Vec<Key>,
    pub keys_path: String,
    /// By the name of their file.
    pub repositories: BTreeMap<String, Vec<Repository>>,
    pub preferences: Vec<Snippet>,
    pub logins: Vec<AptLogin>,
    pub disables_sources_list: bool,
    /// The words that Kayobe's files begin with.
    pub managed: String,
}

/// A file that the site writes itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Snippet {
    pub name: String,
    pub content: String,
}

/// A key that signs a repository.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Key {
    pub name: String,
    pub url: String,
}

/// One repository; what is empty is left out, or is the host's own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Repository {
    pub types: String,
    pub url: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suites: Option<String>,
    pub components: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_by: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub architecture: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trusted: Option<bool>,
}

/// How apt logs in somewhere.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AptLogin {
    pub name: String,
    pub machine: String,
    pub login: String,
    pub password: Sealed,
}

impl Topic for Apt {
    fn resources(&self, host: &Host) -> Result<Vec<Resource>, Fault> {
        if host.facts.family != Family::Debian {
            return Ok(Vec::new());
        }
        let mut resources = vec![self.proxies()];
        let snippet = |directory: &str, snippet: &Snippet| {
            let path = format!("/etc/apt/{directory}/{}", snippet.name);
            Resource::from(File::new(path, snippet.content.clone()).mode(0o664))
        };
        let config: Vec<Resource> =
            self.config.iter().map(|file| snippet("apt.conf.d", file)).collect();
        let repositories =
            self.repositories.iter().map(|(name, all)| self.sources(host, name, all));
        let repositories: Vec<Resource> = repositories.collect();
        let logins: Vec<Resource> = self.logins.iter().map(|login| self.login(login)).collect();
        if !self.keys.is_empty() {
            resources.push(Directory::new(&self.keys_path).access("root", "root", 0o755).into());
        }
        let key = |key: &Key| Download {
            url: key.url.clone(),
            path: format!("{}/{}", self.keys_path, key.name.rsplit('/').next().unwrap_or_default()),
            mode: 0o644,
        };
        resources.extend(self.keys.iter().map(|one| key(one).into()));
        let listed = [config, repositories, logins].concat();
        let update = Refresh::after("update the lists of packages", Way::AptLists, &listed);
        resources.extend(listed);
        if self.disables_sources_list {
            let (path, start) = ("/etc/apt/sources.list".into(), "deb".into());
            resources.push(Commented { path, start }.into());
        }
        resources.extend(self.preferences.iter().map(|file| snippet("preferences.d", file)));
        resources.push(update.into());
        Ok(resources)
    }
}

impl Apt {
    fn proxies(&self) -> Resource {
        let path = "/etc/apt/apt.conf.d/01proxy";
        let lines = [("HTTP", &self.proxy_http), ("HTTPS", &self.proxy_https)];
        let lines = lines.into_iter().filter_map(|(scheme, proxy)| {
            Some(format!("{scheme}::proxy \"{}\";\n", proxy.as_ref()?.reveal()))
        });
        let lines: String = lines.collect();
        if lines.is_empty() {
            return Absent { path: path.into() }.into();
        }
        File::new(path, format!("Acquire {{\n{lines}}}\n")).mode(0o664).secret().into()
    }

    fn sources(&self, host: &Host, name: &str, repositories: &[Repository]) -> Resource {
        let paragraphs: String = repositories.iter().map(|one| self.paragraph(host, one)).collect();
        let text = format!("# {}\n\n{paragraphs}", self.managed);
        File::new(format!("/etc/apt/sources.list.d/{name}.sources"), text).mode(0o644).into()
    }

    /// A repository, with the line that ends its paragraph.
    fn paragraph(&self, host: &Host, one: &Repository) -> String {
        let key = one.signed_by.as_ref().map(|key| match key.strip_prefix('/') {
            Some(_) => key.clone(),
            None => format!("{}/{key}", self.keys_path),
        });
        let suites = one.suites.as_ref().unwrap_or(&host.facts.codename);
        let trusted = one.trusted.map(|trusted| if trusted { "True" } else { "False" }.to_owned());
        let fields = [
            ("Types", Some(one.types.clone())),
            ("URIs", Some(one.url.clone())),
            ("Suites", Some(suites.clone())),
            ("Components", Some(one.components.clone())),
            ("Signed-by", key),
            ("Architecture", one.architecture.clone()),
            ("Trusted", trusted),
        ];
        let lines =
            fields.into_iter().filter_map(|(name, value)| Some(format!("{name}: {}\n", value?)));
        lines.chain(["\n".to_owned()]).collect()
    }

    fn login(&self, login: &AptLogin) -> Resource {
        let text = format!(
            "# {}\n\nmachine {}\nlogin {}\npassword {}\n",
            self.managed,
            login.machine,
            login.login,
            login.password.reveal()
        );
        File::new(format!("/etc/apt/auth.conf.d/{}", login.name), text).mode(0o600).secret().into()
    }
}

#[cfg(test)]
#[path = "apt_tests.rs"]
mod tests;
