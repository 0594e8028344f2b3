//! INI files option by option, as Kayobe merges them with oslo.config's parser: a later file's option replaces an
//! earlier one's with all its values; an option that one file gives several times keeps them all.

use indexmap::IndexMap;

use crate::{
    ansible::template::Lines,
    origin::Origin,
    trouble::{Result, Trouble},
};

/// One value of an option: its lines, none if it is empty.
#[derive(Debug, Clone)]
struct Value {
    lines: Vec<String>,
    origin: Origin,
}

/// Options in the order in which they came first.
type Section = IndexMap<String, Vec<Value>>;

/// Sections in the order in which they came first; options before any section stand under `None`.
type Sections = IndexMap<Option<String>, Section>;

/// Merges rendered files, lowest layer first; `whitespace` is whether blanks stand around `=`.
pub fn merge(files: &[Lines], whitespace: bool) -> Result<Lines> {
    let mut merged = Sections::new();
    for file in files {
        for (name, section) in (Parser { file, sections: Sections::new(), open: None }).parse()? {
            merged.entry(name).or_default().extend(section);
        }
    }
    Ok(write(&merged, whitespace))
}

fn write(sections: &Sections, whitespace: bool) -> Lines {
    let mut written = Lines::default();
    for (name, section) in sections {
        let first = section.values().flatten().next().map(|value| value.origin.clone());
        let origin = first.unwrap_or_else(|| Origin::whole("an empty section"));
        if let Some(name) = name {
            written.push(&format!("[{name}]"), &origin);
        }
        for (key, values) in section {
            for value in values {
                value.write(key, whitespace, &mut written);
            }
        }
        written.push("", &origin);
    }
    written
}

impl Lines {
    fn push(&mut self, line: &str, origin: &Origin) {
        self.text.push_str(line);
        self.text.push('\n');
        self.origins.push(origin.clone());
    }
}

impl Value {
    fn write(&self, key: &str, whitespace: bool, written: &mut Lines) {
        let blank = if whitespace { " " } else { "" };
        let begin = format!("{key}{blank}={blank}");
        let Some((first, more)) = self.lines.split_first() else {
            return written.push(begin.trim_end(), &self.origin);
        };
        written.push(&format!("{begin}{first}"), &self.origin);
        let indent = " ".repeat(begin.chars().count());
        for line in more {
            written.push(&format!("{indent}{line}"), &self.origin);
        }
    }
}

/// Reads one file.
struct Parser<'a> {
    file: &'a Lines,
    sections: Sections,
    /// The section that was begun last, and the option whose value may go on in the next line.
    open: Option<(Option<String>, Option<String>)>,
}

impl Parser<'_> {
    fn parse(mut self) -> Result<Sections> {
        for (at, line) in self.file.text.split_terminator('\n').enumerate() {
            let number = u32::try_from(at + 1).unwrap_or(u32::MAX);
            self.line(line.trim_end(), number)?;
        }
        self.tidy();
        Ok(self.sections)
    }

    fn line(&mut self, line: &str, number: u32) -> Result<()> {
        if line.is_empty() {
            self.close();
        } else if line.starts_with([' ', '\t']) {
            let value = self.last_value();
            let Some(value) = value else {
                return Err(self.fault(number, "the line goes on with a value, and none was begun"));
            };
            value.lines.push(line.trim_start().to_owned());
        } else if let Some(rest) = line.strip_prefix('[') {
            let Some(name) = rest.strip_suffix(']').filter(|name| !name.is_empty()) else {
                return Err(self.fault(number, "a section is `[name]`"));
            };
            self.sections.entry(Some(name.to_owned())).or_default();
            self.open = Some((Some(name.to_owned()), None));
        } else if line.starts_with(['#', ';']) {
            self.close();
        } else {
            self.option(line, number)?;
        }
        Ok(())
    }

    fn option(&mut self, line: &str, number: u32) -> Result<()> {
        let Some((key, value)) = line.split_once(['=', ':']) else {
            return Err(self.fault(number, "an option is `name = value`"));
        };
        let key = key.trim();
        if key.is_empty() {
            return Err(self.fault(number, "the option has no name"));
        }
        let section = self.open.take().and_then(|(section, _)| section);
        let origin = self.origin(number);
        let value = Value { lines: vec![unquoted(value.trim()).to_owned()], origin };
        let options = self.sections.entry(section.clone()).or_default();
        options.entry(key.to_owned()).or_default().push(value);
        self.open = Some((section, Some(key.to_owned())));
        Ok(())
    }

    /// Ends the value that may go on.
    fn close(&mut self) {
        if let Some((_, option)) = &mut self.open {
            *option = None;
        }
    }

    fn last_value(&mut self) -> Option<&mut Value> {
        let (section, option) = self.open.as_ref()?;
        self.sections.get_mut(section)?.get_mut(option.as_ref()?)?.last_mut()
    }

    /// A single empty line is no value.
    fn tidy(&mut self) {
        for value in self.sections.values_mut().flat_map(Section::values_mut).flatten() {
            if matches!(&*value.lines, [line] if line.is_empty()) {
                value.lines.clear();
            }
        }
    }

    fn origin(&self, number: u32) -> Origin {
        self.file.origin(number).cloned().unwrap_or_else(|| Origin::whole("an INI file"))
    }

    fn fault(&self, number: u32, cause: &str) -> Trouble {
        let origin = self.origin(number);
        Trouble::refused(format!("reading {} as INI", origin.file)).because(cause).at(&origin)
    }
}

