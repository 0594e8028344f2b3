//! `bios_config` and `raid_config`: how a host's firmware and its RAID controller are to be set.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::Reader;
use crate::{
    model::raid::Volume,
    origin::{Setting, Sourced},
    trouble::{Result, Trouble},
};

const BIOS: &str = "bios_config";
const RAID: &str = "raid_config";
const AS_LIST: &str = "write a list with a map for each volume, as in `- raid_level: 1`";

/// What Ironic takes of a volume beside what Kayobe knows, under Ironic's own names.
const MORE: [&str; 5] = [
    "is_root_volume",
    "share_physical_disks",
    "disk_type",
    "interface_type",
    "number_of_physical_disks",
];

/// BIOS settings by name; `None` if the site says nothing of them.
pub fn bios(reader: &Reader) -> Result<Option<Sourced<BTreeMap<String, Value>>>> {
    let found = reader.get::<BTreeMap<String, Value>>(BIOS)?;
    let Some(found) = found.filter(|found| !found.value.is_empty()) else { return Ok(None) };
    let refused = |why: String| Trouble::refused(why).set_by(&found.setting);
    if reader.variables.is_secret(reader.host, BIOS) {
        return Err(refused(format!("{}: `{BIOS}` holds a secret", reader.host))
            .because("Ironic shows the BIOS settings of a node to all who may look at it")
            .hint("set passwords of the BIOS with the vendor's tool"));
    }
    let wrong = found
        .value
        .iter()
        .find(|(_, value)| !(value.is_string() || value.is_number() || value.is_boolean()));
    if let Some((name, value)) = wrong {
        return Err(refused(format!("{}: BIOS setting `{name}`", reader.host))
            .because(format!("expected a text, a number, true or false, found {value}")));
    }
    Ok(Some(found))
}

/// RAID volumes; `None` if the site says nothing of them.
pub fn raid(reader: &Reader) -> Result<Option<Sourced<Vec<Volume>>>> {
    let found = reader.get::<Vec<Value>>(RAID).map_err(|trouble| trouble.hint(AS_LIST))?;
    let Some(Sourced { value, setting }) = found.filter(|found| !found.value.is_empty()) else {
        return Ok(None);
    };
    let volumes = value.iter().enumerate().map(|(at, given)| {
        Given::of(reader.host, at + 1, given, &setting).and_then(|given| given.volume())
    });
    Ok(Some(Sourced { value: volumes.collect::<Result<_>>()?, setting }))
}

/// One entry of `raid_config`.
struct Given<'a> {
    host: &'a str,
    number: usize,
    keys: &'a Map<String, Value>,
    setting: &'a Setting,
}

fn wrong(host: &str, number: usize, setting: &Setting, why: String) -> Trouble {
    Trouble::refused(format!("{host}: volume {number} of `{RAID}`")).because(why).set_by(setting)
}

impl<'a> Given<'a> {
    fn of(host: &'a str, number: usize, given: &'a Value, setting: &'a Setting) -> Result<Self> {
        let keys = given.as_object().ok_or_else(|| {
            wrong(host, number, setting, format!("expected a map, found {given}")).hint(AS_LIST)
        })?;
        Ok(Self { host, number, keys, setting })
    }

    fn volume(&self) -> Result<Volume> {
        self.check_keys()?;
        let disks = self.disks()?;
        self.check_spans(disks.len())?;
        let controller = match self.text("controller")? {
            Some(controller) => Some(controller),
            None => self.controller_of(&disks)?,
        };
        let more =
            MORE.iter().filter_map(|key| Some(((*key).to_owned(), self.keys.get(*key)?.clone())));
        Ok(Volume {
            name: self.text("name")?,
            level: self.level()?,
            size_gb: self.size()?,
            disks,
            controller,
            more: more.collect(),
        })
    }

    fn wrong(&self, why: impl Into<String>) -> Trouble {
        wrong(self.host, self.number, self.setting, why.into())
    }

