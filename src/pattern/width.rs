//! How many characters a part of a regular expression takes.

/// The least and the most; `None` is no end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Width {
    least: usize,
    most: Option<usize>,
}

impl Default for Width {
    /// Nothing.
    fn default() -> Self {
        Self { least: 0, most: Some(0) }
    }
}

impl Width {
    /// One character.
    pub(super) const ONE: Self = Self { least: 1, most: Some(1) };

    pub(super) fn is_fixed(self) -> bool {
        self.most == Some(self.least)
    }

    pub(super) fn then(self, other: Self) -> Self {
        let most = self.most.zip(other.most).map(|(one, other)| one.saturating_add(other));
        Self { least: self.least.saturating_add(other.least), most }
    }

    pub(super) fn or(self, other: Self) -> Self {
        let most = self.most.zip(other.most).map(|(one, other)| one.max(other));
        Self { least: self.least.min(other.least), most }
    }

    pub(super) fn times(self, least: usize, most: Option<usize>) -> Self {
        let most = if self.most == Some(0) {
            Some(0)
        } else {
            self.most.zip(most).map(|(own, times)| own.saturating_mul(times))
        };
        Self { least: self.least.saturating_mul(least), most }
    }
}
