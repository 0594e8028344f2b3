//! YAML 1.1 as PyYAML and Ansible read it, with the place of every node.

use crate::origin::Origin;

/// A YAML value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    pub origin: Origin,
    pub data: Data,
}

/// The types that Ansible's YAML has.
#[derive(Debug, Clone, PartialEq)]
pub enum Data {
    Null,
    Bool(bool),
    Int(i128),
    Float(f64),
    /// Text that may hold a Jinja2 template.
    Text(String),
    /// `!unsafe` text: never a template.
    Unsafe(String),
    /// `!vault` text, still encrypted.
    Vault(String),
    List(Vec<Node>),
    /// In the order written; later duplicates have replaced earlier ones.
    Map(Vec<(Node, Node)>),
}
