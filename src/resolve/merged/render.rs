//! Renders a file's sources and merges them.

use std::{collections::BTreeSet, sync::Arc};

use serde_json::Value;

use super::{MergedFile, sources::Read};
use crate::{
    ansible::{
        Play, Variables,
        merge::{
            Strategy, concat, ini,
            yaml::{self as merge_yaml, Leaf},
        },
        template::{Lines, Reading, yaml_document, yaml_document_of},
        yaml::{self, Data, Node},
    },
    origin::Origin,
    secret::MASK,
    trouble::{Result, Trouble},
};

/// Where lines of YAML break that people see.
const WIDTH: usize = 80;

/// What a merged file holds.
#[derive(Debug)]
pub struct Content {
    pub bytes: Vec<u8>,
    pub mode: u32,
    /// For text where each line comes from.
    pub origins: Vec<Origin>,
    /// For merged YAML the values, and where each was set.
    pub leaves: Vec<Leaf>,
    /// It was made with text that came out of a vault.
    reads_secret: bool,
    /// Files that were encrypted as a whole.
    secret_files: BTreeSet<Arc<str>>,
}

impl Content {
    /// The text, unless it is something else.
    pub fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.bytes).ok()
    }

    /// Whether any of it must not be shown.
    pub fn is_secret(&self) -> bool {
        self.reads_secret || !self.secret_files.is_empty()
    }

    pub(super) fn masked(&self, variables: &Variables) -> Option<String> {
        let text = self.text()?;
        if !self.is_secret() {
            return Some(text.to_owned());
        }
        if !self.leaves.is_empty() {
            return Some(yaml_document(&merge_yaml::tree(&self.masked_leaves(variables)), WIDTH));
        }
        let from_vault = |at: usize| self.origins.get(at).is_none_or(|origin| self.hides(origin));
        Some(variables.mask_lines(text, self.reads_secret, from_vault))
    }

    pub(super) fn masked_leaves(&self, variables: &Variables) -> Vec<Leaf> {
        let values: Value = self.leaves.iter().map(|leaf| leaf.value.clone()).collect();
        let values = match variables.mask_value(&values, self.reads_secret) {
            Value::Array(values) => values,
            _ => Vec::new(),
        };
        let masked = |(leaf, value): (&Leaf, Value)| {
            let value = if self.hides(&leaf.origin) { MASK.into() } else { value };
            Leaf { value, ..leaf.clone() }
        };
        self.leaves.iter().zip(values).map(masked).collect()
    }

    fn hides(&self, origin: &Origin) -> bool {
        self.secret_files.contains(&origin.file)
    }
}

/// Makes one file.
pub(super) struct Renderer<'a> {
    pub variables: &'a Variables,
    pub play: &'a Play,
    pub file: &'a MergedFile,
}

