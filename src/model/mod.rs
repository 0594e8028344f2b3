//! The site, typed and checked: plain data with public fields, no I/O, no YAML.

pub mod hook;
pub mod image;
pub mod lab;
pub mod spelling;
