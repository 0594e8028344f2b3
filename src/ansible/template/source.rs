//! Prepares a template's text for the parser.

use super::syntax::Syntax;

/// What a sign opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tag {
    Block,
    Variable,
    Comment,
}

impl Syntax {
    /// What opens at the beginning of the text; of several signs the longest.
    fn opens(&self, text: &str) -> Option<Tag> {
        let signs = [
            (&self.block.0, Tag::Block),
            (&self.variable.0, Tag::Variable),
            (&self.comment.0, Tag::Comment),
        ];
        let fitting = signs.into_iter().filter(|(sign, _)| text.starts_with(&***sign));
        fitting.max_by_key(|(sign, _)| sign.len()).map(|(_, tag)| tag)
    }

    /// The first tag of a text and where it opens.
    fn next_tag(&self, text: &str) -> Option<(usize, Tag)> {
        let starts = [&self.block.0, &self.variable.0, &self.comment.0];
        let first = starts.map(|sign| sign.chars().next().unwrap_or('{'));
        let mut places = text.match_indices(first);
        places.find_map(|(at, _)| Some((at, self.opens(&text[at..])?)))
    }

    /// The length of the block or comment that begins here.
    fn length(&self, tag: Tag, text: &str) -> usize {
        let (start, end) = match tag {
            Tag::Block => &self.block,
            Tag::Variable => &self.variable,
            Tag::Comment => &self.comment,
        };
        start.len() + length_to(&text[start.len()..], end)
    }

    fn is_raw(&self, text: &str) -> bool {
        let name = text[self.block.0.len()..].trim_start_matches(['-', '+']);
        name.trim_start().starts_with("raw")
    }

    fn raw_length(&self, text: &str) -> usize {
        text.find("endraw").map_or(text.len(), |end| end + length_to(&text[end..], &self.block.1))
    }
}

fn length_to(text: &str, end: &str) -> usize {
    text.find(end).map_or(text.len(), |at| at + end.len())
}

/// Keeps the line break after `{% raw %}`, which Jinja2 keeps and MiniJinja drops. No line changes its number.
pub(super) fn keep_raw_breaks(text: &str, syntax: &Syntax) -> String {
    let (start, end) = (&*syntax.block.0, &*syntax.block.1);
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(start) {
        let length = at + syntax.length(Tag::Block, &rest[at..]);
        let tag = &rest[at + start.len()..length];
        let inside = tag.strip_suffix(end).unwrap_or(tag);
        let is_raw = inside.trim_start_matches(['-', '+']).trim() == "raw";
        if is_raw && rest[length..].starts_with('\n') {
            out.push_str(rest[..length].trim_end_matches(end));
            out.push('+');
            out.push_str(end);
        } else {
            out.push_str(&rest[..length]);
        }
        rest = &rest[length..];
    }
    out + rest
}

/// Words after which a value begins.
const BEFORE_VALUES: &[&str] =
    &["and", "or", "not", "in", "is", "if", "elif", "else", "filter", "set", "call"];

/// Writes a `+` before a value as two minuses: MiniJinja's parser does not know it, and they mean the same.
pub(super) fn plus_as_two_minuses(text: &str, syntax: &Syntax) -> String {
    if !text.contains('+') {
        return text.to_owned();
    }
    rewritten(text, syntax, |tag, rest, out| match tag {
        Tag::Variable => signs(rest, (&syntax.variable.0, &syntax.variable.1), out),
        Tag::Block => signs(rest, (&syntax.block.0, &syntax.block.1), out),
        Tag::Comment => copied(rest, syntax.length(tag, rest), out),
    })
}

/// Copies a text with its tags rewritten, raw blocks left out.
fn rewritten(
    text: &str,
    syntax: &Syntax,
    rewrite: impl Fn(Tag, &str, &mut String) -> usize,
) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut rest = text;
    while let Some((start, tag)) = syntax.next_tag(rest) {
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        let length = if tag == Tag::Block && syntax.is_raw(rest) {
            copied(rest, syntax.raw_length(rest), &mut out)
        } else {
            rewrite(tag, rest, &mut out)
        };
        rest = &rest[length..];
    }
    out + rest
}

