//! Keeps the addresses and ports that a plan gives out in the environment's file: once for all hosts, whole or not at all.

use std::{
    fs::{File, OpenOptions},
    io::{ErrorKind, Write},
    os::unix::fs::PermissionsExt,
};

use camino::{Utf8Path, Utf8PathBuf};
use futures::{
    FutureExt, StreamExt,
    stream::{self, BoxStream},
};

use crate::{
    plan::action::{Action, allocation::Allocate},
    run::driver::{Driver, Finding, Said, Task, Word},
    trouble::{Result, Tell, Trouble},
};

/// Brings [`Allocate`] actions about.
#[derive(Debug)]
pub struct AllocationDriver {
    path: Utf8PathBuf,
    /// The file when the plan was made, if there was one.
    before: Option<String>,
    /// The file with the addresses of all hosts of the plan.
    after: String,
}

impl AllocationDriver {
    pub fn new(path: Utf8PathBuf, before: Option<String>, after: String) -> Self {
        Self { path, before, after }
    }

    fn look(&self, task: &Task) -> Result<Finding> {
        let Action::Allocation(Allocate { addresses, console }) = &task.step.action else {
            return Err(Trouble::internal(format!("{} gives out no address", task.step.id)));
        };
        if read(&self.path)?.as_deref() == Some(self.after.as_str()) {
            return Ok(Finding::Satisfied);
        }
        let change =
            |(network, address)| format!("give {address} on {network} to {}", task.subject);
        let console =
            console.map(|port| format!("give TCP port {port} to the console of {}", task.subject));
        Ok(Finding::Differs(addresses.iter().map(change).chain(console).collect()))
    }

    fn write(&self) -> Result<()> {
        let path = &self.path;
        let _one = editing(path)?;
        let now = read(path)?;
        if now.as_deref() == Some(self.after.as_str()) {
            return Ok(());
        }
        let told = || format!("keeping what is given to hosts in {path}");
        if now != self.before {
            return Err(Trouble::host(told())
                .because("somebody else has changed the file since this run began")
                .hint("give the command again: it gives out what is free then"));
        }
        let dir = path.parent().unwrap_or(Utf8Path::new("."));
        let name = path.file_name().unwrap_or_default();
        let beside = tempfile::Builder::new().prefix(&format!(".{name}.")).tempfile_in(dir);
        let mut file = beside.or_host(told)?;
        file.write_all(self.after.as_bytes()).or_host(told)?;
        let mode = std::fs::metadata(path).map_or(0o644, |found| found.permissions().mode());
        file.as_file().set_permissions(PermissionsExt::from_mode(mode)).or_host(told)?;
        file.as_file().sync_all().or_host(told)?;
        // A link stays a link: it leads to the file that is kept.
        let target = path.canonicalize_utf8().unwrap_or_else(|_| path.clone());
        file.persist(target).or_host(told)?;
        Ok(())
    }
}

/// The file is replaced as a whole, so the lock is on one beside it.
fn editing(path: &Utf8Path) -> Result<File> {
    let beside = path.with_file_name(format!(".{}.lock", path.file_name().unwrap_or_default()));
    let told = || format!("locking {beside} to keep addresses of hosts");
    let file = OpenOptions::new().create(true).append(true).open(&beside).or_host(told)?;
    file.lock().or_host(told)?;
    Ok(file)
}

fn read(path: &Utf8Path) -> Result<Option<String>> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).or_host(|| format!("reading {path}")),
    }
}

impl Driver for AllocationDriver {
    fn probe<'a>(&'a self, tasks: Vec<Task<'a>>) -> BoxStream<'a, Said> {
        let said =
            |task: Task| Said { step: task.step.id.clone(), word: Word::Found(self.look(&task)) };
        stream::iter(tasks.into_iter().map(said).collect::<Vec<_>>()).boxed()
    }

    fn apply<'a>(&'a self, tasks: Vec<Task<'a>>) -> BoxStream<'a, Said> {
        let all = async move {
            let written = self.write();
            let said = move |task: Task| {
                let word = Word::Applied(written.clone());
                Said { step: task.step.id.clone(), word }
            };
            stream::iter(tasks.into_iter().map(said).collect::<Vec<_>>())
        };
        all.into_stream().flatten().boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Step;

    fn driver(dir: &tempfile::TempDir, before: Option<&str>) -> AllocationDriver {
        let path = Utf8PathBuf::try_from(dir.path().join("network-allocation.yml")).unwrap();
        AllocationDriver::new(path, before.map(str::to_owned), "new".into())
    }

    fn step(host: &str) -> Step {
        let address = "10.0.0.1".parse().unwrap();
        let action = Allocate { addresses: [("net".to_owned(), address)].into(), console: None };
        let title = "ip-allocation".to_owned();
        Step { id: format!("configure/{host}/{title}"), title, action: Action::Allocation(action) }
    }

    #[tokio::test]
    async fn addresses_are_kept_once() {
        let dir = tempfile::tempdir().unwrap();
        let driver = driver(&dir, None);
        let steps = [step("a"), step("b")];
        let tasks = || steps.iter().map(|step| Task { subject: "a", step }).collect::<Vec<_>>();
        let differs = driver.probe(tasks()).collect::<Vec<_>>().await;
        let text = "give 10.0.0.1 on net to a";
        assert!(differs.iter().all(|said| matches!(&said.word,
            Word::Found(Ok(Finding::Differs(changes))) if *changes == [text])));
        assert!(!driver.path.exists(), "a look writes");
        let applied = driver.apply(tasks()).collect::<Vec<_>>().await;
        assert_eq!(applied.len(), 2);
        assert!(applied.iter().all(|said| matches!(said.word, Word::Applied(Ok(())))));
        assert_eq!(read(&driver.path).unwrap().as_deref(), Some("new"));
        let found = driver.probe(tasks()).collect::<Vec<_>>().await;
        assert!(found.iter().all(|said| matches!(said.word, Word::Found(Ok(Finding::Satisfied)))));
        driver.write().unwrap();
    }

    #[test]
    fn what_somebody_else_wrote_meanwhile_stays() {
        let dir = tempfile::tempdir().unwrap();
        let driver = driver(&dir, Some("old"));
        std::fs::write(&driver.path, "other").unwrap();
        assert!(driver.write().unwrap_err().to_string().contains("keeping what is given"));
        assert_eq!(read(&driver.path).unwrap().as_deref(), Some("other"));
    }
}
