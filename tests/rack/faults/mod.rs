//! Every fault at every step: how it ends, what is told, that nobody else is harmed, and that it can be taken on.

mod document;
mod killed;
mod table;
mod told;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use self::table::{Cell, Ends, cells};
use crate::{
    serving::Served,
    site::{LOGIN, Outcome, Site},
};

const REGISTER: &str = "overcloud hardware register";
const INSPECT: &str = "overcloud hardware inspect";
const PROVISION: &str = "overcloud provision -e wait_ssh_timeout=5";

/// A rack with a host for each cell of a step, and one that nothing happens to.
struct Bench {
    served: Served,
    site: Site,
    cells: Vec<Cell>,
}

fn host(at: usize) -> String {
    format!("node-{}", at + 1)
}

impl Bench {
    fn of(step: &str) -> Self {
        let cells: Vec<_> = cells().into_iter().filter(|cell| cell.step == step).collect();
        let count = cells.len() + 1;
        let nodes = format!("[[nodes]]\ncount = {count}\nname = \"node-{{n}}\"");
        let served = Served::of(&format!("speed = 1000.0\n{LOGIN}"), &nodes);
        let site = Site::of(&served, u32::try_from(count).unwrap());
        Self { served, site, cells }
    }

    fn names(&self) -> Vec<String> {
        (0..=self.cells.len()).map(host).collect()
    }

    /// Asks Ironic for something, as a person would.
    fn ask(&self, host: &str, target: &str) {
        let path = format!("../v1/nodes/{host}/states/provision");
        self.served.control("PUT", &path, &json!({ "target": target }));
    }

