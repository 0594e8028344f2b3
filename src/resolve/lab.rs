//! Reads `ymir_lab_*` into the lab's model and refuses what cannot work, before anything is started.

use std::collections::BTreeMap;

use camino::Utf8PathBuf;
use serde_json::Value;

use super::Reader;
use crate::{
    ansible::Variables,
    model::lab::{Endpoint, Hardware, Lab, Leases, Node, Redfish},
    origin::{Setting, Sourced},
    secret::Secret,
    trouble::{Result, Trouble},
};

/// Domain sockets have paths of at most 107 bytes, and libvirt's has 22 below the lab's.
const LONGEST_PATH: usize = 80;

/// The variable that describes the nodes.
const NODES: &str = "ymir_lab_nodes";

/// The lab of the selected environment.
pub fn lab(variables: &Variables) -> Result<Lab> {
    let host = viewpoint(variables);
    let read = Reader::new(variables, &host);
    let password = need::<String>(&read, "ymir_lab_redfish_password")?;
    let lab = Lab {
        path: need(&read, "ymir_lab_path")?,
        bridge: need(&read, "ymir_lab_bridge")?,
        address: need(&read, "ymir_lab_address")?,
        leases: Leases {
            first: need(&read, "ymir_lab_dhcp_first")?,
            last: need(&read, "ymir_lab_dhcp_last")?,
        },
        image_path: need(&read, "ymir_image_path")?,
        image_url: need(&read, "ymir_image_url")?,
        ironic_url: need(&read, "ymir_ironic_url")?,
        redfish: Redfish {
            port: need(&read, "ymir_lab_redfish_port")?,
            user: need(&read, "ymir_lab_redfish_user")?,
            password: Sourced { value: Secret::new(password.value), setting: password.setting },
        },
        packages: need(&read, "ymir_lab_packages")?,
        accelerator: need(&read, "ymir_lab_accelerator")?,
        ramdisk_parameters: need(&read, "ymir_lab_ramdisk_parameters")?,
        nodes: nodes(&read)?,
    };
    check_paths(&lab)?;
    check_network(&lab)?;
    check_nodes(&lab.nodes)?;
    check_ipmi(&lab)?;
    Ok(lab)
}

/// Whose view of the variables counts: the control host's if the inventory has it, else the first host's.
fn viewpoint(variables: &Variables) -> String {
    let hosts = variables.hosts();
    let localhost = hosts.iter().find(|host| *host == "localhost");
    localhost.or(hosts.first()).map_or_else(|| "localhost".into(), Clone::clone)
}

/// A variable that the lab needs. It is the same for all hosts, so a message about its absence names none.
fn need<T: serde::de::DeserializeOwned>(read: &Reader<'_>, name: &str) -> Result<Sourced<T>> {
    let Reader { variables, host } = read;
    if let Some(found) = read.get(name)? {
        return Ok(found);
    }
    let trouble = Trouble::refused(format!("the lab needs `{name}`, which is not set"));
    if let Some(setting) = variables.setting(host, name) {
        return Err(trouble.because("its value is empty").set_by(&setting));
    }
    let near = variables.names_near(host, name).into_iter().next();
    Err(match near {
        Some(near) => trouble.hint(format!("a variable of a similar name is set: `{near}`")),
        None => {
            trouble.hint("select an environment that describes a lab, such as `--environment lab`")
        }
    })
}

fn nodes(read: &Reader<'_>) -> Result<Vec<Node>> {
    let written: Sourced<BTreeMap<String, Value>> = need(read, NODES)?;
    let part = |name: &str| {
        let exact = read.variables.setting_in(read.host, NODES, name);
        exact.unwrap_or_else(|| written.setting.clone())
    };
    let node = |(name, value): (&String, &Value)| match serde_json::from_value::<Hardware>(
        value.clone(),
    ) {
        Ok(hardware) => Ok(Node { name: name.clone(), hardware, setting: part(name) }),
        Err(error) => Err(Trouble::refused(format!("{name}: reading the lab's description of it"))
            .because(error)
            .set_by(&part(name))),
    };
    let nodes: Vec<Node> = written.value.iter().map(node).collect::<Result<_>>()?;
    if nodes.is_empty() {
        return Err(Trouble::refused("the lab has no nodes").set_by(&written.setting));
    }
    Ok(nodes)
}

