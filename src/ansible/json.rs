//! JSON as Ansible loads it, with the place of every node: Python's numbers, and Ansible's marks for vault and unsafe
//! text.

use std::{collections::HashMap, str::FromStr, sync::Arc};

use super::yaml::{Data, Node};
use crate::origin::Origin;

/// Lists and maps inside one another; no honest file reaches it.
const DEPTH: usize = 100;

/// Marks text that is never a template.
const UNSAFE: &str = "__ansible_unsafe";
/// Marks text that is encrypted.
const VAULT: &str = "__ansible_vault";

/// Why a text is no JSON, and where.
#[derive(Debug, PartialEq, Eq)]
pub struct Fault {
    pub message: &'static str,
    pub origin: Origin,
}

/// The one value of a text.
pub fn parse(text: &str, file: &Arc<str>) -> Result<Node, Fault> {
    let mut reader = Reader { rest: text, file, line: 1, column: 1, depth: 0 };
    reader.space();
    let node = reader.value()?;
    reader.space();
    if reader.rest.is_empty() { Ok(node) } else { Err(reader.fault("more follows the value")) }
}

struct Reader<'a> {
    rest: &'a str,
    file: &'a Arc<str>,
    line: u32,
    column: u32,
    depth: usize,
}

impl Reader<'_> {
    fn origin(&self) -> Origin {
        Origin::at(self.file, self.line, self.column)
    }

    fn fault(&self, message: &'static str) -> Fault {
        Fault { message, origin: self.origin() }
    }

    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let c = chars.next()?;
        self.rest = chars.as_str();
        if c == '\n' {
            (self.line, self.column) = (self.line + 1, 1);
        } else {
            self.column += 1;
        }
        Some(c)
    }

    fn space(&mut self) {
        while self.peek().is_some_and(|c| matches!(c, ' ' | '\t' | '\r' | '\n')) {
            self.next();
        }
    }

    /// Takes a character if it comes next, white space around it left out.
    fn took(&mut self, wanted: char) -> bool {
        self.space();
        let here = self.peek() == Some(wanted);
        if here {
            self.next();
            self.space();
        }
        here
    }

    fn value(&mut self) -> Result<Node, Fault> {
        let origin = self.origin();
        let data = match self.peek() {
            Some('{') => self.nested(Self::map)?,
            Some('[') => self.nested(Self::list)?,
            Some('"') => Data::Text(self.text()?),
            Some(_) => self.word()?,
            None => return Err(self.fault("the text ends where a value is expected")),
        };
        Ok(Node { origin, data })
    }

    fn nested(&mut self, read: fn(&mut Self) -> Result<Data, Fault>) -> Result<Data, Fault> {
        if self.depth >= DEPTH {
            return Err(self.fault("lists and maps are nested too deep here"));
        }
        self.depth += 1;
        let data = read(self);
        self.depth -= 1;
        data
    }

    fn list(&mut self) -> Result<Data, Fault> {
        self.next();
        let mut items = Vec::new();
        if self.took(']') {
            return Ok(Data::List(items));
        }
        loop {
            items.push(self.value()?);
            if self.took(']') {
                return Ok(Data::List(items));
            }
            if !self.took(',') {
                return Err(self.fault("`,` or `]` is expected"));
            }
        }
    }

    fn map(&mut self) -> Result<Data, Fault> {
        self.next();
        let mut pairs: Vec<(Node, Node)> = Vec::new();
        let mut places = HashMap::new();
        if self.took('}') {
            return Ok(Data::Map(pairs));
        }
        loop {
            let origin = self.origin();
            let key = self.text()?;
            if !self.took(':') {
                return Err(self.fault("`:` is expected"));
            }
            let value = self.value()?;
            let pair = (Node { origin, data: Data::Text(key.clone()) }, value);
            if let Some(at) = places.get(&key) {
                pairs[*at] = pair;
            } else {
                places.insert(key, pairs.len());
                pairs.push(pair);
            }
            if self.took('}') {
                return marked(pairs).map_err(|message| self.fault(message));
            }
            if !self.took(',') {
                return Err(self.fault("`,` or `}` is expected"));
            }
        }
    }

    fn text(&mut self) -> Result<String, Fault> {
        if self.peek() != Some('"') {
            return Err(self.fault("text in `\"` is expected"));
        }
        self.next();
        let mut text = String::new();
        loop {
            match self.peek() {
                None => return Err(self.fault("the text is not closed")),
                Some(c) if u32::from(c) < 0x20 => {
                    return Err(self.fault("text must not hold a control character"));
                }
                Some('"') => {
                    self.next();
                    return Ok(text);
                }
                Some('\\') => text.push(self.escape()?),
                Some(c) => {
                    self.next();
                    text.push(c);
                }
            }
        }
    }

    fn escape(&mut self) -> Result<char, Fault> {
        self.next();
        let c = match self.next() {
            Some(c @ ('"' | '\\' | '/')) => c,
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('u') => return self.code_point(),
            _ => return Err(self.fault("there is no such escape")),
        };
        Ok(c)
    }

    fn code_point(&mut self) -> Result<char, Fault> {
        let first = self.unit()?;
        let units = if (0xd800..0xdc00).contains(&first) && self.rest.starts_with("\\u") {
            self.next();
            self.next();
            vec![first, self.unit()?]
        } else {
            vec![first]
        };
        let mut decoded = char::decode_utf16(units);
        match (decoded.next(), decoded.next()) {
            (Some(Ok(c)), None) => Ok(c),
            _ => Err(self.fault("half a surrogate pair is no character")),
        }
    }

    fn unit(&mut self) -> Result<u16, Fault> {
        let digits = self.rest.get(..4).filter(|text| text.chars().all(|c| c.is_ascii_hexdigit()));
        let unit = digits.and_then(|digits| u16::from_str_radix(digits, 16).ok());
        let unit = unit.ok_or_else(|| self.fault("`\\u` needs four hexadecimal digits"))?;
        self.rest = &self.rest[4..];
        self.column += 4;
        Ok(unit)
    }

    /// What is written without quotes.
    fn word(&mut self) -> Result<Data, Fault> {
        let end = self.rest.find(|c: char| !(c.is_ascii_alphanumeric() || "+-.".contains(c)));
        let (word, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        let data = match word {
            "null" => Data::Null,
            "true" => Data::Bool(true),
            "false" => Data::Bool(false),
            "NaN" => Data::Float(f64::NAN),
            "Infinity" => Data::Float(f64::INFINITY),
            "-Infinity" => Data::Float(f64::NEG_INFINITY),
            _ => number(word).ok_or_else(|| self.fault("this is no value"))?,
        };
        self.column += u32::try_from(word.len()).unwrap_or(0);
        self.rest = rest;
        Ok(data)
    }
}

