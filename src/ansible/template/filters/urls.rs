//! Filters on URLs.

use std::{fmt::Write as _, sync::Arc};

use super::Filter;
use crate::ansible::template::{
    call::Args,
    env::Env,
    fault::{Fault, Outcome},
    text,
    value::Val,
};

pub(super) fn find(name: &str) -> Option<Filter> {
    Some(match name {
        "urlsplit" => urlsplit,
        "urlencode" => urlencode,
        "urldecode" => urldecode,
        _ => return None,
    })
}

fn part(text: &str) -> Val {
    if text.is_empty() { Val::None } else { Val::str(text) }
}

fn urlsplit(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let url = text::str_of(input)?;
    let query = args.text_or("query", "")?;
    let scheme_end = url.find(':').filter(|at| {
        let scheme = &url[..*at];
        let letters = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
        scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.chars().all(letters)
    });
    let (scheme, rest) = scheme_end.map_or(("", &*url), |at| (&url[..at], &url[at + 1..]));
    let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
    let (rest, query_part) = rest.split_once('?').unwrap_or((rest, ""));
    let (netloc, path) = match rest.strip_prefix("//") {
        Some(rest) => rest.split_at(rest.find('/').unwrap_or(rest.len())),
        None => ("", rest),
    };
    let (user, host) = netloc.rsplit_once('@').unwrap_or(("", netloc));
    let (username, password) = user.split_once(':').unwrap_or((user, ""));
    let (hostname, port) = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, rest)) => (address, rest.strip_prefix(':').unwrap_or("")),
        None => host.split_once(':').unwrap_or((host, "")),
    };
    let port = text::parse_int(port, 10).map_or(Val::None, Val::Int);
    let parts = [
        ("fragment", Val::str(fragment)),
        ("hostname", part(&hostname.to_lowercase())),
        ("netloc", Val::str(netloc)),
        ("password", part(password)),
        ("path", Val::str(path)),
        ("port", port),
        ("query", Val::str(query_part)),
        ("scheme", Val::str(scheme.to_lowercase())),
        ("username", part(username)),
    ];
    if query.is_empty() {
        return Ok(Val::dict(parts));
    }
    let found = parts.into_iter().find(|(name, _)| *name == query).map(|(_, value)| value);
    found.ok_or_else(|| Fault::new(format!("urlsplit: unknown URL component: {query}")))
}

fn encoded(text: &str, safe: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        let c = byte as char;
        if c.is_ascii_alphanumeric() || "_.-~".contains(c) || safe.contains(c) {
            out.push(c);
        } else {
            let _written = write!(out, "%{byte:02X}");
        }
    }
    out
}

fn urlencode(_: &Arc<Env>, input: &Val, _: &mut Args) -> Outcome {
    let pairs = match input {
        Val::Dict(dict) => {
            dict.pairs().into_iter().map(|(key, value)| vec![key.value(), value]).collect()
        }
        Val::List(list) => list.items().iter().map(Val::items).collect::<Outcome<Vec<_>>>()?,
        other => return Ok(Val::str(encoded(&text::str_of(other)?, "/"))),
    };
    let pair = |pair: &Vec<Val>| {
        let texts = pair.iter().map(text::str_of).collect::<Outcome<Vec<_>>>()?;
        Ok(texts
            .iter()
            .map(|text| encoded(text, "").replace("%20", "+"))
            .collect::<Vec<_>>()
            .join("="))
    };
    Ok(Val::str(pairs.iter().map(pair).collect::<Outcome<Vec<_>>>()?.join("&")))
}

fn urldecode(_: &Arc<Env>, input: &Val, _: &mut Args) -> Outcome {
    let value = text::str_of(input)?.replace('+', " ");
    let mut bytes = Vec::new();
    let mut rest = value.as_str();
    while let Some(at) = rest.find('%') {
        bytes.extend_from_slice(&rest.as_bytes()[..at]);
        let code = rest.get(at + 1..at + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        bytes.push(code.unwrap_or(b'%'));
        rest = &rest[at + if code.is_some() { 3 } else { 1 }..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    Ok(Val::str(String::from_utf8_lossy(&bytes)))
}
