//! Reads Jinja2 with MiniJinja's parser. No other file knows its syntax tree, whose interface may change between
//! releases.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use minijinja::{machinery, syntax::SyntaxConfig};

use super::{
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
}

type Cache = Mutex<HashMap<(Origin, Arc<str>), Result<Arc<Template>, String>>>;

/// Reads a template, once for each text.
pub(super) fn template(text: &str, origin: Origin) -> Outcome<Arc<Template>> {
    static CACHE: OnceLock<Cache> = OnceLock::new();
    let cache = CACHE.get_or_init(Cache::default);
    let key = (origin, Arc::from(text));
    let known = cache.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
    let read = known.unwrap_or_else(|| {
        let read = read(text, origin).map(Arc::new);
        cache.lock().unwrap_or_else(PoisonError::into_inner).insert(key, read.clone());
        read
    });
    read.map_err(|message| syntax_fault(&message))
}

fn syntax_fault(message: &str) -> Faulty {
    Fault::with_hint(
        format!("Syntax error in template: {message}"),
        "mend the Jinja2 expression; text that is not a template can be tagged `!unsafe`",
    )
}

fn read(text: &str, origin: Origin) -> Result<Template, String> {
    let text = source::keep_raw_breaks(text);
    let prepared = match origin {
        Origin::Yaml => source::escape_backslashes(&text),
        Origin::File => text.clone(),
    };
    let syntax =
        SyntaxConfig::builder().trim_blocks(true).build().map_err(|error| error.to_string())?;
    let tree = machinery::parse(&prepared, "template", syntax).map_err(|error| {
        let line = error.line().filter(|line| *line > 1);
        let at = line.map(|line| format!(" (line {line} of the template)")).unwrap_or_default();
        let words = error.detail().map_or_else(|| error.to_string(), str::to_owned);
        format!("{words}{at}")
    })?;
    let mut lowering = lower::Lowering::default();
    let body = lowering.template(&tree)?;
    let trailing_newlines = text.len() - text.trim_end_matches('\n').len();
    Ok(Template { body, mutates: lowering.mutates, trailing_newlines })
}
