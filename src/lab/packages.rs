//! Debian packages: installs what is missing and changes nothing else on the machine.

use std::{fs, os::unix::fs::PermissionsExt, time::Duration};

use camino::{Utf8Path, Utf8PathBuf};

use super::{Bench, Did, places};
use crate::{
    drivers::process::{Output, Run},
    trouble::{Result, Tell, Trouble},
};

/// Debian asks this program before it starts a daemon during an installation.
const POLICY: &str = "/usr/sbin/policy-rc.d";

/// The policy of the lab: nothing is started. The second line tells ours from an operator's.
const NO_DAEMONS: &str =
    "#!/bin/sh\n# Written by `ymir lab` while it installs packages; may be removed.\nexit 101\n";

/// A slow mirror is no fault, a dead one is.
const LIMIT: Duration = Duration::from_hours(1);

/// Makes sure that the lab's packages are installed.
pub(super) async fn ensure(bench: &Bench<'_>) -> Result<Did> {
    remove_policy()?;
    let wanted = &bench.lab.packages.value;
    let missing = to_install(wanted, &installed(wanted).await?);
    if missing.is_empty() {
        return Ok(Did::Nothing(format!("all {} are installed", wanted.len())));
    }
    (bench.tell)(&format!("packages: installing {}", missing.join(", ")));
    let cache = bench.places.cache.join("debian");
    places::make_dir(&cache.join("partial"))?;
    let preferences = cache.join("preferences");
    let release =
        fs::read_to_string("/etc/os-release").or_host(|| "reading /etc/os-release".into())?;
    let own = fs::read_to_string("/etc/apt/preferences").unwrap_or_default();
    places::write(&preferences, &pinned(&release, &own)?)?;
    let log = bench.places.build_log("packages");
    let _quiet = NoDaemons::during_installation()?;
    let apt = |words: &[&str]| apt_get(&cache, &preferences, &log).args(words.iter().copied());
    apt(&["update"]).success().await.map_err(no_apt)?;
    let install = || {
        let words = ["install", "--yes", "--no-install-recommends", "--allow-downgrades"];
        apt(&words).args(missing.clone()).output()
    };
    let line = format!("apt-get install {}", missing.join(" "));
    let mut output = install().await?;
    if output.code != 0 && output.stderr.contains("dpkg --configure -a") {
        // An earlier installation was cut short; dpkg wants to finish that first.
        let finish = Run::new("dpkg").args(["--configure", "-a"]).time_limit(LIMIT).log(&log);
        quiet(finish).success().await?;
        output = install().await?;
    }
    checked(output, &line, bench)?;
    Ok(Did::Something(format!("installed {}", missing.len())))
}

fn checked(output: Output, line: &str, bench: &Bench<'_>) -> Result<()> {
    let hint = format!("the whole output is in {}", bench.places.build_log("packages"));
    output.checked(line).map(drop).map_err(|trouble| {
        trouble
            .set_by(&bench.lab.packages.setting)
            .hint(hint)
            .while_trying("installing the lab's Debian packages")
    })
}

fn no_apt(trouble: Trouble) -> Trouble {
    trouble
        .while_trying("reading the lists of Debian packages")
        .hint("the lab needs Debian or a relative of it, with package sources that can be reached")
}

/// `apt-get` that downloads into the cache, waits for whoever else installs, and asks nothing.
fn apt_get(cache: &Utf8Path, preferences: &Utf8Path, log: &Utf8Path) -> Run {
    let options = [
        format!("Dir::Cache::Archives={cache}"),
        format!("Dir::Etc::Preferences={preferences}"),
        "APT::Keep-Downloaded-Packages=true".into(),
        "APT::Sandbox::User=root".into(),
        "DPkg::Lock::Timeout=600".into(),
        "Dpkg::Options::=--force-confold".into(),
    ];
    let words = options.into_iter().flat_map(|option| ["-o".to_owned(), option]);
    quiet(Run::new("apt-get").arg("-q").args(words).time_limit(LIMIT).log(log))
}

fn quiet(run: Run) -> Run {
    run.env("DEBIAN_FRONTEND", "noninteractive").env("LC_ALL", "C.UTF-8")
}

