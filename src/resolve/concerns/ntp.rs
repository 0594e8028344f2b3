//! What chrony is told, on hosts of the group `ntp`.

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use super::{Class, is_on};
use crate::{
    host::concern::{Chrony, Concern, Force, Ntp, Stratum},
    resolve::Reader,
    trouble::{Result, Trouble},
};

/// An item of `chrony_ntp_servers`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
struct Source {
    server: String,
    #[serde(default, rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    options: Vec<SourceOption>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
struct SourceOption {
    option: String,
    #[serde(default)]
    val: Option<Value>,
}

pub(super) fn read(reader: &Reader, _class: Class) -> Result<Option<Concern>> {
    let Some(members) = reader.variables.group("ntp") else {
        return Err(Trouble::refused("the site has no group `ntp`")
            .because("its hosts are those whose clock chrony keeps")
            .hint("add it to the inventory's groups; `[ntp]` without hosts below it keeps all clocks as they are"));
    };
    if !members.iter().any(|member| member == reader.host) {
        return Ok(Some(Ntp { chrony: None }.into()));
    }
    Ok(Some(Ntp { chrony: Some(chrony(reader)?) }.into()))
}

fn chrony(reader: &Reader) -> Result<Chrony> {
    let sources = or_else::<Vec<Source>>(reader, "chrony_ntp_servers", Vec::new)?;
    let words = |list: &[&str]| list.iter().map(|word| (*word).to_owned()).collect();
    Ok(Chrony {
        allow: or_else(reader, "chrony_allow_hosts", || {
            words(&["10/8", "192.168/16", "172.16/12"])
        })?,
        makestep: makestep(reader)?,
        dump_directory: or_else(reader, "chrony_dumpdir", || "/var/lib/chrony".into())?,
        local_stratum: local_stratum(reader)?,
        log: or_else(reader, "chrony_log", || words(&["tracking", "measurements", "statistics"]))?,
        log_directory: or_else(reader, "chrony_logdir", || "/var/log/chrony".into())?,
        max_update_skew: written(reader, "chrony_maxupdateskew", "100.0")?,
        rtcsync: is_on(reader, "chrony_rtcsync_enabled", true)?,
        sources: sources.iter().map(line).collect(),
        masked: or_else(reader, "ntp_service_disable_list", || {
            words(&["ntp.service", "systemd-timesyncd.service"])
        })?,
        force: force(reader)?,
    })
}

/// A source as chrony's file has it.
fn line(source: &Source) -> String {
    let kind = source.kind.as_deref().unwrap_or("server");
    let mut line = format!("{kind} {}", source.server);
    for SourceOption { option, val } in &source.options {
        line = format!("{line} {option}");
        if let Some(value) = val {
            line = format!("{line} {}", word(value));
        }
    }
    line
}

fn makestep(reader: &Reader) -> Result<Option<String>> {
    if !is_on(reader, "chrony_makestep_enabled", false)? {
        return Ok(None);
    }
    let threshold = written(reader, "chrony_makestep_threshold", "1.0")?;
    Ok(Some(format!("{threshold} {}", written(reader, "chrony_makestep_attempts", "3")?)))
}

/// 0 and null mean never, as does what is no number.
fn local_stratum(reader: &Reader) -> Result<Stratum> {
    if reader.variables.setting(reader.host, "chrony_local_stratum").is_none() {
        return Ok(Stratum::Unsaid);
    }
    let value = reader.get::<Value>("chrony_local_stratum")?.map(|found| found.value);
    let number = value.and_then(|value| word(&value).parse::<u32>().ok()).unwrap_or_default();
    Ok(if number == 0 { Stratum::Never } else { Stratum::At(number) })
}

fn force(reader: &Reader) -> Result<Option<Force>> {
    if !is_on(reader, "ntp_force_sync", false)? {
        return Ok(None);
    }
    let tries = reader.need::<u32>("chrony_waitsync_max_tries")?.value;
    let correction = written(reader, "chrony_waitsync_max_correction", "0.01")?;
    Ok(Some(Force { tries, correction }))
}

fn or_else<T: DeserializeOwned>(
    reader: &Reader,
    name: &str,
    default: impl FnOnce() -> T,
) -> Result<T> {
    Ok(reader.get::<T>(name)?.map_or_else(default, |found| found.value))
}

fn written(reader: &Reader, name: &str, default: &str) -> Result<String> {
    Ok(reader.get::<Value>(name)?.map_or_else(|| default.to_owned(), |found| word(&found.value)))
}

/// A value as a template writes it.
fn word(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_as_chrony_reads_them() {
        let table = [
            (r#"{"server": "a"}"#, "server a"),
            (r#"{"server": "a", "type": "peer"}"#, "peer a"),
            (
                r#"{"server": "p", "type": "pool", "options": [{"option": "iburst"}, {"option": "minpoll", "val": 8}]}"#,
                "pool p iburst minpoll 8",
            ),
        ];
        for (text, expected) in table {
            assert_eq!(line(&serde_json::from_str(text).unwrap()), expected);
        }
    }
}
