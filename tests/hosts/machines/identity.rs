//! What makes a copy of the base a machine of its own: names, keys, address, first user, where packages come from.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use super::{Distribution, LAB, Machine};
use crate::real::command::{command, run};

/// Where a machine's public key is.
pub(super) const PUBLIC_KEY: &str = "etc/ssh/ssh_host_ed25519_key.pub";
const PRIVATE_KEY: &str = "etc/ssh/ssh_host_ed25519_key";

const UBUNTU: &str = "PRETTY_NAME=\"Ubuntu 24.04.3 LTS\"\nNAME=\"Ubuntu\"\nVERSION_ID=\"24.04\"\n\
    VERSION=\"24.04.3 LTS (Noble Numbat)\"\nVERSION_CODENAME=noble\nID=ubuntu\nID_LIKE=debian\n\
    UBUNTU_CODENAME=noble\n";
const UBUNTU_LSB: &str = "DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=24.04\nDISTRIB_CODENAME=noble\n\
    DISTRIB_DESCRIPTION=\"Ubuntu 24.04.3 LTS\"\n";

const ROCKY: &str = "NAME=\"Rocky Linux\"\nVERSION=\"10.1 (Red Quartz)\"\nID=\"rocky\"\n\
    ID_LIKE=\"rhel centos fedora\"\nVERSION_ID=\"10.1\"\nPLATFORM_ID=\"platform:el10\"\n\
    PRETTY_NAME=\"Rocky Linux 10.1 (Red Quartz)\"\n";

const ROCKY_DNF: &str = "[main]\ngpgcheck=1\ninstallonly_limit=3\nclean_requirements_on_remove=True\nbest=True\n\
    skip_if_unavailable=False\n";

/// Mounts on themselves, so that what is on them stays.
const NOEXEC: &str = "/tmp /tmp none bind,noexec,nosuid,nodev 0 0\n\
    /home /home none bind,noexec,nosuid,nodev 0 0\n\
    /var/tmp /var/tmp none bind,noexec,nosuid,nodev 0 0\n";

impl Machine {
    /// Writes what makes the machine itself onto its new disk.
    pub(super) fn put_identity(&self) {
        let Self { name, .. } = self;
        self.put("etc/hostname", &format!("{name}\n"));
        self.put("etc/hosts", &format!("127.0.0.1 localhost\n127.0.1.1 {name}\n"));
        let random = fs::read_to_string("/proc/sys/kernel/random/uuid").unwrap();
        self.put("etc/machine-id", &random.replace('-', ""));
        self.put_network();
        if self.noexec {
            self.put("etc/fstab", NOEXEC);
        }
        self.put_sources();
        self.put_user(self.common.options.distribution.user());
        let key = self.root().join(PRIVATE_KEY);
        let mut keygen = command("ssh-keygen", &["-q", "-t", "ed25519", "-N", "", "-C"]);
        keygen.arg(name).arg("-f").arg(key);
        run(keygen);
    }

    /// What an image, or what started it first, has written of the first interface.
    fn put_network(&self) {
        let address = self.address;
        if self.common.options.distribution == Distribution::Rocky {
            let connection =
                "[connection]\nid=cloud-init host0\ntype=ethernet\ninterface-name=host0\n";
            let text = format!("{connection}\n[ipv4]\nmethod=manual\naddress1={address}/16\n");
            let path = "etc/NetworkManager/system-connections/cloud-init-host0.nmconnection";
            self.put(path, &text);
            return self.allow(path, 0o600);
        }
        // It comes after whatever host configuration writes about the same interface.
        let network = format!("[Match]\nName=host0\n\n[Network]\nAddress={address}/16\n");
        self.put("etc/systemd/network/70-boot.network", &network);
    }

    /// Packages come from the lab, under the names of the distribution.
    fn put_sources(&self) {
        let pip =
            format!("[global]\nindex-url = http://{LAB}/pypi/simple/\ntrusted-host = {LAB}\n");
        self.put("etc/pip.conf", &pip);
        let (archive, release) = match self.common.options.distribution {
            Distribution::Rocky => {
                self.put("usr/lib/os-release", ROCKY);
                self.put("etc/dnf/dnf.conf", ROCKY_DNF);
                let text =
                    format!("[baseos]\nname=Rocky\nbaseurl=http://{LAB}/rocky\ngpgcheck=0\n");
                return self.put("etc/yum.repos.d/rocky.repo", &text);
            }
            Distribution::Debian => ("debian", "bookworm"),
            Distribution::Ubuntu => {
                self.put("usr/lib/os-release", UBUNTU);
                self.put("etc/lsb-release", UBUNTU_LSB);
                ("ubuntu", "noble")
            }
        };
        self.put("etc/apt/sources.list", &format!("deb http://{LAB}/{archive} {release} main\n"));
    }

    /// The only user: it has a key and no password, and may become root.
    fn put_user(&self, user: &str) {
        self.append("etc/passwd", &format!("{user}:x:1000:1000::/home/{user}:/bin/bash\n"));
        self.append("etc/shadow", &format!("{user}:!:20000:0:99999:7:::\n"));
        self.append("etc/group", &format!("{user}:x:1000:\n"));
        self.append("etc/gshadow", &format!("{user}:!::\n"));
        let sudoers = "etc/sudoers.d/90-cloud-init-users";
        self.put(sudoers, &format!("{user} ALL=(ALL) NOPASSWD:ALL\n"));
        let key = fs::read_to_string(self.common.key().with_extension("pub")).unwrap();
        let home = format!("home/{user}");
        self.put(&format!("{home}/.ssh/authorized_keys"), &key);
        self.allow(sudoers, 0o440);
        self.allow(&format!("{home}/.ssh"), 0o700);
        self.allow(&format!("{home}/.ssh/authorized_keys"), 0o600);
        for path in [&home, &format!("{home}/.ssh"), &format!("{home}/.ssh/authorized_keys")] {
            std::os::unix::fs::chown(self.root().join(path), Some(1000), Some(1000)).unwrap();
        }
    }

    /// The keys that it is known by.
    pub(super) fn host_keys(&self) -> [String; 2] {
        [PRIVATE_KEY, PUBLIC_KEY].map(|key| fs::read_to_string(self.root().join(key)).unwrap())
    }

    /// Puts keys that it was known by on a new disk.
    pub(super) fn put_host_keys(&self, keys: &[String; 2]) {
        for (path, key) in [PRIVATE_KEY, PUBLIC_KEY].iter().zip(keys) {
            self.put(path, key);
        }
    }

    fn put(&self, file: &str, text: &str) {
        let path = self.root().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn append(&self, file: &str, line: &str) {
        let text = fs::read_to_string(self.root().join(file)).unwrap();
        fs::write(self.root().join(file), text + line).unwrap();
    }

    fn allow(&self, file: &str, mode: u32) {
        let permissions = fs::Permissions::from_mode(mode);
        fs::set_permissions(self.root().join(Path::new(file)), permissions).unwrap();
    }
}
