//! Lookups of single values in INI, properties and CSV files.

use std::sync::Arc;

use super::{Found, Lookup, options::Options, search};
use crate::ansible::{
    assignments,
    template::{
        call::Args,
        env::Env,
        fault::{Fault, Outcome},
        filters::regex,
        ini_file::{Answer, IniFile, Reading},
        value::Val,
    },
};

pub(super) fn find(name: &str) -> Option<Lookup> {
    Some(match name {
        "ini" => ini,
        "csvfile" => csvfile,
        _ => return None,
    })
}

/// What Ansible's `ini` calls the only section of a file without sections.
const PROPERTIES: &str = "java_properties";

const INI_OPTIONS: &[&str] = &[
    "type",
    "file",
    "section",
    "re",
    "encoding",
    "default",
    "case_sensitive",
    "allow_no_value",
    "interpolation",
];
const CSV_OPTIONS: &[&str] = &["col", "keycol", "default", "delimiter", "file", "encoding"];

/// Adds what was found; a default that is a list counts as its items.
fn add(found: &mut Vec<Val>, value: Val) -> Outcome<()> {
    match value {
        Val::None => {}
        Val::List(list) => found.extend(list.items()),
        other => found.push(other.used()?),
    }
    Ok(())
}

fn decoded(options: &mut Options<'_>, bytes: Vec<u8>) -> Outcome<String> {
    let encoding = options.text_or("encoding", "utf-8")?;
    let wrong = |why: String| Fault::new(format!("reading the file as {encoding}: {why}"));
    match &*encoding.to_lowercase().replace('_', "-") {
        "utf-8" | "utf8" | "ascii" => {
            String::from_utf8(bytes).map_err(|error| wrong(error.to_string()))
        }
        "latin-1" | "latin1" | "iso-8859-1" => Ok(bytes.into_iter().map(char::from).collect()),
        _ => Err(wrong("only utf-8 and latin-1 are known here".into())),
    }
}

fn ini(env: &Arc<Env>, terms: Vec<Val>, args: &mut Args) -> Found {
    if let Some(given) = args.take_named("allow_none") {
        args.named.push(("allow_no_value".into(), given));
    }
    // What Ansible reads before it looks into the terms, which cannot change it.
    let mut options = Options::of("ini", args);
    let mut file = IniFile::new(Reading {
        allow_no_value: options.flag("allow_no_value", false)?,
        interpolation: options.flag("interpolation", true)?,
        case_sensitive: options.flag("case_sensitive", false)?,
    });
    let mut found = Vec::new();
    for term in terms {
        let term = term.as_str().map(str::to_owned).ok_or_else(|| {
            Fault::new(format!("a key to look up is text, not '{}'", term.type_name()))
        })?;
        ini_value(env, &term, args, &mut file, &mut found)?;
    }
    Ok(found)
}

/// The key of a term, whose options join those of the call.
fn ini_key(term: &str, args: &mut Args) -> Outcome<String> {
    if !term.contains('=') && !term.trim().contains(' ') {
        return Ok(term.to_owned());
    }
    let mut key: Option<String> = None;
    let mut assigned = Vec::new();
    for word in term.split_whitespace() {
        let Some((name, value)) = word.split_once('=') else {
            if assigned.is_empty() {
                key = Some(key.map_or(word.to_owned(), |key| format!("{key} {word}")));
            } else if let Some((_, last)) = assigned.last_mut() {
                *last = format!("{last} {word}");
            }
            continue;
        };
        if !INI_OPTIONS.contains(&name) {
            return Err(Fault::with_hint(
                format!("'{name}' is not a valid option."),
                format!("the options are {}", INI_OPTIONS.join(", ")),
            ));
        }
        assigned.push((name.to_owned(), value.to_owned()));
    }
    let mut options = Options::of("ini", args);
    for (name, value) in &assigned {
        options.put_first(name, value);
    }
    key.ok_or_else(|| {
        Fault::new(format!(
            "No key to look up was provided as first term within string inline options: {term}"
        ))
    })
}

