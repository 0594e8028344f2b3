//! Filters of texts in the form of files: CSV and INI.

use std::{fmt::Write as _, sync::Arc};

use indexmap::IndexMap;

use crate::ansible::template::{
    call::Args,
    env::Env,
    fault::{Fault, Outcome},
    filters::Filter,
    ini_file::{IniFile, Reading},
    text,
    value::{Dict, Key, Val},
};

pub(super) fn find(name: &str) -> Option<Filter> {
    Some(match name {
        "from_csv" => from_csv,
        "from_ini" => from_ini,
        "to_ini" => to_ini,
        _ => return None,
    })
}

fn from_csv(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let data = text::str_of(input)?;
    let data = data.strip_prefix('\u{feff}').unwrap_or(&data);
    let dialect = args.text_or("dialect", "excel")?;
    let names = args.take("fieldnames").filter(|names| !matches!(names, Val::None));
    let delimiter = args.text_or("delimiter", if dialect == "excel-tab" { "\t" } else { "," })?;
    let skips_blanks = args.flag("skipinitialspace", false)?;
    if !["excel", "excel-tab", "unix"].contains(&&*dialect) {
        return Err(Fault::new(format!(
            "Dialect '{dialect}' is not supported by your version of python."
        )));
    }
    let [delimiter] = *delimiter.as_bytes() else {
        return Err(Fault::new("Unable to create custom dialect: the delimiter must be one sign"));
    };
    let mut rows = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .trim(csv::Trim::None)
        .from_reader(data.as_bytes());
    let mut rows = rows.records().map(|row| {
        let row = row.map_err(|error| Fault::new(format!("Unable to process file: {error}")))?;
        let cell =
            |cell: &str| Val::str(if skips_blanks { cell.trim_start_matches(' ') } else { cell });
        Outcome::Ok(row.iter().map(cell).collect::<Vec<_>>())
    });
    let names = match names {
        Some(names) => names.items()?,
        None => rows.next().transpose()?.unwrap_or_default(),
    };
    rows.map(|row| dict_of(&names, row?)).collect::<Outcome<Vec<_>>>().map(Val::list)
}

/// A row as Python's `DictReader` has it: what is too much lies under `None`.
fn dict_of(names: &[Val], row: Vec<Val>) -> Outcome {
    let mut row = row.into_iter();
    let mut pairs = IndexMap::new();
    for name in names {
        pairs.insert(Key::new(name.clone())?, row.next().unwrap_or(Val::None));
    }
    let rest: Vec<Val> = row.collect();
    if !rest.is_empty() {
        pairs.insert(Key::new(Val::None)?, Val::list(rest));
    }
    Ok(Val::Dict(Dict::new(pairs)))
}

fn from_ini(_: &Arc<Env>, input: &Val, _: &mut Args) -> Outcome {
    let Val::Str(text) = input else {
        return Err(Fault::new(format!("from_ini requires a str, got {}", input.type_name())));
    };
    let reading = Reading { case_sensitive: true, ..Reading::default() };
    let mut file = IniFile::new(reading);
    file.read(text)
        .map_err(|why| Fault::new(format!("from_ini failed to parse given string: {why}")))?;
    let section = |(name, options): (String, Vec<(String, Option<String>)>)| {
        let pairs = options.into_iter();
        (name, Val::dict(pairs.map(|(key, value)| (key, value.map_or(Val::None, Val::str)))))
    };
    Ok(Val::dict(file.all().into_iter().map(section)))
}

fn to_ini(_: &Arc<Env>, input: &Val, _: &mut Args) -> Outcome {
    let Val::Dict(sections) = input else {
        return Err(Fault::new(format!("to_ini requires a dict, got {}", input.type_name())));
    };
    if sections.len() == 0 {
        return Err(Fault::new(
            "to_ini received an empty dict. An empty dict cannot be converted.",
        ));
    }
    let mut pairs: Vec<(String, Val)> = Vec::new();
    for (name, options) in sections.pairs() {
        pairs.push((text::str_of(name.as_val())?, options));
    }
    // Python writes the section of defaults first.
    pairs.sort_by_key(|(name, _)| name != "DEFAULT");
    let mut out = String::new();
    for (name, options) in pairs {
        let Val::Dict(options) = options.used()? else {
            return Err(Fault::new(format!("to_ini failed to parse given dict: section {name}")));
        };
        if name == "DEFAULT" && options.len() == 0 {
            continue;
        }
        // Writing into a text cannot fail.
        let _ = writeln!(out, "[{name}]");
        for (key, value) in options.pairs() {
            let key = text::str_of(key.as_val())?;
            let line = match value.used()? {
                Val::None => {
                    return Err(Fault::with_hint(
                        "to_ini failed to parse given dict: option values must be strings",
                        format!("give `{key}` a value; an INI file has none that is `null`"),
                    ));
                }
                value => format!("{key} = {}", text::str_of(&value)?.replace('\n', "\n\t")),
            };
            let _ = writeln!(out, "{line}");
        }
        out.push('\n');
    }
    out.pop();
    Ok(Val::str(out))
}
