//! Reads a site repository exactly as Ansible would. It knows files and precedence, not what a variable means.

mod assignments;
mod base64_text;
pub mod builtin;
pub mod config;
pub mod duplicates;
mod encoding;
pub mod entries;
pub mod facts;
pub mod fetch;
pub mod files;
mod find;
pub mod inventory;
pub mod json;
mod kept;
pub mod layers;
pub mod merge;
pub mod patterns;
mod program;
pub mod template;
mod unsupported;
pub mod variables;
pub mod vault;
pub mod world;
pub mod yaml;

pub use self::template::{marked_yaml, python_str};
pub use self::variables::{
    AsWritten, Candidate, Listing, Load, OfHost, Play, PlayVariables, Told, Variables, extra_names,
};
