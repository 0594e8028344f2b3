//! systemd-resolved, which Kayobe's role for systemd-networkd sets up beside it.

use super::Host;
use crate::host::{
    fault::Fault,
    machine::NodeKind,
    resource::{Directory, File, Refresh, Resource, Unit},
};

const UNIT: &str = "systemd-resolved.service";
const UNITS: [&str; 2] = ["/usr/lib/systemd/system", "/lib/systemd/system"];
const DIRECTORY: &str = "/etc/systemd/resolved.conf.d";
/// What answers with the servers that it knows.
const STUB: &str = "/run/systemd/resolve/stub-resolv.conf";

/// What it asks, on a host that has it.
pub(super) fn resources(host: &Host, text: &str) -> Result<Vec<Resource>, Fault> {
    if !is_there(host)? {
        return Ok(Vec::new());
    }
    let file = File::new(format!("{DIRECTORY}/dns.conf"), text).mode(0o644).comments_aside();
    let file: [Resource; 1] = [file.into()];
    let restart = Refresh::restart(UNIT, &file);
    let [file] = file;
    Ok(vec![
        Directory::new(DIRECTORY).access("root", "root", 0o755).into(),
        file,
        Unit::on(UNIT).into(),
        restart.into(),
    ])
}

/// Whether the host's `resolv.conf` leads there: it asks the same servers then, and stays as it is.
pub(super) fn answers(host: &Host) -> Result<bool, Fault> {
    let leads = |target: &str| target == STUB || target == format!("..{STUB}");
    let node = host.machine.node("/etc/resolv.conf")?;
    let is_link = node.is_some_and(|node| match node.kind {
        NodeKind::Link(target) => leads(&target),
        _ => false,
    });
    Ok(is_link && is_there(host)?)
}

fn is_there(host: &Host) -> Result<bool, Fault> {
    for directory in UNITS {
        if host.machine.node(&format!("{directory}/{UNIT}"))?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use crate::host::{
        concern::{Concern, Engine, Network, Networkd},
        stage::Stage,
    };

    fn with_a_server() -> Concern {
        Network {
            resolv: Some("nameserver 10.0.0.1\n".into()),
            resolved: Some("[Resolve]\nDNS=10.0.0.1\n".into()),
            tables: Vec::new(),
            engine: Engine::Networkd(Networkd { prefix: "50-kayobe-".into(), files: Vec::new() }),
        }
        .into()
    }

    /// Kayobe leaves `resolv.conf` as a link to what systemd-resolved answers with; nothing is to be changed about it.
    #[test]
    fn a_link_to_what_resolved_answers_stays() {
        let stage = Stage::new(&[("/usr/lib/systemd/system/systemd-resolved.service", "")]);
        stage.units_are("loaded", "enabled", "active");
        symlink("/run/systemd/resolve/stub-resolv.conf", stage.root.path().join("etc/resolv.conf"))
            .unwrap();
        let done = stage.settles(&with_a_server());
        let expected = [
            "make the directory /etc/systemd/resolved.conf.d",
            "create /etc/systemd/resolved.conf.d/dns.conf",
            "restart systemd-resolved.service",
        ];
        assert_eq!(done, expected);
        assert!(stage.root.path().join("etc/resolv.conf").is_symlink());
    }

    #[test]
    fn a_host_without_resolved_has_a_file() {
        let stage = Stage::new(&[]);
        stage.units_are("loaded", "enabled", "active");
        assert_eq!(stage.settles(&with_a_server()), ["create /etc/resolv.conf"]);
    }
}
