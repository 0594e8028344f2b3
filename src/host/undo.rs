//! Changes that can cut the operator off undo themselves, unless the control host comes back through the new
//! configuration in time.
//!
//! A timer of systemd is armed before the change. It needs neither the agent nor sshd, and it starts again with the host.

use std::{fs::File, time::Duration};

use serde::{Deserialize, Serialize};

use super::{
    fault::{Fault, Tried},
    lock,
    machine::{Access, Machine, NodeKind},
    programs::Call,
    record::{self, DIRECTORY},
    resource::Resource,
    way_back::{Step, inverse},
};

const BUNDLE: &str = "/var/lib/ymir/undo.json";
/// What was undone, until it was told.
const UNDONE: &str = "/var/lib/ymir/undone.json";
/// Held while a change is armed, confirmed or undone: a host that is undoing it answers already, half way back.
const TURN: &str = "/var/lib/ymir/undo.lock";
/// How long an undoing host is waited for: its last program may wait for a network that comes up.
const PATIENCE: Duration = Duration::from_mins(2);
/// How long the undoing itself waits: an agent that hangs must not keep the host cut off.
const IMPATIENCE: Duration = Duration::from_secs(15);
/// Where systemd-networkd's files are.
const NETWORKD: &str = "/systemd/network/";
const SERVICE: &str = "/etc/systemd/system/ymir-undo.service";
const TIMER: &str = "/etc/systemd/system/ymir-undo.timer";
/// Long enough for a switch to learn a new port, short enough to wait for.
const SECONDS: u32 = 90;

/// A change that waits for its confirmation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undo {
    pub id: String,
    /// Until the host undoes it.
    pub seconds: u32,
}

/// All that is needed to undo a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Bundle {
    id: String,
    concern: String,
    files: Vec<Saved>,
    /// What to do when the files are as before.
    then: Vec<Step>,
}

/// A path as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Saved {
    path: String,
    was: Was,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Was {
    Absent,
    Link(String),
    File { digest: String, mode: u32, uid: u32, gid: u32 },
}

/// Arms the timer: from here on the change undoes itself.
pub fn arm(
    machine: &Machine,
    paths: Vec<String>,
    resources: &[Resource],
    concern: &str,
) -> Result<Undo, Fault> {
    machine.make_directory(DIRECTORY, &Access::of_root(0o700))?;
    let _turn = turn(machine)?;
    // The record goes back with what it tells of.
    let paths = paths.into_iter().chain([format!("{DIRECTORY}/record.json")]);
    let mut files = paths.map(|path| save(machine, path)).collect::<Result<Vec<_>, _>>()?;
    let mut then = Vec::new();
    for resource in resources {
        then.extend(inverse(machine, resource)?);
    }
    // What an earlier run left unconfirmed is undone, too: files go back to what they were before it.
    if let Some(earlier) = read(machine, BUNDLE)? {
        files.retain(|file| earlier.files.iter().all(|known| known.path != file.path));
        files.extend(earlier.files);
        then.splice(..0, earlier.then);
    }
    let text = serde_json::to_string(&(&files, &then)).tried(|| "planning the way back".into())?;
    let id = record::digest(text.as_bytes())[..12].to_owned();
    let bundle = Bundle { id: id.clone(), concern: concern.into(), files, then };
    let text = serde_json::to_vec(&bundle).tried(|| "planning the way back".into())?;
    machine.write(BUNDLE, &text, &Access::of_root(0o600))?;
    machine.write(SERVICE, service()?.as_bytes(), &Access::of_root(0o644))?;
    machine.write(TIMER, timer().as_bytes(), &Access::of_root(0o644))?;
    systemctl(machine, &["daemon-reload"])?;
    systemctl(machine, &["enable", "--quiet", "ymir-undo.timer"])?;
    systemctl(machine, &["restart", "ymir-undo.timer"])?;
    Ok(Undo { id, seconds: SECONDS })
}

/// Disarms the timer: the control host has come back.
pub fn confirm(machine: &Machine, id: &str) -> Result<(), Fault> {
    let told = || Fault::new("confirming the change");
    let _turn = turn(machine)?;
    let Some(bundle) = read(machine, BUNDLE)? else {
        return Err(told().because("the host has undone it already"));
    };
    if bundle.id != id {
        return Err(told().because("another change waits for its confirmation"));
    }
    disarm(machine)
}

/// Undoes the change that waits for its confirmation, if there is one.
pub fn undo(machine: &Machine) -> Result<(), Fault> {
    if !machine.path(BUNDLE).exists() {
        return Ok(());
    }
    let _turn = lock::turn(machine, TURN, IMPATIENCE).tried(|| format!("locking {TURN}"))?;
    let Some(bundle) = read(machine, BUNDLE)? else { return Ok(()) };
    let undone = texts(&bundle, NETWORKD, |saved| machine.text(&saved.path))?;
    for saved in &bundle.files {
        restore(machine, saved)?;
    }
    for step in &bundle.then {
        // One that fails must not keep the others from being done.
        drop(step.perform(machine, &undone));
    }
    let text = serde_json::to_vec(&bundle).tried(|| "telling what was undone".into())?;
    machine.write(UNDONE, &text, &Access::of_root(0o600))?;
    disarm(machine)
}

/// Whether a change waits for its confirmation: its id.
pub fn waiting(machine: &Machine) -> Result<Option<String>, Fault> {
    Ok(read(machine, BUNDLE)?.map(|bundle| bundle.id))
}

