//! The agent's files for the architectures of hosts, and their digests.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};

use crate::{
    host::record::digest,
    trouble::{Result, Tell, Trouble},
};

/// Architectures that there may be an agent for, as `uname -m` has them.
pub const ARCHITECTURES: [&str; 2] = ["x86_64", "aarch64"];

/// The kind of an ELF program header that names the program which loads libraries.
const INTERPRETER: usize = 3;

/// One agent, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binary {
    pub bytes: Vec<u8>,
    /// Hex SHA-256.
    pub digest: String,
}

/// The agents that are at hand, by architecture.
pub type Binaries = BTreeMap<&'static str, Binary>;

/// Finds the agents beside `ymir` itself, or in the directory that is named.
pub fn find(directory: Option<&Utf8Path>) -> Result<Binaries> {
    let beside = || -> Option<Utf8PathBuf> {
        let ymir = Utf8PathBuf::from_path_buf(std::env::current_exe().ok()?).ok()?;
        ymir.parent().map(Utf8PathBuf::from)
    };
    let directory = directory.map(Utf8PathBuf::from).or_else(beside).unwrap_or_default();
    let mut found = Binaries::new();
    for architecture in ARCHITECTURES {
        let path = directory.join(format!("ymir-agent-{architecture}"));
        if path.exists() {
            found.insert(architecture, read(&path)?);
        }
    }
    if found.is_empty() {
        return Err(Trouble::refused("finding the agent that is sent to the hosts")
            .because(format!("there is no ymir-agent-{} in {directory}", ARCHITECTURES[0]))
            .hint("`make agent` builds it beside ymir; YMIR_AGENT_DIR names another directory"));
    }
    Ok(found)
}

fn read(path: &Utf8Path) -> Result<Binary> {
    let bytes = std::fs::read(path).or_host(|| format!("reading the agent {path}"))?;
    let told = || Trouble::refused(format!("reading the agent {path}"));
    if needs_libraries(&bytes) {
        return Err(told()
            .because("it needs libraries, which a host may lack")
            .hint("`make agent` builds one that needs none"));
    }
    Ok(Binary { digest: digest(&bytes), bytes })
}

/// Whether an ELF file names an interpreter, as everything that is linked to libraries does.
fn needs_libraries(bytes: &[u8]) -> bool {
    let number = |at: usize, length: usize| {
        let field = bytes.get(at..at + length).unwrap_or_default();
        field.iter().rev().fold(0_usize, |number, byte| (number << 8) | usize::from(*byte))
    };
    if !bytes.starts_with(b"\x7fELF\x02\x01") {
        return true;
    }
    let (start, size, count) = (number(0x20, 8), number(0x36, 2), number(0x38, 2));
    (0..count).any(|index| number(start + index * size, 4) == INTERPRETER)
}
