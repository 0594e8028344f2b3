//! What is in the deployment ramdisk's root file system, and above all what is not: every megabyte is read by the
//! firmware, unpacked at every start, and held in the node's memory.

use std::fs;

use camino::{Utf8Path, Utf8PathBuf};

use super::{
    base::{link, put, remove_if_there},
    ramdisk::AGENT,
};
use crate::{
    model::image::Hardware,
    trouble::{Result, Tell},
};

/// The agent starts at once; it looks for its network itself, every second.
const UNIT: &str = "[Unit]
Description=Ironic Python Agent
After=systemd-udevd.service

[Service]
ExecStart=/opt/ironic-python-agent/bin/ironic-python-agent --config-dir /etc/ironic-python-agent.d
Restart=always
RestartSec=5

[Install]
WantedBy=multi-user.target
";
const AGENT_CONFIG: &str = "[DEFAULT]\nip_lookup_attempts = 120\nip_lookup_sleep = 1\n";
const NETWORK: &str = "[Match]
Type=ether

[Network]
DHCP=ipv4
LinkLocalAddressing=ipv6
IPv6AcceptRA=yes

[DHCPv4]
ClientIdentifier=mac
";
const JOURNAL: &str = "[Journal]\nStorage=volatile\n";

/// Units that do nothing for a ramdisk that lives for minutes.
const MASKED: &[&str] = &[
    "apt-daily-upgrade.timer",
    "apt-daily.timer",
    "blk-availability.service",
    "dev-hugepages.mount",
    "dev-mqueue.mount",
    "dm-event.socket",
    "dpkg-db-backup.timer",
    "e2scrub_all.timer",
    "e2scrub_reap.service",
    "fstrim.timer",
    "getty@tty1.service",
    "ldconfig.service",
    "lvm2-lvmpolld.socket",
    "lvm2-monitor.service",
    "mdadm-shutdown.service",
    "mdcheck_start.timer",
    "mdmonitor-oneshot.timer",
    "mdmonitor.service",
    "modprobe@.service",
    "nvmefc-boot-connections.service",
    "nvmf-autoconnect.service",
    "proc-sys-fs-binfmt_misc.automount",
    "proc-sys-fs-binfmt_misc.mount",
    "smartmontools.service",
    "ssh.service",
    "sys-fs-fuse-connections.mount",
    "sys-kernel-config.mount",
    "sys-kernel-debug.mount",
    "sys-kernel-tracing.mount",
    "systemd-binfmt.service",
    "systemd-boot-system-token.service",
    "systemd-firstboot.service",
    "systemd-hwdb-update.service",
    "systemd-journal-flush.service",
    "systemd-logind.service",
    "systemd-machine-id-commit.service",
    "systemd-networkd-wait-online.service",
    "systemd-pstore.service",
    "systemd-random-seed.service",
    "systemd-repart.service",
    "systemd-sysusers.service",
    "systemd-tmpfiles-clean.timer",
    "systemd-update-utmp-runlevel.service",
    "systemd-update-utmp.service",
    "systemd-user-sessions.service",
    "uuidd.socket",
];

/// Drivers of devices that the agent makes no use of, which would load by themselves.
const UNLOADED: &[&str] = &[
    "bochs",
    "button",
    "drm",
    "evdev",
    "i2c_i801",
    "iTCO_wdt",
    "intel_rapl_msr",
    "joydev",
    "kvm",
    "kvm_amd",
    "kvm_intel",
    "lpc_ich",
    "mousedev",
    "pcspkr",
    "powernow_k8",
    "psmouse",
    "serio_raw",
];

/// Writes what the ramdisk does.
pub(super) fn configure(root: &Utf8Path) -> Result<()> {
    let unit = |name: &str| format!("etc/systemd/system/{name}");
    put(root, &unit("ironic-python-agent.service"), UNIT)?;
    let wanted = |name: &str, from: &str| {
        link(root, &unit(&format!("multi-user.target.wants/{name}")), &format!("{from}/{name}"))
    };
    wanted("ironic-python-agent.service", "/etc/systemd/system")?;
    wanted("systemd-networkd.service", "/lib/systemd/system")?;
    put(root, "etc/ironic-python-agent.d/ymir.conf", AGENT_CONFIG)?;
    put(root, "etc/systemd/network/10-all.network", NETWORK)?;
    put(root, "etc/systemd/journald.conf.d/ymir.conf", JOURNAL)?;
    put(root, "etc/hostname", "ipa\n")?;
    put(root, "etc/hosts", "127.0.0.1 localhost\n::1 localhost\n")?;
    put(root, "etc/fstab", "")?;
    let blacklist =
        UNLOADED.iter().fold(String::new(), |list, name| format!("{list}blacklist {name}\n"));
    put(root, "etc/modprobe.d/ymir.conf", &blacklist)?;
    link(root, "etc/resolv.conf", "/run/systemd/resolve/resolv.conf")?;
    // What the kernel starts in an initial ramdisk.
    link(root, "init", "/sbin/init")?;
    MASKED.iter().try_for_each(|name| link(root, &unit(name), "/dev/null"))
}

