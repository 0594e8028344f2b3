//! The operator's own file of known hosts: what Ymir knows of its hosts' keys goes there, and only hosts of which
//! nothing is known are asked.

use std::{
    collections::{BTreeMap, BTreeSet},
    os::unix::fs::{DirBuilderExt, PermissionsExt},
    sync::{Mutex, PoisonError},
};

use camino::Utf8PathBuf;
use futures::{
    FutureExt, StreamExt,
    stream::{self, BoxStream},
};

use super::{
    edit, is_of,
    line::{Key, Line, name},
    read,
};
use crate::{
    drivers::process::Run,
    plan::action::{Action, known_host::KnowHost},
    run::driver::{Driver, Finding, Said, Task, Word},
    trouble::{Result, Tell, Trouble},
};

/// How long a host may take to show a key, in seconds.
const SECONDS: &str = "5";

/// The port of SSH where none is said.
const PORT: u16 = 22;

/// Brings [`KnowHost`]s about.
#[derive(Debug)]
pub struct KnownHostsDriver {
    /// `~/.ssh/known_hosts`.
    own: Utf8PathBuf,
    /// Keys of hosts that Ymir provisioned.
    expected: Utf8PathBuf,
    /// What the look found out, by the ids of steps.
    found: Mutex<BTreeMap<String, Wanted>>,
}

/// What the file is to say of one server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Wanted {
    name: String,
    add: Vec<Key>,
    /// Keys that the host no longer has.
    remove: Vec<Key>,
    /// Nobody vouches for what is added.
    scanned: bool,
}

impl KnownHostsDriver {
    pub fn new(own: Utf8PathBuf, expected: Utf8PathBuf) -> Self {
        // A link stays a link: it leads to the file that is kept.
        let own = own.canonicalize_utf8().unwrap_or(own);
        Self { own, expected, found: Mutex::default() }
    }

    async fn look(&self, tasks: &[Task<'_>]) -> Result<Vec<Result<Finding>>> {
        let (own, expected) = (read(&self.own)?, read(&self.expected)?);
        let known: Vec<Option<Wanted>> = tasks
            .iter()
            .map(|task| Ok(known(task.subject, ours(task)?, &own, &expected)))
            .collect::<Result<_>>()?;
        let unknown = tasks.iter().zip(&known).filter(|(_, known)| known.is_none());
        let scanned = scan(unknown.map(|(task, _)| ours(task)).collect::<Result<_>>()?).await?;
        let mut findings = Vec::new();
        for (task, known) in tasks.iter().zip(known) {
            let wanted = match known {
                Some(wanted) => Ok(wanted),
                None => of_scan(task.subject, ours(task)?, &scanned),
            };
            findings.push(wanted.map(|wanted| {
                let finding = wanted.finding();
                self.found
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .insert(task.step.id.clone(), wanted);
                finding
            }));
        }
        Ok(findings)
    }

    /// Writes the file once for all of them.
    fn write(&self, tasks: &[Task<'_>]) -> Result<()> {
        let found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        let wanted: Vec<&Wanted> =
            tasks.iter().filter_map(|task| found.get(&task.step.id)).collect();
        if let Some(directory) = self.own.parent() {
            let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(directory);
            made.or_host(|| format!("making {directory}"))?;
        }
        let mode =
            std::fs::metadata(&self.own).map_or(0o600, |file| file.permissions().mode() & 0o777);
        edit(&self.own, mode, |text| with(text, &wanted))
    }
}

/// What Ymir or the operator knows of a server's keys; `None` if nobody does.
fn known(host: &str, server: &KnowHost, own: &str, expected: &str) -> Option<Wanted> {
    let name = name(&server.address.value, server.port);
    let of_server = |text: &str| -> Vec<Key> {
        let lines = text.lines().filter_map(Line::read).filter(|line| line.is_of(&name));
        lines.map(|line| line.key).collect()
    };
    let given = expected.lines().filter(|line| is_of(line, host)).filter_map(Line::read);
    let mut given: Vec<Key> = given.map(|line| line.key).collect();
    given.extend(of_server(expected));
    given.sort();
    given.dedup();
    let own = of_server(own);
    let wanted = Wanted { name, ..Wanted::default() };
    match (given.is_empty(), own.is_empty()) {
        (true, true) => None,
        (true, false) => Some(wanted),
        (false, _) => Some(Wanted {
            add: given.iter().filter(|key| !own.contains(key)).cloned().collect(),
            remove: own.into_iter().filter(|key| !given.contains(key)).collect(),
            ..wanted
        }),
    }
}

/// What servers show, asked all together.
async fn scan(servers: Vec<&KnowHost>) -> Result<String> {
    let mut by_port: BTreeMap<u16, BTreeSet<&str>> = BTreeMap::new();
    for server in servers {
        let port = server.port.unwrap_or(PORT);
        by_port.entry(port).or_default().insert(&server.address.value);
    }
    let mut found = String::new();
    for (port, addresses) in by_port {
        let run = Run::new("ssh-keyscan").args(["-T", SECONDS, "-p", &port.to_string(), "--"]);
        // It fails if one of them does not answer; who did is in what it says.
        found += &run.args(addresses).without_terminal().output().await?.stdout;
    }
    Ok(found)
}

fn of_scan(host: &str, server: &KnowHost, scanned: &str) -> Result<Wanted> {
    let name = name(&server.address.value, server.port);
    let lines = scanned.lines().filter_map(Line::read).filter(|line| line.is_of(&name));
    let mut add: Vec<Key> = lines.map(|line| line.key).collect();
    add.sort();
    add.dedup();
    if add.is_empty() {
        return Err(Trouble::host(format!("{host}: asking {name} for its keys"))
            .because(format!("nothing there shows an SSH key within {SECONDS} s"))
            .set_by(&server.address.setting)
            .hint("is the host up, and reached from here without a jump host? Only then its keys can be scanned"));
    }
    Ok(Wanted { name, add, remove: Vec::new(), scanned: true })
}

impl Wanted {
    fn finding(&self) -> Finding {
        let whence = if self.scanned {
            "as it shows itself: compare it with the host's console"
        } else {
            "which Ymir gave to the host"
        };
        let added = self.add.iter().map(|key| format!("add {}, {whence}", key.fingerprint()));
        let removed = self.remove.iter().map(Key::fingerprint);
        let removed = removed.map(|key| format!("remove {key}, which the host no longer has"));
        match added.chain(removed).collect::<Vec<_>>() {
            changes if changes.is_empty() => Finding::Satisfied,
            changes => Finding::Differs(changes),
        }
    }
}

/// The text with what is wanted; other lines stay as they are.
fn with(text: &str, wanted: &[&Wanted]) -> String {
    let kept = text.lines().map(|line| {
        let Some(read) = Line::read(line) else { return line.to_owned() };
        let wrong =
            |wanted: &&&Wanted| wanted.remove.contains(&read.key) && read.is_of(&wanted.name);
        match wanted.iter().find(wrong) {
            Some(wanted) => read.without(&wanted.name),
            None => line.to_owned(),
        }
    });
    let mut lines: Vec<String> = kept
        .zip(text.lines())
        .filter(|(now, before)| !now.is_empty() || before.is_empty())
        .map(|(now, _)| now)
        .collect();
    for wanted in wanted {
        let line = |key: &Key| format!("{} {} {}", wanted.name, key.kind, key.text);
        lines.extend(wanted.add.iter().map(line));
    }
    lines.into_iter().map(|line| line + "\n").collect()
}

fn ours<'a>(task: &Task<'a>) -> Result<&'a KnowHost> {
    match &task.step.action {
        Action::KnownHost(action) => Ok(action),
        _ => Err(Trouble::internal(format!("{} knows no host", task.step.id))),
    }
}

