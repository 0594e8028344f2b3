//! `dnf_*`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{Class, filled, is_on, sealed_at, truth};
use crate::{
    ansible::python_str,
    host::concern::{Concern, Dnf, DnfRepository, Mirror},
    origin::{Setting, Sourced},
    resolve::Reader,
    secret::names_secret,
    trouble::{Result, Trouble},
};

const CUSTOM: &str = "dnf_custom_repos";

/// The arguments that Kayobe passes on, but for those that are no options of the file.
const OPTIONS: [&str; 20] = [
    "baseurl",
    "cost",
    "enabled",
    "exclude",
    "gpgcakey",
    "gpgcheck",
    "gpgkey",
    "includepkgs",
    "metadata_expire",
    "metalink",
    "mirrorlist",
    "mirrorlist_expire",
    "password",
    "priority",
    "proxy",
    "proxy_password",
    "proxy_username",
    "repo_gpgcheck",
    "sslverify",
    "username",
];
const TRUTHS: [&str; 4] = ["enabled", "gpgcheck", "repo_gpgcheck", "sslverify"];
const LINES: [&str; 2] = ["baseurl", "gpgkey"];
const WORDS: [&str; 2] = ["exclude", "includepkgs"];
/// A repository needs one of them.
const ADDRESSES: [&str; 3] = ["baseurl", "mirrorlist", "metalink"];
const UPGRADES: [&str; 2] = ["default", "security"];

pub(super) fn read(reader: &Reader, _class: Class) -> Result<Option<Concern>> {
    let config = reader.get::<Map<String, Value>>("dnf_config")?;
    let config = config.map_or_else(Map::new, |found| found.value);
    let (secret, open): (Vec<_>, Vec<_>) = config.iter().partition(|(name, _)| names_secret(name));
    let repositories = repositories(reader)?;
    Ok(Some(
        Dnf {
            config: open
                .into_iter()
                .map(|(name, value)| (name.clone(), python_str(value)))
                .collect(),
            secret_config: secret
                .into_iter()
                .map(|(name, _)| (name.clone(), sealed_at(reader, "dnf_config", &[name])))
                .collect(),
            mirror: is_on(reader, "dnf_use_local_mirror", false)?
                .then(|| mirror(reader))
                .transpose()?,
            epel: is_on(reader, "dnf_install_epel", false)?,
            states: states(reader, &repositories)?,
            repositories,
            automatic: automatic(reader)?,
        }
        .into(),
    ))
}

fn mirror(reader: &Reader) -> Result<Mirror> {
    let place = |name: &str| {
        let part = |part: &str| reader.need::<String>(&format!("dnf_{name}_mirror_{part}"));
        Ok(format!("{}/{}", part("host")?.value, part("directory")?.value))
    };
    Ok(Mirror { rocky: place("rocky")?, epel: place("epel")? })
}

fn repositories(reader: &Reader) -> Result<Vec<DnfRepository>> {
    let Some(found) = reader.get::<Map<String, Value>>(CUSTOM)? else { return Ok(Vec::new()) };
    let one = |(id, value): (&String, &Value)| {
        let read = || {
            let Value::Object(arguments) = value else { return Err("it is no map".to_owned()) };
            repository(reader, id, arguments)
        };
        read().map_err(|why| refused(reader, &found, id, &why))
    };
    found.value.iter().map(one).collect()
}

fn refused(reader: &Reader, found: &Sourced<Map<String, Value>>, id: &str, why: &str) -> Trouble {
    Trouble::refused(format!("{}: the repository `{id}` of `{CUSTOM}`", reader.host))
        .because(why)
        .set_by(&found.setting)
}

/// What Ansible's module makes of such arguments.
fn repository(
    reader: &Reader,
    id: &str,
    arguments: &Map<String, Value>,
) -> std::result::Result<DnfRepository, String> {
    let given = |name: &str| arguments.get(name).filter(|value| !value.is_null());
    let file = given("file").map_or_else(|| id.to_owned(), python_str);
    for name in [id, &file] {
        if name.is_empty() || name.starts_with('.') || name.contains(['/', '\0', '\n', ']']) {
            return Err(format!("`{name}` is no name of a repository or its file"));
        }
    }
    let repository =
        |options, secrets| DnfRepository { id: id.into(), file: file.clone(), options, secrets };
    match given("state").map(python_str).as_deref() {
        None | Some("present") => {}
        Some("absent") => return Ok(repository(None, BTreeMap::new())),
        Some(other) => {
            return Err(format!("its state is `{other}`; repositories are present or absent"));
        }
    }
    if !ADDRESSES.iter().any(|name| given(name).is_some()) {
        return Err(format!("it has none of {}", ADDRESSES.join(", ")));
    }
    let description = given("description").map(python_str);
    let description = description.unwrap_or_else(|| format!("{id} repository"));
    let mut options = BTreeMap::from([("name".to_owned(), description)]);
    let mut secrets = BTreeMap::new();
    for name in OPTIONS {
        let Some(value) = given(name) else { continue };
        if names_secret(name) {
            secrets.insert(name.into(), sealed_at(reader, CUSTOM, &[id, name]));
        } else {
            options.insert(name.into(), spelled(name, value));
        }
    }
    Ok(repository(Some(options), secrets))
}

fn spelled(name: &str, value: &Value) -> String {
    let several = |between: &str| {
        let items = value.as_array().map(|items| items.iter().map(python_str).collect::<Vec<_>>());
        items
            .unwrap_or_else(|| python_str(value).split(',').map(|one| one.trim().into()).collect())
            .join(between)
    };
    if TRUTHS.contains(&name) {
        u8::from(truth(value)).to_string()
    } else if LINES.contains(&name) {
        several("\n")
    } else if WORDS.contains(&name) {
        several(" ")
    } else {
        python_str(value)
    }
}

/// Repositories of the site's own say themselves whether they are enabled.
fn states(reader: &Reader, own: &[DnfRepository]) -> Result<BTreeMap<String, bool>> {
    const NAME: &str = "dnf_repo_state_overrides";
    let Some(found) = reader.get::<BTreeMap<String, String>>(NAME)? else {
        return Ok(BTreeMap::new());
    };
    let state = |(id, state): (&String, &String)| match state.as_str() {
        "enabled" => Ok((id.clone(), true)),
        "disabled" => Ok((id.clone(), false)),
        other => Err(wrong_word(reader, NAME, other, &["enabled", "disabled"], &found.setting)),
    };
    let others = found.value.iter().filter(|(id, _)| own.iter().all(|one| one.id != **id));
    others.map(state).collect()
}

fn automatic(reader: &Reader) -> Result<Option<String>> {
    const NAME: &str = "dnf_automatic_upgrade_type";
    if !is_on(reader, "dnf_automatic_enabled", false)? {
        return Ok(None);
    }
    let Some(kind) = filled(reader, NAME)? else { return Ok(Some("security".into())) };
    if UPGRADES.contains(&kind.value.as_str()) {
        return Ok(Some(kind.value));
    }
    Err(wrong_word(reader, NAME, &kind.value, &UPGRADES, &kind.setting))
}

fn wrong_word(reader: &Reader, name: &str, word: &str, known: &[&str], by: &Setting) -> Trouble {
    Trouble::refused(format!("{}: `{name}` says `{word}`", reader.host))
        .because(format!("it can be {}", known.join(" or ")))
        .set_by(by)
}
