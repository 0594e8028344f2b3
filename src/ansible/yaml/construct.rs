//! Makes values of a document's nodes as PyYAML and Ansible do: tags, duplicate keys, and which texts are templates.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use super::{
    Data, Duplicate, Fault, Lines, Node,
    events::Mark,
    graph::{self, Content, Graph, Id, Result, Written},
    limits, scalar,
    tags::Tag,
};
use crate::{ansible::base64_text, origin::Origin, trouble::Result as Told};

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
    constructed(text, file).map_err(|fault| fault.told(text, file, lines))
}

fn constructed(text: &str, file: &Arc<str>) -> Result<(Node, Vec<Duplicate>)> {
    match nothing(text) {
        Some(mark) => {
            let origin = Origin::at(file, mark.line, mark.column);
            Ok((Node { origin, data: Data::Null }, Vec::new()))
        }
        None => parsed(text, file),
    }
}

/// Refuses bytes that are none, which Ansible reads before it knows whether they are used.
fn readable(written: &Written) -> Result<()> {
    let Content::Scalar { text, .. } = &written.content else { return Ok(()) };
    if text.is_ascii() && base64_text::decoded(text).is_some() {
        return Ok(());
    }
    Err(Fault::new("the text behind `!!binary` is no Base64", written.mark)
        .hint("take the tag away, or write the bytes as Base64"))
}

/// Where the value of a text would be that holds comments only, as most files of a Kayobe configuration do: they need no
/// parser, which looks at every letter of them. `None` of any text that the parser has to judge.
fn nothing(text: &str) -> Option<Mark> {
    let mut begun = false;
    let is_nothing = |line: &str| match line.trim_start_matches(' ') {
        "" => true,
        "---" if line == "---" && !begun => {
            begun = true;
            true
        }
        rest => rest.starts_with('#') && rest.bytes().all(|byte| matches!(byte, b' '..=b'~')),
    };
    if !text.lines().all(is_nothing) {
        return None;
    }
    match (begun, text.ends_with('\n')) {
        (false, _) => Some(Mark { line: 1, column: 1 }),
        (true, false) => None,
        (true, true) => {
            let line = u32::try_from(text.lines().count()).ok()?.checked_add(1)?;
            Some(Mark { line, column: 1 })
        }
    }
}

fn parsed(text: &str, file: &Arc<str>) -> Result<(Node, Vec<Duplicate>)> {
    made(Graph::read(text)?, file)
}

/// The only document of a text that was parsed when Ymir was built.
pub(super) fn built_in(events: &[u8], file: &Arc<str>) -> Told<Node> {
    let made = Graph::compiled(events).and_then(|read| made(read, file));
    made.map(|(node, _)| node).map_err(|fault| fault.told("", file, Lines::Hidden))
}

fn made((graph, root): (Graph, Option<Id>), file: &Arc<str>) -> Result<(Node, Vec<Duplicate>)> {
    let Some(root) = root else {
        return Ok((Node { origin: Origin::at(file, 1, 1), data: Data::Null }, Vec::new()));
    };
    let unsafe_texts = unsafe_nodes(&graph, root);
    let (duplicates, unfit) = (Vec::new(), Vec::new());
    let mut constructor =
        Constructor { graph: &graph, file, unsafe_texts, depth: 0, nodes: 0, duplicates, unfit };
    let node = constructor.node(root)?;
    match constructor.unfit.into_iter().next() {
        Some(fault) => Err(fault),
        None => Ok((node, constructor.duplicates)),
    }
}

/// For each node whether its text is no template. What an alias stands for is one value, so it is safe or not by the
/// place where Ansible meets it first: level by level, but what is inside `!unsafe` at once.
fn unsafe_nodes(graph: &Graph, root: Id) -> Vec<bool> {
    let mut met: Vec<Option<bool>> = vec![None; graph.len()];
    let mut levels = VecDeque::new();
    if graph.has_unsafe() {
        meet(graph, root, &mut met, &mut levels);
    }
    while let Some(id) = levels.pop_front() {
        inner(graph.node(id)).for_each(|id| meet(graph, id, &mut met, &mut levels));
    }
    met.into_iter().map(|met| met == Some(true)).collect()
}

fn meet(graph: &Graph, id: Id, met: &mut [Option<bool>], levels: &mut VecDeque<Id>) {
    if graph.node(id).is_unsafe() {
        spread(graph, id, met);
    } else if met[id].is_none() {
        met[id] = Some(false);
        levels.push_back(id);
    }
}

/// Everything in a node that nothing has met before is unsafe.
fn spread(graph: &Graph, id: Id, met: &mut [Option<bool>]) {
    let mut next = vec![id];
    while let Some(id) = next.pop() {
        if met[id].is_none() {
            met[id] = Some(true);
            next.extend(inner(graph.node(id)));
        }
    }
}

fn inner(node: &Written) -> Box<dyn Iterator<Item = Id> + '_> {
    match &node.content {
        Content::Scalar { .. } | Content::Loop(_) => Box::new(std::iter::empty()),
        Content::List(items) => Box::new(items.iter().copied()),
        Content::Map { pairs, .. } => {
            Box::new(pairs.iter().flat_map(|(key, value)| [*key, *value]))
        }
    }
}

