//! Reads a site repository exactly as Ansible would. It knows files and precedence, not what a variable means.

pub mod builtin;
pub mod template;
pub mod variables;
pub mod world;
pub mod yaml;

pub use self::variables::{Candidate, Load, Variables};
