//! The machines that a file describes, by number, name and UUID.

use std::collections::HashMap;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{
    file::{self, Bmc, File, Group},
    machine::Machine,
};

/// One machine, in or out of Ironic.
#[derive(Debug, Clone)]
pub struct Hardware {
    pub name: String,
    pub uuid: String,
    pub mac: String,
    /// By which a deployment finds the disk.
    pub serial: String,
    pub bmc: Bmc,
    pub cpus: u32,
    pub memory_mb: u32,
    pub disk_gb: u32,
    pub disks: u32,
    /// As it is while no node of Ironic's stands for it.
    pub machine: Machine,
    /// The row of the node that stands for it.
    pub node: Option<u64>,
}

/// All machines of the rack.
#[derive(Debug, Default)]
pub struct Shelf {
    all: Vec<Hardware>,
    by_word: HashMap<String, usize>,
}

impl Shelf {
    pub fn of(file: &File) -> Self {
        let mut shelf = Self::default();
        for group in file.groups() {
            for number in 1..=group.count {
                shelf.put(group, number);
            }
        }
        shelf
    }

    fn put(&mut self, group: &Group, number: u32) {
        let at = self.all.len();
        let name = file::name(&group.name, number).unwrap_or_default();
        let uuid = uuid(&name);
        let [.., a, b, c] = u32::try_from(at + 1).unwrap_or(u32::MAX).to_be_bytes();
        self.by_word.insert(name.clone(), at);
        self.by_word.insert(uuid.clone(), at);
        self.all.push(Hardware {
            mac: format!("52:54:00:{a:02x}:{b:02x}:{c:02x}"),
            serial: format!("RACK-{name}"),
            uuid,
            name,
            bmc: group.bmc,
            cpus: group.cpus,
            memory_mb: group.memory_mb,
            disk_gb: group.disk_gb,
            disks: group.disks,
            machine: Machine::default(),
            node: None,
        });
    }

    pub fn iter(&self) -> impl Iterator<Item = &Hardware> {
        self.all.iter()
    }

    /// The place of the machine with this name or UUID.
    pub fn find(&self, word: &str) -> Option<usize> {
        self.by_word.get(word).copied()
    }

    pub fn get(&self, at: usize) -> &Hardware {
        &self.all[at]
    }

    pub fn get_mut(&mut self, at: usize) -> &mut Hardware {
        &mut self.all[at]
    }
}

/// A UUID that is always the same for what it is of.
pub fn uuid(of: &str) -> String {
    let digest = Sha256::digest(of.as_bytes());
    let hex: Vec<_> = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let hex = hex.concat();
    format!("{}-{}-4{}-8{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..])
}

impl Hardware {
    fn disk(&self, number: u32) -> Value {
        let letter = char::from(b'a' + u8::try_from(number % 26).unwrap_or_default());
        let serial =
            if number == 0 { self.serial.clone() } else { format!("{}-{number}", self.serial) };
        json!({
            "name": format!("/dev/sd{letter}"), "model": "Simulated", "serial": serial, "wwn": null, "rotational": false,
            "size": u64::from(self.disk_gb) << 30, "vendor": "Ymir", "hctl": null, "by_path": null,
        })
    }

    /// What the inspection ramdisk finds.
    pub fn inventory(&self) -> Value {
        let disks: Vec<_> = (0..self.disks).map(|number| self.disk(number)).collect();
        let interface = json!({
            "name": "eth0", "mac_address": self.mac, "has_carrier": true, "ipv4_address": null, "ipv6_address": null,
            "lldp": null, "vendor": "0x1af4", "product": "0x0001", "client_id": null, "biosdevname": null,
            "speed_mbps": 25000, "pci_address": "0000:01:00.0",
        });
        let booted = json!({ "current_boot_mode": "uefi", "pxe_interface": self.mac });
        json!({
            "inventory": {
                "bmc_address": "127.0.0.1",
                "bmc_v6address": "::/0",
                "bmc_mac": null,
                "boot": booted,
                "cpu": { "architecture": "x86_64", "count": self.cpus, "flags": [], "frequency": "2000.0", "model_name": "Simulated", "socket_count": 1 },
                "disks": disks,
                "hostname": self.name,
                "interfaces": [interface],
                "memory": { "physical_mb": self.memory_mb, "total": u64::from(self.memory_mb) << 20 },
                "system_vendor": { "product_name": "Rack", "serial_number": self.serial, "manufacturer": "Ymir", "firmware": { "vendor": "Ymir", "version": "1", "build_date": "" } },
            },
            "plugin_data": {
                "root_disk": disks.first(),
                "boot_interface": self.mac,
                "all_interfaces": { "eth0": { "mac_address": self.mac, "pxe_enabled": true } },
                "valid_interfaces": { "eth0": { "mac_address": self.mac, "pxe_enabled": true } },
            },
        })
    }
}
