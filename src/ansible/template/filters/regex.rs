//! Filters with regular expressions, with the meaning of Python's `re`.

use std::{cell::RefCell, collections::HashMap, sync::Arc};

use fancy_regex::{Captures, Regex};

use super::{Filter, replacement::Replacement};
use crate::{
    ansible::template::{
        access,
        call::Args,
        env::Env,
        fault::{Fault, Faulty, Outcome},
        meter, text,
        value::Val,
    },
    pattern,
};

/// More expressions than a site has.
const MOST_KEPT: usize = 1_000;

pub(super) fn find(name: &str) -> Option<Filter> {
    Some(match name {
        "regex_replace" => regex_replace,
        "regex_search" => regex_search,
        "regex_findall" => regex_findall,
        "regex_escape" => regex_escape,
        _ => return None,
    })
}

/// What of a text an expression must match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ansible::template) enum Extent {
    Part,
    Beginning,
    Whole,
}

/// Compiles a Python pattern.
pub(in crate::ansible::template) fn compiled(
    written: &str,
    ignore_case: bool,
    multiline: bool,
) -> Outcome<Regex> {
    matching(written, ignore_case, multiline, Extent::Part)
}

/// Compiles a Python pattern that is to match so much of a text.
pub(in crate::ansible::template) fn matching(
    written: &str,
    ignore_case: bool,
    multiline: bool,
    extent: Extent,
) -> Outcome<Regex> {
    let own =
        pattern::of_python_with(written, ignore_case, multiline).map_err(|why| refused(&why))?;
    let whole = match extent {
        Extent::Part => own,
        Extent::Beginning => format!(r"\A(?:{own})"),
        Extent::Whole => format!(r"\A(?:{own})\z"),
    };
    once(&whole).map_err(|error| refused(&pattern::fault(written, &error)))
}

fn refused(why: &str) -> Faulty {
    Fault::with_hint(
        format!("the regular expression is wrong: {why}"),
        "mend it; a sign that is to mean itself needs a backslash, or `regex_escape`",
    )
}

/// All matches of a Python pattern in a text. As in Python, what matches nothing may follow directly behind another match.
struct Matches<'text> {
    regex: Regex,
    /// Matches nothing at the place where it begins to search.
    further: Regex,
    text: &'text str,
    at: usize,
    was_empty: bool,
}

impl<'text> Matches<'text> {
    fn of(regex: &Regex, text: &'text str) -> Outcome<Self> {
        let further = once(&format!(r"(?:{})(?!\G)", regex.as_str()));
        let further = further.map_err(|error| wrong(&error))?;
        Ok(Self { regex: regex.clone(), further, text, at: 0, was_empty: false })
    }

    fn next(&mut self) -> Outcome<Option<Captures<'text>>> {
        let regex = if self.was_empty { &self.further } else { &self.regex };
        let found = regex.captures_from_pos(self.text, self.at).map_err(|error| wrong(&error))?;
        if let Some(whole) = found.as_ref().and_then(|found| found.get(0)) {
            self.at = whole.end();
            self.was_empty = whole.start() == whole.end();
        }
        Ok(found)
    }
}

/// Compiles an expression once, for the same one is often used for many items.
fn once(expression: &str) -> Result<Regex, Box<fancy_regex::Error>> {
    thread_local! {
        static KNOWN: RefCell<HashMap<String, Regex>> = RefCell::default();
    }
    if let Some(known) = KNOWN.with_borrow(|known| known.get(expression).cloned()) {
        return Ok(known);
    }
    let regex = pattern::compiled(expression)?;
    KNOWN.with_borrow_mut(|known| {
        if known.len() >= MOST_KEPT {
            known.clear();
        }
        known.insert(expression.to_owned(), regex.clone());
    });
    Ok(regex)
}

fn wrong(error: &fancy_regex::Error) -> Faulty {
    Fault::new(format!("matching a regular expression: {error}"))
}

