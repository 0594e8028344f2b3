//! Evaluates Jinja2 lazily, with Ansible's meaning.
//!
//! A template is split into tokens (`lexer`) and read into a tree (`parser`), whose names are resolved (`scope`) before it
//! runs (`run`, `expr`). What is undefined travels on and says where it came from, a template that prints one value
//! keeps its type, lists and dicts stay unevaluated inside and can be changed by methods.

mod access;
mod burial;
mod call;
mod chain;
mod characters;
mod checks;
mod constants;
mod containers;
mod cycle;
mod depth;
mod digits;
mod env;
mod expr;
mod fault;
mod file;
mod filters;
mod fixed;
mod format;
mod frames;
mod globals;
mod ini_file;
mod json;
mod key;
mod lazy;
mod lexer;
mod lookups;
mod loops;
mod macros;
mod meter;
mod method_names;
mod methods;
mod moments;
mod objects;
mod ops;
mod parse;
mod parser;
mod path_checks;
mod printed;
mod reuse;
mod run;
mod sameness;
mod scope;
mod signatures;
mod spot;
mod strings;
mod syntax;
#[cfg(test)]
mod tests;
mod text;
mod tree;
mod value;
mod versions;
mod watch;
mod yaml_text;

use std::sync::Arc;

use serde_json::Value;

pub use self::{
    file::{Lines, Reading},
    fixed::Fixed,
};
use super::{
    config::Config,
    world::World,
    yaml::{Data, Node},
};
use crate::{
    origin::{Origin, Setting},
    trouble::{Result, Trouble},
};

/// A value as a YAML document with sorted keys, laid out as Ansible's PyYAML does.
pub fn yaml_document(value: &Value, width: usize) -> String {
    document(&json::to_val(value), width)
}

/// [`yaml_document`] of a map as it was read: keys that are no text stay so.
pub fn yaml_document_of(pairs: &[(Node, Node)], width: usize) -> String {
    let data = Data::Map(pairs.to_vec());
    document(&env::plain(&Node { origin: Origin::whole("a document"), data }), width)
}

fn document(value: &value::Val, width: usize) -> String {
    let layout =
        yaml_text::Layout { indent: 2, flow: yaml_text::Flow::Never, width, sort_keys: true };
    yaml_text::write(value, &layout)
}

/// YAML as Ansible writes it. A map with one of Ansible's marks becomes `!unsafe` or `!vault` text.
pub fn marked_yaml(value: &Value) -> String {
    yaml_text::write_marked(&json::to_val(value))
}

/// Python's `str` of a value.
pub fn python_str(value: &Value) -> String {
    text::str_of(&json::to_val(value)).unwrap_or_default()
}

/// Python's `str` of a float.
pub(super) fn python_float(number: f64) -> String {
    text::float(number)
}

/// One host's view of all variables, unevaluated. Names are looked up only when a template asks for them.
pub trait Scope: Send + Sync {
    /// The host whose view it is.
    fn host(&self) -> &str;
    /// Whether a variable's winning value may be another one for another host.
    fn is_own(&self, _name: &str) -> bool {
        true
    }
    /// Whether it is as in a play, where there are `vars` and `hostvars`.
    fn is_play(&self) -> bool {
        true
    }
    /// Where what is the same for all hosts is kept; values that [`raw`](Self::raw) gives then stay where they are.
    fn fixed(&self) -> Option<&Fixed> {
        None
    }
    /// The winning value of a variable, unevaluated; vault values are already decrypted to `Data::Unsafe` text.
    fn raw(&self, name: &str) -> Result<Option<Arc<Node>>>;
    /// Every variable name this host has.
    fn names(&self) -> Vec<String>;
    /// Another host's view (for `hostvars`); `None` if the inventory has no such host.
    fn other(&self, host: &str) -> Option<Arc<dyn Scope>>;
    /// All hosts, in the order in which the inventories name them.
    fn hosts(&self) -> Vec<String>;
    /// Hosts that a pattern selects, as the `inventory_hostnames` lookup wants them.
    fn select(&self, pattern: &str) -> Result<Vec<String>>;
    /// The layers' directories, lowest first; lookups search files there.
    fn search_paths(&self) -> Vec<String>;
    /// A file's bytes, out of the vault if need be; `Ok(None)` if there is none.
    fn file(&self, path: &str) -> Result<Option<Vec<u8>>> {
        self.world().read(path)
    }
    /// Ansible's own settings.
    fn config(&self) -> Option<&Config> {
        None
    }
    /// A file's path as messages have it.
    fn shown(&self, path: &str) -> Arc<str> {
        path.into()
    }
    fn world(&self) -> &dyn World;
}

/// Evaluates for one host and remembers what it has evaluated.
#[derive(Debug)]
pub struct Evaluator(Arc<env::Env>);

impl Drop for Evaluator {
    fn drop(&mut self) {
        self.0.forget();
    }
}

impl Evaluator {
    pub fn new(scope: Arc<dyn Scope>) -> Self {
        Self(env::Env::new(scope))
    }

    /// Forgets all that was evaluated.
    pub fn forget(&self) {
        self.0.forget();
    }

    /// A variable's value: every template in it is rendered, with native types. `Ok(None)` if nothing sets it.
    pub fn variable(&self, name: &str) -> Result<Option<Value>> {
        self.variable_told_by(name, |fault, asked| fault.to_trouble(self.0.scope(), asked))
    }