fn check_paths(lab: &Lab) -> Result<()> {
    let refuse = |path: &Sourced<Utf8PathBuf>, why: &str| {
        Err(Trouble::refused(format!("the lab cannot use {}", path.value))
            .because(why)
            .set_by(&path.setting))
    };
    for path in [&lab.path, &lab.image_path] {
        if !path.value.is_absolute() {
            return refuse(path, "the path is not absolute");
        }
        if path.value.as_str().contains(|c: char| c.is_whitespace() || "\"'\\;,{}$%".contains(c)) {
            return refuse(path, "the programs of the lab cannot read a path with such characters");
        }
    }
    if lab.path.value.as_str().len() > LONGEST_PATH {
        return refuse(
            &lab.path,
            &format!(
                "sockets in it would have too long a path; it may have {LONGEST_PATH} characters"
            ),
        );
    }
    Ok(())
}

fn check_network(lab: &Lab) -> Result<()> {
    let network = lab.address.value;
    for first_or_last in [&lab.leases.first, &lab.leases.last] {
        if !network.contains(&first_or_last.value) || first_or_last.value == network.addr() {
            return Err(Trouble::refused(format!(
                "the lab cannot hand out {}",
                first_or_last.value
            ))
            .because(format!("it is not a free address of the bridge's network {network}"))
            .set_by(&first_or_last.setting)
            .set_by(&lab.address.setting));
        }
    }
    for url in [&lab.image_url, &lab.ironic_url] {
        if url.value.address != network.addr() {
            return Err(Trouble::refused(format!("the lab cannot serve {}", url.value))
                .because(format!(
                    "it serves on the address of its bridge only, which is {}",
                    network.addr()
                ))
                .set_by(&url.setting)
                .set_by(&lab.address.setting));
        }
    }
    let redfish = Sourced { value: lab.redfish_url(), setting: lab.redfish.port.setting.clone() };
    let mut taken: BTreeMap<u16, &Setting> = BTreeMap::new();
    for Sourced { value: Endpoint { port, .. }, setting } in
        [&lab.image_url, &lab.ironic_url, &redfish]
    {
        if let Some(other) = taken.insert(*port, setting) {
            return Err(Trouble::refused(format!("two services of the lab want port {port}"))
                .set_by(other)
                .set_by(setting));
        }
    }
    Ok(())
}

fn check_nodes(nodes: &[Node]) -> Result<()> {
    for node in nodes {
        if let Some(why) = fault_of(node) {
            return Err(Trouble::refused(format!("{}: {why}", node.name)).set_by(&node.setting));
        }
    }
    let mut taken: BTreeMap<String, &Node> = BTreeMap::new();
    for node in nodes {
        let Hardware { uuid, mac, ipmi_port, .. } = &node.hardware;
        let port = ipmi_port.map(|port| port.to_string());
        let ids = [("UUID", uuid), ("MAC address", mac)];
        let serials = node.hardware.serials().map(|serial| ("disk serial number", serial));
        let ports = port.iter().map(|port| ("IPMI port", port));
        for (what, id) in ids.into_iter().chain(serials).chain(ports) {
            let key = format!("{what} {}", id.to_lowercase());
            let Some(other) = taken.insert(key, node) else { continue };
            return Err(Trouble::refused(format!(
                "{} and {} have the same {what} {id}",
                other.name, node.name
            ))
            .set_by(&other.setting)
            .set_by(&node.setting));
        }
    }
    Ok(())
}

/// Passwords of IPMI have at most 20 bytes.
const LONGEST_IPMI_PASSWORD: usize = 20;

fn check_ipmi(lab: &Lab) -> Result<()> {
    let password = &lab.redfish.password;
    match lab.ipmi_nodes().next() {
        Some((node, _)) if password.value.reveal().len() > LONGEST_IPMI_PASSWORD => {
            Err(Trouble::refused(format!("{}: its BMC cannot have this password", node.name))
                .because(format!(
                    "a password of IPMI has at most {LONGEST_IPMI_PASSWORD} characters"
                ))
                .set_by(&password.setting))
        }
        _ => Ok(()),
    }
}

