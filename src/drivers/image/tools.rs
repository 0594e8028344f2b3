//! The tools that a build needs, and the Debian packages that hold them.

use camino::{Utf8Path, Utf8PathBuf};

use crate::{
    drivers::process::Run,
    trouble::{Result, Trouble},
};

/// Where tools are looked for: an operator's own PATH may lack the directories of system tools.
pub(super) const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// A program, or the absolute path of a file, and its package.
type Tool = (&'static str, &'static str);

/// The shim that firmware with Secure Boot trusts.
pub(super) const SHIM: &str = "/usr/lib/shim/shimx64.efi.signed";
/// The GRUB that the shim trusts.
pub(super) const GRUB_EFI: &str = "/usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed";
/// GRUB's first sector for BIOS.
pub(super) const GRUB_BIOS: &str = "/usr/lib/grub/i386-pc/boot.img";

const COMMON: &[Tool] = &[
    ("mmdebstrap", "mmdebstrap"),
    ("unshare", "util-linux"),
    ("setpriv", "util-linux"),
    ("zstd", "zstd"),
    ("tar", "tar"),
    ("mcopy", "mtools"),
    ("mkfs.vfat", "dosfstools"),
    (SHIM, "shim-signed"),
    (GRUB_EFI, "grub-efi-amd64-signed"),
];

/// What a host image needs on top.
pub(super) const HOST_IMAGE: &[Tool] = &[
    ("sgdisk", "gdisk"),
    ("mke2fs", "e2fsprogs"),
    ("qemu-img", "qemu-utils"),
    ("grub-mkimage", "grub-common"),
    (GRUB_BIOS, "grub-pc-bin"),
];

/// What the deployment ramdisk needs on top.
pub(super) const DEPLOYMENT_IMAGE: &[Tool] = &[("cpio", "cpio"), ("depmod", "kmod")];

/// A command that finds its tools in [`PATH`] and speaks no local language.
pub(super) fn tool(program: &str) -> Run {
    Run::new(program).env("PATH", PATH).env("LC_ALL", "C.UTF-8")
}

/// Refuses to build where a tool is missing or the user may not build.
pub(super) fn check(name: &str, special: &[Tool]) -> Result<()> {
    let trouble = || Trouble::refused(format!("building the image {name}"));
    if !rustix::process::geteuid().is_root() {
        return Err(trouble()
            .because("only root can make the files of a root file system")
            .hint("run the command as root"));
    }
    let mut missing: Vec<&Tool> =
        COMMON.iter().chain(special).filter(|(tool, _)| !exists(tool)).collect();
    missing.sort_by_key(|(_, package)| *package);
    missing.dedup_by_key(|(_, package)| *package);
    if missing.is_empty() {
        return Ok(());
    }
    let named: Vec<&str> = missing.iter().map(|(tool, _)| *tool).collect();
    let packages: Vec<&str> = missing.iter().map(|(_, package)| *package).collect();
    Err(trouble()
        .because(format!("this machine lacks {}", named.join(", ")))
        .hint(format!("install them: `apt-get install {}`", packages.join(" "))))
}

fn exists(tool: &str) -> bool {
    let dirs = PATH.split(':').map(Utf8PathBuf::from);
    Utf8Path::new(tool).is_absolute() && Utf8Path::new(tool).exists()
        || dirs.into_iter().any(|dir| dir.join(tool).is_file())
}
