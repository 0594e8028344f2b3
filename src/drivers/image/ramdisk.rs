//! Builds the kernel and ramdisk with the Ironic Python Agent, and the EFI partition that starts them from a virtual CD.

use std::fs;

use camino::{Utf8Path, Utf8PathBuf};

use super::{
    STEP_LIMIT, Workshop,
    base::{self, Contents, put},
    contained::{Installing, contained, inside},
    disk, esp,
    host_image::{product, record},
    manifest::Manifest,
    ramdisk_slim, ramdisk_tree,
    room::Room,
    sources, tools,
};
use crate::{
    model::image::DeploymentImage,
    plan::deployment_image::NAME,
    trouble::{Result, Tell},
};

/// What nodes boot, as it is published.
const KERNEL: &str = "ipa.kernel";
const RAMDISK: &str = "ipa.initramfs";

/// What of the deployment ramdisk is missing where images are published.
pub fn missing(published: &Utf8Path) -> Option<Utf8PathBuf> {
    [KERNEL, RAMDISK].iter().map(|file| published.join(file)).find(|path| !path.is_file())
}

/// On top of the smallest Debian system: what the agent calls.
const PACKAGES: [&str; 36] = [
    "systemd-sysv",
    "dbus",
    "udev",
    "kmod",
    "openssh-server",
    "python3",
    "python3-venv",
    "python3-pip",
    "ca-certificates",
    "iproute2",
    "iputils-ping",
    "procps",
    "curl",
    "gdisk",
    "fdisk",
    "parted",
    "dosfstools",
    "mtools",
    "e2fsprogs",
    "xfsprogs",
    "util-linux",
    "qemu-utils",
    "lshw",
    "hdparm",
    "smartmontools",
    "mdadm",
    "efibootmgr",
    "dmidecode",
    "ipmitool",
    "lsscsi",
    "nvme-cli",
    "pciutils",
    "ethtool",
    "genisoimage",
    "lvm2",
    "psmisc",
];

/// The directory of the agent's own Python environment.
pub(super) const AGENT: &str = "opt/ironic-python-agent";

/// Ironic writes this label onto the virtual CD; GRUB goes on with the menu that Ironic put there.
const MENU: &str =
    "search --no-floppy --label VMEDIA_BOOT_ISO --set=root\nconfigfile ($root)/EFI/BOOT/grub.cfg\n";

impl Workshop<'_> {
    /// Builds kernel, ramdisk and EFI partition into `built`, a new directory of the room.
    pub(super) async fn deployment_image(
        &self,
        image: &DeploymentImage,
        room: &Room,
    ) -> Result<()> {
        let mut packages = vec![image.base.kernel.as_str()];
        packages.extend(PACKAGES);
        let contents = Contents { base: &image.base, packages: &packages, before: &[] };
        let root = self.root(room, &contents).await?;

        self.voice.progress("installing packages");
        let settings = sources::settings().await?;
        let installing = Installing::begin(&root, &settings)?;
        installing.packages(&image.packages, &self.log).await?;
        self.voice.progress("installing the Ironic Python Agent");
        self.install_agent(&root, &image.agent).await?;
        installing.end()?;

        let packages = self.installed(&root).await?;
        let kernel = disk::kernel(&root)?;
        let built = room.path("built");
        fs::create_dir(&built).or_host(|| format!("creating {built}"))?;
        let from = root.join(format!("boot/vmlinuz-{kernel}"));
        fs::copy(&from, built.join(KERNEL)).or_host(|| format!("copying {from}"))?;

        self.voice.progress("making the ramdisk small");
        base::finish(&root)?;
        let identity = serde_json::json!({ "name": NAME, "digest": self.digest });
        put(&root, "etc/ymir/image.json", &format!("{identity}\n"))?;
        ramdisk_tree::configure(&root)?;
        ramdisk_slim::slim(&root, image.hardware)?;
        self.index(&root, &kernel).await?;
        self.voice.progress("packing the ramdisk");
        self.pack(&root, &built.join(RAMDISK)).await?;
        let shape = esp::Shape { mebibytes: 6, fat: 12, serial: 0x594d_4952 };
        self.esp(&built.join("esp.img"), &shape, MENU).await?;

        let mut files = Vec::new();
        for file in [KERNEL, RAMDISK, "esp.img"] {
            files.push(product(built.clone(), file.into()).await?);
        }
        let (name, digest) = (NAME.to_owned(), self.digest.to_owned());
        let built_at = jiff::Timestamp::now();
        let manifest =
            Manifest { name, digest, built_at, kernel, virtual_size: None, files, packages };
        record(&built, manifest)
    }

    async fn install_agent(&self, root: &Utf8Path, version: &str) -> Result<()> {
        let python = inside(root, "python3").args(["-m", "venv", &format!("/{AGENT}")]);
        self.run(python).await?;
        let pip = inside(root, &format!("/{AGENT}/bin/pip"))
            .env("PIP_CERT", format!("/{}", Installing::CERTIFICATES))
            .env("PIP_DISABLE_PIP_VERSION_CHECK", "1")
            .args(["install", "--quiet", "--no-compile", "--no-cache-dir"])
            .arg(format!("ironic-python-agent=={version}"));
        self.run(pip).await
    }

    /// Makes what the running ramdisk would otherwise work out at every start: byte code of the agent and everything
    /// it imports, and the index of kernel modules.
    async fn index(&self, root: &Utf8Path, kernel: &str) -> Result<()> {
        let mut dirs = vec![root.join(AGENT).join("lib")];
        dirs.extend(ramdisk_slim::pythons(&root.join("usr/lib"))?);
        let dirs = dirs.iter().map(|dir| format!("/{}", dir.strip_prefix(root).unwrap_or(dir)));
        // Byte code that is taken without a look at its source, whose time stamp packing does not keep.
        let compile = ["-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"];
        self.run(inside(root, "python3").args(compile).args(dirs)).await?;
        let modules = tools::tool("depmod").args(["-b", root.as_str(), kernel]);
        self.run(modules).await
    }

    async fn pack(&self, root: &Utf8Path, initramfs: &Utf8Path) -> Result<()> {
        // A pipeline, so that the unpacked archive is never on the disk; `pipefail` tells of its first part's failure.
        let script = "set -o pipefail; cd \"$1\"; \
            find . -path ./boot -prune -o -path './dev/*' -prune -o -print0 | LC_ALL=C sort -z | \
            cpio --null --create --format=newc --quiet --owner=0:0 | zstd -q -T0 -9 -o \"$2\"";
        let pack =
            contained("bash").args(["-c", script, "pack", root.as_str(), initramfs.as_str()]);
        pack.log(&self.log).time_limit(STEP_LIMIT).success().await.map(drop)
    }
}
