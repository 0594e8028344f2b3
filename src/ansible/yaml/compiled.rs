//! Events of a text that was parsed when Ymir was built: what is built in needs no parser when it is read.
//!
//! `build.rs` writes them. All numbers are of four bytes, the lowest first; a text is its length and its bytes.

use super::events::{Event, Kind, Label, Mark, Problem};

/// Bits of the byte before a node's anchor and tag.
const ANCHOR: u8 = 1;
const TAG: u8 = 2;

/// Reads events one after another.
pub(super) struct Compiled<'a> {
    rest: &'a [u8],
    /// Where the last event was.
    mark: Mark,
}

impl<'a> Compiled<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, mark: Mark { line: 1, column: 1 } }
    }

    /// The next event; that of a damaged text is a problem.
    pub(super) fn next(&mut self) -> Result<Event, Problem> {
        let event = self.event();
        event.ok_or_else(|| Problem {
            message: "what was read when Ymir was built is damaged".into(),
            mark: self.mark,
        })
    }

    fn event(&mut self) -> Option<Event> {
        let [kind] = self.bytes()?;
        let mark = Mark { line: self.number()?, column: self.number()? };
        self.mark = mark;
        let kind = match kind {
            b'<' => Kind::StreamStart,
            b'>' => Kind::StreamEnd,
            b'-' => Kind::DocumentStart,
            b'.' => Kind::DocumentEnd,
            b'*' => Kind::Alias(self.text()?),
            b'p' | b'q' => {
                Kind::Scalar { label: self.label()?, text: self.text()?, plain: kind == b'p' }
            }
            b'[' => Kind::ListStart(self.label()?),
            b']' => Kind::ListEnd,
            b'{' => Kind::MapStart(self.label()?),
            b'}' => Kind::MapEnd,
            _ => return None,
        };
        Some(Event { kind, mark })
    }

    fn label(&mut self) -> Option<Label> {
        let [there] = self.bytes()?;
        let anchor = if there & ANCHOR == 0 { None } else { Some(self.text()?) };
        let tag = if there & TAG == 0 { None } else { Some(self.text()?) };
        Some(Label { anchor, tag })
    }

    fn text(&mut self) -> Option<String> {
        let length = usize::try_from(self.number()?).ok()?;
        let (text, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(std::str::from_utf8(text).ok()?.to_owned())
    }

    fn number(&mut self) -> Option<u32> {
        self.bytes().map(u32::from_le_bytes)
    }

    fn bytes<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (bytes, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(*bytes)
    }
}
