//! Parses, runs, and maps the outcome to an exit code; nothing else.

use std::process::ExitCode;

/// What the deepest templates that are evaluated need, whatever `ulimit -s` says. Only what is used takes memory.
const STACK: usize = 64 << 20;

fn main() -> ExitCode {
    // A stack, not a thread: the heap of a second thread grows page by page.
    stacker::grow(STACK, run)
}

fn run() -> ExitCode {
    // Words that are not UTF-8 name nothing that Ymir knows; they are refused like any other unknown word.
    let words = std::env::args_os().map(|word| word.to_string_lossy().into_owned());
    ymir::cli::main(words.collect())
}
