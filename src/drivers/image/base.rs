//! Root file systems from mmdebstrap. Images with the same base share one, unpacked from the cache for each of them.

use std::fs;

use camino::{Utf8Path, Utf8PathBuf};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::{
    Workshop,
    contained::contained,
    room::{Room, locked, locked_at_once},
    sources,
};
use crate::{
    drivers::process::Run,
    model::image::Base,
    plan::digest,
    trouble::{Result, Tell},
};

/// Grows when bases are made in another way.
const BASES: u32 = 1;

/// How long a base serves.
const FRESH: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What is in a base: packages on top of the smallest system, and the commands that set it up.
#[derive(Debug, Serialize)]
pub(super) struct Contents<'a> {
    pub(super) base: &'a Base,
    pub(super) packages: &'a [&'a str],
    /// Shell commands that mmdebstrap runs before it installs the packages; `$1` is the root.
    pub(super) before: &'a [&'a str],
}

/// Documentation in other tongues and manuals: half of what a small system would hold.
const LEFT_OUT: [&str; 3] = ["/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*"];

impl Workshop<'_> {
    /// A root file system with these contents, up to date with its apt sources only as of when its base was made.
    pub(super) async fn root(&self, room: &Room, contents: &Contents<'_>) -> Result<Utf8PathBuf> {
        let archive = self.archive(room, contents).await?;
        let root = room.path("root");
        fs::create_dir(&root).or_host(|| format!("creating {root}"))?;
        self.voice.progress("unpacking the base system");
        let unpack = contained("tar").args(["--numeric-owner", "--xattrs", "--xattrs-include=*"]);
        let unpack = unpack.args(["--zstd", "-C", root.as_str(), "-xpf", archive.as_str()]);
        unpack.log(&self.log).time_limit(super::STEP_LIMIT).success().await?;
        Ok(root)
    }

    /// The archive of the base in the cache, made if it is not there. Who comes second waits for the first.
    async fn archive(&self, room: &Room, contents: &Contents<'_>) -> Result<Utf8PathBuf> {
        let digest = digest(&(BASES, contents, self.apt_sources));
        let archive = self.cache.join("bases").join(format!("{}.tar.zst", &digest[..16]));
        let others = "another image to make the same base system";
        let _turn = self.wait_for(&archive.with_extension("lock"), others).await?;
        // Packages of an older base are mostly out of date: it costs more to renew them than to make a new one.
        let fresh = Timestamp::now() - FRESH;
        if made_after(&archive, self.built_after.map_or(fresh, |time| time.max(fresh))) {
            return Ok(archive);
        }
        self.voice.progress("making the base system");
        self.bootstrap(room, contents).await?;
        let telling = || format!("keeping the base system {archive}");
        fs::File::open(room.path("base.tar.zst"))
            .and_then(|file| file.sync_all())
            .or_host(telling)?;
        fs::rename(room.path("base.tar.zst"), &archive).or_host(telling)?;
        drop_stale(&self.cache.join("bases"), fresh)?;
        Ok(archive)
    }

    async fn bootstrap(&self, room: &Room, contents: &Contents<'_>) -> Result<()> {
        let settings = sources::settings().await?;
        let sources = sources::lines(contents.base, self.apt_sources)?.join("\n");
        let apt = room.path("apt.conf");
        sources::write_private(&apt, settings.reveal())?;
        let run = mmdebstrap(contents, &apt, &room.path("base.tar.zst"));
        // mmdebstrap works in a temporary directory, which goes with the room if mmdebstrap cannot remove it.
        let temporary = room.path("tmp");
        fs::create_dir(&temporary).or_host(|| format!("creating {temporary}"))?;
        let hidden = [sources::logins(settings.reveal()), sources::logins(&sources)].concat();
        let run = run.hide(hidden).input(format!("{sources}\n")).env("TMPDIR", temporary);
        run.log(&self.log).time_limit(super::STEP_LIMIT).success().await.map(drop)
    }

    /// Takes a lock; if it has to wait, it says for what, and waits on a thread that may block.
    pub(super) async fn wait_for(&self, path: &Utf8Path, what: &str) -> Result<fs::File> {
        if let Some(lock) = locked_at_once(path)? {
            return Ok(lock);
        }
        self.voice.progress(format!("waiting for {what}"));
        let path = path.to_owned();
        let lock = tokio::task::spawn_blocking(move || locked(&path));
        lock.await.or_internal(|| "waiting for a lock".into())?
    }
}

