//! The test `version`.

use std::cmp::Ordering;

use super::{
    call::Args,
    fault::{Fault, Outcome},
    text,
    value::Val,
};

/// Compares versions as Ansible does: runs of digits as numbers, runs of letters as text.
pub(super) fn compared(input: &Val, args: &mut Args) -> Outcome<bool> {
    let (value, other) = (text::str_of(input)?, args.text("version")?);
    let operator = args.text_or("operator", "eq")?;
    if value.is_empty() || other.is_empty() {
        return Err(Fault::new("Input version value cannot be empty"));
    }
    let order = parts(&value).cmp(&parts(&other));
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

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Letters(String),
    Number(u128),
}

fn parts(version: &str) -> Vec<Part> {
    let mut found: Vec<Part> = Vec::new();
    let mut run = String::new();
    let kind = |c: char| {
        if c.is_ascii_digit() {
            1
        } else if c.is_alphabetic() {
            2
        } else {
            0
        }
    };
    let mut last = 0;
    for c in version.chars().chain(['.']) {
        if kind(c) != last && !run.is_empty() {
            let text = std::mem::take(&mut run);
            found.push(text.parse().map_or(Part::Letters(text), Part::Number));
        }
        last = kind(c);
        if last != 0 {
            run.push(c);
        }
    }
    found
}
