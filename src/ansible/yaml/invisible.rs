//! Characters that look like a space or like nothing, where YAML wants a space: the line looks right, and is not.

use super::{Arc, Origin};

/// Such characters and what they are called.
const CHARACTERS: &[(char, &str)] = &[
    ('\u{a0}', "no-break space"),
    ('\u{ad}', "soft hyphen"),
    ('\u{2007}', "figure space"),
    ('\u{2009}', "thin space"),
    ('\u{200a}', "hair space"),
    ('\u{200b}', "zero-width space"),
    ('\u{200c}', "zero-width non-joiner"),
    ('\u{200d}', "zero-width joiner"),
    ('\u{202f}', "narrow no-break space"),
    ('\u{2060}', "word joiner"),
    ('\u{3000}', "ideographic space"),
    ('\u{feff}', "byte order mark"),
];
/// A fault shows at the latest on the line after.
const LINES: usize = 2;

/// What to say of such a character on the line of a fault or the one before, if there is one where it matters.
pub(super) fn hint(text: &str, fault: &Origin) -> Option<String> {
    let last = usize::try_from(fault.line).ok()?;
    let lines = text.lines().enumerate().take(last).skip(last.saturating_sub(LINES));
    lines.into_iter().find_map(|(index, line)| {
        // A file may begin with a byte order mark.
        let line = if index == 0 { line.trim_start_matches('\u{feff}') } else { line };
        let (column, name, code) = found(line)?;
        let file = Arc::clone(&fault.file);
        let place = Origin { file, line: u32::try_from(index + 1).ok()?, column };
        Some(format!(
            "at {place} stands a {name} (U+{code:04X}), which cannot be seen: write a space instead"
        ))
    })
}

/// What to do about the control character at which a fault is.
pub(super) fn control(text: &str, fault: &Origin) -> Option<String> {
    let before = |number: u32| usize::try_from(number).ok()?.checked_sub(1);
    let line = text.lines().nth(before(fault.line)?)?;
    let c = line.chars().skip(before(fault.column)?).find(|c| c.is_control() && *c != '\t')?;
    let code = u32::from(c);
    Some(format!(
        "remove the character, or write its number between double quotes: `\\x{code:02x}`"
    ))
}

/// The first one that begins a line or follows on a colon or a dash.
fn found(line: &str) -> Option<(u32, &'static str, u32)> {
    let known = |c: char| CHARACTERS.iter().find(|(character, _)| *character == c);
    line.char_indices().zip(1..).find_map(|((at, c), column)| {
        let (_, name) = known(c)?;
        let before = line[..at].trim_end_matches(|c: char| c == ' ' || known(c).is_some());
        let matters = before.is_empty() || before.ends_with([':', '-']);
        matters.then_some((column, *name, u32::from(c)))
    })
}

#[cfg(test)]
mod tests {
    use super::found;

    #[test]
    fn only_what_stands_for_a_space_is_told() {
        let table = [
            ("key:\u{a0}value", Some((5, "no-break space", 0xa0))),
            ("\u{200b}key: value", Some((1, "zero-width space", 0x200b))),
            ("  -\u{feff}one", Some((4, "byte order mark", 0xfeff))),
            ("key: un\u{a0}mot", None),
            ("key: value", None),
        ];
        for (line, expected) in table {
            assert_eq!(found(line), expected, "{line}");
        }
    }
}
