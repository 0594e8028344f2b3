//! A directory that plays a host, with played programs: what tests of the engine and of every topic are made on.

mod distribution;

use std::{cell::RefCell, collections::BTreeMap, fs, path::Path, rc::Rc};

use super::{
    change::Change,
    concern::{Concern, Host},
    converge::Converge,
    data::Confirmed,
    facts::Facts,
    fault::Fault,
    machine::Machine,
    programs::{Call, Output, Programs},
};

/// What a played program does to the host's directory, and what it says.
pub(crate) type Act = Rc<dyn Fn(&Path, &Call) -> Output>;

/// Remembers what was called, and fails where it is told to.
#[derive(Default, Clone)]
pub(crate) struct Played {
    called: Rc<RefCell<Vec<String>>>,
    pub(crate) failing: Rc<RefCell<Option<String>>>,
    /// By the beginning of the command line; the newest counts.
    pub(crate) acts: Rc<RefCell<Vec<(String, Act)>>>,
    /// After how many further calls the agent is killed, and whether the program of that call still does its work.
    pub(crate) killed: Rc<RefCell<Option<(usize, bool)>>>,
    root: std::path::PathBuf,
}

impl Programs for Played {
    fn run(&self, call: &Call) -> Result<Output, Fault> {
        let line = call.line();
        self.called.borrow_mut().push(line.clone());
        if self.failing.borrow().as_ref().is_some_and(|part| line.contains(part)) {
            return Ok(Output { code: 1, ..Output::default() });
        }
        let is_last = self.is_last();
        if is_last == Some(false) {
            return Err(Fault::new("the agent was killed"));
        }
        let known = self.acts.borrow();
        let act = known.iter().rev().find(|(start, _)| line.starts_with(start));
        let output = act.map_or_else(Output::default, |(_, act)| act(&self.root, call));
        if is_last.is_some() { Err(Fault::new("the agent was killed")) } else { Ok(output) }
    }
}

impl Played {
    /// Whether the agent is killed at this call; if so, whether the program does its work.
    fn is_last(&self) -> Option<bool> {
        let mut killed = self.killed.borrow_mut();
        let (left, works) = killed.as_mut()?;
        if *left == 0 {
            return Some(*works);
        }
        *left -= 1;
        None
    }
}

/// A host on the stage.
pub(crate) struct Stage {
    pub(crate) root: tempfile::TempDir,
    pub(crate) programs: Played,
    pub(crate) facts: Facts,
    /// What the operator has named to be removed with its data.
    pub(crate) confirmed: RefCell<Confirmed>,
}

