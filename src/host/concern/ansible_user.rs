//! The account that Ymir and Ansible log in with, who may become root, and the Python that Ansible's modules need.

use serde::{Deserialize, Serialize};

use super::{Host, Topic};
use crate::host::{
    facts::Family,
    fault::Fault,
    resource::{AuthorizedKey, File, Group, Packages, Resource, User},
    sealed::Sealed,
};

/// The account, its key, and its right to become root.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AnsibleUser {
    pub name: String,
    /// A line of `authorized_keys`.
    pub public_key: String,
    /// `authorized_keys_file`, where it is not the usual one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys_file: Option<String>,
    /// In the group `docker`, on hosts whose containers Docker runs.
    pub in_docker_group: bool,
    /// What Python is got through: this topic comes before those that tell the host of its proxies.
    #[serde(default, skip_serializing_if = "PackageProxies::is_empty")]
    pub proxies: PackageProxies,
}

/// `apt_proxy_http`, `apt_proxy_https`, and `proxy` of `dnf_config`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PackageProxies {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub apt_http: Option<Sealed>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub apt_https: Option<Sealed>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dnf: Option<Sealed>,
}

impl PackageProxies {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn of(&self, family: Family) -> Vec<(String, String)> {
        let (http, https) = match family {
            Family::Debian => (&self.apt_http, &self.apt_https),
            Family::RedHat => (&self.dnf, &self.dnf),
        };
        let named = [("http_proxy", http), ("https_proxy", https)].into_iter();
        named.filter_map(|(name, one)| Some((name.into(), one.as_ref()?.reveal().into()))).collect()
    }
}

impl Topic for AnsibleUser {
    fn resources(&self, host: &Host) -> Result<Vec<Resource>, Fault> {
        let python = match host.facts.family {
            Family::Debian => "python3-minimal",
            Family::RedHat => "python3",
        };
        let proxies = self.proxies.of(host.facts.family);
        let mut resources = vec![Packages { proxies, ..Packages::installed([python]) }.into()];
        let groups = self.in_docker_group.then(|| vec!["docker".to_owned()]);
        if self.in_docker_group {
            resources.push(Group::new("docker").into());
        }
        let user = User {
            name: self.name.clone(),
            comment: Some("Kayobe deployment user".into()),
            groups,
            append: true,
            shell: Some("/bin/bash".into()),
            create_home: true,
            ..User::default()
        };
        let sudoers = File::new(
            "/etc/sudoers.d/kayobe-ansible-user",
            // Kayobe's file ends without the end of a line.
            format!("{} ALL=(ALL) NOPASSWD: ALL", self.name),
        );
        let sudoers =
            sudoers.mode(0o440).checked_by(&["visudo", "--check", "--quiet", "--file", "{}"]);
        let key = AuthorizedKey {
            user: self.name.clone(),
            key: self.public_key.clone(),
            file: self.keys_file.clone(),
        };
        resources.extend([user.into(), key.into(), sudoers.into()]);
        Ok(resources)
    }
}
