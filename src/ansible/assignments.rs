//! Splits text such as `name=value 'other=x y' free words` as Ansible does wherever it takes such text.

/// What a text assigns, and the words in it that assign nothing.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Assignments {
    pub(super) pairs: Vec<(String, String)>,
    /// The other words, with the spaces between them.
    pub(super) rest: Option<String>,
}

/// Splits a text; `None` if a quotation mark or a template in it is not closed.
pub(super) fn parse(text: &str) -> Option<Assignments> {
    parse_or_open(text).ok()
}

/// [`parse`]; where it fails, the byte at which the quotation mark or the template begins that is not closed.
pub(super) fn parse_or_open(text: &str) -> Result<Assignments, usize> {
    let mut found = Assignments::default();
    for word in words(text)? {
        let plain = unescaped(&word);
        match equals_sign(&plain) {
            Some(at) => {
                let (name, value) = (plain[..at].trim(), plain[at + 1..].trim());
                found.pairs.push((name.to_owned(), unquoted(value).to_owned()));
            }
            None if plain.contains('=') => found.add_word(&plain.replace("\\=", "=")),
            None => found.add_word(&word),
        }
    }
    Ok(found)
}

impl Assignments {
    fn add_word(&mut self, word: &str) {
        let rest = self.rest.get_or_insert_default();
        if !rest.is_empty() && !rest.ends_with('\n') {
            rest.push(' ');
        }
        rest.push_str(word);
    }
}

/// Where a name ends: `\=` and what begins a word assign nothing.
fn equals_sign(word: &str) -> Option<usize> {
    let mut signs = word.match_indices('=').map(|(at, _)| at);
    signs.find(|at| *at > 0 && !word[..*at].ends_with('\\'))
}

/// What opens and closes a template.
const BRACKETS: [(&str, &str); 3] = [("{{", "}}"), ("{%", "%}"), ("{#", "#}")];

/// Splits at blanks that are neither inside quotation marks nor inside a template; further blanks stay with the word,
/// and a lone `\` takes itself and the end of its line away.
fn words(text: &str) -> Result<Vec<String>, usize> {
    let mut splitter = Splitter::default();
    let mut lines = text.split('\n').peekable();
    let mut begins = 0;
    while let Some(line) = lines.next() {
        let mut continued = false;
        for (index, piece) in line.split(' ').enumerate() {
            if piece.is_empty() && index > 0 {
                splitter.last().push(' ');
            } else if piece == "\\" && splitter.quote.is_none() {
                continued = true;
            } else {
                splitter.piece(piece, begins, index > 0);
            }
            begins += piece.len() + 1;
        }
        if lines.peek().is_some() && !continued {
            splitter.last().push('\n');
        }
    }
    match splitter.open() {
        Some(at) => Err(at),
        None => Ok(splitter.words),
    }
}

#[derive(Default)]
struct Splitter {
    words: Vec<String>,
    /// The quotation mark that is open, and the byte at which it stands.
    quote: Option<(char, usize)>,
    /// For each kind of bracket where those stand that are open.
    brackets: [Vec<usize>; BRACKETS.len()],
}

impl Splitter {
    /// Where the first thing begins that is open.
    fn open(&self) -> Option<usize> {
        let brackets = self.brackets.iter().filter_map(|open| open.first().copied());
        brackets.chain(self.quote.map(|(_, at)| at)).min()
    }

    fn last(&mut self) -> &mut String {
        if self.words.is_empty() {
            self.words.push(String::new());
        }
        let last = self.words.len() - 1;
        &mut self.words[last]
    }

    /// Takes a piece, which begins at this byte of the text.
    fn piece(&mut self, piece: &str, begins: usize, after_blank: bool) {
        if self.open().is_some() {
            let blank = if after_blank { " " } else { "" };
            let last = self.last();
            last.push_str(blank);
            last.push_str(piece);
        } else if !piece.is_empty() {
            self.words.push(piece.to_owned());
        }
        self.quote = quote_after(piece, begins, self.quote);
        for ((open, close), brackets) in BRACKETS.iter().zip(&mut self.brackets) {
            brackets.extend(piece.match_indices(open).map(|(at, _)| begins + at));
            let left = brackets.len().saturating_sub(piece.matches(close).count());
            brackets.truncate(left);
        }
    }
}

