//! Keeps machines up for a bench or a person, until a line or the end of its input.

use std::{io::stdin, process::ExitCode};

use serde_json::json;

use crate::{
    enclosure,
    machines::{Distribution, Lab, Machine, Options},
    site::Site,
};

/// Brings up as many machines as the first argument says and tells in `target/hosts/lab.json` how to reach them.
pub(crate) fn serve() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let count = words.iter().find_map(|word| word.parse().ok()).unwrap_or(2);
    let is = |name: &str| words.iter().any(|word| word == name);
    let distribution = match (is("ubuntu"), is("rocky")) {
        (true, _) => Distribution::Ubuntu,
        (_, true) => Distribution::Rocky,
        _ => Distribution::Debian,
    };
    let lab = Lab::up(count, Options { distribution, ..Options::default() });
    let told = enclosure::told();
    let text = serde_json::to_string_pretty(&description(&lab)).unwrap();
    // Whoever waits for the file finds all of it.
    std::fs::write(told.with_extension("part"), text).unwrap();
    std::fs::rename(told.with_extension("part"), &told).unwrap();
    println!("{count} machines are up; see {}", told.display());
    stdin().read_line(&mut String::new()).unwrap();
    ExitCode::SUCCESS
}

fn description(lab: &Lab) -> serde_json::Value {
    let machine = |machine: &Machine| {
        json!({
            "name": machine.name,
            "address": machine.address,
            "noexec": machine.noexec,
            "cgroup": machine.cgroup(),
        })
    };
    json!({
        // Machines are reached from inside the lab's network only.
        "enter": ["nsenter", format!("--net=/run/netns/{}", enclosure::name())],
        "user": lab.options().distribution.user(),
        "key": lab.key(),
        "known_hosts": lab.known_hosts(),
        "cgroup": lab.own_cgroup().path(),
        "site": Site::of(lab, "served").config(),
        "ssh_config": enclosure::state().join("ssh/config"),
        "machines": lab.machines().iter().map(machine).collect::<Vec<_>>(),
    })
}
