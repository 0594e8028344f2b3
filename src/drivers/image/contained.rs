//! Commands that act in a root file system, contained: their mounts are their own, and they end when Ymir ends,
//! even if it is killed.

use camino::Utf8Path;

use super::{
    sources,
    tools::{self, PATH},
};
use crate::{
    drivers::process::Run,
    secret::Secret,
    trouble::{Result, Tell},
};

/// A command in namespaces of its own. The kernel ends it with Ymir, and everything it started with it.
pub(super) fn contained(program: &str) -> Run {
    namespaces(&[]).arg(program)
}

/// A command inside a root file system, which sees nothing of this machine's environment variables.
pub(super) fn inside(root: &Utf8Path, program: &str) -> Run {
    namespaces(&[&format!("--root={root}"), "--wd=/"])
        .arg(program)
        .clean_env()
        .env("PATH", PATH)
        .env("LC_ALL", "C.UTF-8")
        .env("HOME", "/root")
        .env("DEBIAN_FRONTEND", "noninteractive")
}

fn namespaces(more: &[&str]) -> Run {
    tools::tool("setpriv")
        .args(["--pdeathsig", "KILL", "--", "unshare", "--mount", "--pid", "--fork"])
        .args(["--kill-child", "--mount-proc"])
        .args(more.iter().copied())
        .arg("--")
}

/// Lets commands inside the root file system use the network, and keeps packages from starting daemons, until dropped.
#[derive(Debug)]
pub(super) struct Installing<'a> {
    root: &'a Utf8Path,
    /// What no output may show of this machine's own apt settings.
    hidden: Vec<Secret>,
}

/// The reverse of what [`Installing`] did is done by hand, so that each image decides what its own files are.
impl<'a> Installing<'a> {
    const POLICY: &'static str = "usr/sbin/policy-rc.d";
    /// Certificates that this machine trusts, for mirrors and registries behind a company's own authority.
    pub(super) const CERTIFICATES: &'static str = "root/.ymir-certificates";

    /// Apt's own settings for these calls, in the root file system: a proxy's password stands in no command line.
    const APT: &'static str = "root/.ymir-apt.conf";

    pub(super) fn begin(root: &'a Utf8Path, apt: &Secret) -> Result<Self> {
        let telling = || format!("preparing {root}");
        let resolv = root.join("etc/resolv.conf");
        // It may be a symbolic link that points out of the root file system.
        if resolv.symlink_metadata().is_ok() {
            std::fs::remove_file(&resolv).or_host(telling)?;
        }
        copy("/etc/resolv.conf", &resolv)?;
        copy("/etc/hosts", &root.join("etc/hosts"))?;
        copy("/etc/ssl/certs/ca-certificates.crt", &root.join(Self::CERTIFICATES))?;
        sources::write_private(&root.join(Self::APT), apt.reveal())?;
        let policy = root.join(Self::POLICY);
        std::fs::write(&policy, "#!/bin/sh\nexit 101\n").or_host(telling)?;
        let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(&policy, executable).or_host(telling)?;
        Ok(Self { root, hidden: sources::logins(apt.reveal()) })
    }

    /// Installs packages from the image's own apt sources, on a system that is brought up to date first.
    pub(super) async fn packages(&self, names: &[String], log: &Utf8Path) -> Result<()> {
        let apt = |verb: &[&str]| {
            inside(self.root, "apt-get")
                .args(["-q", "-y", "--no-install-recommends"])
                .args(["-o", "Dpkg::Use-Pty=0", "-o", "Dpkg::Options::=--force-unsafe-io"])
                .args(["-o", "Dpkg::Options::=--force-confold"])
                .args(["-o", &format!("Acquire::https::CAInfo=/{}", Self::CERTIFICATES)])
                .args(verb.iter().copied())
                .env("APT_CONFIG", format!("/{}", Self::APT))
                .hide(self.hidden.clone())
                .log(log)
                .time_limit(super::STEP_LIMIT)
        };
        apt(&["update"]).success().await?;
        apt(&["dist-upgrade"]).success().await?;
        if !names.is_empty() {
            apt(&["install", "--"]).args(names).success().await?;
        }
        Ok(())
    }

    pub(super) fn end(self) -> Result<()> {
        let root = self.root;
        for path in [Self::POLICY, Self::CERTIFICATES, Self::APT, "etc/resolv.conf", "etc/hosts"] {
            let path = root.join(path);
            std::fs::remove_file(&path).or_host(|| format!("removing {path}"))?;
        }
        Ok(())
    }
}

/// Copies what the link `from` points to, too; a machine without the file is fine.
fn copy(from: &str, to: &Utf8Path) -> Result<()> {
    let bytes = match std::fs::read(from) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(error).or_host(|| format!("reading {from}")),
    };
    std::fs::write(to, bytes).or_host(|| format!("writing {to}"))
}
