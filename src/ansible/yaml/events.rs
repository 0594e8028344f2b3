//! The YAML parser's events. The only file with `unsafe` code: the parser has a C interface.
#![expect(
    unsafe_code,
    reason = "libyaml-rs is a translation of the C library and has only its interface"
)]

use std::{ffi::CStr, marker::PhantomData, mem::MaybeUninit};

use libyaml_rs as sys;

/// A place in the text, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) line: u32,
    pub(super) column: u32,
}

/// What the parser saw, and where it begins.
#[derive(Debug)]
pub(super) struct Event {
    pub(super) kind: Kind,
    pub(super) mark: Mark,
}

/// The kinds of event that a composer needs.
#[derive(Debug)]
pub(super) enum Kind {
    StreamStart,
    StreamEnd,
    DocumentStart,
    DocumentEnd,
    Alias(String),
    /// `plain`: its type is what it looks like, if no tag says otherwise.
    Scalar {
        label: Label,
        text: String,
        plain: bool,
    },
    ListStart(Label),
    ListEnd,
    MapStart(Label),
    MapEnd,
}

/// Anchor and tag of a node.
#[derive(Debug, Default)]
pub(super) struct Label {
    pub(super) anchor: Option<String>,
    pub(super) tag: Option<String>,
}

/// Why the text is not YAML.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) message: String,
    pub(super) mark: Mark,
}

/// Parses a text event by event.
pub(super) struct Events<'text> {
    // On the heap, because the parser points into itself.
    parser: Box<sys::yaml_parser_t>,
    text: &'text str,
    // The parser keeps a pointer to the text.
    borrowed: PhantomData<&'text str>,
}

impl<'text> Events<'text> {
    pub(super) fn new(text: &'text str) -> Self {
        let mut parser = Box::new(MaybeUninit::<sys::yaml_parser_t>::uninit());
        // SAFETY: the parser is initialised in place on the heap, where it stays; the text outlives it by `'text`.
        let parser = unsafe {
            let initialised = sys::yaml_parser_initialize(parser.as_mut_ptr());
            assert!(initialised.ok, "out of memory");
            sys::yaml_parser_set_input_string(
                parser.as_mut_ptr(),
                text.as_ptr(),
                text.len() as u64,
            );
            Box::from_raw(Box::into_raw(parser).cast::<sys::yaml_parser_t>())
        };
        Self { parser, text, borrowed: PhantomData }
    }

    /// The next event; not to be called again after an error or the end of the stream.
    pub(super) fn next(&mut self) -> Result<Event, Problem> {
        let mut event = MaybeUninit::<sys::yaml_event_t>::uninit();
        // SAFETY: on success the parser has initialised the event; it is read once and then freed by its own function.
        unsafe {
            if sys::yaml_parser_parse(&raw mut *self.parser, event.as_mut_ptr()).fail {
                return Err(self.problem());
            }
            let event = event.as_mut_ptr();
            let ours = Event { kind: kind(&*event), mark: mark((*event).start_mark) };
            sys::yaml_event_delete(event);
            Ok(ours)
        }
    }

    fn problem(&self) -> Problem {
        // SAFETY: after a failure both are null or static C strings.
        let (problem, context) =
            unsafe { (string(self.parser.problem.cast()), string(self.parser.context.cast())) };
        let problem = problem.unwrap_or_else(|| "this is not YAML".into());
        let message = match context {
            Some(context) => format!("{problem} {context}"),
            None => problem,
        };
        let at = if self.parser.error == sys::YAML_READER_ERROR {
            let offset = usize::try_from(self.parser.problem_offset).unwrap_or(usize::MAX);
            mark_of_offset(self.text, offset)
        } else {
            mark(self.parser.problem_mark)
        };
        Problem { message, mark: at }
    }
}

impl Drop for Events<'_> {
    fn drop(&mut self) {
        // SAFETY: initialised in `new`, deleted only here.
        unsafe { sys::yaml_parser_delete(&raw mut *self.parser) }
    }
}

/// SAFETY: `event` was filled in by the parser.
unsafe fn kind(event: &sys::yaml_event_t) -> Kind {
    // SAFETY: the type says which member of the union is valid.
    unsafe {
        match event.type_ {
            sys::YAML_STREAM_END_EVENT => Kind::StreamEnd,
            sys::YAML_DOCUMENT_START_EVENT => Kind::DocumentStart,
            sys::YAML_DOCUMENT_END_EVENT => Kind::DocumentEnd,
            sys::YAML_ALIAS_EVENT => {
                Kind::Alias(string(event.data.alias.anchor).unwrap_or_default())
            }
            sys::YAML_SCALAR_EVENT => {
                let scalar = &event.data.scalar;
                let length = usize::try_from(scalar.length).unwrap_or(0);
                let bytes = std::slice::from_raw_parts(scalar.value, length);
                Kind::Scalar {
                    label: label(scalar.anchor, scalar.tag),
                    text: String::from_utf8_lossy(bytes).into_owned(),
                    plain: scalar.plain_implicit,
                }
            }
            sys::YAML_SEQUENCE_START_EVENT => {
                let start = &event.data.sequence_start;
                Kind::ListStart(label(start.anchor, start.tag))
            }
            sys::YAML_SEQUENCE_END_EVENT => Kind::ListEnd,
            sys::YAML_MAPPING_START_EVENT => {
                let start = &event.data.mapping_start;
                Kind::MapStart(label(start.anchor, start.tag))
            }
            sys::YAML_MAPPING_END_EVENT => Kind::MapEnd,
            _ => Kind::StreamStart,
        }
    }
}

/// SAFETY: both are null or C strings.
unsafe fn label(anchor: *const u8, tag: *const u8) -> Label {
    // SAFETY: as the caller promises.
    unsafe { Label { anchor: string(anchor), tag: string(tag) } }
}

/// SAFETY: `text` is null or a C string.
unsafe fn string(text: *const u8) -> Option<String> {
    // SAFETY: as the caller promises.
    (!text.is_null()).then(|| unsafe { CStr::from_ptr(text.cast()) }.to_string_lossy().into_owned())
}

fn mark(mark: sys::yaml_mark_t) -> Mark {
    let from_one = |count: u64| u32::try_from(count).unwrap_or(u32::MAX - 1) + 1;
    Mark { line: from_one(mark.line), column: from_one(mark.column) }
}

fn mark_of_offset(text: &str, offset: usize) -> Mark {
    let before = text.get(..offset).unwrap_or(text);
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX - 1) + 1;
    let line = before.rsplit('\n').next().unwrap_or_default();
    Mark { line: count(before.matches('\n').count()), column: count(line.chars().count()) }
}
