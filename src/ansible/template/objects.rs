//! Things in templates that are neither text, number, list nor dict.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use super::{
    access::Places,
    burial::bury,
    env::Env,
    fault::{Fault, Outcome},
    frames::Captured,
    loops::Again,
    meter,
    moments::{Moment, Span},
    ops,
    run::{Home, Place},
    text,
    tree::{Macro, Name},
    value::{Dict, Key, Tuple, Val},
};

/// An object with attributes of its own.
#[derive(Debug)]
pub(super) enum Object {
    /// `hostvars`.
    HostVars(Arc<Env>),
    /// All variables of one host: `hostvars[host]` and `vars`.
    Host(Arc<Env>),
    /// `namespace()`.
    Namespace(Dict),
    /// `loop` inside a `for`.
    Loop(Loop),
    Macro(Scoped),
    /// A template that was imported.
    Module(Module),
    /// `self`: a template's blocks.
    Itself(Vec<BlockOf>),
    /// `super` and `self.name`.
    Block(BlockOf),
    /// A method of a value, which waits for its call.
    Method {
        base: Val,
        name: &'static str,
    },
    /// A global function such as `range`.
    Function(&'static str),
    /// `range(…)`.
    Range(Range),
    /// Python's `date` and `datetime`.
    Moment(Moment),
    /// Python's `timedelta`.
    Span(Span),
    /// `cycler(…)`: gives its items in turn.
    Cycler {
        items: Vec<Val>,
        at: AtomicUsize,
    },
    /// `joiner(…)`: gives nothing at first, then its separator.
    Joiner {
        separator: Val,
        calls: AtomicUsize,
    },
}

/// A macro, and where it was declared.
#[derive(Debug, Clone)]
pub(super) struct Scoped {
    pub(super) decl: Arc<Macro>,
    pub(super) frames: Captured,
    pub(super) home: Home,
    pub(super) place: Place,
}

/// What an imported template sets, and what it prints.
#[derive(Debug)]
pub(super) struct Module {
    pub(super) exported: HashMap<Name, Val>,
    pub(super) printed: Vec<Val>,
}

/// A block as one of the templates has it that extend each other.
#[derive(Debug, Clone)]
pub(super) struct BlockOf {
    pub(super) name: Name,
    /// How many templates have it before this one.
    pub(super) depth: usize,
    /// How many templates have it.
    pub(super) layers: usize,
}

impl BlockOf {
    /// The block that this one replaces.
    pub(super) fn above(&self) -> Option<Self> {
        let depth = self.depth + 1;
        (depth < self.layers).then(|| Self { depth, ..self.clone() })
    }
}

/// Numbers with the same distance to each other, which are made when they are asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Range {
    pub(super) start: i128,
    pub(super) stop: i128,
    pub(super) step: i128,
}

impl Range {
    pub(super) fn len(self) -> usize {
        let (from, to) =
            if self.step > 0 { (self.start, self.stop) } else { (self.stop, self.start) };
        let step = self.step.unsigned_abs();
        let count = u128::try_from(to.saturating_sub(from)).unwrap_or(0).div_ceil(step);
        usize::try_from(count).unwrap_or(usize::MAX)
    }

    /// The numbers at these places.
    pub(super) fn sliced(self, places: &Places) -> Self {
        let at = |place: i128| self.start.saturating_add(place.saturating_mul(self.step));
        let (start, stop) = (at(places.start), at(places.stop));
        Self { start, stop, step: self.step.saturating_mul(places.step) }
    }

    pub(super) fn numbers(self) -> Vec<Val> {
        let inside = |at: &i128| if self.step > 0 { *at < self.stop } else { *at > self.stop };
        let numbers = std::iter::successors(Some(self.start), |at| at.checked_add(self.step));
        let numbers: Vec<Val> = numbers.take_while(inside).map(Val::Int).collect();
        meter::steps(numbers.len());
        numbers
    }
}

/// Where a `for` loop stands.
#[derive(Debug)]
pub(super) struct Loop {
    pub(super) index: usize,
    pub(super) items: Tuple,
    /// What `changed()` was last asked about in this loop.
    pub(super) seen: Arc<Mutex<Option<Val>>>,
    /// How many recursive calls led here.
    pub(super) depth: usize,
    /// Only a recursive loop can be called.
    pub(super) again: Option<Again>,
}

