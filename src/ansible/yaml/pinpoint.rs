//! Finds the place inside a value that a message about it speaks of: a name in one of its expressions.

use crate::origin::Origin;

/// Longer values are not looked through.
const LINES: usize = 500;

/// The place of a name that `message` quotes, inside an expression of the value that begins at `origin`, or of the line
/// of the template that it names; `None` where neither is found there.
pub(super) fn found(text: &str, origin: &Origin, message: &str) -> Option<Origin> {
    name(text, origin, message).or_else(|| line(text, origin, message))
}

/// A template that keeps its lines has them below its `|`.
fn line(text: &str, origin: &Origin, message: &str) -> Option<Origin> {
    let (_, rest) = message.split_once("(line ")?;
    let number: u32 = rest.split_once(" of the template)")?.0.parse().ok()?;
    let lines = |number: u32| text.lines().nth(usize::try_from(number).ok()?.checked_sub(1)?);
    let head =
        lines(origin.line)?.chars().nth(usize::try_from(origin.column).ok()?.checked_sub(1)?);
    let own = lines(origin.line + number).filter(|own| head == Some('|') && !own.is_empty())?;
    let column = u32::try_from(indent(own)).ok()? + 1;
    Some(Origin::at(&origin.file, origin.line + number, column))
}

fn name(text: &str, origin: &Origin, message: &str) -> Option<Origin> {
    let first = usize::try_from(origin.line).ok()?.checked_sub(1)?;
    let column = usize::try_from(origin.column).ok()?.checked_sub(1)?;
    // The name of an argument that is missing stands nowhere, or means something else.
    let names: Vec<&str> = if message.contains("is missing its argument") {
        filter(message).into_iter().collect()
    } else {
        quoted(message).into_iter().rev().chain(filter(message)).collect()
    };
    if names.is_empty() {
        return None;
    }
    let value = value(text, first, column);
    let inside = expressions(&value);
    names.into_iter().find_map(|name| {
        let (line, at) = inside
            .iter()
            .find_map(|(line, start, part)| Some((*line, start + word(part, name)?)))?;
        let before = text.lines().nth(first + line)?.get(..at)?.chars().count();
        let (line, column) = (u32::try_from(line).ok()?, u32::try_from(before).ok()?);
        Some(Origin::at(&origin.file, origin.line + line, column + 1))
    })
}

/// The lines of a value, the first one without what stands before it but as long as it is.
fn value(text: &str, first: usize, column: usize) -> Vec<String> {
    let mut lines = text.lines().skip(first).take(LINES);
    let Some(line) = lines.next() else { return Vec::new() };
    let split = line.char_indices().nth(column).map_or(line.len(), |(at, _)| at);
    let (before, own) = line.split_at(split);
    // What follows a key is indented more than the key; a list or map of its own lines at least as much as itself.
    let least = if before.trim_start_matches([' ', '-']).is_empty() {
        before.len()
    } else {
        line.len() - line.trim_start().len() + 1
    };
    let more = lines.take_while(|line| line.trim().is_empty() || indent(line) >= least);
    let blank = " ".repeat(before.len());
    std::iter::once(format!("{blank}{own}")).chain(more.map(str::to_owned)).collect()
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// The pieces of lines that stand between the marks of an expression or a statement: line, byte in it, text.
fn expressions(lines: &[String]) -> Vec<(usize, usize, &str)> {
    let mut pieces = Vec::new();
    let mut is_open = false;
    for (number, line) in lines.iter().enumerate() {
        let mut at = 0;
        while at < line.len() {
            let marks: [&[u8]; 2] = if is_open { [b"}}", b"%}"] } else { [b"{{", b"{%"] };
            // One pass for both: a mark that is missing must not be looked for to the end each time.
            let next = line.as_bytes()[at..].windows(2).position(|pair| marks.contains(&pair));
            let end = next.map_or(line.len(), |next| at + next);
            if is_open {
                pieces.push((number, at, &line[at..end]));
            }
            let Some(_) = next else { break };
            is_open = !is_open;
            at = end + 2;
        }
    }
    pieces
}

/// What stands between single quotes, in order.
fn quoted(message: &str) -> Vec<&str> {
    let parts = message.split('\'').skip(1).step_by(2);
    parts.filter(|part| !part.is_empty() && part.chars().all(is_of_name)).collect()
}

/// The filter that a message is about.
fn filter(message: &str) -> Option<&str> {
    let (_, rest) = message.rsplit_once("the filter `")?;
    // Within a collection, the last part of the name may be all that is written.
    rest.split_once('`')?.0.rsplit('.').next()
}

fn is_of_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The byte at which a name stands as a whole word.
fn word(text: &str, name: &str) -> Option<usize> {
    text.match_indices(name).map(|(at, _)| at).find(|at| {
        let after = &text[at + name.len()..];
        !text[..*at].ends_with(is_of_name) && !after.starts_with(is_of_name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "---
folded: >-
  some words {{ ok }}
  missing and then {{ ok ~
  missing }}
quoted: \"ä {{ foo.missing | default(missing) }}\" # {{ nofilter }}
list:
  - '{{ ok }}'
  - '{{ missing }}'
next: '{{ later }}'
plain: missing
kept: |
  one
    {{ ok + }}
";

    #[test]
    fn a_name_is_found_in_the_expressions_of_the_value() {
        let said = "'missing' is undefined";
        let cases = [
            (2, 9, said, Some((5, 3))),
            (6, 9, said, Some((6, 19))),
            (6, 9, "No filter named 'default'.", Some((6, 29))),
            // An item, its list, and what merely follows.
            (8, 5, said, None),
            (8, 3, said, Some((9, 9))),
            (9, 5, said, Some((9, 9))),
            (9, 5, "'later' is undefined", None),
            (8, 3, "'later' is undefined", None),
            (11, 8, said, None),
            (12, 7, "unexpected end (line 2 of the template)", Some((14, 5))),
            (2, 9, "unexpected end (line 2 of the template)", None),
            (12, 7, "unexpected end (line 20 of the template)", None),
            (99, 1, said, None),
            (0, 0, said, None),
            (6, 9, "the filter `default` is missing its argument 'missing'", Some((6, 29))),
            (6, 9, "object of type 'foo' has no attribute 'missing'", Some((6, 19))),
        ];
        for (line, column, message, expected) in cases {
            let origin = Origin::at(&"a.yml".into(), line, column);
            let at = found(TEXT, &origin, message).map(|place| (place.line, place.column));
            assert_eq!(at, expected, "{line}:{column} {message}");
        }
    }
}
