//! A container of an engine of the host's.

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Thing;
use crate::host::{
    accounts, change::Change, fault::Fault, machine::Machine, programs::Call, record::Trace,
    removal::Verdict,
};

/// Images come over the network.
const PULL_LIMIT: Duration = Duration::from_mins(30);

/// What an engine itself adds to the environment of a container.
const OWN_ENV: [&str; 5] = ["HOME", "HOSTNAME", "PATH", "TERM", "container"];

/// What engines say of something that is not there. One that does not run has nothing either: it is started before its
/// containers are.
const ABSENT: [&str; 4] =
    ["no such", "not found", "not known", "cannot connect to the docker daemon"];

/// Whose container it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Engine {
    Docker,
    Podman,
}

impl Engine {
    pub fn program(self) -> &'static str {
        match self {
            Self::Docker => "docker",
            Self::Podman => "podman",
        }
    }

    /// Whether the host has it.
    fn is_there(self, machine: &Machine) -> bool {
        machine.path(&format!("/usr/bin/{}", self.program())).exists()
    }

    pub(super) fn call<S: Into<String>>(self, args: impl IntoIterator<Item = S>) -> Call {
        Call::new(self.program(), args)
    }

    /// What it says of a thing; `None` if there is none, or no engine yet.
    pub(crate) fn inspect(
        self,
        machine: &Machine,
        kind: &str,
        name: &str,
    ) -> Result<Option<Value>, Fault> {
        if !self.is_there(machine) {
            return Ok(None);
        }
        let call = self.call([kind, "inspect", name]);
        let said = machine.run(&call)?;
        if said.code != 0 {
            let told = said.stderr.to_lowercase();
            let is_absence = ABSENT.iter().any(|words| told.contains(words));
            return if is_absence { Ok(None) } else { said.checked(&call).map(|_| None) };
        }
        let read: Result<Vec<Value>, _> = serde_json::from_str(&said.stdout);
        let unread =
            |error| Fault::new(format!("reading what `{}` says", call.line())).because(error);
        Ok(read.map_err(unread)?.into_iter().next())
    }
}

/// A container that runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Container {
    pub engine: Engine,
    pub name: String,
    pub image: String,
    pub env: BTreeMap<String, String>,
    /// `host`, `bridge`
    pub network: String,
    /// `4000:5000`
    pub ports: Vec<String>,
    /// `docker_registry:/var/lib/registry`
    pub volumes: Vec<String>,
    /// `unless-stopped`
    pub restart: String,
}

/// A container that there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    running: bool,
    /// What of it is not as wanted.
    differing: Vec<&'static str>,
}

impl Container {
    fn differing(&self, found: &Value, image: Option<&Value>) -> Vec<&'static str> {
        let text = |path: &str| found.pointer(path).and_then(Value::as_str).unwrap_or_default();
        let parts = [
            ("image", self.is_of(text("/Config/Image")) || self.is_of(text("/ImageName"))),
            ("environment", self.env == own_env(found, image)),
            ("network", self.is_on(text("/HostConfig/NetworkMode"))),
            ("ports", self.ports == ports(found)),
            ("volumes", sorted(&self.volumes) == binds(found)),
            ("restart policy", self.restart == text("/HostConfig/RestartPolicy/Name")),
        ];
        parts.into_iter().filter(|(_, same)| !same).map(|(part, _)| part).collect()
    }

    /// Docker keeps the name that it was given, Podman writes out where it is from.
    fn is_of(&self, image: &str) -> bool {
        let short = |name: &str| {
            let name = name.strip_prefix("docker.io/").unwrap_or(name);
            name.strip_prefix("library/").unwrap_or(name).to_owned()
        };
        !image.is_empty() && short(image) == short(&self.image)
    }

    fn is_on(&self, network: &str) -> bool {
        network == self.network || (self.network == "bridge" && network == "default")
    }

    fn run(&self, machine: &Machine) -> Result<(), Fault> {
        let mut args: Vec<String> = vec!["run".into(), "--detach".into()];
        let mut add =
            |option: &str, value: &str| args.extend([option.to_owned(), value.to_owned()]);
        add("--name", &self.name);
        add("--restart", &self.restart);
        add("--network", &self.network);
        self.env.iter().for_each(|(name, value)| add("--env", &format!("{name}={value}")));
        self.ports.iter().for_each(|port| add("--publish", port));
        self.volumes.iter().for_each(|volume| add("--volume", volume));
        args.push(self.image.clone());
        machine.must(&self.engine.call(args)).map(drop)
    }

    fn pull(&self, machine: &Machine) -> Result<(), Fault> {
        if self.engine.inspect(machine, "image", &self.image)?.is_some() {
            return Ok(());
        }
        let call = self.engine.call(["pull", "--quiet", &self.image]).limit(PULL_LIMIT);
        let call = accounts::through_proxies(machine, call);
        machine.must(&call).map(drop).map_err(|fault| {
            Fault::new(format!("getting the image {}", self.image)).because(fault).hint(
                "can the host reach that registry? `docker load` on the host brings an image without one",
            )
        })
    }
}

