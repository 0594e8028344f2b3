//! The lookup `sequence`: numbers, from `start=… end=…` or from `[start-]end[/stride][:format]`.

use std::sync::{Arc, LazyLock};

use fancy_regex::Regex;

use super::{Found, options::Options};
use crate::{
    ansible::{
        assignments,
        template::{
            call::Args,
            env::Env,
            fault::{Fault, Outcome},
            format,
            value::Val,
        },
    },
    pattern,
};

const FIELDS: &[&str] = &["start", "end", "stride", "count", "format"];

/// More than any list in a configuration holds.
const LONGEST: i128 = 1_000_000;

/// The short form; `None` would mean a fault in this line.
static SHORT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let number = "0?x?[0-9a-f]+";
    let short = format!("(?i)^(?:({number})-)?({number})(?:/({number}))?(?::(.+))?$");
    pattern::compiled(&short).ok()
});

pub(super) fn sequence(_: &Arc<Env>, terms: Vec<Val>, args: &mut Args) -> Found {
    let terms = if terms.is_empty() && !args.named.is_empty() { vec![Val::str("")] } else { terms };
    let mut found = Vec::new();
    for term in terms {
        let term = term.as_str().ok_or_else(|| {
            let kind = term.type_name();
            Fault::new(format!(
                "unknown error parsing with_sequence arguments: it is '{kind}', not text"
            ))
        })?;
        let mut args = args.clone();
        let mut options = Options::of("sequence", &mut args);
        for (name, value) in fields(term)? {
            options.put_first(name, &value);
        }
        found.extend(Wanted::take(&mut options)?.numbers()?);
    }
    Ok(found)
}

/// What a term says, in its short form or as `name=value`.
fn fields(term: &str) -> Outcome<Vec<(&'static str, String)>> {
    let short = SHORT.as_ref().and_then(|short| short.captures(term).ok().flatten());
    if let Some(parts) = short {
        let part = |at: usize| parts.get(at).map(|part| part.as_str().to_owned());
        let named =
            [("start", part(1)), ("end", part(2)), ("stride", part(3)), ("format", part(4))];
        return Ok(named.into_iter().filter_map(|(name, value)| Some((name, value?))).collect());
    }
    let parsed = assignments::parse(term).unwrap_or_default();
    let known = |name: &str| FIELDS.iter().find(|field| **field == name).copied();
    let mut found = Vec::new();
    for (name, value) in parsed.pairs {
        let field = known(&name).ok_or_else(|| unrecognised(&name))?;
        found.push((field, value));
    }
    match parsed.rest {
        Some(_) => Err(unrecognised("_raw_params")),
        None => Ok(found),
    }
}

fn unrecognised(name: &str) -> crate::ansible::template::fault::Faulty {
    Fault::with_hint(
        format!("unrecognized arguments to with_sequence: ['{name}']"),
        format!("the options are {}", FIELDS.join(", ")),
    )
}

struct Wanted {
    start: i128,
    stride: i128,
    end: Option<i128>,
    count: Option<i128>,
    format: String,
}

impl Wanted {
    fn take(options: &mut Options<'_>) -> Outcome<Self> {
        Ok(Self {
            start: options.int("start")?.unwrap_or(1),
            stride: options.int("stride")?.unwrap_or(1),
            end: options.int("end")?,
            count: options.int("count")?,
            format: options.text_or("format", "%d")?,
        })
    }

    /// The last number; `None` if there are to be none at all.
    fn last(&self) -> Outcome<Option<i128>> {
        match (self.count, self.end) {
            (None, None) => Err(Fault::new("must specify count or end in with_sequence")),
            (Some(_), Some(_)) => {
                Err(Fault::new("can't specify both count and end in with_sequence"))
            }
            (Some(0), None) => Ok(None),
            // Backwards this is one number more than asked for, as in Ansible.
            (Some(count), None) => {
                let span = count.saturating_mul(self.stride);
                Ok(Some(self.start.saturating_add(span).saturating_sub(1)))
            }
            (None, end) => Ok(end),
        }
    }

    fn numbers(&self) -> Found {
        let Some(last) = self.last()? else { return Ok(Vec::new()) };
        if self.stride > 0 && last < self.start {
            return Err(Fault::new("to count backwards make stride negative"));
        }
        if self.stride < 0 && last > self.start {
            return Err(Fault::new("to count forward don't make stride negative"));
        }
        if self.stride == 0 {
            return Ok(Vec::new());
        }
        if self.format.matches('%').count() != 1 {
            return Err(Fault::new(format!("bad formatting string: {}", self.format)));
        }
        let count = (last.saturating_sub(self.start) / self.stride).saturating_add(1);
        if count > LONGEST {
            return Err(Fault::new(format!("a sequence of {count} numbers is too long")));
        }
        let number = |at| format::percent(&self.format, &Val::Int(self.start + at * self.stride));
        (0..count).map(number).collect()
    }
}
