//! What a check says.

use serde::Serialize;

use crate::{origin::Origin, trouble::Trouble};

/// How bad it is. A command that is given a configuration with errors fails or does something else than is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    Error,
    Warning,
    Hint,
}

/// Every code that a note may have. A code is for ever; `docs/validate.md` explains it.
pub const CODES: &[&str] = &[
    "address-in-pool",
    "address-outside-network",
    "duplicate-address",
    "duplicate-key",
    "empty",
    "empty-range",
    "evaluation",
    "fqdn",
    "gateway-in-pool",
    "gateway-of-host",
    "gateway-outside-network",
    "host-without-group",
    "merged",
    "missing-key",
    "no-interface",
    "pool-outside-network",
    "pool-reversed",
    "pools-overlap",
    "reserved-address",
    "type",
    "undefined",
    "unknown-group",
    "unknown-host",
    "unknown-key",
    "unknown-network",
    "unknown-release",
    "unknown-timezone",
    "unknown-variable",
    "unreachable",
    "unread-file",
    "unreadable",
    "vault",
    "vip-in-pool",
    "vip-of-gateway",
    "vip-of-host",
    "vip-outside-network",
];

/// In the message about a vault that cannot be opened.
pub(super) const VAULT: &str = "vault text";

/// Another place that belongs to a note.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Also {
    /// What is there.
    pub what: String,
    pub origin: Origin,
}

/// Something that a check found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Note {
    /// First, so that notes sort by place.
    pub origin: Option<Origin>,
    pub severity: Severity,
    /// One of [`CODES`].
    pub code: &'static str,
    pub message: String,
    /// Other places that belong to it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<Also>,
    /// The hosts that it is about, if not all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Lines of a file that cannot be read, with a mark.
    #[serde(skip)]
    pub excerpt: Option<String>,
    /// Lines of the file may be shown.
    #[serde(skip)]
    pub open: bool,
}

impl Note {
    pub fn new(severity: Severity, code: &'static str, message: impl Into<String>) -> Self {
        debug_assert!(CODES.contains(&code), "give `{code}` a place among the codes");
        Self {
            origin: None,
            severity,
            code,
            message: message.into(),
            also: Vec::new(),
            hosts: Vec::new(),
            hint: None,
            excerpt: None,
            open: true,
        }
    }

    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, message)
    }

    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, message)
    }

    /// A trouble as a note: reading a file stopped there, or its vault stays shut.
    pub fn of_trouble(trouble: &Trouble) -> Self {
        let code = if trouble.to_string().contains(VAULT) { "vault" } else { "unreadable" };
        Self::of_trouble_as(code, trouble)
    }

    /// A trouble as a note with this code.
    pub fn of_trouble_as(code: &'static str, trouble: &Trouble) -> Self {
        let mut note = Self::error(code, trouble.to_string());
        let setting = || trouble.settings.first().map(|setting| setting.origin.clone());
        note.origin = trouble.origin.clone().or_else(setting);
        note.hint = trouble.hints.first().cloned();
        note.excerpt.clone_from(&trouble.excerpt);
        note
    }

    #[must_use]
    pub fn at(mut self, origin: &Origin) -> Self {
        self.origin = Some(origin.clone());
        self
    }

    #[must_use]
    pub fn also(mut self, what: impl Into<String>, origin: &Origin) -> Self {
        self.also.push(Also { what: what.into(), origin: origin.clone() });
        self
    }

    #[must_use]
    pub fn hosts(mut self, hosts: impl IntoIterator<Item = String>) -> Self {
        self.hosts.extend(hosts);
        self
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Shows no lines of the file: they may hold a secret.
    #[must_use]
    pub fn closed(mut self, closed: bool) -> Self {
        self.open &= !closed;
        self
    }
}
