//! Parses, runs, and maps the outcome to an exit code; nothing else.

use std::{process::ExitCode, thread};

/// What the deepest templates that are evaluated need, whatever `ulimit -s` says. Only what is used takes memory.
const STACK: usize = 64 << 20;
/// As if the main thread had panicked.
const PANICKED: u8 = 101;

fn main() -> ExitCode {
    let deep = thread::Builder::new().name("main".into()).stack_size(STACK);
    let running = deep.spawn(run).expect("starting a thread");
    running.join().unwrap_or(PANICKED.into())
}

fn run() -> ExitCode {
    // Words that are not UTF-8 name nothing that Ymir knows; they are refused like any other unknown word.
    let words = std::env::args_os().map(|word| word.to_string_lossy().into_owned());
    ymir::cli::main(words.collect())
}