/// Directories and files that only people, package tools or a desktop need.
const UNUSED: &[&str] = &[
    "boot/grub",
    "usr/bin/pzstd",
    "usr/bin/qemu-io",
    "usr/bin/qemu-nbd",
    "usr/bin/qemu-storage-daemon",
    "usr/lib/apt",
    "usr/lib/file",
    "usr/lib/python3.11/distutils",
    "usr/lib/python3.11/ensurepip",
    "usr/lib/python3.11/idlelib",
    "usr/lib/python3.11/lib2to3",
    "usr/lib/python3.11/pydoc_data",
    "usr/lib/python3.11/test",
    "usr/lib/python3.11/tkinter",
    "usr/lib/python3.11/turtledemo",
    "usr/lib/udev/hwdb.bin",
    "usr/lib/udev/hwdb.d",
    "usr/lib/x86_64-linux-gnu/perl",
    "usr/share/applications",
    "usr/share/bash-completion",
    "usr/share/bug",
    "usr/share/common-licenses",
    "usr/share/debconf",
    "usr/share/doc",
    "usr/share/doc-base",
    "usr/share/gcc",
    "usr/share/gdb",
    "usr/share/i18n",
    "usr/share/info",
    "usr/share/initramfs-tools",
    "usr/share/lintian",
    "usr/share/locale",
    "usr/share/man",
    "usr/share/menu",
    "usr/share/perl",
    "usr/share/pixmaps",
    "usr/share/python-wheels",
    "usr/share/zoneinfo",
    "usr/share/zsh",
    "var/cache",
    "var/lib/apt",
    "var/lib/dpkg",
];

/// Beginnings of names in a directory, which go in the same way.
const UNUSED_NAMES: &[(&str, &[&str])] = &[
    ("boot", &["initrd"]),
    ("usr/bin", &["apt"]),
    ("usr/lib/x86_64-linux-gnu", &["libapt-", "libicu", "libmvec", "libperl"]),
    (
        "usr/lib/python3/dist-packages",
        &["_distutils_hack", "distutils-", "pip", "pkg_resources", "setuptools", "wheel"],
    ),
];

/// The same in the agent's own Python environment.
const UNUSED_MODULES: &[&str] =
    &["_distutils_hack", "distutils-", "pip", "pkg_resources", "setuptools", "wrapt-stubs"];

/// Kernel modules without which every server can be inspected and deployed.
const NO_SERVER_NEEDS: &[&str] = &[
    "drivers/bluetooth",
    "drivers/comedi",
    "drivers/gpu",
    "drivers/iio",
    "drivers/input/touchscreen",
    "drivers/isdn",
    "drivers/media",
    "drivers/memstick",
    "drivers/mtd",
    "drivers/net/ieee802154",
    "drivers/net/hamradio",
    "drivers/net/wan",
    "drivers/net/wireless",
    "drivers/nfc",
    "drivers/pcmcia",
    "drivers/staging",
    "drivers/video",
    "drivers/android",
    "fs/afs",
    "fs/befs",
    "fs/ceph",
    "fs/coda",
    "fs/efs",
    "fs/gfs2",
    "fs/hfs",
    "fs/hfsplus",
    "fs/jfs",
    "fs/minix",
    "fs/nilfs2",
    "fs/ntfs3",
    "fs/ocfs2",
    "fs/orangefs",
    "fs/qnx4",
    "fs/qnx6",
    "fs/reiserfs",
    "fs/sysv",
    "fs/ubifs",
    "fs/ufs",
    "net/appletalk",
    "net/atm",
    "net/ax25",
    "net/batman-adv",
    "net/bluetooth",
    "net/can",
    "net/ieee802154",
    "net/mac80211",
    "net/mac802154",
    "net/nfc",
    "net/openvswitch",
    "net/rds",
    "net/tipc",
    "net/wireless",
    "sound",
];

/// What a virtual machine has none of either.
const NO_VIRTUAL_MACHINE_NEEDS: &[&str] = &[
    "arch/x86/kvm",
    "drivers/crypto",
    "drivers/edac",
    "drivers/hwmon",
    "drivers/infiniband",
    "drivers/leds",
    "drivers/mfd",
    "drivers/misc",
    "drivers/mmc",
    "drivers/net/can",
    "drivers/net/usb",
    "drivers/parport",
    "drivers/platform",
    "drivers/power",
    "drivers/regulator",
    "drivers/rtc",
    "drivers/ssb",
    "drivers/target",
    "drivers/thunderbolt",
    "drivers/tty",
    "drivers/usb/gadget",
    "drivers/usb/misc",
    "drivers/usb/serial",
    "drivers/uwb",
    "drivers/w1",
    "fs/btrfs",
    "fs/cifs",
    "fs/dlm",
    "fs/ecryptfs",
    "fs/f2fs",
    "fs/fscache",
    "fs/netfs",
    "fs/nfs",
    "fs/nfsd",
    "fs/quota",
    "fs/smb",
    "fs/udf",
    "net/9p",
    "net/ceph",
    "net/dccp",
    "net/ipv4/netfilter",
    "net/ipv6/netfilter",
    "net/l2tp",
    "net/mpls",
    "net/netfilter",
    "net/sched",
    "net/sctp",
    "net/sunrpc",
    "net/xfrm",
    "virt",
];

