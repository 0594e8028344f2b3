//! Splits text such as `name=value 'other=x y' free words` as Ansible does wherever it takes such text.

/// What a text assigns, and the words in it that assign nothing.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Assignments {
    pub(super) pairs: Vec<(String, String)>,
    /// The other words, with the spaces between them.
    pub(super) rest: Option<String>,
}

/// Splits a text; `None` if a quotation mark or a template in it is not closed.
pub(super) fn parse(text: &str) -> Option<Assignments> {
    let mut found = Assignments::default();
    for word in words(text)? {
        let word = unescaped(&word);
        match equals_sign(&word) {
            Some(at) => {
                let (name, value) = (word[..at].trim(), word[at + 1..].trim());
                found.pairs.push((name.to_owned(), unquoted(value).to_owned()));
            }
            None => add_word(found.rest.get_or_insert_default(), &word.replace("\\=", "=")),
        }
    }
    Some(found)
}

/// Where a name ends: `\=` and what begins a word assign nothing.
fn equals_sign(word: &str) -> Option<usize> {
    let mut signs = word.match_indices('=').map(|(at, _)| at);
    signs.find(|at| *at > 0 && !word[..*at].ends_with('\\'))
}

fn add_word(rest: &mut String, word: &str) {
    if !rest.is_empty() && !rest.ends_with('\n') {
        rest.push(' ');
    }
    rest.push_str(word);
}

/// Splits at blanks that are neither inside quotation marks nor inside a template; further blanks stay with the word.
fn words(text: &str) -> Option<Vec<String>> {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut quote = None;
    let mut depth = 0_usize;
    let mut before = ' ';
    for c in text.chars() {
        match (quote, c) {
            (Some(open), _) if open == c && before != '\\' => quote = None,
            (None, '\'' | '"') if before != '\\' => quote = Some(c),
            _ => {}
        }
        match (before, c) {
            ('{', '{' | '%' | '#') => depth += 1,
            ('}' | '%' | '#', '}') => depth = depth.saturating_sub(1),
            _ => {}
        }
        before = c;
        if !matches!(c, ' ' | '\n') || quote.is_some() || depth > 0 {
            word.push(c);
            continue;
        }
        let repeated = word.is_empty();
        if !repeated {
            words.push(std::mem::take(&mut word));
        }
        if let Some(last) = words.last_mut().filter(|_| repeated || c == '\n') {
            last.push(c);
        }
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    (quote.is_none() && depth == 0).then_some(words)
}

/// Puts characters in place of Python's escape sequences.
fn unescaped(word: &str) -> String {
    let mut out = String::with_capacity(word.len());
    let mut rest = word;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let (c, length) = escape(&rest[at..]).unwrap_or(('\\', 1));
        out.push(c);
        rest = &rest[at + length..];
    }
    out + rest
}

/// The character of the escape sequence that begins here, and how long that is.
fn escape(text: &str) -> Option<(char, usize)> {
    let kind = text.chars().nth(1)?;
    let coded = |digits: usize| {
        let code = text
            .get(2..2 + digits)
            .filter(|code| code.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
        Some((char::from_u32(u32::from_str_radix(code, 16).ok()?)?, 2 + digits))
    };
    let plain = match kind {
        'x' => return coded(2),
        'u' => return coded(4),
        'U' => return coded(8),
        '\\' | '\'' | '"' => kind,
        'a' => '\u{7}',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\u{b}',
        _ => return None,
    };
    Some((plain, 2))
}

fn unquoted(value: &str) -> &str {
    let inside = |mark| value.strip_prefix(mark).and_then(|value: &str| value.strip_suffix(mark));
    inside('"').or_else(|| inside('\'')).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The outcomes of ansible-core 2.21.5.
    #[test]
    fn assignments_are_split_as_ansible_splits_them() {
        type Pairs = &'static [(&'static str, &'static str)];
        let table: &[(&str, Pairs, Option<&str>)] = &[
            ("a=1", &[("a", "1")], None),
            ("a=1 b='x y' c=\"z\"", &[("a", "1"), ("b", "x y"), ("c", "z")], None),
            ("a={{ b + c }} d=e", &[("a", "{{ b + c }}"), ("d", "e")], None),
            ("a='{{ \"x y\" }}'", &[("a", "{{ \"x y\" }}")], None),
            ("a=b=c", &[("a", "b=c")], None),
            (r#"a="x\ny" b=\x41\u00e9\q"#, &[("a", "x\ny"), ("b", "Aé\\q")], None),
            ("a=", &[("a", "")], None),
            ("two  words a=1 more", &[("a", "1")], Some("two  words more")),
            ("a=1\tb=2", &[("a", "1\tb=2")], None),
            (r"a \= b", &[], Some("a = b")),
            ("=x", &[], Some("=x")),
            ("a\nb c=1", &[("c", "1")], Some("a\nb")),
            ("", &[], None),
        ];
        for (text, pairs, rest) in table {
            let found = parse(text).unwrap();
            let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
            let expected = Assignments {
                pairs: pairs.iter().map(own).collect(),
                rest: rest.map(str::to_owned),
            };
            assert_eq!(found, expected, "{text}");
        }
    }
}
