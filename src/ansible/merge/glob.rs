//! Patterns of paths as Kayobe's rules have them: `*` stays in a directory, `**` crosses directories, and neither finds
//! names that begin with a dot. Inventories have another kind of pattern, which knows no directories.

/// A part of a pattern between slashes.
#[derive(Debug, PartialEq, Eq)]
pub enum Segment {
    /// `**`: any number of directories.
    Deep,
    Name(Vec<Token>),
}

/// What fits letters of a name.
#[derive(Debug, PartialEq, Eq)]
pub enum Token {
    /// `*`
    Any,
    /// `?`
    One,
    /// `[…]`
    Class {
        negated: bool,
        members: Vec<(char, char)>,
    },
    Letter(char),
}

/// Classes that have a name inside brackets.
const NAMED: &[(&str, &[(char, char)])] = &[
    ("[:alpha:]", &[('a', 'z'), ('A', 'Z')]),
    ("[:digit:]", &[('0', '9')]),
    ("[:alnum:]", &[('a', 'z'), ('A', 'Z'), ('0', '9')]),
    ("[:lower:]", &[('a', 'z')]),
    ("[:upper:]", &[('A', 'Z')]),
    ("[:xdigit:]", &[('0', '9'), ('a', 'f'), ('A', 'F')]),
];

/// A pattern's segments; slashes that follow one another count once.
pub fn parse(pattern: &str) -> Vec<Segment> {
    let parts = pattern.split('/').filter(|part| !part.is_empty() && *part != ".");
    parts
        .map(|part| if part == "**" { Segment::Deep } else { Segment::Name(tokens(part)) })
        .collect()
}

/// Whether a path fits a pattern.
pub fn matches(pattern: &str, path: &str) -> bool {
    let names: Vec<&str> = path.split('/').collect();
    segments_match(&parse(pattern), &names)
}

fn segments_match(segments: &[Segment], names: &[&str]) -> bool {
    match (segments.split_first(), names.split_first()) {
        (None, names) => names.is_none(),
        (Some((Segment::Deep, [])), Some(_)) => names.iter().all(|name| !name.starts_with('.')),
        (Some((Segment::Deep, rest)), Some((name, below))) => {
            segments_match(rest, names)
                || (!name.starts_with('.') && segments_match(segments, below))
        }
        (Some((Segment::Name(tokens), rest)), Some((name, below))) => {
            name_matches(tokens, name) && segments_match(rest, below)
        }
        (Some(_), None) => false,
    }
}

/// Whether one name fits.
pub fn name_matches(tokens: &[Token], name: &str) -> bool {
    let hidden = name.starts_with('.') && tokens.first() != Some(&Token::Letter('.'));
    let letters: Vec<char> = name.chars().collect();
    !hidden && fits(tokens, &letters)
}

fn fits(tokens: &[Token], letters: &[char]) -> bool {
    let (mut at, mut letter) = (0, 0);
    // Where to go on if what follows the last `*` does not fit: one more letter goes to the star.
    let mut retry: Option<(usize, usize)> = None;
    while letter < letters.len() {
        match tokens.get(at) {
            Some(Token::Any) => {
                retry = Some((at, letter));
                at += 1;
            }
            Some(token) if token.takes(letters[letter]) => {
                (at, letter) = (at + 1, letter + 1);
            }
            _ => match retry {
                Some((star, from)) => {
                    retry = Some((star, from + 1));
                    (at, letter) = (star + 1, from + 1);
                }
                None => return false,
            },
        }
    }
    tokens[at..].iter().all(|token| *token == Token::Any)
}

impl Token {
    fn takes(&self, letter: char) -> bool {
        match self {
            Self::Any | Self::One => true,
            Self::Letter(own) => *own == letter,
            Self::Class { negated, members } => {
                members.iter().any(|(first, last)| (*first..=*last).contains(&letter)) != *negated
            }
        }
    }
}