fn ini_value(
    env: &Arc<Env>,
    term: &str,
    args: &mut Args,
    file: &mut IniFile,
    found: &mut Vec<Val>,
) -> Outcome<()> {
    // As in Ansible, the options of a term stay for the terms after it.
    let key = ini_key(term, args)?;
    let mut args = args.clone();
    let mut options = Options::of("ini", &mut args);
    let name = options.text_or("file", "ansible.ini")?;
    let properties = options.choice("type", &["ini", "properties"])? == "properties";
    let section = options.text_or("section", "global")?;
    let content = decoded(&mut options, search::content(env, &name)?)?;
    let content = if properties { format!("[{PROPERTIES}]\n{content}") } else { content };
    let section = if properties { PROPERTIES.to_owned() } else { section };
    let told = |why: String| Fault::new(format!("reading '{name}': {why}"));
    file.read(&content).map_err(|why| {
        let duplicate = why.starts_with("Duplicate option");
        told(if duplicate { format!("Duplicate option in '{name}'. {why}") } else { why })
    })?;
    let no_section = || Fault::new(format!("No section '{section}' in '{name}'."));
    if options.flag("re", false)? {
        let pattern = regex::matching(&key, false, false, regex::Extent::Beginning)?;
        let items = file.items(&section).map_err(told)?.ok_or_else(no_section)?;
        let fitting = items.into_iter().filter(|(name, _)| pattern.is_match(name).unwrap_or(false));
        found.extend(fitting.map(|(_, value)| value.map_or(Val::None, Val::str)));
        return Ok(());
    }
    match file.get(&section, &key).map_err(told)? {
        Answer::NoSection => Err(no_section()),
        Answer::NoOption => add(found, options.value("default").unwrap_or_else(|| Val::str(""))),
        Answer::NoValue => Ok(()),
        Answer::Value(value) => add(found, Val::str(value)),
    }
}

fn csvfile(env: &Arc<Env>, terms: Vec<Val>, args: &mut Args) -> Found {
    let no_key = || Fault::new("Search key is required but was not found");
    if terms.is_empty() {
        return Err(no_key());
    }
    let mut found = Vec::new();
    for term in terms {
        let term = term.as_str().ok_or_else(|| {
            Fault::new(format!("a search key is text, not '{}'", term.type_name()))
        })?;
        let parsed = assignments::parse(term)
            .ok_or_else(|| Fault::new(format!("a quotation mark in `{term}` is not closed")))?;
        let key = parsed.rest.ok_or_else(no_key)?;
        let mut options = Options::of("csvfile", args);
        for (name, value) in &parsed.pairs {
            if !CSV_OPTIONS.contains(&&**name) {
                return Err(Fault::with_hint(
                    format!("'{name}' is not a valid option"),
                    format!("the options are {}", CSV_OPTIONS.join(", ")),
                ));
            }
            options.put_first(name, value);
        }
        add(&mut found, csv_value(env, &key, &mut args.clone())?)?;
    }
    Ok(found)
}

fn csv_value(env: &Arc<Env>, key: &str, args: &mut Args) -> Outcome {
    let mut options = Options::of("csvfile", args);
    let delimiter = delimiter(&options.text_or("delimiter", "TAB")?)?;
    let (column, key_column) =
        (options.int("col")?.unwrap_or(1), options.int("keycol")?.unwrap_or(0));
    let file = options.text_or("file", "ansible.csv")?;
    let content = decoded(&mut options, search::content(env, &file)?)?;
    let rows = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(content.as_bytes())
        .into_records();
    for row in rows {
        let row = row.map_err(|error| Fault::new(format!("reading {file}: {error}")))?;
        if cell(&row, key_column, &file)? == key {
            return Ok(Val::str(cell(&row, column, &file)?));
        }
    }
    Ok(options.value("default").unwrap_or(Val::None))
}

fn delimiter(written: &str) -> Outcome<u8> {
    match written.as_bytes() {
        b"TAB" => Ok(b'\t'),
        [byte] => Ok(*byte),
        _ => Err(Fault::with_hint(
            format!("\"delimiter\" must be a 1-character string, not '{written}'"),
            "give one character, or TAB",
        )),
    }
}

/// A cell by its number; negative ones count from the end, as in Python.
fn cell<'r>(row: &'r csv::StringRecord, column: i128, file: &str) -> Outcome<&'r str> {
    let count = i128::try_from(row.len()).unwrap_or(i128::MAX);
    let at = if column < 0 { column + count } else { column };
    let found = usize::try_from(at).ok().and_then(|at| row.get(at));
    found.ok_or_else(|| {
        let line = row.position().map_or(0, csv::Position::line);
        Fault::new(format!(
            "list index out of range: line {line} of {file} has no column {column}, only {count}"
        ))
    })
}
