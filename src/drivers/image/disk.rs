//! Lays out a disk that starts by UEFI (with Secure Boot) and by BIOS, without loop devices or mounts: the root file
//! system is filled by `mke2fs -d`, the EFI partition by mtools.

use std::{
    fs::{File, OpenOptions},
    io::Read as _,
    os::unix::fs::FileExt,
};

use camino::Utf8Path;

use super::{
    STEP_LIMIT, Workshop,
    base::put,
    contained::inside,
    esp,
    manifest::Package,
    room::Room,
    tools::{GRUB_BIOS, tool},
};
use crate::{
    model::image::Mebibytes,
    trouble::{Result, Tell, Trouble},
};

const SECTOR: u64 = 512;
const MIB: u64 = 1 << 20;
/// GRUB for BIOS: from 1 MiB on, 1 MiB long.
const BIOS_SECTOR: u64 = 2048;
/// The EFI system partition: from 2 MiB on.
const ESP_SECTOR: u64 = 4096;
const ESP_MIB: u64 = 32;
/// The root file system: the rest of the disk but the second partition table.
const ROOT_SECTOR: u64 = ESP_SECTOR + ESP_MIB * MIB / SECTOR;
const TABLE_SECTORS: u64 = 34;

/// A disk to be written, with the names by which its parts find each other. They are random, so that a second disk
/// with an older image in the same machine is never taken for this one.
#[derive(Debug)]
pub(super) struct Disk {
    size: Mebibytes,
    root_uuid: String,
    esp_serial: u32,
}

impl Disk {
    pub(super) fn new(size: Mebibytes) -> Result<Self> {
        let mut random = [0; 20];
        File::open("/dev/urandom")
            .and_then(|mut source| source.read_exact(&mut random))
            .or_host(|| "reading /dev/urandom".into())?;
        let hex = random.iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
        let root_uuid = format!(
            "{}-{}-4{}-8{}-{}",
            &hex[..8],
            &hex[8..12],
            &hex[13..16],
            &hex[17..20],
            &hex[20..32]
        );
        let esp_serial = u32::from_be_bytes([random[16], random[17], random[18], random[19]]);
        Ok(Self { size, root_uuid, esp_serial })
    }

    pub(super) fn bytes(&self) -> u64 {
        self.size.0 * MIB
    }

    /// Where the root file system starts, in bytes.
    pub(super) fn root_offset() -> u64 {
        ROOT_SECTOR * SECTOR
    }

    /// Where the EFI system partition starts, in bytes.
    pub(super) fn esp_offset() -> u64 {
        ESP_SECTOR * SECTOR
    }

    fn root_kibibytes(&self) -> u64 {
        (self.bytes() / SECTOR - ROOT_SECTOR - TABLE_SECTORS) / 8 * 4
    }

    /// Writes into the root file system what refers to the disk: the table of file systems and the boot menu. The
    /// menu names the kernel by the links that Debian's kernel packages keep, so it stays right when they are upgraded.
    pub(super) fn describe(&self, root: &Utf8Path, kernel_arguments: &[String]) -> Result<()> {
        let uuid = &self.root_uuid;
        let esp = format!("{:04X}-{:04X}", self.esp_serial >> 16, self.esp_serial & 0xffff);
        let fstab = format!(
            "UUID={uuid} / ext4 defaults,discard 0 1\nUUID={esp} /boot/efi vfat umask=0077,nofail 0 0\n"
        );
        put(root, "etc/fstab", &fstab)?;
        std::fs::create_dir_all(root.join("boot/efi")).or_host(|| "creating boot/efi".into())?;
        let arguments = kernel_arguments.join(" ");
        let entry = |title: &str, suffix: &str| {
            format!(
                "menuentry '{title}' {{\n  linux /vmlinuz{suffix} root=UUID={uuid} ro {arguments}\n  \
                 initrd /initrd.img{suffix}\n}}\n"
            )
        };
        let serial = "serial --unit=0 --speed=115200\nterminal_input console serial\nterminal_output console serial\n";
        let menu = format!(
            "# Written by Ymir when the image was built.\n{serial}set timeout=0\nset default=0\n\
             search --no-floppy --fs-uuid --set=root {uuid}\n{}{}",
            entry("Debian", ""),
            entry("Debian, earlier kernel", ".old")
        );
        put(root, "boot/grub/grub.cfg", &menu)
    }
}