/// A number as JSON writes it: no leading zeros or pluses, digits on both sides of a point.
fn number(word: &str) -> Option<Data> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (mantissa, exponent) = match word.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (word, None),
    };
    let unsigned = mantissa.strip_prefix('-').unwrap_or(mantissa);
    let (whole, fraction) = match unsigned.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (unsigned, None),
    };
    let exponent_fits = |text: &str| digits(text.strip_prefix(['+', '-']).unwrap_or(text));
    let fits = digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(exponent_fits);
    if !fits {
        return None;
    }
    if fraction.is_none() && exponent.is_none() {
        return i128::from_str(word).ok().map(Data::Int);
    }
    f64::from_str(word).ok().map(Data::Float)
}

/// A map, unless it marks a text as unsafe or encrypted.
fn marked(pairs: Vec<(Node, Node)>) -> Result<Data, &'static str> {
    let of = |mark: &str| pairs.iter().find(|(key, _)| key.data.as_text() == Some(mark));
    let text = |(_, value): &(Node, Node)| value.data.as_text().map(str::to_owned);
    if let Some(pair) = of(UNSAFE) {
        return text(pair).map(Data::Unsafe).ok_or("`__ansible_unsafe` marks text only");
    }
    if let Some(pair) = of(VAULT) {
        return text(pair).map(Data::Vault).ok_or("`__ansible_vault` marks text only");
    }
    Ok(Data::Map(pairs))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(text: &str) -> Result<Data, String> {
        let told = |fault: Fault| format!("{} {}", fault.origin, fault.message);
        parse(text, &"f".into()).map(|node| node.data).map_err(told)
    }

    #[test]
    fn scalars_are_what_python_makes_of_them() {
        let text = |text: &str| Data::Text(text.to_owned());
        let table = [
            ("1", Data::Int(1)),
            ("-0", Data::Int(0)),
            ("1e3", Data::Float(1000.0)),
            ("1.50", Data::Float(1.5)),
            ("Infinity", Data::Float(f64::INFINITY)),
            (" true\n", Data::Bool(true)),
            ("null", Data::Null),
            (r#""a\u00e9\ud83d\ude00\n""#, text("aé😀\n")),
            (r#"{"__ansible_unsafe": "{{ x }}"}"#, Data::Unsafe("{{ x }}".to_owned())),
            (r#"{"a": 1, "__ansible_vault": "v"}"#, Data::Vault("v".to_owned())),
        ];
        for (source, expected) in table {
            assert_eq!(data(source), Ok(expected), "{source}");
        }
    }

    #[test]
    fn a_later_key_replaces_an_earlier_one_in_its_place() {
        let node = parse("{\"a\": 1,\n \"b\": [2], \"a\": 3}", &"f".into()).unwrap();
        assert_eq!(node.get("a").unwrap().data, Data::Int(3));
        assert_eq!(node.get("b").unwrap().origin.to_string(), "f:2:7");
        let Data::Map(pairs) = &node.data else { panic!("no map") };
        assert_eq!(pairs.len(), 2);
    }

    #[test]
    fn what_is_no_json_says_where() {
        let deep = "[".repeat(101);
        let table = [
            ("", "f:1:1 the text ends"),
            ("{\n'a': 1}", "f:2:1 text in `\"` is expected"),
            ("[1 2]", "f:1:4 `,` or `]` is expected"),
            ("[1,]", "f:1:4 this is no value"),
            ("{\"a\" 1}", "f:1:6 `:` is expected"),
            ("01", "f:1:1 this is no value"),
            ("+1", "f:1:1 this is no value"),
            (".5", "f:1:1 this is no value"),
            ("\"a", "f:1:3 the text is not closed"),
            ("\"\\x\"", "f:1:4 there is no such escape"),
            ("\"\\ud83d\"", "f:1:8 half a surrogate pair"),
            ("\"\\u12\"", "f:1:4 `\\u` needs"),
            ("1 2", "f:1:3 more follows"),
            ("{\"__ansible_vault\": 1}", "marks text only"),
            (&deep, "nested too deep"),
        ];
        for (source, expected) in table {
            let message = data(source).unwrap_err();
            assert!(message.contains(expected), "{source}: {message}");
        }
    }
}
