//! Splits a line into words as Python's `shlex` does, comments left out.

/// What a character means where the reader stands.
enum State {
    Between,
    Word,
    Single,
    Double,
}

/// The words of a line; `Err` says what does not end.
pub(super) fn split(line: &str) -> Result<Vec<String>, &'static str> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut state = State::Between;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match (&state, c) {
            (State::Between | State::Word, '#') => break,
            (State::Between, ' ' | '\t' | '\r' | '\n') => {}
            (State::Word, ' ' | '\t' | '\r' | '\n') => {
                words.push(std::mem::take(&mut word));
                state = State::Between;
            }
            (State::Between | State::Word, '\'') => state = State::Single,
            (State::Between | State::Word, '"') => state = State::Double,
            (State::Single, '\'') | (State::Double, '"') => state = State::Word,
            (State::Between | State::Word, '\\') => {
                word.push(chars.next().ok_or("the line ends in a backslash")?);
                state = State::Word;
            }
            (State::Double, '\\') => {
                let next = chars.next().ok_or("the line ends in a backslash")?;
                if !matches!(next, '\\' | '"') {
                    word.push('\\');
                }
                word.push(next);
            }
            (State::Between, c) => {
                word.push(c);
                state = State::Word;
            }
            (_, c) => word.push(c),
        }
    }
    match state {
        State::Between => {}
        State::Word => words.push(word),
        State::Single | State::Double => return Err("a quotation mark is not closed"),
    }
    Ok(words)
}
