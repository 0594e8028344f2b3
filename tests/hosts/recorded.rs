//! A host with the files that real Kayobe wrote, which are recorded beside the published configurations: taking it over
//! changes nothing.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{
    machines::{Lab, Machine},
    site::Site,
};

/// What of the recorded files is the machine's own: accounts have other numbers there.
const ASIDE: [&str; 3] = ["etc/passwd", "etc/group", "etc/systemd/network/70-boot.network"];

const CONFIGURE: [&str; 3] = ["overcloud", "host", "configure"];

/// As the host was called and addressed that Kayobe configured.
const HOSTS: &str = "[controllers]\nkn1\n\n[compute]\nkn1\n";
const NETWORKS: &str = "---
admin_oc_net_name: provision_oc_net
provision_oc_net_name: provision_oc_net
oob_oc_net_name: provision_oc_net
internal_net_name: internal_net
public_net_name: internal_net
tunnel_net_name: internal_net
storage_net_name: internal_net
storage_mgmt_net_name: internal_net
external_net_names: [external_net]
provision_oc_net_cidr: 192.168.133.0/24
internal_net_cidr: 192.168.134.0/24
internal_net_vip_address: 192.168.134.2
internal_net_mtu: 1450
external_net_cidr: 192.168.135.0/24
external_net_gateway: 192.168.135.1
external_net_routes:
  - cidr: 10.99.0.0/16
    gateway: 192.168.135.1
";
const ALLOCATION: &str = "---
provision_oc_net_ips: {kn1: 192.168.133.11}
internal_net_ips: {kn1: 192.168.134.11}
external_net_ips: {kn1: 192.168.135.1}
";
const REST: &str = "---
resolv_domain: bench.example
resolv_search: []
resolv_nameservers: [127.0.0.1]
timezone: UTC
chrony_ntp_servers:
  - {server: 192.168.133.254, type: server, options: [{option: iburst}]}
docker_storage_driver: overlay2
";

/// Where the recorded files are; as tests/conformance.rs finds them.
fn recorded() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/conformance");
    let all = std::env::var_os("YMIR_CONFORMANCE").map_or_else(beside, PathBuf::from);
    Some(all.join("hostcfg/overcloud-kn1")).filter(|directory| directory.is_dir())
}

fn site(lab: &Lab, machine: &Machine) -> Site {
    let site = Site::of(lab, "recorded");
    site.write("inventory/hosts", HOSTS);
    let login = format!("---\nansible_host: {}\n", machine.address);
    site.write("inventory/host_vars/kn1/login.yml", &login);
    site.write("networks.yml", NETWORKS);
    site.write("network-allocation.yml", ALLOCATION);
    for file in ["dns.yml", "time.yml"] {
        site.write(file, "---\nnothing: here\n");
    }
    site.write("recorded.yml", REST);
    site
}

pub(crate) fn what_kayobe_left_is_taken_over(lab: &Lab) {
    let Some(recorded) = recorded() else {
        println!("SKIPPED: there are no recorded hosts; YMIR_CONFORMANCE names them");
        return;
    };
    let machine = &lab.machines()[0];
    let site = site(lab, machine);
    // Hosts stand in /etc/hosts by the names that they give themselves.
    machine.exec("hostname kn1 && echo kn1 >/etc/hostname").expect(0);
    // What is no file: packages, accounts, services. Its addresses are others than the machine's.
    site.ymir(&[&CONFIGURE[..], &["--skip-tags", "network"]].concat()).expect(0);
    put(machine, &recorded, Path::new("etc"));
    // As if Ymir had never been there.
    machine.exec("rm -rf /var/lib/ymir/record.json /var/lib/ymir/originals").expect(0);
    let check = ["--check", "--diff", "--detailed-exitcode"];
    site.ymir(&[&CONFIGURE[..], &check].concat()).expect(0);
}

/// Puts the recorded files below a directory on the machine, as Kayobe's roles let them be read.
fn put(machine: &Machine, recorded: &Path, below: &Path) {
    for entry in fs::read_dir(recorded.join(below)).unwrap() {
        let path = below.join(entry.unwrap().file_name());
        let name = path.to_str().unwrap();
        if recorded.join(&path).is_dir() {
            put(machine, recorded, &path);
        } else if !ASIDE.contains(&name) {
            let (access, group) = match name {
                "etc/systemd/journald.conf.d/kayobe.conf" => ("660", "root"),
                "etc/sudoers.d/kolla-ansible-users" => ("640", "root"),
                _ if name.contains("/sudoers.d/") => ("440", "root"),
                _ if name.contains("/systemd/network/") => ("640", "systemd-network"),
                _ => ("644", "root"),
            };
            let directory = format!("/{}", below.display());
            machine.exec(&format!("mkdir -p {directory} && rm -f /{name}")).expect(0);
            machine.write(&format!("/{name}"), &fs::read_to_string(recorded.join(&path)).unwrap());
            machine
                .exec(&format!("chown root:{group} /{name} && chmod {access} /{name}"))
                .expect(0);
        }
    }
}
