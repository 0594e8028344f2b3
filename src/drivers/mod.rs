//! Performs actions; all side effects live here.

pub mod process;
