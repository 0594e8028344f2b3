//! `/v1/nodes`: create, list, show, change, delete.

use serde_json::{Map, Value, json};

use super::{
    locked, no_node, not_simulated,
    refusals::{busy, in_use, not_taken, nowhere},
};
use crate::rack::{
    clock::Moment,
    hardware::uuid,
    http::{Answer, Asked},
    node::{self, Node, View},
    patch::{self, Fault},
    world::Rack,
};

/// How many nodes one answer holds at most.
const PAGE: usize = 1000;

pub(super) const DRIVERS: [&str; 6] =
    ["fake-hardware", "idrac", "intel-ipmi", "ipmi", "manual-management", "redfish"];

impl Rack {
    pub(super) fn on_nodes(&mut self, asked: &Asked, words: &[&str], now: Moment) -> Answer {
        match (asked.method.as_str(), words) {
            ("GET", []) => self.list(asked, false),
            ("GET", ["detail"]) => self.list(asked, true),
            ("POST", []) => self.create(asked, now),
            (_, [word, rest @ ..]) => match self.row(word) {
                Some(row) => self.on_node(asked, row, rest, now),
                None => no_node(word),
            },
            _ => not_simulated(asked),
        }
    }

    fn on_node(&mut self, asked: &Asked, row: u64, words: &[&str], now: Moment) -> Answer {
        match (asked.method.as_str(), words) {
            ("GET", []) => self.show(asked, row),
            ("PATCH", []) => self.patch(asked, row, now),
            ("DELETE", []) => self.delete(row),
            (_, ["states", ..]) => self.on_states(asked, row, &words[1..], now),
            (_, ["maintenance"]) => self.maintain(asked, row),
            (_, ["traits"]) => self.on_traits(asked, row),
            ("GET", ["inventory"]) => self.inventory(row),
            ("GET", ["history"]) => Answer::ok(node::history(&self.nodes[&row], self.view(asked))),
            ("GET", ["validate"]) => validated(),
            ("GET", ["vifs"]) => Answer::ok(json!({ "vifs": [] })),
            ("GET", ["bios", rest @ ..]) => self.on_bios(asked, row, rest),
            _ => not_simulated(asked),
        }
    }

    fn list(&self, asked: &Asked, detail: bool) -> Answer {
        let all: Vec<_> = node::all_fields().collect();
        let fields = match fields(asked, &all) {
            Ok(fields) => {
                fields.unwrap_or_else(|| if detail { all.clone() } else { node::SHORT.to_vec() })
            }
            Err(answer) => return answer,
        };
        let after =
            match asked.key("marker").map(|marker| self.row(marker).ok_or_else(|| no_node(marker)))
            {
                None => 0,
                Some(Ok(row)) => row + 1,
                Some(Err(answer)) => return answer,
            };
        let limit =
            asked.key("limit").and_then(|limit| limit.parse().ok()).filter(|limit| *limit > 0);
        let limit = limit.unwrap_or(PAGE).min(PAGE);
        let wanted = |node: &&Node| {
            let fits = |key, value: &str| asked.key(key).is_none_or(|wanted| wanted == value);
            fits("provision_state", node.life.state.name()) && fits("driver", node.text("driver"))
        };
        let mut found = self.nodes.range(after..).map(|(_, node)| node).filter(wanted);
        let page: Vec<_> = found.by_ref().take(limit).collect();
        let view = self.view(asked);
        let shown: Vec<_> = page.iter().map(|node| node.shown(&fields, view)).collect();
        let mut answer = json!({ "nodes": shown });
        if let (Some(last), Some(_)) = (page.last(), found.next()) {
            let kept = asked.query.iter().filter(|(key, _)| key == "fields");
            let kept: Vec<_> = kept.map(|(key, value)| format!("&{key}={value}")).collect();
            let kept = kept.concat();
            let next = format!("{}/v1/nodes?limit={limit}{kept}&marker={}", asked.base, last.uuid);
            answer["next"] = json!(next);
        }
        Answer::ok(answer)
    }

    fn show(&self, asked: &Asked, row: u64) -> Answer {
        let all: Vec<_> = node::all_fields().collect();
        match fields(asked, &all) {
            Ok(fields) => {
                let fields = fields.unwrap_or(all);
                Answer::ok(self.nodes[&row].shown(&fields, self.view(asked)))
            }
            Err(answer) => answer,
        }
    }

    fn whole(&self, row: u64, view: View<'_>) -> Value {
        let all: Vec<_> = node::all_fields().collect();
        self.nodes[&row].shown(&all, view)
    }

