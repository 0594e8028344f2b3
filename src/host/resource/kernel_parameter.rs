//! A parameter of the running kernel.

use serde::Serialize;

use super::Thing;
use crate::host::{change::Change, fault::Fault, machine::Machine, programs::Call};

/// `net.ipv4.ip_forward` with its value, white space aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KernelParameter {
    pub name: String,
    pub value: String,
}

impl KernelParameter {
    /// Names with a slash may hold dots: `net/ipv4/conf/eth0.100/rp_filter`.
    fn path(&self) -> String {
        let slashed = match (self.name.find('/'), self.name.find('.')) {
            (Some(slash), dot) if dot.is_none_or(|dot| slash < dot) => self.name.clone(),
            _ => self.name.chars().map(exchanged).collect(),
        };
        format!("/proc/sys/{slashed}")
    }
}

/// As sysctl reads names: dots separate, and slashes stand for dots.
fn exchanged(c: char) -> char {
    match c {
        '.' => '/',
        '/' => '.',
        other => other,
    }
}

fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

impl Thing for KernelParameter {
    type Seen = Option<String>;

    fn key(&self) -> String {
        format!("kernel:{}", self.name)
    }

    fn observe(&self, machine: &Machine) -> Result<Option<String>, Fault> {
        machine.text(&self.path())
    }

    fn diff(&self, seen: &Option<String>) -> Vec<Change> {
        match seen {
            Some(now) if words(now) == words(&self.value) => Vec::new(),
            Some(now) => {
                let now = words(now).join(" ");
                vec![Change::new(format!("set {} from {now} to {}", self.name, self.value))]
            }
            None => vec![Change::new(format!("set {} to {}", self.name, self.value))],
        }
    }

    fn perform(&self, machine: &Machine, _seen: &Option<String>) -> Result<(), Fault> {
        let call = Call::new("sysctl", ["-w".to_owned(), format!("{}={}", self.name, self.value)]);
        machine.must(&call).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_to_files() {
        let table = [
            ("net.ipv4.ip_forward", "/proc/sys/net/ipv4/ip_forward"),
            ("net/ipv4/conf/eth0.100/rp_filter", "/proc/sys/net/ipv4/conf/eth0.100/rp_filter"),
            ("net.ipv4.conf.eth0/100.rp_filter", "/proc/sys/net/ipv4/conf/eth0.100/rp_filter"),
        ];
        for (name, path) in table {
            let parameter = KernelParameter { name: name.into(), value: String::new() };
            assert_eq!(parameter.path(), path);
        }
    }
}
