//! Where the lab lives: network, mounts and processes of its own. All of it goes with its last process, however that
//! ends, so that nothing of this machine is touched and nothing has to be found again after a crash, but for
//! a name, empty control groups and raised limits, which the next run takes over.

use std::{
    fs,
    os::fd::AsFd,
    path::{Path, PathBuf},
    process::ExitCode,
};

use rustix::fs::{FlockOperation, flock};
use sha2::{Digest, Sha256};
use tokio::signal::unix::{SignalKind, signal};

use crate::{
    base,
    cgroup::Cgroup,
    machines::Distribution,
    real::command::{command, run},
};

/// Set inside the enclosure: the directories of the bases that machines start from.
const INSIDE: [(&[Distribution], &str); 2] = [
    (&[Distribution::Debian, Distribution::Ubuntu], "YMIR_HOSTS_BASE"),
    (&[Distribution::Rocky], "YMIR_HOSTS_ROCKY"),
];

/// What the names of all labs on a machine begin with.
const LABS: &str = "ymir-hosts-";

/// What the limits were before the first lab raised them. Labs of all checkouts share them, so this is in one place.
const LIMITS_BEFORE: &str = "/run/ymir-hosts-limits";

/// What the shell does as the enclosure's first process: it takes orphans, and ends with its command. Where devices can
/// be denied by a control group of the first version, this machine's disks are: a machine's root could make their nodes.
const FIRST: &str = r#"
echo $$ >"$0/cgroup.procs"
devices=/sys/fs/cgroup/devices/$(basename "$(dirname "$0")")
if mkdir -p "$devices" 2>/dev/null && [ -e "$devices/devices.deny" ]; then
  echo 'b *:* rwm' >"$devices/devices.deny"
  echo $$ >"$devices/cgroup.procs"
fi
mkdir -p /run/systemd/nspawn
for names in /run/netns /run/systemd/nspawn; do mount -t tmpfs names $names; done
"$@"
exit $?"#;

/// What nothing inside may do, as it would be to the whole machine: set the clock, load modules, reach for hardware.
const WITHOUT: &str = "--bounding-set=-sys_time,-sys_module,-sys_rawio";

/// Limits of the kernel that a hundred systems on one machine exceed.
const LIMITS: [(&str, u64); 4] = [
    ("/proc/sys/fs/inotify/max_user_instances", 8192),
    ("/proc/sys/fs/inotify/max_user_watches", 1_048_576),
    ("/proc/sys/kernel/keys/maxkeys", 20_000),
    ("/proc/sys/kernel/pty/max", 16_384),
];

/// The directory for everything that one lab writes; a lab of another checkout has another.
pub(crate) fn state() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/hosts")
}

/// The lab's name on this machine, for its network and its control group.
pub(crate) fn name() -> String {
    let digest = Sha256::digest(env!("CARGO_MANIFEST_DIR"));
    format!("{LABS}{:02x}{:02x}{:02x}", digest[0], digest[1], digest[2])
}

/// The base that machines of a kind start from, if this process is inside.
pub(crate) fn base_inside(distribution: Distribution) -> Option<PathBuf> {
    let (_, name) = INSIDE.iter().find(|(kinds, _)| kinds.contains(&distribution))?;
    std::env::var_os(name).map(PathBuf::from)
}

/// Runs this program again, inside.
pub(crate) fn enter() -> ExitCode {
    if !rustix::process::geteuid().is_root() {
        println!("hosts: only root can make machines");
        return ExitCode::FAILURE;
    }
    fs::create_dir_all(state()).unwrap();
    let lock = fs::File::create(state().join("lock")).unwrap();
    if flock(lock.as_fd(), FlockOperation::NonBlockingLockExclusive).is_err() {
        println!("another run of `hosts` has this checkout's lab; wait for it or end it");
        return ExitCode::FAILURE;
    }
    clear();
    let bases = INSIDE.map(|(kinds, name)| (name, base::made(kinds[0])));
    raise_limits();
    let lab = Cgroup::of_lab(&name());
    run(command("ip", &["netns", "add", &name()]));
    run(command("ip", &["-n", &name(), "link", "set", "lo", "up"]));
    let code = inside(&lab.inside("control"), &bases);
    clear();
    code
}

/// Starts this program inside and waits for its end. It ends when this process does, even if this one is killed.
#[tokio::main(flavor = "current_thread")]
async fn inside(control: &Cgroup, bases: &[(&str, PathBuf)]) -> ExitCode {
    let network = format!("--net=/run/netns/{}", name());
    let mut inner = command("setpriv", &["--pdeathsig", "KILL", WITHOUT, "nsenter", &network]);
    inner.args(["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]);
    inner.args(["sh", "-c", FIRST]).arg(control.path());
    inner.arg(std::env::current_exe().unwrap()).args(std::env::args_os().skip(1));
    inner.envs(bases.iter().map(|(name, base)| (name, base)));
    inner.stdin(std::process::Stdio::inherit());
    let mut inner = tokio::process::Command::from(inner).spawn().unwrap();
    let mut terminated = signal(SignalKind::terminate()).unwrap();
    let mut interrupted = signal(SignalKind::interrupt()).unwrap();
    tokio::select! {
        status = inner.wait() => {
            if status.unwrap().success() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        _ = terminated.recv() => { inner.kill().await.unwrap(); ExitCode::SUCCESS }
        _ = interrupted.recv() => { inner.kill().await.unwrap(); ExitCode::FAILURE }
    }
}

/// Removes what this run or an earlier one that crashed left behind.
fn clear() {
    let lab = Cgroup::of_lab(&name());
    lab.kill();
    lab.remove();
    Cgroup::of_controllers(&name()).iter().for_each(Cgroup::remove);
    if Path::new("/run/netns").join(name()).exists() {
        run(command("ip", &["netns", "delete", &name()]));
    }
    // What told others of the machines tells them nothing any more.
    drop(fs::remove_file(told()));
    restore_limits();
}

/// The file that tells others how machines are reached that are kept up for them.
pub(crate) fn told() -> PathBuf {
    state().join("lab.json")
}

/// Raises the limits, after writing down what they were.
fn raise_limits() {
    let value = |path: &str| -> u64 { fs::read_to_string(path).unwrap().trim().parse().unwrap() };
    let low = LIMITS.map(|(path, wanted)| (path, value(path), wanted));
    let low: Vec<_> = low.into_iter().filter(|(_, was, wanted)| was < wanted).collect();
    let lines: Vec<String> = low.iter().map(|(path, was, _)| format!("{path} {was}\n")).collect();
    if !Path::new(LIMITS_BEFORE).exists() {
        fs::write(LIMITS_BEFORE, lines.concat()).unwrap();
    }
    for (path, _, wanted) in low {
        fs::write(path, wanted.to_string()).unwrap();
    }
}

/// Sets the limits back, unless another lab needs them; then it does so at its end.
fn restore_limits() {
    let Ok(lines) = fs::read_to_string(LIMITS_BEFORE) else { return };
    if Cgroup::is_any_lab_up(LABS) {
        return;
    }
    for (path, value) in lines.lines().filter_map(|line| line.split_once(' ')) {
        fs::write(path, value).unwrap();
    }
    drop(fs::remove_file(LIMITS_BEFORE));
}