impl Object {
    pub(super) fn type_name(&self) -> &'static str {
        match self {
            Self::HostVars(_) => "HostVars",
            Self::Host(_) => "HostVarsVars",
            Self::Namespace(_) => "Namespace",
            Self::Loop(_) => "LoopContext",
            Self::Macro(_) => "Macro",
            Self::Module(_) => "TemplateModule",
            Self::Itself(_) => "TemplateReference",
            Self::Block(_) => "BlockReference",
            Self::Method { .. } => "builtin_function_or_method",
            Self::Function(_) => "function",
            Self::Range(_) => "range",
            Self::Moment(moment) => moment.type_name(),
            Self::Span(_) => "timedelta",
            Self::Cycler { .. } => "Cycler",
            Self::Joiner { .. } => "Joiner",
        }
    }

    pub(super) fn truth(&self) -> bool {
        match self {
            Self::HostVars(env) => !env.scope().hosts().is_empty(),
            Self::Range(range) => range.len() > 0,
            Self::Span(span) => !span.is_zero(),
            _ => true,
        }
    }

    pub(super) fn is_callable(&self) -> bool {
        matches!(
            self,
            Self::Macro(_)
                | Self::Block(_)
                | Self::Loop(_)
                | Self::Method { .. }
                | Self::Function(_)
                | Self::Joiner { .. }
        )
    }

    /// The value under a key or attribute.
    pub(super) fn get(&self, key: &str) -> Option<Val> {
        match self {
            Self::HostVars(env) => {
                let other = env.other(key)?;
                Some(Val::Object(Arc::new(Self::Host(other))))
            }
            Self::Host(env) => env.variable(key),
            Self::Namespace(dict) => dict.get_str(key),
            Self::Loop(state) => state.get(key),
            Self::Macro(called) => called.get(key),
            Self::Module(module) => module.exported.get(key).cloned(),
            Self::Itself(blocks) => {
                let block = blocks.iter().find(|block| &*block.name == key)?;
                Some(Val::Object(Arc::new(Self::Block(block.clone()))))
            }
            Self::Block(block) if key == "super" => {
                Some(Val::Object(Arc::new(Self::Block(block.above()?))))
            }
            Self::Moment(moment) => moment.get(key),
            Self::Span(span) => span.get(key),
            Self::Cycler { items, at } => {
                let at = at.load(Ordering::Relaxed) % items.len();
                match key {
                    "current" => items.get(at).cloned(),
                    "pos" => i128::try_from(at).ok().map(Val::Int),
                    "items" => Some(Val::tuple(items.clone())),
                    _ => None,
                }
            }
            Self::Joiner { separator, calls } => match key {
                "sep" => Some(separator.clone()),
                "used" => Some(Val::Bool(calls.load(Ordering::Relaxed) > 0)),
                _ => None,
            },
            _ => None,
        }
    }

    /// The keys of a mapping.
    pub(super) fn keys(&self) -> Option<Vec<String>> {
        match self {
            Self::HostVars(env) => Some(env.scope().hosts()),
            Self::Host(env) => Some(env.names()),
            _ => None,
        }
    }

    /// What a `for` over it sees.
    pub(super) fn items(&self) -> Option<Vec<Val>> {
        match self {
            Self::Range(range) => Some(range.numbers()),
            _ => Some(self.keys()?.into_iter().map(Val::str).collect()),
        }
    }

    /// How many items a loop has; `None` for other objects.
    pub(super) fn loop_length(&self) -> Option<usize> {
        match self {
            Self::Loop(state) => Some(state.items.len()),
            _ => None,
        }
    }

    /// The hosts with their variables as a dict; `None` for other objects.
    pub(super) fn dict(&self) -> Option<Dict> {
        let Self::HostVars(env) = self else { return None };
        let hosts = env.scope().hosts().into_iter();
        let pair = |host: String| Some((Key::text(&host), self.get(&host)?));
        Some(Dict::new(hosts.filter_map(pair).collect()))
    }

    /// Lets a cycler begin anew; `None` if it is none.
    pub(super) fn restart(&self) -> Option<Val> {
        let Self::Cycler { at, .. } = self else { return None };
        at.store(0, Ordering::Relaxed);
        Some(Val::None)
    }

    /// The next item of a cycler or joiner; `None` if it is neither.
    pub(super) fn next(&self) -> Option<Val> {
        match self {
            Self::Cycler { items, at } => {
                items.get(at.fetch_add(1, Ordering::Relaxed) % items.len()).cloned()
            }
            Self::Joiner { separator, calls } => {
                let first = calls.fetch_add(1, Ordering::Relaxed) == 0;
                Some(if first { Val::str("") } else { separator.clone() })
            }
            _ => None,
        }
    }

    /// How Python writes the object inside others.
    pub(super) fn repr(&self) -> Option<String> {
        match self {
            Self::Moment(moment) => Some(moment.repr()),
            Self::Span(span) => Some(span.repr()),
            other => other.text(),
        }
    }

    /// How Python writes the object, where anybody would want that.
    pub(super) fn text(&self) -> Option<String> {
        match self {
            Self::Range(Range { start, stop, step: 1 }) => Some(format!("range({start}, {stop})")),
            Self::Range(Range { start, stop, step }) => {
                Some(format!("range({start}, {stop}, {step})"))
            }
            Self::Namespace(dict) => {
                Some(format!("<Namespace {}>", text::repr(&Val::Dict(dict.clone())).ok()?))
            }
            Self::Module(module) => {
                module.printed.iter().map(|piece| text::printed(piece).ok()).collect()
            }
            Self::Moment(moment) => Some(moment.text()),
            Self::Span(span) => Some(span.text()),
            _ => None,
        }
    }
}

