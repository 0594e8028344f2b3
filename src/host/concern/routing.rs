//! Hosts that pass packets on for others.

use serde::{Deserialize, Serialize};

use super::{Host, Topic};
use crate::host::{
    fault::Fault,
    resource::{KernelParameter, Packages, Resource, Setting, Snat},
};

/// Packets are passed on, where `enable_snat` is on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IpRouting {
    /// `ip_routing_rp_filter_mode`; nothing where packets are not to be passed on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rp_filter: Option<String>,
}

/// `snat_rules`; none where `enable_snat` is off.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SnatRules {
    pub rules: Vec<SnatRule>,
}

/// One rule; without interface or address it is those of the host's default route.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SnatRule {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interface: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_ip: Option<String>,
    /// Further words of iptables.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub matches: Vec<String>,
}

impl Topic for IpRouting {
    fn resources(&self, _host: &Host) -> Result<Vec<Resource>, Fault> {
        // The running kernel goes on as it is until the host starts anew: others may rely on it by now.
        let Some(rp_filter) = self.rp_filter.as_deref() else { return Ok(Vec::new()) };
        let parameters = [
            ("net.ipv4.ip_forward", "1"),
            ("net.ipv4.conf.all.rp_filter", rp_filter),
            ("net.ipv4.conf.default.rp_filter", rp_filter),
        ];
        let both = |(name, value): (&str, &str)| {
            let kept = Setting {
                path: "/etc/sysctl.conf".into(),
                section: String::new(),
                name: name.into(),
                value: Some(value.into()),
                between: "=",
                secret: false,
            };
            let now = KernelParameter { name: name.into(), value: value.into() };
            [Resource::from(kept), Resource::from(now)]
        };
        Ok(parameters.into_iter().flat_map(both).collect())
    }
}

impl Topic for SnatRules {
    fn resources(&self, _host: &Host) -> Result<Vec<Resource>, Fault> {
        if self.rules.is_empty() {
            return Ok(Vec::new());
        }
        let mut resources = vec![Packages::installed(["iptables"]).into()];
        resources.extend(self.rules.iter().map(|rule| {
            let SnatRule { interface, source_ip, matches } = rule.clone();
            Resource::from(Snat { interface, source_ip, matches })
        }));
        Ok(resources)
    }
}
