//! Renders the fixed text that the lab's programs read, from the templates in `seed/`.

use std::fmt::Write as _;

use serde::Serialize;

use crate::trouble::{Result, Tell};

/// Fills in a template; a name that ends with `.xml` gets its values escaped for XML.
pub(super) fn render<T: Serialize>(name: &str, template: &str, values: &T) -> Result<String> {
    let what = || format!("rendering {name}");
    let mut tera = tera::Tera::new();
    tera.add_raw_template(name, template).or_internal(what)?;
    let context = tera::Context::from_serialize(values).or_internal(what)?;
    tera.render(name, &context).or_internal(what)
}

/// A SHA-256 digest in hexadecimal.
pub(super) fn digest<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> String {
    use sha2::{Digest, Sha256};
    let mut hash = Sha256::new();
    for part in parts {
        // With the length, no two lists of parts look the same.
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.finalize().iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("writing to a string");
        hex
    })
}
