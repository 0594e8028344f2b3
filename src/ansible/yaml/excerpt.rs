//! Shows the lines around a place, with a mark under it.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::redact;
use crate::origin::Origin;

/// Lines shown before the one at fault.
const BEFORE: usize = 2;

pub(super) fn render(text: &str, origin: &Origin, label: &str) -> String {
    let at = usize::try_from(origin.line).unwrap_or(1).max(1) - 1;
    let first = at.saturating_sub(BEFORE);
    let shown: Vec<String> =
        redact::lines(text).into_iter().skip(first).take(at - first + 1).collect();
    let mark = place(&shown, at - first, usize::try_from(origin.column).unwrap_or(1).max(1) - 1);
    let window = shown.join("\n");
    let snippet = Snippet::source(window)
        .line_start(first + 1)
        .path(&*origin.file)
        .fold(false)
        .annotation(AnnotationKind::Primary.span(mark..mark).label(label));
    Renderer::plain().render(&[Group::with_level(Level::ERROR).element(snippet)])
}

/// Whether the line of a place is not shown as it is.
pub(super) fn hides(text: &str, origin: &Origin) -> bool {
    let at = usize::try_from(origin.line).unwrap_or(1).max(1) - 1;
    redact::lines(text).get(at).map(String::as_str) != text.lines().nth(at)
}

/// The byte offset, within the joined lines, of a column of the marked line; a place past the end is the end.
fn place(lines: &[String], marked: usize, column: usize) -> usize {
    let before: usize = lines.iter().take(marked).map(|line| line.len() + 1).sum();
    let Some(line) = lines.get(marked) else { return before.saturating_sub(1) };
    before + line.char_indices().nth(column).map_or(line.len(), |(offset, _)| offset)
}