struct Constructor<'a> {
    graph: &'a Graph,
    file: &'a Arc<str>,
    unsafe_texts: Vec<bool>,
    depth: usize,
    nodes: usize,
    duplicates: Vec<Duplicate>,
    /// What is no value of Ymir's, in what is kept so far: aliases inside their own anchors, and bytes.
    unfit: Vec<Fault>,
}

impl Constructor<'_> {
    fn node(&mut self, id: Id) -> Result<Node> {
        let written = self.graph.node(id);
        self.nodes += 1;
        if self.nodes > limits::NODES {
            return Err(graph::grown(written.mark));
        }
        self.depth += 1;
        if self.depth > limits::DEPTH {
            return Err(Fault::new("aliases nest more than 100 deep here", written.mark));
        }
        let data = self.data(written)?;
        self.depth -= 1;
        let data = match data {
            Data::Text(text) if self.unsafe_texts[id] => Data::Unsafe(text),
            data => data,
        };
        Ok(Node { origin: self.origin(written.mark), data })
    }

    fn origin(&self, mark: Mark) -> Origin {
        Origin::at(self.file, mark.line, mark.column)
    }

    fn data(&mut self, written: &Written) -> Result<Data> {
        let tag = match written.tag() {
            Err(fault) if written.is_bytes() => {
                readable(written)?;
                self.unfit.push(fault);
                return Ok(Data::Null);
            }
            tag => tag?,
        };
        match &written.content {
            Content::Scalar { text, plain } => match (tag, plain) {
                (Tag::Plain | Tag::Unspecific, true) => scalar::resolve(text),
                (Tag::Plain | Tag::Unspecific, false) => Ok(Data::Text(text.clone())),
                (tag, _) => scalar::tagged(text, tag),
            }
            .map_err(|message| Fault::new(message, written.mark)),
            Content::Loop(name) => {
                self.unfit.push(graph::endless(name, written.mark));
                Ok(Data::Null)
            }
            Content::List(items) => self.list(items, tag, written.mark),
            Content::Map { pairs, .. } => self.map(pairs, tag, written.mark),
        }
    }

    fn list(&mut self, items: &[Id], tag: Tag, mark: Mark) -> Result<Data> {
        let items: Vec<Node> = match tag {
            Tag::Plain | Tag::Unspecific | Tag::List | Tag::Unsafe => {
                items.iter().map(|item| self.node(*item)).collect::<Result<_>>()?
            }
            Tag::Pairs => items.iter().map(|item| self.pair(*item)).collect::<Result<_>>()?,
            _ => return Err(Fault::new("the tag does not fit a list", mark)),
        };
        Ok(Data::List(items))
    }

    /// One entry of `!!pairs`.
    fn pair(&mut self, item: Id) -> Result<Node> {
        let written = self.graph.node(item);
        match &written.content {
            Content::Map { pairs, merges: false } if pairs.len() == 1 => {
                let (key, value) = pairs[0];
                let both = vec![self.node(key)?, self.node(value)?];
                Ok(Node { origin: self.origin(written.mark), data: Data::List(both) })
            }
            _ => Err(Fault::new("this tag wants maps of one entry", written.mark)),
        }
    }

    fn map(&mut self, pairs: &[(Id, Id)], tag: Tag, mark: Mark) -> Result<Data> {
        match tag {
            Tag::Plain | Tag::Unspecific | Tag::Map | Tag::Unsafe => {
                Ok(Data::Map(self.entries(pairs)?))
            }
            Tag::Set => {
                let keys = self.entries(pairs)?.into_iter().map(|(key, _)| key);
                Ok(Data::List(keys.collect()))
            }
            Tag::Vault => Err(Fault::new("`!vault` wants text, not a map", mark)),
            _ => {
                let text = self.value_in(pairs);
                let text = text.ok_or_else(|| Fault::new("the tag does not fit a map", mark))?;
                scalar::tagged(text, tag).map_err(|message| Fault::new(message, mark))
            }
        }
    }

    /// The scalar that a map stands for: that of its key `=`.
    fn value_in<'a>(&'a self, mut pairs: &'a [(Id, Id)]) -> Option<&'a str> {
        loop {
            let is_value = |(key, _): &&(Id, Id)| self.graph.node(*key).is_value_key();
            let (_, value) = pairs.iter().find(is_value)?;
            match &self.graph.node(*value).content {
                Content::Scalar { text, .. } => return Some(text),
                Content::Map { pairs: inner, .. } => pairs = inner,
                Content::List(_) | Content::Loop(_) => return None,
            }
        }
    }

    /// The entries of a map. What is no value of Ymir's does no harm where a later duplicate replaces it.
    fn entries(&mut self, pairs: &[(Id, Id)]) -> Result<Vec<(Node, Node)>> {
        let mut made = Vec::with_capacity(pairs.len());
        let mut unfit = Vec::new();
        for (key, value) in pairs {
            let key = self.key(*key)?;
            let before = self.unfit.len();
            made.push((key, self.node(*value)?));
            if self.unfit.len() > before {
                unfit.push((made.len() - 1, self.unfit.split_off(before)));
            }
        }
        if !unfit.is_empty() {
            let (places, _) = places(&made);
            let is_last = |at: usize| !places[at + 1..].contains(&places[at]);
            unfit.retain(|(at, _)| is_last(*at));
            self.unfit.extend(unfit.into_iter().flat_map(|(_, faults)| faults));
        }
        Ok(last_wins(made, &mut self.duplicates))
    }

    fn key(&mut self, id: Id) -> Result<Node> {
        let written = self.graph.node(id);
        if written.is_value_key() {
            return Ok(Node {
                origin: self.origin(written.mark),
                data: Data::Text("=".to_owned()),
            });
        }
        let before = self.unfit.len();
        let key = self.node(id)?;
        if let Some(fault) = self.unfit.drain(before..).next() {
            return Err(fault);
        }
        if is_key(&key.data) {
            return Ok(key);
        }
        let fault = Fault::new(format!("{} cannot be a key", key.data.kind()), written.mark);
        let templated = matches!(key.data, Data::Map(_));
        Err(fault.hint(if templated {
            "quote a value that begins with `{{`"
        } else {
            "let the name be text, and move what it holds to the value"
        }))
    }
}

