//! Prepares a template's text for the parser.

/// Keeps the line break after `{% raw %}`, which Jinja2 keeps and MiniJinja drops. No line changes its number.
pub(super) fn keep_raw_breaks(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("{%") {
        let end = rest[at..].find("%}").map_or(rest.len(), |end| at + end + 2);
        let name = rest[at..end].trim_start_matches(['{', '%']).trim_end_matches(['%', '}']);
        if name.trim() == "raw" && rest[end..].starts_with('\n') {
            out.push_str(rest[..end].trim_end_matches("%}"));
            out.push_str("+%}");
        } else {
            out.push_str(&rest[..end]);
        }
        rest = &rest[end..];
    }
    out + rest
}

/// Words after which a value begins.
const BEFORE_VALUES: &[&str] =
    &["and", "or", "not", "in", "is", "if", "elif", "else", "filter", "set", "call"];

/// Writes a `+` before a value as two minuses: MiniJinja's parser does not know it, and they mean the same.
pub(super) fn plus_as_two_minuses(text: &str) -> String {
    if !text.contains('+') {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() + 8);
    let mut rest = text;
    while let Some(start) = rest.find(['{']) {
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        let length = match rest.as_bytes().get(1) {
            Some(b'{') => signs(rest, "}}", &mut out),
            Some(b'%') if is_raw(rest) => copied(rest, raw_length(rest), &mut out),
            Some(b'%') => signs(rest, "%}", &mut out),
            _ => copied(rest, verbatim(rest), &mut out),
        };
        rest = &rest[length..];
    }
    out + rest
}

fn copied(text: &str, length: usize, out: &mut String) -> usize {
    out.push_str(&text[..length]);
    length
}

fn is_raw(text: &str) -> bool {
    text[2..].trim_start_matches(['-', '+']).trim_start().starts_with("raw")
}

fn raw_length(text: &str) -> usize {
    text.find("endraw").map_or(text.len(), |end| end + verbatim_rest(&text[end..]))
}

fn verbatim_rest(text: &str) -> usize {
    text.find("%}").map_or(text.len(), |end| end + 2)
}

/// Copies a tag with its signs rewritten and gives its length.
fn signs(text: &str, end: &str, out: &mut String) -> usize {
    out.push_str(&text[..2]);
    let mut at = 2;
    if text[at..].starts_with(['-', '+']) {
        at += 1;
        out.push_str(&text[2..3]);
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
pub(super) fn escape_backslashes(text: &str) -> String {
    if !text.contains('\\') || !text.contains("{{") {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() + 8);
    let mut rest = text;
    while let Some(start) = rest.find(['{']) {
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        let length = match rest.as_bytes().get(1) {
            Some(b'{') => expression(rest, &mut out),
            Some(b'%') if is_raw(rest) => copied(rest, raw_length(rest), &mut out),
            _ => copied(rest, verbatim(rest), &mut out),
        };
        rest = &rest[length..];
    }
    out + rest
}

/// Copies a `{{ … }}` with its literals' backslashes doubled and gives its length.
fn expression(text: &str, out: &mut String) -> usize {
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
            None if text[at..].starts_with("}}") && !text[at..].starts_with("}}}") => {
                out.push_str("}}");
                return at + 2;
            }
            None => {}
        }
        out.push(c);
    }
    text.len()
}

/// The length of what begins here and is no expression: a block, a comment, or a lone brace.
fn verbatim(text: &str) -> usize {
    let end = match text.as_bytes().get(1) {
        Some(b'%') => text.find("%}"),
        Some(b'#') => text.find("#}"),
        _ => return 1,
    };
    end.map_or(text.len(), |end| end + 2)
}

#[cfg(test)]
mod tests {
    use super::{escape_backslashes, keep_raw_breaks};

    #[test]
    fn a_line_break_after_raw_stays() {
        let doubled = keep_raw_breaks("{% if a %}\n{% raw %}\n{{ x }}{% endraw %}\n");
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
            assert_eq!(escape_backslashes(text), expected, "{text}");
        }
    }
}
