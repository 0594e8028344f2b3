//! Shows the lines of the configuration that an error is about.

use camino::Utf8Path;

use super::options::Context;
use crate::{
    ansible::{Variables, vault, yaml},
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
    let place = trouble.origin.iter().map(|origin| (origin, false));
    let settings = trouble.settings.iter().map(|setting| (&setting.origin, true));
    let mut origins = place.chain(settings).filter(|(origin, _)| origin.line > 0);
    let said = trouble.causes.first().map_or("", String::as_str);
    let shown = origins
        .find_map(|(origin, is_value)| excerpt(&root, origin, Some(said).filter(|_| is_value)));
    match shown {
        Some(excerpt) => trouble.excerpt(excerpt),
        None => trouble,
    }
}

/// The trouble with an argument of the command line, and a mark under the byte of it that is at fault.
pub(super) fn argument(trouble: Trouble, option: &str, argument: &str, at: usize) -> Trouble {
    let origin = yaml::place_in(&option.into(), argument, at);
    trouble.excerpt(yaml::excerpt(argument, &origin, "here"))
}

/// [`argument`] for a pattern of hosts.
pub(super) fn pattern(
    trouble: Trouble,
    option: &str,
    pattern: &str,
    variables: &Variables,
) -> Trouble {
    match variables.fault_in_pattern(pattern) {
        Some(at) => argument(trouble, option, pattern, at),
        None => trouble,
    }
}

/// The lines around a place, or around what is said of the value there; none if the file is encrypted or is none on this
/// machine.
fn excerpt(root: &Utf8Path, origin: &Origin, said: Option<&str>) -> Option<String> {
    let text = std::fs::read_to_string(root.join(&*origin.file)).ok()?;
    if vault::is_vault(&text) {
        return None;
    }
    let inside = said.and_then(|said| yaml::pinpoint(&text, origin, said));
    Some(yaml::excerpt(&text, inside.as_ref().unwrap_or(origin), "here"))
}
