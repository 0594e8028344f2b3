//! Regular expressions as Python writes them: what they are here, and what is wrong with one, and where in it.

use std::{iter::Peekable, str::Chars};

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

/// What stands before a repetition.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    /// Nothing, or a place such as `^`, which cannot be repeated.
    Nothing,
    Repetition,
    Something,
}

/// The expression in this crate's syntax, which has operators in `[…]` where Python has plain characters; `Err` says
/// why Python takes it for none.
pub fn of_python(written: &str) -> Result<String, String> {
    let mut out = String::new();
    let mut chars = written.chars().peekable();
    let mut before = Before::Nothing;
    while let Some(c) = chars.next() {
        before = match c {
            '\\' => escape(&mut chars, &mut out),
            '[' => {
                out.push_str(&class(&mut chars)?);
                Before::Something
            }
            '(' => {
                out.push(c);
                out.extend(chars.next_if_eq(&'?'));
                Before::Nothing
            }
            // Python's `$` also matches before a line break that ends the text.
            '$' => {
                out.push_str(r"(?=\n?\z)");
                Before::Nothing
            }
            '^' | '|' => {
                out.push(c);
                Before::Nothing
            }
            '{' => {
                let bounds = bounds(&mut chars);
                out.push_str(bounds.as_deref().unwrap_or(r"\{"));
                bounds.map_or(Ok(Before::Something), |_| repeated(before, written))?
            }
            '*' | '+' | '?' => {
                out.push(c);
                repeated(before, written)?
            }
            _ => {
                out.push(c);
                Before::Something
            }
        };
        if before == Before::Repetition {
            out.extend(chars.next_if(|next| matches!(next, '?' | '+')));
        }
    }
    Ok(out)
}

/// What a backslash and the character behind it are.
fn escape(chars: &mut Peekable<Chars<'_>>, out: &mut String) -> Before {
    let next = chars.next();
    out.push('\\');
    out.extend(if next == Some('Z') { Some('z') } else { next });
    match next {
        Some('A' | 'Z' | 'b' | 'B') => Before::Nothing,
        _ => Before::Something,
    }
}

fn repeated(before: Before, written: &str) -> Result<Before, String> {
    match before {
        Before::Something => Ok(Before::Repetition),
        Before::Nothing => Err(format!("there is nothing to repeat in `{written}`")),
        Before::Repetition => Err(format!("one thing is repeated twice in `{written}`")),
    }
}

/// `{2}`, `{2,}`, `{,3}`, `{2,3}`; anything else is plain text.
fn bounds(chars: &mut Peekable<Chars<'_>>) -> Option<String> {
    let inside: String = chars.clone().take_while(|c| *c != '}').collect();
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (least, most) = inside.split_once(',').unwrap_or((&inside, &inside));
    let closed = chars.clone().nth(inside.chars().count()) == Some('}');
    if !closed || inside.is_empty() || inside == "," || !digits(least) || !digits(most) {
        return None;
    }
    chars.nth(inside.chars().count());
    let least = if least.is_empty() { "0" } else { least };
    let comma = if inside.contains(',') { "," } else { "" };
    let most = if comma.is_empty() { "" } else { most };
    Some(format!("{{{least}{comma}{most}}}"))
}

/// The rest of a class, `[` included: every character that is an operator here has a backslash.
fn class(chars: &mut Peekable<Chars<'_>>) -> Result<String, String> {
    let mut out = "[".to_owned();
    out.extend(chars.next_if_eq(&'^'));
    let mut first = true;
    loop {
        let Some((from, from_text)) = member(chars) else { return Ok(out) };
        if from == ']' && from_text == "]" && !first {
            out.push(']');
            return Ok(out);
        }
        first = false;
        out.push_str(&escaped(&from_text));
        let mut ahead = chars.clone();
        let range = ahead.next() == Some('-') && ahead.next().is_some_and(|next| next != ']');
        if !range {
            continue;
        }
        chars.next();
        let Some((to, to_text)) = member(chars) else { return Ok(out) };
        let kind = |text: &str| matches!(text, r"\d" | r"\D" | r"\s" | r"\S" | r"\w" | r"\W");
        if from > to || kind(&from_text) || kind(&to_text) {
            return Err(format!("the range `{from_text}-{to_text}` is none"));
        }
        out.push('-');
        out.push_str(&escaped(&to_text));
    }
}

/// A member of a class as it counts in a range, and as it is written.
fn member(chars: &mut Peekable<Chars<'_>>) -> Option<(char, String)> {
    let c = chars.next()?;
    if c != '\\' {
        return Some((c, c.to_string()));
    }
    let next = chars.next()?;
    Some((next, format!("\\{next}")))
}

fn escaped(member: &str) -> String {
    match member {
        "[" | "]" | "&" | "~" | "-" | "^" => format!("\\{member}"),
        _ => member.to_owned(),
    }
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
            ("a{,3}b{x}c{", Ok(r"a{0,3}b\{x}c\{")),
            (r"(?:a|b)*\Z", Ok(r"(?:a|b)*\z")),
            ("[0--1]", Err("the range `0--` is none")),
            ("^*", Err("there is nothing to repeat in `^*`")),
            ("a**", Err("one thing is repeated twice in `a**`")),
            ("a++", Ok("a++")),
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
