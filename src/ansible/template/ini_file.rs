//! INI files as Python's `configparser` reads them.

use indexmap::IndexMap;

/// The section whose options every other section has, too.
const DEFAULTS: &str = "DEFAULT";

/// References inside references that Python follows.
const DEEPEST: usize = 10;

/// What a file is read with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) case_sensitive: bool,
    /// Whether an option may stand without a value.
    pub(super) allow_no_value: bool,
    /// Whether `%(name)s` stands for another option.
    pub(super) interpolation: bool,
}

/// Options with their values; one may stand without.
pub(super) type Items = Vec<(String, Option<String>)>;

type Options = IndexMap<String, Option<String>>;

/// An option's value, or why it has none.
pub(super) type Found<T> = Result<T, String>;

/// What is known of an option.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    NoSection,
    NoOption,
    /// It stands there alone.
    NoValue,
    Value(String),
}

/// The sections of one or more files.
#[derive(Debug, Default)]
pub(super) struct IniFile {
    reading: Reading,
    defaults: Options,
    sections: IndexMap<String, Options>,
}

/// An option whose value goes on as long as lines are indented, before they are joined.
type Pending = IndexMap<(String, String), Option<Vec<String>>>;

impl IniFile {
    pub(super) fn new(reading: Reading) -> Self {
        Self { reading, ..Self::default() }
    }

    /// Reads a text; what it sets replaces what texts before it set.
    pub(super) fn read(&mut self, text: &str) -> Found<()> {
        let mut reader = Reader { file: self, seen: Vec::new(), pending: Pending::new(), at: None };
        reader.lines(text)?;
        for ((section, option), lines) in reader.pending {
            let value = lines.map(|lines| lines.join("\n").trim_end().to_owned());
            self.section_mut(&section).insert(option, value);
        }
        Ok(())
    }

    /// All sections, each with the options that every section has; these by themselves at the end.
    pub(super) fn all(&self) -> Vec<(String, Items)> {
        let with_defaults = |own: &Options| {
            let mut options = self.defaults.clone();
            options.extend(own.clone());
            options.into_iter().collect::<Items>()
        };
        let mut found: Vec<(String, Items)> =
            self.sections.iter().map(|(name, own)| (name.clone(), with_defaults(own))).collect();
        if !self.defaults.is_empty() {
            found.push((DEFAULTS.to_owned(), with_defaults(&Options::new())));
        }
        found
    }

    fn section_mut(&mut self, name: &str) -> &mut Options {
        match name {
            DEFAULTS => &mut self.defaults,
            name => self.sections.entry(name.to_owned()).or_default(),
        }
    }

    /// The name that an option counts under.
    fn option_name(&self, name: &str) -> String {
        if self.reading.case_sensitive { name.to_owned() } else { name.to_lowercase() }
    }

    /// All options that a section sees, unevaluated; `None` if there is no such section.
    fn options(&self, section: &str) -> Option<Options> {
        let own = match section {
            DEFAULTS => None,
            section => Some(self.sections.get(section)?),
        };
        let mut options = self.defaults.clone();
        options
            .extend(own.into_iter().flatten().map(|(name, value)| (name.clone(), value.clone())));
        Some(options)
    }

    /// An option of a section.
    pub(super) fn get(&self, section: &str, option: &str) -> Found<Answer> {
        let Some(options) = self.options(section) else { return Ok(Answer::NoSection) };
        let option = self.option_name(option);
        Ok(match options.get(&option) {
            None => Answer::NoOption,
            Some(None) => Answer::NoValue,
            Some(Some(raw)) => Answer::Value(self.evaluated(&options, section, &option, raw)?),
        })
    }

    /// All options of a section with their values; `None` if there is no such section.
    pub(super) fn items(&self, section: &str) -> Found<Option<Items>> {
        let Some(options) = self.options(section) else { return Ok(None) };
        let value = |(name, value): (&String, &Option<String>)| {
            let value = match value {
                Some(raw) => Some(self.evaluated(&options, section, name, raw)?),
                None if self.reading.interpolation => Some(String::new()),
                None => None,
            };
            Ok((name.clone(), value))
        };
        options.iter().map(value).collect::<Found<_>>().map(Some)
    }

    fn evaluated(
        &self,
        options: &Options,
        section: &str,
        option: &str,
        raw: &str,
    ) -> Found<String> {
        if !self.reading.interpolation {
            return Ok(raw.to_owned());
        }
        let mut out = String::new();
        Interpolation { file: self, options, section, option, raw }.expand(raw, 1, &mut out)?;
        Ok(out)
    }
}

/// Where a text is being read.
struct Reader<'f> {
    file: &'f mut IniFile,
    /// Sections that this text has begun.
    seen: Vec<String>,
    pending: Pending,
    /// The section and the option that the last line belongs to.
    at: Option<(String, Option<String>)>,
}