fn regex_replace(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let value = text::str_of(input)?;
    let pattern = args.take("pattern").unwrap_or_else(|| Val::str(""));
    let pattern = text::only_text(&pattern, "pattern")?;
    // Python calls what can be called, and so fails only where there is a match.
    let replacement = match args.take("replacement") {
        Some(Val::Blank) => None,
        Some(other) => Some(text::only_text(&other, "replacement")?),
        None => Some(String::new()),
    };
    let ignore_case = args.flag("ignorecase", false)?;
    let multiline = args.flag("multiline", false)?;
    let most = args.int("count")?.unwrap_or(0);
    let mandatory = args.int("mandatory_count")?.unwrap_or(0);
    let regex = compiled(&pattern, ignore_case, multiline)?;
    let replacement = replacement.map(|written| Replacement::read(&written, &regex)).transpose()?;
    let mut out = String::new();
    let (mut last, mut count) = (0, 0_i128);
    let mut matches = Matches::of(&regex, &value)?;
    while let Some(found) = matches.next()? {
        // As for Python, none is all, and less than none is none.
        if most != 0 && count >= most {
            break;
        }
        let Some(whole) = found.get(0) else { continue };
        out.push_str(&value[last..whole.start()]);
        let replacement = replacement.as_ref().ok_or_else(access::blank)?;
        out.push_str(&replacement.expanded(&found));
        meter::room(out.len())?;
        last = whole.end();
        count += 1;
    }
    if mandatory != 0 && mandatory != count {
        return Err(Fault::new(format!(
            "'{pattern}' should match {mandatory} times, but matches {count} times in '{value}'"
        )));
    }
    Ok(Val::str(out + &value[last..]))
}

/// A part of a match that `regex_search` is to give.
enum Group {
    Number(usize),
    Name(String),
}

impl Group {
    /// Reads `\1` or `\g<name>`; what follows does not count.
    fn of(value: &Val) -> Outcome<Self> {
        let written = text::only_text(value, "startswith")?;
        let nothing = || Fault::new("'NoneType' object has no attribute 'group'");
        if let Some(rest) = written.strip_prefix("\\g") {
            let name = rest.split_whitespace().next().filter(|_| !rest.starts_with(' '));
            let name = name.and_then(|name| name.strip_prefix('<')?.rsplit_once('>'));
            let name = name.map(|(name, _)| name).filter(|name| !name.is_empty());
            return name.map(|name| Self::Name(name.to_owned())).ok_or_else(nothing);
        }
        let Some(rest) = written.strip_prefix('\\') else {
            return Err(Fault::new("Unknown argument"));
        };
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        rest[..digits].parse().map(Self::Number).map_err(|_| nothing())
    }
}

fn regex_search(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let pattern = args.required("regex")?;
    let value = text::str_of(input)?;
    let pattern = Args::of(vec![pattern]).only_text("regex")?;
    let groups = std::mem::take(&mut args.positional);
    let groups = groups.iter().map(Group::of).collect::<Outcome<Vec<_>>>()?;
    let named =
        |args: &mut Args, name| args.take_named(name).map_or(Ok(false), |flag| flag.truth());
    let (ignore_case, multiline) = (named(args, "ignorecase")?, named(args, "multiline")?);
    // Ansible takes any other name and makes nothing of it.
    args.named.clear();
    let regex = compiled(&pattern, ignore_case, multiline)?;
    let Some(found) = regex.captures(&value).map_err(|error| wrong(&error))? else {
        return Ok(Val::None);
    };
    let group = |group: Option<fancy_regex::Match<'_>>| {
        group.map_or(Val::None, |group| Val::str(group.as_str()))
    };
    if groups.is_empty() {
        return Ok(group(found.get(0)));
    }
    let mut items = Vec::new();
    for wanted in groups {
        let exists = match &wanted {
            Group::Number(index) => *index < regex.captures_len(),
            Group::Name(name) => regex.capture_names().flatten().any(|known| known == name),
        };
        if !exists {
            return Err(Fault::new("no such group"));
        }
        items.push(group(match &wanted {
            Group::Number(index) => found.get(*index),
            Group::Name(name) => found.name(name),
        }));
    }
    Ok(Val::list(items))
}

fn regex_findall(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let pattern = args.required("regex")?;
    let value = text::str_of(input)?;
    let pattern = Args::of(vec![pattern]).only_text("regex")?;
    let multiline = args.flag("multiline", false)?;
    let ignore_case = args.flag("ignorecase", false)?;
    let regex = compiled(&pattern, ignore_case, multiline)?;
    let mut items = Vec::new();
    let mut matches = Matches::of(&regex, &value)?;
    while let Some(found) = matches.next()? {
        let group = |at| Val::str(found.get(at).map_or("", |group| group.as_str()));
        items.push(match found.len() {
            1 => group(0),
            2 => group(1),
            count => Val::tuple((1..count).map(group).collect::<Vec<_>>()),
        });
    }
    Ok(Val::list(items))
}

fn regex_escape(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let value = text::str_of(input)?;
    let kind = args.take("re_type").unwrap_or_else(|| Val::str("python"));
    let special = match &*text::str_of(&kind)? {
        "python" => "()[]{}?*+-|^$\\.&~# \t\n\r\u{b}\u{c}",
        "posix_basic" => "].[^$*\\",
        other => return Err(Fault::new(format!("Invalid regex type ({other})"))),
    };
    let mut out = String::new();
    for c in value.chars() {
        if special.contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    Ok(Val::str(out))
}
