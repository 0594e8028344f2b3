//! Host names with ranges and ports: `web[01:10].example.org:2222`.

use std::net::Ipv6Addr;

use super::graph::python_integer;

/// More hosts than any inventory line means.
const MOST_HOSTS: usize = 100_000;
/// More ranges than any name has.
const MOST_RANGES: usize = 16;
/// More digits than any number of a range has.
const MOST_DIGITS: usize = 32;

/// A name, possibly with ranges, and a port; `None` if it is no network name.
pub(super) fn parse(text: &str) -> Option<(&str, Option<i128>)> {
    let (name, port) = split_port(text);
    is_network_name(name).then_some((name, port))
}

/// One host, without ranges, and its port; `None` if it is no network name.
pub(super) fn single(text: &str) -> Option<(&str, Option<i128>)> {
    parse(text).filter(|(name, _)| !name.contains('['))
}

/// The hosts that a name in an inventory stands for, and the port that follows it.
pub(super) fn expand(text: &str) -> Result<(Vec<String>, Option<i128>), String> {
    let (name, port) = parse(text).unwrap_or((text, None));
    if name.matches('[').count() > MOST_RANGES {
        return Err(format!("a name has more than {MOST_RANGES} ranges"));
    }
    // Ansible marks ranges so while it expands them.
    if name.contains('[') && name.contains('|') {
        return Err(format!("`{name}` has a range and a `|`"));
    }
    let mut hosts = Vec::new();
    expand_ranges(name, &mut hosts)?;
    Ok((hosts, port))
}

/// As in Ansible, what stands in brackets may have a port of its own, which counts then.
fn split_port(text: &str) -> (&str, Option<i128>) {
    let bracketed = last_number(text).and_then(|(name, port)| {
        let inner = name.strip_prefix('[')?.strip_suffix(']')?;
        (!inner.is_empty()).then_some((inner, port))
    });
    let (text, port) = bracketed.map_or((text, None), |(name, port)| (name, Some(port)));
    match last_number(text) {
        Some((name, own)) if without_brackets(name).is_some_and(|name| !name.contains(':')) => {
            (name, Some(own))
        }
        _ => (text, port),
    }
}

/// What stands before the last colon, and the number behind it.
fn last_number(text: &str) -> Option<(&str, i128)> {
    let (name, port) = text.rsplit_once(':')?;
    let is_number = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    // A number without end is no port either.
    is_number.then(|| (name, port.parse().unwrap_or(i128::MAX)))
}

/// The text with each `[…]` taken out; `None` if brackets do not pair.
fn without_brackets(text: &str) -> Option<String> {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('[') {
        plain.push_str(before);
        rest = after.split_once(']')?.1;
    }
    plain.push_str(rest);
    (!plain.contains(']')).then_some(plain)
}

/// Ranges count as one digit; what is left must be a host name or an address.
fn is_network_name(text: &str) -> bool {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('[') {
        let Some((range, after)) = after.split_once(']') else { return false };
        if !is_range(range) {
            return false;
        }
        plain.push_str(before);
        plain.push('1');
        rest = after;
    }
    plain.push_str(rest);
    plain.parse::<Ipv6Addr>().is_ok() || plain.split('.').all(is_label)
}

fn is_label(label: &str) -> bool {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    label.starts_with(word)
        && label.chars().all(|c| word(c) || c == '-')
        && !label.ends_with(['-', '_'])
}

fn is_range(range: &str) -> bool {
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let letter = |text: &str| text.len() == 1 && text.as_bytes()[0].is_ascii_alphabetic();
    let hex = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let mut parts = range.split(':');
    let (Some(first), Some(last)) = (parts.next(), parts.next()) else { return false };
    let bounds = (number(first) && number(last))
        || (letter(first) && letter(last))
        || (hex(first) && hex(last));
    bounds && parts.next().is_none_or(number) && parts.next().is_none()
}

fn expand_ranges(name: &str, hosts: &mut Vec<String>) -> Result<(), String> {
    let Some(open) = name.find('[') else {
        if hosts.len() >= MOST_HOSTS {
            return Err(format!("a range gives more than {MOST_HOSTS} hosts"));
        }
        hosts.push(name.to_owned());
        return Ok(());
    };
    let close = name.find(']').ok_or_else(|| format!("`{name}` lacks a `]`"))?;
    // As in Ansible, the range is between the first brackets of each kind, whichever comes first.
    let (start, end) = (open.min(close), open.max(close));
    let (head, range, tail) = (&name[..start], &name[start + 1..end], &name[end + 1..]);
    for item in items(range)? {
        expand_ranges(&format!("{head}{item}{tail}"), hosts)?;
    }
    Ok(())
}

/// `01:10`, `a:f` or `1:9:2` item by item; both bounds belong to it.
fn items(range: &str) -> Result<Box<dyn Iterator<Item = String>>, String> {
    let wrong = |why: &str| format!("the range [{range}] {why}");
    let parts: Vec<&str> = range.split(':').collect();
    let (first, last, step) = match *parts {
        [first, last] => (first, last, "1"),
        [first, last, step] => (first, last, step),
        _ => return Err(wrong("is not begin:end or begin:end:step")),
    };
    let first = if first.is_empty() { "0" } else { first };
    if last.is_empty() {
        return Err(wrong("has no end"));
    }
    let width = if first.starts_with('0') && first.len() > 1 { first.len() } else { 0 };
    if width > 0 && width != last.len() {
        return Err(wrong("has bounds of different lengths"));
    }
    if width > MOST_DIGITS {
        return Err(wrong("has too many digits"));
    }
    let step = python_integer(step).filter(|step| *step != 0);
    let step = step.ok_or_else(|| wrong("has no step"))?;
    let size = usize::try_from(step.unsigned_abs()).unwrap_or(usize::MAX);
    if let (Some(from), Some(to)) = (LETTERS.find(first), LETTERS.find(last)) {
        if from > to {
            return Err(wrong("ends before it begins"));
        }
        // Backwards there is nothing between the first and what follows the last.
        let letters = if step > 0 { &LETTERS[from..=to] } else { "" };
        return Ok(Box::new(letters.chars().step_by(size).map(String::from)));
    }
    let number =
        |text: &str| python_integer(text).ok_or_else(|| wrong("has no numbers or letters"));
    let (from, to) = (number(first)?, number(last)?);
    let item = move |item: i64| format!("{item:0width$}");
    if step > 0 {
        return Ok(Box::new((from..=to).step_by(size).map(item)));
    }
    // As in Ansible, the last one is one too many for counting down.
    Ok(Box::new((to.saturating_add(2)..=from).rev().step_by(size).map(item)))
}

const LETTERS: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
