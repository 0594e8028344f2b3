//! Images: which there are, and who runs them.