fn all<T>(
    tasks: &[Task<'_>],
    said: Result<Vec<Result<T>>>,
    word: fn(Result<T>) -> Word,
) -> stream::Iter<std::vec::IntoIter<Said>> {
    let said = match said {
        Ok(said) => said,
        Err(trouble) => tasks.iter().map(|_| Err(trouble.clone())).collect(),
    };
    let said = tasks.iter().zip(said);
    let said = said.map(|(task, said)| Said { step: task.step.id.clone(), word: word(said) });
    stream::iter(said.collect::<Vec<_>>())
}

impl Driver for KnownHostsDriver {
    fn probe<'a>(&'a self, tasks: Vec<Task<'a>>) -> BoxStream<'a, Said> {
        let look = async move { all(&tasks, self.look(&tasks).await, Word::Found) };
        look.into_stream().flatten().boxed()
    }

    fn apply<'a>(&'a self, tasks: Vec<Task<'a>>) -> BoxStream<'a, Said> {
        let write = async move {
            let written = self.write(&tasks);
            let each = tasks.iter().map(|_| written.clone()).collect();
            all(&tasks, Ok(each), Word::Applied)
        };
        write.into_stream().flatten().boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::origin::{Origin, Setting, Sourced};

    fn server(address: &str) -> KnowHost {
        let setting = Setting { variable: "ansible_host".into(), origin: Origin::whole("test") };
        KnowHost { address: Sourced { value: address.into(), setting }, port: None }
    }

    fn key(kind: &str, text: &str) -> Key {
        Key { kind: kind.into(), text: text.into() }
    }

    const EXPECTED: &str = "node1,10.0.0.1 ssh-ed25519 NEW ymir:node1\n";

    #[test]
    fn a_key_that_ymir_gave_replaces_others() {
        let own = "# mine\n10.0.0.1,gate ssh-ed25519 OLD\n10.0.0.2 ssh-rsa OTHER\n";
        let wanted = known("node1", &server("10.0.0.1"), own, EXPECTED).unwrap();
        assert_eq!(wanted.add, [key("ssh-ed25519", "NEW")]);
        assert_eq!(wanted.remove, [key("ssh-ed25519", "OLD")]);
        let after = with(own, &[&wanted]);
        insta::assert_snapshot!(after, @"
        # mine
        gate ssh-ed25519 OLD
        10.0.0.2 ssh-rsa OTHER
        10.0.0.1 ssh-ed25519 NEW
        ");
        let again = known("node1", &server("10.0.0.1"), &after, EXPECTED).unwrap();
        assert_eq!(again.finding(), Finding::Satisfied);
        assert_eq!(with(&after, &[&again]), after);
    }

    #[test]
    fn only_hosts_that_nobody_knows_are_asked() {
        assert_eq!(known("node2", &server("10.0.0.2"), "", EXPECTED), None);
        let own = "10.0.0.2 ssh-rsa AAAA\n";
        let wanted = known("node2", &server("10.0.0.2"), own, EXPECTED).unwrap();
        assert_eq!(wanted.finding(), Finding::Satisfied);
        let scanned = "# 10.0.0.2:22 SSH-2.0\n10.0.0.2 ssh-rsa AAAA\n10.0.0.3 ssh-rsa BBBB\n";
        let wanted = of_scan("node2", &server("10.0.0.2"), scanned).unwrap();
        assert_eq!(wanted.add, [key("ssh-rsa", "AAAA")]);
        assert!(of_scan("node4", &server("10.0.0.4"), scanned).is_err());
    }
}