impl Drop for Object {
    fn drop(&mut self) {
        match self {
            Self::Module(module) => {
                bury(module.exported.drain().map(|(_, value)| value));
                bury(std::mem::take(&mut module.printed));
            }
            Self::Cycler { items, .. } => bury(std::mem::take(items)),
            Self::Joiner { separator, .. } => bury([std::mem::take(separator)]),
            Self::Method { base, .. } => bury([std::mem::take(base)]),
            // What a namespace and a loop hold has its own burial.
            Self::Namespace(_)
            | Self::Loop(_)
            | Self::Macro(_)
            | Self::Itself(_)
            | Self::Block(_)
            | Self::HostVars(_)
            | Self::Host(_)
            | Self::Function(_)
            | Self::Range(_)
            | Self::Moment(_)
            | Self::Span(_) => {}
        }
    }
}

impl Scoped {
    fn get(&self, key: &str) -> Option<Val> {
        let uses = |name: &str| Some(Val::Bool(self.decl.uses.contains(&name)));
        match key {
            "name" => Some(self.decl.name.as_ref().map_or(Val::None, Val::str)),
            "arguments" => {
                let names = self.decl.parameters.iter().map(|(name, _)| Val::str(name));
                Some(Val::tuple(names.collect::<Vec<_>>()))
            }
            "catch_kwargs" => uses("kwargs"),
            "catch_varargs" => uses("varargs"),
            "caller" => uses("caller"),
            _ => None,
        }
    }
}

impl Loop {
    /// Whether the values differ from those of the call before.
    pub(super) fn changed(&self, values: Vec<Val>) -> Outcome {
        let values = Val::list(values);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let same = match &*seen {
            Some(before) => ops::equal(before, &values)?,
            None => false,
        };
        *seen = Some(values);
        Ok(Val::Bool(!same))
    }

    fn get(&self, key: &str) -> Option<Val> {
        let length = self.items.len();
        let number = |value: usize| Some(Val::Int(value as i128));
        let item = |index: Option<usize>, which: &str| {
            let found = index.and_then(|index| self.items.get(index)).cloned();
            let absent = || Val::Missing(Fault::absent(format!("there is no {which} item")));
            Some(found.unwrap_or_else(absent))
        };
        match key {
            "index" => number(self.index + 1),
            "index0" => number(self.index),
            "revindex" => number(length - self.index),
            "revindex0" => number(length - self.index - 1),
            "first" => Some(Val::Bool(self.index == 0)),
            "last" => Some(Val::Bool(self.index + 1 == length)),
            "length" => number(length),
            "depth" => number(self.depth + 1),
            "depth0" => number(self.depth),
            "previtem" => item(self.index.checked_sub(1), "previous"),
            "nextitem" => item(Some(self.index + 1), "next"),
            _ => None,
        }
    }
}