fn unquoted(value: &str) -> &str {
    let quoted = |quote: char| value.strip_prefix(quote)?.strip_suffix(quote);
    match value {
        // Python's slice of a lone quote is empty, too.
        "\"" | "'" => "",
        _ => quoted('"').or_else(|| quoted('\'')).unwrap_or(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(texts: &[&str], whitespace: bool) -> Result<Lines> {
        let file = |(at, text): (usize, &&str)| Lines::of_file(&format!("{at}.conf").into(), text);
        merge(&texts.iter().enumerate().map(file).collect::<Vec<_>>(), whitespace)
    }

    #[test]
    fn later_options_replace_and_repeated_ones_stay() {
        let table: &[(&[&str], &str)] = &[
            (
                &["[a]\nx=1\ny: 2\n", "[a]\nx = 3\n[b]\nz='q'\n"],
                "[a]\nx = 3\ny = 2\n\n[b]\nz = q\n\n",
            ),
            (&["[a]\nx=1\nx=2\n"], "[a]\nx = 1\nx = 2\n\n"),
            (&["[a]\nx=1\nx=2\n", "[a]\nx=3\n"], "[a]\nx = 3\n\n"),
            (&["[a]\nx=1\n  more\n\n[b]\n", "# c\n[a]\n"], "[a]\nx = 1\n    more\n\n[b]\n\n"),
            (&["x=1\n[a]\ny=\n"], "x = 1\n\n[a]\ny =\n\n"),
            (&["", "[a]\nx=a=b:c\n"], "[a]\nx = a=b:c\n\n"),
            (&["[a]\nx=1\n[b]\ny=1\n[a]\nx=2\n"], "[a]\nx = 1\nx = 2\n\n[b]\ny = 1\n\n"),
        ];
        for (texts, expected) in table {
            assert_eq!(merged(texts, true).unwrap().text, *expected, "{texts:?}");
        }
        assert_eq!(
            merged(&["[a]\nx = 1\ny =\n 2\n"], false).unwrap().text,
            "[a]\nx=1\ny=\n  2\n\n"
        );
    }

    #[test]
    fn every_line_knows_where_it_was_set() {
        let lines = merged(&["[a]\nx=1\ny=2\n", "\n[a]\nx=3\n"], true).unwrap();
        let origins: Vec<_> = lines.origins.iter().map(ToString::to_string).collect();
        assert_eq!(origins, ["1.conf:3:1", "1.conf:3:1", "0.conf:3:1", "1.conf:3:1"]);
    }

    #[test]
    fn what_is_no_ini_is_refused_with_its_line() {
        let table = [
            ("[a\n", "[name]", 1),
            ("[]\n", "[name]", 1),
            ("\nnothing\n", "name = value", 2),
            ("  x=1\n", "none was begun", 1),
            ("# c\n x\n", "none was begun", 2),
            ("=1\n", "no name", 1),
        ];
        for (text, words, line) in table {
            let trouble = merged(&[text], true).unwrap_err();
            assert!(trouble.to_string().contains(words), "{trouble}");
            assert_eq!(trouble.origin.as_ref().unwrap().line, line, "{text}");
        }
    }
}
