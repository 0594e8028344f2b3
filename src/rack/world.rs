//! All there is in the rack: machines, Ironic's records of them, and what is yet to happen to either.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{
    clock::Moment,
    conductor,
    fault::{Faults, What},
    file::{Bmc, File},
    hardware::Shelf,
    http::{Answer, Asked, Outcome},
    ironic::Rule,
    machine::{self, Machine, Request},
    node::{Node, View},
    road::{self, Circumstances, Did},
    state::{State, Verb},
    steps::{self, Steps},
};

/// The rack.
#[derive(Debug)]
pub struct Rack {
    pub file: File,
    pub began: Timestamp,
    pub shelf: Shelf,
    pub faults: Faults,
    /// Ironic's nodes by their rows, which is the order of its lists.
    pub nodes: BTreeMap<u64, Node>,
    rows: BTreeMap<String, u64>,
    last_row: u64,
    /// By their MACs, by which they are asked for.
    pub ports: BTreeMap<String, Map<String, Value>>,
    pub allocations: Vec<Map<String, Value>>,
    /// Ironic does not say why something failed.
    pub mute: bool,
    /// Inspection rules, in the order in which they came.
    pub rules: Vec<Rule>,
    due: BTreeSet<(Moment, u64)>,
}

impl Rack {
    pub fn new(file: File, began: Timestamp) -> Self {
        Self {
            shelf: Shelf::of(&file),
            faults: Faults::new(file.faults()),
            file,
            began,
            nodes: BTreeMap::new(),
            rows: BTreeMap::new(),
            last_row: 0,
            ports: BTreeMap::new(),
            allocations: Vec::new(),
            mute: false,
            rules: Vec::new(),
            due: BTreeSet::new(),
        }
    }

    /// What becomes of a request at a moment.
    pub fn answer(&mut self, asked: &Asked, now: Moment) -> Outcome {
        self.pass(now);
        match asked.words().split_first() {
            Some((&"redfish", rest)) => self.redfish(asked, rest, now),
            Some((&"rack", rest)) => Outcome::Now(self.control(asked, rest, now)),
            Some((&"v1", rest)) => self.ironic(asked, rest, now),
            Some((&"v3", rest)) => Outcome::Now(self.keystone(asked, rest)),
            Some((&"glance", rest)) => Outcome::Now(self.glance(asked, rest)),
            None => Outcome::Now(self.versions(asked)),
            Some(_) => Outcome::Now(Answer::bare(404)),
        }
    }

