//! The proxies that programs on the host go through.

use serde::{Deserialize, Serialize};

use super::{Host, Topic};
use crate::host::{
    fault::Fault,
    resource::{Line, Resource},
    sealed::Sealed,
};

/// `http_proxy`, `https_proxy` and `no_proxy`; without any of the first two nothing is asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Proxy {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http: Option<Sealed>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub https: Option<Sealed>,
    pub without: Vec<String>,
}

impl Topic for Proxy {
    fn resources(&self, _host: &Host) -> Result<Vec<Resource>, Fault> {
        let line = |name: &str, value: &str, secret: bool| {
            let (path, start) = ("/etc/environment".into(), format!("{name}="));
            Resource::from(Line { path, line: format!("{start}{value}"), start, secret })
        };
        let mut lines = Vec::new();
        for (name, proxy) in [("http_proxy", &self.http), ("https_proxy", &self.https)] {
            if let Some(proxy) = proxy {
                lines.push(line(name, proxy.reveal(), true));
            }
        }
        if !lines.is_empty() {
            lines.push(line("no_proxy", &self.without.join(","), false));
        }
        Ok(lines)
    }
}
