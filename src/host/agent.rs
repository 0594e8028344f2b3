//! The agent's life: it tells who it is, answers questions until its input ends, and goes.
//!
//! When the connection breaks in the middle, it finishes the concern in hand, writes its record, and ends. A control
//! host that says nothing for a while has gone too, whatever sshd believes.

use std::io::{BufRead, Write};

use super::{
    concern::{Concern, Host},
    converge::Converge,
    data::Confirmed,
    errand::Errand,
    facts::Facts,
    fault::{Fault, Tried},
    lock::{Lock, Owner},
    machine::Machine,
    resource::unit,
    undo, wipe,
    wire::{Answer, Ask, Part, VERSION},
};

/// Longer questions are no plan of ours.
const LONGEST: u64 = 64 << 20;

/// Serves one connection. An answer that nobody hears is no reason to leave work half done.
pub fn serve(machine: &Machine, mut input: impl BufRead, output: &mut impl Write) {
    let facts = match greet(machine, output) {
        Ok(facts) => facts,
        Err(fault) => return say(output, &Answer::Broken { fault }),
    };
    let mut served = Served { host: Host { machine, facts: &facts }, lock: None, output };
    loop {
        let mut line = String::new();
        match std::io::Read::take(&mut input, LONGEST).read_line(&mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        match serde_json::from_str(&line).tried(|| "reading a question".into()) {
            Ok(ask) => served.answer(ask),
            Err(fault) => return say(served.output, &Answer::Broken { fault }),
        }
    }
}

fn greet(machine: &Machine, output: &mut impl Write) -> Result<Facts, Fault> {
    let facts = Facts::of(machine)?;
    let (waiting, undone) = (undo::waiting(machine)?, undo::undone(machine)?);
    say(output, &Answer::Ready { version: VERSION, facts: facts.clone(), waiting, undone });
    Ok(facts)
}

fn say(output: &mut impl Write, answer: &Answer) {
    let Ok(mut line) = serde_json::to_vec(answer) else { return };
    line.push(b'\n');
    // Nobody is left to hear it when this fails, and the work goes on to its end.
    drop(output.write_all(&line).and_then(|()| output.flush()));
}

struct Served<'s, W> {
    host: Host<'s>,
    lock: Option<Lock>,
    output: &'s mut W,
}

impl<W: Write> Served<'_, W> {
    fn answer(&mut self, ask: Ask) {
        match ask {
            Ask::Alive => {}
            Ask::Own { owner } => self.own(&owner),
            Ask::Disks => {
                let outcome = wipe::list(self.host.machine);
                say(self.output, &Answer::Disks { outcome: outcome.into() });
            }
            Ask::Look { parts } => self.look(parts),
            Ask::Apply { part } => self.apply(*part),
            Ask::Run { errand } => self.run(&errand),
            Ask::Confirm { undo } => {
                let outcome = undo::confirm(self.host.machine, &undo);
                say(self.output, &Answer::Confirmed { outcome: outcome.into() });
            }
            // Where it cannot be noted, the next run tells it once more.
            Ask::Told { undo } => drop(undo::told(self.host.machine, &undo)),
        }
    }

    /// An earlier run of the same person's may not have noticed yet that its connection is gone.
    fn own(&mut self, owner: &Owner) {
        let output = &mut *self.output;
        let mut wait = |text: &str| {
            say(output, &Answer::Progress { id: String::new(), text: text.to_owned() });
        };
        let taken = Lock::take(self.host.machine, owner, &mut wait);
        let outcome = taken.and_then(|lock| {
            self.lock = Some(lock);
            undo::settled(self.host.machine)?;
            undo::undone(self.host.machine)
        });
        say(self.output, &Answer::Owned { outcome: outcome.into() });
    }

    fn look(&mut self, parts: Vec<Part>) {
        // Asked once for all; if it cannot be, each look finds out by itself.
        let all = parts.iter().filter_map(|part| part.concern.resources(&self.host).ok());
        let all: Vec<_> = all.flatten().collect();
        drop(unit::prefetch(self.host.machine, all.iter()));
        let mut converge = Converge::new(self.host);
        for Part { id, concern, confirmed } in parts {
            let outcome = match &mut converge {
                Ok(converge) => {
                    converge.confirmed = confirmed;
                    converge.look(&concern)
                }
                Err(fault) => Err(fault.clone()),
            };
            say(self.output, &Answer::Found { id, outcome: outcome.into() });
        }
    }

    fn apply(&mut self, Part { id, concern, confirmed }: Part) {
        let outcome = if self.lock.is_some() {
            self.converge(&id, &concern, confirmed)
        } else {
            Err(no_lock())
        };
        say(self.output, &Answer::Applied { id, outcome: outcome.into() });
    }

    fn run(&mut self, errand: &Errand) {
        let outcome = if self.lock.is_some() || !errand.changes_the_host() {
            let output = &mut *self.output;
            let mut progress = |text: &str| {
                say(output, &Answer::Progress { id: String::new(), text: text.to_owned() });
            };
            errand.run(self.host, &mut progress)
        } else {
            Err(no_lock())
        };
        say(self.output, &Answer::Ran { outcome: outcome.into() });
    }

    fn converge(
        &mut self,
        id: &str,
        concern: &Concern,
        confirmed: Confirmed,
    ) -> Result<super::converge::Done, Fault> {
        self.host.machine.forget();
        let output = &mut *self.output;
        let mut progress = |text: &str| {
            say(output, &Answer::Progress { id: id.to_owned(), text: text.to_owned() });
        };
        Converge::new(self.host)?.removing(confirmed).apply(concern, &mut progress)
    }
}

fn no_lock() -> Fault {
    Fault::new("changing the host").because("the run does not hold the host's lock")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::stage::Stage;

    const UNDONE: &str = "/var/lib/ymir/undone.json";

    /// A check greets, too, and must not use up what the next run has to tell.
    #[test]
    fn what_was_undone_is_kept_until_it_was_told() {
        let bundle = r#"{"id": "1", "concern": "network", "files": [], "then": []}"#;
        let system = "ID=debian\nVERSION_ID=\"12\"\n";
        let stage = Stage::new(&[(UNDONE, bundle), ("/etc/os-release", system)]);
        let greeted = |asked: &str| {
            let mut said = Vec::new();
            serve(&stage.machine(), asked.as_bytes(), &mut said);
            String::from_utf8(said).unwrap()
        };
        let before = stage.everything();
        for asked in ["", r#"{"ask": "look", "parts": []}"#, r#"{"ask": "told", "undo": "2"}"#] {
            assert!(greeted(asked).contains(r#""undone":["1","network"]"#), "{asked}");
            assert_eq!(stage.everything(), before, "{asked}");
        }
        greeted(r#"{"ask": "told", "undo": "1"}"#);
        assert_eq!(stage.text(UNDONE), None);
    }
}
