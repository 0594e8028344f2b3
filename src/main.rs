//! Parses, runs, and maps the outcome to an exit code; nothing else.

use std::process::ExitCode;

fn main() -> ExitCode {
    ymir::cli::main(std::env::args().collect())
}
