//! Python literals, which Ansible reads in INI inventories: `8`, `1.5`, `True`, `['a', 'b']`, `{'k': 1}`.

use crate::{
    ansible::yaml::{Data, Node},
    origin::Origin,
};

/// Literals nested deeper than this are text.
const DEPTH: usize = 50;

/// The literal's value; text as it is if it is no literal.
pub(in crate::ansible) fn value(text: &str, origin: &Origin) -> Node {
    let mut parser = Parser { rest: text.trim_start_matches([' ', '\t']), origin, depth: 0 };
    let parsed = parser.tuple_or_value();
    let complete = parser.at_end();
    match parsed {
        Some(data) if complete => Node { origin: origin.clone(), data },
        _ => Node { origin: origin.clone(), data: Data::Text(text.to_owned()) },
    }
}

struct Parser<'text> {
    rest: &'text str,
    origin: &'text Origin,
    depth: usize,
}

impl Parser<'_> {
    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t']);
    }

    fn at_end(&mut self) -> bool {
        self.skip_space();
        self.rest.is_empty() || self.rest.starts_with('#')
    }

    fn eat(&mut self, token: char) -> bool {
        self.skip_space();
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn node(&self, data: Data) -> Node {
        Node { origin: self.origin.clone(), data }
    }

    /// A value, or several with commas between them, which are a tuple.
    fn tuple_or_value(&mut self) -> Option<Data> {
        let first = self.value()?;
        if !self.eat(',') {
            return Some(first);
        }
        let mut items = vec![self.node(first)];
        while !self.at_end() && !self.rest.starts_with(')') {
            let item = self.value()?;
            items.push(self.node(item));
            if !self.eat(',') {
                break;
            }
        }
        Some(Data::List(items))
    }

    fn value(&mut self) -> Option<Data> {
        self.skip_space();
        self.depth += 1;
        let value = if self.depth > DEPTH { None } else { self.value_here() };
        self.depth -= 1;
        value
    }

    fn value_here(&mut self) -> Option<Data> {
        match self.rest.chars().next()? {
            '[' => self.items('[', ']').map(Data::List),
            '{' => self.braces(),
            '(' => self.parentheses(),
            '\'' | '"' => self.strings(),
            c if c.is_ascii_digit() || "+-.".contains(c) => self.number(),
            _ => self.word(),
        }
    }

    fn items(&mut self, open: char, close: char) -> Option<Vec<Node>> {
        let mut items = Vec::new();
        self.eat(open);
        while !self.eat(close) {
            let item = self.value()?;
            items.push(self.node(item));
            if !self.eat(',') {
                return self.eat(close).then_some(items);
            }
        }
        Some(items)
    }

    fn parentheses(&mut self) -> Option<Data> {
        self.eat('(');
        if self.eat(')') {
            return Some(Data::List(Vec::new()));
        }
        let inner = self.tuple_or_value()?;
        self.eat(')').then_some(inner)
    }

    /// A dictionary, or a set, which becomes a list.
    fn braces(&mut self) -> Option<Data> {
        let before = self.rest;
        self.eat('{');
        let mut pairs = Vec::new();
        while !self.eat('}') {
            let key = self.value()?;
            if !self.eat(':') {
                self.rest = before;
                return self.items('{', '}').map(Data::List);
            }
            let value = self.value()?;
            pairs.push((self.node(key), self.node(value)));
            if !self.eat(',') {
                self.eat('}').then_some(())?;
                break;
            }
        }
        Some(Data::Map(pairs))
    }

    /// One or more strings in a row, which Python joins.
    fn strings(&mut self) -> Option<Data> {
        let mut text = String::new();
        loop {
            self.skip_space();
            let Some(prefix) = string_prefix(self.rest) else { break };
            self.rest = &self.rest[prefix.len()..];
            self.string(prefix.contains(['r', 'R']), &mut text)?;
        }
        Some(Data::Text(text))
    }

    fn string(&mut self, raw: bool, text: &mut String) -> Option<()> {
        let quote = self.rest.chars().next()?;
        let triple: String = std::iter::repeat_n(quote, 3).collect();
        let close = if self.rest.starts_with(&triple) { triple } else { quote.to_string() };
        self.rest = &self.rest[close.len()..];
        loop {
            if let Some(rest) = self.rest.strip_prefix(&close) {
                self.rest = rest;
                return Some(());
            }
            let c = self.rest.chars().next()?;
            self.rest = &self.rest[c.len_utf8()..];
            if c == '\\' {
                self.escape(raw, text)?;
            } else {
                text.push(c);
            }
        }
    }

    fn escape(&mut self, raw: bool, text: &mut String) -> Option<()> {
        let c = self.rest.chars().next()?;
        self.rest = &self.rest[c.len_utf8()..];
        if raw {
            text.extend(['\\', c]);
            return Some(());
        }
        let plain = match c {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'a' => '\u{7}',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'v' => '\u{b}',
            '\\' | '\'' | '"' => c,
            'x' => self.code(2, 2, 16)?,
            'u' => self.code(4, 4, 16)?,
            'U' => self.code(8, 8, 16)?,
            '0'..='7' => {
                self.rest = &self.rest[..0];
                return None;
            }
            _ => {
                text.push('\\');
                c
            }
        };
        text.push(plain);
        Some(())
    }

    fn code(&mut self, least: usize, most: usize, radix: u32) -> Option<char> {
        let digits = self.rest.chars().take(most).take_while(|c| c.is_digit(radix)).count();
        let code = u32::from_str_radix(self.rest.get(..digits)?, radix).ok()?;
        self.rest = &self.rest[digits..];
        (digits >= least).then(|| char::from_u32(code))?
    }

    fn word(&mut self) -> Option<Data> {
        if string_prefix(self.rest).is_some() {
            return self.strings();
        }
        let end = self.rest.find(|c: char| !c.is_alphanumeric() && c != '_');
        let (word, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        match word {
            "True" => Some(Data::Bool(true)),
            "False" => Some(Data::Bool(false)),
            "None" => Some(Data::Null),
            "set" if self.eat('(') && self.eat(')') => Some(Data::List(Vec::new())),
            _ => None,
        }
    }

    /// A number with any signs before it, perhaps with an imaginary part, which Ansible makes text of.
    fn number(&mut self) -> Option<Data> {
        let mut negative = false;
        while let Some(sign) = self.rest.chars().next().filter(|c| "+-".contains(*c)) {
            negative ^= sign == '-';
            self.rest = self.rest[1..].trim_start_matches([' ', '\t']);
        }
        if let Some(rest) = self.rest.strip_prefix("...") {
            self.rest = rest;
            return Some(Data::Text("...".into()));
        }
        if let Some(imaginary) = self.imaginary() {
            let text =
                if negative { format!("(-0-{imaginary}j)") } else { format!("{imaginary}j") };
            return Some(Data::Text(text));
        }
        let real = self.unsigned(negative)?;
        let (before, sign) = (self.rest, self.rest.trim_start_matches([' ', '\t']).chars().next());
        let Some(sign) = sign.filter(|c| "+-".contains(*c)) else { return Some(real) };
        self.rest = before.split_once(sign)?.1.trim_start_matches([' ', '\t']);
        let Some(imaginary) = self.imaginary() else {
            self.rest = before;
            return Some(real);
        };
        let real = match real {
            Data::Int(number) => number.to_string(),
            Data::Float(number) => number.to_string(),
            _ => return None,
        };
        Some(Data::Text(format!("({real}{sign}{imaginary}j)")))
    }

    /// What stands before the `j` of an imaginary number, as Python prints it.
    fn imaginary(&mut self) -> Option<String> {
        let (number, rest) = self.rest.split_at(number_length(self.rest));
        let rest = rest.strip_prefix(['j', 'J'])?;
        let digits = number.replace('_', "");
        let ended = !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '.');
        let value: f64 = digits.parse().ok().filter(|_| ended)?;
        self.rest = rest;
        Some(value.to_string())
    }

    fn unsigned(&mut self, negative: bool) -> Option<Data> {
        let length = number_length(self.rest);
        let (number, rest) = self.rest.split_at(length);
        self.rest = rest;
        // A letter or dot right behind it makes it something else.
        if self.rest.starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '.') {
            return None;
        }
        plain_number(number, negative)
    }
}

