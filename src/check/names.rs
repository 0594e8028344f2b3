//! Variables that nobody reads, though their name looks like one that is read: slips of the pen. Variables of the site's
//! own are welcome; one that anything else in the site mentions is no slip.

use std::collections::BTreeMap;

use super::{Note, survey::Survey};
use crate::{near, reference::Entry};

/// `texts` are all files of the site.
pub(super) fn notes(survey: &Survey, texts: &[String]) -> Vec<Note> {
    let mut mentions: BTreeMap<String, usize> = BTreeMap::new();
    for word in texts.iter().flat_map(|text| words(text)) {
        *mentions.entry(word.to_owned()).or_default() += 1;
    }
    let mut notes = Vec::new();
    let written: BTreeMap<&str, usize> =
        survey.pairs().fold(BTreeMap::new(), |mut counts, (_, name, _, _)| {
            *counts.entry(name).or_default() += 1;
            counts
        });
    for (file, name, key, _) in survey.pairs() {
        let elsewhere = mentions.get(name).copied().unwrap_or(0) > written[name];
        if elsewhere || survey.entry(name).is_some() {
            continue;
        }
        let Some((meant, entry)) = meant(survey, name) else { continue };
        let note = Note::warning("unknown-variable", format!("nothing reads `{name}`"))
            .at(&key.origin)
            .hint(format!("did you mean `{meant}`? {}", entry.says))
            .closed(file.secret);
        notes.push(note);
    }
    notes
}

/// The known variable that somebody may have meant, if it is a slip of the pen away.
fn meant(survey: &Survey, name: &str) -> Option<(String, Entry)> {
    let attributes = survey.networks.iter().flat_map(|network| {
        survey.reference.attributes.keys().map(move |attribute| format!("{network}_{attribute}"))
    });
    let known = survey.reference.variables.keys().cloned().chain(attributes);
    let near = known.filter(|known| near::is_slip(name, known)).min()?;
    let entry = survey.entry(&near)?;
    Some((near, entry))
}

/// The words of a text that could be names of variables.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}
