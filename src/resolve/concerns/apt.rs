//! `apt_*`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::{Class, filled, is_on, sealed_at};
use crate::{
    host::concern::{Apt, AptLogin, Concern, Key, Repository, Snippet},
    resolve::Reader,
    trouble::Result,
};

#[derive(Deserialize)]
struct SnippetEntry {
    content: String,
    filename: String,
}

#[derive(Deserialize)]
struct KeyEntry {
    url: String,
    filename: String,
}

#[derive(Deserialize)]
struct RepositoryEntry {
    name: Option<String>,
    types: Option<String>,
    url: String,
    suites: Option<String>,
    components: Option<String>,
    signed_by: Option<String>,
    architecture: Option<String>,
    trusted: Option<Value>,
}

#[derive(Deserialize)]
struct LoginEntry {
    machine: String,
    login: String,
    filename: String,
}

pub(super) fn read(reader: &Reader, _class: Class) -> Result<Option<Concern>> {
    let proxy = |name: &str| Ok(filled(reader, name)?.map(|_| sealed_at(reader, name, &[])));
    Ok(Some(
        Apt {
            proxy_http: proxy("apt_proxy_http")?,
            proxy_https: proxy("apt_proxy_https")?,
            config: snippets(reader, "apt_config")?,
            keys: keys(reader)?,
            keys_path: filled(reader, "apt_keys_path")?
                .map_or_else(|| "/etc/apt/keyrings".into(), |path| path.value),
            repositories: repositories(reader)?,
            preferences: snippets(reader, "apt_preferences")?,
            logins: logins(reader)?,
            disables_sources_list: is_on(reader, "apt_disable_sources_list", false)?,
            managed: managed(reader)?,
        }
        .into(),
    ))
}

/// What the files of Kayobe's own roles begin with.
fn managed(reader: &Reader) -> Result<String> {
    Ok(filled(reader, "kayobe_managed")?
        .map_or_else(|| "Ansible managed".into(), |text| text.value))
}

fn snippets(reader: &Reader, variable: &str) -> Result<Vec<Snippet>> {
    let entries =
        reader.get::<Vec<SnippetEntry>>(variable)?.map_or_else(Vec::new, |found| found.value);
    let one = |entry: SnippetEntry| Snippet { name: entry.filename, content: entry.content };
    Ok(entries.into_iter().map(one).collect())
}

fn keys(reader: &Reader) -> Result<Vec<Key>> {
    let entries =
        reader.get::<Vec<KeyEntry>>("apt_keys")?.map_or_else(Vec::new, |found| found.value);
    Ok(entries.into_iter().map(|entry| Key { name: entry.filename, url: entry.url }).collect())
}

fn repositories(reader: &Reader) -> Result<BTreeMap<String, Vec<Repository>>> {
    let entries = reader.get::<Vec<RepositoryEntry>>("apt_repositories")?;
    let mut by_file: BTreeMap<String, Vec<Repository>> = BTreeMap::new();
    for entry in entries.map_or_else(Vec::new, |found| found.value) {
        let file = entry.name.unwrap_or_else(|| "kayobe".into());
        by_file.entry(file).or_default().push(Repository {
            types: entry.types.unwrap_or_else(|| "deb".into()),
            url: entry.url,
            suites: entry.suites,
            components: entry.components.unwrap_or_else(|| "main".into()),
            signed_by: entry.signed_by,
            architecture: entry.architecture,
            trusted: entry.trusted.as_ref().map(super::truth),
        });
    }
    Ok(by_file)
}

fn logins(reader: &Reader) -> Result<Vec<AptLogin>> {
    let entries =
        reader.get::<Vec<LoginEntry>>("apt_auth")?.map_or_else(Vec::new, |found| found.value);
    let one = |(index, entry): (usize, LoginEntry)| AptLogin {
        name: entry.filename,
        machine: entry.machine,
        login: entry.login,
        password: sealed_at(reader, "apt_auth", &[&index.to_string(), "password"]),
    };
    Ok(entries.into_iter().enumerate().map(one).collect())
}
