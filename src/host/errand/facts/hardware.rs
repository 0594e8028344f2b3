//! The machine: processors, memory, disks, what its maker wrote, and whether it is one.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::{Facts, number, put, said, text, value_of};
use crate::host::{fault::Fault, machine::Machine};

/// What the maker wrote: facts and files.
const DMI: [(&str, &str); 19] = [
    ("bios_date", "bios_date"),
    ("bios_vendor", "bios_vendor"),
    ("bios_version", "bios_version"),
    ("board_asset_tag", "board_asset_tag"),
    ("board_name", "board_name"),
    ("board_serial", "board_serial"),
    ("board_vendor", "board_vendor"),
    ("board_version", "board_version"),
    ("chassis_asset_tag", "chassis_asset_tag"),
    ("chassis_serial", "chassis_serial"),
    ("chassis_vendor", "chassis_vendor"),
    ("chassis_version", "chassis_version"),
    ("product_family", "product_family"),
    ("product_name", "product_name"),
    ("product_serial", "product_serial"),
    ("product_uuid", "product_uuid"),
    ("product_version", "product_version"),
    ("product_sku", "product_sku"),
    ("system_vendor", "sys_vendor"),
];

/// How virtual machines call themselves: the maker or product, and Ansible's word.
const HYPERVISORS: [(&str, &str); 9] = [
    ("KVM", "kvm"),
    ("OpenStack", "openstack"),
    ("QEMU", "kvm"),
    ("Bochs", "kvm"),
    ("oVirt", "oVirt"),
    ("VMware", "VMware"),
    ("VirtualBox", "virtualbox"),
    ("Xen", "xen"),
    ("Microsoft Corporation", "VirtualPC"),
];

pub(super) fn add(facts: &mut Facts, machine: &Machine) -> Result<(), Fault> {
    processors(facts, machine);
    memory(facts, machine);
    for (name, file) in DMI {
        let found = text(machine, &format!("/sys/class/dmi/id/{file}"));
        put(facts, name, if found.is_empty() { "NA".to_owned() } else { found });
    }
    virtualization(facts, machine);
    mounts(facts, machine);
    devices(facts, machine)
}

fn processors(facts: &mut Facts, machine: &Machine) {
    let text = text(machine, "/proc/cpuinfo");
    let (mut told, mut threads) = (Vec::new(), 0_u32);
    let (mut sockets, mut cores) = (BTreeSet::new(), BTreeSet::new());
    for block in text.split("\n\n") {
        let Some(index) = value_of(block, "processor") else { continue };
        threads += 1;
        told.push(Value::from(index));
        let words = ["vendor_id", "model name"].into_iter();
        told.extend(words.filter_map(|name| value_of(block, name)).map(Value::from));
        let socket = value_of(block, "physical id").unwrap_or("0");
        sockets.insert(socket);
        cores.insert((socket, value_of(block, "core id").unwrap_or(index)));
    }
    let count = |set: usize| u32::try_from(set).unwrap_or(u32::MAX).max(1);
    let (sockets, cores) = (count(sockets.len()), count(cores.len()));
    put(facts, "processor", told);
    put(facts, "processor_count", sockets);
    put(facts, "processor_cores", cores / sockets);
    put(facts, "processor_threads_per_core", (threads / cores).max(1));
    put(facts, "processor_vcpus", threads);
    put(facts, "processor_nproc", threads);
    let flags = value_of(&text, "flags").or_else(|| value_of(&text, "Features"));
    let flags: Vec<Value> = flags.unwrap_or_default().split_whitespace().map(Value::from).collect();
    put(facts, "flags", flags);
}

fn memory(facts: &mut Facts, machine: &Machine) {
    let text = text(machine, "/proc/meminfo");
    let of = |name: &str| {
        let words = value_of(&text, name).unwrap_or_default();
        words.split(' ').next().and_then(|word| word.parse::<i64>().ok()).unwrap_or(0) / 1024
    };
    let (total, free) = (of("MemTotal"), of("MemFree"));
    let (swap, swap_free, swap_cached) = (of("SwapTotal"), of("SwapFree"), of("SwapCached"));
    let nocache = free + of("Cached") + of("Buffers");
    put(facts, "memtotal_mb", total);
    put(facts, "memfree_mb", free);
    put(facts, "swaptotal_mb", swap);
    put(facts, "swapfree_mb", swap_free);
    put(
        facts,
        "memory_mb",
        json!({
            "real": { "total": total, "used": total - free, "free": free },
            "nocache": { "free": nocache, "used": total - nocache },
            "swap": { "total": swap, "free": swap_free, "used": swap - swap_free, "cached": swap_cached },
        }),
    );
}

