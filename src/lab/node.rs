//! The nodes: an empty disk and a domain each. Disks that exist are never touched.

use std::fs;

use camino::{Utf8Path, Utf8PathBuf};
use rustix::process::Signal;
use serde::Serialize;

use super::{
    Bench, Did,
    daemon::{every_pid, gone, signal},
    places, text,
};
use crate::{
    drivers::libvirt::{Ask, Domain},
    model::lab::{Accelerator, Disk, Hardware, Node},
    trouble::{Result, Tell, Trouble},
};

/// What the domain's template may name.
#[derive(Serialize)]
struct Values<'a> {
    kind: &'static str,
    name: &'a str,
    hardware: &'a Hardware,
    bridge: &'a str,
    disk: Utf8PathBuf,
    more_disks: Vec<OtherDisk<'a>>,
    firmware_variables: Utf8PathBuf,
    console: Utf8PathBuf,
}

#[derive(Serialize)]
struct OtherDisk<'a> {
    file: Utf8PathBuf,
    /// What libvirt calls it: `vdb`.
    target: String,
    serial: &'a str,
}

/// Makes sure that the node has its disks and its domain; `known` are the domains that exist.
pub(super) async fn ensure(bench: &Bench<'_>, node: &Node, known: &[Domain]) -> Result<Did> {
    let has_new_disk =
        ensure_disk(&node.name, &bench.places.disk(&node.name), node.hardware.disk_gb)?;
    for disk in &node.hardware.more_disks {
        ensure_disk(&node.name, &bench.places.other_disk(&node.name, &disk.serial), disk.gb)?;
    }
    let xml = domain_xml(bench, node)?;
    // The BMC emulator changes the domain, so it is compared with what was defined last, not with what it is now.
    let defined = bench.places.root.join("run").join(format!("{}.xml", node.name));
    let is_known = known.iter().any(|domain| domain.name == node.name);
    let is_same = fs::read_to_string(&defined).is_ok_and(|text| text == xml);
    if is_known && is_same && !has_new_disk {
        return Ok(Did::Nothing("defined".into()));
    }
    bench.libvirt.change(Ask::Define { xml: xml.clone() }).await.map_err(|trouble| {
        trouble
            .while_trying(format!("{}: defining the virtual machine", node.name))
            .set_by(&node.setting)
            .hint("if its UUID was changed: `ymir lab down` removes the machine with the old one")
    })?;
    places::write(&defined, &xml)?;
    let disk = if has_new_disk { "with an empty disk" } else { "anew, its disk as it was" };
    Ok(Did::Something(format!("defined {disk}")))
}

fn ensure_disk(node: &str, path: &Utf8Path, gb: u32) -> Result<bool> {
    if path.exists() {
        return Ok(false);
    }
    let what = || format!("{node}: creating the disk {path}");
    let new = Utf8PathBuf::from(format!("{path}.new"));
    let file = fs::File::create(&new).or_host(what)?;
    file.set_len(u64::from(gb) << 30).or_host(what)?;
    fs::rename(&new, path).or_host(what)?;
    Ok(true)
}

fn domain_xml(bench: &Bench<'_>, node: &Node) -> Result<String> {
    let values = Values {
        kind: match bench.lab.accelerator.value {
            Accelerator::Tcg => "qemu",
            Accelerator::Kvm => "kvm",
        },
        name: &node.name,
        hardware: &node.hardware,
        bridge: &bench.lab.bridge.value,
        disk: bench.places.disk(&node.name),
        more_disks: other_disks(bench, node),
        firmware_variables: bench.places.pool().join(format!("{}.nvram", node.name)),
        console: bench.places.console(&node.name),
    };
    text::render("domain.xml", include_str!("../../seed/node/domain.xml"), &values)
}

