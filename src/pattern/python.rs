//! Reads regular expressions as Python's `re` reads them, and writes them anew for this crate's engine: it takes other
//! things for escapes, classes and flags, and takes for right what Python refuses.

use super::width::Width;

pub(super) type Written<T> = Result<T, Failure>;

/// Why Python refuses an expression, and before which character.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) why: String,
    pub(super) at: usize,
}

/// How a part of an expression is read.
#[expect(clippy::struct_excessive_bools, reason = "Python has these flags, each by itself")]
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Flags {
    pub(super) ignore_case: bool,
    pub(super) multiline: bool,
    pub(super) dot_all: bool,
    pub(super) verbose: bool,
    pub(super) ascii: bool,
}

/// What stands before a repetition.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    /// Nothing, or a place such as `^`, which cannot be repeated.
    Nothing,
    Repetition,
    Something,
}

/// Reads an expression; the reader holds what was made of it.
pub(super) struct Reader {
    pub(super) chars: Vec<char>,
    pub(super) at: usize,
    pub(super) out: String,
    pub(super) flags: Flags,
    /// The names of the groups, and how wide those are that are closed.
    pub(super) groups: Vec<(Option<String>, Option<Width>)>,
    /// The highest group that a condition asks for.
    pub(super) asked: usize,
    /// Whether all groups get names: the engine takes numbers only where none has one.
    pub(super) by_name: bool,
}

/// The expression for the engine.
pub(super) fn rewritten(written: &str, flags: Flags) -> Written<String> {
    let mut reader = Reader {
        chars: written.chars().collect(),
        at: 0,
        out: String::new(),
        flags,
        groups: Vec::new(),
        asked: 0,
        by_name: written.contains("(?P<"),
    };
    reader.leading_flags()?;
    if reader.flags.ignore_case {
        reader.out.push_str("(?i)");
    }
    reader.alternatives()?;
    if reader.peek() == Some(')') {
        return reader.fails("a parenthesis is closed that was never opened");
    }
    if reader.asked > reader.groups.len() {
        return reader.fails(format!("there is no group {}", reader.asked));
    }
    Ok(reader.out)
}

pub(super) fn fails_at<T>(at: usize, why: impl Into<String>) -> Written<T> {
    Err(Failure { why: why.into(), at })
}

