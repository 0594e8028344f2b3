//! What a template prints, with the line of the template from which each line of it comes.

use super::{
    fault::{Faulty, Outcome},
    spot::Spot,
    text,
    value::Val,
};

/// A piece of a template's output.
#[derive(Debug)]
pub(super) struct Printed {
    pub(super) value: Val,
    /// Where in the template the piece begins.
    pub(super) spot: Spot,
    /// The piece stands so in the template, line by line.
    pub(super) verbatim: bool,
}

/// Text and, for each of its lines, the line of the template.
#[derive(Debug, Default)]
pub(super) struct Lined {
    pub(super) text: String,
    pub(super) lines: Vec<u32>,
}

/// The pieces as one text; on failure the fault, and the place in the template that holds it.
pub(super) fn lined(printed: &[Printed]) -> Result<Lined, (Faulty, Spot)> {
    let mut lined = Lined::default();
    for piece in printed {
        let text = text_of(&piece.value).map_err(|fault| (fault, piece.spot))?;
        lined.push(&text, piece);
    }
    Ok(lined)
}

fn text_of(value: &Val) -> Outcome<String> {
    match value {
        Val::None | Val::Omit => Ok(String::new()),
        other => text::printed(other),
    }
}

impl Lined {
    fn push(&mut self, text: &str, piece: &Printed) {
        let mut line = piece.spot.line;
        for part in text.split_inclusive('\n') {
            if self.text.is_empty() || self.text.ends_with('\n') {
                self.lines.push(line);
            }
            self.text.push_str(part);
            line += u32::from(piece.verbatim);
        }
    }

    /// Adds line breaks until the text ends with as many.
    pub(super) fn end_with_breaks(&mut self, wanted: usize) {
        let own = self.text.len() - self.text.trim_end_matches('\n').len();
        let more = wanted.saturating_sub(own);
        let last = self.lines.last().copied().unwrap_or(1);
        // The first break ends the line that is there.
        let open = usize::from(own == 0 && !self.text.is_empty());
        self.lines.extend(std::iter::repeat_n(last, more.saturating_sub(open)));
        self.text.push_str(&"\n".repeat(more));
    }
}
