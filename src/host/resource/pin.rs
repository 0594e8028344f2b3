//! What clevis opens encrypted devices with: a tang server that the site trusts, or the host's TPM.

use std::{collections::BTreeSet, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::jose;
use crate::host::{fault::Fault, machine::Machine, programs::Call};

/// The chip, as the kernel shares it among programs; only chips of TPM 2.0 have it.
const CHIP: &str = "/dev/tpmrm0";

/// Seconds after which a server is given up that says nothing.
const PATIENCE: &str = "20";

/// What clevis does may take several tries of slots, each as slow as the host made them.
pub(super) const LIMIT: Duration = Duration::from_mins(10);

/// What opens a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "pin", rename_all = "snake_case")]
pub enum Pin {
    Tang(Tang),
    Tpm2,
}

/// A tang server, and the keys that it has to have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tang {
    pub url: String,
    /// What the server said of its keys when somebody trusted it: signed, and no secret.
    pub advertisement: Value,
}

impl Tang {
    /// The server, if the text is what such a server says of its keys.
    pub fn trusted(url: String, text: &str) -> Option<Self> {
        let advertisement = serde_json::from_str(text).ok()?;
        let tang = Self { url, advertisement };
        let is_for = |operation| tang.keys().iter().any(|key| jose::is_for(key, operation));
        (is_for("verify") && is_for("deriveKey")).then_some(tang)
    }

    fn keys(&self) -> Vec<Value> {
        let payload = self.advertisement.get("payload").and_then(Value::as_str);
        keys(payload.and_then(jose::unpacked).as_ref())
    }

    /// The thumbprints of the keys that sign what it says.
    fn signers(&self) -> Vec<String> {
        self.keys()
            .iter()
            .filter(|key| jose::is_for(key, "verify"))
            .filter_map(jose::thumbprint)
            .collect()
    }

    /// Whether the server answers, and has a key that the site trusts.
    fn is_reached(&self, machine: &Machine) -> Result<(), Fault> {
        let tried = || Fault::new(format!("asking the tang server {} for its keys", self.url));
        let signers = self.signers();
        for thumbprint in &signers {
            let url = format!("{}/adv/{thumbprint}", self.url.trim_end_matches('/'));
            let words = ["--silent", "--show-error", "--globoff", "--max-time", PATIENCE];
            let also = ["--output", "/dev/null", "--write-out", "%{http_code}", &url];
            let said = machine.run(&Call::new("curl", words).also(also))?;
            match (said.code, said.stdout.trim()) {
                (0, "200") => return Ok(()),
                (0, "404") => {}
                (0, code) => return Err(tried().because(format!("it answers with {code}")).hint(
                    "does `tang_server` name a tang server, or a proxy in front of one?",
                )),
                _ => return Err(tried().because(said.stderr.trim()).hint(
                    "the host itself must reach it: see `tang_server`, the server, and firewalls between them",
                )),
            }
        }
        Err(tried()
            .because(format!(
                "it has no signing key with the thumbprint {}, which is that of `tang_adv`",
                signers.join(" or ")
            ))
            .hint("another server answers there, or its keys are gone: compare with `tang-show-keys` on the server, and trust \
                   no new advertisement unseen"))
    }

    /// Whether a binding was made to this server and to one of these keys.
    fn is_of(&self, binding: &Value) -> bool {
        let url = binding.get("url").and_then(Value::as_str);
        let thumbprints =
            |keys: Vec<Value>| keys.iter().filter_map(jose::thumbprint).collect::<BTreeSet<_>>();
        let (own, known) = (thumbprints(self.keys()), thumbprints(keys(binding.get("adv"))));
        url.map(address) == Some(address(&self.url)) && !own.is_disjoint(&known)
    }
}

fn keys(set: Option<&Value>) -> Vec<Value> {
    set.and_then(|set| set.get("keys")?.as_array().cloned()).unwrap_or_default()
}

/// As curl understands it.
fn address(url: &str) -> &str {
    url.trim_start_matches("http://").trim_end_matches('/')
}

impl Pin {
    /// Clevis's word for it.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Tang(_) => "tang",
            Self::Tpm2 => "tpm2",
        }
    }

    /// For people.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Tang(tang) => format!("the tang server {}", tang.url),
            Self::Tpm2 => "the TPM of the host".into(),
        }
    }

    /// What clevis is told when it binds.
    pub(super) fn settings(&self) -> String {
        match self {
            Self::Tang(Tang { url, advertisement }) => json!({"url": url, "adv": advertisement}),
            Self::Tpm2 => json!({}),
        }
        .to_string()
    }

    /// Whether what a token says is a binding to this.
    pub(super) fn is_of(&self, word: &str, binding: &Value) -> bool {
        match self {
            Self::Tang(tang) => word == self.word() && tang.is_of(binding),
            Self::Tpm2 => word == self.word(),
        }
    }

    /// Whether the host can make use of it now.
    pub(super) fn is_reached(&self, machine: &Machine) -> Result<(), Fault> {
        match self {
            Self::Tang(tang) => tang.is_reached(machine),
            Self::Tpm2 if machine.node(CHIP)?.is_some() => Ok(()),
            Self::Tpm2 => Err(Fault::new("looking for the TPM of the host")
                .because(format!("there is no {CHIP}, which a TPM 2.0 has"))
                .hint("switch the TPM on in the machine's firmware, or take another `mode` in `luks_devices`")),
        }
    }
}

#[cfg(test)]
#[path = "pin_tests.rs"]
mod tests;
