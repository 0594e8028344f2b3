//! Emulated BMCs, each a program of its own that ends with its test.

use std::{
    fmt::Write as _,
    fs,
    net::{TcpListener, TcpStream, UdpSocket},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use tempfile::TempDir;

pub(crate) const USER: &str = "admin";
pub(crate) const PASSWORD: &str = "geheim-42";

/// How long an emulator may take to come up; the machine may be busy with other tests.
const LIMIT: Duration = Duration::from_secs(90);

/// A running emulator.
pub(crate) struct Emulator {
    child: Child,
    pub(crate) port: u16,
    dir: TempDir,
}

impl Drop for Emulator {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Emulator {
    /// The emulator's own directory.
    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }
}

/// The Python environment that `tests/setup bmc` makes.
fn python() -> PathBuf {
    let cache = std::env::var_os("YMIR_CACHE_DIR").map(PathBuf::from);
    let home = || PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cache/ymir");
    let python = cache.unwrap_or_else(home).join("bmc/bin/python");
    assert!(python.exists(), "{} is missing: run tests/setup bmc", python.display());
    python
}

fn here(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bmc").join(file)
}

/// A port that nobody listens on now.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn free_udp_port() -> u16 {
    UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn start(command: &mut Command, log: &Path) -> Child {
    let log = fs::File::create(log).unwrap();
    let errors = log.try_clone().unwrap();
    command.stdin(Stdio::null()).stdout(log).stderr(errors).spawn().unwrap()
}

#[track_caller]
fn wait_until(what: &str, log: &Path, ready: impl Fn() -> bool) {
    let end = Instant::now() + LIMIT;
    while !ready() {
        let said = || fs::read_to_string(log).unwrap_or_default();
        assert!(Instant::now() < end, "{what} did not come up: {}", said());
        sleep(Duration::from_millis(100));
    }
}

/// The path of the nth host's system.
pub(crate) fn system(number: u32) -> String {
    format!("/redfish/v1/Systems/00000000-0000-0000-0000-{number:012}")
}

/// sushy-tools with its fake driver and so many systems, on this port; with `tls`, a certificate and its key.
pub(crate) fn sushy(port: u16, systems: u32, tls: Option<(&Path, &Path)>) -> Emulator {
    let dir = tempfile::tempdir().unwrap();
    let users = Path::new(env!("CARGO_MANIFEST_DIR")).join("seed/redfish/users.py");
    let mut written = Command::new(python())
        .arg(users)
        .args([dir.path().join("users").to_str().unwrap(), USER])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut written.stdin.take().unwrap(), PASSWORD.as_bytes()).unwrap();
    assert!(written.wait().unwrap().success());
    let quoted = |path: &Path| format!("'{}'", path.display());
    let [cert, key] = match tls {
        Some((cert, key)) => [quoted(cert), quoted(key)],
        None => ["None".to_owned(), "None".to_owned()],
    };
    let mut text = format!(
        "SUSHY_EMULATOR_LISTEN_IP = '127.0.0.1'\nSUSHY_EMULATOR_LISTEN_PORT = {port}\n\
         SUSHY_EMULATOR_FAKE_DRIVER = True\nSUSHY_EMULATOR_STATE_DIR = {}\n\
         SUSHY_EMULATOR_AUTH_FILE = {}\nSUSHY_EMULATOR_SSL_CERT = {cert}\n\
         SUSHY_EMULATOR_SSL_KEY = {key}\nSUSHY_EMULATOR_FAKE_SYSTEMS = [\n",
        quoted(dir.path()),
        quoted(&dir.path().join("users")),
    );
    for number in 1..=systems {
        let uuid = system(number).rsplit('/').next().unwrap().to_owned();
        writeln!(
            text,
            "  {{'uuid': '{uuid}', 'name': 'bm{number}', 'power_state': 'Off', 'external_notifier': False, 'nics': []}},"
        )
        .unwrap();
    }
    text += "]\n";
    let config = dir.path().join("sushy.conf");
    fs::write(&config, text).unwrap();
    let log = dir.path().join("log");
    let program = python().with_file_name("sushy-emulator");
    let child = start(Command::new(program).arg("--config").arg(config), &log);
    wait_until("sushy-tools", &log, || TcpStream::connect(("127.0.0.1", port)).is_ok());
    Emulator { child, port, dir }
}

/// A BMC of `tests/bmc`, by its file.
pub(crate) fn scripted(file: &str) -> Emulator {
    let (dir, port) = (tempfile::tempdir().unwrap(), free_udp_port());
    let log = dir.path().join("log");
    let mut command = Command::new(python());
    command.arg(here(file)).args([&port.to_string(), USER, PASSWORD]);
    let child = start(&mut command, &log);
    wait_until(file, &log, || answers(port));
    Emulator { child, port, dir }
}

/// OpenIPMI's simulator, with a sensor, an inventory and an entry in its event log.
pub(crate) fn ipmi_sim() -> Emulator {
    let (dir, port) = (tempfile::tempdir().unwrap(), free_udp_port());
    let top = dir.path().display().to_string();
    let fill = |file: &str| {
        let text = fs::read_to_string(here(file)).unwrap();
        let filled = text
            .replace("@DIR@", &top)
            .replace("@PORT@", &port.to_string())
            .replace("@USER@", USER)
            .replace("@PASSWORD@", PASSWORD);
        fs::write(dir.path().join(Path::new(file).file_name().unwrap()), filled).unwrap();
    };
    ["sim/lan.conf", "sim/sim.emu", "sim/chassis.sh"].into_iter().for_each(fill);
    fs::create_dir(dir.path().join("state")).unwrap();
    let log = dir.path().join("log");
    let mut command = Command::new("ipmi_sim");
    command.args(["-n", "-c", "lan.conf", "-f", "sim.emu", "-s", "state"]).current_dir(dir.path());
    let child = start(&mut command, &log);
    wait_until("ipmi_sim", &log, || answers(port));
    Emulator { child, port, dir }
}

/// Whether a BMC answers what it tells anybody.
fn answers(port: u16) -> bool {
    let question = b"\x06\x00\xff\x07\0\0\0\0\0\0\0\0\0\x09\x20\x18\xc8\x81\x00\x38\x8e\x04\xb5";
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
    socket.connect(("127.0.0.1", port)).unwrap();
    socket.send(question).is_ok() && socket.recv(&mut [0; 128]).is_ok()
}
