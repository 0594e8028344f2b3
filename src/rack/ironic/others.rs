//! What stands beside the nodes: versions, conductors, drivers, allocations.

use serde_json::{Map, Value, json};

use super::{nodes::DRIVERS, not_simulated};
use crate::rack::{
    clock::{Moment, written},
    hardware::uuid,
    http::{Answer, Asked},
    node::links,
    state::State,
    world::Rack,
};

/// What the root of the API leads to.
const RESOURCES: [&str; 16] = [
    "chassis",
    "nodes",
    "ports",
    "drivers",
    "portgroups",
    "volume",
    "lookup",
    "heartbeat",
    "conductors",
    "allocations",
    "events",
    "deploy_templates",
    "shards",
    "runbooks",
    "inspection_rules",
    "continue_inspection",
];

impl Rack {
    /// What answers at the address without a path.
    pub fn versions(&self, asked: &Asked) -> Answer {
        let version = self.version(asked);
        Answer::ok(json!({
            "name": "OpenStack Ironic API",
            "description": "A rack that is simulated by Ymir.",
            "default_version": version,
            "versions": [version],
        }))
    }

    fn version(&self, asked: &Asked) -> Value {
        json!({
            "id": "v1",
            "links": [{ "href": format!("{}/v1/", asked.base), "rel": "self" }],
            "status": "CURRENT",
            "min_version": "1.1",
            "version": self.file.rack.newest_version.get_ref(),
        })
    }

    pub(super) fn root(&self, asked: &Asked) -> Answer {
        let base = &asked.base;
        let described = format!("{base}/rack");
        let mut root = json!({
            "id": "v1",
            "links": [
                { "href": format!("{base}/v1/"), "rel": "self" },
                { "href": described, "rel": "describedby", "type": "text/html" },
            ],
            "media_types": { "base": "application/json", "type": "application/vnd.openstack.ironic.v1+json" },
            "version": self.version(asked),
        });
        for name in RESOURCES {
            root[name] = links(base, &format!("{name}/"));
        }
        Answer::ok(root)
    }

    pub(super) fn conductors(&self, asked: &Asked) -> Answer {
        let shown = self.file.rack.conductors.get_ref().iter().map(|name| {
            json!({
                "hostname": name, "conductor_group": "", "alive": true,
                "links": links(&asked.base, &format!("conductors/{name}")),
            })
        });
        Answer::ok(json!({ "conductors": shown.collect::<Vec<_>>() }))
    }

    pub(super) fn drivers(&self, asked: &Asked) -> Answer {
        let shown = DRIVERS.map(|name| {
            json!({
                "name": name, "hosts": self.file.rack.conductors.get_ref(), "type": "dynamic",
                "links": links(&asked.base, &format!("drivers/{name}")),
                "properties": links(&asked.base, &format!("drivers/{name}/properties")),
            })
        });
        Answer::ok(json!({ "drivers": shown }))
    }

    pub(super) fn on_allocations(&mut self, asked: &Asked, words: &[&str], now: Moment) -> Answer {
        match (asked.method.as_str(), words) {
            ("GET", []) => Answer::ok(json!({ "allocations": self.allocations })),
            ("POST", []) => self.allocate(asked, now),
            (method, [word]) => {
                let named = |allocation: &Map<String, Value>| {
                    allocation["uuid"] == **word || allocation["name"] == **word
                };
                let Some(at) = self.allocations.iter().position(named) else {
                    return Answer::refused(404, format!("Allocation {word} could not be found."));
                };
                match method {
                    "GET" => Answer::ok(Value::Object(self.allocations[at].clone())),
                    "DELETE" => self.release(at),
                    _ => not_simulated(asked),
                }
            }
            _ => not_simulated(asked),
        }
    }

    /// The first available node of the class that nobody has.
    fn allocate(&mut self, asked: &Asked, now: Moment) -> Answer {
        let text = |key: &str| asked.body[key].as_str().unwrap_or_default();
        let class = text("resource_class");
        let given = text("uuid");
        let uuid = if given.is_empty() {
            uuid(&format!("allocation {} at {now:?}", self.allocations.len()))
        } else {
            given.to_owned()
        };
        let free = self.nodes.values_mut().find(|node| {
            let of_class = node
                .fields
                .get("resource_class")
                .map_or(class == "baremetal", |found| *found == class);
            of_class
                && node.life.state == State::Available
                && !node.fields.contains_key("allocation_uuid")
        });
        let node = free.map(|node| {
            node.fields.insert("allocation_uuid".into(), json!(uuid));
            node.fields.insert("instance_uuid".into(), json!(uuid));
            node.uuid.clone()
        });
        let error = format!(
            "Failed to process allocation {uuid}: no available nodes match the resource class {class}."
        );
        let at = written(self.began, now);
        let allocation = json!({
            "uuid": uuid,
            "created_at": at,
            "updated_at": at,
            "candidate_nodes": asked.body.get("candidate_nodes").cloned().unwrap_or_else(|| json!([])),
            "extra": asked.body.get("extra").cloned().unwrap_or_else(|| json!({})),
            "last_error": if node.is_some() { Value::Null } else { json!(error) },
            "name": asked.body["name"],
            "owner": null,
            "resource_class": class,
            "state": if node.is_some() { "active" } else { "error" },
            "traits": asked.body.get("traits").cloned().unwrap_or_else(|| json!([])),
            "links": links(&asked.base, &format!("allocations/{uuid}")),
            "node_uuid": node,
        });
        self.allocations.extend(allocation.as_object().cloned());
        Answer::new(201, allocation)
    }

    fn release(&mut self, at: usize) -> Answer {
        let allocation = self.allocations.remove(at);
        let row = allocation["node_uuid"].as_str().and_then(|uuid| self.row(uuid));
        if let Some(node) = row.and_then(|row| self.nodes.get_mut(&row)) {
            node.fields.remove("allocation_uuid");
            node.fields.remove("instance_uuid");
        }
        Answer::bare(204)
    }
}
