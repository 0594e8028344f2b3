//! What Kolla-Ansible needs to find on a host: its account, and packages.

use serde::{Deserialize, Serialize};

use super::{Host, Topic};
use crate::host::{
    facts::Family,
    fault::Fault,
    resource::{AuthorizedKey, File, Group, Packages, Resource, User},
};

/// `kolla_ansible_user`; nothing where Kolla-Ansible does not come to the host, or the site makes the account itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KollaUser {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<KollaAccount>,
}

/// The account that Kolla-Ansible logs in as.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KollaAccount {
    pub name: String,
    pub group: String,
    /// A line of `authorized_keys`.
    pub public_key: String,
    /// `authorized_keys_file`, where it is not the usual one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys_file: Option<String>,
    pub in_docker_group: bool,
}

/// Packages beside the container engine, and those that would be in its way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KollaPackages {
    pub multipath: bool,
}

impl Topic for KollaUser {
    fn resources(&self, _host: &Host) -> Result<Vec<Resource>, Fault> {
        Ok(self.account.as_ref().map(KollaAccount::resources).unwrap_or_default())
    }
}

impl KollaAccount {
    fn resources(&self) -> Vec<Resource> {
        let docker = self.in_docker_group.then(|| "docker".to_owned());
        let groups: Vec<String> = docker.into_iter().chain(["sudo".to_owned()]).collect();
        let made = groups.iter().chain([&self.group]).map(|name| Group::new(name.clone()).into());
        let mut resources: Vec<Resource> = made.collect();
        let user = User {
            name: self.name.clone(),
            group: Some(self.group.clone()),
            groups: Some(groups),
            append: true,
            shell: Some("/bin/bash".into()),
            create_home: true,
            ..User::default()
        };
        let text = format!("{} ALL=(ALL) NOPASSWD: ALL", self.name);
        let sudoers = File::new("/etc/sudoers.d/kolla-ansible-users", text).mode(0o640);
        let sudoers = sudoers.checked_by(&["visudo", "--check", "--quiet", "--file", "{}"]);
        let key = AuthorizedKey {
            user: self.name.clone(),
            key: self.public_key.clone(),
            file: self.keys_file.clone(),
        };
        resources.extend([user.into(), key.into(), sudoers.into()]);
        resources
    }
}

impl Topic for KollaPackages {
    fn resources(&self, host: &Host) -> Result<Vec<Resource>, Fault> {
        let kernel = format!("kernel-modules-extra-{}", host.facts.kernel);
        let (mut wanted, unwanted): (Vec<&str>, &[&str]) = match host.facts.family {
            Family::Debian => {
                (vec!["git", "iputils-ping", "tzdata"], &["lxd", "lxc", "open-iscsi"])
            }
            Family::RedHat => (vec!["git", "iputils", &kernel, "sudo"], &[]),
        };
        if self.multipath && host.facts.family == Family::Debian {
            wanted.push("sg3-utils-udev");
        }
        Ok(vec![
            Packages::installed(wanted).into(),
            Packages::absent(unwanted.iter().copied()).into(),
        ])
    }
}
