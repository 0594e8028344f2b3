//! JSON as Python's `json.dumps` writes it.

use std::{cmp::Ordering, fmt::Write as _};

use crate::ansible::template::{
    fault::{Fault, Outcome},
    meter,
    objects::Object,
    ops, text,
    value::{DEEPEST, Dict, Key, Val},
};

/// How JSON text is laid out.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    /// What stands before an item, once for each level.
    pub(super) indent: Option<String>,
    pub(super) sort_keys: bool,
    pub(super) ascii: bool,
    /// Between items, and behind a key.
    pub(super) separators: (String, String),
    /// Whether keys become text before they are sorted, and dates are text: Ansible's own filters do so, Jinja2 does not.
    pub(super) prepares: bool,
}

/// Writes a value.
pub(super) fn write(value: &Val, layout: &Layout) -> Outcome<String> {
    let mut writer = Writer { layout, out: String::new() };
    writer.value(value, 0)?;
    Ok(writer.out)
}

struct Writer<'a> {
    layout: &'a Layout,
    out: String,
}

impl Writer<'_> {
    fn value(&mut self, value: &Val, level: usize) -> Outcome<()> {
        if level > DEEPEST {
            return Err(Fault::new("Circular reference detected"));
        }
        meter::steps(1);
        meter::checked()?;
        match value.clone().used()? {
            Val::None => self.out.push_str("null"),
            Val::Bool(value) => self.out.push_str(if value { "true" } else { "false" }),
            Val::Int(number) => self.out.push_str(&number.to_string()),
            Val::Float(number) => self.out.push_str(&float(number)),
            Val::Str(text) => self.text(&text)?,
            Val::List(list) => self.list(&list.items(), level)?,
            Val::Tuple(items) => self.list(&items.items(), level)?,
            Val::Dict(dict) => self.dict(&dict, level)?,
            other => self.object(&other, level)?,
        }
        meter::room(self.out.len())
    }

    fn object(&mut self, value: &Val, level: usize) -> Outcome<()> {
        let object = match value {
            Val::Object(object) if self.layout.prepares => Some(object.as_ref()),
            _ => None,
        };
        match object {
            Some(Object::Moment(moment)) => return self.text(&moment.iso("T")),
            Some(Object::Range(range)) => return self.list(&range.numbers(), level),
            _ => {}
        }
        if let Some(dict) = object.and_then(Object::dict) {
            return self.dict(&dict, level);
        }
        let kind = value.type_name();
        Err(Fault::new(format!("Object of type '{kind}' is not JSON serializable")))
    }

    fn list(&mut self, items: &[Val], level: usize) -> Outcome<()> {
        self.out.push('[');
        for (at, item) in items.iter().enumerate() {
            self.separate(at, level + 1)?;
            self.value(item, level + 1)?;
        }
        self.close(items.is_empty(), level, ']')
    }

    fn dict(&mut self, dict: &Dict, level: usize) -> Outcome<()> {
        let pairs = self.sorted(dict.pairs().into_iter().collect())?;
        self.out.push('{');
        for (at, (key, value)) in pairs.iter().enumerate() {
            self.separate(at, level + 1)?;
            self.text(&key_text(key)?)?;
            self.out.push_str(&self.layout.separators.1);
            self.value(value, level + 1)?;
        }
        self.close(pairs.is_empty(), level, '}')
    }

    fn sorted(&self, mut pairs: Vec<(Key, Val)>) -> Outcome<Vec<(Key, Val)>> {
        if self.layout.prepares {
            let prepared = |(key, value)| Ok((Key::text(&key_text(&key)?), value));
            pairs = pairs.into_iter().map(prepared).collect::<Outcome<_>>()?;
        }
        if !self.layout.sort_keys {
            return Ok(pairs);
        }
        let mut fault = None;
        pairs.sort_by(|(one, _), (other, _)| match ops::order(one.as_val(), other.as_val()) {
            Ok(order) => order.unwrap_or(Ordering::Equal),
            Err(found) => {
                fault.get_or_insert(found);
                Ordering::Equal
            }
        });
        fault.map_or(Ok(pairs), Err)
    }

    fn separate(&mut self, at: usize, level: usize) -> Outcome<()> {
        if at > 0 {
            self.out.push_str(&self.layout.separators.0);
        }
        self.break_line(level)
    }

    fn close(&mut self, empty: bool, level: usize, end: char) -> Outcome<()> {
        if !empty {
            self.break_line(level)?;
        }
        self.out.push(end);
        Ok(())
    }

    fn break_line(&mut self, level: usize) -> Outcome<()> {
        let Some(indent) = &self.layout.indent else { return Ok(()) };
        meter::room(self.out.len().saturating_add(indent.len().saturating_mul(level)))?;
        self.out.push('\n');
        self.out.push_str(&indent.repeat(level));
        Ok(())
    }

    fn text(&mut self, text: &str) -> Outcome<()> {
        meter::room(self.out.len().saturating_add(text.len()))?;
        self.out.push('"');
        for c in text.chars() {
            match c {
                '"' => self.out.push_str("\\\""),
                '\\' => self.out.push_str("\\\\"),
                '\n' => self.out.push_str("\\n"),
                '\r' => self.out.push_str("\\r"),
                '\t' => self.out.push_str("\\t"),
                '\u{8}' => self.out.push_str("\\b"),
                '\u{c}' => self.out.push_str("\\f"),
                c if c < ' ' || (self.layout.ascii && c > '~') => self.out.push_str(&escaped(c)),
                c => self.out.push(c),
            }
        }
        self.out.push('"');
        Ok(())
    }
}

/// A letter by its numbers in UTF-16.
fn escaped(c: char) -> String {
    let mut out = String::new();
    for unit in c.encode_utf16(&mut [0; 2]) {
        let _written = write!(out, "\\u{unit:04x}");
    }
    out
}

/// A number; JSON itself has no words for those that are none.
fn float(number: f64) -> String {
    match number {
        number if number.is_nan() => "NaN".into(),
        f64::INFINITY => "Infinity".into(),
        f64::NEG_INFINITY => "-Infinity".into(),
        number => text::float(number),
    }
}

fn key_text(key: &Key) -> Outcome<String> {
    match key.as_val() {
        Val::None => Ok("null".into()),
        Val::Bool(value) => Ok(value.to_string()),
        Val::Float(number) => Ok(float(*number)),
        key @ (Val::Str(_) | Val::Int(_)) => text::str_of(key),
        other => {
            let kind = other.type_name();
            Err(Fault::new(format!("Key of type '{kind}' is not JSON serializable")))
        }
    }
}
