//! Evaluates Jinja2 lazily, with Ansible's meaning.

use std::sync::Arc;

use serde_json::Value;

use super::{world::World, yaml::Node};
use crate::trouble::Result;

/// One host's view of all variables, unevaluated. Names are looked up only when a template asks for them.
pub trait Scope: Send + Sync {
    /// The host whose view it is.
    fn host(&self) -> &str;
    /// The winning value of a variable, unevaluated; vault values are already decrypted to `Data::Unsafe` text.
    fn raw(&self, name: &str) -> Result<Option<Arc<Node>>>;
    /// Every variable name this host has.
    fn names(&self) -> Vec<String>;
    /// Another host's view (for `hostvars`); `None` if the inventory has no such host.
    fn other(&self, host: &str) -> Option<Arc<dyn Scope>>;
    /// All hosts, in inventory order.
    fn hosts(&self) -> Vec<String>;
    /// Hosts that a pattern selects, as the `inventory_hostnames` lookup wants them.
    fn select(&self, pattern: &str) -> Result<Vec<String>>;
    /// The layers' directories, lowest first; lookups search files there.
    fn search_paths(&self) -> Vec<String>;
    fn world(&self) -> &dyn World;
}

/// Evaluates a node for a host: every template in it is rendered, with native types.
pub fn evaluate(_node: &Node, _scope: &Arc<dyn Scope>) -> Result<Value> {
    Err(crate::trouble::Trouble::internal("templates are not built in yet"))
}
