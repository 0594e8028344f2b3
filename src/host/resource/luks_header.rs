//! What the header of an encrypted device says: which slots are in use, and which of them clevis opens with what.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;

use super::{jose, luks::SIGNATURE, pin::Pin, signature::signature};
use crate::host::{
    fault::{Fault, Tried},
    machine::Machine,
    programs::Call,
};

/// The slot that Kayobe binds, and looks for later.
const SLOT: u32 = 3;

/// How many a header of LUKS 2 has.
const SLOTS: u32 = 32;

/// What a header says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Header {
    slots: BTreeSet<u32>,
    bindings: Vec<Binding>,
}

/// A slot whose key clevis can find.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Binding {
    slot: u32,
    /// `tang`, `tpm2`, `sss`
    word: String,
    settings: Value,
}

#[derive(Deserialize)]
struct Metadata {
    keyslots: BTreeMap<u32, Value>,
    tokens: BTreeMap<u32, Token>,
}

#[derive(Deserialize)]
struct Token {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    keyslots: Vec<String>,
    #[serde(default)]
    jwe: Value,
}

/// The header of a device; nothing where there is no encrypted one.
pub(super) fn header(machine: &Machine, device: &str) -> Result<Option<Header>, Fault> {
    if machine.node(device)?.is_none() || signature(machine, device)?.as_deref() != Some(SIGNATURE)
    {
        return Ok(None);
    }
    let words = ["luksDump", "--dump-json-metadata", device];
    let tried = || format!("reading the header of {device}");
    let hint = "Ymir binds devices of LUKS 2; `cryptsetup convert --type luks2` makes one of an older device";
    let said = machine.must(&Call::new("cryptsetup", words)).map_err(|fault| fault.hint(hint))?;
    let metadata: Metadata = serde_json::from_str(&said.stdout).tried(tried)?;
    Ok(Some(Header::of(metadata)))
}

impl Header {
    fn of(metadata: Metadata) -> Self {
        let bindings = metadata.tokens.into_values().filter_map(Token::binding).collect();
        Self { slots: metadata.keyslots.into_keys().collect(), bindings }
    }

    /// The slot that is bound to it.
    pub(super) fn bound_to(&self, pin: &Pin) -> Option<u32> {
        let own = self.bindings.iter().find(|known| pin.is_of(&known.word, &known.settings));
        own.map(|known| known.slot)
    }

    /// The slots that clevis can open.
    pub(super) fn bound(&self) -> Vec<u32> {
        self.bindings.iter().map(|known| known.slot).collect()
    }

    /// A binding of the same kind to something else, and where that is.
    pub(super) fn other(&self, pin: &Pin) -> Option<(u32, &str)> {
        let is_other =
            |known: &&Binding| known.word == pin.word() && !pin.is_of(&known.word, &known.settings);
        let other = self.bindings.iter().find(is_other)?;
        Some((other.slot, other.settings.get("url")?.as_str()?))
    }

    /// Whether a slot is in use that clevis does not know.
    pub(super) fn is_unknown(&self, slot: u32) -> bool {
        self.slots.contains(&slot) && !self.bound().contains(&slot)
    }

    /// The slot for a new binding.
    pub(super) fn free(&self) -> Option<u32> {
        std::iter::once(SLOT).chain(0..SLOTS).find(|slot| !self.slots.contains(slot))
    }

    /// The header without a slot.
    pub(super) fn without(mut self, slot: u32) -> Self {
        self.slots.remove(&slot);
        self
    }
}

impl Token {
    fn binding(self) -> Option<Binding> {
        let protected = jose::unpacked(self.jwe.get("protected")?.as_str()?)?;
        let clevis = protected.get("clevis").filter(|_| self.kind == "clevis")?;
        let word = clevis.get("pin")?.as_str()?.to_owned();
        let settings = clevis.get(&word).cloned().unwrap_or_default();
        Some(Binding { slot: self.keyslots.first()?.parse().ok()?, word, settings })
    }
}
