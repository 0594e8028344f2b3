//! Where the parts of a BMC's description are: keys of `ironic_driver_info`, or variables of their own.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    super::{Reader, nodes},
    complete,
};
use crate::{
    model::node::Node,
    origin::Sourced,
    secret::SecretRef,
    trouble::{Result, Trouble},
};

const INFO: &str = "ironic_driver_info";

/// The protocol that a description is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Redfish,
    Ipmi,
}

/// What the keys of Ironic's hardware types begin with, and what the BMC speaks. A Dell, HPE, Fujitsu or Huawei machine
/// that is registered with its maker's own hardware type speaks Redfish at the same address.
const PREFIXES: &[(&str, Kind)] = &[
    ("redfish", Kind::Redfish),
    ("ipmi", Kind::Ipmi),
    ("drac", Kind::Redfish),
    ("ilo", Kind::Redfish),
    ("irmc", Kind::Redfish),
    ("ibmc", Kind::Redfish),
];

/// The description of one host's BMC.
pub(super) enum Source<'r> {
    Info {
        reader: Reader<'r>,
        node: Box<Node>,
        info: BTreeMap<String, Value>,
        prefix: &'static str,
        kind: Kind,
    },
    Variables {
        reader: Reader<'r>,
        kind: Kind,
    },
}

impl<'r> Source<'r> {
    /// Refuses a host whose description names no BMC that Ymir can speak to.
    pub(super) fn of(reader: &Reader<'r>) -> Result<Self> {
        if reader.get::<String>("ironic_driver")?.is_some() {
            return Self::of_node(reader);
        }
        let kinds = [("redfish_address", Kind::Redfish), ("ipmi_address", Kind::Ipmi)];
        for (name, kind) in kinds {
            if reader.get::<String>(name)?.is_some_and(|address| !address.value.trim().is_empty()) {
                return Ok(Self::Variables { reader: *reader, kind });
            }
        }
        Err(super::no_address(reader))
    }

    fn of_node(reader: &Reader<'r>) -> Result<Self> {
        let node = nodes::node(reader)?;
        let info =
            reader.get::<BTreeMap<String, Value>>(INFO)?.map(|info| info.value).unwrap_or_default();
        let has = |prefix: &str| {
            info.get(&format!("{prefix}_address")).is_some_and(|value| !value.is_null())
        };
        // A driver looks at no keys but its own, whatever others stand beside them.
        let own = complete::prefixes(&node.driver.value);
        let known = PREFIXES.iter().find(|(prefix, _)| own.contains(prefix) && has(prefix));
        let Some(&(prefix, kind)) = known else {
            return Err(Trouble::refused(format!(
                "{}: its BMC is none that Ymir can speak to",
                reader.host
            ))
            .because(format!("the driver {} is for neither Redfish nor IPMI", node.driver.value))
            .set_by(&node.driver.setting)
            .hint("leave the host out with --limit"));
        };
        Ok(Self::Info { reader: *reader, node: Box::new(node), info, prefix, kind })
    }

    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Info { kind, .. } | Self::Variables { kind, .. } => *kind,
        }
    }

    /// A part that is no secret; null and empty text count as absent.
    pub(super) fn value(&self, end: &str) -> Result<Option<Sourced<Value>>> {
        let found = match self {
            Self::Info { node, info, prefix, .. } => {
                let key = format!("{prefix}_{end}");
                info.get(&key)
                    .map(|value| Sourced { value: value.clone(), setting: setting(node, &key) })
            }
            Self::Variables { reader, .. } => match self.variable(end) {
                Some(name) => reader.get::<Value>(name)?,
                None => None,
            },
        };
        let filled = |found: &Sourced<Value>| match &found.value {
            Value::Null => false,
            Value::String(text) => !text.trim().is_empty(),
            _ => true,
        };
        Ok(found.filter(filled))
    }

    /// A part that is text.
    pub(super) fn text(&self, end: &str) -> Result<Option<Sourced<String>>> {
        let Some(Sourced { value, setting }) = self.value(end)? else { return Ok(None) };
        match value {
            Value::String(text) => Ok(Some(Sourced { value: text.trim().to_owned(), setting })),
            Value::Number(number) => Ok(Some(Sourced { value: number.to_string(), setting })),
            other => {
                Err(Trouble::refused(format!("{}: reading the {end} of its BMC", self.host()))
                    .because(format!("expected text, found {other}"))
                    .set_by(&setting))
            }
        }
    }

    /// Where a part is found that must not be seen.
    pub(super) fn secret(&self, end: &str) -> Result<Option<Sourced<SecretRef>>> {
        let found = self.value(end)?;
        Ok(found.map(|found| {
            let value = match self {
                Self::Info { reader, prefix, .. } => {
                    SecretRef::of(reader.host, INFO, &[&format!("{prefix}_{end}")])
                }
                Self::Variables { reader, .. } => {
                    SecretRef::of(reader.host, self.variable(end).unwrap_or(end), &[])
                }
            };
            Sourced { value, setting: found.setting }
        }))
    }

    /// The variable that holds a part where there is no `ironic_driver_info`: the login is the one that Kayobe's
    /// inspection rules give to nodes.
    fn variable(&self, end: &str) -> Option<&'static str> {
        match (self.kind(), end) {
            (Kind::Redfish, "address") => Some("redfish_address"),
            (Kind::Redfish, "username") => Some("inspector_redfish_username"),
            (Kind::Redfish, "password") => Some("inspector_redfish_password"),
            (Kind::Redfish, "verify_ca") => Some("inspector_rule_var_redfish_verify_ca"),
            (Kind::Ipmi, "address") => Some("ipmi_address"),
            (Kind::Ipmi, "username") => Some("ipmi_username"),
            (Kind::Ipmi, "password") => Some("ipmi_password"),
            _ => None,
        }
    }

    fn host(&self) -> &str {
        match self {
            Self::Info { reader, .. } | Self::Variables { reader, .. } => reader.host,
        }
    }
}

fn setting(node: &Node, key: &str) -> crate::origin::Setting {
    node.key_settings.get(key).unwrap_or(&node.info_setting).clone()
}