impl Reader<'_> {
    fn lines(&mut self, text: &str) -> Found<()> {
        let mut indent = 0;
        let mut wrong = Vec::new();
        for (number, line) in
            text.split_inclusive('\n').enumerate().map(|(at, line)| (at + 1, line))
        {
            let value = line.trim();
            if value.starts_with(['#', ';']) {
                continue;
            }
            if value.is_empty() {
                self.go_on(String::new());
                continue;
            }
            let own = line.chars().take_while(|c| c.is_whitespace()).count();
            if own > indent && self.go_on(value.to_owned()) {
                continue;
            }
            indent = own;
            if let Err(fault) = self.line(number, line, value)? {
                wrong.push(fault);
            }
        }
        if wrong.is_empty() {
            Ok(())
        } else {
            Err(format!("Source contains parsing errors: {}", wrong.join(", ")))
        }
    }

    /// Adds a line to the value of the option above, if there is one.
    fn go_on(&mut self, line: String) -> bool {
        let Some((section, Some(option))) = &self.at else { return false };
        match self.pending.get_mut(&(section.clone(), option.clone())) {
            Some(Some(lines)) => {
                lines.push(line);
                true
            }
            Some(None) | None => false,
        }
    }

    /// A line that begins a section or an option. What is neither is told with all others at the end.
    fn line(&mut self, number: usize, line: &str, value: &str) -> Found<Result<(), String>> {
        let header = value.strip_prefix('[').and_then(|rest| Some(&rest[..rest.rfind(']')?]));
        if let Some(name) = header.filter(|name| !name.is_empty()) {
            return self.section(number, name).map(Ok);
        }
        let Some((section, _)) = &self.at else {
            return Err(format!("File contains no section headers: line {number}: {line:?}"));
        };
        let section = section.clone();
        let (name, value) = match value.find(['=', ':']) {
            Some(at) => (value[..at].trim_end(), Some(value[at + 1..].trim())),
            None if self.file.reading.allow_no_value => (value, None),
            None => return Ok(Err(format!("line {number}: {line:?}"))),
        };
        if name.is_empty() {
            return Ok(Err(format!("line {number}: {line:?}")));
        }
        let name = self.file.option_name(name);
        let key = (section.clone(), name.clone());
        if self.pending.contains_key(&key) {
            return Err(format!(
                "Duplicate option: line {number}: option '{name}' in section '{section}' already exists"
            ));
        }
        self.pending.insert(key, value.map(|value| vec![value.to_owned()]));
        self.at = Some((section, Some(name)));
        Ok(Ok(()))
    }

    fn section(&mut self, number: usize, name: &str) -> Found<()> {
        if name != DEFAULTS {
            if self.seen.iter().any(|seen| seen == name) {
                return Err(format!("line {number}: section '{name}' already exists"));
            }
            self.seen.push(name.to_owned());
            self.file.section_mut(name);
        }
        self.at = Some((name.to_owned(), None));
        Ok(())
    }
}

/// Puts options in place of `%(name)s`.
struct Interpolation<'i> {
    file: &'i IniFile,
    options: &'i Options,
    section: &'i str,
    option: &'i str,
    raw: &'i str,
}

impl Interpolation<'_> {
    fn expand(&self, text: &str, depth: usize, out: &mut String) -> Found<()> {
        let (option, section, raw) = (self.option, self.section, self.raw);
        if depth > DEEPEST {
            return Err(format!(
                "Recursion limit exceeded in value substitution: option '{option}' in section '{section}' contains an \
                 interpolation key which cannot be substituted in {DEEPEST} steps. Raw value: '{raw}'"
            ));
        }
        let mut rest = text;
        while let Some(at) = rest.find('%') {
            out.push_str(&rest[..at]);
            let mark = &rest[at..];
            if let Some(after) = mark.strip_prefix("%%") {
                out.push('%');
                rest = after;
                continue;
            }
            if !mark.starts_with("%(") {
                return Err(format!("'%' must be followed by '%' or '(', found: '{mark}'"));
            }
            let end = mark.find(")s").filter(|end| *end > 2 && !mark[2..*end].contains(')'));
            let end =
                end.ok_or_else(|| format!("bad interpolation variable reference '{mark}'"))?;
            self.reference(&mark[2..end], depth, out)?;
            rest = &mark[end + 2..];
        }
        out.push_str(rest);
        Ok(())
    }

    fn reference(&self, name: &str, depth: usize, out: &mut String) -> Found<()> {
        let (option, section, raw) = (self.option, self.section, self.raw);
        let name = self.file.option_name(name);
        let value = self.options.get(&name).cloned().flatten().ok_or_else(|| {
            format!(
                "Bad value substitution: option '{option}' in section '{section}' contains an interpolation key \
                 '{name}' which is not a valid option name. Raw value: '{raw}'"
            )
        })?;
        self.expand(&value, depth + 1, out)
    }
}
