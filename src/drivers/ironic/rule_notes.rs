//! What was sent of inspection rules that Ironic does not show: a digest, kept on the control host together with the time
//! at which Ironic says that the rule was changed last. Only when both are still the same, the rule holds what was sent.

use std::{collections::BTreeMap, io::Read};

use camino::Utf8Path;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::{
    drivers::tree,
    trouble::{Result, Tell},
};

/// Only the operator may read the notes.
const MODE: u32 = 0o600;

/// Makes guessing a password from its digest slow.
const ROUNDS: u32 = 100_000;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Note {
    salt: String,
    digest: String,
    changed_at: String,
}

/// By the UUIDs of rules.
type Notes = BTreeMap<String, Note>;

/// Whether the rule with this UUID, changed last at this time, holds this.
pub(super) fn is_noted(
    file: &Utf8Path,
    uuid: &str,
    changed_at: &str,
    rule: &Value,
) -> Result<bool> {
    let note = notes(file)?.remove(uuid).filter(|note| note.changed_at == changed_at);
    Ok(note.is_some_and(|note| digest(&note.salt, rule) == note.digest))
}

/// Notes what was sent.
pub(super) fn note(file: &Utf8Path, uuid: &str, changed_at: &str, rule: &Value) -> Result<()> {
    let mut notes = notes(file)?;
    let salt = salt()?;
    let digest = digest(&salt, rule);
    notes.insert(uuid.to_owned(), Note { salt, digest, changed_at: changed_at.to_owned() });
    let text = serde_json::to_vec_pretty(&notes).or_internal(|| format!("writing {file}"))?;
    tree::put(file, &text, MODE)
}

/// A file that cannot be understood counts as empty: the rules are sent anew.
fn notes(file: &Utf8Path) -> Result<Notes> {
    match std::fs::read(file) {
        Ok(bytes) => Ok(serde_json::from_slice(&bytes).unwrap_or_default()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Notes::new()),
        Err(error) => Err(error).or_host(|| format!("reading {file}")),
    }
}

fn salt() -> Result<String> {
    let told = || "reading random numbers".to_owned();
    let mut bytes = [0; 16];
    std::fs::File::open("/dev/urandom").or_host(told)?.read_exact(&mut bytes).or_host(told)?;
    Ok(hex(&bytes))
}

fn digest(salt: &str, rule: &Value) -> String {
    let mut digest = Sha256::digest(format!("{salt}{rule}"));
    for _ in 1..ROUNDS {
        digest = Sha256::digest(digest);
    }
    hex(&digest)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use serde_json::json;

    use super::*;

    #[test]
    fn a_rule_is_known_by_what_it_holds_and_when_it_was_changed() {
        let dir = tempfile::tempdir().unwrap();
        let file = camino::Utf8PathBuf::try_from(dir.path().join("notes.json")).unwrap();
        let rule = json!({ "value": "hunter2" });
        assert!(!is_noted(&file, "1", "noon", &rule).unwrap());
        note(&file, "1", "noon", &rule).unwrap();
        note(&file, "2", "noon", &rule).unwrap();
        assert!(is_noted(&file, "1", "noon", &rule).unwrap());
        assert!(!is_noted(&file, "1", "later", &rule).unwrap());
        assert!(!is_noted(&file, "1", "noon", &json!({ "value": "hunter3" })).unwrap());
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(!text.contains("hunter"));
        let all = notes(&file).unwrap();
        assert_ne!(all["1"].digest, all["2"].digest, "each has its own salt");
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::write(&file, "{").unwrap();
        assert!(!is_noted(&file, "1", "noon", &rule).unwrap());
    }
}