/// The container's environment without what its image and its engine bring.
fn own_env(found: &Value, image: Option<&Value>) -> BTreeMap<String, String> {
    let lines = |value: Option<&Value>| -> Vec<String> {
        let list = value.and_then(|value| value.pointer("/Config/Env")?.as_array().cloned());
        list.into_iter().flatten().filter_map(|line| line.as_str().map(str::to_owned)).collect()
    };
    let of_image = lines(image);
    let own = lines(Some(found)).into_iter().filter(|line| !of_image.contains(line));
    let pairs = own.filter_map(|line| {
        line.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()))
    });
    pairs.filter(|(name, _)| !OWN_ENV.contains(&name.as_str())).collect()
}

/// Published ports as they are asked for: `4000:5000`.
fn ports(found: &Value) -> Vec<String> {
    let bindings = found.pointer("/HostConfig/PortBindings").and_then(Value::as_object);
    let mut ports: Vec<String> = Vec::new();
    for (inner, outer) in bindings.into_iter().flatten() {
        let inner = inner.trim_end_matches("/tcp");
        for binding in outer.as_array().into_iter().flatten() {
            let outer = binding.get("HostPort").and_then(Value::as_str).unwrap_or_default();
            ports.push(format!("{outer}:{inner}"));
        }
    }
    ports
}

/// Volumes and directories as they are asked for, without options that an engine adds.
fn binds(found: &Value) -> Vec<String> {
    let binds = found.pointer("/HostConfig/Binds").and_then(Value::as_array);
    let all: Vec<String> = binds
        .into_iter()
        .flatten()
        .filter_map(|bind| {
            let mut parts = bind.as_str()?.splitn(3, ':');
            let (source, target) = (parts.next()?, parts.next()?);
            let read_only =
                parts.next().is_some_and(|options| options.split(',').any(|o| o == "ro"));
            Some(format!("{source}:{target}{}", if read_only { ":ro" } else { "" }))
        })
        .collect();
    sorted(&all)
}

fn sorted(list: &[String]) -> Vec<String> {
    let mut sorted = list.to_vec();
    sorted.sort();
    sorted
}

impl Thing for Container {
    type Seen = Option<Seen>;

    fn key(&self) -> String {
        format!("container:{}", self.name)
    }

    fn observe(&self, machine: &Machine) -> Result<Option<Seen>, Fault> {
        let Some(found) = self.engine.inspect(machine, "container", &self.name)? else {
            return Ok(None);
        };
        let image = found.pointer("/Image").and_then(Value::as_str).unwrap_or_default();
        let image = self.engine.inspect(machine, "image", image)?;
        let running = found.pointer("/State/Running").and_then(Value::as_bool).unwrap_or(false);
        Ok(Some(Seen { running, differing: self.differing(&found, image.as_ref()) }))
    }

    fn diff(&self, seen: &Option<Seen>) -> Vec<Change> {
        let Self { name, image, .. } = self;
        match seen {
            None => vec![Change::new(format!("run the container {name} of {image}"))],
            Some(seen) if !seen.differing.is_empty() => {
                let parts = seen.differing.join(", ");
                vec![Change::new(format!("run the container {name} anew, with another {parts}"))]
            }
            Some(seen) if !seen.running => vec![Change::new(format!("start the container {name}"))],
            Some(_) => Vec::new(),
        }
    }

    fn perform(&self, machine: &Machine, seen: &Option<Seen>) -> Result<(), Fault> {
        match seen {
            Some(seen) if seen.differing.is_empty() => {
                return machine.must(&self.engine.call(["start", &self.name])).map(drop);
            }
            // Nothing is taken away before there is something to put in its place.
            Some(_) => {
                self.pull(machine)?;
                remove(machine, self.engine, &self.name)?;
            }
            None => self.pull(machine)?,
        }
        self.run(machine)
    }

    fn trace(&self, _machine: &Machine, _seen: &Option<Seen>) -> Result<Option<Trace>, Fault> {
        Ok(Some(Trace::Container { engine: self.engine, name: self.name.clone() }))
    }

    fn is_adopted(&self) -> bool {
        true
    }
}

pub(super) fn remove(machine: &Machine, engine: Engine, name: &str) -> Result<(), Fault> {
    machine.must(&engine.call(["stop", name]))?;
    machine.must(&engine.call(["rm", "--force", name])).map(drop)
}

/// What becomes of a container that nobody asks for any more.
pub(crate) fn judge(machine: &Machine, engine: Engine, name: &str) -> Result<Verdict, Fault> {
    let found = engine.inspect(machine, "container", name)?;
    let text = format!("remove the container {name}");
    Ok(found.map_or(Verdict::Forget, |_| Verdict::Remove(Change::new(text))))
}

/// Takes it away.
pub(crate) fn take_away(machine: &Machine, engine: Engine, name: &str) -> Result<(), Fault> {
    remove(machine, engine, name)
}
