//! Certificates of authorities that the host trusts.

use serde::{Deserialize, Serialize};

use super::{Host, Topic};
use crate::host::{
    facts::Family,
    fault::Fault,
    resource::{File, Packages, Refresh, Resource, Way},
};

/// `trust_store_ca_certificates`, with what the files hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrustStore {
    pub certificates: Vec<Certificate>,
}

/// One file of certificates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Certificate {
    /// Without its directory.
    pub name: String,
    pub text: String,
}

impl Topic for TrustStore {
    fn resources(&self, host: &Host) -> Result<Vec<Resource>, Fault> {
        let (directory, program) = match host.facts.family {
            Family::Debian => ("/usr/local/share/ca-certificates", "update-ca-certificates"),
            Family::RedHat => ("/etc/pki/ca-trust/source/anchors", "update-ca-trust"),
        };
        let file = |certificate: &Certificate| {
            let path = format!("{directory}/{}", certificate.name);
            Resource::from(File::new(path, certificate.text.clone()).mode(0o660))
        };
        let files: Vec<Resource> = self.certificates.iter().map(file).collect();
        let refresh = Refresh::after(program, Way::Run(vec![vec![program.into()]]), &files);
        let mut resources = Vec::new();
        if !files.is_empty() {
            resources.push(Packages::installed(["ca-certificates"]).into());
        }
        resources.extend(files);
        resources.push(refresh.into());
        Ok(resources)
    }
}
