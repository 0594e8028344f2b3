//! A line of `/etc/fstab`.

use serde::{Deserialize, Serialize};

use super::Thing;
use crate::host::{
    change::Change,
    data::Held,
    fault::Fault,
    machine::{Access, Machine},
    record::Trace,
};

pub(in crate::host) const PATH: &str = "/etc/fstab";

/// What is mounted where, from the next start on. Swap is found by its source, anything else by its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fstab {
    pub source: String,
    /// `none` for swap
    pub place: String,
    pub kind: String,
    pub options: String,
}

impl Fstab {
    /// As Kayobe writes it.
    fn line(&self) -> String {
        let words =
            [&self.source, &self.place, &self.kind, &self.options].map(|word| escaped(word));
        format!("{} 0 0", words.join(" "))
    }

    /// Whether a line speaks of the same thing.
    fn is_meant_by(&self, line: &str) -> bool {
        let words = words(line);
        match words[..] {
            [source, place, kind, ..] if place == escaped(&self.place) => {
                place != "none" || (kind == "swap" && source == escaped(&self.source))
            }
            _ => false,
        }
    }

    /// Whether a line says the same; the last two of its words may be left out.
    fn is_said_by(&self, line: &str) -> bool {
        let mut said = words(line);
        said.resize(6, "0");
        said == words(&self.line())
    }

    fn edited(&self, text: &str) -> String {
        let line = self.line() + "\n";
        if !text.lines().any(|known| self.is_meant_by(known)) {
            let gap = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
            return format!("{text}{gap}{line}");
        }
        let known = text.split_inclusive('\n');
        known.map(|known| if self.is_meant_by(known) { line.as_str() } else { known }).collect()
    }
}

fn words(line: &str) -> Vec<&str> {
    line.split('#').next().unwrap_or_default().split_whitespace().collect()
}

fn escaped(word: &str) -> String {
    word.replace('\\', "\\134").replace(' ', "\\040").replace('&', "\\046")
}

/// The file without the line that mounts this source at this place; nothing if it has none.
pub(in crate::host) fn without(
    machine: &Machine,
    source: &str,
    place: &str,
) -> Result<Option<String>, Fault> {
    let text = machine.text(PATH)?.unwrap_or_default();
    let is_meant = |line: &&str| words(line).starts_with(&[&escaped(source), &escaped(place)]);
    let kept: String = text.split_inclusive('\n').filter(|line| !is_meant(line)).collect();
    Ok((kept != text).then_some(kept))
}

impl Thing for Fstab {
    type Seen = String;

    fn key(&self) -> String {
        let of = if self.place == "none" { &self.source } else { &self.place };
        format!("line:{PATH}:{of}")
    }

    fn observe(&self, machine: &Machine) -> Result<String, Fault> {
        Ok(machine.text(PATH)?.unwrap_or_default())
    }

    fn diff(&self, seen: &String) -> Vec<Change> {
        let mut own = seen.lines().filter(|line| self.is_meant_by(line)).peekable();
        if own.peek().is_some() && own.all(|line| self.is_said_by(line)) {
            return Vec::new();
        }
        let text = format!("change the line of {} in {PATH}", self.source);
        vec![Change::of_text(text, seen, &self.edited(seen))]
    }

    fn perform(&self, machine: &Machine, seen: &String) -> Result<(), Fault> {
        machine.write(PATH, self.edited(seen).as_bytes(), &Access::default())
    }

    fn trace(&self, _machine: &Machine, _seen: &String) -> Result<Option<Trace>, Fault> {
        if self.kind == "swap" {
            let (path, line) = (self.source.clone(), self.line());
            return Ok(Some(Trace::SwapLine { path, line }));
        }
        let (place, source) = (self.place.clone(), self.source.clone());
        Ok(Some(Trace::Data { held: Held::Mount { place, source } }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_found_and_changed() {
        let of = |source: &str, place: &str, kind: &str| {
            let [source, place, kind] = [source, place, kind].map(str::to_owned);
            Fstab { source, place, kind, options: "defaults".into() }
        };
        let swap = of("/swap", "none", "swap");
        let data = of("/dev/vg/data", "/srv/a b", "ext4");
        let swap_line = "/swap none swap defaults 0 0\n";
        let data_line = "/dev/vg/data /srv/a\\040b ext4 defaults 0 0\n";
        let table = [
            (&swap, "", swap_line.to_owned()),
            (&swap, "/old none swap sw 0 0", format!("/old none swap sw 0 0\n{swap_line}")),
            (&swap, "/swap none swap sw\n", swap_line.to_owned()),
            (&data, "/dev/sdb /srv/a\\040b xfs noatime\n# x\n", format!("{data_line}# x\n")),
        ];
        for (entry, before, after) in table {
            assert_eq!(entry.diff(&before.to_owned()).len(), 1, "{before}");
            assert_eq!(entry.edited(before), after, "{before}");
            assert_eq!(entry.diff(&after), [], "{after}");
        }
        assert_eq!(swap.diff(&"/swap\tnone swap defaults # x\n".to_owned()), []);
    }
}
