//! Filters that write and read JSON, YAML and base64.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose};

use super::{
    Filter,
    json_text::{self, Layout},
};
use crate::{
    ansible::{
        base64_text,
        template::{
            call::Args,
            env::{self, Env},
            fault::{Fault, Outcome},
            json, meter, text,
            value::Val,
            yaml_text,
        },
        yaml,
    },
    trouble::Trouble,
};

pub(super) fn find(name: &str) -> Option<Filter> {
    Some(match name {
        "to_json" => to_json,
        "tojson" => tojson,
        "to_nice_json" => to_nice_json,
        "from_json" => from_json,
        "to_yaml" => to_yaml,
        "to_nice_yaml" => to_nice_yaml,
        "from_yaml" => from_yaml,
        "from_yaml_all" => from_yaml_all,
        "b64encode" => b64encode,
        "b64decode" => b64decode,
        _ => return None,
    })
}

fn to_json(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let profile = args.take("profile").unwrap_or_default();
    // They change nothing in what is written.
    let other = [args.take("vault_to_text"), args.take("preprocess_unsafe")];
    if profile.truth()? {
        known_profile(&profile, other.iter().any(Option::is_some))?;
    }
    let indent = args.take_named("indent");
    let separators = args.take_named("separators");
    dumps(input, args, Wanted { indent, separators, sort_keys: false })
}

/// The profiles of Ansible differ in what no template holds.
fn known_profile(profile: &Val, has_other: bool) -> Outcome<()> {
    if has_other {
        return Err(Fault::new("Only one of `vault_to_text` or `profile` can be specified."));
    }
    match text::only_text(profile, "startswith")?.as_str() {
        "tagless" | "legacy" => Ok(()),
        other => Err(Fault::new(format!("Unknown profile name '{other}'."))),
    }
}

fn to_nice_json(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let indent = Some(args.take("indent").unwrap_or(Val::Int(4)));
    let sort_keys = args.flag("sort_keys", true)?;
    args.take_named("separators");
    let separators = Some(Val::strings([",", ": "]));
    dumps(input, args, Wanted { indent, separators, sort_keys })
}

/// What a filter for JSON was asked for.
struct Wanted {
    indent: Option<Val>,
    separators: Option<Val>,
    sort_keys: bool,
}

fn dumps(input: &Val, args: &mut Args, wanted: Wanted) -> Outcome {
    for unused in ["skipkeys", "check_circular", "allow_nan", "vault_to_text", "preprocess_unsafe"]
    {
        args.take_named(unused);
    }
    let ascii = args.take_named("ensure_ascii").map_or(Ok(true), |flag| flag.truth())?;
    let sort_keys =
        args.take_named("sort_keys").map_or(Ok(wanted.sort_keys), |flag| flag.truth())?;
    args.end()?;
    let indent = indent(wanted.indent)?;
    let separators = match wanted.separators {
        None | Some(Val::None) => {
            ((if indent.is_some() { "," } else { ", " }).to_owned(), ": ".to_owned())
        }
        Some(pair) => match &pair.items()?[..] {
            [item, key] => (text::only_text(item, "join")?, text::only_text(key, "join")?),
            other => {
                let count = other.len();
                return Err(Fault::new(format!("separators are two texts, not {count}")));
            }
        },
    };
    let layout = Layout { indent, sort_keys, ascii, separators, prepares: true };
    json_text::write(input, &layout).map(Val::str)
}

/// What stands before an item for each level: a text, or so many blanks.
fn indent(given: Option<Val>) -> Outcome<Option<String>> {
    Ok(match given.map(Val::used).transpose()? {
        None | Some(Val::None) => None,
        Some(Val::Str(text)) => Some(text.to_string()),
        Some(number) => {
            let count = Args::of(vec![number]).number("indent", 0)?;
            let count = usize::try_from(count).unwrap_or(0);
            meter::room(count)?;
            Some(" ".repeat(count))
        }
    })
}

/// Jinja2's own JSON, which may stand in HTML.
fn tojson(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let indent = indent(args.take("indent"))?;
    let item = if indent.is_some() { "," } else { ", " };
    let separators = (item.to_owned(), ": ".to_owned());
    let layout = Layout { indent, sort_keys: true, ascii: true, separators, prepares: false };
    let text = json_text::write(input, &layout)?;
    let escapes = [('<', "\\u003c"), ('>', "\\u003e"), ('&', "\\u0026"), ('\'', "\\u0027")];
    let safe = escapes.iter().fold(text, |text, (sign, escape)| text.replace(*sign, escape));
    Ok(Val::str(safe))
}

fn from_json(_: &Arc<Env>, input: &Val, _: &mut Args) -> Outcome {
    let Val::Str(value) = input else {
        let kind = input.type_name();
        return Err(Fault::new(format!(
            "the JSON object must be str, bytes or bytearray, not {kind}"
        )));
    };
    let read = serde_json::from_str(value);
    let read = read.map_err(|error| Fault::new(format!("from_json: {error}")))?;
    Ok(json::to_val(&read))
}

