//! The config drive that a host reads on its first boot: name, network, login key, and the host's own SSH host key.

use serde_json::{Value, json};
use ssh_key::{Algorithm, LineEnding, PrivateKey, rand_core::OsRng};

use super::user_data;
use crate::{
    model::network::AdminAddress,
    secret::Secret,
    trouble::{Result, Tell},
};

/// An SSH host key pair for one deployment of one host.
#[derive(Debug)]
pub struct HostKey {
    /// `ssh-ed25519 AAAA…`
    pub public: String,
    /// Goes into the config drive and nowhere else.
    pub private: Secret,
}

impl HostKey {
    /// A new pair; the public half says which host it is of.
    pub fn generate() -> Result<Self> {
        let told = || "making an SSH host key".to_owned();
        let key = PrivateKey::random(&mut OsRng, Algorithm::Ed25519).or_internal(told)?;
        let private = key.to_openssh(LineEnding::LF).or_internal(told)?;
        let public = key.public_key().to_openssh().or_internal(told)?;
        Ok(Self { public, private: Secret::new(private.as_str()) })
    }
}

/// What a host is told about itself.
#[derive(Debug)]
pub struct Identity<'a> {
    pub name: &'a str,
    /// The node's UUID in Ironic; cloud-init takes another one for another machine.
    pub uuid: &'a str,
    /// A line of `authorized_keys` for the image's user.
    pub login_key: &'a str,
}

/// The whole config drive, in the form that Ironic takes and turns into a file system. It holds secrets.
pub fn config_drive(
    identity: &Identity,
    network: &Value,
    site_user_data: Option<&Secret>,
    key: &HostKey,
) -> Result<Value> {
    let Identity { name, uuid, login_key } = identity;
    Ok(json!({
        "meta_data": {
            "availability_zone": "",
            "files": [],
            "hostname": name,
            "name": name,
            "meta": {},
            "public_keys": { "mykey": login_key.trim() },
            "uuid": uuid,
        },
        "network_data": network,
        "user_data": user_data::merged(site_user_data.map_or("", Secret::reveal), key)?,
    }))
}

/// The host's network in OpenStack's format: the admin address on the port with this MAC.
pub fn network_data(admin: &AdminAddress, mac: &str) -> Value {
    let mut links = vec![json!({
        "id": "admin", "type": "phy", "ethernet_mac_address": mac, "mtu": admin.mtu,
    })];
    if let Some(vlan) = admin.vlan {
        links.push(json!({
            "id": "admin-vlan", "type": "vlan", "vlan_link": "admin", "vlan_id": vlan,
            "vlan_mac_address": mac, "ethernet_mac_address": mac, "mtu": admin.mtu,
        }));
    }
    let default = admin
        .gateway
        .map(|gateway| json!({ "network": "0.0.0.0", "netmask": "0.0.0.0", "gateway": gateway }));
    let others = admin.routes.iter().map(|route| {
        json!({
            "network": route.cidr.network(), "netmask": route.cidr.netmask(), "gateway": route.gateway,
        })
    });
    let services: Vec<_> = (admin.nameservers.iter())
        .map(|address| json!({ "type": "dns", "address": address }))
        .collect();
    json!({
        "links": links,
        "networks": [{
            "id": "admin-ipv4",
            "type": "ipv4",
            "link": if admin.vlan.is_some() { "admin-vlan" } else { "admin" },
            "ip_address": admin.address.value,
            "netmask": admin.cidr.value.netmask(),
            "routes": default.into_iter().chain(others).collect::<Vec<_>>(),
            "services": services,
        }],
        "services": services,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::network::Route,
        origin::{Origin, Setting, Sourced},
    };

    fn sourced<T>(value: T) -> Sourced<T> {
        let setting = Setting { variable: "x".into(), origin: Origin::whole("test") };
        Sourced { value, setting }
    }

    fn admin() -> AdminAddress {
        AdminAddress {
            network: "provision_oc_net".into(),
            address: sourced("172.22.0.11".parse().unwrap()),
            cidr: sourced("172.22.0.0/24".parse().unwrap()),
            gateway: Some("172.22.0.1".parse().unwrap()),
            mtu: 1500,
            vlan: None,
            routes: vec![],
            nameservers: vec!["9.9.9.9".into()],
        }
    }

    #[test]
    fn a_plain_network() {
        let told = network_data(&admin(), "52:54:00:aa:00:01");
        insta::assert_snapshot!(told, @r#"{"links":[{"id":"admin","type":"phy","ethernet_mac_address":"52:54:00:aa:00:01","mtu":1500}],"networks":[{"id":"admin-ipv4","type":"ipv4","link":"admin","ip_address":"172.22.0.11","netmask":"255.255.255.0","routes":[{"network":"0.0.0.0","netmask":"0.0.0.0","gateway":"172.22.0.1"}],"services":[{"type":"dns","address":"9.9.9.9"}]}],"services":[{"type":"dns","address":"9.9.9.9"}]}"#);
    }

    #[test]
    fn a_tagged_network_without_a_gateway() {
        let route =
            Route { cidr: "10.0.0.0/8".parse().unwrap(), gateway: "172.22.0.254".parse().unwrap() };
        let admin = AdminAddress {
            gateway: None,
            mtu: 9000,
            vlan: Some(42),
            routes: vec![route],
            nameservers: vec![],
            ..admin()
        };
        let told = network_data(&admin, "52:54:00:aa:00:01");
        insta::assert_snapshot!(told, @r#"{"links":[{"id":"admin","type":"phy","ethernet_mac_address":"52:54:00:aa:00:01","mtu":9000},{"id":"admin-vlan","type":"vlan","vlan_link":"admin","vlan_id":42,"vlan_mac_address":"52:54:00:aa:00:01","ethernet_mac_address":"52:54:00:aa:00:01","mtu":9000}],"networks":[{"id":"admin-ipv4","type":"ipv4","link":"admin-vlan","ip_address":"172.22.0.11","netmask":"255.255.255.0","routes":[{"network":"10.0.0.0","netmask":"255.0.0.0","gateway":"172.22.0.254"}],"services":[]}],"services":[]}"#);
    }

    #[test]
    fn the_whole_config_drive() {
        let key =
            HostKey { public: "ssh-ed25519 AAAA".into(), private: Secret::new("PRIVATE\nKEY\n") };
        let identity = Identity { name: "bm1", uuid: "1111", login_key: "ssh-rsa LOGIN me@here\n" };
        let drive = config_drive(&identity, &json!({}), None, &key).unwrap();
        insta::assert_snapshot!(serde_json::to_string_pretty(&drive).unwrap(), @r##"
        {
          "meta_data": {
            "availability_zone": "",
            "files": [],
            "hostname": "bm1",
            "name": "bm1",
            "meta": {},
            "public_keys": {
              "mykey": "ssh-rsa LOGIN me@here"
            },
            "uuid": "1111"
          },
          "network_data": {},
          "user_data": "#cloud-config\nssh_deletekeys: true\nssh_genkeytypes:\n- ed25519\nssh_keys:\n  ed25519_private: |\n    PRIVATE\n    KEY\n  ed25519_public: ssh-ed25519 AAAA\n"
        }
        "##);
    }

    #[test]
    fn host_keys_are_ed25519_pairs() {
        let key = HostKey::generate().unwrap();
        let private = PrivateKey::from_openssh(key.private.reveal()).unwrap();
        assert_eq!(private.public_key().to_openssh().unwrap(), key.public);
        assert!(key.public.starts_with("ssh-ed25519 "));
        assert!(!format!("{key:?}").contains("PRIVATE"));
    }
}
