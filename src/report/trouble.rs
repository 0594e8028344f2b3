//! A trouble as text: what, why, where, what next.

use std::fmt::Write as _;

use super::write;
use crate::trouble::Trouble;

/// Prints to standard error.
pub fn print(trouble: &Trouble) {
    write::stderr(&text(trouble));
}

/// The same for what others go on in spite of.
pub fn warn(trouble: &Trouble) {
    write::stderr(&format!("warning: {}\n{}", trouble.what, body(trouble, "  ")));
}

/// `error: …`, then causes, places, the excerpt and hints, one line each.
pub fn text(trouble: &Trouble) -> String {
    let mut text = format!("error: {}\n", trouble.what);
    text.push_str(&body(trouble, "  "));
    text
}

/// Everything but the first line, indented.
pub fn body(trouble: &Trouble, indent: &str) -> String {
    let mut text = String::new();
    let mut line = |lines: &str| {
        for line in lines.lines() {
            writeln!(text, "{indent}{line}").expect("writing to a string");
        }
    };
    trouble.causes.iter().for_each(|cause| line(&format!("because: {cause}")));
    trouble.settings.iter().for_each(|setting| line(&format!("set by: {setting}")));
    if let Some(origin) = trouble.origin.as_ref().filter(|_| trouble.excerpt.is_none()) {
        line(&format!("at: {origin}"));
    }
    trouble.excerpt.iter().for_each(|excerpt| line(excerpt));
    trouble.hints.iter().for_each(|hint| line(&format!("hint: {hint}")));
    text
}
