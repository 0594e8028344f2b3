//! `tuned_active_builtin_profile`, and `tuned_active_custom_profile` in its place.

use serde::Deserialize;
use serde_json::Value;

use super::{Class, filled};
use crate::{
    host::concern::{Concern, Profile, Section, Tuned},
    resolve::Reader,
    trouble::{Result, Trouble},
};

#[derive(Deserialize)]
struct Custom {
    name: String,
    #[serde(default)]
    sections: Vec<CustomSection>,
}

#[derive(Deserialize)]
struct CustomSection {
    name: String,
    #[serde(default)]
    params: Vec<Parameter>,
}

#[derive(Deserialize)]
struct Parameter {
    option: String,
    value: Value,
}

pub(super) fn read(reader: &Reader, _class: Class) -> Result<Option<Concern>> {
    let Some(built_in) = filled(reader, "tuned_active_builtin_profile")? else {
        return Ok(Some(Tuned { profile: None }.into()));
    };
    let custom = reader.get::<Value>("tuned_active_custom_profile")?;
    let is_empty = custom.as_ref().is_none_or(|found| match &found.value {
        Value::String(text) => text.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    });
    let profile = if is_empty { Profile::BuiltIn(built_in.value) } else { own(reader)? };
    Ok(Some(Tuned { profile: Some(profile) }.into()))
}

fn own(reader: &Reader) -> Result<Profile> {
    let found = reader.need::<Custom>("tuned_active_custom_profile")?;
    let Custom { name, sections } = found.value;
    if name.is_empty() || name.contains('/') || name.starts_with('.') {
        let what = format!("{}: `tuned_active_custom_profile`", reader.host);
        return Err(Trouble::refused(what)
            .because(format!("`{name}` is no name of a profile"))
            .set_by(&found.setting));
    }
    let option = |Parameter { option, value }: Parameter| {
        (option, value.as_str().map_or_else(|| value.to_string(), str::to_owned))
    };
    let section = |CustomSection { name, params }: CustomSection| Section {
        name,
        options: params.into_iter().map(option).collect(),
    };
    Ok(Profile::Custom { name, sections: sections.into_iter().map(section).collect() })
}
