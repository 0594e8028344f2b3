//! Writes YAML letter by letter as PyYAML with libyaml does, because templates put its output into files that are compared.

mod scalar;

use std::cmp::Ordering;

use self::scalar::{Context, Style};
use super::{
    ops, text,
    value::{Dict, Val},
};

/// Which collections stand in brackets on one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    Never,
    /// Those that hold no other collection.
    Leaves,
    Always,
}

/// How the text is laid out.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    pub(super) indent: usize,
    pub(super) flow: Flow,
    pub(super) width: usize,
    pub(super) sort_keys: bool,
}

/// A settled value as a YAML document.
pub(super) fn write(value: &Val, layout: &Layout) -> String {
    document(value, layout, false)
}

/// A value as a YAML document with sorted keys, in which marked texts have Ansible's tags.
pub(super) fn write_marked(value: &Val) -> String {
    let layout = Layout { indent: 2, flow: Flow::Never, width: 80, sort_keys: true };
    document(value, &layout, true)
}

fn document(value: &Val, layout: &Layout, marks: bool) -> String {
    let indent = if (2..10).contains(&layout.indent) { layout.indent } else { 2 };
    let mut writer = Writer {
        layout: Layout { indent, ..layout.clone() },
        out: String::new(),
        column: 0,
        indent: None,
        whitespace: true,
        indention: true,
        depth: 0,
        marks,
    };
    writer.node(value, Context::Root);
    writer.line_break();
    writer.out
}

/// PyYAML writes a dot before the exponent.
fn float(number: f64) -> String {
    if !number.is_finite() {
        let sign = if number == f64::NEG_INFINITY { "-" } else { "" };
        return format!("{sign}.{}", if number.is_nan() { "nan" } else { "inf" });
    }
    let text = text::float(number);
    let exponent = !text.contains('.') && text.contains('e');
    if exponent { text.replacen('e', ".0e", 1) } else { text }
}

/// Whether a key stands before its colon without a question mark.
fn is_simple(key: &Val) -> bool {
    match key {
        Val::Str(text) => {
            text.len() <= 128 && !text.contains(['\n', '\u{85}', '\u{2028}', '\u{2029}'])
        }
        Val::Tuple(items) => items.is_empty(),
        _ => true,
    }
}

const VAULT_TAG: &str = "!vault";

/// The tag and the text of a map that only marks a text.
fn tagged(dict: &Dict) -> Option<(&'static str, Val)> {
    let (key, value) = dict.pairs().into_iter().next().filter(|_| dict.len() == 1)?;
    let tag = match key.as_val().as_str()? {
        "__ansible_vault" => VAULT_TAG,
        "__ansible_unsafe" => "!unsafe",
        _ => return None,
    };
    Some((tag, value))
}

/// PyYAML's emitter: where the next letter goes and what stands before it.
struct Writer {
    layout: Layout,
    out: String,
    column: usize,
    indent: Option<usize>,
    /// The last letter was a space or a line break.
    whitespace: bool,
    /// Nothing but indentation and dashes stand on the line.
    indention: bool,
    /// How many brackets are open.
    depth: usize,
    /// Whether Ansible's marks become tags.
    marks: bool,
}

impl Writer {
    fn push(&mut self, text: &str) {
        self.out.push_str(text);
        self.column += text.chars().count();
        self.whitespace = false;
        self.indention = false;
    }

    fn line_break(&mut self) {
        self.out.push('\n');
        self.column = 0;
        self.whitespace = true;
        self.indention = true;
    }

    fn write_indent(&mut self) {
        let indent = self.indent.unwrap_or(0);
        if !self.indention || self.column > indent || (self.column == indent && !self.whitespace) {
            self.line_break();
        }
        if self.column < indent {
            self.out.push_str(&" ".repeat(indent - self.column));
            self.column = indent;
            self.whitespace = true;
        }
    }

    /// A sign such as `-` or `:`, after a space unless one is there or none is wanted.
    fn indicator(&mut self, sign: &str, spaced: bool) {
        let indention = self.indention;
        let text = if self.whitespace || !spaced { sign.to_owned() } else { format!(" {sign}") };
        self.push(&text);
        self.indention = indention && (matches!(sign, "-" | "?") || (sign == ":" && spaced));
    }

    /// Runs with the next level of indentation.
    fn deeper(&mut self, flow: bool, indentless: bool, run: impl FnOnce(&mut Self)) {
        let before = self.indent;
        self.indent = match before {
            None => Some(if flow { self.layout.indent } else { 0 }),
            Some(indent) if !indentless => Some(indent + self.layout.indent),
            same => same,
        };
        run(self);
        self.indent = before;
    }

    fn node(&mut self, value: &Val, context: Context) {
        match value {
            Val::Dict(dict) => self.map(dict),
            Val::List(list) => self.list(&list.items(), context),
            // Only a key is still a tuple.
            Val::Tuple(items) => self.list(items, context),
            value => self.deeper(true, false, |writer| writer.scalar(value, context)),
        }
    }

    fn map(&mut self, dict: &Dict) {
        if let Some((tag, Val::Str(text))) = tagged(dict).filter(|_| self.marks) {
            return self.tagged(tag, &text);
        }
        let pairs = self.ordered(dict);
        if pairs.is_empty() {
            self.empty("{}");
        } else if self.is_flow(pairs.iter().flat_map(|(key, value)| [key, value])) {
            self.flow_map(&pairs);
        } else {
            self.block_map(&pairs);
        }
    }

