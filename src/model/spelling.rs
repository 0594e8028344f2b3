//! Which known name was meant by a misspelt one.

use std::cmp::Reverse;

/// The known name that is closest to a misspelt one, if any is close.
pub fn nearest<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Of two that are equally far, the one that begins alike was meant.
    let alike = |name: &str| wrong.chars().zip(name.chars()).take_while(|(a, b)| a == b).count();
    let scored = known.into_iter().map(|name| (distance(wrong, name), Reverse(alike(name)), name));
    let (distance, _, name) = scored.min()?;
    (distance <= 1 + wrong.chars().count() / 2).then_some(name)
}

/// Levenshtein's distance: how many letters have to be typed anew.
pub fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_offered_only_if_it_is_near() {
        let known = ["kernel", "kernel_arguments", "packages"];
        let cases = [
            ("pakages", Some("packages")),
            ("kernel_args", Some("kernel_arguments")),
            ("kernle", Some("kernel")),
            ("colour", None),
        ];
        for (wrong, expected) in cases {
            assert_eq!(nearest(wrong, known), expected, "{wrong}");
        }
    }
}