impl Workshop<'_> {
    /// Writes the raw disk.
    pub(super) async fn write_disk(
        &self,
        disk: &Disk,
        root: &Utf8Path,
        raw: &Utf8Path,
        room: &Room,
    ) -> Result<()> {
        let file = File::create(raw).or_host(|| format!("creating {raw}"))?;
        file.set_len(disk.bytes()).or_host(|| format!("creating {raw}"))?;
        let partitions = [
            format!("--new=1:{BIOS_SECTOR}:{}", ESP_SECTOR - 1),
            format!("--new=2:{ESP_SECTOR}:{}", ROOT_SECTOR - 1),
            format!("--new=3:{ROOT_SECTOR}:0"),
        ];
        let types = ["--typecode=1:ef02", "--typecode=2:ef00", "--typecode=3:8300"];
        let names = ["--change-name=1:bios", "--change-name=2:esp", "--change-name=3:root"];
        self.run(
            tool("sgdisk")
                .arg("--clear")
                .args(partitions)
                .args(types)
                .args(names)
                .arg(raw.as_str()),
        )
        .await?;
        let offset = format!("offset={}", Disk::root_offset());
        let tree = ["-L", "root", "-U", &disk.root_uuid, "-d", root.as_str(), "-E", &offset];
        let blocks = format!("{}k", disk.root_kibibytes());
        let fill = tool("mke2fs").args(["-q", "-F", "-t", "ext4"]).args(tree);
        self.run(fill.args([raw.as_str(), &blocks])).await.map_err(|trouble| {
            trouble.hint("if the packages do not fit into the image, raise `size` in its recipe")
        })?;
        let partition = room.path("esp.raw");
        let menu = format!(
            "search --no-floppy --fs-uuid --set=root {}\nset prefix=($root)/boot/grub\n\
             configfile ($root)/boot/grub/grub.cfg\n",
            disk.root_uuid
        );
        let shape = esp::Shape { mebibytes: ESP_MIB, fat: 16, serial: disk.esp_serial };
        self.esp(&partition, &shape, &menu).await?;
        insert(&partition, raw, Disk::esp_offset())?;
        self.bios_boot(raw, room).await
    }

    /// GRUB for BIOS: its first sector in the disk's first, its core in a partition, found by a list of blocks.
    async fn bios_boot(&self, raw: &Utf8Path, room: &Room) -> Result<()> {
        let core_file = room.path("core.img");
        let make = tool("grub-mkimage").args(["-O", "i386-pc", "-p", "(hd0,gpt3)/boot/grub", "-o"]);
        let modules = ["biosdisk", "part_gpt", "ext2", "search", "search_fs_uuid", "linux"];
        let more = ["normal", "configfile", "serial", "terminal"];
        self.run(make.arg(core_file.as_str()).args(modules).args(more)).await?;
        let read = |path: &Utf8Path| std::fs::read(path).or_host(|| format!("reading {path}"));
        let (core, boot) = bootable(read(&core_file)?, read(Utf8Path::new(GRUB_BIOS))?)?;
        let disk = OpenOptions::new().write(true).open(raw).or_host(|| format!("opening {raw}"))?;
        disk.write_all_at(&boot, 0)
            .and_then(|()| disk.write_all_at(&core, BIOS_SECTOR * SECTOR))
            .or_host(|| format!("writing {raw}"))
    }

    pub(super) async fn compress(&self, raw: &Utf8Path, image: &Utf8Path) -> Result<()> {
        // The deployment ramdisk unpacks the image on the node's processor: zstd costs it a third of zlib.
        let format = ["-f", "raw", "-O", "qcow2", "-c", "-o", "compression_type=zstd"];
        let convert = tool("qemu-img").args(["convert", "-q"]).args(format);
        self.run(convert.args([raw.as_str(), image.as_str()])).await
    }

    /// The packages of a root file system, sorted by name.
    pub(super) async fn installed(&self, root: &Utf8Path) -> Result<Vec<Package>> {
        let format = "--showformat=${binary:Package}\\t${Version}\\n";
        let query = inside(root, "dpkg-query").args(["--show", format]).time_limit(STEP_LIMIT);
        let list = query.success().await?.stdout;
        let package = |line: &str| {
            let (name, version) = line.split_once('\t')?;
            Some(Package { name: name.into(), version: version.into() })
        };
        Ok(list.lines().filter_map(package).collect())
    }
}

