//! The lookup `config`: Ansible's own settings, as they are set for it.

use std::sync::Arc;

use super::{Found, options::Options};
use crate::ansible::{
    config::{self, Config},
    template::{
        call::Args,
        env::Env,
        fault::{Fault, Faulty, Outcome},
        filters::{self, logic},
        json, text,
        value::Val,
    },
};

/// A setting per line: name, type, default as JSON, environment variables, places in the file, variables, choices.
/// A line that is a name only is a setting that has no value before Ansible runs.
const SETTINGS: &str = include_str!("settings.tsv");

/// A setting of Ansible's.
struct Setting<'a> {
    name: &'a str,
    kind: &'a str,
    default: &'a str,
    environment: &'a str,
    places: &'a str,
    variables: &'a str,
    choices: &'a str,
}

/// What sets a setting, and where.
struct Set {
    value: Val,
    origin: String,
}

pub(super) fn config(env: &Arc<Env>, terms: Vec<Val>, args: &mut Args) -> Found {
    let mut options = Options::of("config", args);
    let on_missing = options.choice("on_missing", &["error", "skip", "warn"])?;
    if options.value("plugin_type").is_some() || options.value("plugin_name").is_some() {
        return Err(Fault::with_hint(
            "the lookup `config` knows no settings of plug-ins here",
            "only Ansible knows its plug-ins; write the value itself",
        ));
    }
    let shows_origin = options.flag("show_origin", false)?;
    let mut found = Vec::new();
    for term in terms {
        let Val::Str(name) = term.used()? else {
            return Err(Fault::new("the name of a setting must be text"));
        };
        let Some(line) = line_of(&name) else {
            if on_missing == "error" {
                return Err(unknown(&name));
            }
            continue;
        };
        let set = Setting::of(line).ok_or_else(|| unsettled(&name))?.read(env)?;
        found.push(if shows_origin {
            Val::list(vec![set.value, Val::str(set.origin)])
        } else {
            set.value
        });
    }
    Ok(found)
}

fn line_of(name: &str) -> Option<&'static str> {
    SETTINGS.lines().find(|line| line.split('\t').next() == Some(name))
}

fn unknown(name: &str) -> Faulty {
    Fault::with_hint(
        format!("Ansible has no setting '{name}'"),
        "settings have names such as DEFAULT_FORKS; `on_missing='skip'` leaves out what is unknown",
    )
}

fn unsettled(name: &str) -> Faulty {
    Fault::with_hint(
        format!(
            "Ansible's setting '{name}' depends on where Ansible runs, so it has no value here"
        ),
        "write the value itself into a variable",
    )
}

impl Setting<'static> {
    fn of(line: &'static str) -> Option<Self> {
        let parts: Vec<&str> = line.split('\t').collect();
        let [name, kind, default, environment, places, variables, choices] = parts[..] else {
            return None;
        };
        Some(Self { name, kind, default, environment, places, variables, choices })
    }

    /// The setting's value; as in Ansible, a variable goes before the environment, and that before the file.
    fn read(&self, env: &Arc<Env>) -> Outcome<Set> {
        let set = self.variable_of(env)?.or_else(|| self.in_environment(env));
        let set = set.or_else(|| self.in_file_of(env));
        let default = || {
            let value = match self.own()? {
                Val::Str(home) if self.kind == "path" => {
                    Val::str(config::expanded(env.scope().world(), &home))
                }
                value => value,
            };
            Ok(Set { value, origin: "default".into() })
        };
        let Some(set) = set else { return default() };
        let is_empty_environment =
            set.origin.starts_with("env: ") && set.value.as_str() == Some("");
        match self.typed(env, &set) {
            Ok(value) => self.chosen(Set { value, ..set }),
            Err(_) if is_empty_environment => default(),
            Err(fault) => Err(fault),
        }
    }

    fn own(&self) -> Outcome {
        let value = serde_json::from_str(self.default)
            .map_err(|error| Fault::new(format!("the default of {}: {error}", self.name)))?;
        Ok(json::to_val(&value))
    }

    fn variable_of(&self, env: &Arc<Env>) -> Outcome<Option<Set>> {
        let Some(value) = env.variable(self.variables) else { return Ok(None) };
        let origin = format!("var: {}", self.variables);
        Ok(Some(Set { value: value.used()?, origin }))
    }

    /// Of several variables the last one counts.
    fn in_environment(&self, env: &Arc<Env>) -> Option<Set> {
        let world = env.scope().world();
        let mut set = self.environment.split(',').rev();
        let (name, value) = set.find_map(|name| Some((name, world.env(name)?)))?;
        Some(Set { value: Val::str(value), origin: format!("env: {name}") })
    }

    fn in_file_of(&self, env: &Arc<Env>) -> Option<Set> {
        let config = env.scope().config()?;
        let mut places = self.places.split(',').rev().filter_map(|place| place.split_once('.'));
        let value = places.find_map(|(section, key)| config.in_file(section, key))?;
        Some(Set { value: Val::str(value), origin: config.file()?.to_string() })
    }

    fn typed(&self, env: &Arc<Env>, set: &Set) -> Outcome {
        let value = &set.value;
        let wrong = || {
            let (name, origin) = (self.name, &set.origin);
            Fault::new(format!("Config '{name}' from '{origin}' has an invalid value."))
        };
        Ok(match self.kind {
            "bool" => Val::Bool(logic::to_bool(value)?),
            "int" => match text::str_of(value)?.trim().parse() {
                Ok(number) => Val::Int(number),
                Err(_) => return Err(wrong()),
            },
            "float" => match text::str_of(value)?.trim().parse() {
                Ok(number) => Val::Float(number),
                Err(_) => return Err(wrong()),
            },
            "list" => match value {
                Val::Str(items) => Val::strings(items.split(',').map(|item| unquoted(item.trim()))),
                other => other.clone(),
            },
            "path" => Val::str(path(env, &text::str_of(value)?, &set.origin)),
            _ => Val::str(unquoted(&text::str_of(value)?)),
        })
    }

    fn chosen(&self, set: Set) -> Outcome<Set> {
        let is_choice = |choice: &str| set.value.as_str() == Some(choice);
        if self.choices == "-" || self.choices.split(',').any(is_choice) {
            return Ok(set);
        }
        let value = text::repr(&set.value)?;
        Err(Fault::with_hint(
            format!("Invalid value {value} for config '{}'.", self.name),
            format!("set it to one of {}", self.choices.replace(',', ", ")),
        ))
    }
}

/// A path that is set in a file is relative to the file.
fn path(env: &Arc<Env>, value: &str, origin: &str) -> String {
    let path = config::expanded(env.scope().world(), value);
    let folder = env.scope().config().and_then(Config::file).and_then(|file| file.parent());
    match folder.filter(|_| !origin.starts_with("env: ")) {
        Some(folder) => filters::normal(folder.join(path).as_str()),
        None => filters::normal(path.as_str()),
    }
}

fn unquoted(text: &str) -> &str {
    let inside = |quote: char| text.strip_prefix(quote)?.strip_suffix(quote);
    inside('"').or_else(|| inside('\'')).unwrap_or(text)
}
