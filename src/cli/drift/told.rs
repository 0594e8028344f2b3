//! What a look tells: a table for people, everything for machines.

use std::fmt::Write as _;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::look::{Began, Difference, Look, Seen, Through, Topic};
use crate::{
    cli::{configuration::rendered, options::Format},
    report::trouble::body,
    trouble::Result,
};

/// Why hosts could not be looked at.
pub(super) fn troubles(look: &Look) -> String {
    let mut text = String::new();
    for (host, seen) in &look.hosts {
        let Some(trouble) = &seen.trouble else { continue };
        writeln!(
            text,
            "{host}: could not be looked at: {}\n{}",
            trouble.what,
            body(trouble, "  ").trim_end()
        )
        .expect("writing to a string");
    }
    text
}

pub(super) fn result(look: &Look, format: Format, diff: bool) -> Result<String> {
    if format == Format::Text { Ok(text(look, diff)) } else { rendered(&data(look, diff), format) }
}

fn data(look: &Look, diff: bool) -> Value {
    let host = |(name, seen): (&String, &Seen)| {
        let of_topic = |(topic, seen): (&String, &Topic)| {
            seen.differences.iter().map(|known| difference(topic, known, diff)).collect::<Vec<_>>()
        };
        let differences = seen.topics.iter().flat_map(of_topic);
        json!({
            "host": name,
            "state": state(seen),
            "differences": differences.collect::<Value>(),
            "trouble": seen.trouble,
        })
    };
    json!({ "at": look.at, "hosts": look.hosts.iter().map(host).collect::<Value>() })
}

fn difference(topic: &str, known: &Difference, diff: bool) -> Value {
    let mut told = json!({ "topic": topic, "change": known.change, "began": known.began });
    if let (true, Some(lines)) = (diff, &known.lines) {
        told["lines"] = lines.as_str().into();
    }
    told
}

fn state(seen: &Seen) -> &'static str {
    match (&seen.trouble, seen.differences()) {
        (Some(_), _) => "unknown",
        (None, 0) => "as_configured",
        (None, _) => "differs",
    }
}

/// A row for each difference, in columns.
fn text(look: &Look, diff: bool) -> String {
    let mut rows = Vec::new();
    for (host, seen) in &look.hosts {
        for (topic, seen) in &seen.topics {
            let row = |known: &Difference| {
                (
                    [host.clone(), topic.clone(), known.change.clone(), since(&known.began)],
                    known.lines.clone(),
                )
            };
            rows.extend(seen.differences.iter().map(row));
        }
    }
    let head = ["host", "topic", "what is to be done", "it began"].map(str::to_owned);
    let mut text = String::new();
    if !rows.is_empty() {
        let all = || rows.iter().map(|(row, _)| row).chain([&head]);
        let widths =
            [0, 1, 2].map(|at| all().map(|row| row[at].chars().count()).max().unwrap_or(0));
        text += &line(&head, widths);
        for (row, lines) in &rows {
            text += &line(row, widths);
            let lines = lines.iter().filter(|_| diff).flat_map(|lines| lines.lines());
            text.extend(lines.map(|line| format!("    {line}\n")));
        }
    }
    text + &summary(look)
}

fn line(row: &[String; 4], [host, topic, change]: [usize; 3]) -> String {
    let [one, two, three, four] = row;
    format!("{one:host$}  {two:topic$}  {three:change$}  {four}\n")
}

fn since(Began { after, by, through }: &Began) -> String {
    let short = |at: &Timestamp| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    match (after, through) {
        (None, _) => format!("before the first look, {}", short(by)),
        (Some(after), Through::Site) => {
            format!("between {} and {}, as the site was changed", short(after), short(by))
        }
        (Some(after), _) => format!("between {} and {}, on the host", short(after), short(by)),
    }
}

fn summary(look: &Look) -> String {
    let of = |wanted: &str| look.hosts.values().filter(|seen| state(seen) == wanted).count();
    let (all, differ, unknown) = (look.hosts.len(), of("differs"), of("unknown"));
    let mut text = match differ {
        0 if unknown == 0 => format!("{all} of {all} hosts are as configured"),
        _ => format!("{} of {all} hosts are as configured, {differ} differ", of("as_configured")),
    };
    if unknown > 0 {
        write!(text, ", {unknown} could not be looked at").expect("writing to a string");
    }
    text + "\n"
}
