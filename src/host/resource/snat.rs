//! A rule by which the host lends its address to others.

use serde::Serialize;

use super::Thing;
use crate::host::{
    change::Change, fault::Fault, machine::Machine, programs::Call, record::Trace, removal::Verdict,
};

/// A rule of the table `nat`. Without interface or address it is those of the default route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Snat {
    pub interface: Option<String>,
    pub source_ip: Option<String>,
    /// Further words of iptables, in order: `--destination 10.0.0.0/8`.
    pub matches: Vec<String>,
}

/// The rule's words, and whether it is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    rule: Vec<String>,
    is_there: bool,
}

impl Snat {
    fn rule(&self, machine: &Machine) -> Result<Vec<String>, Fault> {
        let (interface, address) = match (&self.interface, &self.source_ip) {
            (Some(interface), Some(address)) => (interface.clone(), address.clone()),
            (interface, address) => {
                let (default, own) = default_route(machine)?;
                (interface.clone().unwrap_or(default), address.clone().unwrap_or(own))
            }
        };
        let mut words = vec!["POSTROUTING".to_owned()];
        words.extend(self.matches.iter().cloned());
        words.extend(["--out-interface".to_owned(), interface]);
        words.extend(["--jump", "SNAT", "--to-source"].map(str::to_owned));
        words.push(address);
        Ok(words)
    }
}

/// The interface and the host's own address of its default route.
fn default_route(machine: &Machine) -> Result<(String, String), Fault> {
    let said =
        machine.must(&Call::new("ip", ["-4", "-oneline", "route", "get", "1.1.1.1"]))?.stdout;
    let words: Vec<&str> = said.split_whitespace().collect();
    let after = |name: &str| {
        let at = words.iter().position(|word| *word == name)?;
        words.get(at + 1).map(|word| (*word).to_owned())
    };
    after("dev").zip(after("src")).ok_or_else(|| {
        Fault::new("finding the host's default route")
            .because("it has none")
            .hint("name `interface` and `source_ip` in `snat_rules`")
    })
}

fn iptables(verb: &str, rule: &[String]) -> Call {
    Call::new("iptables", ["--wait", "--table", "nat", verb]).also(rule.iter().cloned())
}

fn is_there(machine: &Machine, rule: &[String]) -> Result<bool, Fault> {
    let has_iptables =
        ["/usr/sbin/iptables", "/sbin/iptables"].iter().any(|path| machine.path(path).exists());
    Ok(has_iptables && machine.run(&iptables("--check", rule))?.code == 0)
}

/// What becomes of rules that nobody asks for any more. They are gone after a start of the host.
pub(crate) fn judge(machine: &Machine, rules: &[Vec<String>]) -> Result<Verdict, Fault> {
    let mut left = Vec::new();
    for rule in rules {
        if is_there(machine, rule)? {
            left.push(rule.join(" "));
        }
    }
    if left.is_empty() {
        return Ok(Verdict::Forget);
    }
    Ok(Verdict::Remove(Change::new(format!("remove the rule {}", left.join(" and ")))))
}

/// Takes them away, as far as they are there.
pub(crate) fn take_away(machine: &Machine, rules: &[Vec<String>]) -> Result<(), Fault> {
    for rule in rules {
        if is_there(machine, rule)? {
            machine.must(&iptables("--delete", rule))?;
        }
    }
    Ok(())
}

impl Thing for Snat {
    type Seen = Seen;

    fn key(&self) -> String {
        let named = |name: &Option<String>| name.clone().unwrap_or_default();
        format!(
            "snat:{}:{}:{}",
            named(&self.interface),
            named(&self.source_ip),
            self.matches.join(" ")
        )
    }

    fn observe(&self, machine: &Machine) -> Result<Seen, Fault> {
        let rule = self.rule(machine)?;
        let is_there = is_there(machine, &rule)?;
        Ok(Seen { rule, is_there })
    }

    fn diff(&self, seen: &Seen) -> Vec<Change> {
        if seen.is_there {
            return Vec::new();
        }
        vec![Change::new(format!("add the rule {}", seen.rule.join(" ")))]
    }

    fn perform(&self, machine: &Machine, seen: &Seen) -> Result<(), Fault> {
        machine.must(&iptables("--append", &seen.rule)).map(drop)
    }

    fn trace(&self, _machine: &Machine, seen: &Seen) -> Result<Option<Trace>, Fault> {
        Ok(Some(Trace::Snat { rules: vec![seen.rule.clone()] }))
    }

    fn is_adopted(&self) -> bool {
        true
    }
}
