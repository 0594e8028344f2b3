//! A part of a group, as a number or in percent.

use std::{fmt, str::FromStr};

/// How many of a group: a number, or a part of it in percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Share {
    Number(usize),
    Percent(usize),
}

impl Share {
    /// Of a group of this size: at least one, because with none nothing would ever be done.
    pub fn of(self, size: usize) -> usize {
        match self {
            Self::Number(number) => number.max(1),
            Self::Percent(percent) => (size * percent / 100).max(1),
        }
    }
}

impl FromStr for Share {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let wrong = || format!("`{text}` is neither a number from 1 nor a percentage such as 25%");
        let number = |text: &str| text.trim().parse::<usize>().ok().filter(|number| *number > 0);
        match text.strip_suffix('%') {
            Some(percent) => {
                let percent = number(percent).filter(|percent| *percent <= 100);
                percent.map(Self::Percent).ok_or_else(wrong)
            }
            None => number(text).map(Self::Number).ok_or_else(wrong),
        }
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Percent(percent) => write!(f, "{percent}%"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_numbers_or_percentages() {
        for (text, of_ten) in [("1", 1), ("3", 3), ("25%", 2), ("1 %", 1), ("100%", 10)] {
            assert_eq!(text.parse::<Share>().unwrap().of(10), of_ten, "{text}");
        }
        for text in ["", "0", "-1", "101%", "0%", "many", "1.5"] {
            text.parse::<Share>().unwrap_err();
        }
    }
}
