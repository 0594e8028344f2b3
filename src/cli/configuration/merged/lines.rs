//! Which lines of two texts differ.

/// Beyond as many pairs of lines, what stands between the equal ends counts as replaced.
const MOST: usize = 4_000_000;

/// The lines that only one of the texts has, after `-` and `+`.
pub(in crate::cli::configuration) fn differing(before: &str, after: &str) -> String {
    let (before, after): (Vec<_>, Vec<_>) = (before.lines().collect(), after.lines().collect());
    let (mut old, mut new) = (&before[..], &after[..]);
    while let ([first, rest @ ..], [same, others @ ..]) = (old, new)
        && first == same
    {
        (old, new) = (rest, others);
    }
    while let ([rest @ .., last], [others @ .., same]) = (old, new)
        && last == same
    {
        (old, new) = (rest, others);
    }
    let tell = |sign: char, line: &str| format!("    {sign} {line}\n");
    if old.len().saturating_mul(new.len()) > MOST {
        let gone = old.iter().map(|line| tell('-', line));
        return gone.chain(new.iter().map(|line| tell('+', line))).collect();
    }
    let common = common(old, new);
    let mut told = Vec::new();
    let (mut at, mut to) = (0, 0);
    while at < old.len() || to < new.len() {
        if at < old.len() && to < new.len() && old[at] == new[to] {
            (at, to) = (at + 1, to + 1);
        } else if to == new.len() || (at < old.len() && common[at + 1][to] >= common[at][to + 1]) {
            told.push(tell('-', old[at]));
            at += 1;
        } else {
            told.push(tell('+', new[to]));
            to += 1;
        }
    }
    told.concat()
}

/// For each pair of places how many lines after them are common to both.
fn common(old: &[&str], new: &[&str]) -> Vec<Vec<u32>> {
    let mut common = vec![vec![0; new.len() + 1]; old.len() + 1];
    for at in (0..old.len()).rev() {
        for to in (0..new.len()).rev() {
            common[at][to] = if old[at] == new[to] {
                common[at + 1][to + 1] + 1
            } else {
                common[at + 1][to].max(common[at][to + 1])
            };
        }
    }
    common
}

#[cfg(test)]
mod tests {
    use super::differing;

    #[test]
    fn only_lines_that_differ_are_told() {
        let table = [
            ("a\nb\nc\n", "a\nx\nc\n", "- b|+ x"),
            ("", "a\n", "+ a"),
            ("a\nb\n", "b\n", "- a"),
            ("a\nb\nc\nd\n", "b\nx\nd\na\n", "- a|- c|+ x|+ a"),
            ("a\n", "a\n", ""),
        ];
        for (before, after, expected) in table {
            let told = differing(before, after);
            let told: Vec<_> = told.lines().map(str::trim).collect();
            assert_eq!(told.join("|"), expected, "{before:?} {after:?}");
        }
    }
}
