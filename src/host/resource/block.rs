//! A block between two marks in a file that is somebody else's, with the marks that Ansible writes.

use serde::Serialize;

use super::Thing;
use crate::host::{
    change::Change,
    fault::Fault,
    machine::{Access, Machine},
    record::{self, Trace},
};

/// Lines of a file between `# BEGIN marker` and `# END marker`. An empty block is taken out, marks and all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Block {
    pub path: String,
    /// `ANSIBLE GENERATED HOSTS`
    pub marker: String,
    /// Without the marks, each line with its end.
    pub content: String,
    /// An empty block stays, with nothing between its marks: Ansible's modules leave it so.
    pub keep_empty: bool,
}

impl Block {
    /// Whether there is nothing to say and nothing said: older releases of Ansible leave an empty block, newer ones none.
    fn is_nothing_in(&self, text: &str) -> bool {
        let said = between(text, &self.marker).unwrap_or_default();
        self.content.trim().is_empty() && said.trim().is_empty()
    }

    fn edited(&self, text: &str) -> String {
        replaced(
            text,
            &self.marker,
            (self.keep_empty || !self.content.is_empty()).then_some(&self.content),
        )
    }
}

/// The text with another block in the place of that with the marker; a new one comes at the end.
fn replaced(text: &str, marker: &str, content: Option<&String>) -> String {
    let (begin, end) = (format!("# BEGIN {marker}"), format!("# END {marker}"));
    let block = content.map(|content| format!("{begin}\n{content}{end}\n")).unwrap_or_default();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let at = |mark: &str| lines.iter().position(|line| line.trim_end() == mark);
    match (at(&begin), at(&end)) {
        (Some(first), Some(last)) if first < last => {
            lines[..first].concat() + &block + &lines[last + 1..].concat()
        }
        _ if block.is_empty() => text.to_owned(),
        _ => {
            let gap = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
            format!("{text}{gap}{block}")
        }
    }
}

/// What stands between the marks; `None` without such a block.
pub(crate) fn between(text: &str, marker: &str) -> Option<String> {
    let (begin, end) = (format!("# BEGIN {marker}"), format!("# END {marker}"));
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let first = lines.iter().position(|line| line.trim_end() == begin)?;
    let last = lines.iter().position(|line| line.trim_end() == end)?;
    (first < last).then(|| lines[first + 1..last].concat())
}

/// The text without the block.
pub(crate) fn without(text: &str, marker: &str) -> String {
    replaced(text, marker, None)
}

impl Thing for Block {
    type Seen = Option<String>;

    fn key(&self) -> String {
        format!("block:{}:{}", self.path, self.marker)
    }

    fn observe(&self, machine: &Machine) -> Result<Option<String>, Fault> {
        machine.text(&self.path)
    }

    fn diff(&self, seen: &Option<String>) -> Vec<Change> {
        let before = seen.as_deref().unwrap_or_default();
        let after = self.edited(before);
        if before == after || self.is_nothing_in(before) {
            return Vec::new();
        }
        let text = format!("change the block `{}` of {}", self.marker, self.path);
        vec![Change::of_text(text, before, &after)]
    }

    fn perform(&self, machine: &Machine, seen: &Option<String>) -> Result<(), Fault> {
        let after = self.edited(seen.as_deref().unwrap_or_default());
        machine.write(&self.path, after.as_bytes(), &Access::default())
    }

    fn trace(&self, _machine: &Machine, _seen: &Option<String>) -> Result<Option<Trace>, Fault> {
        let contents = vec![record::digest(self.content.as_bytes())];
        let (path, marker) = (self.path.clone(), self.marker.clone());
        let put = !self.content.is_empty() || self.keep_empty;
        Ok(put.then_some(Trace::Block { path, marker, contents }))
    }

    fn is_adopted(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_block_is_as_good_as_none() {
        let block = |content: &str| Block {
            path: "/etc/iproute2/rt_tables".into(),
            marker: "M".into(),
            content: content.into(),
            keep_empty: true,
        };
        for before in ["a\n", "a\n# BEGIN M\n\n# END M\n", "a\n# BEGIN M\n# END M\n"] {
            assert_eq!(block("\n").diff(&Some(before.into())), [], "{before:?}");
            assert_eq!(block("1 x\n").diff(&Some(before.into())).len(), 1, "{before:?}");
        }
        let dropped = Some("# BEGIN M\n1 x\n# END M\n".to_owned());
        assert_eq!(block("\n").diff(&dropped).len(), 1);
    }

    #[test]
    fn a_block_is_edited() {
        let x = "x\n".to_owned();
        let table = [
            ("", Some(&x), "# BEGIN M\nx\n# END M\n"),
            ("a", Some(&x), "a\n# BEGIN M\nx\n# END M\n"),
            ("a\n# BEGIN M\ny\nz\n# END M\nb\n", Some(&x), "a\n# BEGIN M\nx\n# END M\nb\n"),
            ("a\n# BEGIN M\ny\n# END M\nb\n", None, "a\nb\n"),
            ("a\n", None, "a\n"),
            // A damaged block is no block: nothing of it is taken for ours.
            ("# END M\n# BEGIN M\n", None, "# END M\n# BEGIN M\n"),
        ];
        for (before, content, after) in table {
            assert_eq!(replaced(before, "M", content), after, "{before:?}");
        }
        assert_eq!(between("a\n# BEGIN M\ny\n# END M\n", "M").as_deref(), Some("y\n"));
    }
}
