//! A Python environment with packages of its own.

use serde::Serialize;

use super::Thing;
use crate::host::{accounts, change::Change, fault::Fault, machine::Machine, programs::Call};

/// A virtual environment that sees the system's packages, and holds these.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Venv {
    pub path: String,
    /// Who it belongs to, with everything in it.
    pub owner: String,
    pub group: Option<String>,
    /// Names as pip knows them; what is there counts, whatever its version.
    pub packages: Vec<String>,
    /// A file or URL of upper constraints.
    pub constraints: Option<String>,
}

/// What of it is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    is_there: bool,
    /// Packages that are missing.
    missing: Vec<String>,
    /// Its directory belongs to the wanted owner.
    is_owned: bool,
}

impl Venv {
    fn python(&self) -> String {
        format!("{}/bin/python", self.path)
    }

    /// The names of the packages that are wholly in it: the list of a package's files is what pip writes last.
    fn installed(&self, machine: &Machine) -> Result<Vec<String>, Fault> {
        let mut found = Vec::new();
        let lib = format!("{}/lib", self.path);
        for version in machine.names(&lib)? {
            let above = format!("{lib}/{version}/site-packages");
            let whole = |name: &String| machine.path(&format!("{above}/{name}/RECORD")).exists();
            let packages = machine.names(&above)?.into_iter().filter(whole);
            let name = |directory: String| {
                let (name, _) = directory.strip_suffix(".dist-info")?.rsplit_once('-')?;
                Some(normal(name))
            };
            found.extend(packages.filter_map(name));
        }
        Ok(found)
    }

    fn owner_of(&self, machine: &Machine) -> Result<bool, Fault> {
        let Some(node) = machine.node(&self.path)? else { return Ok(false) };
        let uid = machine.uid(&self.owner).ok();
        let gid = self.group.as_deref().map(|group| machine.gid(group).ok());
        Ok(uid == Some(node.uid) && gid.is_none_or(|gid| gid == Some(node.gid)))
    }

    fn give(&self, machine: &Machine) -> Result<(), Fault> {
        let owner = match &self.group {
            Some(group) => format!("{}:{group}", self.owner),
            None => format!("{}:", self.owner),
        };
        machine
            .must(&Call::new("chown", ["--recursive", "--no-dereference", &owner, &self.path]))
            .map(drop)
    }
}

/// One spelling for a package's name.
fn normal(name: &str) -> String {
    let name = name.split(['>', '<', '=', '!', '[', ';']).next().unwrap_or(name);
    name.trim().to_lowercase().replace(['-', '.'], "_")
}

impl Thing for Venv {
    type Seen = Seen;

    fn key(&self) -> String {
        format!("venv:{}", self.path)
    }

    fn observe(&self, machine: &Machine) -> Result<Seen, Fault> {
        let installed = self.installed(machine)?;
        // Pip is what is made last: without it the environment was begun, and can be made again in the same place.
        let is_there = machine.node(&format!("{}/pyvenv.cfg", self.path))?.is_some()
            && machine.node(&self.python())?.is_some()
            && installed.iter().any(|name| name == "pip");
        let missing = self.packages.iter().filter(|name| !installed.contains(&normal(name)));
        Ok(Seen {
            is_there,
            missing: missing.cloned().collect(),
            is_owned: self.owner_of(machine)?,
        })
    }

    fn diff(&self, seen: &Seen) -> Vec<Change> {
        let mut changes = Vec::new();
        if !seen.is_there {
            changes.push(Change::new(format!("make the Python environment {}", self.path)));
        }
        if !seen.missing.is_empty() {
            let names = seen.missing.join(" ");
            changes.push(Change::new(format!("install {names} into {}", self.path)));
        }
        if seen.is_there && !seen.is_owned {
            changes.push(Change::new(format!("give {} to {}", self.path, self.owner)));
        }
        changes
    }

    fn perform(&self, machine: &Machine, seen: &Seen) -> Result<(), Fault> {
        if !seen.is_there {
            let words = ["-m", "venv", "--system-site-packages", self.path.as_str()];
            machine.must(&Call::new("python3", words))?;
        }
        if !seen.missing.is_empty() {
            let call = Call::new(
                &self.python(),
                ["-m", "pip", "install", "--quiet", "--upgrade", "--no-input"],
            );
            let constraints =
                self.constraints.iter().flat_map(|file| ["--constraint".to_owned(), file.clone()]);
            let call = call.also(constraints).also(seen.missing.clone()).env("HOME", "/root");
            let proxies = accounts::proxies(machine).into_iter();
            let call = proxies.fold(call, |call, (name, value)| call.env(&name, value));
            machine.must(&call.limit(super::packages::LIMIT)).map_err(|fault| {
                fault.hint("can the host reach its Python package index? `pip_index_url` and `pip_proxy` are for that")
            })?;
        }
        self.give(machine)
    }
}

#[cfg(test)]
mod tests {
    use super::normal;

    #[test]
    fn names_have_one_spelling() {
        let table = [
            ("docker", "docker"),
            ("docker>=7.0.0", "docker"),
            ("dbus-python", "dbus_python"),
            ("Foo.Bar", "foo_bar"),
        ];
        for (name, expected) in table {
            assert_eq!(normal(name), expected);
        }
    }
}