fn other_disks<'a>(bench: &Bench<'_>, node: &'a Node) -> Vec<OtherDisk<'a>> {
    let disk = |(letter, disk): (char, &'a Disk)| OtherDisk {
        file: bench.places.other_disk(&node.name, &disk.serial),
        target: format!("vd{letter}"),
        serial: &disk.serial,
    };
    ('b'..='z').zip(&node.hardware.more_disks).map(disk).collect()
}

/// The processes of running nodes: name and number. Those that are no longer in the configuration count, too.
pub(super) fn processes(bench: &Bench<'_>) -> Vec<(String, i32)> {
    let command_of =
        |pid: i32| Some((pid, fs::read_to_string(format!("/proc/{pid}/cmdline")).ok()?));
    of_pool(&bench.places.pool(), every_pid().filter_map(command_of))
}

/// The processes that are virtual machines with something in the lab's pool, which no other lab has, sorted by name.
fn of_pool(
    pool: &Utf8Path,
    commands: impl IntoIterator<Item = (i32, String)>,
) -> Vec<(String, i32)> {
    let inside = format!("{pool}/");
    // A path begins an argument, or follows the sign or quote that ends what it is for.
    let begins =
        |before: &str| before.chars().next_back().is_none_or(|last| "=\"\0".contains(last));
    let is_ours = |command: &str| {
        let mut places = command.match_indices(&inside);
        is_machine(command) && places.any(|(at, _)| begins(&command[..at]))
    };
    let ours = commands.into_iter().filter(|(_, command)| is_ours(command));
    let mut found: Vec<_> = ours
        .map(|(pid, command)| (name_of(&command).unwrap_or("a node").to_owned(), pid))
        .collect();
    found.sort();
    found
}

fn is_machine(command: &str) -> bool {
    let program = command.split('\0').next().unwrap_or_default();
    Utf8Path::new(program).file_name().is_some_and(|name| name.starts_with("qemu-system-"))
}

/// What libvirt called the machine: `-name guest=bm1,debug-threads=on`.
fn name_of(command: &str) -> Option<&str> {
    let value = command.split('\0').skip_while(|word| *word != "-name").nth(1)?;
    value.split(',').find_map(|part| part.strip_prefix("guest="))
}

