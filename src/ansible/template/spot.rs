//! Places in a template's text.

use super::{chain, fault::Fault};
use crate::ansible::yaml;

/// A line and a column, both counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spot {
    pub(super) line: u32,
    pub(super) column: u32,
}

impl Spot {
    pub(super) const START: Self = Self { line: 1, column: 1 };

    /// Behind a piece of text that begins here.
    pub(super) fn behind(self, text: &str) -> Self {
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        match text.rsplit_once('\n') {
            Some((before, last)) => Self {
                line: self.line.saturating_add(number(before.matches('\n').count() + 1)),
                column: number(last.chars().count()).saturating_add(1),
            },
            None => {
                Self { column: self.column.saturating_add(number(text.chars().count())), ..self }
            }
        }
    }

    /// What the fault speaks of, inside the tag that begins here; here, if the tag has no such name.
    pub(super) fn of(self, text: &str, fault: &Fault) -> Self {
        // A variable that the template needs, in which the fault is.
        let needed = fault.chain.get(chain::settings().len());
        let found = match needed.map(|first| first.variable.as_str()) {
            Some(name) => yaml::named_in_tag(text, self.line, self.column, &[name]),
            None => yaml::quoted_in_tag(text, self.line, self.column, &fault.message),
        };
        found.map_or(self, |(line, column)| Self { line, column })
    }
}

#[cfg(test)]
mod tests {
    use super::Spot;

    #[test]
    fn text_moves_a_spot() {
        let table =
            [("", (3, 5)), ("ab", (3, 7)), ("äé", (3, 7)), ("ab\n", (4, 1)), ("a\n\n  b", (5, 4))];
        for (text, (line, column)) in table {
            let spot = Spot { line: 3, column: 5 }.behind(text);
            assert_eq!(spot, Spot { line, column }, "{text:?}");
        }
    }
}
