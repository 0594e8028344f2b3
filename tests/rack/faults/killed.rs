//! Ymir is killed in the middle of every step, twice, and the run is taken on. The rack's clock stands until then, so
//! that the step cannot end before.

use std::{
    io::{BufRead, BufReader},
    process::Stdio,
    sync::atomic::{AtomicBool, Ordering},
};

use serde_json::{Value, json};

use super::{INSPECT, PROVISION, REGISTER};
use crate::{
    serving::Served,
    site::{LOGIN, Site},
};

/// A step, the command that takes it, its title in events, and what is done with the host before.
const KILLS: [(&str, &str, &str, &[&str]); 5] = [
    ("register", REGISTER, "register-the-node", &[]),
    ("inspect", INSPECT, "inspect", &[REGISTER]),
    ("make available", PROVISION, "make-available", &[REGISTER]),
    ("deploy", PROVISION, "deploy-debian-12", &[REGISTER, "provide"]),
    ("verify over SSH", PROVISION, "verify-over-SSH", &[REGISTER, PROVISION]),
];

/// The steps in which Ymir is killed.
pub(super) fn steps() -> impl Iterator<Item = &'static str> {
    KILLS.iter().map(|(step, ..)| *step)
}

/// Starts a command and kills it when it has told this event of a step.
fn kill_at(site: &Site, words: &str, event: &str, title: &str) {
    let mut command = site.command(&format!("{words} --output json"));
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let is_it = |line: &String| {
        let told: Value = serde_json::from_str(line).unwrap();
        told["event"] == event && told["step"].as_str().is_some_and(|step| step.contains(title))
    };
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut told = Vec::new();
    let found = lines.any(|line| {
        let found = is_it(&line);
        told.push(line);
        found
    });
    assert!(found, "no {event} of {title} in `{words}`:\n{}", told.join("\n"));
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Gives a command while the rack's time passes.
pub(super) fn with_time(served: &Served, site: &Site, words: &str) {
    let ended = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !ended.load(Ordering::Relaxed) {
                served.control("POST", "clock", &json!({ "seconds": 50 }));
                std::thread::sleep(std::time::Duration::from_millis(20));
            }
        });
        let outcome = site.ymir(words);
        ended.store(true, Ordering::Relaxed);
        outcome.expect(0);
    });
}

/// Kills Ymir in a step, and takes the run on to its end.
fn kill_in((_, command, title, before): (&str, &str, &str, &[&str])) {
    let nodes = "[[nodes]]\ncount = 1\nname = \"node-{n}\"";
    let served = Served::of(&format!("speed = 0.0\n{LOGIN}"), nodes);
    let site = Site::of(&served, 1);
    for command in before {
        if *command == "provide" {
            let path = "../v1/nodes/node-1/states/provision";
            served.control("PUT", path, &json!({ "target": command }));
            served.control("POST", "clock", &json!({ "seconds": 50 }));
        } else {
            with_time(&served, &site, command);
        }
    }
    let silent = json!({ "node": "node-1", "step": "ssh", "what": "ssh-never-up", "times": null });
    served.control("POST", "faults", &silent);
    kill_at(&site, command, "step_applying", title);
    kill_at(&site, "run resume", "step_progress", title);
    served.control("DELETE", "faults", &json!({}));
    with_time(&served, &site, "run resume");
    let state = if command == PROVISION { "active" } else { "manageable" };
    assert_eq!(served.look("")["states"], json!({ state: 1 }));
}

#[test]
fn a_run_that_is_killed_in_any_step_is_taken_on() {
    std::thread::scope(|scope| {
        for kill in KILLS {
            scope.spawn(move || kill_in(kill));
        }
    });
}
