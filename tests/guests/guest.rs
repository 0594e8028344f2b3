//! One emulated machine: a kernel of its own, disks with serial numbers, a TPM, and three interfaces, the second and
//! third on one network. It is on a network of the enclosure, `172.24.0.0/16`, where this side is `172.24.0.1`.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, chown},
    path::{Path, PathBuf},
    process::{Child, Command},
    sync::Mutex,
    time::Duration,
};

use crate::{
    enclosure,
    real::{
        command::{Output, command, feed, run, wait_until},
        reach::Door,
    },
    tang,
};

/// The guest's name and address.
pub(crate) const NAME: &str = "node1";
pub(crate) const ADDRESS: &str = "172.24.1.1";

/// This side's address.
pub(crate) const HERE: &str = "172.24.0.1";

/// The user that it comes with.
pub(crate) const USER: &str = "debian";

/// Its disks beside the first, by serial number, with their sizes in MiB. XFS takes no less than 300.
pub(crate) const DISKS: &[(&str, u32)] = &[
    ("LVM1", 1024),
    ("LVM2", 256),
    ("RAID1", 256),
    ("RAID2", 256),
    ("LUKS1", 256),
    ("LUKS2", 64),
    ("LUKS3", 64),
    ("SWIFT1", 512),
    ("SWAP1", 128),
    ("EMPTY1", 128),
    ("OLD1", 512),
    ("OTHER1", 128),
    ("OTHER2", 128),
];

/// An emulated boot on two busy cores takes minutes.
const BOOT: Duration = Duration::from_mins(15);

const BRIDGES: &str = "link add lab0 up type bridge\nlink add lab1 up type bridge\n\
    address add 172.24.0.1/16 dev lab0\n";

/// A machine that runs. Dropped, it is without power.
#[derive(Debug)]
pub(crate) struct Guest {
    state: PathBuf,
    base: PathBuf,
    mains: Mutex<Child>,
}

impl Guest {
    /// Makes it from the base, switches it on, and waits until one can log in.
    pub(crate) fn up() -> Self {
        let base = enclosure::base_inside().expect("guests live inside the enclosure only");
        let state = enclosure::state();
        for directory in ["ssh", "disks", "root", "tang", "tpm"] {
            drop(fs::remove_dir_all(state.join(directory)));
            fs::create_dir_all(state.join(directory)).unwrap();
        }
        run(command("ip", &["link", "set", "lo", "up"]));
        let tap = |index: usize| {
            let bridge = index.min(1);
            format!(
                "tuntap add guest{index} mode tap\nlink set guest{index} up master lab{bridge}\n"
            )
        };
        feed(command("ip", &["-batch", "-"]), &format!("{BRIDGES}{}{}{}", tap(0), tap(1), tap(2)));
        tang::serve();
        let disk = state.join("disks/root");
        run_with("cp", &["--sparse=always"], &[&base.join("root.img"), &disk]);
        put_identity(&state, &disk);
        for (serial, size) in DISKS {
            let file = fs::File::create(state.join("disks").join(serial)).unwrap();
            file.set_len(u64::from(*size) << 20).unwrap();
        }
        fs::copy(base.join("initrd"), state.join("initrd")).unwrap();
        let guest = Self { mains: Mutex::new(power_on(&base, &state)), state, base };
        guest.wait_until_up();
        guest
    }

    /// The key that opens its first user.
    pub(crate) fn key(&self) -> PathBuf {
        self.state.join("ssh/id")
    }

    /// Its public key, by name and by address, as Ymir writes it when it deploys.
    pub(crate) fn known_hosts(&self) -> PathBuf {
        self.state.join("ssh/known_hosts")
    }

    /// Runs a shell command as root.
    pub(crate) fn exec(&self, shell: &str) -> Output {
        let words = format!("sudo -n sh -c '{}'", shell.replace('\'', r"'\''"));
        Output::of(self.ssh(&words), format!("`{shell}` on {NAME}"))
    }

    fn ssh(&self, words: &str) -> Command {
        let (key, known_hosts) = (self.key(), self.known_hosts());
        Door { key: &key, known_hosts: &known_hosts }.ssh(USER, ADDRESS, words)
    }

    /// The output of a shell command that has to succeed, without the last end of line.
    #[track_caller]
    pub(crate) fn says(&self, shell: &str) -> String {
        self.exec(shell).expect(0).trim_end().to_owned()
    }

    /// Has it reboot itself, and waits until it is up again. It is started as a boot loader would: with the initramfs
    /// that it has made for itself.
    pub(crate) fn reboot(&self) {
        let mut fetch = self.ssh("sudo cat /boot/initrd.img-*");
        fetch.stdout(fs::File::create(self.state.join("initrd")).unwrap());
        assert!(fetch.status().unwrap().success(), "the guest has no initramfs");
        self.exec("systemctl reboot");
        let mut mains = self.mains.lock().unwrap();
        wait_until("the end of the guest", BOOT, || mains.try_wait().unwrap().is_some());
        *mains = power_on(&self.base, &self.state);
        drop(mains);
        self.wait_until_up();
    }

    fn wait_until_up(&self) {
        let console = self.state.join("console");
        wait_until(&format!("a login; see {}", console.display()), BOOT, || {
            let state = self.exec("systemctl is-system-running --wait");
            state.code != 255 && !state.stdout.is_empty()
        });
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let mains = self.mains.get_mut().unwrap();
        mains.kill().unwrap();
        mains.wait().unwrap();
    }
}

