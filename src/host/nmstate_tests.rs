//! What a document asks for, beside what nmstate tells of a host.

use super::*;

fn interface(wanted: Value) -> Part {
    Part { kind: Kind::Interface, wanted }
}

#[test]
fn what_is_wanted_is_there() {
    let table = [
        // More may be there.
        (
            json!({"name": "eth1", "state": "up"}),
            json!({"name": "eth1", "state": "up", "mtu": 1500}),
        ),
        (json!({"mtu": "1500"}), json!({"mtu": 1500})),
        (json!({"type": "ethernet"}), json!({"type": "veth"})),
        (json!({"ipv4": {"enabled": true, "dhcp": false}}), json!({"ipv4": {"enabled": true}})),
        (json!({"ipv6": {"enabled": false}}), json!({})),
        (
            json!({"ipv4": {"address": [{"ip": "10.0.0.7", "prefix-length": 24}]}}),
            json!({"ipv4": {"address": [{"ip": "10.0.0.9", "prefix-length": 32}, {"ip": "10.0.0.7", "prefix-length": 24}]}}),
        ),
        (
            json!({"bridge": {"port": [{"name": "eth2"}], "options": {"stp": {"enabled": false}}}}),
            json!({"bridge": {"port": [{"name": "eth2", "stp-priority": 32}], "options": {"stp": {"enabled": false, "hello-time": 2}}}}),
        ),
        // Numbers and words are one to the kernel; what it does not tell has no effect.
        (
            json!({"link-aggregation": {"mode": "4", "port": ["b", "a"], "options": {"lacp_rate": 1, "ad_select": "count"}}}),
            json!({"link-aggregation": {"mode": "802.3ad", "port": ["a", "b"], "options": {"lacp_rate": "fast"}}}),
        ),
        (
            json!({"ethtool": {"feature": {"rx-gro": true, "hw-tc-offload": true}}}),
            json!({"ethtool": {"feature": {"rx-gro": true}}}),
        ),
        (
            json!({"vlan": {"id": 7, "ingress-qos-map": [{"from": 1, "to": 2}]}}),
            json!({"vlan": {"id": 7, "base-iface": "eth1", "ingress-qos-map": [{"from": 1, "to": 2}]}}),
        ),
    ];
    for (wanted, found) in table {
        assert!(interface(wanted.clone()).is_in(&found), "{wanted} is not in {found}");
    }
}

#[test]
fn what_is_wanted_is_not_there() {
    let table = [
        (json!({"state": "up"}), json!({"state": "down"})),
        (json!({"mtu": 9000}), json!({"mtu": 1500})),
        (json!({"mtu": 9000}), json!({})),
        (json!({"type": "bond"}), json!({"type": "linux-bridge"})),
        (
            json!({"ipv4": {"address": [{"ip": "10.0.0.7", "prefix-length": 24}]}}),
            json!({"ipv4": {"address": [{"ip": "10.0.0.7", "prefix-length": 25}]}}),
        ),
        (
            json!({"ipv4": {"enabled": true, "dhcp": true}}),
            json!({"ipv4": {"enabled": true, "dhcp": false}}),
        ),
        (json!({"bridge": {"port": []}}), json!({})),
        (json!({"bridge": {"port": [{"name": "eth2"}]}}), json!({"bridge": {"port": []}})),
        (
            json!({"link-aggregation": {"mode": "1"}}),
            json!({"link-aggregation": {"mode": "802.3ad"}}),
        ),
        (
            json!({"link-aggregation": {"options": {"miimon": 100}}}),
            json!({"link-aggregation": {"options": {"miimon": 50}}}),
        ),
        (
            json!({"vlan": {"egress-qos-map": [{"from": 1, "to": 2}]}}),
            json!({"vlan": {"egress-qos-map": [{"from": 1, "to": 2}, {"from": 3, "to": 4}]}}),
        ),
    ];
    for (wanted, found) in table {
        assert!(!interface(wanted.clone()).is_in(&found), "{wanted} is in {found}");
    }
}

