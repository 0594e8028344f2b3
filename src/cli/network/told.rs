//! What a check of connectivity tells: a row for each kind of way, and every way that is broken.

use std::{collections::BTreeMap, fmt::Write as _};

use serde_json::{Value, json};

use super::Found;
use crate::{
    cli::{configuration::rendered, options::Format},
    host::errand::pings::Pinged,
    model::ways::{Kind, Way},
    report::trouble::body,
    trouble::Result,
};

/// Whether a host could not be asked, or something does not answer it.
pub(super) fn is_bad(found: &Found) -> bool {
    match found {
        Ok(ways) => ways.iter().any(|(_, pinged)| matches!(pinged, Pinged::Silent(_))),
        Err(_) => true,
    }
}

/// Why hosts could not be asked.
pub(super) fn troubles(found: &[(String, Found)]) -> String {
    let mut text = String::new();
    for (host, found) in found {
        let Err(trouble) = found else { continue };
        writeln!(
            text,
            "{host}: could not be asked: {}\n{}",
            trouble.what,
            body(trouble, "  ").trim_end()
        )
        .expect("writing to a string");
    }
    text
}

pub(super) fn result(found: &[(String, Found)], format: Format) -> Result<String> {
    if format == Format::Text { Ok(text(found)) } else { rendered(&data(found), format) }
}

fn data(found: &[(String, Found)]) -> Value {
    let way = |(way, pinged): &(Way, Pinged)| {
        let (kind, host) = match &way.kind {
            Kind::Outside => ("outside", None),
            Kind::Name => ("name", None),
            Kind::Gateway => ("gateway", None),
            Kind::Host(host) => ("host", Some(host)),
        };
        let mut told = json!({ "network": way.network, "kind": kind, "to": way.to });
        if let Some(host) = host {
            told["host"] = host.as_str().into();
        }
        if let Some(mtu) = way.mtu {
            told["mtu"] = mtu.into();
        }
        match pinged {
            Pinged::Answered(microseconds) => {
                told["answers"] = true.into();
                told["microseconds"] = json!(microseconds);
            }
            Pinged::Silent(why) => {
                told["answers"] = false.into();
                told["why"] = why.as_str().into();
            }
        }
        told
    };
    let host = |(name, found): &(String, Found)| match found {
        Ok(ways) => json!({ "host": name, "ways": ways.iter().map(way).collect::<Value>() }),
        Err(trouble) => json!({ "host": name, "trouble": trouble }),
    };
    json!({ "hosts": found.iter().map(host).collect::<Value>() })
}

/// How many ways of one kind there are on a network.
#[derive(Debug, Default)]
struct Row {
    good: usize,
    all: usize,
    mtu: Option<u32>,
}

fn text(found: &[(String, Found)]) -> String {
    // The outside comes first.
    let mut rows: BTreeMap<(Option<&str>, usize), Row> = BTreeMap::new();
    let mut broken = String::new();
    for (host, found) in found {
        for (way, pinged) in found.iter().flatten() {
            let row = rows.entry((way.network.as_deref(), row_of(&way.kind))).or_default();
            row.all += 1;
            row.mtu = row.mtu.max(way.mtu);
            match pinged {
                Pinged::Answered(_) => row.good += 1,
                Pinged::Silent(why) => {
                    writeln!(broken, "{host} does not reach {}: {why}", target(way))
                        .expect("writing to a string");
                }
            }
        }
    }
    let line = |((network, kind), Row { good, all, mtu }): (&(Option<&str>, usize), &Row)| {
        let network = network.unwrap_or("outside");
        let size = mtu.map_or_else(String::new, |mtu| format!(", in whole packets of {mtu} bytes"));
        format!("{network}: {}: {good} of {all} answer{size}\n", ROWS[*kind])
    };
    rows.iter().map(line).collect::<String>() + &broken + &summary(found)
}

/// What a row is about, by its number.
const ROWS: [&str; 4] = ["an address", "a name", "gateways", "other hosts"];

fn row_of(kind: &Kind) -> usize {
    match kind {
        Kind::Outside => 0,
        Kind::Name => 1,
        Kind::Gateway => 2,
        Kind::Host(_) => 3,
    }
}

fn target(way: &Way) -> String {
    let network = way.network.as_deref().unwrap_or_default();
    match &way.kind {
        Kind::Outside | Kind::Name => format!("{} outside", way.to),
        Kind::Gateway => format!("the gateway {} of {network}", way.to),
        Kind::Host(host) => format!("{host} at {} on {network}", way.to),
    }
}

fn summary(found: &[(String, Found)]) -> String {
    let good = found.iter().filter(|(_, found)| !is_bad(found)).count();
    format!("{good} of {} hosts reach everything\n", found.len())
}