/// Network and storage adapters that hypervisors emulate.
const EMULATED: &[(&str, &[&str])] = &[
    ("drivers/net/ethernet", &["amazon", "google", "intel", "realtek"]),
    (
        "drivers/scsi",
        &["device_handler", "megaraid", "scsi_", "sd_mod", "sg.", "sr_mod", "virtio_"],
    ),
];

/// Removes what the ramdisk does without.
pub(super) fn slim(root: &Utf8Path, hardware: Hardware) -> Result<()> {
    UNUSED.iter().try_for_each(|path| remove(&root.join(path)))?;
    for (dir, beginnings) in UNUSED_NAMES {
        remove_where(&root.join(dir), |name| begins(name, beginnings))?;
    }
    let libraries = root.join(AGENT).join("lib");
    for packages in children(&libraries)?.iter().map(|python| python.join("site-packages")) {
        remove_where(&packages, |name| begins(name, UNUSED_MODULES))?;
        for package in children(&packages)? {
            remove_where(&package, |name| matches!(name, "test" | "tests"))?;
        }
    }
    let charsets = root.join("usr/lib/x86_64-linux-gnu/gconv");
    // mkfs.vfat writes labels in code page 850.
    remove_where(&charsets, |name| !begins(name, &["IBM850", "UTF", "gconv"]))?;
    for kernel in children(&root.join("lib/modules"))? {
        slim_modules(&kernel.join("kernel"), hardware)?;
    }
    Ok(())
}

fn slim_modules(modules: &Utf8Path, hardware: Hardware) -> Result<()> {
    let drop = |paths: &[&str]| paths.iter().try_for_each(|path| remove(&modules.join(path)));
    drop(NO_SERVER_NEEDS)?;
    if hardware == Hardware::Servers {
        return Ok(());
    }
    drop(NO_VIRTUAL_MACHINE_NEEDS)?;
    for (dir, kept) in EMULATED {
        remove_where(&modules.join(dir), |name| !begins(name, kept))?;
    }
    Ok(())
}

fn begins(name: &str, beginnings: &[&str]) -> bool {
    beginnings.iter().any(|beginning| name.starts_with(beginning))
}

/// Removes a file or a whole directory; what is not there is fine, since releases differ.
fn remove(path: &Utf8Path) -> Result<()> {
    match path.symlink_metadata() {
        Ok(data) if data.is_dir() => {
            fs::remove_dir_all(path).or_host(|| format!("removing {path}"))
        }
        _ => remove_if_there(path),
    }
}

fn remove_where(dir: &Utf8Path, unwanted: impl Fn(&str) -> bool) -> Result<()> {
    let all = children(dir)?;
    let named = all.iter().filter(|path| path.file_name().is_some_and(&unwanted));
    named.into_iter().try_for_each(|path| remove(path))
}

/// What a directory holds; nothing if it is none.
fn children(dir: &Utf8Path) -> Result<Vec<Utf8PathBuf>> {
    if !dir.is_dir() {
        return Ok(Vec::new());
    }
    let telling = || format!("reading {dir}");
    let entries = dir.read_dir_utf8().or_host(telling)?;
    entries.map(|entry| Ok(entry.or_host(telling)?.into_path())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn virtual_machines_keep_fewer_drivers_than_servers() {
        let cases = [(Hardware::Servers, true), (Hardware::Virtual, false)];
        for (hardware, kept) in cases {
            let root = tempfile::tempdir().unwrap();
            let root = Utf8Path::from_path(root.path()).unwrap();
            let modules = "lib/modules/6.1/kernel";
            for file in
                ["net/ethernet/intel/e1000.ko", "net/ethernet/mellanox/mlx5.ko", "gpu/drm.ko"]
            {
                put(root, &format!("{modules}/drivers/{file}"), "").unwrap();
            }
            put(root, "usr/bin/apt-get", "").unwrap();
            slim(root, hardware).unwrap();
            let drivers = root.join(modules).join("drivers");
            assert!(drivers.join("net/ethernet/intel/e1000.ko").exists());
            assert_eq!(drivers.join("net/ethernet/mellanox").exists(), kept, "{hardware:?}");
            assert!(!drivers.join("gpu").exists() && !root.join("usr/bin/apt-get").exists());
        }
    }
}
