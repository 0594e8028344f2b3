//! Builds the tree of a document from the parser's events: anchors, merge keys, duplicate keys, tags.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    Data, Duplicate, Fault, Lines, Node,
    events::{Event, Events, Kind, Label, Mark, Problem},
    limits, scalar,
    tags::{self, Tag},
};
use crate::{origin::Origin, trouble::Result as Told};

type Result<T, E = Fault> = std::result::Result<T, E>;

/// Parses the only document of `text`, and finds keys that one of its maps has twice.
pub(super) fn document(text: &str, file: &Arc<str>, lines: Lines) -> Told<(Node, Vec<Duplicate>)> {
    if text.len() > limits::FILE_BYTES {
        let start = Mark { line: 1, column: 1 };
        // None of its lines: laying them out takes long.
        return Err(Fault::new("the file has more than 16 MiB", start).hint("split it").told(
            "",
            file,
            Lines::Hidden,
        ));
    }
    let composed = Composer::new(text, file).document();
    composed.map_err(|fault| fault.told(text, file, lines))
}

struct Composer<'text> {
    events: Events<'text>,
    file: &'text Arc<str>,
    /// Finished anchored nodes with their number of nodes; `None` while the node is being read.
    anchors: BTreeMap<String, Option<(Node, usize)>>,
    depth: usize,
    nodes: usize,
    /// Inside `!unsafe`: all text is.
    unsafe_text: bool,
    duplicates: Vec<Duplicate>,
}

impl From<Problem> for Fault {
    fn from(problem: Problem) -> Self {
        let step = NEXT_STEPS.iter().find(|(words, _)| problem.message.contains(words));
        let fault = Self::new(problem.message, problem.mark);
        match step {
            Some((_, step)) => fault.hint(step),
            None => fault,
        }
    }
}

/// What to do about what the parser says, by words of it; the first that fits counts.
const NEXT_STEPS: &[(&str, &str)] = &[
    ("cannot start any token", "quote text that begins with `@`, `` ` `` or `%`"),
    (
        "mapping values are not allowed",
        "indent the line like those beside it, or quote text that holds `: `",
    ),
    ("while parsing a flow", "close the bracket or brace, and quote text that holds one"),
    ("while scanning a quoted scalar", "close the quotation mark before the end of the file"),
    (
        "while parsing a quoted scalar",
        "write `\\\\` for a backslash between double quotes, or use single quotes",
    ),
    ("while parsing a block", "indent the lines of one map or list alike"),
    ("could not find expected ':'", "end the name with `: `, or indent text that goes on"),
    (
        "control characters",
        "remove the character, or write its number between double quotes: `\\x07`",
    ),
];

impl<'text> Composer<'text> {
    fn new(text: &'text str, file: &'text Arc<str>) -> Self {
        let anchors = BTreeMap::new();
        Self {
            events: Events::new(text),
            file,
            anchors,
            depth: 0,
            nodes: 0,
            unsafe_text: false,
            duplicates: Vec::new(),
        }
    }

    fn document(mut self) -> Result<(Node, Vec<Duplicate>)> {
        let mut root = None;
        loop {
            let event = self.events.next()?;
            match event.kind {
                Kind::StreamStart | Kind::DocumentEnd => {}
                Kind::DocumentStart if root.is_some() => {
                    let fault = Fault::new("a second document begins here", event.mark);
                    return Err(
                        fault.hint("a configuration file is one document: remove the `---`")
                    );
                }
                Kind::DocumentStart => {
                    let first = self.events.next()?;
                    root = Some(self.node(first)?);
                }
                Kind::StreamEnd => break,
                _ => return Err(Fault::new("there is more than one value", event.mark)),
            }
        }
        let origin = Origin::at(self.file, 1, 1);
        Ok((root.unwrap_or(Node { origin, data: Data::Null }), self.duplicates))
    }

    fn node(&mut self, event: Event) -> Result<Node> {
        let mark = event.mark;
        self.count(1, mark)?;
        let before = self.nodes;
        let (anchor, data) = match event.kind {
            Kind::Alias(name) => return self.alias(&name, mark),
            Kind::Scalar { label, text, plain } => {
                self.reserve(&label, mark)?;
                let data = self.scalar(&label, text, plain, mark)?;
                (label.anchor, data)
            }
            Kind::ListStart(label) => {
                self.reserve(&label, mark)?;
                let data = self.inside(&label, mark, Self::list)?;
                (label.anchor, data)
            }
            Kind::MapStart(label) => {
                self.reserve(&label, mark)?;
                let data = self.inside(&label, mark, Self::map)?;
                (label.anchor, data)
            }
            other => return Err(Fault::new(format!("{other:?} is not a value"), mark)),
        };
        let node = Node { origin: self.origin(mark), data };
        if let Some(name) = anchor {
            let size = self.nodes - before + 1;
            self.anchors.insert(name, Some((node.clone(), size)));
        }
        Ok(node)
    }

