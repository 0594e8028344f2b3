//! Python environments for the lab, pinned to the last package, kept in the cache and checked by digest.

use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};

use super::{
    Bench, Did,
    kept::{Found, Kept},
    places::{self, Places},
    text,
};
use crate::{drivers::process::Run, trouble::Result};

/// Debian's own Python: the first one on the path may be one that cannot build libvirt's module.
const PYTHON: &str = "/usr/bin/python3";

/// A slow index is no fault, a dead one is.
const LIMIT: Duration = Duration::from_mins(30);

/// Ironic, in one process.
pub(super) const IRONIC: Venv =
    Venv { name: "ironic", requirements: include_str!("../../seed/ironic/requirements.txt") };

/// sushy-tools, the BMC emulator.
pub(super) const REDFISH: Venv =
    Venv { name: "redfish", requirements: include_str!("../../seed/redfish/requirements.txt") };

/// VirtualBMC, the BMC emulator of nodes that speak IPMI.
pub(super) const IPMI: Venv =
    Venv { name: "ipmi", requirements: include_str!("../../seed/ipmi/requirements.txt") };

/// A Python environment by what is in it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Venv {
    pub name: &'static str,
    pub requirements: &'static str,
}

impl Venv {
    /// Where the environment is: another list of requirements is another directory. Environments cannot be renamed
    /// (their programs name the directory), so it is built in place.
    pub(super) fn dir(&self, places: &Places) -> Utf8PathBuf {
        places.cache.join("venvs").join(self.key())
    }

    fn key(&self) -> String {
        format!("{}-{}", self.name, &text::digest([self.requirements.as_bytes()])[..12])
    }

    /// A program of the environment.
    pub(super) fn program(&self, places: &Places, name: &str) -> Utf8PathBuf {
        self.dir(places).join("bin").join(name)
    }

    /// Makes sure that the environment is there and undamaged.
    pub(super) async fn ensure(&self, bench: &Bench<'_>) -> Result<Did> {
        let kept = Kept { dir: self.dir(&bench.places), python: python().await? };
        let why = match kept.look().await? {
            Found::Whole => return Ok(Did::Nothing(format!("in {}", kept.dir))),
            Found::Nothing => "",
            Found::Damaged => " again, because it is damaged",
            Found::OtherPython => " again, for another Python",
        };
        (bench.tell)(&format!("python {}: building{why}", self.name));
        let log = bench.places.build_log(&format!("python-{}", self.name));
        self.build(bench, &kept, &log).await.map_err(|trouble| {
            let what = format!("building the Python environment of {}", self.name);
            trouble.while_trying(what).hint(format!("the whole output is in {log}"))
        })?;
        Ok(Did::Something(format!("built in {}", kept.dir)))
    }

    /// Builds the environment from wheels, and those before if they are not there: the index is asked once.
    async fn build(&self, bench: &Bench<'_>, kept: &Kept, log: &Utf8Path) -> Result<()> {
        let run = |program: &str, args: &[&str]| {
            let run = mortal(program).args(args.iter().copied());
            run.env("PIP_DISABLE_PIP_VERSION_CHECK", "1").time_limit(LIMIT).log(log)
        };
        kept.begin()?;
        run(PYTHON, &["-m", "venv", kept.dir.as_str()]).success().await?;
        let (pip, list) = (kept.dir.join("bin/pip"), kept.dir.join("requirements.txt"));
        places::write(&list, self.requirements)?;
        let (pip, list) = (pip.as_str(), list.as_str());
        let dir = bench.places.cache.join("wheels").join(self.key());
        let wheels = Kept { dir, python: kept.python.clone() };
        let from = wheels.dir.as_str();
        if wheels.look().await? != Found::Whole {
            wheels.begin()?;
            let words =
                ["wheel", "--no-input", "--no-deps", "--no-cache-dir", "--requirement", list];
            run(pip, &[&words[..], &["--wheel-dir", from]].concat()).success().await?;
            wheels.finish().await?;
        }
        let words = ["install", "--no-input", "--no-deps", "--no-index", "--requirement", list];
        run(pip, &[&words[..], &["--find-links", from]].concat()).success().await?;
        kept.finish().await
    }
}

/// A program that ends with Ymir, even with a killed one: the next one must not meet it in the same directory.
pub(super) fn mortal(program: &str) -> Run {
    Run::new("setpriv").args(["--pdeathsig", "KILL", program])
}

async fn python() -> Result<String> {
    let output = Run::new(PYTHON).arg("--version").success().await?;
    Ok(output.stdout.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_requirement_is_pinned() {
        for venv in [IRONIC, REDFISH, IPMI] {
            assert!(venv.requirements.lines().all(|line| line.contains("==")), "{}", venv.name);
        }
        assert!(IRONIC.requirements.contains("ironic==39.0.0\n"));
        assert!(IPMI.requirements.contains("virtualbmc==3.3.0\n"));
        assert!(REDFISH.requirements.contains("sushy-tools==2.2.0\n"));
    }
}
