//! The written record of a deprovision: what a node ran, what it ran on, and what Ironic wiped of it. It is begun before
//! Ironic is asked, since Ironic forgets the instance; what is not ended is taken up again.

use camino::{Utf8Path, Utf8PathBuf};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    observed::{Observed, Provision},
    running::Image,
};
use crate::{
    drivers::tree,
    trouble::{Result, Tell},
};

const MODE: u32 = 0o644;

/// What is written of one deprovision of one host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    pub host: String,
    /// UUID of the node.
    pub node: String,
    /// `user@machine`
    pub by: String,
    pub begun: Timestamp,
    /// Null as long as there is something to go on with.
    pub ended: Option<Timestamp>,
    /// When the node came into the state that it was found in.
    pub deployed: Option<Timestamp>,
    pub instance: Option<String>,
    pub image: Option<Image>,
    /// When the disks were looked at.
    pub inspected: Option<Timestamp>,
    /// Null if Ironic has no data of an inspection.
    pub disks: Option<Vec<Disk>>,
    /// What the site says, else as it stood on the node; null leaves it to Ironic's configuration.
    pub automated_clean: Option<bool>,
    pub clean_steps: Vec<CleanStep>,
    /// What was wiped, in a sentence.
    pub wiped: String,
    /// The node's state when it was looked at last.
    pub state: String,
    /// Why it failed last, in Ironic's words where it gave any.
    pub error: Option<String>,
}

/// A disk as inspection knew it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disk {
    pub name: Option<String>,
    pub serial: Option<String>,
    pub model: Option<String>,
    pub size: Option<u64>,
    pub root: bool,
}

/// A step of Ironic's cleaning. Its arguments may hold secrets, so they are not kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CleanStep {
    pub interface: String,
    pub step: String,
}

impl Record {
    /// The record of a deprovision that is about to begin; `found` is what inspection found.
    pub fn begun(host: &str, by: String, node: &Observed, found: &Value, now: Timestamp) -> Self {
        Self {
            host: host.into(),
            node: node.uuid.clone(),
            by,
            begun: now,
            ended: None,
            deployed: node.provision_updated_at,
            instance: node.instance_uuid.clone(),
            image: Image::on(node).map(without_login),
            inspected: node.inspection_finished_at,
            disks: disks(found),
            automated_clean: node.automated_clean,
            clean_steps: Vec::new(),
            wiped: "not known yet: it has not ended".into(),
            state: node.provision_state.name(),
            error: None,
        }
    }

    /// Takes in the steps that Ironic says it cleans with.
    pub fn cleaned_with(&mut self, steps: &Value) {
        let steps = steps.as_array().into_iter().flatten();
        self.clean_steps = steps.filter_map(|step| CleanStep::deserialize(step).ok()).collect();
    }

    /// Nothing runs on the node any more.
    pub fn end(&mut self, node: &Observed, now: Timestamp) {
        self.ended = Some(now);
        self.state = node.provision_state.name();
        self.error = None;
        // A deprovision that ends well leaves the node there.
        let ended_well = node.provision_state == Provision::Available;
        self.wiped = match (ended_well, self.automated_clean, self.clean_steps.is_empty()) {
            (true, _, false) => "Ironic cleaned the node with the steps in `clean_steps`",
            (true | false, Some(false), true) => "nothing was wiped: automated cleaning is off",
            (true, Some(true), true) => {
                "automated cleaning is on, but Ironic showed none of its steps while Ymir looked"
            }
            (true, None, true) => {
                "not known: Ironic's configuration decides whether it cleans, and it showed no steps while Ymir looked"
            }
            (false, ..) => "not known: somebody took the node on before Ymir saw its cleaning end",
        }
        .into();
    }

    /// It failed. After a cleaning that failed, a person decides, and there is nothing to go on with.
    pub fn fail(&mut self, node: &Observed, error: String, now: Timestamp) {
        self.state = node.provision_state.name();
        self.error = Some(error);
        self.ended = (node.provision_state == Provision::CleanFailed).then_some(now);
        self.wiped = if is_deployed(node) {
            "nothing was wiped: Ironic has not begun to take the instance off"
        } else {
            "not known: it failed, and Ironic may have begun to wipe disks"
        }
        .into();
    }

    /// Whether this is the one to go on with: it has not ended, and the node was not deployed to since.
    fn goes_on(&self, node: &Observed) -> bool {
        let same = !is_deployed(node) || node.provision_updated_at == self.deployed;
        self.ended.is_none() && self.node == node.uuid && same
    }
}

/// Whether an instance is there that Ironic was not asked to take off yet.
fn is_deployed(node: &Observed) -> bool {
    use Provision as P;
    matches!(node.provision_state, P::Active | P::Deploying | P::DeployWait | P::DeployFailed)
}

/// An address may hold a login, or a signature in its query.
fn without_login(mut image: Image) -> Image {
    if let Some((scheme, rest)) = image.source.split_once("://") {
        let rest = rest.split(['?', '#']).next().unwrap_or_default();
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let server = authority.rsplit('@').next().unwrap_or_default();
        image.source = format!("{scheme}://{server}{path}");
    }
    image
}

