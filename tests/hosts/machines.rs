//! Machines for tests and benches of host configuration: real systemd, sshd and apt on a file system that starts as a
//! copy of one base, in containers. They are on a network of the enclosure, `172.23.0.0/16`, where the lab is
//! `172.23.0.1`; nothing of this machine's network is touched. `eth1` and `eth2` are on networks without the lab.

mod disk;
mod identity;
mod power;
mod reach;

use std::{
    fmt::Write as _,
    fs,
    net::Ipv4Addr,
    path::{Path, PathBuf},
    process::Child,
    sync::{Arc, Mutex},
};

use crate::{
    cgroup::Cgroup,
    enclosure,
    real::command::{command, feed, run},
    web,
};

/// The lab's own address on the machines' network: there are their packages.
pub(crate) const LAB: Ipv4Addr = Ipv4Addr::new(172, 23, 0, 1);

/// What machines say they are. What runs on them is Debian's all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Distribution {
    /// Debian 12.
    Debian,
    /// Ubuntu 24.04.
    Ubuntu,
    /// Rocky Linux 10, with packages of rpm's and NetworkManager.
    Rocky,
}

impl Distribution {
    /// The user that an image of this distribution comes with.
    pub(crate) fn user(self) -> &'static str {
        match self {
            Self::Debian => "debian",
            Self::Ubuntu => "ubuntu",
            Self::Rocky => "rocky",
        }
    }
}

/// What kind of machines to make.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Options {
    pub(crate) distribution: Distribution,
    /// How much a machine's disk can hold beside the base, in MiB.
    pub(crate) disk: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self { distribution: Distribution::Debian, disk: 2048 }
    }
}

/// What all machines of a lab share.
#[derive(Debug)]
struct Common {
    options: Options,
    base: PathBuf,
    state: PathBuf,
    cgroup: Cgroup,
}

/// One machine. Dropped, it is without power.
#[derive(Debug)]
pub(crate) struct Machine {
    pub(crate) name: String,
    pub(crate) address: Ipv4Addr,
    /// Programs cannot be started from /tmp, /home and /var/tmp.
    pub(crate) noexec: bool,
    mac: String,
    directory: PathBuf,
    cgroup: Cgroup,
    common: Arc<Common>,
    mains: Mutex<Option<Child>>,
}

/// Machines and what they are connected to.
#[derive(Debug)]
pub(crate) struct Lab {
    machines: Vec<Machine>,
    common: Arc<Common>,
}

impl Lab {
    /// Brings machines up and waits until one can log in on each.
    pub(crate) fn up(count: usize, options: Options) -> Self {
        let base = enclosure::base_inside(options.distribution)
            .expect("machines live inside the enclosure only");
        let state = enclosure::state();
        for directory in ["machines", "ssh", "log"] {
            drop(fs::remove_dir_all(state.join(directory)));
            fs::create_dir_all(state.join(directory)).unwrap();
        }
        let links = [0, 1, 2]
            .map(|index| {
                format!(
                    "link add lab{index} up type bridge
"
                )
            })
            .concat();
        feed(command("ip", &["-batch", "-"]), &format!("{links}address add {LAB}/16 dev lab0\n"));
        web::serve(&base.join("www"));
        let mut keygen = command("ssh-keygen", &["-q", "-t", "ed25519", "-N", "", "-C", "lab"]);
        keygen.arg("-f").arg(state.join("ssh/id"));
        run(keygen);
        let cgroup = Cgroup::of_lab(&enclosure::name());
        let common = Arc::new(Common { options, base, state, cgroup });
        let machines: Vec<_> = (1..=count).map(|index| Machine::new(index, &common)).collect();
        let lab = Self { machines, common };
        lab.write_ssh_files();
        lab.machines.iter().for_each(Machine::power_on);
        lab.machines.iter().for_each(Machine::wait_until_up);
        lab
    }

    /// The machines, in the order of their names' numbers.
    pub(crate) fn machines(&self) -> &[Machine] {
        &self.machines
    }

    /// The key that opens the first user of every machine.
    pub(crate) fn key(&self) -> PathBuf {
        self.common.key()
    }

    /// The public keys of the machines, by name and by address, as Ymir writes them when it deploys.
    pub(crate) fn known_hosts(&self) -> PathBuf {
        self.common.known_hosts()
    }

    /// What machines say they are, and how large their disks are.
    pub(crate) fn options(&self) -> Options {
        self.common.options
    }

    /// The control group of this process and all that it starts, but for the machines.
    pub(crate) fn own_cgroup(&self) -> Cgroup {
        self.common.cgroup.inside("control")
    }

    /// Seconds of processor time that this process and all that it started have taken, but for the machines.
    pub(crate) fn own_cpu_seconds(&self) -> f64 {
        self.own_cgroup().cpu_seconds()
    }

    /// The keys of all machines, and a configuration for people: `ssh -F target/hosts/ssh/config node1`.
    fn write_ssh_files(&self) {
        let mut known = String::new();
        let mut config = String::new();
        let user = self.common.options.distribution.user();
        let (key, known_hosts) = (self.key(), self.known_hosts());
        for machine in &self.machines {
            let Machine { name, address, .. } = machine;
            let public = fs::read_to_string(machine.root().join(identity::PUBLIC_KEY)).unwrap();
            let words: Vec<&str> = public.split(' ').take(2).collect();
            writeln!(known, "{name},{address} {} ymir:{name}", words.join(" ")).unwrap();
            writeln!(config, "Host {name}\n  HostName {address}").unwrap();
        }
        let (key, hosts) = (key.display(), known_hosts.display());
        writeln!(
            config,
            "Host *\n  User {user}\n  IdentityFile {key}\n  UserKnownHostsFile {hosts}"
        )
        .unwrap();
        fs::write(known_hosts, known).unwrap();
        fs::write(self.common.state.join("ssh/config"), config).unwrap();
    }
}

impl Common {
    fn key(&self) -> PathBuf {
        self.state.join("ssh/id")
    }

    fn known_hosts(&self) -> PathBuf {
        self.state.join("ssh/known_hosts")
    }
}

impl Machine {
    fn new(index: usize, common: &Arc<Common>) -> Self {
        let name = format!("node{index}");
        let [high, low] = u16::try_from(index).unwrap().to_be_bytes();
        let machine = Self {
            address: Ipv4Addr::new(172, 23, 1 + high, low),
            noexec: index.is_multiple_of(2),
            mac: format!("52:54:00:{high:02x}:{low:02x}"),
            directory: common.state.join("machines").join(&name),
            cgroup: common.cgroup.inside(&name),
            common: Arc::clone(common),
            mains: Mutex::new(None),
            name,
        };
        fs::create_dir_all(&machine.directory).unwrap();
        machine.new_disk();
        machine
    }

    /// Seconds of processor time that everything on the machine has taken since it was made, boots included.
    pub(crate) fn cpu_seconds(&self) -> f64 {
        self.cgroup.cpu_seconds()
    }

    /// The control group that everything on the machine is in.
    pub(crate) fn cgroup(&self) -> &Path {
        self.cgroup.path()
    }

    /// Where the machine's disk is seen when it is off; mounts of the machine itself are not there.
    fn root(&self) -> PathBuf {
        self.directory.join("root")
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        self.machines.clear();
        for index in 0..3 {
            run(command("ip", &["link", "delete", &format!("lab{index}")]));
        }
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        self.power_off();
        self.cgroup.remove();
        self.drop_disk();
    }
}
