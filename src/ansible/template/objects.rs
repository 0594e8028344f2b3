//! Things in templates that are neither text, number, list nor dict.

use std::{collections::HashMap, sync::Arc};

use super::{
    env::Env,
    fault::Fault,
    tree::Macro,
    value::{Dict, Val},
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
    Macro {
        decl: Arc<Macro>,
        seen: HashMap<Arc<str>, Val>,
    },
    /// A global function such as `range`.
    Function(&'static str),
}

/// Where a `for` loop stands.
#[derive(Debug)]
pub(super) struct Loop {
    pub(super) index: usize,
    pub(super) items: Arc<[Val]>,
}

impl Object {
    pub(super) fn type_name(&self) -> &'static str {
        match self {
            Self::HostVars(_) => "HostVars",
            Self::Host(_) => "HostVarsVars",
            Self::Namespace(_) => "Namespace",
            Self::Loop(_) => "LoopContext",
            Self::Macro { .. } => "Macro",
            Self::Function(_) => "function",
        }
    }

    pub(super) fn truth(&self) -> bool {
        match self {
            Self::HostVars(env) => !env.scope().hosts().is_empty(),
            Self::Host(_)
            | Self::Namespace(_)
            | Self::Loop(_)
            | Self::Macro { .. }
            | Self::Function(_) => true,
        }
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
            Self::Macro { decl, .. } if key == "name" => Some(Val::str(&decl.name)),
            Self::Macro { .. } | Self::Function(_) => None,
        }
    }

    /// The keys of a mapping.
    pub(super) fn keys(&self) -> Option<Vec<String>> {
        match self {
            Self::HostVars(env) => Some(env.scope().hosts()),
            Self::Host(env) => Some(env.scope().names()),
            Self::Namespace(_) | Self::Loop(_) | Self::Macro { .. } | Self::Function(_) => None,
        }
    }

    /// What a `for` over it sees.
    pub(super) fn items(&self) -> Option<Vec<Val>> {
        Some(self.keys()?.into_iter().map(Val::str).collect())
    }
}

impl Loop {
    fn get(&self, key: &str) -> Option<Val> {
        let length = self.items.len();
        let number = |value: usize| Some(Val::Int(value as i128));
        let item = |index: Option<usize>| {
            let found = index.and_then(|index| self.items.get(index)).cloned();
            Some(found.unwrap_or_else(|| Val::Missing(Fault::absent("there is no such item"))))
        };
        match key {
            "index" => number(self.index + 1),
            "index0" => number(self.index),
            "revindex" => number(length - self.index),
            "revindex0" => number(length - self.index - 1),
            "first" => Some(Val::Bool(self.index == 0)),
            "last" => Some(Val::Bool(self.index + 1 == length)),
            "length" => number(length),
            "depth" => number(1),
            "depth0" => number(0),
            "previtem" => item(self.index.checked_sub(1)),
            "nextitem" => item(Some(self.index + 1)),
            _ => None,
        }
    }
}