fn copied(text: &str, length: usize, out: &mut String) -> usize {
    out.push_str(&text[..length]);
    length
}

/// Copies a tag with its signs rewritten and gives its length.
fn signs(text: &str, (start, end): (&str, &str), out: &mut String) -> usize {
    let mut at = copied(text, start.len(), out);
    if text[at..].starts_with(['-', '+']) {
        at += copied(&text[at..], 1, out);
    }
    let (mut depth, mut wants_value) = (0_usize, true);
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        if depth == 0 && rest.starts_with(end) {
            return copied(rest, end.len(), out) + at;
        }
        let length = token(rest);
        let token = &rest[..length];
        match c {
            '+' if wants_value => out.push_str("- -"),
            _ => out.push_str(token),
        }
        match c {
            '{' | '(' | '[' => depth += 1,
            '}' | ')' | ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if !c.is_whitespace() {
            let is_value = c.is_alphanumeric() || "_'\"})]".contains(c);
            wants_value = !is_value || BEFORE_VALUES.contains(&token);
        }
        at += length;
    }
    at
}

/// The length of the word, number, literal or sign that begins here.
fn token(text: &str) -> usize {
    let first = text.chars().next().unwrap_or(' ');
    if matches!(first, '\'' | '"') {
        let mut escaped = false;
        for (at, c) in text.char_indices().skip(1) {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                c if c == first => return at + 1,
                _ => {}
            }
        }
        return text.len();
    }
    let inside = |c: char| c.is_alphanumeric() || c == '_';
    let word = text.find(|c: char| !inside(c)).unwrap_or(text.len());
    if word > 0 { word } else { first.len_utf8() }
}

/// Doubles the backslashes in string literals inside `{{ }}`, as Ansible does: YAML has already read them once.
pub(super) fn escape_backslashes(text: &str, syntax: &Syntax) -> String {
    if !text.contains('\\') || !text.contains(&*syntax.variable.0) {
        return text.to_owned();
    }
    rewritten(text, syntax, |tag, rest, out| match tag {
        Tag::Variable => expression(rest, &syntax.variable.1, out),
        Tag::Block | Tag::Comment => copied(rest, syntax.length(tag, rest), out),
    })
}

/// Copies a `{{ … }}` with its literals' backslashes doubled and gives its length.
fn expression(text: &str, end: &str, out: &mut String) -> usize {
    let mut quote = None;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match quote {
            Some(open) => {
                // `\'` stands for a backslash and a quote that does not end the literal.
                if c == '\\' || (escaped && c == open) {
                    out.push('\\');
                }
                if c == open && !escaped {
                    quote = None;
                }
                escaped = c == '\\' && !escaped;
            }
            None if c == '\'' || c == '"' => quote = Some(c),
            // Of three braces the first closes a dict.
            None if text[at..].starts_with(end) && !text[at + c.len_utf8()..].starts_with(end) => {
                out.push_str(end);
                return at + end.len();
            }
            None => {}
        }
        out.push(c);
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::{Syntax, escape_backslashes, keep_raw_breaks};

    #[test]
    fn a_line_break_after_raw_stays() {
        let doubled =
            keep_raw_breaks("{% if a %}\n{% raw %}\n{{ x }}{% endraw %}\n", &Syntax::default());
        assert_eq!(doubled, "{% if a %}\n{% raw +%}\n{{ x }}{% endraw %}\n");
    }

    #[test]
    fn only_literals_in_expressions_are_doubled() {
        let table = [
            (
                r"{{ a | regex_replace('^(\w+)', '\1') }}\n",
                r"{{ a | regex_replace('^(\\w+)', '\\1') }}\n",
            ),
            (r"{% set a = '\n' %}{{ '\n' }}", r"{% set a = '\n' %}{{ '\\n' }}"),
            (r"{# '\n' #}{{ a }}\", r"{# '\n' #}{{ a }}\"),
            (r"{{ {'a': {'b': '\d'}} }}", r"{{ {'a': {'b': '\\d'}} }}"),
            (r"{{ 'it\'s' }} \", r"{{ 'it\\\'s' }} \"),
        ];
        for (text, expected) in table {
            assert_eq!(escape_backslashes(text, &Syntax::default()), expected, "{text}");
        }
    }
}