/// Switches all nodes off at once, without libvirt's help; says which were on.
pub(super) async fn kill_all(bench: &Bench<'_>) -> Result<Vec<String>> {
    let running = processes(bench);
    for (_, pid) in &running {
        signal(*pid, Signal::KILL);
    }
    gone(|| processes(bench).is_empty()).await;
    if let Some((name, pid)) = processes(bench).first() {
        return Err(Trouble::host(format!("{name}: switching it off"))
            .because(format!("its process {pid} did not end when it was killed")));
    }
    Ok(running.into_iter().map(|(name, _)| name).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::example;

    #[test]
    fn a_node_is_a_uefi_machine_with_one_disk_on_the_bridge() {
        let bench = example::bench(example::lab());
        let xml = domain_xml(&bench, &bench.lab.nodes[0]).unwrap();
        insta::assert_snapshot!(xml, @r"
        <domain type='qemu'>
          <name>bm1</name>
          <uuid>11111111-0000-4000-8000-000000000001</uuid>
          <memory unit='MiB'>3072</memory>
          <vcpu>1</vcpu>
          <os>
            <type arch='x86_64' machine='q35'>hvm</type>
            <loader readonly='yes' type='pflash'>/usr/share/OVMF/OVMF_CODE_4M.fd</loader>
            <nvram template='/usr/share/OVMF/OVMF_VARS_4M.fd'>/lab/pool/bm1.nvram</nvram>
            <boot dev='hd'/>
            <bios useserial='yes'/>
          </os>
          <features><acpi/><apic/></features>
          <cpu mode='maximum'/>
          <clock offset='utc'/>
          <on_poweroff>destroy</on_poweroff>
          <on_reboot>restart</on_reboot>
          <on_crash>destroy</on_crash>
          <devices>
            <emulator>/usr/bin/qemu-system-x86_64</emulator>
            <disk type='file' device='disk'>
              <driver name='qemu' type='raw' cache='unsafe' discard='unmap'/>
              <source file='/lab/pool/bm1.disk'/>
              <target dev='vda' bus='virtio'/>
              <serial>LAB0001</serial>
            </disk>
            <interface type='bridge'>
              <source bridge='ymirbr0'/>
              <mac address='52:54:00:aa:00:01'/>
              <model type='virtio'/>
            </interface>
            <serial type='file'><source path='/lab/log/bm1.console.log' append='on'/><target port='0'/></serial>
            <rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>
            <memballoon model='none'/>
          </devices>
        </domain>
        ");
    }

    #[test]
    fn an_older_machine_has_no_uefi() {
        let bench = example::bench(example::lab());
        let xml = domain_xml(&bench, &bench.lab.nodes[1]).unwrap();
        assert!(!xml.contains("OVMF") && !xml.contains("nvram"), "{xml}");
        assert!(xml.contains("hvm</type>\n    <boot dev='hd'/>"), "{xml}");
    }

    #[test]
    fn further_disks_follow_the_first() {
        let mut bench = example::bench(example::lab());
        let disk = |serial: &str| Disk { gb: 1, serial: serial.into() };
        bench.lab.nodes[0].hardware.more_disks = vec![disk("DATA1"), disk("DATA2")];
        let xml = domain_xml(&bench, &bench.lab.nodes[0]).unwrap();
        let part = |name: &str| xml.split(name).nth(1).unwrap().lines().next().unwrap().to_owned();
        assert_eq!(part("bm1.DATA1.disk"), "'/>");
        let order = ["vda", ">LAB0001<", "vdb", ">DATA1<", "vdc", ">DATA2<"]
            .map(|word| xml.find(word).unwrap());
        assert!(order.is_sorted(), "{xml}");
    }

    #[test]
    fn machines_of_the_lab_are_found_whether_they_are_configured_or_not() {
        let disk =
            |path: &str| format!("-blockdev\0{{\"driver\":\"file\",\"filename\":\"{path}\"}}");
        let qemu = |name: &str, rest: &str| {
            format!("/usr/bin/qemu-system-x86_64\0-name\0guest={name},debug-threads=on\0{rest}\0")
        };
        let table = [
            (qemu("bm1", &disk("/lab/pool/bm1.disk")), Some("bm1")),
            (qemu("renamed", &disk("/lab/pool/removed.disk")), Some("renamed")),
            (qemu("cd", &disk("/lab/pool/boot.iso")), Some("cd")),
            (qemu("plain", "-cdrom\0/lab/pool/boot.iso"), Some("plain")),
            ("/opt/qemu-system-arm\0file=/lab/pool/x.disk".into(), Some("a node")),
            (qemu("foreign", &disk("/other/lab/pool/bm1.disk")), None),
            (qemu("foreign", &disk("/lab/pool2/bm1.disk")), None),
            (format!("less\0{}", disk("/lab/pool/bm1.disk")), None),
            ("tail\0-f\0/lab/pool/qemu-system-x86_64".into(), None),
        ];
        for (at, (command, name)) in table.into_iter().enumerate() {
            let pid = i32::try_from(at).unwrap();
            let expected: Vec<_> = name.map(|name| (name.to_owned(), pid)).into_iter().collect();
            assert_eq!(
                of_pool("/lab/pool".into(), [(pid, command.clone())]),
                expected,
                "{command}"
            );
        }
    }

    #[test]
    fn what_users_wrote_is_escaped_in_xml() {
        let mut bench = example::bench(example::lab());
        bench.lab.bridge.value = "<&'".into();
        let xml = domain_xml(&bench, &bench.lab.nodes[0]).unwrap();
        assert!(xml.contains("<source bridge='&lt;&amp;"), "{xml}");
        assert_eq!(xml.matches('\'').count() % 2, 0, "{xml}");
    }
}
