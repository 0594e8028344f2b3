//! Networks, and the addresses on them.

use super::*;

#[test]
fn addresses_must_fit_their_network() {
    let networks = "provision_oc_net_cidr: 10.0.0.0/24\n\
                    provision_oc_net_gateway: 10.0.1.1\n\
                    provision_oc_net_interface: eth0\n\
                    provision_oc_net_allocation_pool_start: 10.0.0.10\n\
                    provision_oc_net_allocation_pool_end: 10.0.0.20\n\
                    provision_oc_net_inspection_allocation_pool_start: 10.0.0.15\n\
                    provision_oc_net_inspection_allocation_pool_end: 10.0.0.30\n\
                    provision_oc_net_neutron_allocation_pool_start: 10.0.0.50\n\
                    provision_oc_net_neutron_allocation_pool_end: 10.0.0.40\n";
    let kept = "provision_oc_net_ips:\n  ctl1: 10.0.0.10\n  cmp1: 10.0.0.10\n  gone: 10.9.0.1\n\
                old_net_ips:\n  ctl1: 10.3.0.1\n";
    let files = [("networks.yml", networks), ("network-allocation.yml", kept)];
    insta::assert_snapshot!(notes(&files), @"
    error duplicate-address network-allocation.yml:3:9: ctl1 and cmp1 have the same address 10.0.0.10 on `provision_oc_net`
    hint unknown-host network-allocation.yml:4:3: addresses on `provision_oc_net` are kept for hosts that the inventory does not have: gone
    error address-outside-network network-allocation.yml:4:9: the address 10.9.0.1 of gone is outside 10.0.0.0/24, the range of `provision_oc_net`
    warning unknown-network network-allocation.yml:5:1: nothing else names a network `old_net`
    error gateway-outside-network networks.yml:2:27: the gateway 10.0.1.1 is outside 10.0.0.0/24, the range of `provision_oc_net`
    error pools-overlap networks.yml:6:52: hosts and inspection are given the same addresses
    error pool-reversed networks.yml:9:47: the addresses for Neutron begin at 10.0.0.50 and end before that, at 10.0.0.40
    ");
}

#[test]
fn networks_that_hosts_are_connected_to_must_be_described() {
    let text = "network_interfaces: [provision_oc_net, storge_net, storage_net]\n";
    let networks = "storage_net_cidr: 10.2.0.0/24\n";
    let files = [("overcloud.yml", text), ("storage.yml", networks)];
    insta::assert_snapshot!(notes(&files), @"
    warning no-interface overcloud.yml:1:21: `network_interfaces` connects to the network `storage_net`, and `storage_net_interface` is not set
    warning unknown-network overcloud.yml:1:21: `network_interfaces` connects to the network `storge_net`, of which nothing is set: no `storge_net_interface`, no `storge_net_cidr`
    ");
}

#[test]
fn entrances_that_cannot_be() {
    let network = "internal_net_name: provision_oc_net\npublic_net_name: provision_oc_net\n";
    let with = |text: &str| notes(&[("vips.yml", &format!("{network}{text}"))]);
    insta::assert_snapshot!(with("kolla_internal_vip_address: 10.1.0.5\nkolla_external_vip_address: 10.0.0.11\n"), @"
    warning vip-outside-network vips.yml:3:29: the address 10.1.0.5 of the internal APIs is outside 10.0.0.0/24, the range of `provision_oc_net`
    error vip-of-host vips.yml:4:29: the address 10.0.0.11 of the public APIs is that of cmp1
    ");
    insta::assert_snapshot!(with("provision_oc_net_vip_address: 10.0.0.10\nprovision_oc_net_fqdn: my_cloud\n"), @"
    error vip-of-host vips.yml:3:31: the address 10.0.0.10 of the internal and public APIs is that of ctl1
    error fqdn vips.yml:4:24: `my_cloud` is no name for the internal and public APIs: only letters, digits, dashes and dots may stand in it
    ");
    insta::assert_snapshot!(with("provision_oc_net_vip_address: 10.0.0.10\n"), @"error vip-of-host vips.yml:3:31: the address 10.0.0.10 of the internal and public APIs is that of ctl1");
    insta::assert_snapshot!(with("kolla_internal_fqdn: https://cloud.example.com\n"), @"error fqdn vips.yml:3:22: `https://cloud.example.com` is no name for the internal APIs: it is a URL");
    let fine = "kolla_internal_vip_address: 10.0.0.30\nkolla_internal_fqdn: cloud.example.com\n";
    assert_eq!(with(fine), "");
    let single = "kolla_internal_vip_address: 10.0.0.11\nkolla_enable_haproxy: 'no'\n";
    assert_eq!(with(single), "");
}

#[test]
fn addresses_that_are_taken_or_that_nobody_can_have() {
    let pools = "provision_oc_net_neutron_allocation_pool_start: 10.0.0.100\n\
                 provision_oc_net_neutron_allocation_pool_end: 10.0.0.255\n";
    let kept =
        |ctl1: &str, cmp1: &str| format!("provision_oc_net_ips:\n  ctl1: {ctl1}\n  cmp1: {cmp1}\n");
    let with = |text: &str, ctl1: &str, cmp1: &str| {
        let (text, kept) = (format!("{pools}{text}"), kept(ctl1, cmp1));
        notes(&[("pools.yml", &text), ("network-allocation.yml", &kept)])
    };
    insta::assert_snapshot!(with("", "10.0.0.0", "10.0.0.255"), @"
    error reserved-address network-allocation.yml:2:9: the address 10.0.0.0 of ctl1 is the network address of 10.0.0.0/24, which no host can have
    error reserved-address network-allocation.yml:3:9: the address 10.0.0.255 of cmp1 is the broadcast address of 10.0.0.0/24, which no host can have
    warning address-in-pool network-allocation.yml:3:9: the address 10.0.0.255 of cmp1 is among those for Neutron, 10.0.0.100 to 10.0.0.255
    error reserved-address pools.yml:2:47: the last address 10.0.0.255 for Neutron is the broadcast address of 10.0.0.0/24, which no host can have
    ");
    let gateways = "provision_oc_net_inspection_gateway: 10.0.0.15\n\
                    provision_oc_net_neutron_gateway: 10.0.0.150\n";
    insta::assert_snapshot!(with(gateways, "10.0.0.1", "10.0.0.11"), @"
    warning gateway-of-host networks.yml:2:27: the gateway 10.0.0.1 of `provision_oc_net` is ctl1
    error reserved-address pools.yml:2:47: the last address 10.0.0.255 for Neutron is the broadcast address of 10.0.0.0/24, which no host can have
    error gateway-in-pool pools.yml:3:38: the gateway 10.0.0.15 is among those for hosts, 10.0.0.10 to 10.0.0.20
    error gateway-in-pool pools.yml:4:35: the gateway 10.0.0.150 is among those for Neutron, 10.0.0.100 to 10.0.0.255
    ");
    let entrance = "internal_net_name: provision_oc_net\npublic_net_name: provision_oc_net\n\
                    kolla_external_vip_address: \"{{ kolla_internal_vip_address }}\"\n";
    let vip = |address: &str| {
        let text = format!("{entrance}kolla_internal_vip_address: {address}\n");
        with(&text, "10.0.0.10", "10.0.0.11")
    };
    insta::assert_snapshot!(vip("10.0.0.15"), @"
    error reserved-address pools.yml:2:47: the last address 10.0.0.255 for Neutron is the broadcast address of 10.0.0.0/24, which no host can have
    error vip-in-pool pools.yml:5:29: the address 10.0.0.15 of the public APIs is among those for hosts, 10.0.0.10 to 10.0.0.20
    error vip-in-pool pools.yml:6:29: the address 10.0.0.15 of the internal APIs is among those for hosts, 10.0.0.10 to 10.0.0.20
    ");
    insta::assert_snapshot!(vip("10.0.0.120"), @"
    error reserved-address pools.yml:2:47: the last address 10.0.0.255 for Neutron is the broadcast address of 10.0.0.0/24, which no host can have
    error vip-in-pool pools.yml:5:29: the address 10.0.0.120 of the public APIs is among those for Neutron, 10.0.0.100 to 10.0.0.255
    error vip-in-pool pools.yml:6:29: the address 10.0.0.120 of the internal APIs is among those for Neutron, 10.0.0.100 to 10.0.0.255
    ");
    insta::assert_snapshot!(vip("10.0.0.1"), @"
    error reserved-address pools.yml:2:47: the last address 10.0.0.255 for Neutron is the broadcast address of 10.0.0.0/24, which no host can have
    error vip-of-gateway pools.yml:5:29: the address 10.0.0.1 of the public APIs is a gateway of `provision_oc_net`
    error vip-of-gateway pools.yml:6:29: the address 10.0.0.1 of the internal APIs is a gateway of `provision_oc_net`
    ");
}

#[test]
fn addresses_that_only_look_taken() {
    let table = [
        // A host that is gone, and a name that keeps an address free.
        "provision_oc_net_ips: {ctl1: 10.0.0.10, cmp1: 10.0.0.11, vip: 10.0.0.12}\n\
         internal_net_name: provision_oc_net\nkolla_internal_vip_address: 10.0.0.12\n",
        // Two hosts that share a network of two addresses.
        "provision_oc_net_ips: {ctl1: 10.0.0.0, cmp1: 10.0.0.1}\nprovision_oc_net_cidr: 10.0.0.0/31\n\
         provision_oc_net_gateway: fd00::1\n",
        "provision_oc_net_ips: {ctl1: 'fd00::', cmp1: 'fd00::2'}\nprovision_oc_net_cidr: fd00::/64\n\
         provision_oc_net_gateway: fd00::1\n",
    ];
    for text in table {
        let found = notes(&[("taken.yml", text), ("network-allocation.yml", "{}\n")]);
        let of_others = ["unknown-host", "-outside-network"];
        let told = found.lines().filter(|line| !of_others.iter().any(|code| line.contains(code)));
        assert_eq!(told.collect::<Vec<_>>(), [""; 0], "{text}");
    }
}