    fn origin(&self, mark: Mark) -> Origin {
        Origin::at(self.file, mark.line, mark.column)
    }

    fn count(&mut self, more: usize, mark: Mark) -> Result<()> {
        self.nodes += more;
        if self.nodes > limits::NODES {
            return Err(Fault::new("the file grows beyond two million values here", mark)
                .hint("aliases of aliases multiply; write fewer of them"));
        }
        Ok(())
    }

    fn reserve(&mut self, label: &Label, mark: Mark) -> Result<()> {
        let Some(name) = &label.anchor else { return Ok(()) };
        match self.anchors.insert(name.clone(), None) {
            None => Ok(()),
            Some(_) => Err(Fault::new(format!("the anchor `&{name}` is given twice"), mark)),
        }
    }

    fn alias(&mut self, name: &str, mark: Mark) -> Result<Node> {
        let size = match self.anchors.get(name) {
            Some(Some((_, size))) => *size,
            Some(None) => {
                return Err(Fault::new(format!("`*{name}` stands inside its own anchor"), mark));
            }
            None => {
                let fault = Fault::new(format!("there is no anchor `&{name}` before"), mark);
                return Err(fault.hint("quote text that begins with `*`"));
            }
        };
        self.count(size, mark)?;
        let known = self.anchors.get(name).and_then(Option::as_ref);
        known.map(|(node, _)| node.clone()).ok_or_else(|| Fault::new("unknown anchor", mark))
    }

    fn scalar(&mut self, label: &Label, text: String, plain: bool, mark: Mark) -> Result<Data> {
        let data = match (tag(label, mark)?, plain) {
            (Tag::Unspecific, _) if text.is_empty() => Ok(Data::Text(text)),
            (Tag::Plain, true) | (Tag::Unspecific, _) => scalar::resolve(&text),
            (Tag::Plain, false) => Ok(Data::Text(text)),
            (tag, _) => scalar::tagged(&text, tag),
        };
        match data.map_err(|message| Fault::new(message, mark))? {
            Data::Text(text) if self.unsafe_text => Ok(Data::Unsafe(text)),
            data => Ok(data),
        }
    }

    /// Reads a list or map one level deeper.
    fn inside(
        &mut self,
        label: &Label,
        mark: Mark,
        read: impl FnOnce(&mut Self, Tag, Mark) -> Result<Data>,
    ) -> Result<Data> {
        let tag = tag(label, mark)?;
        self.depth += 1;
        if self.depth > limits::DEPTH {
            let fault = Fault::new("lists and maps are nested more than 100 deep here", mark);
            return Err(fault.hint("let variables of their own hold what is inside"));
        }
        let outside = self.unsafe_text;
        self.unsafe_text |= tag == Tag::Unsafe;
        let data = read(self, tag, mark);
        self.unsafe_text = outside;
        self.depth -= 1;
        data
    }

    fn list(&mut self, tag: Tag, mark: Mark) -> Result<Data> {
        let mut items = Vec::new();
        loop {
            let event = self.events.next()?;
            if matches!(event.kind, Kind::ListEnd) {
                break;
            }
            items.push(self.node(event)?);
        }
        match tag {
            Tag::Plain | Tag::Unspecific | Tag::List | Tag::Unsafe => Ok(Data::List(items)),
            Tag::Pairs => items.into_iter().map(pair).collect::<Result<_>>().map(Data::List),
            _ => Err(Fault::new("the tag does not fit a list", mark)),
        }
    }

    fn map(&mut self, tag: Tag, mark: Mark) -> Result<Data> {
        let mut own = Vec::new();
        let mut merged = Vec::new();
        loop {
            let event = self.events.next()?;
            let key_mark = event.mark;
            let merge = match &event.kind {
                Kind::MapEnd => break,
                Kind::Scalar { label, text, plain: true } if label.tag.is_none() => {
                    scalar::is_merge(text)
                }
                _ => false,
            };
            // A lone `=` is text when it is a key, and `<<` is what merges.
            let key = match event.kind {
                Kind::Scalar { ref text, plain: true, .. } if merge || text == "=" => {
                    Node { origin: self.origin(key_mark), data: Data::Text(text.clone()) }
                }
                _ => self.node(event)?,
            };
            let next = self.events.next()?;
            let value = self.node(next)?;
            if merge {
                merge_from(value, key_mark, &mut merged)?;
            } else {
                let templated = matches!(key.data, Data::Map(_));
                check_key(&key, key_mark, templated)?;
                own.push((key, value));
            }
        }
        merged.append(&mut own);
        let pairs = last_wins(merged, &mut self.duplicates);
        match tag {
            Tag::Plain | Tag::Unspecific | Tag::Map | Tag::Unsafe => Ok(Data::Map(pairs)),
            Tag::Set => Ok(Data::List(pairs.into_iter().map(|(key, _)| key).collect())),
            _ => Err(Fault::new("the tag does not fit a map", mark)),
        }
    }
}

