//! The file that describes a rack. What cannot be is refused with its place.

use std::{collections::BTreeSet, fmt::Display, net::SocketAddr, ops::Range, sync::Arc};

use serde::Deserialize;
use toml::Spanned;

use super::{
    fault::{Fault, word},
    times::Times,
};
use crate::{
    near,
    origin::Origin,
    trouble::{Result, Trouble},
};

/// An example that shows every key; `ymir rack example` writes it.
pub const EXAMPLE: &str = include_str!("example.toml");

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    #[serde(default)]
    pub rack: Settings,
    #[serde(default)]
    pub times: Times,
    #[serde(default)]
    nodes: Vec<Spanned<Group>>,
    #[serde(default)]
    fault: Vec<Spanned<Fault>>,
}

/// The part `[rack]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    pub listen: SocketAddr,
    /// Seconds of the rack's time in one real second; 0: only when told.
    pub speed: Spanned<f64>,
    pub conductors: Spanned<Vec<String>>,
    /// The newest version of Ironic's API that is spoken.
    pub newest_version: Spanned<String>,
    /// How many nodes Ironic deploys at once; without, all.
    pub max_concurrent_deploy: Option<usize>,
    /// Whom the BMCs let in; without, everybody.
    pub bmc: Option<Login>,
    /// Whom Ironic lets in; without, everybody.
    pub ironic: Option<Login>,
    /// Whom Keystone gives a token, and Ironic then lets in; without, there is no Keystone.
    pub keystone: Option<Login>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Login {
    pub user: String,
    pub password: String,
}

/// One `[[nodes]]`: machines that are alike.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    pub count: u32,
    /// `{n}` stands for the number, `{n:3}` for three digits of it.
    pub name: String,
    #[serde(default)]
    pub bmc: Bmc,
    #[serde(default = "cpus")]
    pub cpus: u32,
    #[serde(default = "memory_mb")]
    pub memory_mb: u32,
    #[serde(default = "disk_gb")]
    pub disk_gb: u32,
    /// How many disks of that size it has.
    #[serde(default = "disks")]
    pub disks: u32,
}

/// Through what Ironic talks to a machine.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bmc {
    #[default]
    Redfish,
    Ipmi,
    FakeHardware,
}

fn cpus() -> u32 {
    16
}

fn memory_mb() -> u32 {
    65_536
}

fn disk_gb() -> u32 {
    480
}

fn disks() -> u32 {
    1
}

/// The newest version that the rack speaks, which is that of the Ironic its answers were recorded from.
pub const NEWEST: (u32, u32) = (1, 115);

impl Default for Settings {
    fn default() -> Self {
        let nowhere = |text: &str| Spanned::new(0..0, text.to_owned());
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 6385)),
            speed: Spanned::new(0..0, 1.0),
            conductors: Spanned::new(0..0, vec!["rack".into()]),
            newest_version: nowhere(&format!("{}.{}", NEWEST.0, NEWEST.1)),
            max_concurrent_deploy: None,
            bmc: None,
            ironic: None,
            keystone: None,
        }
    }
}

impl Settings {
    /// The newest version as numbers; [`parse`] has refused what is none.
    pub fn newest(&self) -> (u32, u32) {
        version(self.newest_version.get_ref()).unwrap_or(NEWEST)
    }
}

impl File {
    pub fn groups(&self) -> impl Iterator<Item = &Group> {
        self.nodes.iter().map(Spanned::get_ref)
    }

    pub fn faults(&self) -> Vec<Fault> {
        self.fault.iter().map(|fault| fault.get_ref().clone()).collect()
    }
}

/// A version of the API as numbers.
pub fn version(text: &str) -> Option<(u32, u32)> {
    let (major, minor) = text.trim().split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

/// Reads a rack's file.
pub fn parse(text: &str, path: &str) -> Result<File> {
    let place = Place { text, file: path.into() };
    let file: File = toml::from_str(text).map_err(|error| place.unread(&error))?;
    place.check(&file)?;
    Ok(file)
}

struct Place<'a> {
    text: &'a str,
    file: Arc<str>,
}

