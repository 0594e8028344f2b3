//! Which kernel modules the deployment ramdisk keeps: almost all for servers, a chosen few for virtual machines.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};

use super::{
    base::remove_if_there,
    ramdisk_slim::{children, remove},
};
use crate::{
    model::image::Hardware,
    trouble::{Result, Tell},
};

/// Modules without which every server can be inspected and deployed.
const NO_SERVER_NEEDS: &[&str] = &[
    "drivers/android",
    "drivers/bluetooth",
    "drivers/comedi",
    "drivers/gpu",
    "drivers/iio",
    "drivers/input/touchscreen",
    "drivers/isdn",
    "drivers/media",
    "drivers/memstick",
    "drivers/mtd",
    "drivers/net/hamradio",
    "drivers/net/ieee802154",
    "drivers/net/wan",
    "drivers/net/wireless",
    "drivers/nfc",
    "drivers/pcmcia",
    "drivers/staging",
    "drivers/video",
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
    "lib/test_bpf.ko",
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

/// What hypervisors emulate, and what the agent does with it: modules, or whole directories of them.
const VIRTUAL_MACHINES_NEED: &[&str] = &[
    "arch/x86/crypto",
    "crypto",
    "drivers/acpi",
    "drivers/ata/ahci.ko",
    "drivers/ata/ata_generic.ko",
    "drivers/ata/ata_piix.ko",
    "drivers/block/loop.ko",
    "drivers/block/virtio_blk.ko",
    "drivers/block/xen-blkfront.ko",
    "drivers/cdrom",
    "drivers/char",
    "drivers/firmware",
    "drivers/hid/hid-generic.ko",
    "drivers/hid/usbhid",
    "drivers/hv",
    "drivers/md",
    "drivers/message/fusion",
    "drivers/net/bonding",
    "drivers/net/ethernet/amazon",
    "drivers/net/ethernet/google",
    "drivers/net/ethernet/intel/e1000",
    "drivers/net/ethernet/intel/e1000e",
    "drivers/net/ethernet/intel/igb",
    "drivers/net/ethernet/realtek/8139cp.ko",
    "drivers/net/hyperv",
    "drivers/net/virtio_net.ko",
    "drivers/net/vmxnet3",
    "drivers/net/xen-netfront.ko",
    "drivers/nvme",
    "drivers/scsi/hv_storvsc.ko",
    "drivers/scsi/megaraid",
    "drivers/scsi/sd_mod.ko",
    "drivers/scsi/sg.ko",
    "drivers/scsi/sr_mod.ko",
    "drivers/scsi/virtio_scsi.ko",
    "drivers/scsi/vmw_pvscsi.ko",
    "drivers/usb/host",
    "drivers/usb/storage",
    "drivers/virt",
    "drivers/virtio",
    "drivers/xen",
    "fs/autofs",
    "fs/btrfs",
    "fs/configfs",
    "fs/efivarfs",
    "fs/ext4",
    "fs/fat",
    "fs/fuse",
    "fs/isofs",
    "fs/nls",
    "fs/overlayfs",
    "fs/pstore",
    "fs/squashfs",
    "fs/xfs",
    "net/8021q",
    "net/bridge/bridge.ko",
    "net/core",
    "net/ipv6",
    "net/key",
    "net/packet",
    "net/unix",
    "net/vmw_vsock",
];

/// Removes what the hardware has no use for.
pub(super) fn slim(root: &Utf8Path, hardware: Hardware) -> Result<()> {
    for kernel in children(&root.join("lib/modules"))? {
        let modules = kernel.join("kernel");
        match hardware {
            Hardware::Servers => {
                NO_SERVER_NEEDS.iter().try_for_each(|path| remove(&modules.join(path)))?;
            }
            Hardware::Virtual => {
                let index = kernel.join("modules.dep");
                let index = std::fs::read_to_string(&index)
                    .or_host(|| format!("reading the index of kernel modules {index}"))?;
                keep(&modules, &needed(&index))?;
            }
        }
    }
    Ok(())
}

/// The modules of the index that virtual machines need, with those that they depend on; relative to `kernel/`.
fn needed(index: &str) -> BTreeSet<&str> {
    let chosen = |module: &str| {
        VIRTUAL_MACHINES_NEED.iter().any(|need| {
            module.strip_prefix(need).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    };
    let lines = index.lines().filter_map(|line| line.split_once(':'));
    // A line of modules.dep names all modules that must be loaded before, not only the next ones.
    lines
        .filter_map(|(module, needs)| Some((inside(module)?, needs)))
        .filter(|(module, _)| chosen(module))
        .flat_map(|(module, needs)| {
            std::iter::once(module).chain(needs.split_whitespace().filter_map(inside))
        })
        .collect()
}

fn inside(path: &str) -> Option<&str> {
    path.strip_prefix("kernel/")
}

/// Removes every module below `modules` that is not needed.
fn keep(modules: &Utf8Path, needed: &BTreeSet<&str>) -> Result<()> {
    let mut left: Vec<Utf8PathBuf> = children(modules)?;
    while let Some(path) = left.pop() {
        if path.is_dir() {
            left.extend(children(&path)?);
            continue;
        }
        let name = path.strip_prefix(modules).unwrap_or(&path);
        if !needed.contains(name.as_str()) {
            remove_if_there(&path)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn virtual_machines_keep_their_modules_and_what_those_depend_on() {
        let index = "kernel/drivers/net/virtio_net.ko: kernel/net/core/failover.ko kernel/drivers/net/net_failover.ko\n\
            kernel/drivers/net/net_failover.ko: kernel/net/core/failover.ko\n\
            kernel/net/core/failover.ko:\n\
            kernel/drivers/net/ethernet/intel/e1000/e1000.ko:\n\
            kernel/drivers/net/ethernet/intel/e1000x/other.ko:\n\
            kernel/drivers/net/ethernet/mellanox/mlx5.ko: kernel/lib/x.ko\n";
        let expected = [
            "drivers/net/ethernet/intel/e1000/e1000.ko",
            "drivers/net/net_failover.ko",
            "drivers/net/virtio_net.ko",
            "net/core/failover.ko",
        ];
        assert_eq!(needed(index).into_iter().collect::<Vec<_>>(), expected);
    }
}
