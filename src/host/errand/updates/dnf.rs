//! By dnf.

use std::collections::BTreeMap;

use super::{LIMIT, Update, Updates, Wanted, explained, must};
use crate::host::{fault::Fault, machine::Machine, programs::Call};

/// How `check-update` says that there are some.
const THERE_ARE: i32 = 100;

pub(super) fn refresh(machine: &Machine) -> Result<(), Fault> {
    must(machine, &dnf(&["makecache", "--refresh"]))
}

pub(super) fn look(machine: &Machine, wanted: &Wanted) -> Result<Updates, Fault> {
    let call = selecting(dnf(&["--cacheonly", "check-update"]), wanted);
    let output = machine.run(&call)?;
    if output.code != THERE_ARE {
        output.checked(&call).map_err(explained)?;
        return Ok(Updates { notes: absent(machine, wanted)?, ..Updates::default() });
    }
    let newer = listed(&output.stdout);
    let query = Call::new("rpm", ["--query", "--queryformat", "%{NAME}.%{ARCH} %{EVR}\\n"]);
    let query = query.also(newer.iter().map(|(name, _)| name.clone()));
    // What is not installed has a line that says so.
    let installed = machine.run(&query)?.stdout;
    let installed: BTreeMap<&str, &str> =
        installed.lines().filter_map(|line| line.split_once(' ')).collect();
    let update = |(name, to): (String, String)| Update {
        from: installed.get(name.as_str()).map(|&from| from.to_owned()),
        name,
        to,
    };
    let packages = newer.into_iter().map(update).collect();
    Ok(Updates { packages, removed: Vec::new(), notes: absent(machine, wanted)? })
}

pub(super) fn update(machine: &Machine, wanted: &Wanted) -> Result<(), Fault> {
    must(machine, &selecting(dnf(&["upgrade"]), wanted))
}

fn selecting(call: Call, wanted: &Wanted) -> Call {
    let security = wanted.security.then_some("--security");
    call.also(security).also(wanted.names.iter().cloned())
}

/// Names, not patterns, of which nothing is installed.
fn absent(machine: &Machine, wanted: &Wanted) -> Result<Vec<String>, Fault> {
    let mut notes = Vec::new();
    for name in wanted.names.iter().filter(|name| !name.contains(['*', '?', '['])) {
        if machine.run(&Call::new("rpm", ["--query", name.as_str()]))?.code != 0 {
            notes.push(format!("{name} is not installed, so it is not updated"));
        }
    }
    Ok(notes)
}

/// Names with architectures, and versions. Long names push the rest of their line into the next one.
fn listed(text: &str) -> Vec<(String, String)> {
    let rows = text.lines().take_while(|line| !line.starts_with("Obsoleting"));
    let words: Vec<&str> = rows.flat_map(str::split_whitespace).collect();
    let row = |row: &[&str]| (row[0].to_owned(), row[1].to_owned());
    words.chunks_exact(3).map(row).collect()
}

fn dnf(words: &[&str]) -> Call {
    Call::new("dnf", ["--assumeyes", "--quiet", "--setopt=exit_on_lock=True"])
        .also(words.iter().copied())
        .limit(LIMIT)
}
