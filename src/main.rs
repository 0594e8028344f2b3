//! Parses, runs, and maps the outcome to an exit code; nothing else.

use std::process::ExitCode;

fn main() -> ExitCode {
    // Words that are not UTF-8 name nothing that Ymir knows; they are refused like any other unknown word.
    let words = std::env::args_os().map(|word| word.to_string_lossy().into_owned());
    ymir::cli::main(words.collect())
}
