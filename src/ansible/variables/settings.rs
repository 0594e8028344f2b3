//! The settings in `ansible.cfg` that change what variables there are.

use camino::Utf8Path;

use crate::{ansible::files::Files, trouble::Result};

/// Whether gathered facts become variables of their own, which is so unless `inject_facts_as_vars` says no.
pub(super) fn facts_are_variables(files: &Files, base: &Utf8Path) -> Result<bool> {
    let Some(text) = files.text(&base.join("ansible.cfg"))? else { return Ok(true) };
    let value = setting(&text.content, "defaults", "inject_facts_as_vars");
    let no =
        |value: &str| matches!(&*value.to_lowercase(), "false" | "no" | "off" | "0" | "n" | "f");
    Ok(!value.is_some_and(no))
}

/// The last value of a key in a section of an INI file.
fn setting<'a>(text: &'a str, section: &str, key: &str) -> Option<&'a str> {
    let mut here = false;
    let mut found = None;
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            here = name == section;
        }
        let Some((name, value)) = line.split_once(['=', ':']) else { continue };
        if here && name.trim().eq_ignore_ascii_case(key) {
            let value = value.split(" ;").next().unwrap_or_default();
            found = Some(value.trim());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::setting;

    #[test]
    fn a_setting_is_found_in_its_section() {
        let text = "[other]\nkey = no\n[defaults]\n# key = 1\nKey: False ; why\nlist = a=b\n";
        let table = [("key", Some("False")), ("list", Some("a=b")), ("none", None)];
        for (key, expected) in table {
            assert_eq!(setting(text, "defaults", key), expected, "{key}");
        }
    }
}
