//! What is done about keys that stand twice in a map: Ansible's setting `duplicate_dict_key`.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

use super::{
    config::{Config, Name},
    yaml::Duplicate,
};
use crate::{
    origin::Origin,
    trouble::{Result, Trouble},
};

const SETTING: Name = ("ANSIBLE_DUPLICATE_YAML_DICT_KEY", "defaults", "duplicate_dict_key");

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Judgement {
    #[default]
    Ignore,
    Warn,
    Refuse,
}

/// Judges duplicates, and tells of each place once, however often its file is read.
#[derive(Debug, Default)]
pub struct Duplicates {
    judgement: Judgement,
    told: Mutex<BTreeSet<Origin>>,
}

impl Duplicates {
    /// As Ansible's settings have it.
    pub(super) fn of(config: &Config) -> Result<Self> {
        let judgement = match config.value(SETTING).as_deref() {
            None | Some("warn") => Judgement::Warn,
            Some("ignore") => Judgement::Ignore,
            Some("error") => Judgement::Refuse,
            Some(other) => {
                let (variable, _, key) = SETTING;
                return Err(Trouble::refused(format!("following Ansible's setting `{key}`"))
                    .because(format!("it is `{other}` in {}", config.place(SETTING)))
                    .hint(format!("set `{key}` or {variable} to `warn`, `error` or `ignore`")));
            }
        };
        Ok(Self { judgement, told: Mutex::default() })
    }

    /// Refuses the first of them, or warns of all; no key of a secret file is shown.
    pub(super) fn judge(&self, duplicates: &[Duplicate], secret: bool) -> Result<()> {
        match (self.judgement, duplicates.first()) {
            (Judgement::Refuse, Some(first)) => Err(refused(first, secret)),
            (Judgement::Warn, Some(_)) => {
                for duplicate in duplicates {
                    self.warn(duplicate, secret);
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn warn(&self, duplicate: &Duplicate, secret: bool) {
        let again = &duplicate.again;
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.insert(again.clone()) {
            let (key, first) = (key(duplicate, secret), &duplicate.first);
            tracing::warn!(
                "{again}: {key} stands here for the second time: this value counts, not that of {first}"
            );
        }
    }
}

fn key(duplicate: &Duplicate, secret: bool) -> String {
    if secret { "a key".to_owned() } else { format!("the key `{}`", duplicate.key) }
}

fn refused(duplicate: &Duplicate, secret: bool) -> Trouble {
    let Duplicate { first, again, .. } = duplicate;
    Trouble::refused(format!("reading {}", again.file))
        .because(format!("{} stands here for the second time", key(duplicate, secret)))
        .at(again)
        .hint(format!(
            "remove it, or what is said at {first}; without `duplicate_dict_key = error` it is only warned of"
        ))
}
