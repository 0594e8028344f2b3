//! The test `version`.

use std::cmp::Ordering;

use super::{
    call::Args,
    fault::{Fault, Faulty, Outcome},
    filters, text,
    value::Val,
};

/// Compares versions as Ansible does.
pub(super) fn compared(input: &Val, args: &mut Args) -> Outcome<bool> {
    let version = args.required("version")?;
    let operator = args.text_or("operator", "eq")?;
    let strict = args.take("strict").filter(|strict| !matches!(strict, Val::None));
    let kind = args.text_or("version_type", "")?;
    if strict.is_some() && !kind.is_empty() {
        return Err(Fault::new("Cannot specify both 'strict' and 'version_type'"));
    }
    if !input.truth()? {
        return Err(Fault::new("Input version value cannot be empty"));
    }
    if !version.truth()? {
        return Err(Fault::new("Version parameter to compare against cannot be empty"));
    }
    let kind =
        if strict.map_or(Ok(false), |strict| strict.truth())? { "strict".into() } else { kind };
    let (value, other) = (text::str_of(input)?, text::str_of(&version)?);
    let order = match &*kind {
        "" | "loose" => loose(&value, &other)?,
        "strict" => strict_parts(&value)?.cmp(&strict_parts(&other)?),
        "semver" | "semantic" => Semantic::of(&value)?.cmp(&Semantic::of(&other)?),
        "pep440" => Released::of(&value)?.cmp(&Released::of(&other)?),
        other => {
            return Err(Fault::new(format!(
                "Invalid version type ({other}). Must be one of 'loose', 'strict', 'semver', 'semantic', 'pep440'"
            )));
        }
    };
    Ok(match &*operator {
        "==" | "=" | "eq" => order == Ordering::Equal,
        "<" | "lt" => order == Ordering::Less,
        "<=" | "le" => order != Ordering::Greater,
        ">" | "gt" => order == Ordering::Greater,
        ">=" | "ge" => order != Ordering::Less,
        "!=" | "<>" | "ne" => order != Ordering::Equal,
        _ => return Err(Fault::new(format!("Invalid operator type ({operator})."))),
    })
}

fn invalid(version: &str) -> Faulty {
    Fault::new(format!("Version comparison failed: invalid version number '{version}'"))
}

/// Runs of digits as numbers, runs of letters as text.
pub(super) fn loose(one: &str, other: &str) -> Outcome<Ordering> {
    let (one, other) = (parts(one), parts(other));
    for (one, other) in one.iter().zip(&other) {
        if std::mem::discriminant(one) != std::mem::discriminant(other) {
            return Err(Fault::new(
                "Version comparison failed: '<' not supported between instances of 'int' and 'str'",
            ));
        }
        if one != other {
            return Ok(one.cmp(other));
        }
    }
    Ok(one.len().cmp(&other.len()))
}

/// Two or three numbers, then perhaps `a` or `b` with a number.
fn strict_parts(version: &str) -> Outcome<([u64; 3], (u8, u64))> {
    let wrong = || invalid(version);
    let cut = version.find(['a', 'b']).unwrap_or(version.len());
    let (numbers, pre) = version.split_at(cut);
    let mut found = [0; 3];
    let count = numbers.split('.').count();
    if !(2..=3).contains(&count) {
        return Err(wrong());
    }
    for (place, number) in found.iter_mut().zip(numbers.split('.')) {
        *place = number.parse().map_err(|_| wrong())?;
    }
    let pre = match pre.split_at_checked(1) {
        None => (2, 0),
        Some((letter, number)) => (u8::from(letter == "b"), number.parse().map_err(|_| wrong())?),
    };
    Ok((found, pre))
}

/// A version after semver.org: its numbers, and what stands before a release (which is greater than that).
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Semantic([u64; 3], bool, Vec<Identifier>);

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Identifier {
    Number(u64),
    Text(String),
}

