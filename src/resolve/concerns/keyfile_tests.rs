//! Files of NetworkManager's as the role writes them.

use serde_json::json;

use super::*;

fn of(value: Value) -> Described {
    serde_json::from_value(value).unwrap()
}

fn tables() -> Tables {
    Tables::of(&["100 extra".to_owned()])
}

#[test]
fn an_interface_with_an_address() {
    let one = of(json!({
        "device": "eth1", "address": "10.0.0.5", "netmask": "255.255.255.0", "gateway": "10.0.0.1", "mtu": 9000,
        "zone": "internal", "bootproto": "static", "defroute": "no",
        "route": [
            {"network": "10.1.0.0", "netmask": "255.255.0.0", "gateway": "10.0.0.2", "table": "extra",
             "options": ["onlink", "metric 400", "dev eth1"]},
            {"network": "10.2.0.0", "netmask": "255.255.0.0"},
        ],
        "rules": ["from 10.0.0.0/24 table 100", {"from": "10.3.0.0/16", "to": "10.4.0.0/16", "table": 7, "priority": 99}],
    }));
    assert_eq!(
        one.ethernet(None, &tables()).unwrap().content,
        "# Ansible managed\n\n[connection]\nid=eth1\ntype=ethernet\ninterface-name=eth1\nzone=internal\n\n\n\
         [ethernet]\nmtu=9000\n\n\n[ipv4]\nmethod=manual\naddress1=10.0.0.5/24\ngateway=10.0.0.1\nnever-default=true\n\
         route1=10.1.0.0/16,10.0.0.2,400\nroute1_options=onlink=true,table=100\nroute2=10.2.0.0/16\n\
         routing-rule1=priority 32765 from 10.0.0.0/24 table 100\n\
         routing-rule2=priority 99 from 10.3.0.0/16 to 10.4.0.0/16 table 7\n\n[ipv6]\nmethod=disabled\n"
    );
}

#[test]
fn a_vlan_by_its_name_and_by_its_parent() {
    let by_name = of(json!({"device": "bond0.100", "bootproto": "dhcp", "address": ""}));
    let file = by_name.ethernet(Some("br0"), &tables()).unwrap();
    assert_eq!(
        file.content,
        "# Ansible managed\n\n[connection]\nid=bond0.100\ntype=vlan\ninterface-name=bond0.100\n\n\
         controller=br0\nport-type=bridge\n\n\n[vlan]\ninterface-name=bond0.100\nparent=bond0\nid=100\n\n\
         [ipv4]\nmethod=auto\n\n[ipv6]\nmethod=disabled\n"
    );
    let mut by_parent = of(json!({"device": "storage", "vlan": 30}));
    assert_eq!(by_parent.vlan_on(), None);
    by_parent.parent = Some("eth0".into());
    let file = by_parent.ethernet(None, &tables()).unwrap();
    assert!(file.content.contains("type=vlan\n") && file.content.contains("parent=eth0\nid=30\n"));
    assert_eq!(file.follows, ["eth0"]);
}

#[test]
fn a_bond_in_a_bridge_with_all_that_belongs_to_it() {
    let bond = of(json!({
        "device": "bond0", "bond_slaves": ["eth0"], "bond_mode": "802.3ad", "bond_lacp_rate": "fast", "address": "",
        "bootproto": "static", "ethtool_opts": "-G ${DEVICE} rx 512",
    }));
    let file = bond.bond(Some("br0"), &tables()).unwrap();
    assert!(file.content.contains(
        "controller=br0\nport-type=bridge\n\n\n[bond]\nlacp_rate=fast\nmiimon=100\nmode=802.3ad\n\n[ipv4]\nmethod=disabled\n"
    ));
    let slave = bond.slave("eth0").unwrap();
    assert_eq!(
        slave.content,
        "# Ansible managed\n\n[connection]\nid=eth0\ntype=ethernet\ninterface-name=eth0\ncontroller=bond0\n\
         port-type=bond\n\n[ethtool]\nring-rx=512\n\n[bond-port]\n"
    );
    let bridge =
        of(json!({"device": "br0", "ports": ["bond0", "eth1.7"], "stp": "false", "mtu": 1450}));
    assert!(
        bridge
            .bridge(&tables())
            .unwrap()
            .content
            .contains("[bridge]\ninterface-name=br0\nstp=false\n\n[ipv4]")
    );
    let port = bridge.port("eth1.7").unwrap();
    assert!(port.content.contains("type=vlan\n"));
    assert!(
        port.content.ends_with(
            "[ethernet]\nmtu=1450\n\n[vlan]\ninterface-name=eth1.7\nparent=eth1\nid=7\n"
        )
    );
}

#[test]
fn a_pair_for_open_vswitch() {
    let veth = Veth {
        device: "p-br0-phy".into(),
        peer_device: "p-br0-ovs".into(),
        bridge: "br0".into(),
        mtu: json!(1450),
    };
    let [phy, ovs] = veth.keyfiles();
    assert_eq!(
        phy.content,
        "[connection]\nid=p-br0-phy\ntype=veth\ninterface-name=p-br0-phy\ncontroller=br0\nport-type=bridge\n\n\
         [ethernet]\nmtu=1450\n\n[veth]\npeer=p-br0-ovs\n\n[bridge-port]\n"
    );
    assert_eq!(
        ovs.content,
        "[connection]\nid=p-br0-ovs\ntype=veth\ninterface-name=p-br0-ovs\n\n[ethernet]\nmtu=1450\n\n[veth]\n\
         peer=p-br0-phy\n\n[ipv4]\nmethod=disabled\n\n[ipv6]\naddr-gen-mode=stable-privacy\nmethod=disabled\n\n[proxy]\n"
    );
}

#[test]
fn what_cannot_be_is_said() {
    let table = [
        (json!({"device": "a", "rules": [{"from": "10.0.0.0/8"}]}), "no `table`"),
        (json!({"device": "a", "rules": [{"table": 1}]}), "neither `from` nor `to`"),
        (json!({"device": "a", "rules": [{"from": "x", "table": "gone"}]}), "neither a number nor"),
        (json!({"device": "a", "ethtool_opts": "-s a speed 10"}), "`ethtool_opts` of a"),
    ];
    for (value, expected) in table {
        let why = of(value).ethernet(None, &tables()).unwrap_err();
        assert!(why.contains(expected), "{why}");
    }
}
