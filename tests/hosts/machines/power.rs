//! A machine's power: on, off, cut, and reboots.

use std::{
    fs,
    io::Read,
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use super::Machine;
use crate::real::command::{command, wait_for, wait_until};

/// A hundred machines on two busy cores take a minute.
const BOOT: Duration = Duration::from_mins(5);

impl Machine {
    /// Switches it on; it is not up yet.
    pub(crate) fn power_on(&self) {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/hosts/machines/power.sh");
        let log = self.common.state.join("log").join(format!("{}.console", self.name));
        let log = fs::File::options().create(true).append(true).open(log).unwrap();
        let mut mains = command("sh", &[script, &self.name]);
        mains.arg(&self.directory).arg(self.cgroup.path()).arg(&self.mac);
        mains.stdout(log.try_clone().unwrap()).stderr(log);
        let child = mains.spawn().unwrap();
        assert!(self.mains.lock().unwrap().replace(child).is_none(), "{} is on", self.name);
    }

    /// Switches it off without warning: every process is killed where it is. The disk stays.
    pub(crate) fn power_off(&self) {
        let Some(mut child) = self.mains.lock().unwrap().take() else { return };
        self.cgroup.freeze(false);
        self.cgroup.kill();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Cuts the power, gives it back, and waits until the machine is up again.
    pub(crate) fn power_cut(&self) {
        self.power_off();
        self.power_on();
        self.wait_until_up();
    }

    /// Has the machine reboot itself, and waits until it is up again.
    pub(crate) fn reboot(&self) {
        let before = self.boot_id();
        // It may be cut off by what it asks for.
        self.exec("systemctl reboot");
        let other = || self.boot_id().filter(|now| Some(now) != before.as_ref());
        wait_for(&format!("another boot of {}", self.name), BOOT, other);
        self.wait_until_up();
    }

    /// Gives it a new disk, as it was at first, and waits until it is up; its host key and address are the same.
    pub(crate) fn reset(&self) {
        self.power_off();
        let keys = self.host_keys();
        self.drop_disk();
        self.mend_cable();
        self.new_disk();
        self.put_host_keys(&keys);
        self.power_on();
        self.wait_until_up();
    }

    /// Waits until one can log in on it, or could, were its network not cut.
    pub(crate) fn wait_until_up(&self) {
        wait_until(&format!("{} up", self.name), BOOT, || {
            assert!(self.is_on(), "{} went off; see its console in target/hosts/log", self.name);
            self.boot_id().is_some()
                && self.listens()
                && !self.exists("/run/nologin")
                && (self.is_cut() || self.greets())
        });
    }

    /// Whether it has power, and did not switch itself off.
    pub(crate) fn is_on(&self) -> bool {
        let mut mains = self.mains.lock().unwrap();
        mains.as_mut().is_some_and(|child| child.try_wait().unwrap().is_none())
    }

    /// The boot that the machine is in, if it is in one.
    pub(crate) fn boot_id(&self) -> Option<String> {
        let init = self.init()?;
        fs::read_to_string(format!("/proc/{init}/root/proc/sys/kernel/random/boot_id")).ok()
    }

    /// Its first process, as this process knows it.
    pub(super) fn init(&self) -> Option<u32> {
        self.cgroup.at("payload/init.scope").processes().into_iter().min()
    }

    /// Whether something listens on the port of SSH (0x16), in a state of 0x0A.
    fn listens(&self) -> bool {
        let Some(init) = self.init() else { return false };
        let sockets = fs::read_to_string(format!("/proc/{init}/net/tcp")).unwrap_or_default();
        sockets.lines().any(|line| line.contains(":0016 00000000:0000 0A"))
    }

    fn greets(&self) -> bool {
        let address = SocketAddr::from((self.address, 22));
        let greeting = || -> std::io::Result<[u8; 4]> {
            let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1))?;
            stream.set_read_timeout(Some(Duration::from_secs(5)))?;
            let mut bytes = [0; 4];
            stream.read_exact(&mut bytes)?;
            Ok(bytes)
        };
        greeting().is_ok_and(|bytes| &bytes == b"SSH-")
    }
}
