//! Reads Jinja2 with MiniJinja's parser. No other file knows its syntax tree, whose interface may change between
//! releases.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use minijinja::{machinery, syntax::SyntaxConfig};

use super::{
    depth,
    fault::{Fault, Faulty, Outcome},
    lower, source,
    tree::Template,
};

/// How a template's text is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Origin {
    /// A value in YAML: backslashes in `{{ }}` are already what they mean.
    Yaml,
    /// A file of its own.
    File,
    /// A file in which blanks before a block's tag do not count.
    Stripped,
    /// The same, and Ansible's merging modules read it like a value in YAML.
    Merged,
}

impl Origin {
    fn escapes(self) -> bool {
        matches!(self, Self::Yaml | Self::Merged)
    }

    fn strips(self) -> bool {
        matches!(self, Self::Stripped | Self::Merged)
    }
}

/// Why a text is no template.
#[derive(Debug, Clone)]
pub(super) struct SyntaxFault {
    message: String,
    /// The line of the template, if it is known.
    line: Option<u32>,
}

type Cache = Mutex<HashMap<(Origin, Arc<str>), Result<Arc<Template>, SyntaxFault>>>;

/// More templates than a site has.
const MOST_KEPT: usize = 50_000;

/// Reads a template, once for each text.
pub(super) fn template(text: &str, origin: Origin) -> Outcome<Arc<Template>> {
    read_once(text, origin).map_err(|fault| {
        let line = fault.line.filter(|line| *line > 1);
        let at = line.map(|line| format!(" (line {line} of the template)"));
        syntax_fault(&format!("{}{}", fault.message, at.unwrap_or_default()))
    })
}

/// [`template`], with the line of what is wrong beside the fault.
pub(super) fn located(text: &str, origin: Origin) -> Result<Arc<Template>, (Faulty, u32)> {
    let told = |fault: SyntaxFault| (syntax_fault(&fault.message), fault.line.unwrap_or(1));
    read_once(text, origin).map_err(told)
}

fn read_once(text: &str, origin: Origin) -> Result<Arc<Template>, SyntaxFault> {
    static CACHE: OnceLock<Cache> = OnceLock::new();
    let cache = CACHE.get_or_init(Cache::default);
    let key = (origin, Arc::from(text));
    let known = cache.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
    known.unwrap_or_else(|| {
        let read = read(text, origin).map(Arc::new);
        let mut cache = cache.lock().unwrap_or_else(PoisonError::into_inner);
        if cache.len() >= MOST_KEPT {
            cache.clear();
        }
        cache.insert(key, read.clone());
        read
    })
}

fn syntax_fault(message: &str) -> Faulty {
    Fault::with_hint(
        format!("Syntax error in template: {message}"),
        "mend the Jinja2 expression; text that is not a template can be tagged `!unsafe`",
    )
}

fn read(text: &str, origin: Origin) -> Result<Template, SyntaxFault> {
    let text = source::keep_raw_breaks(text);
    let prepared = source::plus_as_two_minuses(&text);
    let prepared = if origin.escapes() { source::escape_backslashes(&prepared) } else { prepared };
    let fault = |error: minijinja::Error| SyntaxFault {
        message: error.detail().map_or_else(|| error.to_string(), str::to_owned),
        line: error.line().and_then(|line| u32::try_from(line).ok()),
    };
    let strips = origin.strips();
    let syntax =
        SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(strips).build().map_err(fault)?;
    if let Some((message, line)) = depth::fault(&prepared, syntax.clone()) {
        return Err(SyntaxFault { message, line: Some(line) });
    }
    let tree = machinery::parse(&prepared, "template", syntax).map_err(fault)?;
    let mut lowering = lower::Lowering::default();
    let body = lowering.template(&tree).map_err(|message| SyntaxFault { message, line: None })?;
    let trailing_newlines = text.len() - text.trim_end_matches('\n').len();
    Ok(Template { body, mutates: lowering.mutates, trailing_newlines })
}