impl Place<'_> {
    fn origin(&self, span: &Range<usize>) -> Origin {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1;
        let number = |count| u32::try_from(count).unwrap_or(u32::MAX);
        Origin::at(&self.file, number(line), number(column))
    }

    fn refused(&self, span: &Range<usize>, cause: impl Display) -> Trouble {
        let what = format!("reading the rack's file {}", self.file);
        Trouble::refused(what).because(cause).at(&self.origin(span))
    }

    fn unread(&self, error: &toml::de::Error) -> Trouble {
        let trouble = self.refused(&error.span().unwrap_or(0..0), error.message());
        let hint = meant(error.message()).map_or_else(
            || "`ymir rack example` shows a whole file".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        trouble.hint(hint)
    }

    fn check(&self, file: &File) -> Result<()> {
        self.settings(&file.rack)?;
        if let Some((name, seconds)) =
            file.times.all().into_iter().find(|(_, seconds)| !(0.0..1e9).contains(seconds))
        {
            return Err(self
                .refused(
                    &self.named(name),
                    format!("`{name}` is {seconds}, which is no time in seconds"),
                )
                .hint("write a number from 0"));
        }
        let mut names = BTreeSet::new();
        file.nodes.iter().try_for_each(|group| self.group(group, &mut names))?;
        file.fault.iter().try_for_each(|fault| self.fault(fault, &names))
    }

    fn settings(&self, rack: &Settings) -> Result<()> {
        if !rack.listen.ip().is_loopback() {
            return Err(self
                .refused(
                    &self.named("listen"),
                    format!("`listen` is {}, which others can reach", rack.listen),
                )
                .hint("the rack guards nothing: let it listen on 127.0.0.1"));
        }
        let speed = *rack.speed.get_ref();
        if !(0.0..=1e6).contains(&speed) {
            return Err(self.refused(&rack.speed.span(), format!("`speed` is {speed}"))
                .hint("write how many seconds pass in a real one, up to a million; 0 lets time stand until it is put forward"));
        }
        if rack.conductors.get_ref().is_empty() {
            return Err(self
                .refused(&rack.conductors.span(), "an Ironic without a conductor does nothing")
                .hint("name one, or leave the key out"));
        }
        match version(rack.newest_version.get_ref()) {
            Some((1, minor)) if (1..=NEWEST.1).contains(&minor) => Ok(()),
            _ => Err(self
                .refused(&rack.newest_version.span(), "this is no version that the rack speaks")
                .hint(format!("write one from 1.1 to {}.{}", NEWEST.0, NEWEST.1))),
        }
    }

    fn group(&self, group: &Spanned<Group>, names: &mut BTreeSet<String>) -> Result<()> {
        let Group { count, name: pattern, .. } = group.get_ref();
        let refused = |cause: String| self.refused(&group.span(), cause);
        if *count > MOST {
            return Err(refused(format!(
                "{count} nodes are more than the {MOST} that a rack may have"
            )));
        }
        for number in 1..=*count {
            let name = name(pattern, number).ok_or_else(|| {
                refused(format!("`{pattern}` is no pattern of a name"))
                    .hint("write `node-{n}`, or `node-{n:4}` for four digits")
            })?;
            if names.contains(&name) {
                return Err(refused(format!("the name {name} is given twice")).hint(
                    "let the pattern hold `{n}`, and patterns of two groups begin differently",
                ));
            }
            names.insert(name);
        }
        Ok(())
    }

    fn fault(&self, fault: &Spanned<Fault>, names: &BTreeSet<String>) -> Result<()> {
        let Fault { node, step, what, .. } = fault.get_ref();
        if !what.steps().contains(step) {
            let steps: Vec<_> =
                what.steps().iter().map(|step| format!("`{}`", word(step))).collect();
            let cause = format!("`{}` cannot happen at the step `{}`", word(what), word(step));
            let hint = format!("it can at {}", steps.join(", "));
            return Err(self.refused(&fault.span(), cause).hint(hint));
        }
        if node == "*" || names.iter().any(|name| super::fault::matches(node, name)) {
            return Ok(());
        }
        let near = near::nearest(node, names.iter().map(String::as_str));
        let trouble = self.refused(&fault.span(), format!("no node is called `{node}`"));
        Err(match near.first() {
            Some(near) => trouble.hint(format!("did you mean `{near}`?")),
            None => trouble.hint("`*` stands for any letters"),
        })
    }

    /// Where a key of a part that is not kept with its place is written.
    fn named(&self, key: &str) -> Range<usize> {
        let begins = |line: &&str| {
            line.trim_start()
                .strip_prefix(key)
                .is_some_and(|rest| rest.trim_start().starts_with('='))
        };
        let line = self.text.split_inclusive('\n').find(begins);
        let start = line.map_or(0, |line| line.as_ptr() as usize - self.text.as_ptr() as usize);
        start..start + line.map_or(0, str::len)
    }
}

/// So many machines fit into memory.
const MOST: u32 = 100_000;

/// The name of a group's machine of this number.
pub fn name(pattern: &str, number: u32) -> Option<String> {
    let Some((before, rest)) = pattern.split_once('{') else {
        return (!pattern.is_empty()).then(|| pattern.to_owned());
    };
    let (inside, after) = rest.split_once('}')?;
    let number = match inside.strip_prefix('n')? {
        "" => number.to_string(),
        width => format!(
            "{number:0width$}",
            width = width.strip_prefix(':')?.parse::<usize>().ok().filter(|width| *width < 10)?
        ),
    };
    Some(format!("{before}{number}{after}"))
}

/// The expected word that is most like the one that was found, read from a message of the TOML reader.
fn meant(message: &str) -> Option<String> {
    let words: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let (found, expected) = words.split_first()?;
    near::nearest(found, expected.iter().copied()).first().map(|near| (*near).to_owned())
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;