/// What is wrong with one node's description.
fn fault_of(node: &Node) -> Option<String> {
    let Hardware { uuid, mac, memory_mb, disk_gb, more_disks, .. } = &node.hardware;
    let plain = |text: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
    };
    let hex = |text: &str, length: usize| {
        text.len() == length && text.chars().all(|c| c.is_ascii_hexdigit())
    };
    let lengths = |text: &str, separator: char, wanted: &[usize]| {
        let parts: Vec<&str> = text.split(separator).collect();
        parts.len() == wanted.len()
            && parts.iter().zip(wanted).all(|(part, length)| hex(part, *length))
    };
    if !plain(&node.name) {
        return Some("a node's name has letters, digits, `-`, `_` and `.` only".into());
    }
    if !lengths(uuid, '-', &[8, 4, 4, 4, 12]) {
        return Some(format!("`{uuid}` is not a UUID"));
    }
    if !lengths(mac, ':', &[2; 6]) {
        return Some(format!("`{mac}` is not a MAC address"));
    }
    let is_serial = |text: &str| plain(text) && text.len() <= 20;
    if let Some(serial) = node.hardware.serials().find(|serial| !is_serial(serial)) {
        return Some(format!(
            "`{serial}` is not a disk serial number of at most 20 letters and digits"
        ));
    }
    if *memory_mb < 512 || *disk_gb < 1 || more_disks.iter().any(|disk| disk.gb < 1) {
        return Some("a node needs at least 512 MB of memory and 1 GB of disk".into());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::lab::{Disk, Firmware},
        origin::Origin,
    };

    fn node(name: &str, change: impl Fn(&mut Hardware)) -> Node {
        let number = name.trim_start_matches("bm");
        let mut hardware = Hardware {
            uuid: format!("11111111-0000-4000-8000-00000000000{number}"),
            mac: format!("52:54:00:aa:00:0{number}"),
            memory_mb: 3072,
            disk_gb: 8,
            disk_serial: format!("LAB000{number}"),
            more_disks: Vec::new(),
            firmware: Firmware::Uefi,
            ipmi_port: None,
        };
        change(&mut hardware);
        let origin = Origin { file: "lab.yml".into(), line: 3, column: 5 };
        Node { name: name.into(), hardware, setting: Setting { variable: NODES.into(), origin } }
    }

    fn disks(serial: &str) -> Vec<Disk> {
        vec![Disk { gb: 1, serial: serial.into() }]
    }

    #[test]
    fn nodes_that_cannot_be_are_refused() {
        let table: &[(&str, Vec<Node>)] = &[
            ("", vec![node("bm1", |_| {}), node("bm2", |_| {})]),
            ("bm1: `x` is not a UUID", vec![node("bm1", |it| it.uuid = "x".into())]),
            ("bm1: `52:54` is not a MAC address", vec![node("bm1", |it| it.mac = "52:54".into())]),
            (
                "bm1: a node needs at least 512 MB of memory and 1 GB of disk",
                vec![node("bm1", |it| it.disk_gb = 0)],
            ),
            (
                "bm1 and bm2 have the same MAC address 52:54:00:AA:00:01",
                vec![node("bm1", |_| {}), node("bm2", |it| it.mac = "52:54:00:AA:00:01".into())],
            ),
            (
                "bm1 and bm2 have the same disk serial number lab0001",
                vec![node("bm1", |_| {}), node("bm2", |it| it.more_disks = disks("lab0001"))],
            ),
            (
                "bm1: `a b` is not a disk serial number of at most 20 letters and digits",
                vec![node("bm1", |it| it.more_disks = disks("a b"))],
            ),
            (
                "bm1 and bm2 have the same IPMI port 6230",
                vec![
                    node("bm1", |it| it.ipmi_port = Some(6230)),
                    node("bm2", |it| it.ipmi_port = Some(6230)),
                ],
            ),
        ];
        for (wanted, nodes) in table {
            let said =
                check_nodes(nodes).map_or_else(|trouble| trouble.what.clone(), |()| String::new());
            assert_eq!(said, *wanted);
        }
    }

    #[test]
    fn an_endpoint_is_an_address_and_a_port() {
        let endpoint = |text: &str| Endpoint::try_from(text.to_owned()).map(|it| it.to_string());
        assert_eq!(endpoint("http://172.22.0.1:8080/"), Ok("http://172.22.0.1:8080".into()));
        for wrong in [
            "https://172.22.0.1:8080",
            "http://seed:8080",
            "http://172.22.0.1",
            "http://172.22.0.1:80/x",
        ] {
            assert!(endpoint(wrong).is_err(), "{wrong}");
        }
    }
}
