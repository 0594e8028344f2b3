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
    let names = names(message);
    if names.is_empty() {
        return None;
    }
    let value = value(text, first, column);
    let (line, column) = place(text, first, &expressions(&value), &names)?;
    Some(Origin::at(&origin.file, line, column))
}

/// The names that a message may mean, the likeliest first.
pub(super) fn names(message: &str) -> Vec<&str> {
    // The name of an argument that is missing stands nowhere, or means something else.
    if message.contains("is missing its argument") {
        return filter(message).into_iter().collect();
    }
    quoted(message).into_iter().rev().chain(filter(message)).collect()
}

/// Line and column of one of these names, the first that is there, inside the tag of a template that begins at a line
/// and column.
pub(super) fn in_tag(text: &str, line: u32, column: u32, names: &[&str]) -> Option<(u32, u32)> {
    let first = usize::try_from(line).ok()?.checked_sub(1)?;
    let before = usize::try_from(column).ok()?.checked_sub(1)?;
    let mut lines: Vec<String> = text.lines().skip(first).take(LINES).map(str::to_owned).collect();
    let head = lines.first_mut()?;
    let split = head.char_indices().nth(before).map_or(head.len(), |(at, _)| at);
    head.replace_range(..split, &" ".repeat(split));
    let mut pieces = expressions(&lines);
    // What follows on the tag is another's.
    let ends = |(number, at, part): &(usize, usize, &str)| at + part.len() < lines[*number].len();
    pieces.truncate(pieces.iter().position(ends)? + 1);
    place(text, first, &pieces, names)
}

/// Line and column of the first of these names that stands in a piece; the pieces count their lines from `first`.
fn place(
    text: &str,
    first: usize,
    pieces: &[(usize, usize, &str)],
    names: &[&str],
) -> Option<(u32, u32)> {
    names.iter().find_map(|name| {
        let (line, at) = pieces
            .iter()
            .find_map(|(line, start, part)| Some((*line, start + word(part, name)?)))?;
        let before = text.lines().nth(first + line)?.get(..at)?.chars().count();
        Some((u32::try_from(first + line + 1).ok()?, u32::try_from(before + 1).ok()?))
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
    fn a_name_is_found_in_the_tag_that_begins_there() {
        let text = "a {{ b }} {{ b }}\n{% if ä and b\n  and c %}{{ c }}\n{{ no end b";
        let cases = [
            ((1, 3), &["b"][..], Some((1, 6))),
            ((1, 11), &["b"], Some((1, 14))),
            ((2, 1), &["b"], Some((2, 13))),
            ((2, 1), &["x", "c"], Some((3, 7))),
            ((3, 11), &["c"], Some((3, 14))),
            ((1, 3), &["c"], None),
            ((4, 1), &["b"], None),
            ((9, 1), &["b"], None),
            ((0, 0), &["b"], None),
        ];
        for ((line, column), names, expected) in cases {
            assert_eq!(in_tag(text, line, column, names), expected, "{line}:{column} {names:?}");
        }
    }

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