    pub fn view<'a>(&self, asked: &'a Asked) -> View<'a> {
        View { base: &asked.base, began: self.began, mute: self.mute }
    }

    /// Lets everything happen that is due by now.
    fn pass(&mut self, now: Moment) {
        while let Some((at, row)) = self.due.first().copied().filter(|(at, _)| *at <= now) {
            self.due.remove(&(at, row));
            let Some(node) = self.nodes.get_mut(&row) else { continue };
            let before = node.life.state;
            let (life, did) = conductor::tick(&node.life, now, &self.file.times);
            node.life = life;
            if node.life.state != before {
                node.provision_updated = Some(at);
            }
            self.note(row, &did, now);
        }
    }

    /// Notes what has come about, and when to look again.
    fn note(&mut self, row: u64, did: &[Did], now: Moment) {
        let Some(node) = self.nodes.get_mut(&row) else { return };
        for did in did {
            match did {
                Did::Verified => node.verified = true,
                Did::Inspected => node.inspected = Some(now),
                Did::Cleaned => steps::done(node, now),
                Did::StepFailed => {
                    let words = node.life.error.clone();
                    node.fields.insert("maintenance".into(), json!(true));
                    node.fields.insert("maintenance_reason".into(), json!(words));
                    node.fault = Some("clean failure");
                }
                Did::Released => {
                    node.fields.insert("instance_info".into(), Value::Object(Map::new()));
                    node.fields.insert("instance_uuid".into(), Value::Null);
                }
            }
        }
        if did.contains(&Did::Inspected) {
            node.inventory = node.hardware.map(|at| self.shelf.get(at).inventory());
        }
        self.due.extend(node.life.due().map(|at| (at, row)));
    }

    /// The row of the node with this name or UUID.
    pub fn row(&self, word: &str) -> Option<u64> {
        self.rows.get(word).copied()
    }

    pub fn add(&mut self, mut node: Node) -> u64 {
        self.last_row += 1;
        node.row = self.last_row;
        self.rows.insert(node.uuid.clone(), node.row);
        self.named(node.name(), node.row);
        self.nodes.insert(node.row, node);
        self.last_row
    }

    fn named(&mut self, name: &str, row: u64) {
        if !name.is_empty() {
            self.rows.insert(name.to_owned(), row);
        }
    }

    /// Gives a node other fields.
    pub fn change(&mut self, row: u64, fields: Map<String, Value>, now: Moment) {
        let Some(node) = self.nodes.get_mut(&row) else { return };
        let before = node.name().to_owned();
        node.fields = fields;
        node.updated = Some(now);
        let after = node.name().to_owned();
        if before != after {
            self.rows.remove(&before);
            self.named(&after, row);
        }
    }

    /// Takes a node out of Ironic; its machine stays as it is.
    pub fn remove(&mut self, row: u64) {
        self.unlink(row);
        let Some(node) = self.nodes.remove(&row) else { return };
        self.rows.remove(&node.uuid);
        self.rows.remove(node.name());
        self.ports.retain(|_, port| port["node_uuid"] != *node.uuid);
    }

    fn unlink(&mut self, row: u64) {
        let Some(node) = self.nodes.get_mut(&row) else { return };
        let Some(at) = node.hardware.take() else { return };
        let hardware = self.shelf.get_mut(at);
        hardware.machine = std::mem::take(&mut node.life.machine);
        hardware.node = None;
    }

    /// Takes up a request for a provision state, which the node's state allows.
    pub fn provision(&mut self, row: u64, verb: Verb, asked: &Asked, now: Moment) {
        let from = self.nodes[&row].life.state;
        if verb == Verb::Manage && from == State::Enroll {
            self.link(row, asked);
        }
        let about = self.circumstances(row, verb, asked);
        let name = self.nodes[&row].name().to_owned();
        let what = road::step(verb).filter(|_| verb != Verb::Manage || from == State::Enroll);
        let what = what.and_then(|step| self.faults.strike(&name, step));
        let Some(node) = self.nodes.get_mut(&row) else { return };
        let (life, did) = conductor::begin(&node.life, verb, about, what, (now, &self.file.times));
        node.life = life;
        node.provision_updated = Some(now);
        self.note(row, &did, now);
    }

    /// Looks which machine the node stands for, as Ironic does when it talks to a BMC for the first time.
    fn link(&mut self, row: u64, asked: &Asked) {
        self.unlink(row);
        let Some(at) = self.machine_of(&self.nodes[&row], asked) else { return };
        let hardware = self.shelf.get_mut(at);
        let Some(node) = self.nodes.get_mut(&row).filter(|_| hardware.node.is_none()) else {
            return;
        };
        hardware.node = Some(row);
        node.hardware = Some(at);
        node.life.machine = std::mem::take(&mut hardware.machine);
    }

    fn machine_of(&self, node: &Node, asked: &Asked) -> Option<usize> {
        if node.bmc() != Bmc::Redfish {
            let is_alike =
                |at: &usize| [self.shelf.get(*at).bmc, Bmc::FakeHardware].contains(&node.bmc());
            return self.shelf.find(node.name()).filter(is_alike);
        }
        let address = node.inner("driver_info", "redfish_address");
        let place = |url: &str| {
            url.split_once("://").map_or(url, |(_, rest)| rest).trim_end_matches('/').to_owned()
        };
        let system =
            node.inner("driver_info", "redfish_system_id").rsplit('/').next().unwrap_or_default();
        let word = if system.is_empty() { node.name() } else { system };
        self.shelf.find(word).filter(|_| place(address) == place(&asked.base))
    }

    fn circumstances(&self, row: u64, verb: Verb, asked: &Asked) -> Circumstances {
        let node = &self.nodes[&row];
        let redfish = node.bmc() == Bmc::Redfish;
        let address = if redfish { "redfish_address" } else { "ipmi_address" };
        Circumstances {
            uuid: node.uuid.clone(),
            conductor: node.conductor.clone(),
            redfish,
            address: node.inner("driver_info", address).trim_end_matches('/').to_owned(),
            unreachable: self.unreachable(node, asked),
            steps: Steps::of(node, verb, &asked.body),
            automated_clean: node.fields.get("automated_clean") != Some(&Value::Bool(false)),
            system: super::drive::system(node, &asked.body["configdrive"]),
        }
    }

    /// Why Ironic cannot talk to the node's BMC.
    fn unreachable(&self, node: &Node, asked: &Asked) -> Option<What> {
        let kind = match node.bmc() {
            Bmc::FakeHardware => return None,
            Bmc::Redfish => "redfish",
            Bmc::Ipmi => "ipmi",
        };
        if self.machine_of(node, asked).is_none() {
            return Some(What::BmcDead);
        }
        let login = self.file.rack.bmc.as_ref()?;
        let given = |key| node.inner("driver_info", &format!("{kind}_{key}")).to_owned();
        let fits = given("username") == login.user && given("password") == login.password;
        (!fits).then_some(What::Unauthorised)
    }

    /// A request of a BMC's user, or of Ironic, to a machine.
    pub fn ask_machine(&mut self, at: usize, request: Request, now: Moment) {
        let times = &self.file.times;
        let hardware = self.shelf.get_mut(at);
        let machine = match hardware.node.and_then(|row| self.nodes.get_mut(&row)) {
            Some(node) => &mut node.life.machine,
            None => &mut hardware.machine,
        };
        *machine = machine::next(machine, request, now, times).0;
    }

    /// A machine as it is.
    pub fn machine(&self, at: usize) -> &Machine {
        let hardware = self.shelf.get(at);
        let node = hardware.node.and_then(|row| self.nodes.get(&row));
        node.map_or(&hardware.machine, |node| &node.life.machine)
    }
}
