//! SHA-256 of files. Nothing is remembered: what counts is what is on the disk now.

use std::{
    fs::File,
    io::{Read, Write as _},
};

use camino::Utf8Path;
use sha2::{Digest, Sha256};

use crate::trouble::{Result, Tell};

/// Hex SHA-256 of a file.
pub(super) fn sha256(path: &Utf8Path) -> Result<String> {
    let telling = || format!("reading {path}");
    let mut file = File::open(path).or_host(telling)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        let read = file.read(&mut buffer).or_host(telling)?;
        if read == 0 {
            break;
        }
        hasher.update(&buffer[..read]);
    }
    Ok(hex(&hasher.finalize()))
}

/// Small hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}

/// The line that `sha256sum` writes and checks.
pub(super) fn line(sum: &str, file: &str) -> String {
    format!("{sum}  {file}\n")
}

/// Writes a file and waits until it is on the disk.
pub(super) fn write(path: &Utf8Path, bytes: &[u8]) -> Result<()> {
    let telling = || format!("writing {path}");
    let mut file = File::create(path).or_host(telling)?;
    file.write_all(bytes).or_host(telling)?;
    file.sync_all().or_host(telling)
}
