//! Files for Kolla that cannot be made.

use super::{Note, survey::Survey};
use crate::{resolve::merged::MergedFiles, trouble::Trouble};

/// Kayobe has the facts of hosts when it makes the files.
const FACTS: &[&str] = &["ansible_facts", "ansible_local"];
/// Where built-in defaults stand.
const BUILT_IN: &str = "built-in ";
/// In the message about a vault that cannot be opened, which is told where the vault is.
const VAULT: &str = "vault text";

pub(super) fn notes(survey: &Survey) -> Vec<Note> {
    let merged = match MergedFiles::find(survey.variables) {
        Ok(merged) => merged,
        Err(trouble) => return note(survey, &trouble).into_iter().collect(),
    };
    let made = merged.files.iter().map(|file| merged.content(file));
    let troubles = made.filter_map(std::result::Result::err);
    troubles.filter_map(|trouble| note(survey, &trouble)).collect()
}

fn note(survey: &Survey, trouble: &Trouble) -> Option<Note> {
    if trouble.to_string().contains(VAULT) || needs_facts(survey, trouble) {
        return None;
    }
    // What has no place in a file is missing for one service, and no fault where nobody deploys that.
    let origin = trouble.origin.as_ref().filter(|origin| !origin.file.starts_with(BUILT_IN))?;
    let mut note = Note::of_trouble(trouble).at(origin);
    note.code = "merged";
    Some(note)
}

fn needs_facts(survey: &Survey, trouble: &Trouble) -> bool {
    let mentions = |text: &str| FACTS.iter().any(|facts| text.contains(facts));
    let marked = trouble.excerpt.as_deref().and_then(marked).is_some_and(mentions);
    if marked || trouble.to_string().contains("'ansible_") {
        return true;
    }
    trouble.settings.iter().any(|setting| {
        let hosts = survey.hosts.iter();
        let written = hosts.flat_map(|host| survey.variables.candidates(host, &setting.variable));
        written.take(1).any(|place| mentions(&place.written))
    })
}

/// The line of an excerpt that has the mark under it.
fn marked(excerpt: &str) -> Option<&str> {
    let lines: Vec<&str> = excerpt.lines().collect();
    lines.windows(2).find(|pair| pair[1].contains("^ here")).map(|pair| pair[0])
}