impl Stage {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let root = tempfile::tempdir().unwrap();
        let me = (rustix::process::getuid().as_raw(), rustix::process::getgid().as_raw());
        let group = format!("root:x:0:\nsystemd-journal:x:{}:\n", me.1);
        let given =
            [("/etc/group", group.as_str()), ("/etc/passwd", "root:x:0:0::/root:/bin/sh\n")];
        for (path, text) in given.iter().chain(files) {
            write(root.path(), path, text);
        }
        let programs = Played { root: root.path().to_owned(), ..Played::default() };
        Self { root, programs, facts: Facts::default(), confirmed: RefCell::default() }
    }

    /// Has programs whose command line begins so do this.
    pub(crate) fn act(&self, start: &str, act: impl Fn(&Path, &Call) -> Output + 'static) {
        self.programs.acts.borrow_mut().push((start.into(), Rc::new(act)));
    }

    /// Has programs whose command line begins so print this.
    pub(crate) fn answer(&self, start: &str, stdout: &str) {
        let stdout = stdout.to_owned();
        self.act(start, move |_, _| Output { stdout: stdout.clone(), ..Output::default() });
    }

    /// Has `systemctl show` say of every unit that it is as given.
    pub(crate) fn units_are(&self, load: &str, file: &str, active: &str) {
        let block = format!("LoadState={load}\nUnitFileState={file}\nActiveState={active}\n");
        self.act("systemctl show", move |_, call| {
            let units = call.args.iter().skip_while(|arg| *arg != "--").skip(1);
            let stdout = units.map(|_| block.clone()).collect::<Vec<_>>().join("\n");
            Output { stdout, ..Output::default() }
        });
    }

    /// Names what is to be removed with its data.
    pub(crate) fn confirm(&self, names: &[&str]) {
        self.confirmed.borrow_mut().0 = names.iter().map(|name| (*name).to_owned()).collect();
    }

    pub(crate) fn machine(&self) -> Machine {
        Machine::played(self.root.path(), Box::new(self.programs.clone()))
    }

    pub(crate) fn look(&self, concern: &Concern) -> Vec<String> {
        let machine = self.machine();
        let host = Host { machine: &machine, facts: &self.facts };
        let converge = Converge::new(host).unwrap().removing(self.confirmed.borrow().clone());
        texts(&converge.look(concern).unwrap().changes)
    }

    /// What a look says that stays, and why.
    pub(crate) fn kept(&self, concern: &Concern) -> Vec<String> {
        let machine = self.machine();
        let host = Host { machine: &machine, facts: &self.facts };
        Converge::new(host).unwrap().look(concern).unwrap().kept
    }

    pub(crate) fn try_apply(&self, concern: &Concern) -> Result<Vec<String>, Fault> {
        let machine = self.machine();
        let host = Host { machine: &machine, facts: &self.facts };
        let mut converge = Converge::new(host)?.removing(self.confirmed.borrow().clone());
        converge.apply(concern, &mut |_| {}).map(|done| texts(&done.changes))
    }

    pub(crate) fn apply(&self, concern: &Concern) -> Vec<String> {
        self.try_apply(concern).unwrap()
    }

    /// Applies it and proves the property of every concern: what is done was announced, then a look is satisfied,
    /// nothing is done twice, and looking writes nothing.
    pub(crate) fn settles(&self, concern: &Concern) -> Vec<String> {
        let before = self.everything();
        let announced = self.look(concern);
        assert_eq!(self.everything(), before, "{} writes while it looks", concern.name());
        let done = self.apply(concern);
        // A package or a restart may bring about more than its own: then less is left to do than was announced.
        let mut rest = announced.iter();
        let told = done.iter().all(|change| rest.any(|announced| announced == change));
        assert!(told, "{} does {done:?}, and announced {announced:?}", concern.name());
        assert_eq!(self.look(concern), [""; 0], "{} is not satisfied", concern.name());
        let after = self.everything();
        assert_eq!(self.apply(concern), [""; 0]);
        assert_eq!(self.everything(), after, "{} writes again", concern.name());
        done
    }

    pub(crate) fn text(&self, path: &str) -> Option<String> {
        fs::read_to_string(self.root.path().join(path.trim_start_matches('/'))).ok()
    }

    /// Puts a file on the host as somebody else would.
    pub(crate) fn put(&self, path: &str, text: &str) {
        write(self.root.path(), path, text);
    }

    pub(crate) fn called(&self) -> Vec<String> {
        self.programs.called.take()
    }

    /// Every path with its content.
    pub(crate) fn everything(&self) -> BTreeMap<String, Option<Vec<u8>>> {
        let mut found = BTreeMap::new();
        walk(self.root.path(), &mut found);
        found
    }
}

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path.trim_start_matches('/'));
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn walk(path: &Path, found: &mut BTreeMap<String, Option<Vec<u8>>>) {
    found.insert(path.display().to_string(), fs::read(path).ok());
    for entry in fs::read_dir(path).into_iter().flatten() {
        walk(&entry.unwrap().path(), found);
    }
}

fn texts(changes: &[Change]) -> Vec<String> {
    changes.iter().map(|change| change.text.clone()).collect()
}
