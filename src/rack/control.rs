//! The rack's control panel, `/rack/…`: what tests turn and look at.

use serde_json::{Value, json};

use super::{
    clock::Moment,
    fault::{Fault, Step, What, word},
    http::{Answer, Asked},
    machine::System,
    world::Rack,
};

/// A key that no host has.
const FOREIGN_KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA somebody-else";

impl Rack {
    pub fn control(&mut self, asked: &Asked, words: &[&str], now: Moment) -> Answer {
        match (asked.method.as_str(), words) {
            ("GET", []) => Answer::ok(self.summary(now)),
            ("GET", ["machines"]) => Answer::ok(self.machines()),
            ("POST", ["machines", name]) => self.rebuild(name, &asked.body),
            ("GET", ["faults"]) => Answer::ok(json!(self.faults.left())),
            ("POST", ["faults"]) => self.add_fault(&asked.body),
            ("DELETE", ["faults"]) => {
                self.faults.clear();
                Answer::bare(204)
            }
            ("GET", ["hosts", address]) => self.host(address, now),
            ("GET", ["logs", "dhcp"]) => Answer::ok(json!(self.dhcp_log(now))),
            ("GET", ["logs", "http"]) => Answer::ok(json!(self.http_log(now))),
            ("POST", ["words"]) => match asked.body["told"].as_bool() {
                Some(told) => {
                    self.mute = !told;
                    Answer::bare(204)
                }
                None => Answer::new(400, json!({ "trouble": "`told` must be true or false" })),
            },
            _ => Answer::new(404, json!({ "trouble": "the control panel has no such switch" })),
        }
    }

    fn summary(&self, now: Moment) -> Value {
        let mut states = serde_json::Map::new();
        for node in self.nodes.values() {
            let count = states.entry(node.life.state.name()).or_insert(json!(0));
            *count = json!(count.as_u64().unwrap_or_default() + 1);
        }
        let machines = self.shelf.iter().count();
        json!({ "seconds": now.seconds(), "machines": machines, "nodes": self.nodes.len(), "states": states })
    }

    fn machines(&self) -> Value {
        let shown = self.shelf.iter().enumerate().map(|(at, hardware)| {
            json!({
                "name": hardware.name, "uuid": hardware.uuid, "mac": hardware.mac,
                "power": format!("{:?}", self.machine(at).power()).to_lowercase(),
                "registered": hardware.node.is_some(),
            })
        });
        shown.collect()
    }

    /// Somebody swaps parts of a machine.
    fn rebuild(&mut self, name: &str, parts: &Value) -> Answer {
        let Some(at) = self.shelf.find(name) else {
            return Answer::new(404, json!({ "trouble": format!("no machine is called {name}") }));
        };
        let hardware = self.shelf.get_mut(at);
        let number = |key: &str| parts[key].as_u64().and_then(|number| u32::try_from(number).ok());
        hardware.cpus = number("cpus").unwrap_or(hardware.cpus);
        hardware.memory_mb = number("memory_mb").unwrap_or(hardware.memory_mb);
        hardware.disk_gb = number("disk_gb").unwrap_or(hardware.disk_gb);
        if let Some(serial) = parts["serial"].as_str() {
            serial.clone_into(&mut hardware.serial);
        }
        Answer::bare(204)
    }

    fn add_fault(&mut self, body: &Value) -> Answer {
        match serde_json::from_value::<Fault>(body.clone()) {
            Ok(fault) if fault.what.steps().contains(&fault.step) => {
                self.faults.add(fault);
                Answer::bare(204)
            }
            Ok(fault) => {
                let why = format!("{} cannot happen at {}", word(fault.what), word(fault.step));
                Answer::new(400, json!({ "trouble": why }))
            }
            Err(error) => Answer::new(400, json!({ "trouble": error.to_string() })),
        }
    }

    /// Who answers over SSH at an address.
    fn host(&mut self, address: &str, now: Moment) -> Answer {
        let nobody =
            || Answer::new(404, json!({ "trouble": format!("nobody answers at {address}") }));
        let has = |system: &&System| system.addresses.iter().any(|own| own == address);
        let systems = self.nodes.values().filter_map(|node| node.life.machine.answering(now));
        let Some(system) = systems.into_iter().find(has).cloned() else { return nobody() };
        let key = match self.faults.strike(&system.name, Step::Ssh) {
            Some(What::SshNeverUp) => return nobody(),
            Some(_) => Some(FOREIGN_KEY.to_owned()),
            None => system.host_key,
        };
        Answer::ok(json!({
            "name": system.name, "addresses": system.addresses, "host_key": key, "image": system.image,
        }))
    }
}
