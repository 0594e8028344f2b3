//! What a config drive makes of a machine.

use serde_json::Value;

use super::{machine::System, node::Node};

/// The system that a deployment leads to. A config drive that the rack cannot look into tells it nothing.
pub fn system(node: &Node, drive: &Value) -> System {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let networks = drive["network_data"]["networks"].as_array();
    let addresses = networks.into_iter().flatten().map(|network| text(&network["ip_address"]));
    let hostname = text(&drive["meta_data"]["hostname"]);
    System {
        image: node.inner("instance_info", "image_source").to_owned(),
        name: if hostname.is_empty() { node.name().to_owned() } else { hostname },
        addresses: addresses.collect(),
        host_key: host_key(drive["user_data"].as_str().unwrap_or_default()),
    }
}

/// The public host key in user data, which may be cloud-config or hold it as a part.
fn host_key(user_data: &str) -> Option<String> {
    let (_, rest) = user_data.split_once("ed25519_public:")?;
    let line = rest.trim_start().lines().next()?.trim().trim_matches(['"', '\'']);
    line.starts_with("ssh-ed25519 ").then(|| line.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_config_drive_is_looked_into() {
        let drive = json!({
            "meta_data": { "hostname": "bm1" },
            "network_data": { "networks": [{ "ip_address": "10.0.0.1" }] },
            "user_data": "#cloud-config\nssh_keys:\n  ed25519_private: secret\n  ed25519_public: ssh-ed25519 AAAA bm1\n",
        });
        let system = system(&Node::default(), &drive);
        assert_eq!((system.name.as_str(), system.addresses), ("bm1", vec!["10.0.0.1".to_owned()]));
        assert_eq!(system.host_key.as_deref(), Some("ssh-ed25519 AAAA bm1"));
        assert_eq!(super::system(&Node::default(), &Value::Null), System::default());
    }
}
