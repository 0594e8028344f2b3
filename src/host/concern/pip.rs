//! Where Python packages come from.

use serde::{Deserialize, Serialize};

use super::{Host, Topic};
use crate::host::{
    accounts,
    fault::Fault,
    resource::{Directory, File, Resource},
    sealed::Sealed,
};

/// The `pip_*` variables, for the homes of some users.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pip {
    pub users: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index_url: Option<Sealed>,
    pub trusted_hosts: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy: Option<Sealed>,
}

/// The same for the user that Kolla-Ansible logs in with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KollaPip(pub Pip);

impl Topic for KollaPip {
    fn resources(&self, host: &Host) -> Result<Vec<Resource>, Fault> {
        self.0.resources(host)
    }
}

impl Topic for Pip {
    fn resources(&self, host: &Host) -> Result<Vec<Resource>, Fault> {
        let mut resources = Vec::new();
        for user in &self.users {
            // A user whom an earlier topic has not made yet gets its files when it is there.
            let Some(account) = accounts::account(host.machine, user)? else { continue };
            let (uid, gid) = (account.uid.to_string(), account.gid.to_string());
            let file = |name: &str, text: String| {
                let path = format!("{}/{name}", account.home);
                let mut file = File::new(path, text).owned(&uid, &gid).secret();
                file.access.mode = None;
                Resource::from(file)
            };
            let mut directory =
                Directory::new(format!("{}/.pip", account.home)).access(&uid, &gid, 0);
            directory.access.mode = None;
            resources.push(directory.into());
            resources.push(file(".pip/pip.conf", self.global()));
            if let Some(url) = &self.index_url {
                resources.push(file(
                    ".pydistutils.cfg",
                    format!("[easy_install]\nindex-url = {}\n", url.reveal()),
                ));
            }
        }
        Ok(resources)
    }
}

impl Pip {
    /// With Kayobe's blanks at the end of the list of hosts.
    fn global(&self) -> String {
        let index = self.index_url.as_ref().map(|url| format!("index-url = {}\n", url.reveal()));
        let proxy = self.proxy.as_ref().map(|proxy| format!("proxy = {}\n", proxy.reveal()));
        // Behind the blanks a proxy would be one more host.
        let blanks = if proxy.is_some() { "" } else { "  " };
        let listed = self.trusted_hosts.iter().flat_map(|host| ["  ", host, "\n"]);
        let listed: String = listed.collect();
        let hosts = (!listed.is_empty()).then(|| format!("trusted-host =\n{listed}{blanks}"));
        ["[global]\n".to_owned()].into_iter().chain(index).chain(hosts).chain(proxy).collect()
    }
}
