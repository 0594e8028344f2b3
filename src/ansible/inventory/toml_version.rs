//! What TOML 1.1 brought: Python's reader, which Ansible uses, knows TOML 1.0 and refuses it.

use std::{iter::Peekable, str::CharIndices};

/// Where a valid document uses something of TOML 1.1, and what that is.
pub(super) fn newer(text: &str) -> Option<(usize, &'static str)> {
    Scan { text, rest: text.char_indices().peekable(), open: Vec::new() }.document()
}

struct Scan<'a> {
    text: &'a str,
    rest: Peekable<CharIndices<'a>>,
    /// Brackets and braces that are open.
    open: Vec<char>,
}

impl Scan<'_> {
    fn document(&mut self) -> Option<(usize, &'static str)> {
        // The last comma, if nothing but space followed.
        let mut comma = None;
        while let Some((at, c)) = self.rest.next() {
            let found = match c {
                '"' | '\'' => self.string(at, c),
                '#' => {
                    self.skip(|c| c != '\n');
                    None
                }
                '[' | '{' => {
                    self.open.push(c);
                    None
                }
                ']' => {
                    self.open.pop();
                    None
                }
                '}' => {
                    self.open.pop();
                    comma.map(|at| (at, "a comma before `}`"))
                }
                '\n' if self.open.last() == Some(&'{') => {
                    Some((at, "an inline table of several lines"))
                }
                ':' => self.time(at),
                _ => None,
            };
            if found.is_some() {
                return found;
            }
            if c == ',' {
                comma = Some(at);
            } else if !c.is_whitespace() && c != '#' {
                comma = None;
            }
        }
        None
    }

    fn skip(&mut self, is_of_it: impl Fn(char) -> bool) {
        while self.rest.next_if(|(_, c)| is_of_it(*c)).is_some() {}
    }

    /// Goes over a string whose first quote was read.
    fn string(&mut self, at: usize, quote: char) -> Option<(usize, &'static str)> {
        let end = quote.to_string().repeat(3);
        let long = self.text[at..].starts_with(&end);
        if long {
            self.rest.nth(1);
        }
        while let Some((at, c)) = self.rest.next() {
            if c == '\\' && quote == '"' {
                match self.rest.next() {
                    Some((_, 'x' | 'e')) => return Some((at, "the escapes `\\x` and `\\e`")),
                    _ => continue,
                }
            }
            if c == quote && !long {
                return None;
            }
            if c == quote && self.text[at..].starts_with(&end) {
                // Up to two more quotes belong to the string.
                self.skip(|c| c == quote);
                return None;
            }
        }
        None
    }

    /// A time has seconds: the colon after the hours is followed by another one.
    fn time(&mut self, at: usize) -> Option<(usize, &'static str)> {
        let after = self.text.get(at + 3..).unwrap_or_default();
        if after.starts_with(':') {
            // The colon before the seconds, or that of an offset, is none after hours.
            self.rest.nth(2);
            return None;
        }
        // Times and offsets are the only values with colons.
        let sign = at.checked_sub(3).and_then(|at| self.text.as_bytes().get(at));
        let is_offset = matches!(sign, Some(b'+' | b'-'));
        (!is_offset).then_some((at, "a time without seconds"))
    }
}

#[cfg(test)]
mod tests {
    use super::newer;

    #[test]
    fn what_is_newer_is_found() {
        let table = [
            ("a = \"\\x41\"", Some("the escapes `\\x` and `\\e`")),
            ("a = '\\x41'", None),
            ("a = \"\\\\x41\"", None),
            ("a = \"\"\"\n\\e\"\"\"", Some("the escapes `\\x` and `\\e`")),
            ("a = '''\n\\e''''\nb = \"\\x41\"", Some("the escapes `\\x` and `\\e`")),
            ("a = { b = 1, }", Some("a comma before `}`")),
            ("a = { b = 1,\n c = 2 }", Some("an inline table of several lines")),
            ("a = { b = [\n1,\n], c = \"}\" }", None),
            ("a = [ 1, ] # \\x {\n[b]\nc = 1", None),
            ("a = 07:32", Some("a time without seconds")),
            ("a = 1979-05-27T07:32:00-07:00", None),
            ("a = 07:32:00.5", None),
            ("a = 1979-05-27 07:32Z", Some("a time without seconds")),
        ];
        for (text, wanted) in table {
            assert_eq!(newer(text).map(|(_, what)| what), wanted, "{text}");
        }
    }
}
