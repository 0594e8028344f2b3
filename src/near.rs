//! Finds what somebody may have meant by a misspelt name.

use std::cmp::Reverse;

/// At most so many names are offered.
const OFFERED: usize = 3;

/// The known names that are most like `name`, best first; none if nothing is near. Near is what few mistakes away is, or
/// else what begins alike: `kernel_args` means `kernel_arguments`.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let letters = name.chars().count();
    let ranked = ranked(name, known);
    let few = |other: &&str| distance(name, other) <= (letters / 3).max(1);
    let alike = |other: &&str| alike(name, other) * 3 >= letters * 2;
    let offered = |wanted: &dyn Fn(&&str) -> bool| -> Vec<&'a str> {
        ranked.iter().copied().filter(|other| wanted(other)).take(OFFERED).collect()
    };
    let near = offered(&few);
    if near.is_empty() { offered(&alike) } else { near }
}

/// Whether a name is another one with a slip or two of the pen: letters left out, put in, swapped or replaced.
pub fn is_slip(name: &str, other: &str) -> bool {
    // In a short name, two slips make another word.
    let slips = if name.chars().count() < 10 { 1 } else { 2 };
    let close = name.len().abs_diff(other.len()) <= slips * 4;
    name != other && close && distance(name, other) <= slips
}

/// All known names, the nearest first; of two that are equally far, the one that begins alike was meant.
pub fn ranked<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let known = known.into_iter().filter(|other| *other != name);
    let mut ranked: Vec<_> =
        known.map(|other| (distance(name, other), Reverse(alike(name, other)), other)).collect();
    ranked.sort_unstable();
    ranked.dedup();
    ranked.into_iter().map(|(_, _, other)| other).collect()
}

/// How many letters two names have in common at their beginning.
fn alike(one: &str, other: &str) -> usize {
    one.chars().zip(other.chars()).take_while(|(a, b)| a == b).count()
}

/// How many letters must be put in, left out, replaced or swapped with the next one.
fn distance(one: &str, other: &str) -> usize {
    let one: Vec<char> = one.chars().collect();
    let other: Vec<char> = other.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.iter().enumerate() {
        let mut next = vec![i + 1];
        for (j, b) in other.iter().enumerate() {
            let replaced = last[j] + usize::from(a != b);
            let mut best = replaced.min(last[j + 1] + 1).min(next[j] + 1);
            if i > 0 && j > 0 && *a == other[j - 1] && one[i - 1] == *b {
                best = best.min(before[j - 1] + 1);
            }
            next.push(best);
        }
        before = std::mem::replace(&mut last, next);
    }
    last[other.len()]
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn near_names_are_found() {
        let known = ["compute", "controllers", "network", "bm1", "bm2"];
        let table: &[(&str, &[&str])] = &[
            ("controller", &["controllers"]),
            ("comptue", &["compute"]),
            ("bm3", &["bm1", "bm2"]),
            ("storage", &[]),
        ];
        for (name, expected) in table {
            assert_eq!(nearest(name, known), *expected, "{name}");
        }
        let keys = ["kernel", "kernel_arguments", "packages"];
        let table: &[(&str, &[&str])] = &[
            ("pakages", &["packages"]),
            ("kernel_args", &["kernel_arguments"]),
            ("kernle", &["kernel"]),
            ("colour", &[]),
        ];
        for (name, expected) in table {
            assert_eq!(nearest(name, keys), *expected, "{name}");
        }
    }
}