impl Semantic {
    fn of(version: &str) -> Outcome<Self> {
        let wrong = || {
            Fault::new(format!("Version comparison failed: invalid semantic version '{version}'"))
        };
        let core = version.split_once('+').map_or(version, |(core, _)| core);
        let (numbers, pre) = core.split_once('-').unwrap_or((core, ""));
        let read = |number: &str| {
            let leading = number.len() > 1 && number.starts_with('0');
            number.parse().ok().filter(|_| !leading).ok_or_else(wrong)
        };
        let numbers = numbers.split('.').map(read).collect::<Outcome<Vec<u64>>>()?;
        let numbers = <[u64; 3]>::try_from(numbers).map_err(|_| wrong())?;
        let identifier = |part: &str| match part.parse() {
            Ok(number) => Identifier::Number(number),
            Err(_) => Identifier::Text(part.to_owned()),
        };
        let pre: Vec<_> = pre.split('.').filter(|part| !part.is_empty()).map(identifier).collect();
        Ok(Self(numbers, pre.is_empty(), pre))
    }
}

/// A version of a Python package: epoch, numbers without trailing zeros, and where it stands around its release.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Released {
    epoch: u64,
    numbers: Vec<u64>,
    stage: (i8, u64),
    post: Option<u64>,
    /// Unfinished ones come before the finished one.
    dev: (bool, u64),
    local: Vec<Identifier>,
}

impl Released {
    fn of(version: &str) -> Outcome<Self> {
        let wrong =
            || Fault::new(format!("Version comparison failed: Invalid version: '{version}'"));
        let pattern = filters::regex::compiled(
            r"^\s*v?(?:(\d+)!)?(\d+(?:\.\d+)*)(?:[-_.]?(alpha|a|beta|b|preview|pre|c|rc)[-_.]?(\d*))?(?:-(\d+)|[-_.]?(post|rev|r)[-_.]?(\d*))?(?:[-_.]?(dev)[-_.]?(\d*))?(?:\+([a-z0-9]+(?:[-_.][a-z0-9]+)*))?\s*$",
            true,
            false,
        )?;
        let found = pattern.captures(version).ok().flatten().ok_or_else(wrong)?;
        let text = |at: usize| found.get(at).map(|part| part.as_str().to_lowercase());
        let number = |at: usize| text(at).map_or(0, |digits| digits.parse().unwrap_or(0));
        let mut numbers: Vec<u64> =
            text(2).unwrap_or_default().split('.').filter_map(|part| part.parse().ok()).collect();
        while numbers.last() == Some(&0) && numbers.len() > 1 {
            numbers.pop();
        }
        let post = match (text(5), text(6)) {
            (Some(_), _) => Some(number(5)),
            (None, Some(_)) => Some(number(7)),
            (None, None) => None,
        };
        let stage = match text(3).as_deref() {
            Some("a" | "alpha") => (0, number(4)),
            Some("b" | "beta") => (1, number(4)),
            Some(_) => (2, number(4)),
            // What is only in development comes before every stage.
            None if text(8).is_some() && post.is_none() => (-1, 0),
            None => (3, 0),
        };
        let dev = (text(8).is_none(), number(9));
        let local = text(10).unwrap_or_default();
        let local = local.split(['-', '_', '.']).filter(|part| !part.is_empty());
        let local = local.map(|part| match part.parse::<u64>() {
            // Numbers are greater than letters here, the other way round than in semantic versions.
            Ok(number) => Identifier::Text(format!("~{number:020}")),
            Err(_) => Identifier::Text(part.to_owned()),
        });
        Ok(Self { epoch: number(1), numbers, stage, post, dev, local: local.collect() })
    }
}

/// A part of a loose version.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Letters(String),
    Number(u128),
}

fn parts(version: &str) -> Vec<Part> {
    let mut runs: Vec<String> = Vec::new();
    // Only small letters make words; whatever stands between is a part of its own, except dots.
    let kind = |c: char| match c {
        '0'..='9' => 1,
        'a'..='z' => 2,
        '.' => 3,
        _ => 0,
    };
    let mut last = None;
    for c in version.chars() {
        match runs.last_mut() {
            Some(run) if last == Some(kind(c)) && kind(c) != 3 => run.push(c),
            _ => runs.push(c.to_string()),
        }
        last = Some(kind(c));
    }
    let runs = runs.into_iter().filter(|run| run != ".");
    runs.map(|run| run.parse().map_or(Part::Letters(run), Part::Number)).collect()
}