    fn list(&mut self, items: &[Val], context: Context) {
        if items.is_empty() {
            self.empty("[]");
        } else if self.is_flow(items.iter()) {
            self.flow_list(items);
        } else {
            self.block_list(items, context);
        }
    }

    /// A vault text stands in a block of its own, any other text in quotes.
    fn tagged(&mut self, tag: &str, text: &str) {
        self.indicator(tag, true);
        if tag != VAULT_TAG {
            self.space();
            self.single(text, false);
            return;
        }
        self.indicator("|", true);
        self.deeper(false, false, |writer| {
            for line in text.trim_end().lines() {
                writer.line_break();
                writer.write_indent();
                writer.push(line);
            }
        });
    }

    fn empty(&mut self, brackets: &str) {
        self.indicator(brackets, true);
    }

    fn is_flow<'a>(&self, mut children: impl Iterator<Item = &'a Val>) -> bool {
        match self.layout.flow {
            _ if self.depth > 0 => true,
            Flow::Always => true,
            Flow::Never => false,
            Flow::Leaves => {
                children.all(|value| !matches!(value, Val::List(_) | Val::Dict(_) | Val::Tuple(_)))
            }
        }
    }

    /// Keys that cannot be compared, such as a number and a text, stay in their order.
    fn ordered(&self, dict: &Dict) -> Vec<(Val, Val)> {
        let pairs = dict.pairs().into_iter();
        let mut pairs: Vec<_> = pairs.map(|(key, value)| (key.value(), value)).collect();
        let (Some((first, _)), true) = (pairs.first().cloned(), self.layout.sort_keys) else {
            return pairs;
        };
        let order = |one: &Val, other: &Val| ops::order(one, other).ok().flatten();
        if pairs.iter().all(|(key, _)| order(&first, key).is_some()) {
            pairs.sort_by(|(one, _), (other, _)| order(one, other).unwrap_or(Ordering::Equal));
        }
        pairs
    }

    fn block_list(&mut self, items: &[Val], context: Context) {
        let indentless = context == Context::MapValue && !self.indention;
        self.deeper(false, indentless, |writer| {
            for item in items {
                writer.write_indent();
                writer.indicator("-", true);
                writer.node(item, Context::ListItem);
            }
        });
    }

    fn block_map(&mut self, pairs: &[(Val, Val)]) {
        self.deeper(false, false, |writer| {
            for (key, value) in pairs {
                writer.write_indent();
                writer.block_key(key);
                writer.node(value, Context::MapValue);
            }
        });
    }

    fn simple_key(&mut self, key: &Val) {
        self.scalar(key, Context::Key);
        self.indicator(":", false);
    }

    fn block_key(&mut self, key: &Val) {
        if is_simple(key) {
            return self.simple_key(key);
        }
        self.indicator("?", true);
        self.node(key, Context::MapValue);
        self.write_indent();
        self.indicator(":", true);
    }

    fn flow_key(&mut self, key: &Val) {
        if is_simple(key) {
            return self.simple_key(key);
        }
        self.indicator("?", true);
        self.node(key, Context::Flow);
        self.separate(0);
        self.indicator(":", true);
    }

    fn flow_list(&mut self, items: &[Val]) {
        self.bracketed(["[", "]"], items.len(), |writer, at| {
            writer.node(&items[at], Context::Flow);
        });
    }

    fn flow_map(&mut self, pairs: &[(Val, Val)]) {
        self.bracketed(["{", "}"], pairs.len(), |writer, at| {
            writer.flow_key(&pairs[at].0);
            writer.node(&pairs[at].1, Context::Flow);
        });
    }

    /// What stands before an item in brackets.
    fn separate(&mut self, at: usize) {
        if at > 0 {
            self.indicator(",", false);
        }
        if self.column > self.layout.width {
            self.write_indent();
        }
    }

    fn bracketed(&mut self, signs: [&str; 2], count: usize, item: impl Fn(&mut Self, usize)) {
        self.indicator(signs[0], true);
        self.whitespace = true;
        self.depth += 1;
        self.deeper(true, false, |writer| {
            for at in 0..count {
                writer.separate(at);
                item(writer, at);
            }
        });
        self.depth -= 1;
        self.indicator(signs[1], false);
    }

    fn scalar(&mut self, value: &Val, context: Context) {
        let plain = match value {
            Val::Str(text) => return self.text(text, context),
            Val::Bool(value) => value.to_string(),
            Val::Int(number) => number.to_string(),
            Val::Float(number) => float(*number),
            Val::Object(object) => {
                return self.moment(&object.text().unwrap_or_default(), context);
            }
            _ => "null".to_owned(),
        };
        self.space();
        self.push(&plain);
    }

    /// A moment has its tag from how it looks. With a colon it needs quotes in brackets, and then PyYAML writes a tag.
    fn moment(&mut self, text: &str, context: Context) {
        let split = context != Context::Key;
        if self.depth > 0 && text.contains(':') {
            self.indicator("!", true);
            self.space();
            self.single(text, split);
        } else {
            self.space();
            self.plain(text, split);
        }
    }

    fn space(&mut self) {
        if !self.whitespace {
            self.push(" ");
        }
    }

    fn text(&mut self, text: &str, context: Context) {
        let style = scalar::style(text, context == Context::Key, self.depth > 0);
        let split = context != Context::Key;
        self.space();
        match style {
            Style::Plain => self.plain(text, split),
            Style::Single => self.single(text, split),
            Style::Double => self.double(text, split),
        }
    }
}
