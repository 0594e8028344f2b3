//! Python environments for the lab, pinned to the last package, kept in the cache and checked by digest.

use std::{fs, time::Duration};

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};

use super::{
    Bench, Did,
    places::{self, Places},
    text,
};
use crate::{
    drivers::process::Run,
    trouble::{Result, Tell},
};

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

/// A Python environment by what is in it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Venv {
    pub name: &'static str,
    pub requirements: &'static str,
}

/// Written last: an environment without it is unfinished.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Manifest {
    python: String,
    /// Over every file of the environment that does not change by itself.
    digest: String,
}

impl Venv {
    /// Where the environment is: another list of requirements is another directory. Environments cannot be renamed
    /// (their programs name the directory), so it is built in place and counts when its manifest is there.
    pub(super) fn dir(&self, places: &Places) -> Utf8PathBuf {
        let key = &text::digest([self.requirements.as_bytes()])[..12];
        places.cache.join("venvs").join(format!("{}-{key}", self.name))
    }

    /// A program of the environment.
    pub(super) fn program(&self, places: &Places, name: &str) -> Utf8PathBuf {
        self.dir(places).join("bin").join(name)
    }

    /// Makes sure that the environment is there and undamaged.
    pub(super) async fn ensure(&self, bench: &Bench<'_>) -> Result<Did> {
        let dir = self.dir(&bench.places);
        let manifest = dir.join("ymir.json");
        let python = python().await?;
        let known = fs::read_to_string(&manifest).ok();
        let known = known.and_then(|text| serde_json::from_str::<Manifest>(&text).ok());
        let mut why = "";
        if let Some(known) = known {
            let now = Manifest { python: python.clone(), digest: digest_of(&dir).await? };
            if now == known {
                return Ok(Did::Nothing(format!("in {dir}")));
            }
            why = if known.python == python {
                " again, because it is damaged"
            } else {
                " again, for another Python"
            };
        }
        (bench.tell)(&format!("python {}: building{why}", self.name));
        if dir.exists() {
            // The manifest goes first, so that a half-removed environment does not count.
            places::forget(&manifest)?;
            fs::remove_dir_all(&dir).or_host(|| format!("removing {dir}"))?;
        }
        self.build(bench, &dir).await?;
        let finished = Manifest { python, digest: digest_of(&dir).await? };
        let text =
            serde_json::to_string(&finished).or_internal(|| format!("writing {manifest}"))?;
        places::write(&manifest, &text)?;
        Ok(Did::Something(format!("built in {dir}")))
    }

    async fn build(&self, bench: &Bench<'_>, dir: &Utf8Path) -> Result<()> {
        let log = bench.places.build_log(&format!("python-{}", self.name));
        let wheels = bench.places.cache.join("wheels");
        let run = |program: &str, args: &[&str]| {
            let run = mortal(program).args(args.iter().copied());
            let run =
                run.env("PIP_CACHE_DIR", wheels.as_str()).env("PIP_DISABLE_PIP_VERSION_CHECK", "1");
            run.time_limit(LIMIT).log(&log)
        };
        let hint = |trouble: crate::trouble::Trouble| {
            let what = format!("building the Python environment of {}", self.name);
            trouble.while_trying(what).hint(format!("the whole output is in {log}"))
        };
        let requirements = dir.join("requirements.txt");
        run(PYTHON, &["-m", "venv", dir.as_str()]).success().await.map_err(hint)?;
        places::write(&requirements, self.requirements)?;
        let pip = dir.join("bin/pip");
        let install =
            ["install", "--no-input", "--no-deps", "--requirement", requirements.as_str()];
        run(pip.as_str(), &install).success().await.map_err(hint)?;
        Ok(())
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

async fn digest_of(dir: &Utf8Path) -> Result<String> {
    let dir = dir.to_owned();
    let work = tokio::task::spawn_blocking(move || tree_digest(&dir));
    work.await.or_internal(|| "computing a digest".into())?
}

/// A digest over names, kinds and contents; byte code is left out, because running a program may write it.
fn tree_digest(dir: &Utf8Path) -> Result<String> {
    let mut parts = Vec::new();
    collect(dir, &mut parts)?;
    let flat = parts.iter().flat_map(|(path, content)| [path.as_str(), content.as_str()]);
    Ok(text::digest(flat.map(str::as_bytes)))
}

fn collect(dir: &Utf8Path, parts: &mut Vec<(Utf8PathBuf, String)>) -> Result<()> {
    let what = || format!("reading {dir}");
    let mut entries: Vec<_> =
        dir.read_dir_utf8().or_host(what)?.collect::<Result<_, _>>().or_host(what)?;
    entries.sort_by(|a, b| a.file_name().cmp(b.file_name()));
    for entry in
        entries.iter().filter(|entry| !matches!(entry.file_name(), "__pycache__" | "ymir.json"))
    {
        let (path, kind) = (entry.path(), entry.file_type().or_host(what)?);
        if kind.is_dir() {
            collect(path, parts)?;
        } else if kind.is_symlink() {
            parts.push((path.to_owned(), path.read_link_utf8().or_host(what)?.into_string()));
        } else {
            let bytes = fs::read(path).or_host(|| format!("reading {path}"))?;
            parts.push((path.to_owned(), text::digest([bytes.as_slice()])));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_or_missing_file_changes_the_digest_and_byte_code_does_not() {
        let dir = tempfile::tempdir().unwrap();
        let dir = Utf8Path::from_path(dir.path()).unwrap();
        places::write(&dir.join("lib/a.py"), "a = 1").unwrap();
        places::write(&dir.join("lib/b.py"), "b = 1").unwrap();
        let whole = tree_digest(dir).unwrap();
        places::write(&dir.join("lib/__pycache__/a.pyc"), "x").unwrap();
        assert_eq!(tree_digest(dir).unwrap(), whole);
        places::write(&dir.join("lib/a.py"), "a = 2").unwrap();
        assert_ne!(tree_digest(dir).unwrap(), whole);
        places::write(&dir.join("lib/a.py"), "a = 1").unwrap();
        assert_eq!(tree_digest(dir).unwrap(), whole);
        places::forget(&dir.join("lib/b.py")).unwrap();
        assert_ne!(tree_digest(dir).unwrap(), whole);
    }

    #[test]
    fn every_requirement_is_pinned() {
        for venv in [IRONIC, REDFISH] {
            assert!(venv.requirements.lines().all(|line| line.contains("==")), "{}", venv.name);
        }
        assert!(IRONIC.requirements.contains("ironic==39.0.0\n"));
        assert!(REDFISH.requirements.contains("sushy-tools==2.2.0\n"));
    }
}
