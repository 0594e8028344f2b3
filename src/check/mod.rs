//! Finds what is wrong, doubtful or without effect in a configuration. Nothing acts here: a check looks at what was read
//! and says what it finds. One file per check; `docs/validate.md` lists the codes.

mod addresses;
mod allocations;
mod duplicates;
mod entrances;
mod merged;
mod names;
mod networks;
mod note;
mod places;
mod references;
mod shadowed;
mod survey;
mod taken;
mod types;
mod unread;
mod zones;

pub use self::note::{Also, CODES, Note, Severity};
use self::survey::Survey;
use crate::{ansible::Variables, reference::Reference, trouble::Result};

/// Everything that is found in a configuration, in the order of files and lines.
pub fn notes(variables: &Variables) -> Result<Vec<Note>> {
    let reference = Reference::of(variables.release())?;
    let survey = Survey::new(variables, &reference)?;
    let texts = variables.texts();
    let checks: &[fn(&Survey) -> Vec<Note>] = &[
        survey::unreadable,
        survey::unknown_release,
        addresses::notes,
        allocations::notes,
        duplicates::notes,
        entrances::notes,
        merged::notes,
        places::notes,
        references::notes,
        shadowed::notes,
        types::notes,
        unread::notes,
        networks::notes,
        zones::notes,
    ];
    let mut notes: Vec<Note> = checks.iter().flat_map(|check| check(&survey)).collect();
    notes.extend(names::notes(&survey, &texts));
    notes.sort();
    notes.dedup();
    Ok(notes)
}