fn run_with(program: &str, words: &[&str], paths: &[&Path]) {
    let mut command = command(program, words);
    command.args(paths);
    run(command);
}

/// Starts what emulates the guest's TPM, which keeps what it knows and ends with the guest. Gives the words by which the
/// guest has it.
fn chip(state: &Path) -> [String; 6] {
    let directory = state.join("tpm");
    let socket = directory.join("socket");
    let mut swtpm = command("swtpm", &["socket", "--tpm2", "--daemon", "--terminate"]);
    swtpm.arg("--tpmstate").arg(format!("dir={}", directory.display()));
    swtpm.arg("--ctrl").arg(format!("type=unixio,path={}", socket.display()));
    swtpm.arg("--log").arg(format!("file={},level=1", directory.join("log").display()));
    run(swtpm);
    [
        "-chardev".into(),
        format!("socket,id=tpm,path={}", socket.display()),
        "-tpmdev".into(),
        "emulator,id=tpm0,chardev=tpm".into(),
        "-device".into(),
        "tpm-crb,tpmdev=tpm0".into(),
    ]
}

fn power_on(base: &Path, state: &Path) -> Child {
    let mut qemu = command("qemu-system-x86_64", &["-name", NAME, "-machine", "q35,accel=tcg"]);
    qemu.args(
        "-cpu max -smp 1 -m 1536 -nodefaults -no-reboot -no-user-config -display none".split(' '),
    );
    qemu.args(["-append", "root=/dev/vda ro console=ttyS0 net.ifnames=0"]);
    qemu.arg("-kernel").arg(base.join("kernel")).arg("-initrd").arg(state.join("initrd"));
    let console = format!("file,id=console,append=on,path={}", state.join("console").display());
    qemu.args(["-chardev", &console, "-serial", "chardev:console"]);
    qemu.args(["-device", "virtio-rng-pci"]).args(chip(state));
    let disks = ["root"].into_iter().chain(DISKS.iter().map(|(serial, _)| *serial));
    for serial in disks {
        let file = state.join("disks").join(serial);
        let drive = format!("if=none,id={serial},format=raw,cache=unsafe,file={}", file.display());
        qemu.args([
            "-drive",
            &drive,
            "-device",
            &format!("virtio-blk-pci,drive={serial},serial={serial}"),
        ]);
    }
    for index in 0..3 {
        let net = format!("tap,id=net{index},ifname=guest{index},script=no,downscript=no");
        let card = format!("virtio-net-pci,netdev=net{index},mac=52:54:00:24:01:0{index}");
        qemu.args(["-netdev", &net, "-device", &card]);
    }
    qemu.spawn().unwrap()
}

/// Writes what makes the guest itself onto its first disk: names, keys, address, first user.
fn put_identity(state: &Path, disk: &Path) {
    let root = state.join("root");
    for key in ["ssh/id", "ssh/host"] {
        let mut keygen =
            command("ssh-keygen", &["-q", "-t", "ed25519", "-N", "", "-C", NAME, "-f"]);
        keygen.arg(state.join(key));
        run(keygen);
    }
    run_with("mount", &["-o", "loop"], &[disk, &root]);
    let read = |path: &str| fs::read_to_string(state.join(path)).unwrap();
    let put = |file: &str, text: &str, mode: u32| {
        let path = root.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    };
    let append = |file: &str, line: &str| {
        let text = fs::read_to_string(root.join(file)).unwrap();
        fs::write(root.join(file), text + line).unwrap();
    };
    put("etc/hostname", &format!("{NAME}\n"), 0o644);
    put("etc/hosts", &format!("127.0.0.1 localhost\n127.0.1.1 {NAME}\n"), 0o644);
    let random = fs::read_to_string("/proc/sys/kernel/random/uuid").unwrap();
    put("etc/machine-id", &random.replace('-', ""), 0o444);
    let network = format!("[Match]\nName=eth0\n\n[Network]\nAddress={ADDRESS}/16\n");
    put("etc/systemd/network/70-boot.network", &network, 0o644);
    put("etc/ssh/ssh_host_ed25519_key", &read("ssh/host"), 0o600);
    put("etc/ssh/ssh_host_ed25519_key.pub", &read("ssh/host.pub"), 0o644);
    append("etc/passwd", &format!("{USER}:x:1000:1000::/home/{USER}:/bin/bash\n"));
    append("etc/shadow", &format!("{USER}:!:20000:0:99999:7:::\n"));
    append("etc/group", &format!("{USER}:x:1000:\n"));
    append("etc/gshadow", &format!("{USER}:!::\n"));
    put("etc/sudoers.d/90-user", &format!("{USER} ALL=(ALL) NOPASSWD:ALL\n"), 0o440);
    let keys = put(&format!("home/{USER}/.ssh/authorized_keys"), &read("ssh/id.pub"), 0o600);
    for path in keys.ancestors().take(3) {
        chown(path, Some(1000), Some(1000)).unwrap();
    }
    run_with("umount", &[], &[&root]);
    let key = read("ssh/host.pub");
    let words: Vec<&str> = key.split(' ').take(2).collect();
    let line = format!("{NAME},{ADDRESS} {} ymir:{NAME}\n", words.join(" "));
    fs::write(state.join("ssh/known_hosts"), line).unwrap();
}
