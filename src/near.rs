//! Finds what somebody may have meant by a misspelt name.

use std::cmp::Reverse;

/// At most so many names are offered.
const OFFERED: usize = 3;

/// The known names that are most like `name`, best first; none if nothing is near. Near is what few mistakes away is, or
/// else what begins alike: `kernel_args` means `kernel_arguments`.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let letters = name.chars().count();
    let known: Vec<&str> = known.into_iter().collect();
    let few = by_distance(name, &known, (letters / 3).max(1));
    if !few.is_empty() {
        return few.into_iter().take(OFFERED).collect();
    }
    let begins = known.into_iter().filter(|other| alike(name, other) * 3 >= letters * 2);
    ranked(name, begins).into_iter().take(OFFERED).collect()
}

/// Whether a name is another one with a slip or two of the pen: letters left out, put in, swapped or replaced.
pub fn is_slip(name: &str, other: &str) -> bool {
    // In a short name, two slips make another word.
    let slips = if name.chars().count() < 10 { 1 } else { 2 };
    let close = name.len().abs_diff(other.len()) <= slips * 4;
    name != other && close && distance(name, other, slips).is_some()
}

/// All known names, the nearest first; of two that are equally far, the one that begins alike was meant.
pub fn ranked<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    by_distance(name, &known.into_iter().collect::<Vec<_>>(), usize::MAX)
}

/// The known names that are at most so many mistakes away, the nearest first.
fn by_distance<'a>(name: &str, known: &[&'a str], most: usize) -> Vec<&'a str> {
    let ranked =
        |other: &&'a str| Some((distance(name, other, most)?, Reverse(alike(name, other)), *other));
    let mut ranked: Vec<_> =
        known.iter().filter(|other| **other != name).filter_map(ranked).collect();
    ranked.sort_unstable();
    ranked.dedup();
    ranked.into_iter().map(|(_, _, other)| other).collect()
}

/// How many letters two names have in common at their beginning.
fn alike(one: &str, other: &str) -> usize {
    one.chars().zip(other.chars()).take_while(|(a, b)| a == b).count()
}

/// How many letters must be put in, left out, replaced or swapped with the next one; none if more than `most`.
///
/// Every undefined variable is compared with all names of its host, so most of them are given up early.
fn distance(one: &str, other: &str, most: usize) -> Option<usize> {
    let one: Vec<char> = one.chars().collect();
    let other: Vec<char> = other.chars().collect();
    if one.len().abs_diff(other.len()) > most {
        return None;
    }
    let mut before = vec![0; other.len() + 1];
    let mut last: Vec<usize> = (0..=other.len()).collect();
    let mut next = before.clone();
    let mut least_of_last = 0;
    for (i, a) in one.iter().enumerate() {
        next[0] = i + 1;
        let mut least = next[0];
        for (j, b) in other.iter().enumerate() {
            let replaced = last[j] + usize::from(a != b);
            let mut best = replaced.min(last[j + 1] + 1).min(next[j] + 1);
            if i > 0 && j > 0 && *a == other[j - 1] && one[i - 1] == *b {
                best = best.min(before[j - 1] + 1);
            }
            next[j + 1] = best;
            least = least.min(best);
        }
        // A swap reaches back over two rows.
        if least.min(least_of_last) > most {
            return None;
        }
        least_of_last = least;
        std::mem::swap(&mut before, &mut last);
        std::mem::swap(&mut last, &mut next);
    }
    Some(last[other.len()]).filter(|distance| *distance <= most)
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
