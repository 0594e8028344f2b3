//! `/v1/nodes/…/states`: power, provision state, RAID; and traits.

use serde_json::{Value, json};

use super::{locked, not_simulated};
use crate::rack::{
    clock::Moment,
    http::{Answer, Asked},
    machine::{self, Power, Request},
    node,
    state::{State, Verb},
    world::Rack,
};

impl Rack {
    pub(super) fn on_states(
        &mut self,
        asked: &Asked,
        row: u64,
        words: &[&str],
        now: Moment,
    ) -> Answer {
        match (asked.method.as_str(), words) {
            ("GET", []) => Answer::ok(self.nodes[&row].shown(node::STATES, self.view(asked))),
            ("PUT", ["provision"]) => self.on_provision(asked, row, now),
            ("PUT", ["power"]) => self.on_power(asked, row, now),
            ("PUT", ["console"]) => self.on_console(asked, row),
            ("PUT", ["raid"]) => self.on_raid(asked, row),
            _ => not_simulated(asked),
        }
    }

    fn on_provision(&mut self, asked: &Asked, row: u64, now: Moment) -> Answer {
        let node = &self.nodes[&row];
        let target = asked.body["target"].as_str().unwrap_or_default();
        let verb = Verb::of(target);
        if matches!(verb, Some(Verb::Active | Verb::Rebuild)) && node.is_in_maintenance() {
            return Answer::refused(
                400,
                format!(
                    "The provisioning operation can't be performed on node {} because it's in maintenance mode.",
                    node.uuid
                ),
            );
        }
        let state = node.life.state;
        let Some(verb) = verb.filter(|verb| verb.is_possible(state)) else {
            return match node.life.reservation() {
                Some(conductor) => locked(&node.uuid, conductor),
                None => cannot(target, &node.uuid, state.name()),
            };
        };
        let steps = asked.body["clean_steps"].as_array();
        if verb == Verb::Clean && steps.is_none_or(Vec::is_empty) {
            let words = "\"clean_steps\" is required when setting target provision state to clean";
            return Answer::refused(400, words);
        }
        if matches!(verb, Verb::Rebuild | Verb::Deleted) && node.is_protected() {
            let words = format!(
                "Node {} is protected and cannot be undeployed, rebuilt or deleted",
                node.uuid
            );
            return Answer::refused(403, words);
        }
        if matches!(verb, Verb::Active | Verb::Rebuild) && self.deploys_as_many_as_it_may() {
            return Answer::refused(
                503,
                "Unable to process request at this time. The concurrent action limit for provisioning has been reached. \
                 Please contact your administrator and try again later.",
            );
        }
        self.provision(row, verb, asked, now);
        let place = format!("{}/v1/nodes/{}/states", asked.base, self.nodes[&row].uuid);
        Answer::bare(202).header("Location", place)
    }

    fn deploys_as_many_as_it_may(&self) -> bool {
        let Some(most) = self.file.rack.max_concurrent_deploy else { return false };
        let deploys = |state: State| matches!(state, State::Deploying | State::DeployWait);
        self.nodes.values().filter(|node| deploys(node.life.state)).count() >= most
    }

    fn on_power(&mut self, asked: &Asked, row: u64, now: Moment) -> Answer {
        let node = &self.nodes[&row];
        let target = asked.body["target"].as_str().unwrap_or_default();
        let request = match target {
            "power on" => Request::Switch(Power::On),
            "power off" | "soft power off" => Request::Switch(Power::Off),
            "rebooting" | "soft rebooting" => Request::Restart,
            _ => {
                let state =
                    if node.life.machine.power() == Power::On { "power on" } else { "power off" };
                return cannot(target, &node.uuid, state);
            }
        };
        if let Some(conductor) = node.life.reservation() {
            return locked(&node.uuid, conductor);
        }
        let times = &self.file.times;
        let Some(node) = self.nodes.get_mut(&row) else { return Answer::bare(404) };
        node.life.machine = machine::next(&node.life.machine, request, now, times).0;
        node.verified = true;
        Answer::bare(202)
    }

    /// Consoles of nodes whose driver has none are refused; all others go on and off at once.
    fn on_console(&mut self, asked: &Asked, row: u64) -> Answer {
        let node = &self.nodes[&row];
        if let Some(conductor) = node.life.reservation() {
            return locked(&node.uuid, conductor);
        }
        if node.text("console_interface") == "no-console" {
            let words = format!(
                "Driver {} does not support console (disabled or not implemented).",
                node.text("driver")
            );
            return Answer::refused(400, words);
        }
        let Some(node) = self.nodes.get_mut(&row) else { return Answer::bare(404) };
        node.console = asked.body["enabled"] == true;
        Answer::bare(202)
            .header("Location", format!("{}/v1/nodes/{}/states/console", asked.base, node.uuid))
    }

    pub(super) fn on_traits(&mut self, asked: &Asked, row: u64) -> Answer {
        let Some(node) = self.nodes.get_mut(&row) else { return Answer::bare(404) };
        match asked.method.as_str() {
            "GET" => Answer::ok(json!({ "traits": node.traits })),
            "PUT" => {
                let traits = asked.body["traits"].as_array().cloned().unwrap_or_default();
                if let Some(wrong) = traits.iter().find(|name| !is_trait(name)) {
                    return no_trait(wrong.as_str().unwrap_or_default());
                }
                node.traits = traits;
                Answer::bare(204)
            }
            "DELETE" => {
                node.traits.clear();
                Answer::bare(204)
            }
            _ => not_simulated(asked),
        }
    }
}

fn cannot(target: &str, node: &str, state: &str) -> Answer {
    Answer::refused(
        400,
        format!(
            "The requested action \"{target}\" can not be performed on node \"{node}\" while it is in state \"{state}\"."
        ),
    )
}

/// A site's own trait; the rack does not know the standard ones by name, but by how they begin.
fn is_trait(name: &Value) -> bool {
    let plain = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    let name = name.as_str().unwrap_or_default();
    let begins =
        ["CUSTOM_", "HW_", "COMPUTE_", "STORAGE_"].iter().any(|begin| name.starts_with(begin));
    begins && name.chars().all(plain)
}

fn no_trait(name: &str) -> Answer {
    Answer::refused(
        400,
        format!(
            "Schema error for body: '{name}' is not valid under any of the given schemas. Possible root cause: '{name}' does \
         not match '^CUSTOM_[A-Z0-9_]+$'"
        ),
    )
}
