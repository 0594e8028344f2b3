//! Filters on text.

use std::sync::Arc;

use super::Filter;
use crate::ansible::template::{
    call::Args,
    env::Env,
    fault::{Fault, Outcome},
    format, meter, strings as methods, text,
    value::Val,
};

pub(super) fn find(name: &str) -> Option<Filter> {
    Some(match name {
        "lower" => lower,
        "upper" => upper,
        "capitalize" => capitalize,
        "title" => title,
        "trim" => trim,
        "replace" => replace,
        "split" => split,
        "indent" => indent,
        "truncate" => truncate,
        "wordcount" => wordcount,
        "wordwrap" => wordwrap,
        "center" => center,
        "format" => formatted,
        "quote" => quote,
        "comment" => comment,
        "escape" | "e" | "forceescape" => escape,
        "safe" => safe,
        "striptags" => striptags,
        _ => return None,
    })
}

fn method(name: &str, input: &Val, args: &mut Args) -> Outcome {
    let value = text::str_of(input)?;
    methods::method(&value, name, args)
        .unwrap_or_else(|| Err(Fault::new(format!("str has no method {name}"))))
}

fn lower(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    method("lower", input, args)
}

fn upper(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    method("upper", input, args)
}

fn capitalize(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    method("capitalize", input, args)
}

/// Jinja2 starts words after spaces and some brackets only, unlike Python's `title`.
fn title(_: &Arc<Env>, input: &Val, _: &mut Args) -> Outcome {
    let value = text::str_of(input)?;
    let mut out = String::new();
    let mut start = true;
    for c in value.chars() {
        if start {
            out.extend(c.to_uppercase());
        } else {
            out.extend(c.to_lowercase());
        }
        start = c.is_whitespace() || "-({[<".contains(c);
    }
    Ok(Val::str(out))
}

fn trim(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    method("strip", input, args)
}

fn replace(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let mut texts = vec![Val::str(args.text("old")?), Val::str(args.text("new")?)];
    texts.push(
        args.take("count").filter(|count| !matches!(count, Val::None)).unwrap_or(Val::Int(-1)),
    );
    args.positional.splice(0..0, texts);
    method("replace", input, args)
}

fn center(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    // Its text comes first: what is missing in it is so whatever the width is.
    let input = &Val::str(text::str_of(input)?);
    let width = args.number("width", 80)?;
    args.positional.insert(0, Val::Int(width));
    method("center", input, args)
}

fn split(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let Val::Str(value) = input else {
        let kind = input.type_name();
        return Err(Fault::new(format!(
            "descriptor 'split' for 'str' objects doesn't apply to a '{kind}' object"
        )));
    };
    methods::split(value, args, false)
}

fn indent(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let Val::Str(value) = input else {
        let kind = input.type_name();
        return Err(Fault::new(format!("unsupported operand type(s) for +=: '{kind}' and 'str'")));
    };
    let width = match args.take("width") {
        Some(Val::Str(width)) => width.to_string(),
        Some(other) => {
            let width = Args::of(vec![other]).number("width", 4)?;
            let width = usize::try_from(width.max(0)).unwrap_or(usize::MAX);
            meter::room(width)?;
            " ".repeat(width)
        }
        None => " ".repeat(4),
    };
    let lines = value.matches('\n').count() + 1;
    meter::room(lines.saturating_mul(width.len()).saturating_add(value.len()))?;
    let (first, blank) = (args.flag("first", false)?, args.flag("blank", false)?);
    let mut out = String::new();
    for (at, line) in (value.to_string() + "\n").lines().enumerate() {
        if at > 0 {
            out.push('\n');
        }
        let wanted = if at == 0 { first } else { blank || !line.is_empty() };
        if wanted {
            out.push_str(&width);
        }
        out.push_str(line);
    }
    Ok(Val::str(out))
}

fn truncate(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let length = args.number("length", 255)?;
    let kill_words = args.flag("killwords", false)?;
    let end = args.take("end").unwrap_or_else(|| Val::str("..."));
    let leeway = args.int("leeway")?.unwrap_or(5);
    let least = super::lists::count(&end)? as i128;
    if length < least || leeway < 0 {
        return Err(Fault::new(format!("expected length >= {least}, got {length}")));
    }
    if super::lists::count(input)? as i128 <= length.saturating_add(leeway) {
        return Ok(input.clone());
    }
    let (value, end) = (text::only_text(input, "rsplit")?, text::only_text(&end, "rsplit")?);
    let kept: String = value.chars().take(usize::try_from(length - least).unwrap_or(0)).collect();
    let cut =
        if kill_words { &kept } else { kept.rsplit_once(' ').map_or(&*kept, |(head, _)| head) };
    Ok(Val::str(format!("{cut}{end}")))
}

fn wordcount(_: &Arc<Env>, input: &Val, _: &mut Args) -> Outcome {
    let value = text::str_of(input)?;
    let words = value.split(|c: char| !c.is_alphanumeric() && c != '_');
    Ok(Val::Int(words.filter(|word| !word.is_empty()).count() as i128))
}

