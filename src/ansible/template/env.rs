//! One host's variables while templates are evaluated: each is looked up and rendered when first asked for.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use super::{
    Scope, chain,
    fault::{Fault, Outcome},
    lazy::Thunk,
    objects::Object,
    parse::{self, Origin as TextOrigin},
    run::Run,
    sameness, syntax,
    value::{Dict, Key, Val},
    watch::Watch,
};
use crate::{
    ansible::yaml::{Data, Node},
    origin::Origin,
};

/// A host's view with what was already evaluated in it.
pub(super) struct Env {
    scope: Arc<dyn Scope>,
    host: Arc<str>,
    /// It is what `hostvars` of another view gives: there Ansible has neither `hostvars` itself nor what belongs to a
    /// play.
    in_hostvars: bool,
    /// Names it among the views in which a variable may be evaluated.
    view: Arc<str>,
    /// Values, and whether they may differ from host to host.
    known: Mutex<HashMap<String, (Val, bool)>>,
    others: Mutex<HashMap<String, Arc<Env>>>,
}

impl fmt::Debug for Env {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Env({})", self.host)
    }
}

/// What Ansible sets for a play only.
const OF_PLAY: [&str; 4] =
    ["ansible_play_hosts_all", "ansible_play_hosts", "ansible_play_batch", "play_hosts"];

/// Whether Ansible would take the text for a template.
pub(super) fn is_template(text: &str) -> bool {
    text.contains("{{") || text.contains("{%") || text.contains("{#") || syntax::has_header(text)
}

impl Env {
    pub(super) fn new(scope: Arc<dyn Scope>) -> Arc<Self> {
        Self::placed(scope, false)
    }

    fn placed(scope: Arc<dyn Scope>, in_hostvars: bool) -> Arc<Self> {
        let host: Arc<str> = scope.host().into();
        let view = if in_hostvars { format!("hostvars {host}").into() } else { Arc::clone(&host) };
        let (known, others) = (Mutex::default(), Mutex::default());
        Arc::new(Self { scope, host, in_hostvars, view, known, others })
    }

    pub(super) fn scope(&self) -> &dyn Scope {
        self.scope.as_ref()
    }

    pub(super) fn host(&self) -> &Arc<str> {
        sameness::lost();
        &self.host
    }

    /// The names of this host's variables.
    pub(super) fn names(&self) -> Vec<String> {
        sameness::lost();
        self.scope.names()
    }

    /// Another host's view, made once.
    pub(super) fn other(&self, host: &str) -> Option<Arc<Self>> {
        sameness::lost();
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = others.get(host) {
            return Some(Arc::clone(known));
        }
        let other = Self::placed(self.scope.other(host)?, true);
        others.insert(host.to_owned(), Arc::clone(&other));
        Some(other)
    }

    /// Forgets all that was evaluated. Templates in values hold the view that they are evaluated in, and it holds the
    /// values: neither would ever go away by itself.
    pub(super) fn forget(&self) {
        let others =
            std::mem::take(&mut *self.others.lock().unwrap_or_else(PoisonError::into_inner));
        for other in others.values() {
            other.forget();
        }
        // Dropped once nothing is locked, for a value may be the last that holds another view.
        drop(std::mem::take(&mut *self.known.lock().unwrap_or_else(PoisonError::into_inner)));
    }

