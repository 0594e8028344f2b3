//! Breaks a line of text into shorter ones where Python's `textwrap` breaks it.

/// What Python's `textwrap` takes for blanks between words.
fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\u{b}' | '\u{c}' | '\r')
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// A character of a word that is no digit.
fn is_letter(c: char) -> bool {
    is_of_word(c) && !c.is_numeric()
}

/// A line that is being divided.
struct Line {
    chars: Vec<char>,
    /// Words may be divided after a hyphen, and at a dash.
    hyphens: bool,
}

impl Line {
    fn is(&self, at: Option<usize>, kind: impl Fn(char) -> bool) -> bool {
        at.and_then(|at| self.chars.get(at)).is_some_and(|c| kind(*c))
    }

    fn letter(&self, at: Option<usize>) -> bool {
        self.is(at, is_letter)
    }

    /// Where a dash of two hyphens or more ends that begins here and joins two words.
    fn dash(&self, at: usize) -> Option<usize> {
        let end = at + self.chars[at..].iter().take_while(|c| **c == '-').count();
        let before = self.is(at.checked_sub(1), |c| is_of_word(c) || "!\"'&.,?".contains(c));
        let joins = self.hyphens && end >= at + 2 && before && self.is(Some(end), is_of_word);
        joins.then_some(end)
    }

    /// Whether a word may be divided after the hyphen here: between letters, of which there are two on each side, or
    /// one with another hyphen.
    fn divides(&self, at: usize) -> bool {
        let hyphen = |at: Option<usize>| self.is(at, |c| c == '-');
        let [one, two, three] = [1, 2, 3].map(|back| at.checked_sub(back));
        let before = self.letter(one) && (self.letter(two) || hyphen(two) && self.letter(three));
        let [one, two, three] = [1, 2, 3].map(|on| Some(at + on));
        let after = self.letter(one) && (self.letter(two) || hyphen(two) && self.letter(three));
        self.hyphens && self.chars[at] == '-' && before && after
    }

    /// Where the piece ends that begins here.
    fn end(&self, start: usize) -> usize {
        if is_blank(self.chars[start]) {
            return start + self.chars[start..].iter().take_while(|c| is_blank(**c)).count();
        }
        if let Some(end) = self.dash(start) {
            return end;
        }
        for at in start + 1..self.chars.len() {
            if self.divides(at) {
                return at + 1;
            }
            if is_blank(self.chars[at]) || self.dash(at).is_some() {
                return at;
            }
        }
        self.chars.len()
    }
}

/// The line's pieces: words, the blanks and dashes between them, and words' parts after hyphens.
fn chunks(line: &str, hyphens: bool) -> Vec<String> {
    let line = Line { chars: line.chars().collect(), hyphens };
    let mut found = Vec::new();
    let mut start = 0;
    while start < line.chars.len() {
        let end = line.end(start);
        found.push(line.chars[start..end].iter().collect());
        start = end;
    }
    found
}

/// How much of a word that is too long goes into the room that is left: up to the last hyphen in it, if there is one
/// after something else.
fn cut(chunk: &str, room: usize, hyphens: bool) -> usize {
    let fits: Vec<char> = chunk.chars().take(room).collect();
    let hyphen = fits
        .iter()
        .rposition(|c| *c == '-')
        .filter(|at| hyphens && fits[..*at].iter().any(|c| *c != '-'));
    hyphen.map_or(room, |at| at + 1)
}

/// The lines, none longer than `width` if words may be broken.
pub(super) fn wrapped(
    line: &str,
    width: usize,
    break_long: bool,
    break_hyphens: bool,
) -> Vec<String> {
    let mut rest: std::collections::VecDeque<String> = chunks(line, break_hyphens).into();
    let mut lines: Vec<String> = Vec::new();
    while !rest.is_empty() {
        let mut current: Vec<String> = Vec::new();
        let mut length = 0;
        if !lines.is_empty() && rest.front().is_some_and(|chunk| chunk.trim().is_empty()) {
            rest.pop_front();
        }
        while let Some(chunk) = rest.front() {
            let more = chunk.chars().count();
            if length + more > width {
                break;
            }
            length += more;
            current.extend(rest.pop_front());
        }
        if let Some(chunk) = rest.front_mut().filter(|chunk| chunk.chars().count() > width) {
            if break_long {
                let end = cut(chunk, width - length, break_hyphens);
                let own = chunk.chars().take(end).collect();
                *chunk = chunk.chars().skip(end).collect();
                current.push(own);
            } else if current.is_empty() {
                current.extend(rest.pop_front());
            }
        }
        if current.last().is_some_and(|chunk| chunk.trim().is_empty()) {
            current.pop();
        }
        if !current.is_empty() {
            lines.push(current.concat());
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Python 3.12's `textwrap.wrap` answers.
    #[test]
    fn words_are_divided_as_python_divides_them() {
        let table: &[(&str, usize, &[&str])] = &[
            ("a,b;c12.5e-07True", 6, &["a,b;c1", "2.5e-", "07True"]),
            ("well-known-thing of x-y-zed", 8, &["well-", "known-", "thing of", "x-y-zed"]),
            ("one--two ---three", 5, &["one--", "two -", "--thr", "ee"]),
            ("a-bc de-f gh-ij", 4, &["a-bc", "de-f", "gh-", "ij"]),
            ("--long-option=value", 6, &["--long", "-optio", "n=valu", "e"]),
            ("abcdefghij", 4, &["abcd", "efgh", "ij"]),
            ("ab-1 2-cd _a-_b", 3, &["ab-", "1 2", "-cd", "_a-", "_b"]),
            ("  lead  and trail  ", 6, &["  lead", "and", "trail"]),
            ("x\u{a0}y z", 2, &["x\u{a0}", "y", "z"]),
            ("e-mail-list", 3, &["e-", "mai", "l-l", "ist"]),
            ("a -- b c--d--e", 4, &["a --", "b c", "--d", "--e"]),
            ("-----", 2, &["--", "--", "-"]),
        ];
        for (line, width, expected) in table {
            assert_eq!(wrapped(line, *width, true, true), *expected, "{line} {width}");
        }
    }
}