impl Reader {
    pub(super) fn fails<T>(&self, why: impl Into<String>) -> Written<T> {
        fails_at(self.at, why)
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    pub(super) fn next(&mut self) -> Option<char> {
        let next = self.peek();
        self.at += usize::from(next.is_some());
        next
    }

    pub(super) fn skip(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    /// `(?i)` and the like at the very beginning.
    fn leading_flags(&mut self) -> Written<()> {
        loop {
            let start = self.at;
            self.skip_remarks();
            if !(self.skip('(') && self.skip('?')) {
                self.at = start;
                return Ok(());
            }
            let letters: Vec<char> = self.chars[self.at..]
                .iter()
                .copied()
                .take_while(char::is_ascii_alphabetic)
                .collect();
            if letters.is_empty()
                || letters[0] == 'P'
                || self.chars.get(self.at + letters.len()) != Some(&')')
            {
                self.at = start;
                return Ok(());
            }
            self.at += letters.len() + 1;
            self.switch_on(&letters)?;
        }
    }

    pub(super) fn switch_on(&mut self, letters: &[char]) -> Written<()> {
        for letter in letters {
            match letter {
                'i' => self.flags.ignore_case = true,
                'm' => self.flags.multiline = true,
                's' => self.flags.dot_all = true,
                'x' => self.flags.verbose = true,
                'a' => self.flags.ascii = true,
                'u' => {}
                'L' => return self.fails("cannot use 'L' flag with a str pattern"),
                _ => return self.fails("there is no such flag"),
            }
        }
        if letters.contains(&'a') && letters.contains(&'u') {
            return self.fails("only one of the flags `a`, `u` and `L` can be set");
        }
        Ok(())
    }

    fn skip_remarks(&mut self) {
        while self.flags.verbose {
            match self.peek() {
                Some(c) if c.is_ascii_whitespace() || c == '\u{b}' => self.at += 1,
                Some('#') => while self.next().is_some_and(|c| c != '\n') {},
                _ => return,
            }
        }
    }

    pub(super) fn alternatives(&mut self) -> Written<Width> {
        let mut width = self.sequence()?;
        while self.skip('|') {
            self.out.push('|');
            width = width.or(self.sequence()?);
        }
        Ok(width)
    }

    pub(super) fn sequence(&mut self) -> Written<Width> {
        let (mut width, mut last) = (Width::default(), Width::default());
        let mut before = Before::Nothing;
        loop {
            self.skip_remarks();
            let start = self.at;
            let Some(c) = self.peek().filter(|c| !"|)".contains(*c)) else {
                return Ok(width.then(last));
            };
            self.at += 1;
            if let Some((least, most)) = self.repetition(c)? {
                check_repeated(before, start)?;
                last = last.times(least, most);
                before = Before::Repetition;
                continue;
            }
            if let (Some(found), next) = self.item(c, start)? {
                (width, last, before) = (width.then(last), next, found);
            }
        }
    }

    /// One thing that may be repeated; a remark is none and changes nothing.
    fn item(&mut self, c: char, start: usize) -> Written<(Option<Before>, Width)> {
        let place = |reader: &mut Self, text: &str| {
            reader.out.push_str(text);
            Ok((Some(Before::Nothing), Width::default()))
        };
        match c {
            '\\' => {
                let width = self.escape(start)?;
                let is_place = width.is_none();
                let before = if is_place { Before::Nothing } else { Before::Something };
                return Ok((Some(before), width.unwrap_or_default()));
            }
            '[' => self.class(start)?,
            '(' => {
                let width = self.group(start)?;
                return Ok((width.map(|_| Before::Something), width.unwrap_or_default()));
            }
            // Python's `$` also matches before a line break that ends the text.
            '$' if self.flags.multiline => return place(self, "(?m:$)"),
            '$' => return place(self, r"(?=\n?\z)"),
            '^' if self.flags.multiline => return place(self, "(?m:^)"),
            '^' => return place(self, "^"),
            '.' if self.flags.dot_all => self.out.push_str("(?s:.)"),
            '.' => self.out.push('.'),
            c => self.plain(c),
        }
        Ok((Some(Before::Something), Width::ONE))
    }

    /// A character that means itself.
    pub(super) fn plain(&mut self, c: char) {
        if "\\.+*?()|[]{}^$#&-~".contains(c) {
            self.out.push('\\');
        }
        self.out.push(c);
    }

    /// `*`, `{2,3}` and the like with what follows; `None` if it is nothing of that kind.
    fn repetition(&mut self, c: char) -> Written<Option<(usize, Option<usize>)>> {
        let bounds = match c {
            '*' => (0, None),
            '+' => (1, None),
            '?' => (0, Some(1)),
            '{' => match self.bounds()? {
                Some(bounds) => bounds,
                None => return Ok(None),
            },
            _ => return Ok(None),
        };
        match (c, bounds) {
            ('{', (least, Some(most))) if least == most => {
                self.out += &["{", &least.to_string(), "}"].concat();
            }
            ('{', (least, most)) => {
                let most = most.map(|most| most.to_string()).unwrap_or_default();
                self.out += &["{", &least.to_string(), ",", &most, "}"].concat();
            }
            _ => self.out.push(c),
        }
        let after = self.peek().filter(|c| "?+".contains(*c));
        self.at += usize::from(after.is_some());
        self.out.extend(after);
        Ok(Some(bounds))
    }

    /// `2}`, `2,}`, `,3}`, `2,3}`; anything else is plain text.
    fn bounds(&mut self) -> Written<Option<(usize, Option<usize>)>> {
        let start = self.at;
        let least = self.digits();
        let has_comma = self.skip(',');
        let most = if has_comma { self.digits() } else { least.clone() };
        if !self.skip('}') || (least.is_empty() && !has_comma) {
            self.at = start;
            return Ok(None);
        }
        let number = |digits: &str| digits.parse::<usize>().ok();
        let (least, most) = match (number(&least), number(&most)) {
            (None, _) if !least.is_empty() => {
                return self.fails("the repetition number is too large");
            }
            (_, None) if !most.is_empty() => {
                return self.fails("the repetition number is too large");
            }
            (least, most) => (least.unwrap_or(0), most),
        };
        if most.is_some_and(|most| most < least) {
            return fails_at(start, "the least number of repetitions is larger than the largest");
        }
        Ok(Some((least, most)))
    }

    fn digits(&mut self) -> String {
        let digits = self.chars[self.at..].iter().copied().take_while(char::is_ascii_digit);
        let digits: String = digits.collect();
        self.at += digits.len();
        digits
    }
}

fn check_repeated(before: Before, start: usize) -> Written<()> {
    match before {
        Before::Something => Ok(()),
        Before::Nothing => fails_at(start, "there is nothing to repeat"),
        Before::Repetition => fails_at(start, "a repetition cannot be repeated"),
    }
}
