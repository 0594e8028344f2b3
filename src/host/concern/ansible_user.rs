//! The account that Ymir and Ansible log in with, who may become root, and the Python that Ansible's modules need.

use serde::{Deserialize, Serialize};

use super::{Host, Topic};
use crate::host::{
    facts::Family,
    fault::Fault,
    resource::{AuthorizedKey, File, Group, Packages, Resource, User},
};

/// The account, its key, and its right to become root.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AnsibleUser {
    pub name: String,
    /// A line of `authorized_keys`.
    pub public_key: String,
    /// In the group `docker`, on hosts whose containers Docker runs.
    pub in_docker_group: bool,
}

impl Topic for AnsibleUser {
    fn resources(&self, host: &Host) -> Result<Vec<Resource>, Fault> {
        let python = match host.facts.family {
            Family::Debian => "python3-minimal",
            Family::RedHat => "python3",
        };
        let mut resources = vec![Packages::installed([python]).into()];
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
        let key = AuthorizedKey { user: self.name.clone(), key: self.public_key.clone() };
        resources.extend([user.into(), key.into(), sudoers.into()]);
        Ok(resources)
    }
}