/// The letters before a string's quotation mark, if a string begins here.
fn string_prefix(text: &str) -> Option<&str> {
    let end = text.find(['\'', '"'])?;
    let prefix = &text[..end];
    matches!(prefix.to_ascii_lowercase().as_str(), "" | "r" | "u" | "b" | "br" | "rb")
        .then_some(prefix)
}

fn number_length(text: &str) -> usize {
    let lower = text.to_ascii_lowercase();
    if ["0x", "0o", "0b"].iter().any(|prefix| lower.starts_with(prefix)) {
        return text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    }
    let mut after_exponent = false;
    let end = text.char_indices().find(|(_, c)| {
        let part = c.is_ascii_digit()
            || "._".contains(*c)
            || "eE".contains(*c)
            || (after_exponent && "+-".contains(*c));
        after_exponent = "eE".contains(*c);
        !part
    });
    end.map_or(text.len(), |(at, _)| at)
}

fn plain_number(text: &str, negative: bool) -> Option<Data> {
    let underscores_fit = !text.starts_with('_') && !text.ends_with('_') && !text.contains("__");
    let clean = underscores_fit.then(|| text.replace('_', "").to_ascii_lowercase())?;
    let signed = |number: i128| Data::Int(if negative { -number } else { number });
    let radix = |prefix: &str, radix| {
        clean.strip_prefix(prefix).map(|digits| i128::from_str_radix(digits, radix).ok())
    };
    if let Some(number) = radix("0x", 16).or_else(|| radix("0o", 8)).or_else(|| radix("0b", 2)) {
        return number.map(signed);
    }
    if clean.bytes().all(|byte| byte.is_ascii_digit()) {
        // Python has no numbers such as 0644, only as many zeros as one likes.
        let octal_like = clean.starts_with('0') && clean.bytes().any(|byte| byte != b'0');
        return if octal_like { None } else { clean.parse().ok().map(signed) };
    }
    let number: f64 = clean.parse().ok()?;
    Some(Data::Float(if negative { -number } else { number }))
}
