//! Python literals, which Ansible reads in INI inventories: `8`, `1.5`, `True`, `['a', 'b']`, `{'k': 1}`.

mod number;
mod text;

use self::text::string_prefix;
use crate::{
    ansible::yaml::{Data, Node, is_key, last_wins},
    origin::Origin,
};

/// Literals nested deeper than this are refused.
const DEPTH: usize = 50;

/// The literal's value; text as it is if it is no literal. `Err` says what Ansible or Ymir does not take in a literal.
pub(in crate::ansible) fn value(text: &str, origin: &Origin) -> Result<Node, String> {
    let rest = text.trim_start_matches([' ', '\t']);
    let mut parser = Parser { rest, origin, depth: 0, refused: None };
    let parsed = parser.tuple_or_value();
    let complete = parser.at_end();
    let data = match (parsed, parser.refused) {
        (Some(_), Some(cause)) if complete => {
            return Err(format!(
                "the value `{text}` {cause}; if it is text, quote it twice: `\"'…'\"`"
            ));
        }
        (Some(data), None) if complete => data,
        _ => Data::Text(text.to_owned()),
    };
    Ok(Node { origin: origin.clone(), data })
}

struct Parser<'text> {
    rest: &'text str,
    origin: &'text Origin,
    depth: usize,
    /// What is wrong with a value that is a literal for Python.
    refused: Option<String>,
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

    /// The first reason counts.
    fn refuse(&mut self, cause: &str) {
        self.refused.get_or_insert_with(|| cause.to_owned());
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
        if self.depth >= DEPTH {
            self.refuse(&format!("is nested more than {DEPTH} deep"));
            self.rest = "";
            return Some(Data::Null);
        }
        self.depth += 1;
        let value = self.value_here();
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
                return self.set();
            }
            let value = self.value()?;
            pairs.push((self.node(key), self.node(value)));
            if !self.eat(',') {
                self.eat('}').then_some(())?;
                break;
            }
        }
        self.check_keys(pairs.iter().map(|(key, _)| key));
        Some(Data::Map(last_wins(pairs, &mut Vec::new())))
    }

    fn set(&mut self) -> Option<Data> {
        let items = self.items('{', '}')?;
        self.check_keys(items.iter());
        let pairs = items.into_iter().map(|item| (item, self.node(Data::Null))).collect();
        let unique = last_wins(pairs, &mut Vec::new());
        Some(Data::List(unique.into_iter().map(|(item, _)| item).collect()))
    }

    fn check_keys<'n>(&mut self, mut keys: impl Iterator<Item = &'n Node>) {
        if let Some(key) = keys.find(|key| !is_key(&key.data)) {
            self.refuse(&format!("has {} as a key", key.data.kind()));
        }
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
}
