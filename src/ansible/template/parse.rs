//! Reads templates, each text once.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use super::{
    depth,
    fault::{Fault, Faulty, OF_COLLECTIONS, Outcome},
    filters, lexer, parser, scope,
    spot::Spot,
    syntax::{self, Syntax},
    tree::Template,
};

/// How a template's text is to be read.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Origin {
    /// Whether backslashes in `{{ }}` are already what they mean, as in a value in YAML.
    escapes: bool,
    /// Whether a first line may change the syntax.
    has_header: bool,
    /// `None` for the common one.
    syntax: Option<Arc<Syntax>>,
}

impl Origin {
    /// A value in YAML.
    pub(super) const YAML: Self = Self { escapes: true, has_header: true, syntax: None };
    /// A file of its own.
    pub(super) const FILE: Self = Self { escapes: false, has_header: true, syntax: None };

    /// A file that another template asks for, which is written as that one.
    pub(super) fn asked_for(syntax: Option<Arc<Syntax>>) -> Self {
        Self { escapes: false, has_header: false, syntax }
    }

    pub(super) fn with(self, syntax: Syntax) -> Self {
        let syntax = (syntax != Syntax::default()).then(|| Arc::new(syntax));
        Self { syntax, ..self }
    }

    /// A file in which blanks before a block's tag do not count.
    pub(super) fn stripped(self) -> Self {
        self.with(Syntax::stripped())
    }
}

/// Why a text is no template.
#[derive(Debug, Clone)]
pub(super) struct SyntaxFault {
    message: String,
    /// Where in the template, if it is known.
    spot: Option<Spot>,
}

type Cache = Mutex<HashMap<(Origin, Arc<str>), Result<Arc<Template>, SyntaxFault>>>;

/// More templates than a site has.
const MOST_KEPT: usize = 50_000;

/// Reads a template, once for each text.
pub(super) fn template(text: &str, origin: &Origin) -> Outcome<Arc<Template>> {
    read_once(text, origin).map_err(|fault| {
        let spot = fault.spot.filter(|spot| spot.line > 1);
        let at = spot.map(|Spot { line, .. }| format!(" (line {line} of the template)"));
        syntax_fault(&format!("{}{}", fault.message, at.unwrap_or_default()))
    })
}

/// [`template`], with the place of what is wrong beside the fault.
pub(super) fn located(text: &str, origin: &Origin) -> Result<Arc<Template>, (Faulty, Spot)> {
    let told =
        |fault: SyntaxFault| (syntax_fault(&fault.message), fault.spot.unwrap_or(Spot::START));
    read_once(text, origin).map_err(told)
}

fn read_once(text: &str, origin: &Origin) -> Result<Arc<Template>, SyntaxFault> {
    static CACHE: OnceLock<Cache> = OnceLock::new();
    let cache = CACHE.get_or_init(Cache::default);
    let key = (origin.clone(), Arc::from(text));
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

/// What is read of a template takes many times its length.
const MOST: usize = 4 << 20;

fn syntax_fault(message: &str) -> Faulty {
    let hint = of_collection(message).unwrap_or_else(|| {
        "mend the Jinja2 expression; text that is not a template can be tagged `!unsafe`".into()
    });
    Fault::with_hint(format!("Syntax error in template: {message}"), hint)
}

/// What to do about a filter that was named without its collection, or one of a collection that is not there.
fn of_collection(message: &str) -> Option<String> {
    let words = ["No filter named '", "No test named '"];
    let name = words.iter().find_map(|words| message.strip_prefix(words))?.split('\'').next()?;
    if name.contains('.') {
        return Some(OF_COLLECTIONS.to_owned());
    }
    let whole = ["ansible.utils", "community.general"].map(|of| format!("{of}.{name}"));
    let known = whole.into_iter().find(|name| filters::is_known(name))?;
    Some(format!("it is in a collection: write `{known}`"))
}

fn read(text: &str, origin: &Origin) -> Result<Template, SyntaxFault> {
    let base = origin.syntax.as_deref().cloned().unwrap_or_default();
    let nowhere = |message: String| SyntaxFault { message, spot: None };
    if text.len() > MOST {
        return Err(nowhere("the template has more than 4 MiB".into()));
    }
    let (syntax, body) =
        if origin.has_header { syntax::split(text, &base).map_err(nowhere)? } else { (base, text) };
    let first_line = u32::from(body.len() < text.len());
    let prepared = lexer::normalized(body, &syntax);
    let (mut tokens, failure) = lexer::tokens(&prepared, &syntax, origin.escapes);
    for token in &mut tokens {
        token.at.line += first_line;
    }
    let failure = failure.map(|(message, spot)| {
        let line = spot.line + first_line;
        (message, Spot { line, ..spot })
    });
    let placed = |(message, spot)| SyntaxFault { message, spot: Some(spot) };
    depth::checked(&tokens).map_err(placed)?;
    let mut tree = parser::template(tokens, failure).map_err(placed)?;
    let found = scope::found(&mut tree).map_err(placed)?;
    Ok(Template {
        body: tree,
        scope: found.scope,
        blocks: found.blocks,
        mutates: found.mutates,
        trailing_newlines: body.len() - body.trim_end_matches('\n').len(),
        syntax: (syntax != Syntax::default()).then(|| Arc::new(syntax)),
    })
}
