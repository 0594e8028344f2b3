//! A document as it is written: nodes with their tags, aliases that point to the same node, and merge keys filled in.

use std::collections::BTreeMap;

use super::{
    Fault,
    compiled::Compiled,
    events::{Event, Events, Kind, Label, Mark, Problem},
    limits, scalar,
    tags::{self, Tag},
};

pub(super) type Result<T> = std::result::Result<T, Fault>;
/// A node's number; an alias has that of the node it stands for.
pub(super) type Id = usize;

/// The nodes of a document, each before those that it stands in.
#[derive(Default)]
pub(super) struct Graph {
    nodes: Vec<Written>,
}

/// One node.
pub(super) struct Written {
    pub(super) mark: Mark,
    tag: Option<String>,
    pub(super) content: Content,
}

/// What a node is, whatever its tag makes of it.
pub(super) enum Content {
    /// `plain` text means what it looks like, if no tag says otherwise.
    Scalar {
        text: String,
        plain: bool,
    },
    List(Vec<Id>),
    /// An alias that stands inside its own anchor: whoever keeps the value it is in would have no end of it.
    Loop(String),
    /// What is merged in comes first.
    Map {
        pairs: Vec<(Id, Id)>,
        merges: bool,
    },
}

impl Graph {
    /// The document of a text and the number of its root; `None` if it is empty.
    pub(super) fn read(text: &str) -> Result<(Self, Option<Id>)> {
        Self::of(Source::Text(Events::new(text)))
    }

    /// [`Graph::read`] of a text that was parsed when Ymir was built.
    pub(super) fn compiled(bytes: &[u8]) -> Result<(Self, Option<Id>)> {
        Self::of(Source::Compiled(Compiled::new(bytes)))
    }

    fn of(events: Source) -> Result<(Self, Option<Id>)> {
        let reader = Reader {
            events,
            graph: Self::default(),
            anchors: BTreeMap::new(),
            depth: 0,
            merged: 0,
        };
        reader.document()
    }

    pub(super) fn node(&self, id: Id) -> &Written {
        &self.nodes[id]
    }

    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether any node has a tag that changes what its texts are.
    pub(super) fn has_unsafe(&self) -> bool {
        self.nodes.iter().any(Written::is_unsafe)
    }
}

impl Written {
    /// What the tag makes of the node.
    pub(super) fn tag(&self) -> Result<Tag> {
        tags::meaning(self.tag.as_deref()).ok_or_else(|| {
            let name = self.tag.as_deref().unwrap_or_default();
            if name == tags::BINARY {
                return Fault::new(
                    "Ymir does not know `!!binary`: it has text, but no bytes",
                    self.mark,
                )
                .hint("write the Base64 text without the tag, and decode it with `b64decode`");
            }
            Fault::new(format!("the tag `{name}` is not known"), self.mark)
                .hint("Ansible knows `!vault` and `!unsafe`; quote text that begins with `!`")
        })
    }

    /// Whether it is text that stands for bytes.
    pub(super) fn is_bytes(&self) -> bool {
        let is_text = matches!(self.content, Content::Scalar { .. });
        is_text && self.tag.as_deref() == Some(tags::BINARY)
    }

    pub(super) fn is_unsafe(&self) -> bool {
        tags::meaning(self.tag.as_deref()) == Some(Tag::Unsafe)
    }

    /// Whether it is the key that merges.
    fn is_merge(&self) -> bool {
        match (&self.content, tags::meaning(self.tag.as_deref())) {
            (_, Some(Tag::Merge)) => true,
            (Content::Scalar { text, plain }, Some(Tag::Plain | Tag::Unspecific)) => {
                *plain && scalar::is_merge(text)
            }
            _ => false,
        }
    }

    /// Whether it is the key `=`, which is text only as a key.
    pub(super) fn is_value_key(&self) -> bool {
        let untagged =
            matches!(tags::meaning(self.tag.as_deref()), Some(Tag::Plain | Tag::Unspecific));
        matches!(&self.content, Content::Scalar { text, plain: true } if untagged && text == "=")
    }
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
];

/// Where events come from.
enum Source<'a> {
    Text(Events<'a>),
    Compiled(Compiled<'a>),
}

impl Source<'_> {
    fn next(&mut self) -> std::result::Result<Event, Problem> {
        match self {
            Self::Text(events) => events.next(),
            Self::Compiled(events) => events.next(),
        }
    }
}

struct Reader<'a> {
    events: Source<'a>,
    graph: Graph,
    /// `None` while the node is being read.
    anchors: BTreeMap<String, Option<Id>>,
    depth: usize,
    /// How many entries merge keys have brought in.
    merged: usize,
}

