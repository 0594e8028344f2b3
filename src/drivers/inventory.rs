//! Keeps the inventory of discovered hosts in the environment's directory, and tells what was noticed about them.

use camino::Utf8Path;
use futures::{
    StreamExt,
    stream::{self, BoxStream},
};

use super::tree;
use crate::{
    model::discovery,
    plan::action::{Action, inventory::WriteInventory},
    run::driver::{Driver, Finding, Said, Task, Word},
    trouble::{Result, Tell, Trouble},
};

/// Everybody who may read the site may read it.
const MODE: u32 = 0o644;

/// Brings [`WriteInventory`] about.
#[derive(Debug)]
pub struct InventoryDriver {
    notes: Vec<String>,
}

impl InventoryDriver {
    /// `notes` are told when it looks.
    pub fn new(notes: Vec<String>) -> Self {
        Self { notes }
    }
}

fn ours<'a>(task: &Task<'a>) -> Result<&'a WriteInventory> {
    match &task.step.action {
        Action::Inventory(action) => Ok(action),
        _ => Err(Trouble::internal(format!("{} writes no inventory", task.step.id))),
    }
}

/// The inventory as it is; empty if there is none.
pub fn read(file: &Utf8Path) -> Result<String> {
    match std::fs::read_to_string(file) {
        Ok(text) => Ok(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(error).or_host(|| format!("reading {file}")),
    }
}

fn look(task: &Task) -> Result<Finding> {
    let WriteInventory { file, text } = ours(task)?;
    let changes = discovery::differences(&read(file)?, text);
    Ok(if changes.is_empty() { Finding::Satisfied } else { Finding::Differs(changes) })
}

fn write(task: &Task) -> Result<()> {
    let WriteInventory { file, text } = ours(task)?;
    // A link stays a link: it leads to the file that is kept.
    let target = file.canonicalize_utf8().unwrap_or_else(|_| file.clone());
    tree::put(&target, text.as_bytes(), MODE)
}

impl Driver for InventoryDriver {
    fn probe<'a>(&'a self, tasks: Vec<Task<'a>>) -> BoxStream<'a, Said> {
        let said = tasks.into_iter().flat_map(|task| {
            let say = move |word| Said { step: task.step.id.clone(), word };
            let notes = self.notes.iter().map(move |note| say(Word::Warning(note.clone())));
            let found = Said { step: task.step.id.clone(), word: Word::Found(look(&task)) };
            notes.chain([found])
        });
        stream::iter(said.collect::<Vec<_>>()).boxed()
    }

    fn apply<'a>(&'a self, tasks: Vec<Task<'a>>) -> BoxStream<'a, Said> {
        let applied = tasks
            .into_iter()
            .map(|task| Said { step: task.step.id.clone(), word: Word::Applied(write(&task)) });
        stream::iter(applied).boxed()
    }
}
