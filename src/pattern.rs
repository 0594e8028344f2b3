//! Says what is wrong with a regular expression, and where in it.

use fancy_regex::{Error, Regex};

/// Why a regular expression cannot be used. `error` may be about a longer one that was made of it; the place told is
/// the one in what was written.
pub fn fault(written: &str, error: &Error) -> String {
    let own = Regex::new(written).err();
    match own.as_ref().unwrap_or(error) {
        Error::ParseError(at, why) => {
            let before = written.get(..*at).unwrap_or(written).chars().count();
            let place = match written.chars().nth(before) {
                Some(_) => format!("at character {} of", before + 1),
                None => "at the end of".to_owned(),
            };
            format!("{why} ({place} `{written}`)")
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_is_that_of_what_was_written() {
        let table = [
            ("ctl(1", "(at the end of `ctl(1`)"),
            ("ä**b", "(at character 3 of `ä**b`)"),
            ("a)", "(at character 2 of `a)`)"),
        ];
        for (written, expected) in table {
            let error = Regex::new(&format!("^(?:x){written}")).unwrap_err();
            let told = fault(written, &error);
            assert!(told.ends_with(expected), "{told}");
        }
    }
}
