//! The line of `/etc/crypttab` by which a device is opened when the host starts.

use serde::Serialize;

use super::Thing;
use crate::host::{
    change::Change,
    fault::Fault,
    machine::{Access, Machine},
};

const PATH: &str = "/etc/crypttab";

/// The line of `/etc/crypttab`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CryptLine {
    pub name: String,
    pub device: String,
    /// The file of its key; none where clevis answers for it.
    pub key: Option<String>,
    pub options: Vec<String>,
}

impl CryptLine {
    /// As Kayobe writes it.
    fn line(&self) -> String {
        let key = self.key.as_deref().unwrap_or("none");
        let mut words = vec![self.name.as_str(), &self.device, key];
        let options = self.options.join(",");
        words.extend(Some(options.as_str()).filter(|options| !options.is_empty()));
        words.join(" ")
    }

    fn edited(&self, text: &str) -> String {
        let line = self.line() + "\n";
        if !text.lines().any(|known| is_of(known, &self.name)) {
            let gap = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
            return format!("{text}{gap}{line}");
        }
        let known = text.split_inclusive('\n');
        known.map(|known| if is_of(known, &self.name) { line.as_str() } else { known }).collect()
    }
}

fn words(line: &str) -> Vec<&str> {
    line.split('#').next().unwrap_or_default().split_whitespace().collect()
}

fn is_of(line: &str, name: &str) -> bool {
    words(line).first() == Some(&name)
}

impl Thing for CryptLine {
    type Seen = String;

    fn key(&self) -> String {
        format!("crypttab:{}", self.name)
    }

    fn observe(&self, machine: &Machine) -> Result<String, Fault> {
        Ok(machine.text(PATH)?.unwrap_or_default())
    }

    fn diff(&self, seen: &String) -> Vec<Change> {
        let wanted = self.line();
        let mut own = seen.lines().filter(|line| is_of(line, &self.name)).peekable();
        if own.peek().is_some() && own.all(|line| words(line) == words(&wanted)) {
            return Vec::new();
        }
        let text = format!("change the line of {} in {PATH}", self.name);
        vec![Change::of_text(text, seen, &self.edited(seen))]
    }

    fn perform(&self, machine: &Machine, seen: &String) -> Result<(), Fault> {
        if let Some(key) = &self.key
            && machine.node(key)?.is_none()
        {
            // The next start would wait for it in vain.
            return Err(Fault::new(format!("writing the line of {} into {PATH}", self.name))
                .because(format!("the device is encrypted, and there is no key in {key}"))
                .hint("put a key that opens it there, or leave its `mode` as it was"));
        }
        machine.write(PATH, self.edited(seen).as_bytes(), &Access::default())
    }
}

/// The line by which a device is opened under this name.
pub(in crate::host) fn line(machine: &Machine, name: &str) -> Result<Option<String>, Fault> {
    let text = machine.text(PATH)?.unwrap_or_default();
    Ok(text.lines().find(|line| is_of(line, name)).map(str::to_owned))
}

/// Takes such lines away; whether there were any.
pub(super) fn remove(machine: &Machine, name: &str) -> Result<bool, Fault> {
    let text = machine.text(PATH)?.unwrap_or_default();
    let kept: String = text.split_inclusive('\n').filter(|line| !is_of(line, name)).collect();
    if kept == text {
        return Ok(false);
    }
    machine.write(PATH, kept.as_bytes(), &Access::default())?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_found_and_changed() {
        let of = |options: &[&str]| CryptLine {
            name: "data".into(),
            device: "/dev/sdb".into(),
            key: Some("/etc/luks-keys/dev-sdb".into()),
            options: options.iter().map(|option| (*option).to_owned()).collect(),
        };
        let plain = "data /dev/sdb /etc/luks-keys/dev-sdb\n";
        let table = [
            (of(&[]), "", plain.to_owned()),
            (
                of(&[]),
                "# name\ndata-2 /dev/sdc none",
                format!("# name\ndata-2 /dev/sdc none\n{plain}"),
            ),
            (
                of(&["discard", "luks"]),
                &plain.replace(' ', "\t"),
                plain.replace("sdb\n", "sdb discard,luks\n"),
            ),
        ];
        for (line, before, after) in table {
            assert_eq!(line.diff(&before.to_owned()).len(), 1, "{before}");
            assert_eq!(line.edited(before), after, "{before}");
            assert_eq!(line.diff(&after), [], "{after}");
        }
        assert_eq!(of(&[]).diff(&plain.replace(' ', "  ")), []);
    }
}
