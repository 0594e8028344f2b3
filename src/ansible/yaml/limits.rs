//! Bounds that no honest configuration reaches, so that a hostile or broken file ends in an error instead of a hang.

/// Bytes of one file.
pub const FILE_BYTES: usize = 16 << 20;
/// Lists and maps inside one another.
pub(super) const DEPTH: usize = 100;
/// Nodes of one file after its aliases are filled in.
pub(super) const NODES: usize = 2_000_000;
