//! The site's own accounts and groups.

use serde::{Deserialize, Serialize};

use super::{Host, Topic};
use crate::host::{
    fault::Fault,
    resource::{AuthorizedKey, Block, Gone, Group, KeyPair, Resource, User},
    sealed::Sealed,
};

/// `users`, `users_deleted` and `groups_to_create`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Users {
    pub groups: Vec<NamedGroup>,
    pub users: Vec<Account>,
    pub deleted: Vec<Deleted>,
    /// `authorized_keys_file`, where it is not the usual one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys_file: Option<String>,
}

/// A group, with its number if the site says one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NamedGroup {
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gid: Option<u32>,
}

/// An account as the site wants it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of an account by itself")]
pub struct Account {
    pub name: String,
    pub comment: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<u32>,
    /// The primary group.
    pub group: String,
    /// All further groups; an empty list takes the account out of all.
    pub groups: Vec<String>,
    pub append: bool,
    pub shell: String,
    pub home: String,
    pub create_home: bool,
    /// `None` for a password that fits nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<Sealed>,
    pub keep_password: bool,
    /// `generate_ssh_key`
    pub key_pair: bool,
    pub keys: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
}

/// An account that must be gone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Deleted {
    pub name: String,
    /// `remove`: the site wants the home gone, too.
    pub with_home: bool,
    /// Also while somebody is logged in with it.
    pub force: bool,
}

impl Topic for Users {
    fn resources(&self, host: &Host) -> Result<Vec<Resource>, Fault> {
        let group = |group: &NamedGroup| {
            Resource::from(Group { name: group.name.clone(), gid: group.gid, system: false })
        };
        let mut resources: Vec<Resource> = self.groups.iter().map(group).collect();
        for account in &self.users {
            resources.push(user(account).into());
            if account.key_pair {
                let (user, host) = (account.name.clone(), host.facts.hostname.clone());
                resources.push(KeyPair { user, host }.into());
            }
            let keys = account.keys.iter().map(|key| AuthorizedKey {
                user: account.name.clone(),
                key: key.clone(),
                file: self.keys_file.clone(),
            });
            resources.extend(keys.map(Resource::from));
            if let Some(profile) = &account.profile {
                let content = format!("{}\n", profile.trim_end_matches('\n'));
                let (path, marker) =
                    (format!("{}/.profile", account.home), "ANSIBLE MANAGED BLOCK".into());
                resources.push(Block { path, marker, content, keep_empty: false }.into());
            }
        }
        resources.extend(self.deleted.iter().map(|gone| {
            let Deleted { name, with_home, force } = gone.clone();
            Gone { user: name, with_home, force }.into()
        }));
        Ok(resources)
    }
}

fn user(account: &Account) -> User {
    let password = account.password.as_ref().map_or("!", Sealed::reveal);
    User {
        name: account.name.clone(),
        uid: account.uid,
        group: Some(account.group.clone()),
        groups: Some(account.groups.clone()),
        append: account.append,
        comment: Some(account.comment.clone()),
        home: Some(account.home.clone()),
        shell: Some(account.shell.clone()),
        create_home: account.create_home,
        password: Some(password.to_owned()),
        keep_password: account.keep_password,
        system: false,
    }
}
