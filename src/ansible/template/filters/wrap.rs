//! Breaks a line of text into shorter ones where Python's `textwrap` breaks it.

/// The line's pieces: words, the blanks between them, and words' parts after hyphens.
fn chunks(line: &str, break_hyphens: bool) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let chars: Vec<char> = line.chars().collect();
    let letter = |at: usize| chars.get(at).is_some_and(|c| c.is_alphabetic());
    for (at, c) in chars.iter().enumerate() {
        let joins = found.last().is_some_and(|last| {
            let after = last.chars().next_back().unwrap_or(' ');
            let hyphen = after == '-'
                && break_hyphens
                && at >= 3
                && letter(at - 2)
                && letter(at - 3)
                && letter(at)
                && letter(at + 1);
            after.is_whitespace() == c.is_whitespace() && !hyphen
        });
        match found.last_mut() {
            Some(last) if joins => last.push(*c),
            _ => found.push(c.to_string()),
        }
    }
    found
}

/// The lines, none longer than `width` if words may be broken.
pub(super) fn wrapped(
    line: &str,
    width: usize,
    break_long: bool,
    break_hyphens: bool,
) -> Vec<String> {
    let mut rest: std::collections::VecDeque<String> = chunks(line, break_hyphens).into();
    let mut lines: Vec<String> = Vec::new();
    while !rest.is_empty() {
        let mut current: Vec<String> = Vec::new();
        let mut length = 0;
        if !lines.is_empty() && rest.front().is_some_and(|chunk| chunk.trim().is_empty()) {
            rest.pop_front();
        }
        while let Some(chunk) = rest.front() {
            let more = chunk.chars().count();
            if length + more > width {
                break;
            }
            length += more;
            current.extend(rest.pop_front());
        }
        if let Some(chunk) = rest.front_mut().filter(|chunk| chunk.chars().count() > width) {
            if break_long {
                let cut: String = chunk.chars().take(width - length).collect();
                *chunk = chunk.chars().skip(width - length).collect();
                current.push(cut);
            } else if current.is_empty() {
                current.extend(rest.pop_front());
            }
        }
        if current.last().is_some_and(|chunk| chunk.trim().is_empty()) {
            current.pop();
        }
        if !current.is_empty() {
            lines.push(current.concat());
        }
    }
    lines
}