/// Which quotation mark is open behind a piece.
fn quote_after(
    piece: &str,
    begins: usize,
    mut quote: Option<(char, usize)>,
) -> Option<(char, usize)> {
    let mut before = ' ';
    for (at, c) in piece.char_indices() {
        match quote {
            _ if !matches!(c, '\'' | '"') || before == '\\' => {}
            Some((open, _)) if open == c => quote = None,
            Some(_) => {}
            None => quote = Some((c, begins + at)),
        }
        before = c;
    }
    quote
}

/// Puts characters in place of Python's escape sequences.
fn unescaped(word: &str) -> String {
    let mut out = String::with_capacity(word.len());
    let mut rest = word;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let (c, length) = escape(&rest[at..]).unwrap_or(('\\', 1));
        out.push(c);
        rest = &rest[at + length..];
    }
    out + rest
}

/// The character of the escape sequence that begins here, and how long that is.
fn escape(text: &str) -> Option<(char, usize)> {
    let kind = text.chars().nth(1)?;
    let coded = |digits: usize| {
        let code = text
            .get(2..2 + digits)
            .filter(|code| code.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
        Some((char::from_u32(u32::from_str_radix(code, 16).ok()?)?, 2 + digits))
    };
    let plain = match kind {
        'x' => return coded(2),
        'u' => return coded(4),
        'U' => return coded(8),
        '\\' | '\'' | '"' => kind,
        'a' => '\u{7}',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\u{b}',
        _ => return None,
    };
    Some((plain, 2))
}

fn unquoted(value: &str) -> &str {
    let inside = |mark| value.strip_prefix(mark).and_then(|value: &str| value.strip_suffix(mark));
    let inside = inside('"').or_else(|| inside('\''));
    inside.filter(|inside| !inside.ends_with('\\')).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The outcomes of ansible-core 2.21.5.
    #[test]
    fn assignments_are_split_as_ansible_splits_them() {
        type Pairs = &'static [(&'static str, &'static str)];
        let table: &[(&str, Pairs, Option<&str>)] = &[
            ("a=1", &[("a", "1")], None),
            ("a=1 b='x y' c=\"z\"", &[("a", "1"), ("b", "x y"), ("c", "z")], None),
            ("a={{ b + c }} d=e", &[("a", "{{ b + c }}"), ("d", "e")], None),
            ("a='{{ \"x y\" }}'", &[("a", "{{ \"x y\" }}")], None),
            ("a=b=c", &[("a", "b=c")], None),
            (r#"a="x\ny" b=\x41\u00e9\q"#, &[("a", "x\ny"), ("b", "Aé\\q")], None),
            ("a=", &[("a", "")], None),
            ("two  words a=1 more", &[("a", "1")], Some("two  words more")),
            ("a=1\tb=2", &[("a", "1\tb=2")], None),
            (r"a \= b", &[], Some("a = b")),
            ("=x", &[], Some("=x")),
            (r"a=b\ c", &[("a", "b\\")], Some("c")),
            (r"a \n b=\n", &[("b", "")], Some(r"a \n")),
            ("a=1 \\\nb=2 \\ c", &[("a", "1"), ("b", "2")], Some("c")),
            (r#"a="b\" c""#, &[("a", r#"b" c"#)], None),
            ("  a=1", &[("a", "1")], Some(" ")),
            ("a\nb c=1", &[("c", "1")], Some("a\nb")),
            ("", &[], None),
        ];
        for (text, pairs, rest) in table {
            let found = parse(text).unwrap();
            let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
            let expected = Assignments {
                pairs: pairs.iter().map(own).collect(),
                rest: rest.map(str::to_owned),
            };
            assert_eq!(found, expected, "{text}");
        }
    }
}