    fn create(&mut self, asked: &Asked, now: Moment) -> Answer {
        let Value::Object(mut fields) = asked.body.clone() else {
            return Answer::refused(400, "Schema error for node: the body is not an object");
        };
        let given = fields.remove("uuid");
        let given = given.as_ref().and_then(Value::as_str);
        if let Some(unknown) = fields.keys().find(|key| !node::is_settable(key)) {
            return Answer::refused(
                400,
                format!(
                    "Schema error for node: Additional properties are not allowed ('{unknown}' was unexpected)"
                ),
            );
        }
        let driver = fields.get("driver").and_then(Value::as_str).unwrap_or_default();
        if !DRIVERS.contains(&driver) {
            return Answer::refused(
                400,
                format!(
                    "No valid host was found. Reason: No conductor service registered which supports driver {driver} for \
                 conductor group \"\". Ensure the driver is valid and enabled."
                ),
            );
        }
        if fields.get("owner").is_some_and(|owner| !owner.is_null()) {
            let words = "Cannot create a node as a project scoped admin with an owner other than your own project.";
            return Answer::refused(400, words);
        }
        let name = fields.get("name").and_then(Value::as_str).unwrap_or_default();
        if given.is_some_and(|uuid| self.row(uuid).is_some()) {
            let uuid = given.unwrap_or_default();
            return Answer::refused(409, format!("A node with UUID {uuid} already exists."));
        }
        if self.row(name).is_some() {
            return Answer::refused(409, format!("A node with name {name} already exists."));
        }
        let uuid = given.map_or_else(|| uuid(&format!("node {name} at {now:?}")), str::to_owned);
        let conductors = self.file.rack.conductors.get_ref();
        let conductor = conductors[self.nodes.len() % conductors.len()].clone();
        let row = self.add(Node { uuid, fields, conductor, created: now, ..Node::default() });
        let place = format!("{}/v1/nodes/{}", asked.base, self.nodes[&row].uuid);
        Answer::new(201, self.whole(row, self.view(asked))).header("Location", place)
    }

    fn patch(&mut self, asked: &Asked, row: u64, now: Moment) -> Answer {
        let node = &self.nodes[&row];
        if let Some(answer) = busy(node) {
            return answer;
        }
        let Some(operations) = asked.body.as_array() else {
            return Answer::refused(400, "Schema error for patch: the body is no list");
        };
        for operation in operations {
            if let Some(answer) = not_taken(operation) {
                return answer;
            }
        }
        let before = Value::Object(node.settable(self.view(asked)));
        let fields = match patch::patched(&before, operations) {
            Ok(Value::Object(fields)) => fields,
            Ok(_) | Err(Fault::Malformed) => {
                return Answer::refused(400, "Schema error for patch: it is none");
            }
            Err(Fault::Nowhere { path }) => return nowhere(operations, &path),
        };
        let name = fields["name"].as_str().unwrap_or_default();
        if self.row(name).is_some_and(|other| other != row) {
            return Answer::refused(409, format!("A node with name {name} already exists."));
        }
        if let Some(answer) = in_use(&self.nodes[&row], &before, &fields) {
            return answer;
        }
        let other_driver = before["driver"] != fields["driver"];
        let mut fields = self.nodes[&row].with(fields, self.view(asked));
        if other_driver && asked.key("reset_interfaces") == Some("true") {
            self.nodes[&row].reset_interfaces(&mut fields);
        }
        self.change(row, fields, now);
        Answer::ok(self.whole(row, self.view(asked)))
    }

    fn delete(&mut self, row: u64) -> Answer {
        let node = &self.nodes[&row];
        let state = node.life.state;
        if let Some(conductor) = node.life.reservation() {
            return locked(&node.uuid, conductor);
        }
        if !state.may_go() && !node.is_in_maintenance() {
            return Answer::refused(
                409,
                format!(
                    "Can not delete node \"{}\" while it is in provision state \"{}\". Valid provision states to perform \
                 deletion are: \"('manageable', 'enroll', 'adopt failed', 'available')\", or set the node into \
                 maintenance mode",
                    node.uuid,
                    state.name()
                ),
            );
        }
        self.remove(row);
        Answer::bare(204)
    }

    fn maintain(&mut self, asked: &Asked, row: u64) -> Answer {
        let Some(node) = self.nodes.get_mut(&row) else { return Answer::bare(404) };
        let on = match asked.method.as_str() {
            "PUT" => true,
            "DELETE" => false,
            _ => return not_simulated(asked),
        };
        let reason = asked.body["reason"].clone();
        node.fields.insert("maintenance".into(), json!(on));
        node.fields.insert("maintenance_reason".into(), if on { reason } else { Value::Null });
        node.fault = None;
        Answer::bare(202)
    }

    fn inventory(&self, row: u64) -> Answer {
        match &self.nodes[&row].inventory {
            Some(inventory) => Answer::ok(inventory.clone()),
            None => Answer::refused(
                404,
                format!("Node inventory record for node {row} could not be found."),
            ),
        }
    }
}

/// The fields that are asked for, with the links, which come unasked.
fn fields<'a>(asked: &'a Asked, all: &[&'static str]) -> Result<Option<Vec<&'a str>>, Answer> {
    let Some(text) = asked.key("fields") else { return Ok(None) };
    let mut fields: Vec<&str> = text.split(',').map(str::trim).collect();
    if let Some(unknown) = fields.iter().find(|field| !all.contains(field)) {
        return Err(Answer::refused(400, format!("Field {unknown} is not a valid field.")));
    }
    if !fields.contains(&"links") {
        fields.push("links");
    }
    Ok(Some(fields))
}

fn validated() -> Answer {
    let kinds = [
        "boot",
        "deploy",
        "management",
        "network",
        "power",
        "bios",
        "console",
        "firmware",
        "inspect",
        "raid",
        "rescue",
        "storage",
    ];
    let fine = |kind: &str| (kind.to_owned(), json!({ "result": true }));
    Answer::ok(Value::Object(kinds.into_iter().map(fine).collect::<Map<_, _>>()))
}
