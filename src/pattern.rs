//! Regular expressions as Python writes them: what they are here, and what is wrong with one, and where in it.

mod groups;
mod members;
mod python;
mod width;

use fancy_regex::{Error, Regex, RegexBuilder};

/// Compiles an expression in this crate's syntax. It will see a few short texts, so no automaton is worked out ahead of
/// them: that takes longer than all the matching.
pub fn compiled(expression: &str) -> Result<Regex, Box<Error>> {
    RegexBuilder::new(expression).delegate_dfa_size_limit(0).build().map_err(Box::new)
}

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

/// The expression as Python's `re` reads it, in the words of this crate's engine; `Err` says why Python takes it for
/// none.
pub fn of_python(written: &str) -> Result<String, String> {
    of_python_with(written, false, false)
}

/// [`of_python`], with Python's flags `IGNORECASE` and `MULTILINE`.
pub fn of_python_with(written: &str, ignore_case: bool, multiline: bool) -> Result<String, String> {
    let flags = python::Flags { ignore_case, multiline, ..python::Flags::default() };
    python::rewritten(written, flags).map_err(|python::Failure { why, at }| {
        if at < written.chars().count() {
            format!("{why} at character {} of `{written}`", at + 1)
        } else {
            format!("{why} at the end of `{written}`")
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn python_expressions_are_written_anew() {
        let table = [
            (r"web[12]\d+$", Ok(r"web[12]\d+(?=\n?\z)")),
            ("[a&&b~~[-]", Ok(r"[a\&\&b\~\~\[\-]")),
            ("[^]a-c]{2,}?", Ok(r"[^\]a-c]{2,}?")),
            ("a{,3}b{x}c{", Ok(r"a{0,3}b\{x\}c\{")),
            (r"(?:a|b)*\Z", Ok(r"(?:a|b)*\z")),
            ("[0--1]", Err("`0--` is no range at character 2 of `[0--1]`")),
            ("^*", Err("there is nothing to repeat at character 2 of `^*`")),
            ("a**", Err("a repetition cannot be repeated at character 3 of `a**`")),
            ("a++", Ok("a++")),
            (r"(?i)a\x2e\141", Ok(r"(?i)a\.a")),
            (r"(?P<n>a)(b)(?P=n)\2", Ok(r"(?P<n>a)(?P<__2>b)(?P=n)(?P=__2)")),
            (r"(a)?(?(1)b|c)", Ok(r"(a)?(?(1)b|c)")),
            (r"(?<=ab|cd)[[:x]", Ok(r"(?<=ab|cd)[\[:x]")),
            ("(?s).(?x: a #c\n)", Ok(r"(?s:.)(?:a)")),
            (r"\p{L}", Err(r"`\p` has no meaning at character 1 of `\p{L}`")),
            (
                r"a(?i)b",
                Err("flags for the whole must stand at the beginning at character 2 of `a(?i)b`"),
            ),
            (
                "(?<=a*)b",
                Err("what is looked for behind must have one length at character 1 of `(?<=a*)b`"),
            ),
            ("(a", Err("the parenthesis is not closed at character 1 of `(a`")),
        ];
        for (written, expected) in table {
            let expected = expected.map(str::to_owned).map_err(str::to_owned);
            assert_eq!(of_python(written), expected, "{written}");
        }
    }

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