fn wordwrap(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let value = text::only_text(input, "splitlines")?;
    if value.is_empty() {
        // No line looks at how it is to be wrapped.
        return Ok(Val::str(""));
    }
    let width = usize::try_from(args.number("width", 79)?).unwrap_or(0);
    let break_long = args.flag("break_long_words", true)?;
    let separator = args.text_or("wrapstring", "\n")?;
    let break_hyphens = args.flag("break_on_hyphens", true)?;
    if width == 0 {
        return Err(Fault::new("invalid width 0 (must be > 0)"));
    }
    let lines = value
        .lines()
        .map(|line| super::wrap::wrapped(line, width, break_long, break_hyphens).join(&separator));
    methods::glued(&lines.collect::<Vec<_>>(), &separator)
}

fn formatted(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let value = text::str_of(input)?;
    if args.named.is_empty() {
        return format::percent(&value, &Val::tuple(std::mem::take(&mut args.positional)));
    }
    let named = std::mem::take(&mut args.named);
    format::percent(&value, &Val::dict(named))
}

/// Python's `shlex.quote`.
pub(in crate::ansible::template) fn shell_quoted(value: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || "@%+=:,./-_".contains(c);
    if !value.is_empty() && value.chars().all(safe) {
        return value.to_owned();
    }
    format!("'{}'", value.replace('\'', "'\"'\"'"))
}

fn quote(_: &Arc<Env>, input: &Val, _: &mut Args) -> Outcome {
    let value = if matches!(input, Val::None) { String::new() } else { text::str_of(input)? };
    Ok(Val::str(shell_quoted(&value)))
}

fn comment(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let style = args.text_or("style", "plain")?;
    let (beginning, decoration, end) = match &*style {
        "plain" => ("", "# ", ""),
        "erlang" => ("", "% ", ""),
        "c" => ("", "// ", ""),
        "cblock" => ("/*", " * ", " */"),
        "xml" => ("<!--", " - ", "-->"),
        other => return Err(Fault::new(format!("Invalid style '{other}'."))),
    };
    let value = text::only_text(input, "replace")?;
    let decoration = args.text_or("decoration", decoration)?;
    let beginning = args.text_or("beginning", beginning)?;
    let end = args.text_or("end", end)?;
    let prefix = args.text_or("prefix", decoration.trim_end())?;
    let postfix = args.text_or("postfix", decoration.trim_end())?;
    let newline = args.text_or("newline", "\n")?;
    let mut lines = Vec::new();
    if !beginning.is_empty() {
        lines.push(beginning);
    }
    let times = if prefix.is_empty() { 0 } else { args.size("prefix_count", 1)? };
    lines.extend(several(&prefix, times)?);
    let written =
        format!("{decoration}{}", value.replace(&newline, &format!("{newline}{decoration}")));
    // The last line keeps its blank, empty or not.
    let bare = format!("{}{newline}", decoration.trim_end());
    lines.push(written.replace(&format!("{decoration}{newline}"), &bare));
    lines.extend(several(&postfix, args.size("postfix_count", 1)?)?);
    if !end.is_empty() {
        lines.push(end);
    }
    methods::glued(&lines, &newline)
}

fn several(line: &str, times: usize) -> Outcome<Vec<String>> {
    meter::room(times.saturating_mul(line.len() + 1))?;
    meter::room_for_items(times)?;
    Ok(vec![line.to_owned(); times])
}

/// Text as HTML shows it.
pub(super) fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace('\'', "&#39;").replace('"', "&#34;")
}

fn escape(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    args.end()?;
    Ok(Val::str(escaped(&text::str_of(input)?)))
}

fn safe(_: &Arc<Env>, input: &Val, _: &mut Args) -> Outcome {
    text::str_of(input).map(Val::str)
}

fn striptags(_: &Arc<Env>, input: &Val, _: &mut Args) -> Outcome {
    let value = without(&text::str_of(input)?, "<!--", "-->");
    let value = without(&value, "<", ">");
    let words = value.split_whitespace().collect::<Vec<_>>().join(" ");
    Ok(Val::str(unescaped(&words)))
}

/// The text without what stands between the marks; a mark that is not closed stays.
fn without(text: &str, open: &str, close: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(open) {
        let Some(end) = rest[start..].find(close) else { break };
        out.push_str(&rest[..start]);
        rest = &rest[start + end + close.len()..];
    }
    out + rest
}

/// HTML's references to characters as the characters: those by number, and the names that `escape` writes.
fn unescaped(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find('&') {
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        let name = rest.find(';').map(|end| &rest[1..end]);
        let found = name.and_then(|name| Some((referred(name)?, name.len() + 2)));
        let (c, length) = found.unwrap_or(('&', 1));
        out.push(c);
        rest = &rest[length..];
    }
    out + rest
}

fn referred(name: &str) -> Option<char> {
    let number =
        |digits: &str, base| u32::from_str_radix(digits, base).ok().and_then(char::from_u32);
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some('\u{a0}'),
        _ => {
            let digits = name.strip_prefix('#')?;
            match digits.strip_prefix(['x', 'X']) {
                Some(digits) => number(digits, 16),
                None => number(digits, 10),
            }
        }
    }
}
