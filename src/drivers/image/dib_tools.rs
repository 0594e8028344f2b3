//! What diskimage-builder needs on this machine: itself in a Python environment of its own, packages that the site names,
//! and git repositories with elements.

use camino::{Utf8Path, Utf8PathBuf};

use super::{STEP_LIMIT, Workshop};
use crate::{
    drivers::process::Run,
    model::dib::{DibBuilder, GitElements},
    plan::digest,
    trouble::{Result, Tell, Trouble},
};

/// The system's own Python: the first one on the path may be gone tomorrow.
const PYTHON: &str = "/usr/bin/python3";

impl Workshop<'_> {
    /// The Python environment with diskimage-builder, made at the first use: all builds share it. Another version, or other
    /// constraints, are another environment.
    pub(super) async fn dib_venv(&self, builder: &DibBuilder) -> Result<Utf8PathBuf> {
        let key = digest(&(&builder.version, &builder.constraints));
        let dir = self.cache.join("venvs").join(format!("dib-{}", &key[..12]));
        let _turn =
            self.wait_for(&dir.with_extension("lock"), "diskimage-builder to be installed").await?;
        if dir.join("ready").is_file() {
            return Ok(dir);
        }
        self.voice.progress("installing diskimage-builder");
        if dir.exists() {
            std::fs::remove_dir_all(&dir).or_host(|| format!("removing the unfinished {dir}"))?;
        }
        self.run(Run::new(PYTHON).args(["-m", "venv", dir.as_str()])).await.map_err(|trouble| {
            trouble.hint("diskimage-builder is installed into a Python environment: `apt-get install python3-venv`")
        })?;
        let pip = Run::new(dir.join("bin/pip")).args(["install", "--no-input"]);
        let pip = pip.env("PIP_DISABLE_PIP_VERSION_CHECK", "1");
        let pip = builder.constraints.iter().fold(pip, |pip, file| pip.args(["-c", file]));
        let wanted = match &builder.version {
            Some(version) => format!("diskimage-builder=={version}"),
            None => "diskimage-builder".into(),
        };
        self.run(pip.arg(wanted)).await?;
        std::fs::write(dir.join("ready"), "").or_host(|| format!("writing {dir}/ready"))?;
        Ok(dir)
    }

    /// Refuses to build where packages are missing that the site says are needed.
    pub(super) async fn dib_packages(&self, image: &str, packages: &[String]) -> Result<()> {
        let mut missing = Vec::new();
        for package in packages {
            if !is_installed(package).await? {
                missing.push(package.as_str());
            }
        }
        if missing.is_empty() {
            return Ok(());
        }
        Err(Trouble::refused(format!("building the image {image}"))
            .because(format!(
                "this machine lacks packages of `overcloud_dib_host_packages_extra`: {}",
                missing.join(", ")
            ))
            .hint("install them, or take them off the list"))
    }

    /// Clones a repository, or brings its clone to the wanted version. Images that are built side by side share it.
    pub(super) async fn fetch_elements(&self, git: &GitElements) -> Result<()> {
        let local = Utf8Path::new(&git.local);
        let key = digest(&git.local);
        let lock = self.cache.join("venvs").join(format!("elements-{}.lock", &key[..12]));
        let _turn = self.wait_for(&lock, "elements to be fetched").await?;
        let run = |args: &[&str]| {
            let run = Run::new("git").args(args.iter().copied());
            run.env("GIT_TERMINAL_PROMPT", "0").without_terminal()
        };
        let doing = || format!("fetching the elements of {}", git.repo);
        if !local.join(".git").is_dir() {
            let clone = self.run(run(&["clone", "--quiet", &git.repo, local.as_str()])).await;
            clone.map_err(|trouble| trouble.while_trying(doing()))?;
        }
        let version = git.version.as_deref().unwrap_or("HEAD");
        let inside = ["-C", local.as_str()];
        let fetch = [&inside[..], &["fetch", "--quiet", "--tags", &git.repo, version]].concat();
        self.run(run(&fetch)).await.map_err(|trouble| trouble.while_trying(doing()))?;
        let take = [&inside[..], &["checkout", "--quiet", "--detach", "FETCH_HEAD"]].concat();
        self.run(run(&take)).await.map_err(|trouble| {
            trouble.while_trying(doing()).hint(format!("see what was changed in {local}"))
        })
    }
}

/// Whether a package is installed, asked of the system's own package tool.
async fn is_installed(package: &str) -> Result<bool> {
    if Utf8Path::new("/usr/bin/dpkg-query").is_file() {
        let args = ["-W", "-f", "${db:Status-Status}", package];
        let output = Run::new("dpkg-query").args(args).time_limit(STEP_LIMIT).output().await?;
        return Ok(output.stdout.trim() == "installed");
    }
    let output = Run::new("rpm").args(["-q", package]).time_limit(STEP_LIMIT).output().await?;
    Ok(output.code == 0)
}