/// The innermost that tells: a container before the virtual machine that it is in.
fn virtualization(facts: &mut Facts, machine: &Machine) {
    let container = text(machine, "/run/systemd/container");
    let maker = text(machine, "/sys/class/dmi/id/sys_vendor");
    let product = text(machine, "/sys/class/dmi/id/product_name");
    let known = HYPERVISORS.iter().find(|(word, _)| maker.contains(word) || product.contains(word));
    let hypervisor = machine.path("/dev/kvm").exists();
    let (kind, role) = match (container.as_str(), known) {
        ("", Some((_, kind))) => (*kind, "guest"),
        ("", None) if hypervisor => ("kvm", "host"),
        ("", None) => ("NA", "NA"),
        (container, _) => (container, "guest"),
    };
    let mut guest: Vec<&str> = if role == "guest" { vec![kind] } else { Vec::new() };
    if !container.is_empty() {
        guest.insert(0, "container");
    }
    let host: Vec<&str> = if hypervisor { vec!["kvm"] } else { Vec::new() };
    put(facts, "virtualization_type", kind);
    put(facts, "virtualization_role", role);
    put(facts, "virtualization_tech_guest", guest);
    put(facts, "virtualization_tech_host", host);
}

fn mounts(facts: &mut Facts, machine: &Machine) {
    const WORDS: [&str; 5] =
        ["--json", "--bytes", "--real", "--output", "SOURCE,TARGET,FSTYPE,OPTIONS,SIZE,AVAIL,UUID"];
    let found: Value = serde_json::from_str(&said(machine, "findmnt", &WORDS)).unwrap_or_default();
    let mut told = BTreeMap::new();
    mounted(&found["filesystems"], &mut told);
    put(facts, "mounts", told.into_values().collect::<Vec<_>>());
}

/// Mounts by where they are: what is mounted over another one comes later in the tree, and counts.
fn mounted(list: &Value, told: &mut BTreeMap<String, Value>) {
    for mount in list.as_array().into_iter().flatten() {
        let source = mount["source"].as_str().unwrap_or_default();
        // Of a part of a file system, it says which behind its name.
        let source = source.split('[').next().unwrap_or_default();
        if let Some(target) = mount["target"].as_str()
            && (source.starts_with('/') || source.contains(":/"))
        {
            let one = json!({
                "device": source,
                "mount": target,
                "fstype": mount["fstype"],
                "options": mount["options"],
                "size_total": mount["size"],
                "size_available": mount["avail"],
                "uuid": mount["uuid"].as_str().unwrap_or("N/A"),
                "dump": 0,
                "passno": 0,
            });
            told.insert(target.to_owned(), one);
        }
        mounted(&mount["children"], told);
    }
}

fn devices(facts: &mut Facts, machine: &Machine) -> Result<(), Fault> {
    let mut told = Map::new();
    for name in machine.names("/sys/block")? {
        let of = |file: &str| text(machine, &format!("/sys/block/{name}/{file}"));
        let or_null = |text: String| if text.is_empty() { Value::Null } else { text.into() };
        let sectors = number(machine, &format!("/sys/block/{name}/size")).unwrap_or(0);
        let holders = machine.names(&format!("/sys/block/{name}/holders"))?;
        let mut partitions = Map::new();
        for part in machine.names(&format!("/sys/block/{name}"))? {
            let base = format!("/sys/block/{name}/{part}");
            let Some(start) = number(machine, &format!("{base}/start")) else { continue };
            let sectors = number(machine, &format!("{base}/size")).unwrap_or(0);
            partitions.insert(
                part,
                json!({
                    "start": start.to_string(), "sectors": sectors, "sectorsize": 512,
                    "size": size(sectors), "holders": machine.names(&format!("{base}/holders"))?,
                }),
            );
        }
        let scheduler = of("queue/scheduler");
        let scheduler = scheduler.split_once('[').and_then(|(_, rest)| rest.split(']').next());
        told.insert(
            name.clone(),
            json!({
                "vendor": or_null(of("device/vendor")),
                "model": or_null(of("device/model")),
                "serial": or_null(of("device/serial")),
                "wwn": or_null(of("device/wwid")),
                "removable": of("removable"),
                "rotational": of("queue/rotational"),
                "scheduler_mode": scheduler.unwrap_or_default(),
                "support_discard": of("queue/discard_granularity"),
                "virtual": i32::from(!machine.path(&format!("/sys/block/{name}/device")).exists()),
                "sectors": sectors,
                "sectorsize": of("queue/logical_block_size"),
                "size": size(sectors),
                "holders": holders,
                "partitions": partitions,
            }),
        );
    }
    put(facts, "devices", told);
    Ok(())
}

/// Sectors of 512 bytes as people read them.
fn size(sectors: i64) -> String {
    const UNITS: [&str; 5] = ["Bytes", "KB", "MB", "GB", "TB"];
    let bytes = u128::try_from(sectors).unwrap_or(0) * 512;
    let mut unit = 0;
    while unit + 1 < UNITS.len() && bytes >> (10 * (unit + 1)) > 0 {
        unit += 1;
    }
    let hundredths = (bytes * 100) >> (10 * unit);
    format!("{}.{:02} {}", hundredths / 100, hundredths % 100, UNITS[unit])
}
