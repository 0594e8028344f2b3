//! Groups of Python's regular expressions: what stands in round brackets.

use super::{
    python::{Reader, Written, fails_at},
    width::Width,
};

/// With what the names of groups begin that have none.
const UNNAMED: &str = "__";

impl Reader {
    /// What stands before a sign, which is left behind.
    fn until(&mut self, end: char) -> Written<String> {
        let start = self.at;
        let length = self.chars[start..].iter().position(|c| *c == end);
        let Some(length) = length else {
            return self.fails(format!("the name is not ended by `{end}`"));
        };
        self.at += length + 1;
        Ok(self.chars[start..start + length].iter().collect())
    }

    /// What begins with `(`; `None` for a remark.
    pub(super) fn group(&mut self, start: usize) -> Written<Option<Width>> {
        if !self.skip('?') {
            return self.captured(start, None).map(Some);
        }
        match self.next() {
            Some('P') => self.named(start).map(Some),
            Some(':') => self.enclosed(start, "(?:").map(Some),
            Some('>') => self.enclosed(start, "(?>").map(Some),
            Some('=') => self.enclosed(start, "(?=").map(|_| Some(Width::default())),
            Some('!') => self.enclosed(start, "(?!").map(|_| Some(Width::default())),
            Some('<') => self.behind(start).map(Some),
            Some('(') => self.conditional(start).map(Some),
            Some('#') => self.remark(start).map(|()| None),
            Some(c) if c == '-' || c.is_ascii_alphabetic() => {
                self.at -= 1;
                self.switched(start).map(Some)
            }
            Some(c) => fails_at(start + 1, format!("no group begins with `(?{c}`")),
            None => self.fails("the pattern ends in the middle of a group"),
        }
    }

    /// `(?#…)`.
    fn remark(&mut self, start: usize) -> Written<()> {
        while let Some(c) = self.next() {
            if c == ')' {
                return Ok(());
            }
        }
        fails_at(start, "the comment is not ended by `)`")
    }

    /// What stands in a group, up to its end.
    fn enclosed(&mut self, start: usize, sign: &str) -> Written<Width> {
        self.out.push_str(sign);
        let flags = self.flags;
        let width = self.alternatives()?;
        self.flags = flags;
        if !self.skip(')') {
            return fails_at(start, "the parenthesis is not closed");
        }
        self.out.push(')');
        Ok(width)
    }

    fn captured(&mut self, start: usize, name: Option<String>) -> Written<Width> {
        let number = self.groups.len();
        let own =
            || if self.by_name { format!("(?P<{UNNAMED}{}>", number + 1) } else { "(".into() };
        let sign = name.as_ref().map_or_else(own, |name| format!("(?P<{name}>"));
        self.groups.push((name, None));
        let width = self.enclosed(start, &sign)?;
        self.groups[number].1 = Some(width);
        Ok(width)
    }

    fn named(&mut self, start: usize) -> Written<Width> {
        if self.skip('<') {
            let name = self.until('>')?;
            check_name(start, &name)?;
            if self.groups.iter().any(|(other, _)| other.as_ref() == Some(&name)) {
                return fails_at(start, format!("a second group has the name `{name}`"));
            }
            return self.captured(start, Some(name));
        }
        if !self.skip('=') {
            return fails_at(start + 1, "no group begins with `(?P` and this");
        }
        let name = self.until(')')?;
        check_name(start, &name)?;
        match self.groups.iter().position(|(other, _)| other.as_ref() == Some(&name)) {
            Some(place) => self.reference(start, place + 1),
            None => fails_at(start, format!("no group has the name `{name}`")),
        }
    }