impl Renderer<'_> {
    pub(super) fn content(&self) -> Result<Content> {
        let sources = &self.file.sources;
        let last = sources.len().saturating_sub(1);
        let one = matches!(self.file.strategy, Strategy::Copy | Strategy::Template);
        let used = if one { &sources[last..] } else { sources };
        let files = self.variables.files();
        let read = used.iter().map(|source| source.read(files)).collect::<Result<Vec<_>>>()?;
        let secret_files =
            read.iter().filter(|read| read.secret).map(|read| Arc::clone(&read.file)).collect();
        let (bytes, origins, leaves) = self.merged(&read)?;
        let reads_secret = self.play.has_read_secret();
        let mode = self.file.params.mode;
        Ok(Content { bytes, mode, origins, leaves, reads_secret, secret_files })
    }

    fn merged(&self, read: &[Read]) -> Result<(Vec<u8>, Vec<Origin>, Vec<Leaf>)> {
        let text = |lines: Lines| (lines.text.into_bytes(), lines.origins, Vec::new());
        let params = &self.file.params;
        let each = || read.iter().map(|read| self.rendered(read, Reading::Merged));
        Ok(match (self.file.strategy, read) {
            (Strategy::Copy, [only, ..]) => {
                let lines = only.lines().unwrap_or_default();
                (only.bytes.clone(), lines.origins, Vec::new())
            }
            (Strategy::Template, [only, ..]) => {
                let reading = if params.keep_blanks { Reading::Plain } else { Reading::Stripped };
                text(self.rendered(only, reading)?)
            }
            (Strategy::Concat, _) => {
                let parts = read.iter().map(Read::lines).collect::<Result<Vec<_>>>()?;
                text(self.render(&concat::concat(&parts), Reading::Stripped, read)?)
            }
            (Strategy::MergeConfigs, _) => {
                text(ini::merge(&each().collect::<Result<Vec<_>>>()?, params.whitespace)?)
            }
            (Strategy::MergeYaml, _) => self.merged_yaml(read)?,
            (_, []) => (Vec::new(), Vec::new(), Vec::new()),
        })
    }

    fn rendered(&self, read: &Read, reading: Reading) -> Result<Lines> {
        self.render(&read.lines()?, reading, std::slice::from_ref(read))
    }

    /// Renders a template that was read from these files.
    fn render(&self, template: &Lines, reading: Reading, read: &[Read]) -> Result<Lines> {
        self.play.render(template, reading).map_err(|trouble| {
            let Some(origin) = trouble.origin.clone() else { return trouble };
            let source = read.iter().find(|read| read.file == origin.file && !read.secret);
            match source.and_then(|read| read.lines().ok()) {
                Some(lines) => trouble.excerpt(yaml::excerpt(&lines.text, &origin, "here")),
                None => trouble,
            }
        })
    }

    fn merged_yaml(&self, read: &[Read]) -> Result<(Vec<u8>, Vec<Origin>, Vec<Leaf>)> {
        let mut documents = Vec::new();
        for read in read {
            let lines = self.rendered(read, Reading::Merged)?;
            documents.push(self.document(read, &lines)?);
        }
        let merged = merge_yaml::merge(documents, self.file.params.extend_lists)?;
        let text = yaml_document_of(&merged, self.file.params.yaml_width);
        Ok((text.into_bytes(), Vec::new(), merge_yaml::leaves(&merged)))
    }

    /// Rendered text as YAML whose values know their places in the file.
    fn document(&self, read: &Read, lines: &Lines) -> Result<Node> {
        let hidden = read.secret || self.play.has_read_secret();
        let parse = if hidden { yaml::parse_secret } else { yaml::parse };
        let told = |trouble: Trouble| {
            let place = trouble.origin.as_ref().and_then(|origin| lines.origin(origin.line));
            match place.cloned() {
                Some(origin) => trouble
                    .while_trying(format!("merging {}", self.file.path))
                    .at(&origin)
                    .hint("the lines are shown as they are after rendering"),
                None => trouble,
            }
        };
        let document = parse(&lines.text, &read.file).map_err(told)?;
        self.variables.open(&placed(document, lines))
    }
}

/// Moves every origin from the rendered text to the file.
fn placed(node: Node, lines: &Lines) -> Node {
    let mut origin = node.origin;
    if let Some(known) = lines.origin(origin.line) {
        origin.line = known.line;
    }
    let data = match node.data {
        Data::List(items) => {
            Data::List(items.into_iter().map(|item| placed(item, lines)).collect())
        }
        Data::Map(pairs) => {
            let pairs = pairs.into_iter();
            Data::Map(
                pairs.map(|(key, value)| (placed(key, lines), placed(value, lines))).collect(),
            )
        }
        other => other,
    };
    Node { origin, data }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_in_rendered_text_become_places_in_the_file() {
        let file: Arc<str> = "globals.yml".into();
        let origins = [2, 2, 5].map(|line| Origin::at(&file, line, 1)).into();
        let lines = Lines { text: "a:\n  b: 1\nc: 2\n".into(), origins };
        let document = placed(yaml::parse(&lines.text, &file).unwrap(), &lines);
        assert_eq!(
            document.get("a").unwrap().get("b").unwrap().origin.to_string(),
            "globals.yml:2:6"
        );
        assert_eq!(document.get("c").unwrap().origin.to_string(), "globals.yml:5:4");
    }

    #[test]
    fn keys_that_are_no_text_are_written_as_pyyaml_writes_them() {
        let text = "n: {20: 2, 3: 1, 1: {0: k}}\na: {true: y, null: z, 1.5: w, '1': v}\n";
        let document = yaml::parse(text, &"globals.yml".into()).unwrap();
        let merged = merge_yaml::merge(vec![document], false).unwrap();
        assert_eq!(
            yaml_document_of(&merged, WIDTH),
            "a:\n  true: y\n  null: z\n  1.5: w\n  '1': v\nn:\n  1:\n    0: k\n  3: 1\n  20: 2\n"
        );
    }
}
