//! Variables that nobody reads, though their name looks like one that is read: slips of the pen. Variables of the site's
//! own are welcome; one that anything else in the site mentions is no slip.

use std::collections::{BTreeMap, BTreeSet};

use super::{Note, Severity, survey::Survey};
use crate::{
    ansible::{variables::Written, yaml::Node},
    near,
    reference::Entry,
    resolve::concerns::{NO_UFW, UFW},
};

/// `texts` are all files of the site.
pub(super) fn notes(survey: &Survey, texts: &[String]) -> Vec<Note> {
    let mut mentions: BTreeMap<&str, usize> = BTreeMap::new();
    for word in texts.iter().flat_map(|text| words(text)) {
        *mentions.entry(word).or_default() += 1;
    }
    let mut written: BTreeMap<&str, Vec<(&Written, &Node)>> = BTreeMap::new();
    for (file, name, key, _) in survey.pairs() {
        written.entry(name).or_default().push((file, key));
    }
    let referred = |name: &str| mentions.get(name).copied().unwrap_or(0) > written[name].len();
    let (own, idle): (Vec<&str>, Vec<&str>) = written.keys().partition(|name| referred(name));
    let mut notes = Vec::new();
    for name in idle.into_iter().filter(|name| survey.entry(name).is_none()) {
        for (file, key) in &written[name] {
            let note = of_known(survey, name).or_else(|| of_own(name, &own, &written));
            notes.extend(note.map(|note| note.at(&key.origin).closed(file.secret)));
        }
    }
    notes
}

/// A variable that looks like one that Kayobe or Ymir reads.
fn of_known(survey: &Survey, name: &str) -> Option<Note> {
    if name == UFW {
        let note = Note::warning("unknown-variable", format!("nothing reads `{name}`"));
        return Some(note.hint(NO_UFW));
    }
    let (meant, entry) = meant(survey, name)?;
    let note = Note::warning("unknown-variable", format!("nothing reads `{name}`"));
    Some(note.hint(format!("did you mean `{meant}`? {}", entry.says)))
}

/// A variable that looks like one of the site's own that something refers to. Two in one file are meant to be two.
fn of_own(
    name: &str,
    own: &[&str],
    written: &BTreeMap<&str, Vec<(&Written, &Node)>>,
) -> Option<Note> {
    let apart = |other: &str| {
        let files: BTreeSet<&str> = written[name].iter().map(|(file, _)| &*file.file).collect();
        written[other].iter().all(|(file, _)| !files.contains(&*file.file))
    };
    let meant = own.iter().find(|other| is_slip_in_a_word(name, other) && apart(other))?;
    let (_, place) = written[*meant].first()?;
    let message = format!("nothing in the site refers to `{name}`");
    let note = Note::new(Severity::Hint, "unknown-variable", message);
    let note = note.also(format!("`{meant}` is set here"), &place.origin);
    Some(note.hint(format!("did you mean `{meant}`?")))
}

/// Shorter words are rather other words than misspelt ones.
const LETTERS: usize = 4;

/// Whether all words of two names are the same but for one with a slip of the pen. Numbers and plurals are no slips, and
/// names of several families may be put together in templates.
fn is_slip_in_a_word(name: &str, other: &str) -> bool {
    if name.matches('_').count() != other.matches('_').count() {
        return false;
    }
    let mut differing = name.split('_').zip(other.split('_')).filter(|(one, other)| one != other);
    let (Some((one, other)), None) = (differing.next(), differing.next()) else { return false };
    let is_word = |word: &str| word.len() >= LETTERS && word.chars().all(char::is_alphabetic);
    let singular = |word: &str| word.trim_end_matches('s').to_owned();
    is_word(one) && is_word(other) && singular(one) != singular(other) && near::is_slip(one, other)
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
