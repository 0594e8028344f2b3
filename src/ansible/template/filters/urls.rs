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

/// An address taken apart as Python's `urlsplit` does.
pub(in crate::ansible::template) struct Url<'text> {
    pub(in crate::ansible::template) scheme: String,
    pub(in crate::ansible::template) netloc: &'text str,
    path: &'text str,
    query: &'text str,
    fragment: &'text str,
}

impl<'text> Url<'text> {
    pub(in crate::ansible::template) fn of(url: &'text str) -> Self {
        let scheme_end = url.find(':').filter(|at| {
            let scheme = &url[..*at];
            let letters = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
            scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.chars().all(letters)
        });
        let (scheme, rest) = scheme_end.map_or(("", url), |at| (&url[..at], &url[at + 1..]));
        let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (netloc, path) = match rest.strip_prefix("//") {
            Some(rest) => rest.split_at(rest.find('/').unwrap_or(rest.len())),
            None => ("", rest),
        };
        Self { scheme: scheme.to_lowercase(), netloc, path, query, fragment }
    }
}

/// A URL without what Python drops before it looks at it: characters of control around it, tabs and line breaks inside.
fn stripped(url: &str) -> String {
    let url = url.trim_start_matches(|c: char| c <= ' ');
    url.replace(['\t', '\r', '\n'], "")
}

fn urlsplit(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let text = match input {
        Val::List(_) | Val::Dict(_) => {
            let kind = input.type_name();
            return Err(Fault::new(format!("unhashable type: '{kind}'")));
        }
        Val::None => String::new(),
        other => text::only_text(other, "decode")?,
    };
    let text = stripped(&text);
    let query = args.text_or("query", "")?;
    let url = Url::of(&text);
    let (user, host) = url.netloc.rsplit_once('@').unwrap_or(("", url.netloc));
    let (username, password) = user.split_once(':').unwrap_or((user, ""));
    let (hostname, port) = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, rest)) => (address, rest.strip_prefix(':').unwrap_or("")),
        None => host.split_once(':').unwrap_or((host, "")),
    };
    let port = text::parse_int(port, 10).map_or(Val::None, Val::Int);
    let parts = [
        ("fragment", Val::str(url.fragment)),
        ("hostname", part(&hostname.to_lowercase())),
        ("netloc", Val::str(url.netloc)),
        ("password", part(password)),
        ("path", Val::str(url.path)),
        ("port", port),
        ("query", Val::str(url.query)),
        ("scheme", Val::str(url.scheme)),
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
        Val::List(_) | Val::Tuple(_) => {
            input.items()?.iter().map(Val::items).collect::<Outcome<Vec<_>>>()?
        }
        other => return Ok(Val::str(encoded(&text::str_of(other)?, "/"))),
    };
    let pair = |pair: &Vec<Val>| {
        if pair.len() != 2 {
            let count = pair.len();
            return Err(Fault::new(format!(
                "not enough values to unpack (expected 2, got {count})"
            )));
        }
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
    let value = text::only_text(input, "replace")?.replace('+', " ");
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
