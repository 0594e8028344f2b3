//! `fail2ban_enabled` and its jails.

use serde::Deserialize;
use serde_json::Value;

use super::{Class, filled, is_on};
use crate::{
    host::concern::{Concern, Fail2ban, JailOption, Jails},
    resolve::Reader,
    trouble::{Result, Trouble},
};

const LEVELS: [&str; 6] = ["CRITICAL", "ERROR", "WARNING", "NOTICE", "INFO", "DEBUG"];

#[derive(Deserialize)]
struct Item {
    option: String,
    value: Value,
    section: String,
}

pub(super) fn read(reader: &Reader, _class: Class) -> Result<Option<Concern>> {
    if !is_on(reader, "fail2ban_enabled", false)? {
        return Ok(Some(Fail2ban { jails: None }.into()));
    }
    let mut daemon = vec![
        option("Definition", "loglevel", level(reader)?),
        option("Definition", "logtarget", text(reader, "logtarget", "/var/log/fail2ban.log")?),
    ];
    daemon.extend(items(reader, "fail2ban_configuration")?);
    let ignored = reader.get::<Vec<String>>("fail2ban_ignoreips")?;
    let ignored = ignored.map_or_else(|| "127.0.0.1/8 ::1".into(), |list| list.value.join(" "));
    let mut jails = vec![
        option("DEFAULT", "ignoreself", text(reader, "ignoreself", "true")?),
        option("DEFAULT", "ignoreip", ignored),
    ];
    for (name, default) in [
        ("bantime", "600"),
        ("findtime", "600"),
        ("maxretry", "5"),
        ("destemail", "root@localhost"),
    ] {
        jails.push(option("DEFAULT", name, text(reader, name, default)?));
    }
    jails.extend(items(reader, "fail2ban_jail_configuration")?);
    let sender = filled(reader, "fail2ban_sender")?.map(|sender| sender.value);
    Ok(Some(Fail2ban { jails: Some(Jails { daemon, jails, sender }) }.into()))
}

fn level(reader: &Reader) -> Result<String> {
    let Some(level) = filled(reader, "fail2ban_loglevel")? else { return Ok("INFO".into()) };
    if LEVELS.contains(&level.value.as_str()) {
        return Ok(level.value);
    }
    Err(Trouble::refused(format!("{}: `fail2ban_loglevel` is `{}`", reader.host, level.value))
        .because(format!("fail2ban knows {}", LEVELS.join(", ")))
        .set_by(&level.setting))
}

fn items(reader: &Reader, name: &str) -> Result<Vec<JailOption>> {
    let found = reader.get::<Vec<Item>>(name)?.map_or_else(Vec::new, |found| found.value);
    Ok(found
        .into_iter()
        .map(|item| option(&item.section, &item.option, word(&item.value)))
        .collect())
}

fn option(section: &str, name: &str, value: String) -> JailOption {
    JailOption { section: section.into(), option: name.into(), value }
}

fn text(reader: &Reader, name: &str, default: &str) -> Result<String> {
    let found = reader.get::<Value>(&format!("fail2ban_{name}"))?;
    Ok(found.map_or_else(|| default.to_owned(), |found| word(&found.value)))
}

fn word(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
