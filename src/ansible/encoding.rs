//! Bytes as text: what is not UTF-8 is refused with its place.

use std::sync::Arc;

use super::yaml;
use crate::{
    origin::Origin,
    trouble::{Result, Trouble},
};

/// The text of a file.
pub(super) fn text(bytes: Vec<u8>, file: &Arc<str>) -> Result<String> {
    String::from_utf8(bytes).map_err(|error| {
        let (bytes, valid) = (error.as_bytes(), error.utf8_error().valid_up_to());
        let origin = place(&bytes[..valid], file);
        let byte = bytes.get(valid).copied().unwrap_or_default();
        let trouble = Trouble::refused(format!("reading {file}"))
            .because(format!("the byte 0x{byte:02x} is not UTF-8 text"))
            .at(&origin)
            .hint("save the file as UTF-8");
        // Laying out the lines of a huge file takes long.
        if bytes.len() > yaml::FILE_BYTES {
            return trouble;
        }
        trouble.excerpt(yaml::excerpt(&String::from_utf8_lossy(bytes), &origin, "here"))
    })
}

/// Where the text ends that could be read.
fn place(before: &[u8], file: &Arc<str>) -> Origin {
    let before = String::from_utf8_lossy(before);
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX - 1) + 1;
    let line = before.rsplit('\n').next().unwrap_or_default();
    Origin::at(file, count(before.matches('\n').count()), count(line.chars().count()))
}
