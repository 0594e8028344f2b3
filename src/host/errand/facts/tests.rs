use serde_json::json;

use super::gather;
use crate::host::{
    concern::Host,
    facts::{Facts, Family},
    stage::Stage,
};

const ADDRESSES: &str = r#"[
 {"ifname":"lo","mtu":65536,"link_type":"loopback","address":"00:00:00:00:00:00","flags":["LOOPBACK","UP"],
  "addr_info":[{"family":"inet","local":"127.0.0.1","prefixlen":8,"scope":"host"}]},
 {"ifname":"br-ex","mtu":1450,"link_type":"ether","address":"52:54:00:aa:00:01","flags":["UP"],
  "addr_info":[{"family":"inet","local":"10.1.2.3","prefixlen":20,"broadcast":"10.1.15.255","scope":"global"},
               {"family":"inet","local":"10.1.2.4","prefixlen":32,"scope":"global"},
               {"family":"inet6","local":"fe80::1","prefixlen":64,"scope":"link"}]}]"#;

fn stage() -> Stage {
    let mut stage = Stage::new(&[
        (
            "/etc/os-release",
            "ID=debian\nVERSION=\"12 (bookworm)\"\nPRETTY_NAME=\"Debian GNU/Linux 12\"\n",
        ),
        ("/etc/debian_version", "12.11\n"),
        ("/proc/meminfo", "MemTotal: 2097152 kB\nMemFree: 1048576 kB\nSwapTotal: 0 kB\n"),
        (
            "/proc/cpuinfo",
            "processor : 0\nphysical id : 0\ncore id : 0\n\nprocessor : 1\nphysical id : 0\ncore id : 0\n",
        ),
        ("/proc/cmdline", "root=/dev/vda1 ro\n"),
        ("/etc/resolv.conf", "nameserver 10.0.0.1\nnameserver 10.0.0.2\noptions ndots:2 rotate\n"),
        ("/etc/ansible/facts.d/rack.fact", "{\"row\": 7}"),
        ("/sys/class/net/br-ex/bridge/stp_state", "0\n"),
        ("/sys/class/net/br-ex/brif/eth1", ""),
        ("/sys/class/net/br-ex/operstate", "up\n"),
        ("/sys/block/sda/size", "41943040\n"),
        ("/sys/block/sda/sda1/start", "2048\n"),
        ("/sys/block/sda/sda1/size", "2048\n"),
    ]);
    stage.facts = Facts {
        distribution: "debian".into(),
        release: "12".into(),
        codename: "bookworm".into(),
        family: Family::Debian,
        hostname: "ctl0.example".into(),
        ..Facts::default()
    };
    stage.answer("ip -json address show", ADDRESSES);
    stage.answer(
        "ip -json -4 route show default",
        r#"[{"dst":"default","gateway":"10.1.0.1","dev":"br-ex"}]"#,
    );
    stage.answer("hostname --fqdn", "ctl0.example\n");
    stage
}

#[test]
fn facts_have_ansibles_names_and_shapes() {
    let stage = stage();
    let before = stage.everything();
    let machine = stage.machine();
    let facts = gather(Host { machine: &machine, facts: &stage.facts }).unwrap();
    assert_eq!(stage.everything(), before, "gathering writes");
    let expected = [
        ("distribution", json!("Debian")),
        ("distribution_version", json!("12.11")),
        ("distribution_major_version", json!("12")),
        ("hostname", json!("ctl0")),
        ("nodename", json!("ctl0.example")),
        ("domain", json!("example")),
        ("memtotal_mb", json!(2048)),
        ("processor_vcpus", json!(2)),
        ("processor_cores", json!(1)),
        ("processor_threads_per_core", json!(2)),
        ("cmdline", json!({ "root": "/dev/vda1", "ro": true })),
        ("local", json!({ "rack": { "row": 7 } })),
        (
            "dns",
            json!({ "nameservers": ["10.0.0.1", "10.0.0.2"], "options": { "ndots": "2", "rotate": true } }),
        ),
        ("interfaces", json!(["br-ex", "lo"])),
        ("all_ipv4_addresses", json!(["10.1.2.3", "10.1.2.4"])),
        ("selinux", json!({ "status": "disabled" })),
    ];
    for (name, value) in expected {
        assert_eq!(facts[&format!("ansible_{name}")], value, "{name}");
    }
    let bridge = &facts["ansible_br_ex"];
    assert_eq!(bridge["type"], "bridge");
    assert_eq!(bridge["interfaces"], json!(["eth1"]));
    let address = json!({
        "address": "10.1.2.3", "broadcast": "10.1.15.255", "netmask": "255.255.240.0",
        "network": "10.1.0.0", "prefix": "20",
    });
    assert_eq!(bridge["ipv4"], address);
    assert_eq!(bridge["ipv4_secondaries"][0]["netmask"], "255.255.255.255");
    assert_eq!(facts["ansible_default_ipv4"]["gateway"], "10.1.0.1");
    assert_eq!(facts["ansible_default_ipv4"]["address"], "10.1.2.3");
    assert_eq!(facts["ansible_default_ipv6"], json!({}));
    assert_eq!(facts["ansible_devices"]["sda"]["size"], "20.00 GB");
    assert_eq!(facts["ansible_devices"]["sda"]["partitions"]["sda1"]["size"], "1.00 MB");
}