    /// The text that a group has matched.
    pub(super) fn reference(&mut self, start: usize, number: usize) -> Written<Width> {
        let Some((name, width)) = self.groups.get(number.wrapping_sub(1)) else {
            return fails_at(start, format!("there is no group {number}"));
        };
        let Some(width) = *width else {
            return fails_at(start, "a group cannot be named inside itself");
        };
        let reference = match name {
            Some(name) => format!("(?P={name})"),
            None if self.by_name => format!("(?P={UNNAMED}{number})"),
            None => format!(r"(?:\{number})"),
        };
        self.out.push_str(&reference);
        Ok(width)
    }

    fn behind(&mut self, start: usize) -> Written<Width> {
        let sign = match self.next() {
            Some('=') => "(?<=",
            Some('!') => "(?<!",
            Some(c) => return fails_at(start + 1, format!("no group begins with `(?<{c}`")),
            None => return self.fails("the pattern ends in the middle of a group"),
        };
        let width = self.enclosed(start, sign)?;
        if width.is_fixed() {
            return Ok(Width::default());
        }
        fails_at(start, "what is looked for behind must have one length")
    }

    /// `(?(1)yes|no)`.
    fn conditional(&mut self, start: usize) -> Written<Width> {
        let name = self.until(')')?;
        let named = self.groups.iter().position(|(other, _)| other.as_ref() == Some(&name));
        let number = match (name.parse::<usize>(), named) {
            (_, Some(place)) => place + 1,
            (Ok(number), _) if number > 0 && name.bytes().all(|c| c.is_ascii_digit()) => number,
            _ => return fails_at(start, format!("no group has the name `{name}`")),
        };
        self.asked = self.asked.max(number);
        let name = named.and_then(|place| self.groups[place].0.clone());
        let asked = match name {
            Some(name) => format!("(?(<{name}>)"),
            None if self.by_name => format!("(?(<{UNNAMED}{number}>)"),
            None => format!("(?({number})"),
        };
        self.out.push_str(&asked);
        let yes = self.sequence()?;
        let mut no = Width::default();
        if self.skip('|') {
            self.out.push('|');
            no = self.sequence()?;
        }
        if self.peek() == Some('|') {
            return self.fails("a condition has at most two branches");
        }
        if !self.skip(')') {
            return fails_at(start, "the parenthesis is not closed");
        }
        self.out.push(')');
        Ok(yes.or(no))
    }

    /// `(?i:…)` and `(?-i:…)`.
    fn switched(&mut self, start: usize) -> Written<Width> {
        let outer = self.flags;
        let (mut on, mut off) = (Vec::new(), Vec::new());
        let mut negative = false;
        loop {
            match self.next() {
                Some(')') if !negative => {
                    return fails_at(start, "flags for the whole must stand at the beginning");
                }
                Some(':') => break,
                Some('-') if !negative => negative = true,
                Some(c) if c.is_ascii_alphabetic() && negative => off.push(c),
                Some(c) if c.is_ascii_alphabetic() => on.push(c),
                _ => return self.fails("`-`, `:` or `)` must follow the flags"),
            }
        }
        self.switch_on(&on)?;
        for letter in &off {
            match letter {
                'i' => self.flags.ignore_case = false,
                'm' => self.flags.multiline = false,
                's' => self.flags.dot_all = false,
                'x' => self.flags.verbose = false,
                _ => return self.fails("this flag cannot be switched off"),
            }
        }
        if (negative && off.is_empty()) || off.iter().any(|letter| on.contains(letter)) {
            return self.fails("a flag is turned on and off, or none is");
        }
        let sign = match (outer.ignore_case, self.flags.ignore_case) {
            (false, true) => "(?i:",
            (true, false) => "(?-i:",
            _ => "(?:",
        };
        let width = self.enclosed(start, sign);
        self.flags = outer;
        width
    }
}

fn check_name(start: usize, name: &str) -> Written<()> {
    let letter = |c: char| c.is_alphabetic() || c == '_';
    if name.starts_with(letter) && name.chars().all(|c| letter(c) || c.is_numeric()) {
        return Ok(());
    }
    fails_at(start, format!("`{name}` is no name of a group"))
}
