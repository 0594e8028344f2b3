//! EFI system partitions as files: the shim, Debian's signed GRUB, and a few lines that lead GRUB on.

use std::fs::File;

use camino::Utf8Path;

use super::{
    Workshop, checksum,
    tools::{GRUB_EFI, SHIM, tool},
};
use crate::trouble::{Result, Tell};

/// Size and kind of the file system.
#[derive(Debug)]
pub(super) struct Shape {
    pub(super) mebibytes: u64,
    /// Bits of the file allocation table's entries.
    pub(super) fat: u8,
    pub(super) serial: u32,
}

impl Workshop<'_> {
    /// Makes the partition in a file.
    pub(super) async fn esp(&self, path: &Utf8Path, shape: &Shape, menu: &str) -> Result<()> {
        let file = File::create(path).or_host(|| format!("creating {path}"))?;
        file.set_len(shape.mebibytes << 20).or_host(|| format!("creating {path}"))?;
        let (fat, serial) = (shape.fat.to_string(), format!("{:08x}", shape.serial));
        let make = tool("mkfs.vfat").args(["-F", &fat, "-i", &serial, "-n", "ESP"]);
        self.run(make.arg(path.as_str())).await?;
        self.run(tool("mmd").args(["-i", path.as_str(), "::EFI", "::EFI/BOOT", "::EFI/debian"]))
            .await?;
        let written = path.with_extension("cfg");
        checksum::write(&written, menu.as_bytes())?;
        let copies = [
            (SHIM, "::EFI/BOOT/BOOTX64.EFI"),
            (GRUB_EFI, "::EFI/BOOT/grubx64.efi"),
            (written.as_str(), "::EFI/debian/grub.cfg"),
        ];
        for (from, to) in copies {
            self.run(tool("mcopy").args(["-i", path.as_str(), from, to])).await?;
        }
        std::fs::remove_file(&written).or_host(|| format!("removing {written}"))
    }
}