/// As `nmstatectl show --json` writes routes and rules.
fn shown() -> Value {
    json!({
        "interfaces": [{"name": "eth1", "state": "up"}],
        "routes": {"config": [
            {"destination": "10.9.0.0/16", "next-hop-interface": "eth1", "next-hop-address": "10.0.0.2", "metric": 100, "table-id": 254},
            {"destination": "10.8.0.0/16", "next-hop-interface": "eth1", "next-hop-address": "10.0.0.2", "metric": 100, "table-id": 5},
        ]},
        "route-rules": {"config": [{"ip-from": "10.0.0.0/24", "priority": 30000, "route-table": 5, "family": "ipv4"}]},
    })
}

#[test]
fn routes_and_rules_are_found_by_all_that_is_said_of_them() {
    let table = [
        (
            json!({"destination": "10.9.0.1/16", "next-hop-interface": "eth1", "next-hop-address": "10.0.0.2"}),
            true,
        ),
        (
            json!({"destination": "10.9.0.0/16", "next-hop-interface": "eth1", "next-hop-address": null}),
            true,
        ),
        (json!({"destination": "10.9.0.0/16", "next-hop-interface": "eth1", "metric": 7}), false),
        (json!({"destination": "10.9.0.0/17", "next-hop-interface": "eth1"}), false),
        (json!({"destination": "10.8.0.0/16", "next-hop-interface": "eth1", "table-id": 5}), true),
        // No table is the main one.
        (json!({"destination": "10.8.0.0/16", "next-hop-interface": "eth1"}), false),
    ];
    for (route, is_there) in table {
        let document = json!({"routes": {"config": [route]}});
        let found = parts(&document)[0].found(&shown()).is_some();
        assert_eq!(found, is_there, "{route}");
    }
    for (rule, is_there) in [
        (
            json!({"ip-from": "10.0.0.0/24", "ip-to": null, "priority": null, "route-table": 5}),
            true,
        ),
        (json!({"ip-from": "10.0.0.0/24", "priority": 10, "route-table": 5}), false),
    ] {
        let document = json!({"route-rules": {"config": [rule]}});
        assert_eq!(parts(&document)[0].found(&shown()).is_some(), is_there, "{rule}");
    }
}

#[test]
fn parts_are_called_and_taken_away_by_what_they_are() {
    let document = json!({
        "interfaces": [{"name": "eth1", "state": "up", "mtu": null}],
        "routes": {"config": [{"destination": "10.9.0.0/16", "next-hop-interface": "eth1", "next-hop-address": "10.0.0.2", "table-id": 5}]},
        "route-rules": {"config": [{"ip-from": "10.0.0.0/24", "ip-to": null, "route-table": 5}]},
    });
    let parts = parts(&document);
    let names: Vec<String> = parts.iter().map(Part::name).collect();
    assert_eq!(
        names,
        [
            "interface eth1",
            "route to 10.9.0.0/16 via 10.0.0.2 on eth1 in table 5",
            "rule from 10.0.0.0/24 for table 5"
        ]
    );
    assert_eq!(parts[0].absent(), json!({"interfaces": [{"name": "eth1", "state": "absent"}]}));
    assert_eq!(
        parts[2].absent(),
        json!({"route-rules": {"config": [{"ip-from": "10.0.0.0/24", "route-table": 5, "state": "absent"}]}})
    );
}

#[test]
fn what_is_there_beyond_the_document_is_told_apart() {
    let part = interface(json!({"name": "br1", "bridge": {"port": [{"name": "eth2"}]},
        "ipv4": {"address": [{"ip": "10.0.0.7", "prefix-length": 24}]}}));
    let found = json!({"name": "br1", "bridge": {"port": [{"name": "eth2"}, {"name": "vnet0"}]},
        "ipv4": {"address": [{"ip": "10.0.0.7", "prefix-length": 24}, {"ip": "10.0.0.9", "prefix-length": 32}]}});
    assert_eq!(part.further_addresses(&found), ["10.0.0.9/32"]);
    assert_eq!(part.further_ports(&found), ["vnet0".to_owned()].into());
    assert_eq!(
        as_far_as(&part.wanted, &json!({"name": "br1", "mtu": 1500, "ipv4": {"dhcp": false}})),
        json!({"name": "br1", "ipv4": {}})
    );
}
