//! The site, typed and checked: plain data with public fields, no I/O, no YAML.

pub mod addressing;
pub mod allocation;
pub mod bmc;
pub mod check;
pub mod configured;
pub mod dib;
pub mod discovery;
pub mod hook;
pub mod host;
pub mod image;
pub mod image_source;
pub mod inspection;
pub mod inspection_rule;
pub mod lab;
pub mod login;
pub mod network;
pub mod node;
pub mod raid;
pub mod share;
pub mod site;
pub mod tenant;
pub mod ways;

pub use self::{host::Host, site::Site};