    /// Waits until every node is in this state.
    fn settle(&self, hosts: &[String], state: &str) {
        for _ in 0..500 {
            let states = self.states();
            if hosts.iter().all(|host| states.get(host).is_some_and(|is| is == state)) {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        panic!("not all nodes are {state}: {:?}", self.states());
    }

    /// The state of each node in Ironic.
    fn states(&self) -> BTreeMap<String, String> {
        let found = self.served.look("../v1/nodes");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let nodes = found["nodes"].as_array().unwrap();
        nodes.iter().map(|node| (text(&node["name"]), text(&node["provision_state"]))).collect()
    }

    fn play(&self) {
        for (at, cell) in self.cells.iter().enumerate() {
            for play in &cell.plays {
                let times = (play.times > 0).then_some(play.times);
                let fault = json!({ "node": host(at), "step": play.step, "what": play.what, "times": times });
                assert_eq!(self.served.control("POST", "faults", &fault), Value::Null, "{cell:?}");
            }
        }
    }

    /// Gives the command with the faults, compares every cell, and takes the run on without them.
    fn compare(&self, command: &str) {
        self.play();
        let told = self.site.ymir(&format!("{command} --output json"));
        let told = Told::of(&told);
        let states = self.states();
        let troubles: Vec<_> = self
            .cells
            .iter()
            .enumerate()
            .flat_map(|(at, cell)| told.differences(&host(at), cell, &states))
            .collect();
        let troubles = [troubles, self.hops_that_differ(|_| true)].concat();
        assert!(troubles.is_empty(), "{}", troubles.join("\n"));
        let unharmed = host(self.cells.len());
        assert!(told.messages(&unharmed).is_empty(), "{unharmed} has nothing to do with it");
        self.served.control("DELETE", "faults", &json!({}));
        self.take_on();
    }

    /// Gives the command while Ironic says nothing of its reasons: the hops are found all the same, but where only
    /// Ironic can know.
    fn compare_without_words(&self, command: &str) {
        self.play();
        self.served.control("POST", "words", &json!({ "told": false }));
        self.site.ymir(command).expect(4);
        let troubles = self.hops_that_differ(|cell| cell.fault != "conductor restarted");
        assert!(troubles.is_empty(), "without a word of Ironic's:\n{}", troubles.join("\n"));
    }

    /// Where `ymir why` finds another hop broken than the cell says. It only looks: Ironic has everything as before.
    fn hops_that_differ(&self, asks: fn(&Cell) -> bool) -> Vec<String> {
        for log in ["dhcp", "http"] {
            let text = self.served.look(&format!("logs/{log}"));
            self.site.write(&format!("{log}.log"), text.as_str().unwrap());
        }
        let before = self.served.look("../v1/nodes/detail");
        let cells = self.cells.iter().enumerate();
        let asked: Vec<_> =
            cells.filter(|(_, cell)| cell.ends == Ends::Fails && asks(cell)).collect();
        let names: Vec<_> = asked.iter().map(|(at, _)| host(*at)).collect();
        let told = self.site.ymir(&format!("why {} --output json", names.join(" "))).expect(0);
        let told = told.json();
        assert_eq!(self.served.look("../v1/nodes/detail"), before, "why changes nothing");
        let differs = |((at, cell), story): (&(usize, &Cell), &Value)| {
            assert_eq!(story["host"], host(*at));
            let hop = (story["verdict"].as_str(), story["hop"].as_str(), &story["perhaps"]);
            let wanted = (Some("broken"), cell.hop.as_deref(), &json!([]));
            (hop != wanted).then(|| format!("{} × {}: {hop:?}\n{story:#}", cell.step, cell.fault))
        };
        let stories = told["hosts"].as_array().unwrap();
        assert_eq!(stories.len(), asked.len());
        asked.iter().zip(stories).filter_map(differs).collect()
    }

    fn take_on(&self) {
        let with_a_person = |(at, cell): (usize, &Cell)| {
            let first = cell.first.as_ref()?;
            self.ask(&host(at), first);
            Some(host(at))
        };
        let asked: Vec<_> = self.cells.iter().enumerate().filter_map(with_a_person).collect();
        self.settle(&asked, "manageable");
        self.site.ymir("run resume").expect(0);
    }
}

/// What a command told, by host.
struct Told(BTreeMap<String, Vec<Message>>);

/// A host's warning, or its trouble as it is shown.
enum Message {
    Warning(String),
    Trouble(String),
}

impl Told {
    fn of(outcome: &Outcome) -> Self {
        let mut told: BTreeMap<String, Vec<Message>> = BTreeMap::new();
        for event in outcome.events() {
            let Some(subject) = event["subject"].as_str() else { continue };
            let trouble = &event["trouble"];
            let message = match event["event"].as_str() {
                Some("warning") => Message::Warning(event["text"].to_string()),
                Some("step_finished") if !trouble.is_null() => {
                    Message::Trouble(trouble.to_string())
                }
                _ => continue,
            };
            told.entry(subject.into()).or_default().push(message);
        }
        Self(told)
    }

    fn messages(&self, host: &str) -> &[Message] {
        self.0.get(host).map_or(&[], Vec::as_slice)
    }

    /// What is not as the cell says.
    fn differences(
        &self,
        host: &str,
        cell: &Cell,
        states: &BTreeMap<String, String>,
    ) -> Vec<String> {
        let mut found = Vec::new();
        let mut differs = |what: String| {
            found.push(format!("{} × {} ({host}): {what}", cell.step, cell.fault));
        };
        let messages = self.messages(host);
        let text = |message: &Message| match message {
            Message::Warning(text) | Message::Trouble(text) => text.clone(),
        };
        let all: Vec<_> = messages.iter().map(text).collect();
        let troubles =
            messages.iter().filter(|message| matches!(message, Message::Trouble(_))).count();
        if troubles != usize::from(cell.ends == Ends::Fails) {
            differs(format!("{troubles} troubles, not as `{:?}`: {all:?}", cell.ends));
        }
        for word in cell.says.iter().filter(|word| !all.concat().contains(*word)) {
            differs(format!("`{word}` is missing in {all:?}"));
        }
        let state = states.get(host).cloned().unwrap_or_default();
        if state != cell.state {
            differs(format!("the node is `{state}`, not `{}`", cell.state));
        }
        found
    }
}

/// A step's bench, made ready, and the command that takes the step.
type Ready = (Bench, String);

fn registering() -> Ready {
    (Bench::of("register"), REGISTER.to_owned())
}

fn inspecting() -> Ready {
    let bench = Bench::of("inspect");
    bench.site.ymir(REGISTER).expect(0);
    (bench, INSPECT.to_owned())
}

fn making_available() -> Ready {
    let bench = Bench::of("make available");
    let clean = "-e {\"ymir_ironic_automated_clean\":true}";
    bench.site.ymir(&format!("{REGISTER} {clean}")).expect(0);
    (bench, format!("{PROVISION} {clean}"))
}

fn deploying() -> Ready {
    let bench = Bench::of("deploy");
    bench.site.ymir(REGISTER).expect(0);
    let names = bench.names();
    for name in &names {
        bench.ask(name, "provide");
    }
    bench.settle(&names, "available");
    (bench, PROVISION.to_owned())
}

fn verifying() -> Ready {
    let bench = Bench::of("verify over SSH");
    bench.site.ymir(REGISTER).expect(0);
    bench.site.ymir(PROVISION).expect(0);
    (bench, PROVISION.to_owned())
}

/// The steps at once, each on a rack of its own: most of the time is waiting.
#[test]
fn every_fault_at_every_step_ends_as_the_matrix_says() {
    std::thread::scope(|scope| {
        for ready in [registering, inspecting, making_available, deploying, verifying] {
            scope.spawn(move || {
                let (bench, command) = ready();
                bench.compare(&command);
            });
        }
    });
}

#[test]
fn why_finds_the_hop_without_a_word_of_ironics() {
    std::thread::scope(|scope| {
        for ready in [registering, inspecting, making_available, deploying] {
            scope.spawn(move || {
                let (bench, command) = ready();
                bench.compare_without_words(&command);
            });
        }
    });
}
