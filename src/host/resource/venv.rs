//! A Python environment with packages of its own.

use std::path::Path;

use serde::Serialize;

use super::Thing;
use crate::host::{accounts, change::Change, fault::Fault, machine::Machine, programs::Call};

/// Where distributions keep the pip that Python would put into a new environment, as a wheel.
const WHEELS: &[&str] = &["/usr/share/python-wheels", "/usr/share/python3-wheels"];

/// What it is called there.
const PIP: &str = "pip";

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
            && installed.iter().any(|name| name == PIP);
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
        let wheel = if seen.is_there { None } else { self.make(machine)? };
        if !seen.missing.is_empty() {
            self.install(machine, &seen.missing, wheel.as_deref())?;
        }
        if wheel.is_some() && !self.installed(machine)?.iter().any(|name| name == PIP) {
            // The system's own pip was new enough to be left at that.
            machine.must(&Call::new(&self.python(), ["-m", "ensurepip", "--default-pip"]))?;
        }
        self.give(machine)
    }
}

impl Venv {
    /// Makes the environment, without pip where the wheel of the host's own can install it: Python would unpack and
    /// compile that one first, only for the newest to be installed over it. Returns this wheel's path.
    fn make(&self, machine: &Machine) -> Result<Option<String>, Fault> {
        let wheel = if self.packages.iter().any(|name| normal(name) == PIP) {
            wheel_of_pip(machine)?
        } else {
            None
        };
        let bare = wheel.is_some().then_some("--without-pip");
        let words = ["-m", "venv", "--system-site-packages"].into_iter().chain(bare);
        machine.must(&Call::new("python3", words).also([self.path.clone()]))?;
        Ok(wheel)
    }

    /// Installs packages with the environment's own pip, or with one that lies in a wheel. Python compiles of them what
    /// it uses when it uses it first: most of pip itself never is.
    fn install(
        &self,
        machine: &Machine,
        names: &[String],
        wheel: Option<&str>,
    ) -> Result<(), Fault> {
        let words = ["-m", PIP, "install", "--quiet", "--no-compile", "--upgrade", "--no-input"];
        let constraints =
            self.constraints.iter().flat_map(|file| ["--constraint".to_owned(), file.clone()]);
        let call = Call::new(&self.python(), words)
            .also(constraints)
            .also(names.iter().cloned())
            .env("HOME", "/root");
        let call = wheel.into_iter().fold(call, |call, wheel| call.env("PYTHONPATH", wheel));
        let call = accounts::through_proxies(machine, call);
        machine.must(&call.limit(super::packages::LIMIT)).map(drop).map_err(|fault| {
            fault.hint("can the host reach its Python package index? `pip_index_url` and `pip_proxy` are for that")
        })
    }
}

fn wheel_of_pip(machine: &Machine) -> Result<Option<String>, Fault> {
    for directory in WHEELS {
        let names = machine.names(directory)?;
        let is_wheel = |name: &str| Path::new(name).extension().is_some_and(|end| end == "whl");
        let is_pip = |name: &&String| name.starts_with("pip-") && is_wheel(name);
        if let Some(name) = names.iter().find(is_pip) {
            return Ok(Some(format!("{directory}/{name}")));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::{Venv, normal};
    use crate::host::{facts::Family, resource::Resource, stage::Stage};

    fn venv(path: &str) -> Resource {
        Venv {
            path: path.into(),
            owner: "root".into(),
            group: None,
            packages: vec!["pip".into(), "docker".into()],
            constraints: None,
        }
        .into()
    }

    /// The environment holds the same, whether the host has a wheel of pip (Debian) or not.
    #[test]
    fn pip_comes_from_the_wheel_of_the_host() {
        for (family, bare) in [(Family::Debian, true), (Family::RedHat, false)] {
            let stage = Stage::of(family);
            stage.put("/etc/passwd", "root:x:0:0::/root:/bin/bash\n");
            let venv = venv("/opt/x");
            let machine = stage.machine();
            venv.perform(&machine, &mut |_| Ok(())).unwrap();
            let made = stage.called().join("\n");
            assert_eq!(made.contains("--without-pip"), bare, "{made}");
            machine.forget();
            assert_eq!(venv.look(&machine).unwrap(), [], "{made}");
        }
    }

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
