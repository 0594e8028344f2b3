//! What the deployment ramdisk does without: every megabyte is read by the firmware, unpacked at every start, and held
//! in the node's memory.

use std::fs;

use camino::{Utf8Path, Utf8PathBuf};

use super::{base::remove_if_there, ramdisk::AGENT, ramdisk_modules};
use crate::{
    model::image::Hardware,
    trouble::{Result, Tell},
};

/// Directories and files that only people, package tools or a desktop need.
const UNUSED: &[&str] = &[
    "boot/grub",
    "etc/init.d",
    "etc/rc0.d",
    "etc/rc1.d",
    "etc/rc2.d",
    "etc/rc3.d",
    "etc/rc4.d",
    "etc/rc5.d",
    "etc/rc6.d",
    "etc/rcS.d",
    "usr/bin/pzstd",
    "usr/bin/qemu-io",
    "usr/bin/qemu-nbd",
    "usr/bin/qemu-storage-daemon",
    "usr/lib/apt",
    "usr/lib/file",
    "usr/lib/udev/hwdb.bin",
    "usr/lib/udev/hwdb.d",
    "usr/lib/x86_64-linux-gnu/perl",
    "usr/lib/x86_64-linux-gnu/perl-base",
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
    "usr/share/misc/enterprise-numbers.txt",
    "usr/share/perl",
    "usr/share/pixmaps",
    "usr/share/python-wheels",
    "usr/share/zoneinfo",
    "usr/share/zsh",
    "var/cache",
    "var/lib/apt",
    "var/lib/dpkg",
];

/// Parts of Python's own library that only developers use.
const UNUSED_LIBRARY: &[&str] = &[
    "distutils",
    "ensurepip",
    "idlelib",
    "lib2to3",
    "pydoc_data",
    "test",
    "tkinter",
    "turtledemo",
];

/// Beginnings of names in a directory, which go in the same way.
const UNUSED_NAMES: &[(&str, &[&str])] = &[
    ("boot", &["initrd"]),
    ("usr/bin", &["apt", "perl"]),
    ("usr/lib/x86_64-linux-gnu", &["libapt-", "libicu", "libmvec", "libperl"]),
    (
        "usr/lib/python3/dist-packages",
        &["_distutils_hack", "distutils-", "pip", "pkg_resources", "setuptools", "wheel"],
    ),
];

/// The same for rules about devices that the agent makes no use of.
const UNUSED_RULES: &[&str] = &[
    "60-autosuspend",
    "60-drm",
    "60-evdev",
    "60-fido",
    "60-infiniband",
    "60-input",
    "60-persistent-alsa",
    "60-persistent-input",
    "60-persistent-storage-tape",
    "60-persistent-v4l",
    "60-sensor",
    "70-camera",
    "70-joystick",
    "70-memory",
    "70-mouse",
    "70-nvmf",
    "70-power",
    "70-touchpad",
    "70-uaccess",
    "71-nvmf",
    "71-seat",
    "73-seat",
    "75-probe_mtd",
    "78-sound",
    "80-debian",
    "81-net-dhcp",
    "85-hwclock",
    "96-e2scrub",
];

/// The same in the agent's own Python environment.
const UNUSED_MODULES: &[&str] =
    &["_distutils_hack", "distutils-", "pip", "pkg_resources", "setuptools", "wrapt-stubs"];

/// Removes what the ramdisk does without.
pub(super) fn slim(root: &Utf8Path, hardware: Hardware) -> Result<()> {
    UNUSED.iter().try_for_each(|path| remove(&root.join(path)))?;
    for (dir, beginnings) in UNUSED_NAMES {
        remove_where(&root.join(dir), |name| begins(name, beginnings))?;
    }
    for python in pythons(&root.join("usr/lib"))? {
        UNUSED_LIBRARY.iter().try_for_each(|name| remove(&python.join(name)))?;
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
    remove_where(&root.join("lib/udev/rules.d"), |name| begins(name, UNUSED_RULES))?;
    let generators = root.join("lib/systemd/system-generators");
    // The only one whose units the ramdisk wants: a login on the serial console.
    remove_where(&generators, |name| name != "systemd-getty-generator")?;
    ramdisk_modules::slim(root, hardware)
}

/// The directories `python3…` of a directory: Python's version is the release's choice.
pub(super) fn pythons(dir: &Utf8Path) -> Result<Vec<Utf8PathBuf>> {
    let mut found = children(dir)?;
    found.retain(|path| path.file_name().is_some_and(|name| name.starts_with("python3")));
    Ok(found)
}

fn begins(name: &str, beginnings: &[&str]) -> bool {
    beginnings.iter().any(|beginning| name.starts_with(beginning))
}

/// Removes a file or a whole directory; what is not there is fine, since releases differ.
pub(super) fn remove(path: &Utf8Path) -> Result<()> {
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
pub(super) fn children(dir: &Utf8Path) -> Result<Vec<Utf8PathBuf>> {
    if !dir.is_dir() {
        return Ok(Vec::new());
    }
    let telling = || format!("reading {dir}");
    let entries = dir.read_dir_utf8().or_host(telling)?;
    entries.map(|entry| Ok(entry.or_host(telling)?.into_path())).collect()
}

#[cfg(test)]
mod tests {
    use super::{super::base::put, *};

    #[test]
    fn a_server_keeps_its_drivers_and_loses_package_tools() {
        let root = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(root.path()).unwrap();
        let drivers = "lib/modules/6.1/kernel/drivers";
        let agent = format!("{AGENT}/lib/python3.11/site-packages");
        let kept = [
            format!("{drivers}/net/ethernet/mellanox/mlx5.ko"),
            format!("{agent}/ironic_python_agent/agent.py"),
            "lib/udev/rules.d/60-block.rules".to_owned(),
        ];
        let removed = [
            format!("{drivers}/gpu/drm.ko"),
            format!("{agent}/pip/main.py"),
            format!("{agent}/ironic_python_agent/tests/unit.py"),
            "usr/bin/apt-get".to_owned(),
            "lib/udev/rules.d/78-sound-card.rules".to_owned(),
        ];
        for file in kept.iter().chain(&removed) {
            put(root, file, "").unwrap();
        }
        slim(root, Hardware::Servers).unwrap();
        assert!(kept.iter().all(|file| root.join(file).exists()));
        assert_eq!(removed.iter().filter(|file| root.join(file).exists()).count(), 0);
    }
}
