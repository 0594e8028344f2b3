//! `users`, `users_deleted`, `groups_to_create`, with the defaults of the role that Kayobe uses.

use serde::Deserialize;
use serde_json::Value;

use super::{Class, filled, is_on, sealed_at};
use crate::{
    host::concern::{Account, Concern, Deleted, NamedGroup, Users},
    resolve::Reader,
    trouble::Result,
};

#[derive(Deserialize)]
struct UserEntry {
    username: String,
    name: Option<String>,
    uid: Option<u32>,
    gid: Option<u32>,
    group: Option<String>,
    groups: Option<Vec<String>>,
    append: Option<Value>,
    shell: Option<String>,
    home: Option<String>,
    password: Option<Value>,
    update_password: Option<String>,
    generate_ssh_key: Option<Value>,
    #[serde(default)]
    ssh_key: Vec<String>,
    profile: Option<String>,
}

#[derive(Deserialize)]
struct GroupEntry {
    name: String,
    gid: Option<u32>,
}

#[derive(Deserialize)]
struct DeletedEntry {
    username: String,
    remove: Option<Value>,
    force: Option<Value>,
}

pub(super) fn read(reader: &Reader, _class: Class) -> Result<Option<Concern>> {
    let per_user = is_on(reader, "users_create_per_user_group", true)?;
    let entries = reader.get::<Vec<UserEntry>>("users")?.map_or_else(Vec::new, |users| users.value);
    let groups = reader.get::<Vec<GroupEntry>>("groups_to_create")?;
    let mut groups: Vec<NamedGroup> = groups
        .map_or_else(Vec::new, |groups| groups.value)
        .into_iter()
        .map(|group| NamedGroup { name: group.name, gid: group.gid })
        .collect();
    let own = entries.iter().filter(|entry| per_user && entry.group.is_none());
    groups.extend(
        own.map(|entry| NamedGroup { name: entry.username.clone(), gid: entry.gid.or(entry.uid) }),
    );
    let mut users = Vec::new();
    for (index, entry) in entries.into_iter().enumerate() {
        users.push(account(reader, index, entry, per_user)?);
    }
    let deleted =
        reader.get::<Vec<DeletedEntry>>("users_deleted")?.map_or_else(Vec::new, |gone| gone.value);
    let is_on = |value: &Option<Value>| value.as_ref().is_some_and(super::truth);
    let gone = |entry: DeletedEntry| Deleted {
        with_home: is_on(&entry.remove),
        force: is_on(&entry.force),
        name: entry.username,
    };
    let deleted = deleted.into_iter().map(gone).collect();
    Ok(Some(Users { groups, users, deleted, keys_file: keys_file(reader)? }.into()))
}

/// Where keys stand that let users in, below their homes, if that is not the usual file. Kayobe makes all accounts with
/// the role that has this variable.
pub(super) fn keys_file(reader: &Reader) -> Result<Option<String>> {
    let file = filled(reader, "authorized_keys_file")?.map(|file| file.value);
    Ok(file.filter(|file| file != ".ssh/authorized_keys"))
}

fn account(reader: &Reader, index: usize, entry: UserEntry, per_user: bool) -> Result<Account> {
    let or = |value: Option<String>, variable: &str, default: &str| {
        Ok(match value {
            Some(value) => value,
            None => {
                filled(reader, variable)?.map_or_else(|| default.to_owned(), |found| found.value)
            }
        })
    };
    let group = match entry.group {
        Some(group) => group,
        None if per_user => entry.username.clone(),
        None => or(None, "users_group", "users")?,
    };
    Ok(Account {
        comment: entry.name.unwrap_or_default(),
        uid: entry.uid,
        group,
        groups: entry.groups.unwrap_or_default(),
        append: entry.append.as_ref().is_some_and(super::truth),
        shell: or(entry.shell, "users_default_shell", "/bin/bash")?,
        home: entry.home.unwrap_or_else(|| format!("/home/{}", entry.username)),
        create_home: is_on(reader, "users_create_homedirs", true)?,
        password: entry
            .password
            .map(|_| sealed_at(reader, "users", &[&index.to_string(), "password"])),
        keep_password: entry.update_password.as_deref() == Some("on_create"),
        key_pair: entry.generate_ssh_key.as_ref().is_some_and(super::truth),
        keys: entry.ssh_key,
        profile: entry.profile,
        name: entry.username,
    })
}
