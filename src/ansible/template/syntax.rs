//! The signs of a template, which its first line (`#jinja2: …`) or options of the lookup `template` may change.

use std::sync::Arc;

use crate::{
    ansible::{inventory, yaml::Data},
    origin::Origin,
};

/// What a first line that changes signs begins with.
const HEADER: &str = "#jinja2:";

type Fallible<T> = Result<T, String>;

/// The signs around a block, an expression or a comment.
pub(super) type Signs = (Arc<str>, Arc<str>);

/// How templates are written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Syntax {
    pub(super) block: Signs,
    pub(super) variable: Signs,
    pub(super) comment: Signs,
    /// Empty if no line is a statement.
    pub(super) line_statement: Arc<str>,
    pub(super) trim_blocks: bool,
    pub(super) lstrip_blocks: bool,
    pub(super) keep_trailing_newline: bool,
    /// What every line break of the text becomes.
    pub(super) newline: Arc<str>,
}

impl Default for Syntax {
    fn default() -> Self {
        let signs = |start: &str, end: &str| (start.into(), end.into());
        Self {
            block: signs("{%", "%}"),
            variable: signs("{{", "}}"),
            comment: signs("{#", "#}"),
            line_statement: "".into(),
            trim_blocks: true,
            lstrip_blocks: false,
            keep_trailing_newline: false,
            newline: "\n".into(),
        }
    }
}

impl Syntax {
    /// The common one, but blanks before a block's tag do not count.
    pub(super) fn stripped() -> Self {
        Self { lstrip_blocks: true, ..Self::default() }
    }

    /// The characters with which something may open.
    pub(super) fn starts(&self) -> Vec<char> {
        let signs = [&self.block.0, &self.variable.0, &self.comment.0, &self.line_statement];
        signs.into_iter().filter_map(|sign| sign.chars().next()).collect()
    }

    pub(super) fn has_line_statements(&self) -> bool {
        !self.line_statement.is_empty()
    }

    /// Text with the line breaks that it is to have.
    pub(super) fn with_breaks(&self, text: &str) -> String {
        match &*self.newline {
            "\n" => text.to_owned(),
            newline => text.replace('\n', newline),
        }
    }

    /// Changes a part by the name that Ansible has for it.
    pub(super) fn set(&mut self, key: &str, value: &Data) -> Fallible<()> {
        match key {
            "block_start_string" => self.block.0 = text(key, value)?,
            "block_end_string" => self.block.1 = text(key, value)?,
            "variable_start_string" => self.variable.0 = text(key, value)?,
            "variable_end_string" => self.variable.1 = text(key, value)?,
            "comment_start_string" => self.comment.0 = text(key, value)?,
            "comment_end_string" => self.comment.1 = text(key, value)?,
            "line_statement_prefix" => self.line_statement = maybe_text(key, value)?,
            "line_comment_prefix" if *value == Data::Null => {}
            "line_comment_prefix" => {
                return Err(format!(
                    "{key} is not supported; write comments between `{{#` and `#}}`"
                ));
            }
            "trim_blocks" => self.trim_blocks = flag(key, value)?,
            "lstrip_blocks" => self.lstrip_blocks = flag(key, value)?,
            "keep_trailing_newline" => self.keep_trailing_newline = flag(key, value)?,
            "newline_sequence" => self.newline = newline(value)?,
            _ => return Err(format!("Invalid '{HEADER}' override key '{key}'.")),
        }
        Ok(())
    }

    /// Refuses signs that cannot be told from each other.
    pub(super) fn checked(self) -> Fallible<Self> {
        let (block, variable, comment) = (&self.block.0, &self.variable.0, &self.comment.0);
        if block == variable || variable == comment || comment == block {
            return Err("Block, variable and comment start strings must be different.".into());
        }
        let ends = [&self.block.1, &self.variable.1, &self.comment.1];
        if [block, variable, comment].into_iter().chain(ends).any(|sign| sign.is_empty()) {
            return Err("the signs around blocks, variables and comments must not be empty".into());
        }
        Ok(self)
    }
}

/// Whether the first line of a template changes its signs.
pub(super) fn has_header(text: &str) -> bool {
    text.starts_with(HEADER)
}

/// The syntax of a template with the changes of its first line, and the text after it.
pub(super) fn split<'text>(text: &'text str, base: &Syntax) -> Fallible<(Syntax, &'text str)> {
    let mut syntax = base.clone();
    let Some(header) = text.strip_prefix(HEADER) else { return Ok((syntax, text)) };
    let Some((line, rest)) = header.split_once('\n') else {
        return Err(format!("Missing newline after '{HEADER}' override."));
    };
    for pair in line.split(',') {
        if pair.trim().is_empty() {
            return Err(format!("Empty '{HEADER}' override pair not allowed."));
        }
        let Some((key, value)) = pair.split_once(':') else {
            return Err(format!(
                "Missing key-value separator `:` in '{HEADER}' override pair '{pair}'."
            ));
        };
        let key = key.trim();
        let value = literal(value).ok_or_else(|| {
            format!("the value of '{key}' must be a Python literal, such as 'text', True or False")
        })?;
        syntax.set(key, &value)?;
    }
    Ok((syntax.checked()?, rest))
}

/// A Python literal; text that is in no quotes is none.
fn literal(text: &str) -> Option<Data> {
    let text = text.trim();
    match inventory::literal::value(text, &Origin::whole("a template")).ok()?.data {
        Data::Text(found) if *found == *text => None,
        found => Some(found),
    }
}

fn text(key: &str, value: &Data) -> Fallible<Arc<str>> {
    value.as_text().map(Into::into).ok_or_else(|| wrong(key, "str", value))
}

fn maybe_text(key: &str, value: &Data) -> Fallible<Arc<str>> {
    match value {
        Data::Null => Ok("".into()),
        value => text(key, value),
    }
}

fn flag(key: &str, value: &Data) -> Fallible<bool> {
    match value {
        Data::Bool(value) => Ok(*value),
        value => Err(wrong(key, "bool", value)),
    }
}

fn newline(value: &Data) -> Fallible<Arc<str>> {
    match value.as_text() {
        Some(found @ ("\n" | "\r\n" | "\r")) => Ok(found.into()),
        _ => Err(r"newline_sequence must be one of '\n', '\r\n' and '\r'".into()),
    }
}

fn wrong(key: &str, wanted: &str, value: &Data) -> String {
    format!("{key} must be {wanted}, not {}", value.kind())
}
