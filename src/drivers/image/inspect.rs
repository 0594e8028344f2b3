//! Looks at a finished image with other eyes than those that made it: partition table, file systems, boot files.

use camino::Utf8Path;

use super::{STEP_LIMIT, disk::Disk, tools::tool};
use crate::{
    drivers::process::Run,
    trouble::{Result, Trouble},
};

/// What must be in the root file system for the disk to start and to say which image it is.
const ROOT_FILES: [&str; 4] =
    ["/vmlinuz", "/initrd.img", "/boot/grub/grub.cfg", "/etc/ymir/image.json"];
const ESP_FILES: [&str; 3] =
    ["::EFI/BOOT/BOOTX64.EFI", "::EFI/BOOT/grubx64.efi", "::EFI/debian/grub.cfg"];

/// Inspects the image and the raw disk that it must equal.
pub(super) async fn image(
    log: &Utf8Path,
    disk: &Disk,
    raw: &Utf8Path,
    image: &Utf8Path,
) -> Result<()> {
    let done = |run: Run| run.log(log).time_limit(STEP_LIMIT).success();
    done(tool("qemu-img").args(["check", "-q", image.as_str()])).await?;
    done(tool("qemu-img").args(["compare", "-q", image.as_str(), raw.as_str()])).await?;
    let table = done(tool("sgdisk").args(["--verify", raw.as_str()])).await?.stdout;
    if !table.contains("No problems found") {
        return Err(unfit(image, &format!("its partition table is damaged: {table}")));
    }
    let root = format!("{raw}?offset={}", Disk::root_offset());
    done(tool("e2fsck").args(["-fn", &root])).await?;
    for file in ROOT_FILES {
        let look = tool("debugfs").args(["-R", &format!("stat {file}"), &root]);
        let found = done(look).await?.stdout;
        // debugfs ends well even if it finds nothing.
        if !found.contains("Inode:") {
            return Err(unfit(image, &format!("it has no {file}")));
        }
    }
    let esp = format!("{raw}@@{}", Disk::esp_offset());
    for file in ESP_FILES {
        done(tool("mdir").args(["-i", &esp, "-b", file])).await?;
    }
    if std::fs::metadata(raw).is_ok_and(|data| data.len() != disk.bytes()) {
        return Err(unfit(image, "its disk has another size than its recipe says"));
    }
    Ok(())
}

fn unfit(image: &Utf8Path, why: &str) -> Trouble {
    let name = image.file_name().unwrap_or_default();
    Trouble::internal(format!("inspecting the built image {name}")).because(why)
}
