//! Questions on the terminal.

use std::io::{BufRead, IsTerminal, Write};

use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

use crate::{
    secret::Secret,
    trouble::{Result, Tell, Trouble},
};

/// Asks for a secret without showing what is typed.
pub fn secret(prompt: &str) -> Result<Secret> {
    let stdin = std::io::stdin();
    let before = tcgetattr(&stdin)
        .map_err(|_| Trouble::usage("there is no terminal to ask for a password on"))?;
    let mut silent = before.clone();
    silent.local_modes.remove(LocalModes::ECHO);
    tcsetattr(&stdin, OptionalActions::Now, &silent)
        .or_internal(|| "switching off the terminal's echo".into())?;
    let answer = line(prompt);
    tcsetattr(&stdin, OptionalActions::Now, &before)
        .or_internal(|| "switching on the terminal's echo".into())?;
    answer.map(Secret::new)
}

/// Asks for exactly this word; anything else, or no terminal, is a no.
pub fn confirm(prompt: &str, word: &str) -> Result<bool> {
    Ok(std::io::stdin().is_terminal() && line(prompt)? == word)
}

fn line(prompt: &str) -> Result<String> {
    let mut stderr = std::io::stderr();
    write!(stderr, "{prompt}")
        .and_then(|()| stderr.flush())
        .or_internal(|| "writing to the terminal".into())?;
    let mut answer = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut answer)
        .or_internal(|| "reading from the terminal".into())?;
    Ok(answer.trim_end_matches(['\r', '\n']).to_owned())
}