impl Reader<'_> {
    fn document(mut self) -> Result<(Graph, Option<Id>)> {
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
        Ok((self.graph, root))
    }

    fn node(&mut self, event: Event) -> Result<Id> {
        let mark = event.mark;
        let (label, content) = match event.kind {
            Kind::Alias(name) => return self.alias(&name, mark),
            Kind::Scalar { label, text, plain } => {
                self.reserve(&label, mark)?;
                (label, Content::Scalar { text, plain })
            }
            Kind::ListStart(label) => {
                self.reserve(&label, mark)?;
                (label, self.inside(mark, Self::list)?)
            }
            Kind::MapStart(label) => {
                self.reserve(&label, mark)?;
                (label, self.inside(mark, Self::map)?)
            }
            other => return Err(Fault::new(format!("{other:?} is not a value"), mark)),
        };
        let Label { anchor, tag } = label;
        self.graph.nodes.push(Written { mark, tag, content });
        let id = self.graph.len() - 1;
        if let Some(name) = anchor {
            self.anchors.insert(name, Some(id));
        }
        Ok(id)
    }

    fn reserve(&mut self, label: &Label, mark: Mark) -> Result<()> {
        if self.graph.len() >= limits::NODES {
            return Err(Fault::new("the file has more than two million values", mark));
        }
        let Some(name) = &label.anchor else { return Ok(()) };
        match self.anchors.insert(name.clone(), None) {
            None => Ok(()),
            Some(_) => Err(Fault::new(format!("the anchor `&{name}` is given twice"), mark)),
        }
    }

    fn alias(&mut self, name: &str, mark: Mark) -> Result<Id> {
        match self.anchors.get(name) {
            Some(Some(id)) => Ok(*id),
            Some(None) => {
                let content = Content::Loop(name.to_owned());
                self.graph.nodes.push(Written { mark, tag: None, content });
                Ok(self.graph.len() - 1)
            }
            None => Err(Fault::new(format!("there is no anchor `&{name}` before"), mark)
                .hint("quote text that begins with `*`")),
        }
    }

    /// Reads a list or map one level deeper.
    fn inside(
        &mut self,
        mark: Mark,
        read: impl FnOnce(&mut Self) -> Result<Content>,
    ) -> Result<Content> {
        self.depth += 1;
        if self.depth > limits::DEPTH {
            let fault = Fault::new("lists and maps are nested more than 100 deep here", mark);
            return Err(fault.hint("let variables of their own hold what is inside"));
        }
        let content = read(self);
        self.depth -= 1;
        content
    }

    fn list(&mut self) -> Result<Content> {
        let mut items = Vec::new();
        loop {
            let event = self.events.next()?;
            if matches!(event.kind, Kind::ListEnd) {
                return Ok(Content::List(items));
            }
            items.push(self.node(event)?);
        }
    }

    fn map(&mut self) -> Result<Content> {
        let (mut own, mut merged, mut merges) = (Vec::new(), Vec::new(), false);
        loop {
            let event = self.events.next()?;
            if matches!(event.kind, Kind::MapEnd) {
                break;
            }
            let key = self.node(event)?;
            let next = self.events.next()?;
            let value = self.node(next)?;
            if self.graph.node(key).is_merge() {
                merges = true;
                self.merge(key, value, &mut merged)?;
            } else {
                own.push((key, value));
            }
        }
        merged.append(&mut own);
        Ok(Content::Map { pairs: merged, merges })
    }

    fn pairs_of(&self, id: Id) -> Result<&[(Id, Id)]> {
        let node = self.graph.node(id);
        match &node.content {
            Content::Map { pairs, .. } => Ok(pairs),
            Content::Loop(name) => Err(endless(name, node.mark)),
            _ => Err(Fault::new("`<<` wants maps only", node.mark)),
        }
    }

    /// Adds what `<<` brings in, whatever the tags of these maps; of several in a list, the first has the last word.
    fn merge(&mut self, key: Id, value: Id, merged: &mut Vec<(Id, Id)>) -> Result<()> {
        let before = merged.len();
        match &self.graph.node(value).content {
            Content::Map { pairs, .. } => merged.extend(pairs),
            Content::List(items) => {
                for item in items.iter().rev() {
                    merged.extend(self.pairs_of(*item)?);
                }
            }
            Content::Loop(name) => return Err(endless(name, self.graph.node(value).mark)),
            Content::Scalar { .. } => {
                let mark = self.graph.node(key).mark;
                return Err(Fault::new("`<<` wants a map or a list of maps", mark));
            }
        }
        self.merged += merged.len() - before;
        if self.merged > limits::NODES {
            return Err(grown(self.graph.node(key).mark));
        }
        Ok(())
    }
}

/// An alias stands inside what it stands for.
pub(super) fn endless(name: &str, mark: Mark) -> Fault {
    Fault::new(format!("`*{name}` stands inside its own anchor"), mark)
}

/// Aliases of aliases have multiplied.
pub(super) fn grown(mark: Mark) -> Fault {
    Fault::new("the file grows beyond two million values here", mark)
        .hint("aliases of aliases multiply; write fewer of them")
}
