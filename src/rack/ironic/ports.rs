//! `/v1/ports`.

use serde_json::{Map, Value, json};

use super::not_simulated;
use crate::rack::{
    clock::{Moment, written},
    hardware::uuid,
    http::{Answer, Asked},
    node::{Node, links},
    patch::patched,
    state::State,
    world::Rack,
};

/// The fields of a list that asks for none.
const SHORT: [&str; 3] = ["uuid", "address", "links"];

impl Rack {
    pub(super) fn on_ports(&mut self, asked: &Asked, words: &[&str], now: Moment) -> Answer {
        match (asked.method.as_str(), words) {
            ("GET", []) => self.list_ports(asked),
            ("GET", ["detail"]) => self.ports_with(asked, None),
            ("POST", []) => self.create_port(asked, now),
            (method, [word]) => {
                if !is_identity(word) {
                    let words = format!("Expected UUID or name for port_ident: {word}");
                    return Answer::refused(400, words);
                }
                let mut ports = self.ports.iter();
                let found =
                    ports.find(|(_, port)| port["uuid"] == **word || port["name"] == **word);
                let Some((mac, port)) = found.map(|(mac, port)| (mac.clone(), port.clone())) else {
                    return Answer::refused(404, format!("Port {word} could not be found."));
                };
                match method {
                    "GET" => Answer::ok(Value::Object(port)),
                    "PATCH" => self.change_port(asked, &port, now),
                    "DELETE" => {
                        self.ports.remove(&mac);
                        Answer::bare(204)
                    }
                    _ => not_simulated(asked),
                }
            }
            _ => not_simulated(asked),
        }
    }

    fn list_ports(&self, asked: &Asked) -> Answer {
        let given = asked.key("fields").map(|text| text.split(',').chain(["links"]).collect());
        let fields: Vec<_> = given.unwrap_or_else(|| SHORT.to_vec());
        self.ports_with(asked, Some(&fields))
    }

    fn ports_with(&self, asked: &Asked, fields: Option<&[&str]>) -> Answer {
        let node = asked.key("node").or(asked.key("node_uuid"));
        let node = node.map(|word| self.row(word).map(|row| self.nodes[&row].uuid.clone()));
        let wanted = |port: &&Map<String, Value>| {
            node.as_ref().is_none_or(|uuid| port["node_uuid"] == json!(uuid))
        };
        let found: Vec<_> = match asked.key("address") {
            Some(mac) => self.ports.get(&mac.to_lowercase()).into_iter().collect(),
            None => self.ports.values().collect(),
        };
        let found = found.into_iter().filter(wanted);
        let shown = found.map(|port| match fields {
            None => port.clone(),
            Some(fields) => {
                let value = |field: &&str| Some(((*field).to_owned(), port.get(*field)?.clone()));
                fields.iter().filter_map(value).collect()
            }
        });
        Answer::ok(json!({ "ports": shown.collect::<Vec<_>>() }))
    }

    fn change_port(&mut self, asked: &Asked, port: &Map<String, Value>, now: Moment) -> Answer {
        let row = port["node_uuid"].as_str().and_then(|uuid| self.row(uuid));
        let Some(node) = row.and_then(|row| self.nodes.get(&row)) else { return Answer::bare(404) };
        let operations = asked.body.as_array().cloned().unwrap_or_default();
        let Ok(Value::Object(mut changed)) = patched(&Value::Object(port.clone()), &operations)
        else {
            return Answer::refused(400, "Schema error for patch: it is none");
        };
        if let Some(answer) = plugged(node, port, &changed) {
            return answer;
        }
        changed["updated_at"] = json!(written(self.began, now));
        let key =
            |port: &Map<String, Value>| port["address"].as_str().unwrap_or_default().to_lowercase();
        self.ports.remove(&key(port));
        self.ports.insert(key(&changed), changed.clone());
        Answer::ok(Value::Object(changed))
    }

    fn create_port(&mut self, asked: &Asked, now: Moment) -> Answer {
        let text = |key| asked.body[key].as_str().unwrap_or_default();
        let address = text("address").to_lowercase();
        let Some(row) = self.row(text("node_uuid")) else {
            return Answer::refused(400, format!("Node {} could not be found.", text("node_uuid")));
        };
        if self.ports.contains_key(&address) {
            return Answer::refused(
                409,
                format!("A port with MAC address {address} already exists."),
            );
        }
        let given = text("uuid");
        let uuid = if given.is_empty() {
            uuid(&format!("port {address} at {now:?}"))
        } else {
            given.to_owned()
        };
        let set = |key: &str, default: Value| asked.body.get(key).cloned().unwrap_or(default);
        let port = json!({
            "uuid": uuid,
            "created_at": written(self.began, now),
            "updated_at": null,
            "address": address,
            "extra": set("extra", json!({})),
            "internal_info": {},
            "is_smartnic": false,
            "local_link_connection": set("local_link_connection", json!({})),
            "physical_network": set("physical_network", Value::Null),
            "pxe_enabled": set("pxe_enabled", json!(true)),
            "node_uuid": self.nodes[&row].uuid,
            "name": set("name", Value::Null),
            "description": null,
            "links": links(&asked.base, &format!("ports/{uuid}")),
            "portgroup_uuid": null,
        });
        self.ports.extend(port.as_object().cloned().map(|port| (address, port)));
        Answer::new(201, port)
    }
}

/// Whether a word may be a UUID or a name; a MAC is neither.
fn is_identity(word: &str) -> bool {
    !word.contains(':')
}

/// The refusal to change what the port of a node that is not free is plugged into.
fn plugged(node: &Node, before: &Map<String, Value>, after: &Map<String, Value>) -> Option<Answer> {
    use State as S;
    let state = node.life.state;
    let free = [S::Enroll, S::Inspecting, S::InspectWait, S::Manageable].contains(&state)
        || node.is_in_maintenance();
    let plug = ["pxe_enabled", "local_link_connection", "physical_network"];
    if free || plug.iter().all(|field| before[*field] == after[*field]) {
        return None;
    }
    let uuid = before["uuid"].as_str().unwrap_or_default();
    Some(Answer::refused(
        409,
        format!(
            "Port {uuid} can not have any connectivity attributes (pxe_enabled, portgroup_id, physical_network, \
             local_link_connection) updated unless node {} is in a enroll, inspecting, inspect wait, manageable state or \
             in maintenance mode. The current state is {}.",
            node.uuid,
            state.name()
        ),
    ))
}
