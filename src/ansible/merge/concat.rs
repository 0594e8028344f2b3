//! Files one after the other.

use crate::ansible::template::Lines;

/// All texts as one, each ending with one line break.
pub fn concat(parts: &[Lines]) -> Lines {
    let mut whole = Lines::default();
    for part in parts {
        let text = part.text.trim_end();
        let count = text.split('\n').count();
        let last = part.origins.last().cloned();
        let kept = part.origins.iter().take(count).cloned();
        whole.origins.extend(kept.chain(last.filter(|_| part.origins.len() < count)));
        whole.text.push_str(text);
        whole.text.push('\n');
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_ends_with_one_line_break() {
        let table: &[(&[&str], &str, &[&str])] = &[
            (&["x=1", "[DEFAULT]"], "x=1\n[DEFAULT]\n", &["0:1:1", "1:1:1"]),
            (&["x=1\n\n \n", "y=2\n"], "x=1\ny=2\n", &["0:1:1", "1:1:1"]),
            (&["a\nb\n", "", "c"], "a\nb\n\nc\n", &["0:1:1", "0:2:1", "2:1:1"]),
        ];
        for (texts, expected, origins) in table {
            let part = |(at, text): (usize, &&str)| Lines::of_file(&at.to_string().into(), text);
            let whole = concat(&texts.iter().enumerate().map(part).collect::<Vec<_>>());
            assert_eq!(whole.text, *expected);
            let found: Vec<_> = whole.origins.iter().map(ToString::to_string).collect();
            assert_eq!(found, *origins, "{texts:?}");
        }
    }
}