fn tag(label: &Label, mark: Mark) -> Result<Tag> {
    tags::meaning(label.tag.as_deref()).ok_or_else(|| {
        let name = label.tag.as_deref().unwrap_or_default();
        Fault::new(format!("the tag `{name}` is not known"), mark)
            .hint("Ansible knows `!vault` and `!unsafe`; quote text that begins with `!`")
    })
}

fn mark_of(node: &Node) -> Mark {
    Mark { line: node.origin.line, column: node.origin.column }
}

fn check_key(key: &Node, mark: Mark, templated: bool) -> Result<()> {
    match key.data {
        Data::List(_) | Data::Map(_) => {
            let fault = Fault::new(format!("{} cannot be a key", key.data.kind()), mark);
            Err(fault.hint(if templated {
                "quote a value that begins with `{{`"
            } else {
                "let the name be text, and move what it holds to the value"
            }))
        }
        _ => Ok(()),
    }
}

/// Adds what `<<` brings in; of several maps in a list, the first has the last word.
fn merge_from(value: Node, mark: Mark, merged: &mut Vec<(Node, Node)>) -> Result<()> {
    match value.data {
        Data::Map(pairs) => merged.extend(pairs),
        Data::List(items) => {
            for item in items.into_iter().rev() {
                let mark = mark_of(&item);
                let Data::Map(pairs) = item.data else {
                    return Err(Fault::new("`<<` wants maps only", mark));
                };
                merged.extend(pairs);
            }
        }
        _ => return Err(Fault::new("`<<` wants a map or a list of maps", mark)),
    }
    Ok(())
}

/// One entry of `!!pairs`.
fn pair(item: Node) -> Result<Node> {
    let mark = mark_of(&item);
    let origin = item.origin;
    match item.data {
        Data::Map(mut pairs) if pairs.len() == 1 => {
            let both = pairs.pop().map(|(key, value)| vec![key, value]).unwrap_or_default();
            Ok(Node { origin, data: Data::List(both) })
        }
        _ => Err(Fault::new("this tag wants maps of one entry", mark)),
    }
}

/// As a Python dictionary: a later duplicate replaces the value and keeps the first one's place and key.
///
/// As in Ansible, a key that replaces what `<<` brought in is a duplicate, too.
fn last_wins(pairs: Vec<(Node, Node)>, duplicates: &mut Vec<Duplicate>) -> Vec<(Node, Node)> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut kept: Vec<(Node, Node)> = Vec::with_capacity(pairs.len());
    for (key, value) in pairs {
        let place = *seen.entry(identity(&key.data)).or_insert(kept.len());
        match kept.get_mut(place) {
            Some(known) => {
                known.1 = value;
                let (first, again) = (known.0.origin.clone(), key.origin);
                duplicates.push(Duplicate { key: written(&key.data), first, again });
            }
            None => kept.push((key, value)),
        }
    }
    kept
}

/// A key as messages have it.
fn written(key: &Data) -> String {
    match key {
        Data::Null => "null".into(),
        Data::Bool(value) => value.to_string(),
        Data::Int(value) => value.to_string(),
        Data::Float(value) => format!("{value:?}"),
        Data::Text(text) | Data::Unsafe(text) | Data::Vault(text) => text.clone(),
        Data::List(_) | Data::Map(_) => key.kind().into(),
    }
}

/// Keys that are equal in Python have the same identity: `1`, `1.0` and `true` are one key.
fn identity(key: &Data) -> String {
    match key {
        Data::Null => "null".into(),
        Data::Bool(value) => format!("number {}", i32::from(*value)),
        Data::Int(value) => format!("number {value}"),
        Data::Float(value) => format!("number {value}"),
        Data::Text(text) | Data::Unsafe(text) | Data::Vault(text) => format!("text {text}"),
        Data::List(_) | Data::Map(_) => String::new(),
    }
}
