//! Shows the lines of the configuration that an error is about.

use camino::Utf8Path;

use super::options::Context;
use crate::{
    ansible::{vault, yaml},
    origin::Origin,
    trouble::{Kind, Trouble},
};

/// The trouble with the lines around the place that it names, or else around the first setting at fault whose file can
/// be read.
pub(super) fn illustrated(cx: &Context, trouble: Trouble) -> Trouble {
    if trouble.excerpt.is_some() || trouble.kind != Kind::Refused {
        return trouble;
    }
    // A site that cannot even be found has its own message.
    let Ok(root) = cx.config_path() else { return trouble };
    let settings = trouble.settings.iter().map(|setting| &setting.origin);
    let mut origins = trouble.origin.iter().chain(settings).filter(|origin| origin.line > 0);
    match origins.find_map(|origin| excerpt(&root, origin)) {
        Some(excerpt) => trouble.excerpt(excerpt),
        None => trouble,
    }
}

/// The lines around a place; none if the file is encrypted or is none on this machine.
fn excerpt(root: &Utf8Path, origin: &Origin) -> Option<String> {
    let text = std::fs::read_to_string(root.join(&*origin.file)).ok()?;
    (!vault::is_vault(&text)).then(|| yaml::excerpt(&text, origin, "here"))
}
