//! Text in YAML: which quotes it needs, and where its lines break.

use super::Writer;

/// Where a node stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Context {
    Root,
    ListItem,
    MapValue,
    Key,
    Flow,
}

/// How text is quoted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Single,
    Double,
}

const BLANKS: &str = "\0 \t\r\n\u{85}\u{2028}\u{2029}";

/// What PyYAML finds out about a text before it chooses the quotes.
struct Analysis {
    multiline: bool,
    /// Whether it may stand without quotes, in brackets and outside of them.
    plain: (bool, bool),
    single: bool,
}

fn analyse(text: &str) -> Analysis {
    let chars: Vec<char> = text.chars().collect();
    let (mut flow, mut block) = (text.starts_with("---") || text.starts_with("..."), false);
    block |= flow;
    let (mut breaks, mut special) = (false, false);
    let (mut space_break, mut break_space) = (false, false);
    for (at, c) in chars.iter().copied().enumerate() {
        let followed = chars.get(at + 1).is_none_or(|next| BLANKS.contains(*next));
        let preceded = at == 0 || BLANKS.contains(chars[at - 1]);
        let (in_flow, in_block) = indicators(c, at == 0, preceded, followed);
        (flow, block) = (flow | in_flow, block | in_block);
        breaks |= c == '\n' || c == '\u{85}' || c == '\u{2028}' || c == '\u{2029}';
        let printable = c == '\n' || (' '..='~').contains(&c) || is_letter(c);
        special |= !printable && c != '\u{85}';
        if at > 0 {
            space_break |= c == '\n' && chars[at - 1] == ' ';
            break_space |= c == ' ' && chars[at - 1] == '\n';
        }
    }
    let edge = |c: Option<&char>| c.is_some_and(|c| *c == ' ' || *c == '\n');
    let edges = edge(chars.first()) || edge(chars.last());
    let hard = space_break || special;
    let plain = !edges && !break_space && !hard && !breaks;
    Analysis {
        multiline: breaks,
        plain: (plain && !flow, plain && !block),
        single: !break_space && !hard,
    }
}

/// Whether a letter means something to YAML in brackets, and outside of them.
fn indicators(c: char, first: bool, preceded: bool, followed: bool) -> (bool, bool) {
    if first {
        return match c {
            '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%'
            | '@' | '`' => (true, true),
            '?' | ':' => (true, followed),
            '-' => (followed, followed),
            _ => (false, false),
        };
    }
    match c {
        ',' | '?' | '[' | ']' | '{' | '}' => (true, false),
        ':' => (true, followed),
        '#' => (preceded, preceded),
        _ => (false, false),
    }
}

/// The quotes that PyYAML chooses.
pub(super) fn style(text: &str, key: bool, in_flow: bool) -> Style {
    let found = analyse(text);
    let stays_text = crate::ansible::yaml::is_plain_text(text);
    let plain = if in_flow { found.plain.0 } else { found.plain.1 };
    if plain && stays_text && !(key && (text.is_empty() || found.multiline)) {
        return Style::Plain;
    }
    if found.single && !(key && found.multiline) { Style::Single } else { Style::Double }
}

impl Writer {
    pub(super) fn plain(&mut self, text: &str, split: bool) {
        for (at, word) in text.split(' ').enumerate() {
            if at > 0 {
                let alone = !word.is_empty() && !text_before_is_space(text, at);
                self.spaces(1, split && alone);
            }
            self.push(word);
        }
    }

    /// Writes spaces; where the line is full, one that may break it becomes a line break.
    fn spaces(&mut self, count: usize, breakable: bool) {
        if breakable && self.column > self.layout.width {
            self.write_indent();
        } else {
            self.push(&" ".repeat(count));
        }
    }

    pub(super) fn single(&mut self, text: &str, split: bool) {
        self.push("'");
        let chars: Vec<char> = text.chars().collect();
        let mut at = 0;
        while at < chars.len() {
            let run = |c: char| chars[at..].iter().take_while(|next| **next == c).count();
            match chars[at] {
                ' ' => {
                    let count = run(' ');
                    let inside = at > 0 && at + count < chars.len();
                    self.spaces(count, count == 1 && inside && split);
                    at += count;
                }
                '\n' => {
                    let count = run('\n');
                    (0..=count).for_each(|_| self.line_break());
                    self.write_indent();
                    at += count;
                }
                '\'' => {
                    self.push("''");
                    at += 1;
                }
                c => {
                    self.push(c.encode_utf8(&mut [0; 4]));
                    at += 1;
                }
            }
        }
        self.push("'");
    }

    pub(super) fn double(&mut self, text: &str, split: bool) {
        self.push("\"");
        let chars: Vec<char> = text.chars().collect();
        let mut after_space = false;
        for (at, c) in chars.iter().copied().enumerate() {
            let inside = at > 0 && at + 1 < chars.len();
            let wide = split && inside && !after_space && self.column > self.layout.width;
            if c == ' ' && wide {
                self.write_indent();
                let spaces_follow = usize::from(chars.get(at + 1) == Some(&' '));
                self.push(&"\\".repeat(spaces_follow));
            } else {
                self.push(&escape(c).unwrap_or_else(|| c.to_string()));
            }
            after_space = c == ' ';
        }
        self.push("\"");
    }
}

/// Whether the word number `at` follows more than one space.
fn text_before_is_space(text: &str, at: usize) -> bool {
    text.split(' ').nth(at - 1).is_some_and(str::is_empty)
}

/// Whether libyaml writes a letter beyond ASCII as it is.
fn is_letter(c: char) -> bool {
    ('\u{a0}'..='\u{fffd}').contains(&c) && c != '\u{feff}'
}

fn escape(c: char) -> Option<String> {
    let letter = match c {
        '\0' => '0',
        '\u{7}' => 'a',
        '\u{8}' => 'b',
        '\t' => 't',
        '\n' => 'n',
        '\u{b}' => 'v',
        '\u{c}' => 'f',
        '\r' => 'r',
        '\u{1b}' => 'e',
        '"' => '"',
        '\\' => '\\',
        '\u{85}' => 'N',
        '\u{a0}' => '_',
        '\u{2028}' => 'L',
        '\u{2029}' => 'P',
        ' '..='~' => return None,
        c if is_letter(c) => return None,
        c if c < '\u{100}' => return Some(format!("\\x{:02X}", c as u32)),
        c if c < '\u{10000}' => return Some(format!("\\u{:04X}", c as u32)),
        c => return Some(format!("\\U{:08X}", c as u32)),
    };
    Some(format!("\\{letter}"))
}