    /// [`variable`](Self::variable) without a hint at names that are like a missing one: where all variables of many
    /// hosts are shown, it would take longer to look for such names than to evaluate.
    pub fn variable_without_hint(&self, name: &str) -> Result<Option<Value>> {
        self.variable_told_by(name, |fault, asked| fault.to_plain_trouble(self.0.scope(), asked))
    }

    /// One value of a variable that is a dict, while the others are left as they are; `Ok(None)` if there is none.
    pub fn item(&self, name: &str, key: &str) -> Result<Option<Value>> {
        let _counted = meter::begin();
        let Some(value::Val::Dict(dict)) = self.0.variable(name) else { return Ok(None) };
        let Some(found) = dict.get_str(key) else { return Ok(None) };
        json::from_val(&found).map(Some).map_err(|fault| {
            self.told(name, &fault, |fault, asked| fault.to_trouble(self.0.scope(), asked))
        })
    }

    /// [`variable_without_hint`](Self::variable_without_hint), and whether the value is the same for every host.
    pub fn variable_and_sameness(&self, name: &str) -> (Result<Option<Value>>, bool) {
        let (value, differs) = sameness::observed(|| self.variable_without_hint(name));
        (value, !differs)
    }

    fn variable_told_by(
        &self,
        name: &str,
        tell: impl Fn(&fault::Fault, &Setting) -> Trouble,
    ) -> Result<Option<Value>> {
        let _counted = meter::begin();
        let Some(value) = self.0.variable(name) else { return Ok(None) };
        json::from_val(&value).map(Some).map_err(|fault| self.told(name, &fault, tell))
    }

    fn told(
        &self,
        name: &str,
        fault: &fault::Fault,
        tell: impl Fn(&fault::Fault, &Setting) -> Trouble,
    ) -> Trouble {
        let origin = match self.0.scope().raw(name) {
            Ok(Some(node)) => node.origin.clone(),
            // Its vault text cannot be opened; the trouble knows where that stands.
            Err(trouble) => trouble.origin.clone().unwrap_or_else(|| Origin::whole(name)),
            Ok(None) => Origin::whole(name),
        };
        tell(fault, &Setting { variable: name.to_owned(), origin })
    }

    /// The value of an expression, which stands without `{{ }}`.
    pub fn expression(&self, node: &Node) -> Result<Value> {
        if matches!(node.data, Data::Unsafe(_)) {
            return Err(not_trusted(node));
        }
        match node.data.as_text() {
            Some(text) => self.rendered(&format!("{{{{ {text} }}}}"), &parse::Origin::YAML, node),
            None => Err(not_an_expression(node)),
        }
    }

    /// The value of a condition: a boolean, an expression, or a template that holds one of them. One that is empty is
    /// true where `any` condition is allowed.
    pub fn condition(&self, node: &Node, any: bool) -> Result<Value> {
        let text = match &node.data {
            Data::Bool(value) => return Ok(Value::Bool(*value)),
            Data::Null if any => return Ok(Value::Bool(true)),
            Data::Text(text) => text.trim(),
            Data::Unsafe(text) if any && text.trim().is_empty() => return Ok(Value::Bool(true)),
            Data::Unsafe(_) => return Err(not_trusted(node)),
            _ if any => return self.node("condition", node),
            _ => return Err(not_an_expression(node)),
        };
        let found;
        let mut expression = text;
        if text.starts_with("{{") && text.ends_with("}}") {
            match self.node("condition", node)? {
                Value::String(text) => found = text,
                value => return Ok(value),
            }
            expression = found.trim();
        }
        match (expression.is_empty(), any) {
            (true, true) => Ok(Value::Bool(true)),
            (true, false) => Err(not_an_expression(node)),
            // Backslashes in a condition are already what they mean.
            _ => self.rendered(&format!("{{{{ {expression} }}}}"), &parse::Origin::FILE, node),
        }
    }

    fn rendered(&self, text: &str, origin: &parse::Origin, node: &Node) -> Result<Value> {
        json::from_val(&self.0.render(text, origin)).map_err(|fault| {
            let setting =
                Setting { variable: "expression".to_owned(), origin: node.origin.clone() };
            fault.to_trouble(self.0.scope(), &setting)
        })
    }

    /// A node's value as [`variable`](Self::variable) gives it; `name` is what messages call it.
    pub fn node(&self, name: &str, node: &Node) -> Result<Value> {
        let _counted = meter::begin();
        json::from_val(&self.0.value_of(node, &name.into())).map_err(|fault| {
            let setting = Setting { variable: name.to_owned(), origin: node.origin.clone() };
            fault.to_trouble(self.0.scope(), &setting)
        })
    }
}

/// What is marked `!unsafe` stays as it is, whatever it looks like.
fn not_trusted(node: &Node) -> Trouble {
    Trouble::refused("reading an expression")
        .because("it is marked `!unsafe`, so it is never evaluated")
        .at(&node.origin)
        .hint("take the mark away, or write what the value shall be without an expression")
}

fn not_an_expression(node: &Node) -> Trouble {
    Trouble::refused("reading an expression")
        .because(format!("it must be text that is not empty, not {}", node.data.kind()))
        .at(&node.origin)
}
