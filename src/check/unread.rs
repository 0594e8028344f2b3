//! Files that somebody wrote variables into and that nothing reads, and ranges in inventories that give no host.

use super::{Note, survey::Survey};
use crate::{ansible::variables::Why, origin::Origin};

pub(super) fn notes(survey: &Survey) -> Vec<Note> {
    let files = survey.unread.iter().map(|unread| note(&unread.file, &unread.why));
    let ranges = survey.variables.empty_ranges().iter().map(|(range, origin)| {
        Note::warning(
            "empty-range",
            format!("`{range}` gives no host: its range ends before it begins"),
        )
        .at(origin)
        .hint("write the smaller number first")
    });
    files.chain(ranges).collect()
}

fn note(file: &str, why: &Why) -> Note {
    let told = |message: String| Note::warning("unread-file", message).at(&Origin::whole(file));
    match why {
        Why::Beside(belongs) => {
            told(format!("nothing reads `{file}`, because it lies beside the inventory"))
                .hint(format!("move what is in it to {belongs}"))
        }
        Why::Hidden(read) => {
            told(format!("nothing reads `{file}`, because `{read}` is read instead"))
                .also("this is what counts", &Origin::whole(read))
                .hint("put all variables into one of the two")
        }
        Why::Ending => told(format!("nothing reads `{file}`, because of its ending"))
            .hint("variables are read from names that end in .yml, .yaml or .json"),
        Why::Nowhere => {
            told(format!("nothing reads `{file}`, because it is a link that leads nowhere"))
                .hint("remove the link, or put back what it leads to")
        }
        Why::Directory => told(format!("nothing reads `{file}`, because it is a directory"))
            .hint("only a file may have this ending; a directory of variables has none"),
    }
}