/// How many bases stay however old they are: one for host images, one for the ramdisk.
const KEPT: usize = 2;

/// Removes bases that were made before this: no image is made from them any more. One that somebody is at stays, and
/// so do the latest ones and what has another name.
fn drop_stale(all: &Utf8Path, before: Timestamp) -> Result<()> {
    let telling = || format!("dropping old base systems from {all}");
    let mut bases = Vec::new();
    for entry in all.read_dir_utf8().or_host(telling)? {
        let path = entry.or_host(telling)?.into_path();
        if path.as_str().ends_with(".tar.zst") {
            let made = fs::metadata(&path).and_then(|data| data.modified()).or_host(telling)?;
            bases.push((made, path));
        }
    }
    bases.sort();
    let surplus = bases.len().saturating_sub(KEPT);
    for (_, path) in bases.iter().take(surplus).filter(|(_, path)| !made_after(path, before)) {
        if let Some(_turn) = locked_at_once(&path.with_extension("lock"))? {
            fs::remove_file(path).or_host(telling)?;
        }
    }
    Ok(())
}

/// The call that makes a base. Its apt sources come on standard input and its apt settings from a file: both may hold
/// passwords. What mmdebstrap makes of the settings is closed to other users, and does not stay in the base.
fn mmdebstrap(contents: &Contents<'_>, apt: &Utf8Path, archive: &Utf8Path) -> Run {
    let Contents { base, packages, before } = contents;
    let hook = |command: &&str| format!("--essential-hook={command}");
    let copy = "f=\"$1/etc/apt/apt.conf.d/99mmdebstrap\"; test ! -e \"$f\" ||";
    contained("mmdebstrap")
        .args(["--quiet", "--mode=root", "--variant=minbase", "--dpkgopt=force-unsafe-io"])
        .args(LEFT_OUT.map(|path| format!("--dpkgopt=path-exclude={path}")))
        .args(before.iter().map(hook))
        .arg(format!("--aptopt={apt}"))
        .arg(format!("--setup-hook={copy} chmod 600 \"$f\""))
        .arg(format!("--customize-hook={copy} rm \"$f\""))
        .arg(format!("--include={}", packages.join(",")))
        .args([base.release.as_str(), archive.as_str(), "-"])
}

fn made_after(path: &Utf8Path, time: Timestamp) -> bool {
    let made = fs::metadata(path).and_then(|data| data.modified());
    let made = made.ok().and_then(|made| Timestamp::try_from(made).ok());
    made.is_some_and(|made| made >= time)
}

/// Removes what only the making of a base needed, and what must differ between hosts.
pub(super) fn finish(root: &Utf8Path) -> Result<()> {
    let telling = || format!("finishing {root}");
    for file in ["etc/apt/apt.conf.d/99mmdebstrap", "etc/dpkg/dpkg.cfg.d/99mmdebstrap"] {
        remove_if_there(&root.join(file))?;
    }
    let keys = root.join("etc/ssh").read_dir_utf8().into_iter().flatten().flatten();
    for key in keys.filter(|entry| entry.file_name().starts_with("ssh_host_")) {
        fs::remove_file(key.path()).or_host(telling)?;
    }
    for dir in ["var/cache/apt", "var/lib/apt/lists", "var/log", "tmp", "var/tmp", "run"] {
        empty(&root.join(dir))?;
    }
    // Empty, not missing: systemd fills it at the first boot without taking that for a first set-up.
    fs::write(root.join("etc/machine-id"), "").or_host(telling)
}

