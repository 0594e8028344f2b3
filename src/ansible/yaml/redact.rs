//! Takes secrets out of lines of configuration that a message shows. The text may be broken YAML or an INI inventory,
//! so this knows lines and names only, and rather hides too much.

use crate::secret::{MASK, names_secret};

/// The lines of a text with stars in place of what may be a secret; each keeps its indentation.
pub(super) fn lines(text: &str) -> Vec<String> {
    let mut redactor = Redactor { below: None, in_key: false };
    text.lines().map(|line| redactor.line(line)).collect()
}

struct Redactor {
    /// Where the key of a secret began, as long as lines may belong to its value.
    below: Option<usize>,
    /// Between the first and the last line of a private key.
    in_key: bool,
}

impl Redactor {
    fn line(&mut self, line: &str) -> String {
        let content = line.trim_start();
        let indentation = line.len() - content.len();
        let stars = || format!("{}{MASK}", &line[..indentation]);
        if content.is_empty() {
            return line.to_owned();
        }
        if content.contains("PRIVATE KEY-----") {
            self.in_key = content.contains("BEGIN ");
            return stars();
        }
        let list_item = content.starts_with("- ");
        let belongs = |below: usize| indentation > below || (indentation == below && list_item);
        if self.in_key || self.below.is_some_and(belongs) {
            return stars();
        }
        let value = secret_value(line);
        self.below = value.map(|_| indentation + if list_item { 2 } else { 0 });
        match value.filter(|value| !names_others(&line[*value..])) {
            Some(value) => format!("{}{MASK}", &line[..value]),
            None => without_login(line),
        }
    }
}

/// Where the first value begins whose name says that it is a secret; it may be empty.
fn secret_value(line: &str) -> Option<usize> {
    let mut separators = line.match_indices([':', '=']).map(|(at, _)| at);
    let separator = separators.find(|at| {
        let name = line[..*at].trim_end().trim_end_matches(['"', '\'']);
        let letter = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
        names_secret(name.rsplit(|c| !letter(c)).next().unwrap_or_default())
    })?;
    let rest = &line[separator + 1..];
    Some(separator + 1 + rest.len() - rest.trim_start().len())
}

/// Whether a value is nothing, or a template that only names other variables: that shows no secret, but often the fault.
fn names_others(value: &str) -> bool {
    let value = value.trim().trim_matches(['"', '\'']);
    let harmless = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '|' | ' ');
    let inside = value.strip_prefix("{{").and_then(|value| value.strip_suffix("}}"));
    value.is_empty() || inside.is_some_and(|inside| inside.chars().all(harmless))
}

/// The line without the user and password of a URL.
fn without_login(line: &str) -> String {
    let Some((scheme, rest)) = line.split_once("://") else { return line.to_owned() };
    let host = rest.find(['/', ' ', '"', '\'']).unwrap_or(rest.len());
    match rest[..host].rfind('@') {
        Some(at) => format!("{scheme}://{MASK}{}", &rest[at..]),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::lines;

    #[test]
    fn what_may_be_a_secret_is_stars() {
        let table = [
            ("name: value", "name: value"),
            ("bmc_password: hunter2", "bmc_password: ******"),
            ("  \"auth_token\" : \"x\"", "  \"auth_token\" : ******"),
            ("- {user: me, password: hunter2}", "- {user: me, password: ******"),
            ("bm1 rack=1 ipmi_password=hunter2 x=y", "bm1 rack=1 ipmi_password=******"),
            ("# bmc_password: hunter2", "# bmc_password: ******"),
            ("passwords:\n  root: a\n- b\nnext: c", "passwords:\n  ******\n******\nnext: c"),
            ("secret: |\n  a\n\n  b\nnext: c", "secret: ******\n  ******\n\n  ******\nnext: c"),
            ("- token: a\n  user: b", "- token: ******\n  user: b"),
            (
                "password: \"{{ vault_password | trim }}\"",
                "password: \"{{ vault_password | trim }}\"",
            ),
            ("password: \"{{ 'a' | hash }}\"", "password: ******"),
            ("url: http://me:hunter2@host/x", "url: http://******@host/x"),
            (
                "key: |\n  -----BEGIN PRIVATE KEY-----\n  abc\n  -----END PRIVATE KEY-----\nb: c",
                "key: |\n  ******\n  ******\n  ******\nb: c",
            ),
        ];
        for (text, expected) in table {
            assert_eq!(lines(text).join("\n"), expected);
        }
    }
}