fn dumped(input: &Val, args: &mut Args, nice: bool) -> Outcome {
    let indent = if nice { args.size("indent", 4)? } else { 2 };
    let indent = args.take_named("indent").map_or(Ok(indent), |found| match found {
        Val::Int(number) => Ok(usize::try_from(number).unwrap_or(indent)),
        other => Err(Fault::new(format!("indent must be a number, not '{}'", other.type_name()))),
    })?;
    // Ansible takes more of them and makes nothing of it.
    args.positional.clear();
    let flow = args.take_named("default_flow_style").filter(|flow| !matches!(flow, Val::None));
    let flow = match flow {
        Some(flow) if flow.truth()? => yaml_text::Flow::Always,
        Some(_) => yaml_text::Flow::Never,
        None if nice => yaml_text::Flow::Never,
        None => yaml_text::Flow::Leaves,
    };
    let width = args.take_named("width").map_or(80, |width| match width {
        Val::Int(number) => usize::try_from(number).unwrap_or(80),
        _ => usize::MAX,
    });
    let sort_keys = args.take_named("sort_keys").map_or(Ok(true), |flag| flag.truth())?;
    let layout = yaml_text::Layout { indent, flow, width, sort_keys };
    Ok(Val::str(yaml_text::write(&json::settled(input)?, &layout)))
}

fn to_yaml(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    dumped(input, args, false)
}

fn to_nice_yaml(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    dumped(input, args, true)
}

fn from_yaml(_: &Arc<Env>, input: &Val, _: &mut Args) -> Outcome {
    let Val::Str(value) = input else { return Ok(input.clone()) };
    let node = yaml::parse(value, &"from_yaml".into());
    Ok(env::plain(&node.map_err(|trouble: Trouble| Fault::from_trouble(&trouble))?))
}

/// The documents of a YAML text, each as text; what stands before the first mark is none if it is only comments.
fn documents(text: &str) -> Vec<String> {
    let mut found = vec![(false, String::new())];
    for line in text.split_inclusive('\n') {
        let mark = |mark: &str| {
            line.strip_prefix(mark)
                .filter(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace))
        };
        if let Some(rest) = mark("---") {
            found.push((true, rest.to_owned()));
        } else if mark("...").is_some() {
            found.push((false, String::new()));
        } else if let Some((_, document)) = found.last_mut() {
            document.push_str(line);
        }
    }
    let says = |text: &str| {
        text.lines().any(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'))
    };
    let found = found.into_iter().filter(|(marked, text)| *marked || says(text));
    found.map(|(_, text)| text).collect()
}

fn from_yaml_all(_: &Arc<Env>, input: &Val, _: &mut Args) -> Outcome {
    let value = match input {
        Val::None => return Ok(Val::list(Vec::new())),
        Val::Str(value) => value,
        other => return Ok(other.clone()),
    };
    let read = |document: &String| {
        let node = yaml::parse(document, &"from_yaml_all".into());
        node.map(|node| env::plain(&node)).map_err(|trouble| Fault::from_trouble(&trouble))
    };
    Ok(Val::list(documents(value).iter().map(read).collect::<Outcome<_>>()?))
}

fn b64encode(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let value = text::str_of(input)?;
    let value = encoded(&value, &encoding(args)?)?;
    Ok(Val::str(if args.flag("urlsafe", false)? {
        general_purpose::URL_SAFE.encode(value)
    } else {
        general_purpose::STANDARD.encode(value)
    }))
}

fn b64decode(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let value = text::str_of(input)?;
    let encoding = encoding(args)?;
    let value = if args.flag("urlsafe", false)? {
        value.replace('-', "+").replace('_', "/")
    } else {
        value
    };
    let bytes =
        base64_text::decoded(&value).ok_or_else(|| Fault::new("b64decode: Incorrect padding"))?;
    let units = |bytes: &[u8], of: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| of([pair[0], pair[1]])).collect();
        String::from_utf16(&units).ok().filter(|_| bytes.len().is_multiple_of(2))
    };
    let text = match &*encoding {
        "utf-16-le" => units(&bytes, u16::from_le_bytes),
        "utf-16-be" => units(&bytes, u16::from_be_bytes),
        "latin-1" => Some(bytes.iter().map(|byte| char::from(*byte)).collect()),
        _ => String::from_utf8(bytes).ok(),
    };
    let wrong = || Fault::new(format!("b64decode: the decoded bytes are not {encoding} text"));
    text.map(Val::str).ok_or_else(wrong)
}

/// The encoding of text that a filter is asked for, by one of its names.
fn encoding(args: &mut Args) -> Outcome<String> {
    let name = args.take("encoding").unwrap_or_else(|| Val::str("utf-8"));
    let name = text::only_text(&name, "lower")?.to_lowercase().replace('_', "-");
    Ok(match &*name {
        "utf-8" | "utf8" => "utf-8",
        "ascii" | "us-ascii" => "ascii",
        "utf-16-le" | "utf-16le" => "utf-16-le",
        "utf-16-be" | "utf-16be" => "utf-16-be",
        "latin-1" | "latin1" | "iso-8859-1" => "latin-1",
        _ => return Err(Fault::new(format!("unknown encoding: {name}"))),
    }
    .to_owned())
}

fn encoded(value: &str, encoding: &str) -> Outcome<Vec<u8>> {
    let limited = |most: u32| {
        let byte =
            |c: char| u8::try_from(u32::from(c)).ok().filter(|byte| u32::from(*byte) <= most);
        let bytes: Option<Vec<u8>> = value.chars().map(byte).collect();
        bytes.ok_or_else(|| Fault::new(format!("'{encoding}' cannot encode the text")))
    };
    match encoding {
        "utf-16-le" => Ok(value.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        "utf-16-be" => Ok(value.encode_utf16().flat_map(u16::to_be_bytes).collect()),
        "latin-1" => limited(0xff),
        "ascii" => limited(0x7f),
        _ => Ok(value.as_bytes().to_vec()),
    }
}
