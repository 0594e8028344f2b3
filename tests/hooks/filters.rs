//! Kayobe's filters, as hooks see them.

use ymir::model::hook::Side;

use super::site::{INVENTORY, site, with_ansible};

/// What a site may write about networks, and what it means for `bm1`.
const EXPRESSIONS: &[(&str, &str)] = &[
    ("'prov' | net_ip", "'172.22.0.11'"),
    ("'prov' | net_ip('bm2')", "'172.22.0.12'"),
    ("'none' | net_ip", "None"),
    ("'bridge' | net_ip", "None"),
    ("'prov' | net_mask", "'255.255.255.0'"),
    ("'prov' | net_prefix", "'24'"),
    ("'none' | net_mask", "None"),
    ("'prov' | net_cidr", "'172.22.0.0/24'"),
    ("'prov' | net_mtu", "9000"),
    ("'none' | net_mtu", "None"),
    ("'prov' | net_vlan", "42"),
    ("'prov' | net_interface", "'eno1'"),
    ("'prov' | net_interface('bm2')", "'eno2'"),
    ("'prov' | net_attr('gateway')", "'172.22.0.1'"),
    ("'prov' | net_gateway", "'172.22.0.1'"),
    ("'prov' | net_zone", "None"),
    ("'prov' | net_fqdn", "'api.example.org'"),
    ("'prov' | net_inspection_gateway", "None"),
    ("'prov' | net_routes", "[{'cidr': '10.0.0.0/8', 'gateway': '172.22.0.9'}]"),
    ("'prov' | net_libvirt_network_name", "'prov'"),
    ("'bridge' | net_libvirt_network_name", "'lan'"),
    ("'bridge' | net_libvirt_network", "{'name': 'lan', 'mode': 'bridge', 'bridge': 'br0'}"),
    ("'bridge' | net_libvirt_vm_network", "{'network': 'lan', 'net_name': 'bridge'}"),
    ("'prov' | net_physical_interface", "['eno1']"),
    ("'bridge' | net_physical_interface", "['eth0', 'eth1']"),
    ("'bond' | net_physical_interface", "['eth2']"),
    ("('prov' | net_interface_obj).netmask", "'255.255.255.0'"),
    ("('prov' | net_configdrive_network_device).device", "'eno1'"),
    ("(['prov'] | nmstate_config).interfaces | map(attribute='type') | list", "['ethernet']"),
    ("{'manufacturer': 'Dell Inc.'} | bmc_type_from_system_vendor", "'idrac'"),
    ("'bridge' | net_is_bridge", "True"),
    ("'prov' | net_is_ether", "True"),
    ("['prov', 'bridge', 'bond'] | net_select_ethers", "['prov']"),
    ("['prov', 'bridge', 'bond'] | net_select_bridges", "['bridge']"),
    ("['prov', 'bridge', 'bond'] | net_select_bonds", "['bond']"),
    ("['prov', 'bridge', 'bond'] | net_select_vlans", "['prov']"),
    ("['prov', 'bridge', 'bond'] | net_reject_vlans", "['bridge', 'bond']"),
    ("'bridge' | net_bridge_stp", "'true'"),
    ("['prov', 'bridge'] | map('net_interface') | list", "['eno1', 'br0']"),
];

const NETWORKS: &str = "
prov_cidr: 172.22.0.0/24
prov_gateway: '{{ prov_cidr | replace(\"0/24\", \"1\") }}'
prov_mtu: '9000'
prov_vlan: 42
prov_fqdn: api.example.org
prov_routes: [{cidr: 10.0.0.0/8, gateway: 172.22.0.9}]
prov_ips: {bm1: 172.22.0.11, bm2: 172.22.0.12}
bridge_interface: br0
bridge_bridge_ports: [eth0, eth1]
bridge_bridge_stp: true
bridge_libvirt_network_name: lan
bond_bond_slaves: [eth2]
";

#[test]
fn kayobes_filters_mean_what_they_mean() {
    let Some(environment) = with_ansible() else { return };
    let table = EXPRESSIONS.iter().map(|(written, _)| format!("  - \"{{{{ {written} }}}}\"\n"));
    let table = format!("answers:\n{}", table.collect::<String>());
    let site = site(
        environment,
        &[
            INVENTORY,
            ("inventory/host_vars/bm1.yml", "prov_interface: eno1\n"),
            ("inventory/host_vars/bm2.yml", "prov_interface: eno2\n"),
            ("networks.yml", NETWORKS),
            ("answers.yml", &table),
            (
                "hooks/overcloud-provision/pre.d/1.yml",
                "- hosts: bm1\n  gather_facts: false\n  tasks:\n    - ansible.builtin.copy: \
                 {dest: \"{{ lookup('env', 'OUT') }}\", content: \"{{ answers | map('string') | join('\\n') }}\"}\n",
            ),
        ],
    );
    let (outcome, events) = site.run(Side::Pre);
    outcome.unwrap_or_else(|trouble| panic!("{trouble}\n{events:#?}"));
    let out = site.out();
    let answers = out.lines().map(|line| line.replace('\'', ""));
    for ((written, expected), answer) in EXPRESSIONS.iter().zip(answers) {
        assert_eq!(answer, expected.replace('\'', ""), "{written}");
    }
    assert_eq!(out.lines().count(), EXPRESSIONS.len());
}
