//! Finds what somebody may have meant by a misspelt name.

/// At most so many names are offered.
const OFFERED: usize = 3;

/// The known names that are most like `name`, best first; none if nothing is near.
pub fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let most = (name.chars().count() / 3).max(1);
    let mut found: Vec<(usize, &str)> = known
        .filter(|other| *other != name)
        .map(|other| (distance(name, other), other))
        .filter(|(distance, _)| *distance <= most)
        .collect();
    found.sort_unstable();
    found.dedup();
    found.into_iter().take(OFFERED).map(|(_, other)| other).collect()
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
            assert_eq!(nearest(name, known.into_iter()), *expected, "{name}");
        }
    }
}
