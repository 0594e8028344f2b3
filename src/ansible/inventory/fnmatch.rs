//! Shell patterns as Python's `fnmatch` understands them: `*`, `?`, `[a-z]`, `[!x]`.

/// Whether the whole name fits the pattern.
pub fn matches(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    let (mut p, mut n) = (0, 0);
    // Where to go on if what follows the last `*` does not fit: one more character goes to the star.
    let mut retry: Option<(usize, usize)> = None;
    while n < name.len() {
        if pattern.get(p) == Some(&'*') {
            retry = Some((p, n));
            p += 1;
            continue;
        }
        match one(&pattern[p..], name[n]) {
            Some(length) => {
                p += length;
                n += 1;
            }
            None => match retry {
                Some((star, at)) => {
                    retry = Some((star, at + 1));
                    (p, n) = (star + 1, at + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

/// How many characters of the pattern the name's character takes; `None` if it does not fit.
fn one(pattern: &[char], c: char) -> Option<usize> {
    match *pattern.first()? {
        '?' => Some(1),
        '[' => match class(pattern) {
            Some((inside, length)) => contains(inside, c).then_some(length),
            None => (c == '[').then_some(1),
        },
        plain => (plain == c).then_some(1),
    }
}

/// What stands between the brackets, and how long the whole is; `None` if they are not closed.
fn class(pattern: &[char]) -> Option<(&[char], usize)> {
    let negated = usize::from(pattern.get(1) == Some(&'!'));
    // A `]` right at the beginning is an ordinary character.
    let from = 2 + negated;
    let close = from + pattern.get(from..)?.iter().position(|c| *c == ']')?;
    Some((&pattern[1..close], close + 1))
}

fn contains(class: &[char], c: char) -> bool {
    let (negated, mut rest) = match class.split_first() {
        Some(('!', rest)) => (true, rest),
        _ => (false, class),
    };
    let mut found = false;
    while let Some((first, after)) = rest.split_first() {
        let (last, after) = match after {
            ['-', last, after @ ..] => (last, after),
            _ => (first, after),
        };
        found |= (*first..=*last).contains(&c);
        rest = after;
    }
    found != negated
}