/// What systemd-networkd's files held before the change that waits for its confirmation.
pub fn before(machine: &Machine) -> Result<Vec<String>, Fault> {
    let Some(bundle) = read(machine, BUNDLE)? else { return Ok(Vec::new()) };
    texts(&bundle, NETWORKD, |saved| {
        let Was::File { digest, .. } = &saved.was else { return Ok(None) };
        let bytes = record::original(machine, digest)?;
        Ok(bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
    })
}

/// What the bundle's files with this in their paths hold, or held.
fn texts(
    bundle: &Bundle,
    part: &str,
    text: impl Fn(&Saved) -> Result<Option<String>, Fault>,
) -> Result<Vec<String>, Fault> {
    let files = bundle.files.iter().filter(|saved| saved.path.contains(part));
    files.filter_map(|saved| text(saved).transpose()).collect()
}

/// Waits until the host has undone what it is undoing just now.
pub fn settled(machine: &Machine) -> Result<(), Fault> {
    turn(machine).map(drop)
}

fn turn(machine: &Machine) -> Result<File, Fault> {
    let taken = lock::turn(machine, TURN, PATIENCE).tried(|| format!("locking {TURN}"))?;
    taken.ok_or_else(|| {
        Fault::new("waiting for the host to undo an earlier change")
            .because(format!("it has not ended after {} seconds", PATIENCE.as_secs()))
            .hint("`systemctl status ymir-undo.service` on the host says what it waits for")
    })
}

/// What the host has undone and nobody was told yet: the change's id and its concern.
pub fn undone(machine: &Machine) -> Result<Option<(String, String)>, Fault> {
    Ok(read(machine, UNDONE)?.map(|bundle| (bundle.id, bundle.concern)))
}

/// The operator knows that this change was undone. What was undone since then is still to be told.
pub fn told(machine: &Machine, id: &str) -> Result<(), Fault> {
    match undone(machine)? {
        Some((known, _)) if known == id => machine.remove(UNDONE),
        _ => Ok(()),
    }
}

fn read(machine: &Machine, path: &str) -> Result<Option<Bundle>, Fault> {
    let Some(text) = machine.text(path)? else { return Ok(None) };
    serde_json::from_str(&text).map(Some).tried(|| format!("reading {path}"))
}

fn disarm(machine: &Machine) -> Result<(), Fault> {
    // The bundle goes first: without it the timer finds nothing to do.
    machine.remove(BUNDLE)?;
    systemctl(machine, &["disable", "--quiet", "ymir-undo.timer"])?;
    // Not waited for: this may run inside the very service that the timer has started.
    systemctl(machine, &["stop", "--no-block", "ymir-undo.timer"])?;
    machine.remove(TIMER)?;
    machine.remove(SERVICE)?;
    systemctl(machine, &["daemon-reload"])
}

fn save(machine: &Machine, path: String) -> Result<Saved, Fault> {
    let was = match machine.node(&path)? {
        Some(node) => {
            if let NodeKind::Link(target) = node.kind {
                Was::Link(target)
            } else {
                let bytes = machine.read(&path)?.unwrap_or_default();
                let digest = record::keep_original(machine, &path, &bytes)?;
                Was::File { digest, mode: node.mode, uid: node.uid, gid: node.gid }
            }
        }
        None => Was::Absent,
    };
    Ok(Saved { path, was })
}

fn restore(machine: &Machine, saved: &Saved) -> Result<(), Fault> {
    let path = &saved.path;
    match &saved.was {
        Was::Absent => machine.remove(path),
        Was::Link(target) => machine.link(path, target),
        Was::File { digest, mode, uid, gid } => {
            let bytes = record::original(machine, digest)?.ok_or_else(|| {
                Fault::new(format!("restoring {path}")).because("what it held before is gone")
            })?;
            let access = Access {
                owner: Some(uid.to_string()),
                group: Some(gid.to_string()),
                mode: Some(*mode),
            };
            machine.write(path, &bytes, &access)
        }
    }
}

fn service() -> Result<String, Fault> {
    let agent = std::env::current_exe().tried(|| "finding the agent's own file".into())?;
    Ok(format!(
        "[Unit]\nDescription=Undo a change that Ymir did not confirm\n\n[Service]\nType=oneshot\nExecStart={} undo\n",
        agent.display()
    ))
}

fn timer() -> String {
    format!(
        "[Unit]\nDescription=Undo a change unless Ymir confirms it\n\n[Timer]\nOnActiveSec={SECONDS}\nAccuracySec=1\n\n\
         [Install]\nWantedBy=timers.target\n"
    )
}

fn systemctl(machine: &Machine, words: &[&str]) -> Result<(), Fault> {
    machine.must(&Call::new("systemctl", words.iter().copied())).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::stage::Stage;

    /// Whoever comes while the host is half way back waits until it is all the way back.
    #[test]
    fn a_confirmation_waits_for_the_undoing_host() {
        let stage = Stage::new(&[]);
        let machine = stage.machine();
        let bundle = r#"{"id": "1", "concern": "network", "files": [], "then": []}"#;
        machine.make_directory(DIRECTORY, &Access::of_root(0o700)).unwrap();
        machine.write(BUNDLE, bundle.as_bytes(), &Access::of_root(0o600)).unwrap();
        let undoing = turn(&machine).unwrap();
        let path = machine.path(BUNDLE);
        let host = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(200));
            std::fs::remove_file(path).unwrap();
            drop(undoing);
        });
        let told = confirm(&machine, "1").unwrap_err();
        host.join().unwrap();
        assert_eq!(told.to_string(), "confirming the change: the host has undone it already");
    }
}
