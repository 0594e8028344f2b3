//! The part of Ymir that works on a host: `ymir-agent serve` talks JSON lines with the control host, `ymir-agent undo`
//! is what the host's own timer calls.

use std::{io::BufReader, process::ExitCode};

use ymir::host::{
    agent,
    machine::Machine,
    patience::{Patient, SILENCE},
    undo,
};

fn main() -> ExitCode {
    let machine = Machine::this_host();
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["serve"] => {
            let input = Patient::of(std::io::stdin(), SILENCE);
            match (input, Patient::of(std::io::stdout(), SILENCE)) {
                (Ok(input), Ok(mut output)) => {
                    agent::serve(&machine, BufReader::new(input), &mut output);
                    ExitCode::SUCCESS
                }
                (Err(error), _) | (_, Err(error)) => {
                    complain(&format!("standard streams: {error}"))
                }
            }
        }
        ["undo"] => match undo::undo(&machine) {
            Ok(()) => ExitCode::SUCCESS,
            Err(fault) => complain(&fault.to_string()),
        },
        _ => complain("usage: ymir-agent serve | undo"),
    }
}

#[expect(clippy::print_stderr, reason = "systemd keeps it in the host's journal")]
fn complain(text: &str) -> ExitCode {
    eprintln!("{text}");
    ExitCode::FAILURE
}