/// Those of `wanted` that are installed.
async fn installed(wanted: &[String]) -> Result<Vec<String>> {
    let format = "--showformat=${db:Status-Status} ${Package}\\n";
    let query = Run::new("dpkg-query").args(["--show", format]).args(wanted.to_vec());
    // It exits with 1 when it does not know one of them.
    let output = query.env("LC_ALL", "C.UTF-8").output().await.map_err(no_apt)?;
    let name = |line: &str| line.strip_prefix("installed ").map(str::to_owned);
    Ok(output.stdout.lines().filter_map(name).collect())
}

/// What to ask apt for. The parts of QEMU must be of one version: when one is missing, all are named.
fn to_install(wanted: &[String], installed: &[String]) -> Vec<String> {
    let is_missing = |name: &&String| !installed.contains(name);
    let of_qemu = |name: &String| name.starts_with("qemu-");
    let qemu_is_missing = wanted.iter().filter(is_missing).any(of_qemu);
    wanted
        .iter()
        .filter(|name| is_missing(name) || (qemu_is_missing && of_qemu(name)))
        .cloned()
        .collect()
}

/// The operator's preferences, and before them one that takes all of QEMU from the release which runs here: a part from
/// backports does not go with the others.
fn pinned(os_release: &str, own: &str) -> Result<String> {
    let codename = os_release.lines().find_map(|line| line.strip_prefix("VERSION_CODENAME="));
    let codename = codename.map(|name| name.trim_matches('"')).ok_or_else(|| {
        Trouble::refused("installing the lab's Debian packages")
            .because("/etc/os-release does not say which Debian release this is")
            .hint("the lab runs on Debian 12")
    })?;
    Ok(format!("Package: qemu-*\nPin: release n={codename}\nPin-Priority: 1001\n\n{own}"))
}

/// While it lives, installed daemons do not start.
struct NoDaemons;

impl NoDaemons {
    /// An operator's own policy stays.
    fn during_installation() -> Result<Option<Self>> {
        if Utf8Path::new(POLICY).exists() {
            return Ok(None);
        }
        let what = || format!("writing {POLICY}");
        let new = Utf8PathBuf::from(format!("{POLICY}.ymir"));
        fs::write(&new, NO_DAEMONS).or_host(what)?;
        fs::set_permissions(&new, fs::Permissions::from_mode(0o755)).or_host(what)?;
        fs::rename(&new, POLICY).or_host(what)?;
        Ok(Some(Self))
    }
}

impl Drop for NoDaemons {
    fn drop(&mut self) {
        if let Err(trouble) = remove_policy() {
            tracing::warn!("{trouble}");
        }
    }
}

/// Removes the policy if it is ours, also one that a killed Ymir left.
pub(super) fn remove_policy() -> Result<()> {
    places::forget(Utf8Path::new(&format!("{POLICY}.ymir")))?;
    match fs::read_to_string(POLICY) {
        Ok(text) if text == NO_DAEMONS => places::forget(Utf8Path::new(POLICY)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_missing_is_installed_and_qemu_as_a_whole() {
        let table: &[(&str, &str, &str)] = &[
            ("ovmf gcc", "ovmf gcc", ""),
            ("ovmf gcc", "gcc", "ovmf"),
            ("qemu-system-x86 qemu-utils gcc", "qemu-utils gcc", "qemu-system-x86 qemu-utils"),
            ("qemu-system-x86 qemu-utils gcc", "qemu-system-x86 qemu-utils", "gcc"),
        ];
        let list = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        for (wanted, installed, expected) in table {
            assert_eq!(to_install(&list(wanted), &list(installed)), list(expected), "{wanted}");
        }
    }

    #[test]
    fn qemu_is_pinned_to_the_running_release() {
        let text = pinned("ID=debian\nVERSION_CODENAME=bookworm\n", "Package: foo\n").unwrap();
        assert_eq!(
            text,
            "Package: qemu-*\nPin: release n=bookworm\nPin-Priority: 1001\n\nPackage: foo\n"
        );
        assert!(pinned("ID=alpine\n", "").is_err());
    }
}
