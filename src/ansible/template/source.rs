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
        let length = if rest.starts_with("{{") {
            expression(rest, &mut out)
        } else {
            let length = verbatim(rest);
            out.push_str(&rest[..length]);
            length
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