/// As a Python dictionary: a later duplicate replaces the value and keeps the first one's place and key.
///
/// As in Ansible, a key that replaces what `<<` brought in is a duplicate, too.
pub(in crate::ansible) fn last_wins(
    pairs: Vec<(Node, Node)>,
    duplicates: &mut Vec<Duplicate>,
) -> Vec<(Node, Node)> {
    let (places, different) = places(&pairs);
    if different == pairs.len() {
        return pairs;
    }
    let mut kept: Vec<(Node, Node)> = Vec::with_capacity(different);
    for ((key, value), place) in pairs.into_iter().zip(places) {
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

/// For each pair the place of its key among the keys that differ, and how many these are.
fn places(pairs: &[(Node, Node)]) -> (Vec<usize>, usize) {
    let mut seen: BTreeMap<Identity<'_>, usize> = BTreeMap::new();
    let mut places = Vec::with_capacity(pairs.len());
    for (key, _) in pairs {
        let next = seen.len();
        places.push(*seen.entry(identity(&key.data)).or_insert(next));
    }
    (places, seen.len())
}

/// Whether Python takes it for a key.
pub(in crate::ansible) fn is_key(data: &Data) -> bool {
    !matches!(data, Data::List(_) | Data::Map(_) | Data::Vault(_))
}

/// A key as messages have it.
fn written(key: &Data) -> String {
    match key {
        Data::Null => "null".into(),
        Data::Bool(value) => value.to_string(),
        Data::Int(value) => value.to_string(),
        Data::Float(value) => format!("{value:?}"),
        Data::Moment(moment) => moment.to_string(),
        Data::Text(text) | Data::Unsafe(text) | Data::Vault(text) => text.clone(),
        Data::List(_) | Data::Map(_) => key.kind().into(),
    }
}

/// Keys that are equal in Python have the same identity: `1`, `1.0` and `true` are one key.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Identity<'a> {
    Null,
    Number(String),
    Moment((u8, jiff::civil::DateTime)),
    Text(&'a str),
    /// What is no key.
    None,
}

fn identity(key: &Data) -> Identity<'_> {
    match key {
        Data::Null => Identity::Null,
        Data::Bool(value) => Identity::Number(i32::from(*value).to_string()),
        Data::Int(value) => Identity::Number(value.to_string()),
        // Zero has no sign here.
        Data::Float(value) => Identity::Number((value + 0.0).to_string()),
        Data::Moment(moment) => Identity::Moment(moment.instant()),
        Data::Text(text) | Data::Unsafe(text) | Data::Vault(text) => Identity::Text(text),
        Data::List(_) | Data::Map(_) => Identity::None,
    }
}

#[cfg(test)]
mod tests {
    use super::{nothing, parsed};

    #[test]
    fn the_parser_too_finds_nothing_in_comments() {
        let file = "a.yml".into();
        let empty = [
            "",
            "\n",
            "# a",
            "---\n",
            "---\n# a\n",
            "# a\n\n  # b: c\n---\n \n#\n",
            "---\r\n# a\r\n",
            "   ",
        ];
        for text in empty {
            let mark = nothing(text).map(|mark| (mark.line, mark.column));
            let (node, _) =
                parsed(text, &file).unwrap_or_else(|fault| panic!("{text:?} {}", fault.message));
            assert!(node.data.is_nothing(), "{text:?}");
            assert_eq!(mark, Some((node.origin.line, node.origin.column)), "{text:?}");
        }
        let others = [
            "---",
            "a",
            "--- # a\n",
            "---\n---\n",
            "...\n",
            "# \u{7}\n",
            "# ä",
            "\t# a\n",
            "%YAML 1.1\n---\n",
        ];
        for text in others {
            assert!(nothing(text).is_none(), "{text:?}");
        }
    }
}
