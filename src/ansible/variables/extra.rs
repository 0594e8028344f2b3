//! `-e` as Ansible reads it: `name=value` pairs, a map in YAML or JSON, or `@file`.

use std::collections::BTreeSet;

use camino::Utf8Path;

use crate::{
    ansible::{
        files::{self, Files, VarsFile},
        yaml::{Data, Node},
    },
    origin::Origin,
    trouble::{Kind, Result, Trouble},
};

/// The file name in origins.
const OPTION: &str = "-e on the command line";

/// The variables of one `-e`.
pub(super) fn read(files: &Files, option: &str) -> Result<VarsFile> {
    if let Some(path) = option.strip_prefix('@') {
        return files.extra_vars(Utf8Path::new(path))?.ok_or_else(|| {
            usage(option)
                .because(format!("there is no file {path}"))
                .hint("check the path after `@`")
        });
    }
    Ok(VarsFile { pairs: inline(option)?, secret: false })
}

/// The names of the variables that one `-e` sets by itself, sorted; none if it is a file or cannot be read.
pub fn extra_names(option: &str) -> Option<Vec<String>> {
    let pairs = inline(option).ok().filter(|_| !option.starts_with('@'))?;
    let names: BTreeSet<String> = pairs.into_iter().map(|(name, _)| name).collect();
    Some(names.into_iter().collect())
}

/// The variables of one `-e` that names no file.
fn inline(option: &str) -> Result<Vec<(String, Node)>> {
    match option.chars().next() {
        None => Ok(Vec::new()),
        Some('/' | '.') => Err(usage(option)
            .because("it looks like a file")
            .hint(format!("to read a file, write -e @{option}"))),
        Some('{' | '[') => {
            // The option's value may be a secret, so no message shows a part of it.
            let root = files::parse(option, &OPTION.into(), true).map_err(|fault| {
                let origin = fault.origin.clone().unwrap_or_else(|| Origin::whole(OPTION));
                fault.causes.iter().fold(usage(option), Trouble::because).at(&origin)
            })?;
            if !matches!(root.data, Data::Map(_)) {
                let kind = root.data.kind();
                return Err(usage(option).because(format!("it is {kind}, not a map of variables")));
            }
            files::variables(root)
        }
        Some(_) => assignments(option),
    }
}

/// The option's value may be a secret, so no more than its beginning is shown.
fn usage(option: &str) -> Trouble {
    let shown = match (option.chars().next(), option.split_once('=')) {
        (Some('{'), _) => "{…}".to_owned(),
        (Some('['), _) => "[…]".to_owned(),
        (_, Some((name, _))) => format!("{name}=…"),
        (_, None) => option.to_owned(),
    };
    Trouble::new(Kind::Usage, format!("reading -e {shown}"))
}

fn assignments(option: &str) -> Result<Vec<(String, Node)>> {
    let node = |text: String| Node { origin: Origin::whole(OPTION), data: Data::Text(text) };
    let words = words(option)
        .ok_or_else(|| usage(option).because("a quotation mark or `{{` in it is not closed"))?;
    let pair = |word: &String| {
        let word = unescaped(word);
        let (name, value) =
            word.split_once('=').filter(|(name, _)| !name.is_empty()).ok_or_else(|| {
                usage(option)
                    .because("`name=value` is expected")
                    .hint("quote a value that has spaces: -e 'name=\"a b\"'")
            })?;
        Ok((name.trim().to_owned(), node(unquoted(value.trim()).to_owned())))
    };
    words.iter().map(pair).collect()
}

/// Splits at spaces that are neither inside quotation marks nor inside a template.
fn words(option: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quote = None;
    let mut depth = 0_usize;
    let mut before = ' ';
    for c in option.chars() {
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
        if c.is_whitespace() && quote.is_none() && depth == 0 {
            words.push(std::mem::take(&mut word));
        } else {
            word.push(c);
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

    #[test]
    fn assignments_are_split_as_ansible_splits_them() {
        let table: &[(&str, &[(&str, &str)])] = &[
            ("a=1", &[("a", "1")]),
            ("a=1 b='x y' c=\"z\"", &[("a", "1"), ("b", "x y"), ("c", "z")]),
            ("a={{ b + c }} d=e", &[("a", "{{ b + c }}"), ("d", "e")]),
            ("a='{{ \"x y\" }}'", &[("a", "{{ \"x y\" }}")]),
            ("a=b=c", &[("a", "b=c")]),
            (r#"a="x\ny" b=\x41\u00e9\q"#, &[("a", "x\ny"), ("b", "Aé\\q")]),
            ("a=", &[("a", "")]),
        ];
        for (option, expected) in table {
            let found = assignments(option).unwrap();
            let found: Vec<(&str, &str)> =
                found.iter().map(|(name, node)| (&**name, node.data.as_text().unwrap())).collect();
            assert_eq!(found, *expected, "{option}");
        }
    }

    #[test]
    fn a_value_is_never_shown() {
        for option in ["password='hunter2", "password=hunter2 rest"] {
            let message = format!("{:?}", assignments(option).unwrap_err());
            assert!(!message.contains("hunter2"), "{message}");
        }
    }
}
