//! What went wrong, told to a person: what was tried, why it failed, which setting is at fault, and what to do next.

use std::{error::Error, fmt};

use serde::{Deserialize, Serialize};

use crate::origin::{Origin, Setting};

pub type Result<T, E = Trouble> = std::result::Result<T, E>;

/// Decides the exit code and says who has to act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The command line is wrong (exit code 2).
    Usage,
    /// The configuration or the plan is refused; nothing was changed (exit code 3).
    Refused,
    /// Something out there failed; other hosts may be done (exit code 4).
    Host,
    /// The operator stopped it (exit code 130).
    Interrupted,
    /// A fault of Ymir's own (exit code 1).
    Internal,
}

/// An error for people. Build it with a constructor and the chained methods below:
///
/// ```
/// # use ymir::trouble::Trouble;
/// let trouble = Trouble::host("bm1: switching the power on")
///     .because("the BMC at http://10.0.0.1 refused the connection")
///     .hint("check that the BMC is reachable from the seed");
/// assert_eq!(trouble.causes, ["the BMC at http://10.0.0.1 refused the connection"]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Trouble(Box<Details>);

/// The parts of a [`Trouble`]; reports decide how they are laid out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Details {
    pub kind: Kind,
    /// What was tried, with its object: `deploying debian-12 to bm1`.
    pub what: String,
    /// Why it failed, outermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<String>,
    /// The settings at fault, the most likely first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub settings: Vec<Setting>,
    /// Where in a file the fault is, when it is not a variable's value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// Lines of the file with a mark under the fault, ready to print.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub excerpt: Option<String>,
    /// What to do next.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hints: Vec<String>,
}

impl Trouble {
    pub fn new(kind: Kind, what: impl Into<String>) -> Self {
        Self(Box::new(Details {
            kind,
            what: what.into(),
            causes: Vec::new(),
            settings: Vec::new(),
            origin: None,
            excerpt: None,
            hints: Vec::new(),
        }))
    }

    pub fn usage(what: impl Into<String>) -> Self {
        Self::new(Kind::Usage, what)
    }

    pub fn refused(what: impl Into<String>) -> Self {
        Self::new(Kind::Refused, what)
    }

    pub fn host(what: impl Into<String>) -> Self {
        Self::new(Kind::Host, what)
    }

    pub fn internal(what: impl Into<String>) -> Self {
        Self::new(Kind::Internal, what)
    }

    /// Adds the next deeper cause.
    #[must_use]
    pub fn because(mut self, cause: impl fmt::Display) -> Self {
        self.0.causes.push(cause.to_string());
        self
    }

    /// Adds an error and everything it stems from as causes.
    #[must_use]
    pub fn caused_by(mut self, error: &dyn Error) -> Self {
        self.0.causes.push(error.to_string());
        let mut source = error.source();
        while let Some(deeper) = source {
            let text = deeper.to_string();
            if !self.0.causes.iter().any(|known| known.contains(&text)) {
                self.0.causes.push(text);
            }
            source = deeper.source();
        }
        self
    }

    /// Wraps this trouble: `what` is what was tried, this one becomes its causes.
    #[must_use]
    pub fn while_trying(mut self, what: impl Into<String>) -> Self {
        let before = std::mem::replace(&mut self.0.what, what.into());
        self.0.causes.insert(0, before);
        self
    }

    /// Names a setting at fault.
    #[must_use]
    pub fn set_by(mut self, setting: &Setting) -> Self {
        self.0.settings.push(setting.clone());
        self
    }

    /// Names the place of the fault.
    #[must_use]
    pub fn at(mut self, origin: &Origin) -> Self {
        self.0.origin = Some(origin.clone());
        self
    }

    /// Shows the lines of the fault.
    #[must_use]
    pub fn excerpt(mut self, excerpt: impl Into<String>) -> Self {
        self.0.excerpt = Some(excerpt.into());
        self
    }

    /// Says what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hints.push(hint.into());
        self
    }

    pub fn details(&self) -> &Details {
        &self.0
    }
}

impl std::ops::Deref for Trouble {
    type Target = Details;

    fn deref(&self) -> &Details {
        &self.0
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        self.causes.iter().try_for_each(|cause| write!(f, ": {cause}"))
    }
}

impl Error for Trouble {}

/// Turns a library's error into a trouble with the words for what was tried.
pub trait Tell<T> {
    /// On failure: something out there went wrong while `what`.
    fn or_host(self, what: impl FnOnce() -> String) -> Result<T>;
    /// On failure: the configuration or plan is refused while `what`.
    fn or_refused(self, what: impl FnOnce() -> String) -> Result<T>;
    /// On failure: Ymir itself failed while `what` (its own state files, its own data).
    fn or_internal(self, what: impl FnOnce() -> String) -> Result<T>;
}

impl<T, E: Error> Tell<T> for std::result::Result<T, E> {
    fn or_host(self, what: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|error| Trouble::host(what()).caused_by(&error))
    }

    fn or_refused(self, what: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|error| Trouble::refused(what()).caused_by(&error))
    }

    fn or_internal(self, what: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|error| Trouble::internal(what()).caused_by(&error))
    }
}