    /// A variable's value; `None` if nothing defines it. Faults are values.
    pub(super) fn variable(self: &Arc<Self>, name: &str) -> Option<Val> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned();
        if let Some((known, differs)) = known {
            sameness::note(differs);
            return Some(known);
        }
        let (value, differs) = sameness::observed(|| self.evaluated(name));
        if let Some(value) = value.as_ref().filter(|value| !matches!(value, Val::Missing(_))) {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            known.insert(name.to_owned(), (value.clone(), differs));
        }
        value
    }

    fn evaluated(self: &Arc<Self>, name: &str) -> Option<Val> {
        if self.in_hostvars && OF_PLAY.contains(&name) {
            return None;
        }
        // Where Ansible puts these, a variable of the same name is hidden.
        let in_play = !self.in_hostvars && self.scope.is_play();
        if in_play && matches!(name, "hostvars" | "vars") {
            return self.magic(name);
        }
        sameness::note(self.scope.is_own(name));
        let node = match self.scope.raw(name) {
            Ok(Some(node)) => node,
            Ok(None) => return self.magic(name),
            Err(trouble) => return Some(Val::Missing(Fault::from_trouble(&trouble))),
        };
        let name: Arc<str> = name.into();
        Some(match chain::enter(&self.view, &name, &node.origin, 0) {
            Ok(_entered) => self.value_of(&node, &name),
            Err(fault) => Val::Missing(fault),
        })
    }

    /// What Ansible itself puts among the variables.
    fn magic(self: &Arc<Self>, name: &str) -> Option<Val> {
        Some(match name {
            "inventory_hostname" => Val::Str(Arc::clone(&self.host)),
            "inventory_hostname_short" => Val::str(self.host.split('.').next().unwrap_or("")),
            "ansible_facts" => Val::dict::<&str>([]),
            "hostvars" | "vars" if self.in_hostvars || !self.scope.is_play() => return None,
            "hostvars" => Val::Object(Arc::new(Object::HostVars(Arc::clone(self)))),
            "vars" => Val::Object(Arc::new(Object::Host(Arc::clone(self)))),
            _ => return None,
        })
    }

    /// A node's value for this host. Text in it is rendered at once if it is the whole value, else when it is used.
    pub(super) fn value_of(self: &Arc<Self>, node: &Node, name: &Arc<str>) -> Val {
        match &node.data {
            Data::Text(text) if is_template(text) => self.render(text, &TextOrigin::YAML),
            _ => self.item_of(node, name),
        }
    }

    fn item_of(self: &Arc<Self>, node: &Node, name: &Arc<str>) -> Val {
        match &node.data {
            Data::Null => Val::None,
            Data::Bool(value) => Val::Bool(*value),
            Data::Int(number) => Val::Int(*number),
            Data::Float(number) => Val::Float(*number),
            Data::Moment(moment) => moment.value(),
            Data::Text(text) if is_template(text) => {
                Val::Lazy(Arc::new(Thunk::new(self, name, text, &node.origin)))
            }
            Data::Text(text) | Data::Unsafe(text) => Val::str(text),
            Data::Vault(_) => Val::Missing(Fault::new("the value is encrypted with a vault")),
            Data::List(items) => {
                Val::list(items.iter().map(|item| self.item_of(item, name)).collect())
            }
            Data::Map(pairs) => {
                let shared = self.scope.fixed().filter(|_| !self.scope.is_own(name));
                if let Some(pairs) = shared.and_then(|fixed| fixed.pairs(node)) {
                    return Val::Dict(Dict::sharing(pairs));
                }
                let pair = |(key, value): &(Node, Node)| {
                    // Ansible renders values only.
                    let key = Key::new(plain(key)).ok()?;
                    Some((key, self.item_of(value, name)))
                };
                Val::Dict(Dict::new(pairs.iter().filter_map(pair).collect()))
            }
        }
    }

    /// Renders a template.
    pub(super) fn render(self: &Arc<Self>, text: &str, origin: &TextOrigin) -> Val {
        self.render_with(text, origin, Vec::new()).unwrap_or_else(Val::Missing)
    }

    /// Renders a template that sees some more variables.
    pub(super) fn render_with(
        self: &Arc<Self>,
        text: &str,
        origin: &TextOrigin,
        locals: Vec<(String, Val)>,
    ) -> Outcome {
        let template = parse::template(text, origin)?;
        // What is changed may be seen by whoever is evaluated next.
        sameness::note(template.mutates);
        let _watch = Watch::begin(false);
        let rendered = Run::new(self, &template, locals).template(&template);
        Ok(template.with_its_end(rendered))
    }

    /// Begins a link of the chain for the part of a variable at `place`.
    pub(super) fn enter(
        &self,
        name: &Arc<str>,
        origin: &Origin,
        place: usize,
    ) -> Outcome<chain::Entered> {
        chain::enter(&self.view, name, origin, place)
    }
}

/// A node as a value in which nothing is a template.
pub(super) fn plain(node: &Node) -> Val {
    match &node.data {
        Data::Null => Val::None,
        Data::Bool(value) => Val::Bool(*value),
        Data::Int(number) => Val::Int(*number),
        Data::Float(number) => Val::Float(*number),
        Data::Moment(moment) => moment.value(),
        Data::Text(text) | Data::Unsafe(text) | Data::Vault(text) => Val::str(text),
        Data::List(items) => Val::list(items.iter().map(plain).collect()),
        Data::Map(pairs) => {
            let pairs = pairs.iter();
            let pairs =
                pairs.filter_map(|(key, value)| Some((Key::new(plain(key)).ok()?, plain(value))));
            Val::Dict(Dict::new(pairs.collect()))
        }
    }
}