fn tokens(part: &str) -> Vec<Token> {
    let letters: Vec<char> = part.chars().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(letter) = letters.get(at) {
        let (token, length) = match letter {
            '*' => (Token::Any, 1),
            '?' => (Token::One, 1),
            '\\' if at + 1 < letters.len() => (Token::Letter(letters[at + 1]), 2),
            '[' => class(&letters[at..]).unwrap_or((Token::Letter('['), 1)),
            other => (Token::Letter(*other), 1),
        };
        found.push(token);
        at += length;
    }
    found
}

/// A class at the beginning of the letters, and how many of them it takes; `None` if it is not closed.
fn class(letters: &[char]) -> Option<(Token, usize)> {
    let negated = matches!(letters.get(1), Some('!' | '^'));
    let first = 1 + usize::from(negated);
    let mut members = Vec::new();
    let mut at = first;
    loop {
        let letter = *letters.get(at)?;
        if letter == ']' && at > first {
            return Some((Token::Class { negated, members }, at + 1));
        }
        if let Some((name, ranges)) = named(&letters[at..]) {
            members.extend(ranges);
            at += name.len();
            continue;
        }
        let own = at + usize::from(letter == '\\');
        let from = *letters.get(own)?;
        match letters.get(own + 1..own + 3) {
            Some(['-', to]) if *to != ']' => {
                members.push((from, *to));
                at = own + 3;
            }
            _ => {
                members.push((from, from));
                at = own + 1;
            }
        }
    }
}

fn named(letters: &[char]) -> Option<(&'static str, &'static [(char, char)])> {
    let begins = |name: &str| name.chars().eq(letters.iter().take(name.len()).copied());
    NAMED.iter().find(|(name, _)| begins(name)).copied()
}

#[cfg(test)]
mod tests {
    use super::matches;

    /// What wcmatch 9.0 says with GLOBSTAR.
    #[test]
    fn patterns_mean_what_they_mean_to_kayobe() {
        let fitting = [
            ("top.conf", "**/*.conf"),
            ("a/b/y.conf", "**"),
            ("a/b/y.conf", "a/**"),
            ("x/httpd.conf", "**/*httpd.conf"),
            ("a/b/wsgi-x.conf", "**/*wsgi*.conf"),
            ("a.conf", "**.conf"),
            ("a/b.conf", "a/[a-z].conf"),
            ("a/.b.conf", "a/.b*"),
            ("a/b/c/d.x", "a/**/d.x"),
            ("a/d.x", "a/**/d.x"),
            ("rabbitmq/x", "rabbitmq/**/*"),
            ("[a", "[a"),
            ("a]", "[]a]]"),
            ("a\\b", "a\\\\b"),
            ("a*", "a\\*"),
            ("a/.x/b", "a/.*/b"),
            ("a/b", "a/**/**/b"),
            ("b-c", "b[a-]c"),
            ("b", "[[:alpha:]]"),
        ];
        for (path, pattern) in fitting {
            assert!(matches(pattern, path), "{pattern} {path}");
        }
        let others = [
            ("a/.dot.conf", "**"),
            ("a", "a/**"),
            ("a/b/y.conf", "a/*"),
            ("a/b/y.conf", "*/y.conf"),
            ("a/b", "**.conf"),
            ("a/b.conf", "**.conf"),
            ("a/-b.conf", "a/[a-z].conf"),
            ("a/.b.conf", "a/?b.conf"),
            ("a/.b.conf", "a/[.]b.conf"),
            ("x", "!x"),
            ("a", "[a"),
            ("^", "[^^]"),
            ("ab", "a\\*"),
            ("a/b.conf", "a/(b|c).conf"),
            ("a/b.conf", "a/{b,c}.conf"),
            ("a/b.conf", "A/B.conf"),
            ("a/.x/b", "a/**/b"),
            ("bzc", "b[z-a]c"),
            ("b", "[[:digit:]]"),
        ];
        for (path, pattern) in others {
            assert!(!matches(pattern, path), "{pattern} {path}");
        }
    }
}