/// Removes what a directory holds, but keeps directories of logs, which daemons expect.
fn empty(dir: &Utf8Path) -> Result<()> {
    let telling = || format!("emptying {dir}");
    for entry in dir.read_dir_utf8().into_iter().flatten() {
        let entry = entry.or_host(telling)?;
        let kind = entry.file_type().or_host(telling)?;
        match (kind.is_dir(), dir.ends_with("log")) {
            (true, true) => empty(entry.path())?,
            (true, false) => fs::remove_dir_all(entry.path()).or_host(telling)?,
            (false, _) => fs::remove_file(entry.path()).or_host(telling)?,
        }
    }
    Ok(())
}

pub(super) fn remove_if_there(path: &Utf8Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).or_host(|| format!("removing {path}"))
        }
        _ => Ok(()),
    }
}

/// Writes a file of a root file system, and the directories that lead to it.
pub(super) fn put(root: &Utf8Path, file: &str, text: &str) -> Result<()> {
    let path = root.join(file);
    let telling = || format!("writing {path}");
    if let Some(dir) = path.parent() {
        fs::create_dir_all(dir).or_host(telling)?;
    }
    fs::write(&path, text).or_host(telling)
}

/// Makes a symbolic link in a root file system, in the place of whatever is there.
pub(super) fn link(root: &Utf8Path, file: &str, target: &str) -> Result<()> {
    let path = root.join(file);
    let telling = || format!("linking {path} to {target}");
    if let Some(dir) = path.parent() {
        fs::create_dir_all(dir).or_host(telling)?;
    }
    remove_if_there(&path)?;
    std::os::unix::fs::symlink(target, &path).or_host(telling)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::image::{Architecture, Distribution};

    #[test]
    fn stale_bases_go_unless_somebody_is_at_them() {
        let dir = tempfile::tempdir().unwrap();
        let all = Utf8Path::from_path(dir.path()).unwrap();
        let now = std::time::SystemTime::now();
        let days = |days: u64| now - std::time::Duration::from_hours(24 * days);
        let ages = [("a", 30), ("b", 20), ("c", 10), ("d", 6), ("e", 5), ("f", 9)];
        for (name, age) in ages {
            let file = fs::File::create(all.join(format!("{name}.tar.zst"))).unwrap();
            file.set_modified(days(age)).unwrap();
        }
        fs::write(all.join("notes"), "").unwrap();
        let _turn = locked(&all.join("b.tar.lock")).unwrap();
        drop_stale(all, Timestamp::try_from(days(7)).unwrap()).unwrap();
        let left = |name: &&str| all.join(format!("{name}.tar.zst")).exists();
        let names = ages.map(|(name, _)| name);
        assert_eq!(names.into_iter().filter(left).collect::<String>(), "bde");
        assert!(all.join("notes").exists());
        // The latest stay, however old.
        drop_stale(all, Timestamp::now()).unwrap();
        assert_eq!(names.into_iter().filter(left).collect::<String>(), "bde");
    }

    #[test]
    fn no_apt_setting_and_no_source_stands_in_a_command_line() {
        let base = Base {
            distribution: Distribution::Debian,
            release: "bookworm".into(),
            architecture: Architecture::Amd64,
            kernel: "linux-image-amd64".into(),
        };
        let contents = Contents { base: &base, packages: &["dbus"], before: &[] };
        let run = mmdebstrap(&contents, "/room/apt.conf".into(), "/room/base.tar.zst".into());
        let line = run.line();
        let (_, apt) = line.split_once("--aptopt=").unwrap();
        assert!(apt.starts_with("/room/apt.conf "), "{line}");
        assert!(line.ends_with(" bookworm /room/base.tar.zst -"), "{line}");
    }
}
