//! An Ironic in a few lines: it answers as the real one does, and moves a node one state further at every look.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex},
};

use serde_json::{Value, json};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate, matchers::any};

/// A state and, if it is a failure, its `last_error`; without one, Ironic still holds the node's lock.
type State = (&'static str, Option<&'static str>);

#[derive(Default)]
struct Inner {
    nodes: BTreeMap<String, Value>,
    /// The states that a node is about to go through.
    ahead: BTreeMap<String, VecDeque<State>>,
    /// What the next request for a target leads to, instead of what it usually does.
    fates: VecDeque<(&'static str, Vec<State>)>,
    /// What happens on the node before the next request for a target, or the next PATCH, arrives.
    overtaking: Option<(&'static str, Vec<State>)>,
    /// What somebody else adds to a node's `extra` right after the next PATCH.
    meanwhile: Option<Value>,
    /// What somebody else puts in the place of a node's leases right before the next PATCH.
    before: Option<Value>,
    /// Answers so many requests for a provision state with the lock's refusal.
    locks: usize,
    log: Vec<String>,
    bodies: Vec<Value>,
}

/// Shared between the test and the server.
#[derive(Clone, Default)]
pub(super) struct Fake(Arc<Mutex<Inner>>);

impl Fake {
    pub(super) async fn start(&self) -> MockServer {
        let server = MockServer::start().await;
        Mock::given(any()).respond_with(self.clone()).mount(&server).await;
        server
    }

    pub(super) fn add(&self, name: &str, state: &str) {
        let node = json!({
            "uuid": format!("uuid-{name}"), "name": name, "provision_state": state, "driver": "fake-hardware",
            "extra": {}, "instance_info": {}, "properties": {}, "driver_info": {},
        });
        self.0.lock().unwrap().nodes.insert(name.into(), node);
    }

    pub(super) fn set(&self, name: &str, key: &str, value: Value) {
        self.0.lock().unwrap().nodes.get_mut(name).unwrap()[key] = value;
    }

    pub(super) fn get(&self, name: &str, pointer: &str) -> Value {
        self.0.lock().unwrap().nodes[name].pointer(pointer).cloned().unwrap_or_default()
    }

    pub(super) fn will(&self, name: &str, states: &[State]) {
        self.0.lock().unwrap().ahead.insert(name.into(), states.iter().copied().collect());
    }

    pub(super) fn fate(&self, target: &'static str, states: &[State]) {
        self.0.lock().unwrap().fates.push_back((target, states.to_vec()));
    }

    /// Before the next request for this target (or `PATCH`) arrives, somebody takes the node to the first of these
    /// states, so that it is refused; the others follow.
    pub(super) fn overtake(&self, request: &'static str, states: &[State]) {
        self.0.lock().unwrap().overtaking = Some((request, states.to_vec()));
    }

    /// Right after the next PATCH somebody else notes these leases on the node, too.
    pub(super) fn note_after_patch(&self, leases: Value) {
        self.0.lock().unwrap().meanwhile = Some(leases);
    }

    /// Right before the next PATCH somebody else takes the node with these leases.
    pub(super) fn lease_before_patch(&self, leases: Value) {
        self.0.lock().unwrap().before = Some(leases);
    }

    pub(super) fn lock(&self, times: usize) {
        self.0.lock().unwrap().locks = times;
    }

    /// Requests that begin so.
    pub(super) fn count(&self, start: &str) -> usize {
        self.0.lock().unwrap().log.iter().filter(|line| line.starts_with(start)).count()
    }

    pub(super) fn bodies(&self) -> Vec<Value> {
        self.0.lock().unwrap().bodies.clone()
    }
}

impl Inner {
    fn answer(&mut self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let path = path.trim_start_matches("/v1/");
        let parts: Vec<_> = path.split('/').collect();
        match (method, parts.as_slice()) {
            ("GET", ["nodes"]) => (200, self.look()),
            ("GET", _) => (200, json!({ "ports": [] })),
            ("POST", ["nodes"]) => {
                let name = body["name"].as_str().unwrap().to_owned();
                let mut node = body.clone();
                node["uuid"] = json!(format!("uuid-{name}"));
                node["provision_state"] = json!("enroll");
                self.nodes.insert(name, node);
                (201, json!({}))
            }
            ("PATCH", [_, uuid]) => self.change(uuid, body.as_array().unwrap()),
            ("PUT", [_, uuid, ..]) => self.provision(uuid, body["target"].as_str().unwrap()),
            _ => (201, json!({})),
        }
    }

    fn look(&mut self) -> Value {
        for (name, ahead) in &mut self.ahead {
            if let Some((state, error)) = ahead.pop_front() {
                let node = self.nodes.get_mut(name).unwrap();
                node["provision_state"] = json!(state);
                node["last_error"] = json!(error);
                let wordless = state.ends_with("failed") && error.is_none();
                node["reservation"] = json!(wordless.then_some("lab"));
            }
        }
        let shown = |node: &Value| {
            let mut node = node.clone();
            node["target_provision_state"] = json!(target(&node));
            let info = node["driver_info"].as_object_mut().unwrap();
            info.iter_mut()
                .filter(|(key, _)| key.contains("password"))
                .for_each(|(_, v)| *v = json!("******"));
            node
        };
        json!({ "nodes": self.nodes.values().map(shown).collect::<Vec<_>>() })
    }

    fn change(&mut self, uuid: &str, operations: &[Value]) -> (u16, Value) {
        let name = uuid.trim_start_matches("uuid-").to_owned();
        let node = self.nodes.get_mut(&name).unwrap();
        if let Some((_, states)) = self.overtaking.take_if(|(request, _)| *request == "PATCH") {
            node["provision_state"] = json!(states[0].0);
            self.ahead.insert(name, states[1..].iter().copied().collect());
        }
        if let Some(leases) = self.before.take() {
            node["extra"]["ymir"]["leases"] = leases;
        }
        let state = node["provision_state"].as_str().unwrap();
        if state == "inspecting" || (target(node).is_some() && !UPDATE_ALLOWED.contains(&state)) {
            let words =
                format!("Node {uuid} can not be updated while a state transition is in progress.");
            return error(409, &words);
        }
        let mut changed = node.clone();
        if operations.iter().any(|operation| patch(&mut changed, operation).is_none()) {
            return error(400, "Couldn't apply patch");
        }
        if let Some(leases) = self.meanwhile.take() {
            let noted = changed["extra"]["ymir"]["leases"].as_object_mut().unwrap();
            noted.extend(leases.as_object().unwrap().clone());
        }
        *node = changed;
        (200, json!({}))
    }

    fn provision(&mut self, uuid: &str, target: &str) -> (u16, Value) {
        let name = uuid.trim_start_matches("uuid-").to_owned();
        let node = self.nodes.get_mut(&name).unwrap();
        if let Some((_, states)) = self.overtaking.take_if(|(request, _)| *request == target) {
            node["provision_state"] = json!(states[0].0);
            self.ahead.insert(name, states[1..].iter().copied().collect());
            return error(400, "The requested action can not be performed");
        }
        if self.locks > 0 {
            self.locks -= 1;
            let words = format!(
                "Node {uuid} is locked by host lab, please retry after the current operation is completed."
            );
            return error(409, &words);
        }
        let usual: &[State] = match target {
            "manage" => &[("verifying", None), ("manageable", None)],
            "provide" => &[("available", None)],
            "inspect" => &[("inspecting", None), ("inspect wait", None), ("manageable", None)],
            "active" | "rebuild" => &[
                ("deploying", None),
                ("wait call-back", None),
                ("deploying", None),
                ("active", None),
            ],
            _ => &[("deleting", None), ("available", None)],
        };
        // Ironic forgets what it was told of an instance when that is taken off.
        if target == "deleted" {
            node["instance_info"] = json!({});
        }
        let fated = self.fates.pop_front_if(|(fated, _)| *fated == target);
        let states = fated.map_or_else(|| usual.to_vec(), |(_, states)| states);
        node["provision_state"] = json!(states[0].0);
        node["provision_updated_at"] = json!("2026-11-26T21:00:00Z");
        node["last_error"] = Value::Null;
        self.ahead.insert(name, states[1..].iter().copied().collect());
        (202, Value::Null)
    }
}

impl Respond for Fake {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let mut inner = self.0.lock().unwrap();
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        inner.log.push(format!("{} {}", request.method, request.url.path()));
        inner.bodies.push(body.clone());
        let (status, answer) = inner.answer(request.method.as_str(), request.url.path(), &body);
        ResponseTemplate::new(status).set_body_json(answer)
    }
}

/// Where Ironic is taking the node; a node at rest has no target.
fn target(node: &Value) -> Option<&'static str> {
    match node["provision_state"].as_str().unwrap() {
        "deploying" | "wait call-back" | "deploy hold" | "deploy failed" => Some("active"),
        "deleting" | "cleaning" | "clean wait" | "clean hold" | "error" => Some("available"),
        "verifying" | "inspecting" | "inspect wait" | "inspect failed" => Some("manageable"),
        _ => None,
    }
}

/// The states on the way elsewhere in which Ironic takes changes all the same, by its own list.
const UPDATE_ALLOWED: [&str; 11] = [
    "deploy failed",
    "inspect failed",
    "inspect wait",
    "clean failed",
    "error",
    "verifying",
    "adopt failed",
    "rescue failed",
    "unrescue failed",
    "service hold",
    "service failed",
];

fn error(status: u16, words: &str) -> (u16, Value) {
    (status, json!({ "error_message": json!({ "faultstring": words }).to_string() }))
}

/// `add` to an object and `remove` from it, as far as Ymir uses JSON patches; `None` if there is no such place. Ironic
/// knows no `test`.
fn patch(node: &mut Value, operation: &Value) -> Option<()> {
    let (parent, key) = operation["path"].as_str().unwrap().rsplit_once('/').unwrap();
    let parent = node.pointer_mut(parent)?.as_object_mut()?;
    match operation["op"].as_str().unwrap() {
        "add" => drop(parent.insert(key.into(), operation["value"].clone())),
        "remove" => drop(parent.remove(key)?),
        other => panic!("Ironic does not take `{other}`"),
    }
    Some(())
}
