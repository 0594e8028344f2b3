//! Keys that stand twice in one map: the first value is lost.

use super::{Note, survey::Survey};

pub(super) fn notes(survey: &Survey) -> Vec<Note> {
    let duplicates = survey.written.iter().flat_map(|file| &file.duplicates);
    let note = |duplicate: &crate::ansible::yaml::Duplicate| {
        let key = &duplicate.key;
        Note::warning("duplicate-key", format!("`{key}` stands here for the second time"))
            .at(&duplicate.again)
            .also("what is said here first has no effect", &duplicate.first)
            .hint("remove one of the two")
    };
    duplicates.map(note).collect()
}
