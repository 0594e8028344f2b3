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
    method("replace", input, args)
}

fn center(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let width = args.size("width", 80)?;
    args.positional.insert(0, Val::Int(width as i128));
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
        Some(Val::Int(width)) => {
            let width = usize::try_from(width.max(0)).unwrap_or(usize::MAX);
            meter::room(width)?;
            " ".repeat(width)
        }
        _ => " ".repeat(4),
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
    let count = match input {
        Val::Str(text) => text.chars().count(),
        other => super::lists::count(other)?,
    };
    let length = args.size("length", 255)?;
    let kill_words = args.flag("killwords", false)?;
    let end = args.text_or("end", "...")?;
    let leeway = args.size("leeway", 5)?;
    if count <= length.saturating_add(leeway) {
        return Ok(input.clone());
    }
    let value = text::only_text(input, "rsplit")?;
    let kept: String = value.chars().take(length.saturating_sub(end.chars().count())).collect();
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
    let width = args.size("width", 79)?;
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
    let value = text::only_text(input, "replace")?;
    let style = args.text_or("style", "plain")?;
    let (beginning, decoration, end) = match &*style {
        "plain" => ("", "# ", ""),
        "erlang" => ("", "% ", ""),
        "c" => ("", "// ", ""),
        "cblock" => ("/*", " * ", " */"),
        "xml" => ("<!--", " - ", "-->"),
        other => return Err(Fault::new(format!("Invalid style '{other}'."))),
    };
    let decoration = args.text_or("decoration", decoration)?;
    let beginning = args.text_or("beginning", beginning)?;
    let end = args.text_or("end", end)?;
    let prefix = args.text_or("prefix", decoration.trim_end())?;
    let postfix = args.text_or("postfix", decoration.trim_end())?;
    let mut lines = Vec::new();
    if !beginning.is_empty() {
        lines.push(beginning);
    }
    let times = if prefix.is_empty() { 0 } else { args.size("prefix_count", 1)? };
    lines.extend(several(&prefix, times)?);
    for line in value.split('\n') {
        let line = format!("{decoration}{line}");
        lines.push(if line == decoration { line.trim_end().to_owned() } else { line });
    }
    lines.extend(several(&postfix, args.size("postfix_count", 1)?)?);
    if !end.is_empty() {
        lines.push(end);
    }
    methods::glued(&lines, "\n")
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

fn escape(_: &Arc<Env>, input: &Val, _: &mut Args) -> Outcome {
    Ok(Val::str(escaped(&text::str_of(input)?)))
}

fn safe(_: &Arc<Env>, input: &Val, _: &mut Args) -> Outcome {
    text::str_of(input).map(Val::str)
}

fn striptags(_: &Arc<Env>, input: &Val, _: &mut Args) -> Outcome {
    let value = text::str_of(input)?;
    let mut out = String::new();
    let mut inside = false;
    for c in value.chars() {
        match c {
            '<' => inside = true,
            '>' if inside => inside = false,
            c if !inside => out.push(c),
            _ => {}
        }
    }
    Ok(Val::str(out.split_whitespace().collect::<Vec<_>>().join(" ")))
}
