//! Parameters of the kernel's command line, by the boot loader's configuration. The kernel that runs gets them at the
//! next start of the host.

use serde::Serialize;

use super::{Thing, packages};
use crate::host::{
    change::Change,
    fault::Fault,
    machine::{Access, Machine},
    programs::Call,
    record::Trace,
    removal::Verdict,
};

const FILE: &str = "/etc/default/grub";
/// What `update-grub` makes of it.
const MENU: &str = "/boot/grub/grub.cfg";
const DEFAULT: &str = "GRUB_CMDLINE_LINUX_DEFAULT";

/// `name=value`, in place of another value of the name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BootArguments {
    pub arguments: Vec<String>,
}

impl BootArguments {
    /// Says which of them the kernel that runs does not have.
    pub(super) fn note(&self, machine: &Machine) -> Result<Option<String>, Fault> {
        let running = machine.text("/proc/cmdline")?.unwrap_or_default();
        let running: Vec<&str> = running.split_whitespace().collect();
        let missing: Vec<&str> = self
            .arguments
            .iter()
            .map(String::as_str)
            .filter(|argument| !running.contains(argument))
            .collect();
        let text =
            || format!("the kernel has {} only after a restart of the host", missing.join(" "));
        Ok((!missing.is_empty()).then(text))
    }

    fn edited(&self, text: &str) -> String {
        let words = current(text);
        let name = |word: &str| word.split('=').next().unwrap_or_default().to_owned();
        let named: Vec<String> = self.arguments.iter().map(|argument| name(argument)).collect();
        let kept = words.into_iter().filter(|word| !named.contains(&name(word)));
        with(text, &kept.chain(self.arguments.iter().cloned()).collect::<Vec<_>>())
    }
}

/// The words that stand in the file now. Without a line of its own, the default is what all kernels get.
fn current(text: &str) -> Vec<String> {
    let value = |name: &str| {
        let start = format!("{name}=");
        let line = text.lines().find_map(|line| line.strip_prefix(&start));
        line.map(|value| value.trim().trim_matches(['"', '\'']).to_owned())
    };
    let words = value(DEFAULT).or_else(|| value("GRUB_CMDLINE_LINUX")).unwrap_or_default();
    words.split_whitespace().map(str::to_owned).collect()
}

fn with(text: &str, words: &[String]) -> String {
    let line = format!("{DEFAULT}=\"{}\"\n", words.join(" "));
    let is_own = |line: &&str| line.starts_with(&format!("{DEFAULT}="));
    if !text.lines().any(|line| is_own(&line)) {
        let gap = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        return format!("{text}{gap}{line}");
    }
    let lines = text.split_inclusive('\n');
    lines.map(|other| if is_own(&other) { line.as_str() } else { other }).collect()
}

/// Has the boot loader know what changed.
pub(crate) fn calls(is_debian: bool, add: &[String], remove: &[String]) -> Vec<Vec<String>> {
    if is_debian {
        return vec![vec!["update-grub".into()]];
    }
    let mut words = vec!["grubby".to_owned(), "--update-kernel=ALL".to_owned()];
    for (option, arguments) in [("--args", add), ("--remove-args", remove)] {
        if !arguments.is_empty() {
            words.push(format!("{option}={}", arguments.join(" ")));
        }
    }
    vec![words]
}

impl Thing for BootArguments {
    type Seen = String;

    fn key(&self) -> String {
        format!("boot-arguments:{}", self.arguments.join(" "))
    }

    fn observe(&self, machine: &Machine) -> Result<String, Fault> {
        machine.text(FILE)?.ok_or_else(|| {
            Fault::new(format!("reading {FILE}"))
                .because("it is not there")
                .hint("Ymir sets the kernel's parameters by GRUB's configuration only")
        })
    }

    fn diff(&self, seen: &String) -> Vec<Change> {
        let words = current(seen);
        if self.arguments.iter().all(|argument| words.contains(argument)) {
            return Vec::new();
        }
        let text = format!("start the kernel with {}", self.arguments.join(" "));
        vec![Change::of_text(text, seen, &self.edited(seen))]
    }

    fn perform(&self, machine: &Machine, seen: &String) -> Result<(), Fault> {
        machine.write(FILE, self.edited(seen).as_bytes(), &Access::default())
    }

    fn trace(&self, _machine: &Machine, seen: &String) -> Result<Option<Trace>, Fault> {
        let words = current(seen);
        let new = self.arguments.iter().filter(|argument| !words.contains(argument));
        let arguments: Vec<String> = new.cloned().collect();
        Ok((!arguments.is_empty()).then_some(Trace::BootArguments { arguments }))
    }
}

/// What becomes of arguments that nobody asks for any more.
pub(crate) fn judge(machine: &Machine, arguments: &[String]) -> Result<Verdict, Fault> {
    let words = current(&machine.text(FILE)?.unwrap_or_default());
    let menu = machine.text(MENU)?.unwrap_or_default();
    let mut menu = menu.split_whitespace();
    let is_there = arguments.iter().any(|argument| words.contains(argument))
        || menu.any(|word| arguments.iter().any(|argument| argument == word));
    let text = format!("start the kernel without {}", arguments.join(" "));
    Ok(if is_there { Verdict::Remove(Change::new(text)) } else { Verdict::Forget })
}

/// Takes them out of the boot loader's configuration.
pub(crate) fn take_away(machine: &Machine, arguments: &[String]) -> Result<(), Fault> {
    let is_debian = packages::is_debian(machine);
    let text = machine.text(FILE)?.unwrap_or_default();
    let mut words = current(&text);
    words.retain(|word| !arguments.contains(word));
    let load = || {
        let mut calls = calls(is_debian, &[], arguments).into_iter();
        calls.try_for_each(|words| {
            machine.must(&Call::new(&words[0], words[1..].to_vec())).map(drop)
        })
    };
    // On Red Hat's family the file decides whether they are still to be taken out, so it comes last.
    if !is_debian {
        load()?;
    }
    machine.write(FILE, with(&text, &words).as_bytes(), &Access::default())?;
    if is_debian { load() } else { Ok(()) }
}
