//! What the tests on machines share: those in containers and those with a kernel of their own.

pub(crate) mod base;
pub(crate) mod command;
pub(crate) mod parts;
pub(crate) mod reach;
