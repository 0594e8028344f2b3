//! Ways to a machine: SSH as its users know it, and, for the test alone, what goes past its network.

use std::{
    fs::{self, File},
    io::{Read, Write},
    net::Ipv4Addr,
    os::fd::OwnedFd,
    path::Path,
    process::Command,
};

use rustix::fs::{Mode, OFlags, ResolveFlags, openat2};

use super::Machine;
use crate::real::{
    command::{Output, command, run},
    reach::{Door, LIMIT},
};

/// A process of a machine.
#[derive(Debug, Clone)]
pub(crate) struct Process {
    /// Its number on this side, not on the machine.
    pub(crate) pid: u32,
    /// Its command line, words divided by spaces.
    pub(crate) command: String,
}

impl Machine {
    /// Runs a shell command as a user who logs in by SSH, on a connection of its own.
    pub(crate) fn ssh(&self, user: &str, shell: &str) -> Output {
        let (key, known_hosts) = (self.common.key(), self.common.known_hosts());
        let door = Door { key: &key, known_hosts: &known_hosts };
        let ssh = door.ssh(user, self.address, shell);
        Output::of(ssh, format!("`{shell}` as {user} on {}", self.name))
    }

    /// Runs a shell command inside as root, without its network. It is not counted as the machine's own work.
    pub(crate) fn exec(&self, shell: &str) -> Output {
        Output::of(self.inside(shell), format!("`{shell}` inside {}", self.name))
    }

    /// The command of [`exec`](Self::exec), for what goes on while other things happen.
    pub(crate) fn inside(&self, shell: &str) -> Command {
        let init = self.init().unwrap_or_else(|| panic!("{} is not running", self.name));
        let mut enter = command("timeout", &[LIMIT, "nsenter", "--target", &init.to_string()]);
        enter.args(["--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--root", "--wd"]);
        enter.args(["/bin/sh", "-c", shell]).env_clear().env("LC_ALL", "C.UTF-8");
        enter.env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        enter
    }

    /// A file's text.
    #[track_caller]
    pub(crate) fn read(&self, path: &str) -> String {
        let mut text = String::new();
        let file = self.open(path, OFlags::RDONLY);
        let mut file = file.unwrap_or_else(|error| panic!("{path} on {}: {error}", self.name));
        file.read_to_string(&mut text).unwrap();
        text
    }

    /// Writes a file.
    #[track_caller]
    pub(crate) fn write(&self, path: &str, text: &str) {
        let file = self.open(path, OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC);
        let mut file = file.unwrap_or_else(|error| panic!("{path} on {}: {error}", self.name));
        file.write_all(text.as_bytes()).unwrap();
    }

    /// Whether there is something of that name; where a link points to is followed.
    pub(crate) fn exists(&self, path: &str) -> bool {
        self.open(path, OFlags::PATH).is_ok()
    }

    /// Opens a file as the machine sees it, if it runs with what it has mounted, and with its links.
    fn open(&self, path: &str, flags: OFlags) -> rustix::io::Result<File> {
        let running =
            self.init().map(|init| Path::new("/proc").join(init.to_string()).join("root"));
        let root = running.unwrap_or_else(|| self.root());
        let directory = OFlags::PATH | OFlags::DIRECTORY;
        let root: OwnedFd = rustix::fs::open(&root, directory, Mode::empty())?;
        let mode = if flags.contains(OFlags::CREATE) { Mode::from(0o644) } else { Mode::empty() };
        openat2(&root, path, flags | OFlags::CLOEXEC, mode, ResolveFlags::IN_ROOT).map(File::from)
    }

    /// What runs on it, without kernel and supervisor.
    pub(crate) fn processes(&self) -> Vec<Process> {
        let process = |pid: u32| {
            let words = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
            let command = String::from_utf8_lossy(&words).replace('\0', " ").trim().to_owned();
            Some(Process { pid, command })
        };
        let mut found: Vec<_> =
            self.cgroup.at("payload").processes().into_iter().filter_map(process).collect();
        found.sort_by_key(|process| process.pid);
        found
    }

    /// Stops everything on it where it is.
    pub(crate) fn freeze(&self) {
        self.cgroup.freeze(true);
    }

    /// Lets it go on.
    pub(crate) fn thaw(&self) {
        self.cgroup.freeze(false);
    }

    /// Takes the machine's first network away, as when a switch forgets its port: nothing passes any more, and the
    /// machine itself sees no fault. It stays so over reboots.
    pub(crate) fn cut_network(&self) {
        fs::write(self.directory.join("cut"), "").unwrap();
        run(command("ip", &["link", "set", &format!("{}.0", self.name), "nomaster"]));
    }

    /// Gives it back.
    pub(crate) fn mend_network(&self) {
        self.mend_cable();
        run(command("ip", &["link", "set", &format!("{}.0", self.name), "master", "lab0"]));
    }

    /// From the next boot on, the first network is there.
    pub(super) fn mend_cable(&self) {
        drop(fs::remove_file(self.directory.join("cut")));
    }

    /// Whether its first network is cut.
    pub(super) fn is_cut(&self) -> bool {
        self.directory.join("cut").exists()
    }

    /// Pulls a cable (0 is of `host0`) or puts it in again: the machine sees that it has no link.
    pub(crate) fn cable(&self, index: u8, plugged: bool) {
        let state = if plugged { "up" } else { "down" };
        run(command("ip", &["link", "set", &format!("{}.{index}", self.name), state]));
    }

    /// The user it came with, and its address, as SSH takes them.
    pub(crate) fn target(&self) -> (String, Ipv4Addr) {
        (self.common.options.distribution.user().to_owned(), self.address)
    }
}
