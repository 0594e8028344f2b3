//! Questions on the terminal.

use std::io::{BufRead, IsTerminal, Read, Stdin, Write};

use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr,
};

use crate::{
    secret::Secret,
    trouble::{Kind, Result, Tell, Trouble},
};

/// Asks for a secret without showing what is typed.
pub fn secret(prompt: &str) -> Result<Secret> {
    let stdin = std::io::stdin();
    let before = tcgetattr(&stdin)
        .map_err(|_| Trouble::usage("there is no terminal to ask for a password on"))?;
    let keys = Keys::of(&before);
    let silence = Silence::begin(&stdin, before)?;
    ask(prompt)?;
    let answer = typed(stdin.lock().bytes(), &keys);
    drop(silence);
    // What ended the line was not shown either.
    ask("\n")?;
    answer.map(Secret::new)
}

/// Asks for a line; `None` if there is no terminal to ask on.
pub fn line(prompt: &str) -> Result<Option<String>> {
    if !std::io::stdin().is_terminal() {
        return Ok(None);
    }
    ask(prompt)?;
    let mut answer = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut answer)
        .or_internal(|| "reading from the terminal".into())?;
    Ok(Some(answer.trim_end_matches(['\r', '\n']).to_owned()))
}

fn ask(prompt: &str) -> Result<()> {
    let mut stderr = std::io::stderr();
    write!(stderr, "{prompt}")
        .and_then(|()| stderr.flush())
        .or_internal(|| "writing to the terminal".into())
}

/// The terminal shows nothing of what is typed, and hands over each key, until this is dropped. Ctrl-C is one of the
/// keys: as a signal it would end Ymir before the terminal is as it was.
struct Silence<'t> {
    terminal: &'t Stdin,
    before: Termios,
}

impl<'t> Silence<'t> {
    fn begin(terminal: &'t Stdin, before: Termios) -> Result<Self> {
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG);
        silent.special_codes[SpecialCodeIndex::VMIN] = 1;
        silent.special_codes[SpecialCodeIndex::VTIME] = 0;
        tcsetattr(terminal, OptionalActions::Now, &silent)
            .or_internal(|| "switching off the terminal's echo".into())?;
        Ok(Self { terminal, before })
    }
}

impl Drop for Silence<'_> {
    fn drop(&mut self) {
        if let Err(error) = tcsetattr(self.terminal, OptionalActions::Now, &self.before) {
            tracing::warn!(%error, "switching on the terminal's echo; `stty sane` does it");
        }
    }
}

/// The terminal's keys with a meaning, as the operator has set them.
struct Keys {
    interrupt: [u8; 2],
    end: u8,
    erase: u8,
    kill: u8,
}

impl Keys {
    fn of(terminal: &Termios) -> Self {
        let key = |index| terminal.special_codes[index];
        Self {
            interrupt: [key(SpecialCodeIndex::VINTR), key(SpecialCodeIndex::VQUIT)],
            end: key(SpecialCodeIndex::VEOF),
            erase: key(SpecialCodeIndex::VERASE),
            kill: key(SpecialCodeIndex::VKILL),
        }
    }
}

/// The line that these keys make.
fn typed(bytes: impl Iterator<Item = std::io::Result<u8>>, keys: &Keys) -> Result<String> {
    let mut line = Vec::new();
    for byte in bytes {
        match byte.or_internal(|| "reading from the terminal".into())? {
            b'\r' | b'\n' => break,
            key if keys.interrupt.contains(&key) => {
                return Err(Trouble::new(Kind::Interrupted, "the password was not typed"));
            }
            key if key == keys.end => break,
            key if key == keys.erase || key == 8 => erase(&mut line),
            key if key == keys.kill => line.clear(),
            byte => line.push(byte),
        }
    }
    String::from_utf8(line).map_err(|_| Trouble::usage("the password is not UTF-8"))
}

/// Takes off the last character, which may have several bytes.
fn erase(line: &mut Vec<u8>) {
    while line.pop().is_some_and(|byte| byte & 0xc0 == 0x80) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_make_a_line() {
        let keys = Keys { interrupt: [3, 28], end: 4, erase: 127, kill: 21 };
        let table = [
            ("hunter2\nmore", Some("hunter2")),
            ("hunter2\r", Some("hunter2")),
            ("huntär\u{7f}\u{7f}er2\n", Some("hunter2")),
            ("\u{8}\u{7f}wrong\u{15}hunter2\n", Some("hunter2")),
            ("hunter2\u{4}", Some("hunter2")),
            ("hunt\u{3}er2\n", None),
            ("", Some("")),
        ];
        for (text, line) in table {
            let typed = typed(text.bytes().map(Ok), &keys);
            assert_eq!(typed.ok().as_deref(), line, "{text:?}");
        }
    }
}
