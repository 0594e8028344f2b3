//! What a command of Ymir left, for the tests that start it on real parts.

/// What a command left.
pub(crate) struct Outcome {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Outcome {
    /// Panics with everything the command said unless it ended with this exit code.
    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Self {
        let Self { code: was, stdout, stderr } = &self;
        assert_eq!(*was, code, "exit code\n--- stdout\n{stdout}\n--- stderr\n{stderr}");
        self
    }

    /// Panics unless both streams together hold all of these.
    #[track_caller]
    pub(crate) fn says(self, wanted: &[&str]) -> Self {
        let text = format!("{}\n{}", self.stdout, self.stderr);
        for word in wanted {
            assert!(text.contains(word), "`{word}` is missing in\n{text}");
        }
        self
    }
}