fn disks(found: &Value) -> Option<Vec<Disk>> {
    let list = found["inventory"]["disks"].as_array()?;
    let root = &found["plugin_data"]["root_disk"]["name"];
    let text = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    let disk = |disk: &Value| Disk {
        name: text(&disk["name"]),
        serial: text(&disk["serial"]),
        model: text(&disk["model"]),
        size: disk["size"].as_u64(),
        root: root.is_string() && disk["name"] == *root,
    };
    Some(list.iter().map(disk).collect())
}

/// A host's records; each is a file that is named for the time when it was begun.
#[derive(Debug)]
pub struct Records {
    dir: Utf8PathBuf,
}

impl Records {
    pub fn of(dir: &Utf8Path, host: &str) -> Self {
        Self { dir: dir.join(host) }
    }

    pub fn path(&self, record: &Record) -> Utf8PathBuf {
        self.dir.join(format!("{}.json", record.begun.strftime("%Y%m%dT%H%M%SZ")))
    }

    /// The last record, if it has not ended and is of what the node runs or ran.
    pub fn open(&self, node: &Observed) -> Result<Option<Record>> {
        let told = || format!("reading the records in {}", self.dir);
        let entries = match self.dir.read_dir_utf8() {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).or_host(told),
        };
        let mut last = None;
        for entry in entries {
            let path = entry.or_host(told)?.into_path();
            if path.extension() == Some("json") {
                last = last.max(Some(path));
            }
        }
        let Some(path) = last else { return Ok(None) };
        let bytes = std::fs::read(&path).or_host(|| format!("reading {path}"))?;
        let record: Record =
            serde_json::from_slice(&bytes).or_internal(|| format!("understanding {path}"))?;
        Ok(Some(record).filter(|record| record.goes_on(node)))
    }

    pub fn put(&self, record: &Record) -> Result<()> {
        let mut text = serde_json::to_vec_pretty(record)
            .or_internal(|| format!("writing the record of {}", record.host))?;
        text.push(b'\n');
        tree::put(&self.path(record), &text, MODE)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn record(node: &Value) -> Record {
        let node = Observed::deserialize(node).unwrap();
        let found = json!({
            "inventory": { "disks": [
                { "name": "/dev/sda", "serial": "S1", "size": 5, "model": "" },
                { "name": "/dev/sdb", "serial": null, "size": 6, "model": "M" },
            ] },
            "plugin_data": { "root_disk": { "name": "/dev/sdb" } },
        });
        Record::begun("bm1", "me@here".into(), &node, &found, Timestamp::UNIX_EPOCH)
    }

    fn node(automated_clean: Option<bool>) -> Value {
        json!({
            "uuid": "u", "provision_state": "active", "automated_clean": automated_clean, "instance_uuid": "i",
            "instance_info": { "image_source": "http://me:secret@web/a.qcow2?sig=secret" },
        })
    }

    #[test]
    fn logins_and_arguments_are_not_kept() {
        let mut record = record(&node(Some(true)));
        record.cleaned_with(&json!([
            { "interface": "deploy", "step": "erase_devices", "args": { "password": "secret" } },
            { "nothing": "known" },
        ]));
        let text = serde_json::to_string(&record).unwrap();
        assert!(!text.contains("secret"), "{text}");
        assert_eq!(record.image.unwrap().source, "http://web/a.qcow2");
        assert_eq!(record.clean_steps.len(), 1);
        let root: Vec<_> = record.disks.unwrap().into_iter().map(|disk| disk.root).collect();
        assert_eq!(root, [false, true]);
    }

    #[test]
    fn what_was_wiped_is_said_only_as_far_as_it_is_known() {
        let steps = json!([{ "interface": "deploy", "step": "erase_devices" }]);
        let table = [
            (Some(true), &steps, "available", "cleaned the node with"),
            (Some(true), &steps, "manageable", "not known"),
            (Some(true), &Value::Null, "available", "showed none of its steps"),
            (Some(false), &Value::Null, "available", "nothing was wiped"),
            (None, &Value::Null, "available", "not known"),
        ];
        for (automated, steps, state, words) in table {
            let mut record = record(&node(automated));
            record.cleaned_with(steps);
            record.end(&now(state, None), Timestamp::UNIX_EPOCH);
            assert!(record.wiped.contains(words), "{automated:?}, {state}: {}", record.wiped);
        }
    }

    fn now(state: &str, since: Option<&str>) -> Observed {
        let node = json!({ "uuid": "u", "provision_state": state, "provision_updated_at": since });
        Observed::deserialize(node).unwrap()
    }

    #[test]
    fn only_an_open_record_of_the_same_deployment_goes_on() {
        let dir = tempfile::tempdir().unwrap();
        let records = Records::of(Utf8Path::from_path(dir.path()).unwrap(), "bm1");
        let gone = now("available", None);
        assert_eq!(records.open(&gone).unwrap(), None);
        let mut record = record(&node(None));
        records.put(&record).unwrap();
        let again = now("active", Some("2026-01-01T00:00:00Z"));
        for (node, goes_on) in [(&now("active", None), true), (&gone, true), (&again, false)] {
            assert_eq!(records.open(node).unwrap().is_some(), goes_on, "{node:?}");
        }
        record.fail(&now("clean failed", None), "why".into(), Timestamp::UNIX_EPOCH);
        records.put(&record).unwrap();
        assert_eq!(records.open(&gone).unwrap(), None, "a person has decided since");
    }
}