    fn check_keys(&self) -> Result<()> {
        const KNOWN: [&str; 7] =
            ["name", "raid_level", "span_length", "span_depth", "pdisks", "size_gb", "controller"];
        let unknown =
            |key: &&String| !KNOWN.contains(&key.as_str()) && !MORE.contains(&key.as_str());
        match self.keys.keys().find(unknown) {
            None => Ok(()),
            Some(key) => Err(self.wrong(format!("there is no key `{key}`")).hint(format!(
                "it takes {} and {}",
                KNOWN.join(", "),
                MORE.join(", ")
            ))),
        }
    }

    fn text(&self, key: &str) -> Result<Option<String>> {
        match self.keys.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(other) => Err(self.wrong(format!("`{key}`: expected a text, found {other}"))),
        }
    }

    fn number(&self, key: &str) -> Result<Option<u64>> {
        match self.keys.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => {
                let text = value.as_str().and_then(|text| text.parse().ok());
                let found = value.as_u64().or(text);
                found.map(Some).ok_or_else(|| {
                    self.wrong(format!("`{key}`: expected a whole number, found {value}"))
                })
            }
        }
    }

    /// Kayobe's users write 10 for what Ironic calls `1+0`.
    fn level(&self) -> Result<String> {
        let given = match self.keys.get("raid_level") {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            _ => return Err(self.wrong("it needs a `raid_level`")),
        };
        let known = match given.as_str() {
            "0" | "1" | "2" | "5" | "6" | "JBOD" | "1+0" | "5+0" | "6+0" => given.as_str(),
            "10" => "1+0",
            "50" => "5+0",
            "60" => "6+0",
            _ => {
                return Err(self
                    .wrong(format!("there is no RAID level `{given}`"))
                    .hint("levels are 0, 1, 2, 5, 6, 10, 50, 60 and JBOD"));
            }
        };
        Ok(known.to_owned())
    }

    fn size(&self) -> Result<Option<u64>> {
        if self.keys.get("size_gb").is_some_and(|size| size == "MAX") {
            return Ok(None);
        }
        self.number("size_gb")
    }

    fn disks(&self) -> Result<Vec<String>> {
        let wrong = || self.wrong("`pdisks`: expected a list of the controller's names of disks");
        match self.keys.get("pdisks") {
            None | Some(Value::Null) => Ok(Vec::new()),
            Some(Value::Array(disks)) => {
                let text = |disk: &Value| disk.as_str().map(str::to_owned);
                disks.iter().map(text).collect::<Option<_>>().ok_or_else(wrong)
            }
            Some(_) => Err(wrong()),
        }
    }

    /// Ironic lays disks into spans by itself, so spans only have to fit.
    fn check_spans(&self, disks: usize) -> Result<()> {
        let (Some(length), Some(depth)) = (self.number("span_length")?, self.number("span_depth")?)
        else {
            return Ok(());
        };
        let wanted = length.saturating_mul(depth);
        if disks == 0 || usize::try_from(wanted).is_ok_and(|wanted| wanted == disks) {
            return Ok(());
        }
        Err(self.wrong(format!(
            "{depth} spans of {length} disks need {wanted} disks, and `pdisks` has {disks}"
        )))
    }

    /// Dell's names of disks end with that of their controller, which Ironic wants to know when disks are named.
    fn controller_of(&self, disks: &[String]) -> Result<Option<String>> {
        let mut ends = disks.iter().map(|disk| disk.rsplit_once(':').map(|(_, end)| end));
        let Some(first) = ends.next() else { return Ok(None) };
        match first.filter(|first| ends.all(|end| end == Some(*first))) {
            Some(controller) => Ok(Some(controller.to_owned())),
            None => Err(self
                .wrong("Ironic takes names of disks only together with that of their controller")
                .hint("add `controller`, as the BMC calls it")),
        }
    }
}

#[cfg(test)]
#[path = "bios_raid_tests.rs"]
mod tests;
