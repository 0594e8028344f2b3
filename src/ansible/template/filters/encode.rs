//! Filters that write and read JSON, YAML and base64.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose};

use super::Filter;
use crate::{
    ansible::{
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
        "to_json" | "tojson" => to_json,
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

fn written(input: &Val, args: &mut Args, nice: bool) -> Outcome {
    let indent = match args.take("indent") {
        Some(Val::Int(indent)) => usize::try_from(indent).ok(),
        Some(Val::None) => None,
        _ if nice => Some(4),
        _ => None,
    };
    let sort_keys = args.flag("sort_keys", nice)?;
    let ascii = args.take_named("ensure_ascii").map_or(Ok(true), |flag| flag.truth())?;
    let separators = match args.take_named("separators") {
        Some(pair) if !nice => {
            let pair = pair.items()?.iter().map(text::str_of).collect::<Outcome<Vec<_>>>()?;
            (pair.first().cloned().unwrap_or_default(), pair.get(1).cloned().unwrap_or_default())
        }
        _ if indent.is_some() => (",".into(), ": ".into()),
        _ => (", ".into(), ": ".into()),
    };
    let layout = json::Layout { indent, sort_keys, ascii, separators };
    let value = json::from_val(input)?;
    meter::room(json::levels(&value, 0).saturating_mul(indent.unwrap_or(0)))?;
    Ok(Val::str(json::write(&value, &layout)))
}

fn to_json(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    written(input, args, false)
}

fn to_nice_json(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    written(input, args, true)
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
    args.text_or("encoding", "utf-8")?;
    Ok(Val::str(if args.flag("urlsafe", false)? {
        general_purpose::URL_SAFE.encode(value)
    } else {
        general_purpose::STANDARD.encode(value)
    }))
}

fn b64decode(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let value = text::str_of(input)?.replace(['\n', '\r'], "");
    args.text_or("encoding", "utf-8")?;
    let decoded = if args.flag("urlsafe", false)? {
        general_purpose::URL_SAFE.decode(value)
    } else {
        general_purpose::STANDARD.decode(value)
    };
    let bytes = decoded.map_err(|error| Fault::new(format!("b64decode: {error}")))?;
    let text = String::from_utf8(bytes);
    text.map(Val::str).map_err(|_| Fault::new("b64decode: the decoded bytes are not UTF-8 text"))
}