/// GRUB's core and first sector, told where on the disk they find each other.
fn bootable(mut core: Vec<u8>, mut boot: Vec<u8>) -> Result<(Vec<u8>, Vec<u8>)> {
    let room = usize::try_from((ESP_SECTOR - BIOS_SECTOR) * SECTOR).unwrap_or(0);
    let sectors = core.len().div_ceil(512);
    let Ok(rest) = u16::try_from(sectors.saturating_sub(1)) else {
        return Err(Trouble::internal("writing GRUB for BIOS").because("its core is too large"));
    };
    if core.len() > room || core.len() < 512 || boot.len() < 440 {
        return Err(Trouble::internal("writing GRUB for BIOS").because(format!(
            "its core has {} bytes, its first sector {}",
            core.len(),
            boot.len()
        )));
    }
    // Offsets in boot.img: the core's first sector, and the jump that would ask the BIOS for the disk.
    boot.truncate(440);
    boot[0x5c..0x64].copy_from_slice(&BIOS_SECTOR.to_le_bytes());
    boot[0x66..0x68].copy_from_slice(&[0x90, 0x90]);
    // The last entry of the core's block list: sector, count, segment to load it to.
    core[0x1f4..0x1fc].copy_from_slice(&(BIOS_SECTOR + 1).to_le_bytes());
    core[0x1fc..0x1fe].copy_from_slice(&rest.to_le_bytes());
    core[0x1fe..0x200].copy_from_slice(&0x820_u16.to_le_bytes());
    Ok((core, boot))
}

fn insert(part: &Utf8Path, raw: &Utf8Path, offset: u64) -> Result<()> {
    let telling = || format!("writing {raw}");
    let bytes = std::fs::read(part).or_host(|| format!("reading {part}"))?;
    let disk = OpenOptions::new().write(true).open(raw).or_host(telling)?;
    disk.write_all_at(&bytes, offset).or_host(telling)
}

/// The version of the kernel in a root file system: the one that the link of the boot menu leads to.
pub(super) fn kernel(root: &Utf8Path) -> Result<String> {
    let link = root.join("vmlinuz");
    let target = link.read_link_utf8().or_host(|| format!("finding the kernel: reading {link}"))?;
    let name = target.file_name().unwrap_or_default();
    Ok(name.trim_start_matches("vmlinuz-").to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_file_system_ends_before_the_second_partition_table() {
        let disk = Disk::new(Mebibytes(2048)).unwrap();
        let end = Disk::root_offset() + disk.root_kibibytes() * 1024;
        assert!(end <= disk.bytes() - 33 * SECTOR, "{end}");
        assert_eq!(disk.root_uuid.len(), 36);
        assert_ne!(disk.root_uuid, Disk::new(Mebibytes(2048)).unwrap().root_uuid);
    }

    #[test]
    fn grub_for_bios_finds_its_core() {
        let (core, boot) = bootable(vec![1; 3 * 512 + 7], vec![2; 512]).unwrap();
        assert_eq!(boot.len(), 440);
        assert_eq!(boot[0x5c..0x64], 2048_u64.to_le_bytes());
        assert_eq!(core[0x1f4..0x1fc], 2049_u64.to_le_bytes());
        assert_eq!(core[0x1fc..0x1fe], 3_u16.to_le_bytes());
        assert!(bootable(vec![1; 4 << 20], vec![2; 512]).is_err());
    }
}
