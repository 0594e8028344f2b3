//! The list of images, as a table for people and as data.

use std::fmt::Write as _;

use jiff::Timestamp;
use serde_json::json;

use super::rows::{Host, Row};
use crate::{
    cli::{configuration::rendered, options::Format},
    trouble::Result,
};

/// So many hosts are named in a table.
const NAMED: usize = 3;

pub(super) fn result(rows: &[Row], hosts: &[Host], format: Format) -> Result<String> {
    if format == Format::Text {
        return Ok(table(rows, hosts, Timestamp::now()));
    }
    let unasked: Vec<_> = hosts.iter().filter(|host| !host.asked).map(|host| &host.name).collect();
    rendered(&json!({ "images": rows, "hosts_not_looked_at": unasked }), format)
}

fn table(rows: &[Row], hosts: &[Host], now: Timestamp) -> String {
    let head = ["image", "from", "state", "built", "size", "checksum", "meant for", "runs on"];
    let mut cells: Vec<Vec<String>> = vec![head.map(str::to_owned).to_vec()];
    cells.extend(rows.iter().map(|row| of(row, now)));
    let widths: Vec<usize> = (0..head.len())
        .map(|at| cells.iter().map(|row| row[at].chars().count()).max().unwrap_or(0))
        .collect();
    let mut text = String::new();
    for row in &cells {
        let line = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        let line = line.collect::<Vec<_>>().join("  ");
        writeln!(text, "{}", line.trim_end()).expect("writing to a string");
    }
    let wrong = hosts.iter().filter(|host| host.runs.is_some() && !is_right(rows, host)).count();
    let running = hosts.iter().filter(|host| host.runs.is_some()).count();
    writeln!(text, "{} of {running} hosts in use run their image of now", running - wrong)
        .expect("writing to a string");
    let unasked = hosts.iter().filter(|host| !host.asked).count();
    if unasked > 0 {
        writeln!(text, "{unasked} hosts could not be looked at in Ironic")
            .expect("writing to a string");
    }
    text
}

/// Whether a host runs what it is meant to, as it is published now.
fn is_right(rows: &[Row], host: &Host) -> bool {
    rows.iter()
        .filter(|row| row.meant.contains(&host.name))
        .any(|row| row.runs.iter().any(|runs| runs.host == host.name && runs.this_build))
}

fn of(row: &Row, now: Timestamp) -> Vec<String> {
    let absent = || "-".to_owned();
    let meant: Vec<_> = row.meant.iter().map(String::as_str).collect();
    let others = row.runs.iter().filter(|runs| !runs.this_build).count();
    let runs: Vec<_> = row.runs.iter().map(|runs| runs.host.as_str()).collect();
    let runs = match others {
        0 => named(&runs),
        _ if others == runs.len() => format!("{} (another build)", named(&runs)),
        _ => format!("{} ({others} another build)", named(&runs)),
    };
    let state = if row.signed {
        format!("{}, signed", row.state.words())
    } else {
        row.state.words().into()
    };
    vec![
        row.file.clone(),
        row.from.clone(),
        state,
        row.built_at.map_or_else(absent, |at| age(at, now)),
        row.size.map_or_else(absent, size),
        row.checksum.as_deref().map_or_else(absent, |sum| sum.chars().take(19).collect()),
        named(&meant),
        runs,
    ]
}

fn named(hosts: &[&str]) -> String {
    match hosts {
        [] => "-".into(),
        hosts if hosts.len() <= NAMED => hosts.join(", "),
        hosts => format!("{} and {} more", hosts[..NAMED].join(", "), hosts.len() - NAMED),
    }
}

/// How long ago something was, in the largest unit that has more than one.
fn age(at: Timestamp, now: Timestamp) -> String {
    let seconds = now.as_second().saturating_sub(at.as_second()).max(0);
    let units = [(86_400, "days"), (3600, "hours"), (60, "minutes")];
    let found = units.iter().find(|(length, _)| seconds >= 2 * length);
    match found {
        Some((length, unit)) => format!("{} {unit} ago", seconds / length),
        None => "just now".into(),
    }
}

fn size(bytes: u64) -> String {
    match bytes >> 20 {
        0 => format!("{bytes} bytes"),
        mebibytes if mebibytes < 10_000 => format!("{mebibytes} MiB"),
        mebibytes => format!("{} GiB", mebibytes >> 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_sizes_and_hosts_are_short() {
        let at = |seconds: i64| Timestamp::from_second(seconds).unwrap();
        for (seconds, words) in [
            (30, "just now"),
            (150, "2 minutes ago"),
            (7200, "2 hours ago"),
            (200_000, "2 days ago"),
            (-5, "just now"),
        ] {
            assert_eq!(age(at(0), at(seconds)), words);
        }
        for (bytes, words) in [(3, "3 bytes"), (5 << 20, "5 MiB"), (20 << 30, "20 GiB")] {
            assert_eq!(size(bytes), words);
        }
        assert_eq!(named(&[]), "-");
        assert_eq!(named(&["a", "b", "c"]), "a, b, c");
        assert_eq!(named(&["a", "b", "c", "d", "e"]), "a, b, c and 2 more");
    }
}
