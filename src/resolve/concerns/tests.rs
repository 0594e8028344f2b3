//! What sites say of containers and machines, read from small sites on the disk.

use std::{fs, sync::Arc};

use camino::Utf8PathBuf;
use serde_json::{Value, json};

use super::*;
use crate::{
    ansible::{Load, world::Machine},
    secret::{SecretRef, Secrets},
    settings::Environment,
};

#[path = "luks_tests.rs"]
mod luks;

const GROUPS: &str = include_str!("../../../environments/common/inventory/groups");

/// A site with one host of a group.
struct OneHost {
    directory: tempfile::TempDir,
}

impl OneHost {
    fn new(group: &str, files: &[(&str, &str)]) -> Self {
        let site = Self { directory: tempfile::tempdir().unwrap() };
        let hosts = format!("[{group}]\nh1\n");
        let networks = "provision_oc_net_cidr: 10.0.0.0/24\nprovision_oc_net_ips:\n  h1: 10.0.0.7\n\
                        internal_net_name: provision_oc_net\n";
        let given =
            [("inventory/groups", GROUPS), ("inventory/hosts", &hosts), ("networks.yml", networks)];
        for (path, text) in given.iter().chain(files) {
            let path = site.directory.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        site
    }

    fn path(&self) -> Utf8PathBuf {
        Utf8PathBuf::from_path_buf(self.directory.path().to_owned()).unwrap()
    }

    fn variables(&self) -> Variables {
        let load = Load { config_path: self.path(), ..Load::default() };
        let path = ("KAYOBE_CONFIG_PATH".to_owned(), self.path().into_string());
        let environment = Environment([path].into());
        Variables::load(&load, Arc::new(Machine::new(environment))).unwrap()
    }

    /// The concerns of a tag as they go to the host.
    fn read(&self, class: Class, tag: &str) -> Result<Vec<Value>> {
        let variables = self.variables();
        let reader = Reader::new(&variables, "h1");
        let tags = Tags { only: vec![tag.into()], without: Vec::new() };
        let found = concerns(&reader, class, &tags)?;
        Ok(found.iter().map(|concern| serde_json::to_value(concern).unwrap()).collect())
    }

    fn one(&self, class: Class, tag: &str) -> Value {
        let mut found = self.read(class, tag).unwrap();
        assert_eq!(found.len(), 1, "{found:?}");
        found.remove(0)
    }

    fn refused(&self, class: Class, tag: &str) -> String {
        self.read(class, tag).unwrap_err().to_string()
    }
}

#[test]
fn docker_is_what_its_variables_say() {
    let site = OneHost::new("controllers", &[]);
    let docker = &site.one(Class::Overcloud, "docker")["engine"];
    assert_eq!(docker["package"]["debian"], "docker-ce");
    assert_eq!(docker["repository"]["red_hat"], "https://download.docker.com/linux/centos");
    let text = "docker_custom_config: {features: {x: true}}\ndocker_daemon_debug: true\n\
                docker_apt_package_pin: '5:28.*'\ndocker_yum_package_pin: 28.0.0\n\
                docker_disable_default_iptables_rules: false\ndocker_ulimit_nofile: true\n";
    let site = OneHost::new("controllers", &[("docker.yml", text)]);
    let docker = &site.one(Class::Overcloud, "docker")["engine"];
    let package = json!({
        "debian": "docker-ce", "debian_pin": "5:28.*", "red_hat": "docker-ce", "red_hat_pin": "28.0.0", "iptables": true
    });
    assert_eq!(docker["package"], package);
    assert_eq!(docker["config"]["features"], json!({"x": true}));
    // The site's own takes the place of what Kayobe puts there.
    assert_eq!(docker["config"].get("debug"), None);
    assert_eq!(docker["ulimit"]["on"], true);
}

#[test]
fn podman_has_the_roles_sections_and_the_sites() {
    let text = "container_engine: podman\npodman_registry: 10.0.0.2:4000\npodman_registry_insecure: true\n\
                podman_custom_config:\n  containers: {log_driver: journald, ulimits: ['nofile=1:2']}\n";
    let site = OneHost::new("controllers", &[("podman.yml", text)]);
    let found = site.read(Class::Overcloud, "container-engine").unwrap();
    assert_eq!(found[0], json!({"concern": "docker"}), "Docker is not asked for any more");
    let engine = &found[1]["engine"];
    assert_eq!(engine["registry"], json!({"name": "10.0.0.2:4000", "insecure": true}));
    let sections = json!([
        ["engine", [["events_logger", "\"file\""], ["healthcheck_events", "false"]]],
        [
            "containers",
            [
                ["log_size_max", "52428800"],
                ["log_driver", "\"journald\""],
                ["ulimits", "[\"nofile=1:2\"]"],
            ]
        ],
    ]);
    assert_eq!(engine["sections"], sections);
}

#[test]
fn a_registry_with_all_that_secures_it() {
    let key = "PRIVATE KEY of the registry\n";
    let text = "docker_registry_enabled: true\ndocker_registry_enable_tls: true\n\
                docker_registry_cert_path: '{{ kayobe_config_path }}/cert.pem'\n\
                docker_registry_key_path: '{{ kayobe_config_path }}/key.pem'\n\
                docker_registry_env: {REGISTRY_STORAGE_DELETE_ENABLED: 'true'}\n";
    let files = [("docker-registry.yml", text), ("cert.pem", "cert\n"), ("key.pem", key)];
    let site = OneHost::new("seed", &files);
    let registry = site.one(Class::Seed, "docker-registry");
    let container = &registry["container"];
    assert_eq!(container["image"], "docker.io/library/registry:latest");
    assert_eq!(container["network"], "host");
    let env = json!({
        "REGISTRY_HTTP_ADDR": "0.0.0.0:4000",
        "REGISTRY_HTTP_TLS_CERTIFICATE": "/opt/kayobe/etc/docker-registry/cert.pem",
        "REGISTRY_HTTP_TLS_KEY": "/opt/kayobe/etc/docker-registry/key.pem",
        "REGISTRY_STORAGE_DELETE_ENABLED": "true",
    });
    assert_eq!(container["env"], env);
    assert!(!registry.to_string().contains("PRIVATE KEY"), "the plan holds the key: {registry}");
    let sealed: Sealed = serde_json::from_value(container["files"]["key.pem"].clone()).unwrap();
    let Sealed::Sealed(Place { host, variable, path, holder }) = sealed else {
        panic!("it is open")
    };
    let found = site.variables().find(&SecretRef { host, variable, path, holder }).unwrap();
    assert_eq!(found.reveal(), key);
}

#[test]
fn a_registry_without_its_key_is_refused() {
    let text = "docker_registry_enabled: true\ndocker_registry_enable_basic_auth: true\n\
                docker_registry_basic_auth_htpasswd_path: /nowhere/htpasswd\n";
    let site = OneHost::new("seed", &[("docker-registry.yml", text)]);
    let said = site.refused(Class::Seed, "docker-registry");
    assert!(said.contains("/nowhere/htpasswd"), "{said}");
    let none = OneHost::new("seed", &[]).one(Class::Seed, "docker-registry");
    assert_eq!(none, json!({"concern": "docker-registry", "engine": "docker"}));
}

#[test]
fn a_compute_host_listens_for_the_others() {
    let text = "compute_libvirt_enabled: true\ncompute_libvirt_sasl_password: secret\n\
                compute_libvirt_conf_extra: {max_clients: 99}\n";
    let site = OneHost::new("compute", &[("compute.yml", text)]);
    let found = site.one(Class::Overcloud, "libvirt-host");
    let libvirt = &found["libvirt"];
    assert_eq!(libvirt["tcp"], json!({"address": "10.0.0.7:16509"}));
    assert_eq!(libvirt.get("tls"), None);
    assert_eq!(libvirt["login"]["mechanisms"], json!(["DIGEST-MD5"]));
    let options = libvirt["libvirtd"].as_array().unwrap();
    assert!(options.contains(&json!(["auth_tcp", "\"sasl\""])), "{options:?}");
    assert!(options.contains(&json!(["max_clients", "99"])), "{options:?}");
    assert!(!found.to_string().contains("secret"), "the plan holds the password: {found}");
}

#[test]
fn certificates_of_the_host_come_before_those_of_all() {
    let text = "compute_libvirt_enabled: true\ncompute_libvirt_enable_sasl: false\n\
                compute_libvirt_enable_tls: true\n";
    let all = ["servercert", "serverkey", "clientcert", "clientkey"]
        .map(|name| (format!("certificates/libvirt/{name}.pem"), "of all"));
    let mut files: Vec<_> = all.iter().map(|(path, text)| (path.as_str(), *text)).collect();
    files.push(("compute.yml", text));
    let site = OneHost::new("compute", &files);
    let said = site.refused(Class::Overcloud, "libvirt-host");
    assert!(said.contains("finding libvirt's cacert.pem"), "{said}");
    files.push(("certificates/libvirt/cacert.pem", "of all"));
    files.push(("certificates/libvirt/h1/serverkey.pem", "of h1"));
    let found = OneHost::new("compute", &files).one(Class::Overcloud, "libvirt-host");
    let certificates = &found["libvirt"]["certificates"];
    let key = certificates["/etc/pki/libvirt/private/serverkey.pem"].to_string();
    assert!(key.contains("certificates/libvirt/h1/serverkey.pem"), "{key}");
    let authority = certificates["/etc/pki/CA/cacert.pem"].to_string();
    assert!(authority.contains("/certificates/libvirt/cacert.pem"), "{authority}");
    assert_eq!(found["libvirt"]["tls"], json!({"address": "10.0.0.7:16514"}));
}

#[test]
fn the_seeds_hypervisor_has_a_pool_and_its_bridges() {
    let text = "seed_hypervisor_libvirt_networks:\n  - {name: provision, mode: bridge, bridge: br0}\n  \
                - {name: inner, mode: nat, bridge: virbr9, ip: 10.9.0.1, netmask: 255.255.255.0}\n";
    let site = OneHost::new("seed-hypervisor", &[("seed-hypervisor.yml", text)]);
    let libvirt = site.one(Class::SeedHypervisor, "libvirt-host")["libvirt"].clone();
    let pool = json!({"name": "default", "kind": "dir", "path": "/var/lib/libvirt/images"});
    assert_eq!(libvirt["pools"], json!([pool]));
    let xml = libvirt["networks"][0]["xml"].as_str().unwrap();
    assert_eq!(
        xml,
        "<network>\n  <name>provision</name>\n  <forward mode='bridge'/>\n  <bridge name='br0'/>\n</network>\n"
    );
    let inner = libvirt["networks"][1]["xml"].as_str().unwrap();
    assert!(inner.contains("<ip address='10.9.0.1' netmask='255.255.255.0'>"), "{inner}");
    let text = "seed_hypervisor_libvirt_pools: [{name: images, type: rbd, source: pool}]\n";
    let site = OneHost::new("seed-hypervisor", &[("seed-hypervisor.yml", text)]);
    let said = site.refused(Class::SeedHypervisor, "libvirt-host");
    assert!(said.contains("the pool images"), "{said}");
}

#[test]
fn gpus_of_the_group_and_nobody_elses() {
    let definitions = "vgpu_definitions:\n  - pci_address: '0000:17:00.0'\n    \
                       virtual_functions: [{mdev_type: nvidia-700, index: 0}]\n    \
                       mig_devices: {1g.10gb: 1}\n";
    let driver = "vgpu_driver_url: http://seed/driver.zip\n";
    let files = [("inventory/group_vars/all/vgpu", definitions), ("vgpu.yml", driver)];
    let site = OneHost::new("compute-vgpu", &files);
    let found = site.read(Class::Overcloud, "vgpu").unwrap();
    let names: Vec<_> = found.iter().map(|concern| concern["concern"].clone()).collect();
    assert_eq!(names, ["iommu", "vgpu"]);
    assert_eq!(found[0], json!({"concern": "iommu", "on": true, "passthrough": true}));
    let gpu = json!({
        "address": "0000:17:00.0",
        "functions": [{"index": 0, "kind": "nvidia-700"}],
        "mig": {"1g.10gb": 1},
    });
    assert_eq!(found[1]["gpus"], json!([gpu]));
    assert_eq!(found[1]["driver"]["url"], "http://seed/driver.zip");
    let site = OneHost::new("compute", &files);
    let found = site.read(Class::Overcloud, "vgpu").unwrap();
    assert_eq!((&found[0]["on"], &found[1]["gpus"]), (&json!(false), &json!([])));
    let local = [files[0], ("vgpu.yml", "vgpu_driver_url: file:///driver.zip\n")];
    let said = OneHost::new("compute-vgpu", &local).refused(Class::Overcloud, "vgpu");
    assert!(said.contains("installing NVIDIA's driver"), "{said}");
}

#[test]
fn a_reboot_for_selinux_is_waited_for_as_long_as_the_site_says() {
    for (text, seconds) in [("", 600), ("selinux_reboot_timeout: 90\n", 90)] {
        let text = format!("selinux_do_reboot: true\n{text}");
        let site = OneHost::new("controllers", &[("selinux.yml", &text)]);
        let state = site.one(Class::Overcloud, "selinux");
        assert_eq!(state["patience"], seconds);
        let concern: Concern = serde_json::from_value(state).unwrap();
        assert_eq!(concern.away(), Some(seconds));
    }
    let site = OneHost::new("controllers", &[("selinux.yml", "selinux_reboot_timeout: soon\n")]);
    assert!(
        site.refused(Class::Overcloud, "selinux").contains("`selinux_reboot_timeout` is `soon`")
    );
}

#[test]
fn resolved_is_told_the_servers_of_resolv_conf() {
    let text = "network_interfaces: []\nos_distribution: ubuntu\nresolv_nameservers: [10.0.0.2, 10.0.0.3]\nresolv_search: [a.example, b.example]\n";
    let site = OneHost::new("controllers", &[("dns.yml", text)]);
    let network = site.read(Class::Overcloud, "network").unwrap().remove(0);
    let expected =
        "# Ansible managed\n\n[Resolve]\nDNS=10.0.0.2 10.0.0.3\nDomains=a.example b.example\n";
    assert_eq!(network["resolved"], expected);
}

#[test]
fn the_narrowest_percentage_counts() {
    let text = "kayobe_max_fail_percentage: 50\nnetwork_max_fail_percentage: 0\n\
                container_engine_max_fail_percentage: '100'\n";
    let site = OneHost::new("controllers", &[("kayobe.yml", text)]);
    let found =
        crate::resolve::tolerance::tolerated(&site.variables(), Class::Overcloud, None).unwrap();
    let of = |topic: &str| found.get(topic).copied();
    assert_eq!(of("network"), Some(0.0));
    assert_eq!(of("ntp"), Some(50.0));
    assert_eq!(of("docker"), None);
}

#[test]
fn nmstate_is_given_what_kayobes_filter_makes() {
    let networks = "provision_oc_net_cidr: 10.0.0.0/24\nprovision_oc_net_gateway: 10.0.0.1\n\
                    provision_oc_net_ips:\n  h1: 10.0.0.7\nprovision_oc_net_interface: br0\n\
                    provision_oc_net_bridge_ports: [eth0]\nprovision_oc_net_zone: internal\n";
    let site = |more: &str| {
        let engine = format!(
            "os_distribution: rocky\nos_release: \"10\"\nnetwork_engine: nmstate\n\
             network_interfaces: [provision_oc_net]\n{more}"
        );
        let site = OneHost::new("controllers", &[("networks.yml", networks), ("zz.yml", &engine)]);
        site.read(Class::Overcloud, "network").unwrap().remove(0)
    };
    let network = site("firewalld_enabled: true\n");
    assert_eq!(network["engine"], "nmstate");
    assert_eq!(
        network["document"],
        json!({
            "interfaces": [
                {"name": "eth0", "state": "up", "type": "ethernet"},
                {"name": "br0", "state": "up", "type": "linux-bridge",
                 "bridge": {"port": [{"name": "eth0"}], "options": {"stp": {"enabled": false}}},
                 "ipv4": {"enabled": true, "dhcp": false,
                          "address": [{"ip": "10.0.0.7", "prefix-length": 24}]}},
            ],
            "routes": {"config": [{"destination": "0.0.0.0/0", "next-hop-address": "10.0.0.1",
                                   "next-hop-interface": "br0"}]},
            "route-rules": {"config": []},
        })
    );
    assert_eq!(network["packages"], json!(["nmstate", "python3-libnmstate"]));
    assert_eq!(network["zones"], json!([{"interface": "br0", "zone": "internal"}]));
    let network = site("network_nmstate_install_packages: false\n");
    assert_eq!((&network["packages"], &network["zones"]), (&json!([]), &Value::Null));
}

#[test]
fn hosts_have_the_names_that_they_go_by() {
    let ips = "provision_oc_net_cidr: 10.0.0.0/24\ninternal_net_name: provision_oc_net\nprovision_oc_net_ips:\n  \
               h1: 10.0.0.7\n  h2.example: 10.0.0.8\n  h3: 10.0.0.9\n";
    let custom = "custom_etc_hosts_entries: {b.example: 192.0.2.2, a.example: 192.0.2.1}\n";
    let files = [
        ("inventory/hosts", "[controllers]\nh1\nh2.example\nh3\n"),
        ("inventory/host_vars/h3.yml", "ansible_nodename: third.example\n"),
        ("networks.yml", ips),
        ("extra.yml", custom),
    ];
    let found = OneHost::new("controllers", &files).one(Class::Overcloud, "etc-hosts");
    let hosts = json!([
        {"address": "10.0.0.7", "names": []},
        {"address": "10.0.0.8", "names": ["h2.example", "h2"]},
        {"address": "10.0.0.9", "names": ["third.example", "third"]},
    ]);
    assert_eq!((&found["is_listed"], &found["hosts"]), (&json!(true), &hosts));
    let custom = json!([
        {"address": "192.0.2.2", "names": ["b.example"]},
        {"address": "192.0.2.1", "names": ["a.example"]},
    ]);
    assert_eq!(found["custom"], custom);

    let named = "kayobe_customize_hostnames: true\nkayobe_custom_hostname: \"n-{{ inventory_hostname }}\"\n";
    let files = [files[0], files[2], ("extra.yml", named)];
    let found = OneHost::new("controllers", &files).one(Class::Overcloud, "etc-hosts");
    assert_eq!(found["name"], "n-h1");
    assert_eq!(found["hosts"][1]["names"], json!(["n-h2.example"]));
}

/// A step without anything in it takes away what an earlier one put on the host.
#[test]
fn what_is_switched_off_is_told_to_the_host() {
    let site = OneHost::new("controllers", &[("kolla.yml", "kolla_ansible_create_user: false\n")]);
    let table = [
        ("disable-cloud-init", json!({"is_wanted": false})),
        ("kolla-ansible-user", json!({})),
        ("swift-block-devices", json!({"disks": []})),
    ];
    for (tag, expected) in table {
        let mut found = site.one(Class::Overcloud, tag);
        found.as_object_mut().unwrap().remove("concern");
        assert_eq!(found, expected, "{tag}");
    }
    let site = OneHost::new("seed", &[]);
    assert_eq!(site.one(Class::Seed, "ip-routing"), json!({"concern": "ip-routing"}));
    assert_eq!(site.one(Class::Seed, "snat"), json!({"concern": "snat", "rules": []}));
}

#[test]
fn users_have_all_that_the_role_knows() {
    let text = "users_default:\n  - {username: ada, generate_ssh_key: true}\n  - {username: bob}\n\
                users_deleted:\n  - {username: eve, remove: yes, force: yes}\n  - {username: mallory}\n\
                authorized_keys_file: .keys\n";
    let site = OneHost::new("controllers", &[("users.yml", text)]);
    let users = site.one(Class::Overcloud, "users");
    assert_eq!(
        (&users["users"][0]["key_pair"], &users["users"][1]["key_pair"]),
        (&json!(true), &json!(false))
    );
    let deleted = json!([
        {"name": "eve", "with_home": true, "force": true},
        {"name": "mallory", "with_home": false, "force": false},
    ]);
    assert_eq!((&users["deleted"], &users["keys_file"]), (&deleted, &json!(".keys")));
}
