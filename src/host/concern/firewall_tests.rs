//! firewalld on a directory that plays a host.

use super::*;
use crate::host::{concern::Concern, programs::Output, stage::Stage};

const VENDOR: &str = "/usr/lib/firewalld/zones/public.xml";
const OWN: &str = "/etc/firewalld/zones/public.xml";
const PUBLIC: &str = "<zone>\n  <service name=\"ssh\"/>\n</zone>\n";

fn rule(zone: Option<&str>, item: Item, on: bool) -> FirewallRule {
    FirewallRule { zone: zone.map(str::to_owned), item, on }
}

fn concern(default_zone: Option<&str>, rules: Vec<FirewallRule>) -> Concern {
    let default_zone = default_zone.map(str::to_owned);
    Firewall { firewalld: Some(Firewalld { default_zone, rules }) }.into()
}

/// A host with firewalld, whose program knows services, interfaces, zones and the default zone.
fn stage(files: &[(&str, &str)]) -> Stage {
    let stage = Stage::new(&[
        (VENDOR, PUBLIC),
        ("/usr/bin/firewall-offline-cmd", ""),
        ("/etc/firewalld/firewalld.conf", "# Zone\nDefaultZone=public\nLockdown=no\n"),
        ("/var/lib/dpkg/status", "Package: firewalld\nStatus: install ok installed\n"),
    ]);
    for (path, text) in files {
        stage.put(path, text);
    }
    stage.units_are("loaded", "enabled", "active");
    stage.act("firewall-offline-cmd", |root, call| {
        let path = |zone: &str| root.join(format!("etc/firewalld/zones/{zone}.xml"));
        let vendor = root.join(VENDOR.trim_start_matches('/'));
        let (zone, option) = match &call.args[..] {
            [one] => ("", one.as_str()),
            [zone, option] => (zone.trim_start_matches("--zone="), option.as_str()),
            _ => return Output { code: 2, ..Output::default() },
        };
        let (verb, value) = option.split_once('=').unwrap();
        let text =
            || std::fs::read_to_string(path(zone)).or_else(|_| std::fs::read_to_string(&vendor));
        // As the real one: this name is for another list, and knows no zone.
        if verb == "--remove-service" {
            return Output { code: 2, ..Output::default() };
        }
        let kind = verb.trim_end_matches("-from-zone").rsplit('-').next().unwrap();
        let line = format!("  <{kind} name=\"{value}\"/>\n");
        std::fs::create_dir_all(path("").parent().unwrap()).unwrap();
        match verb {
            "--new-zone" => std::fs::write(path(value), "<zone>\n</zone>\n").unwrap(),
            "--delete-zone" => std::fs::remove_file(path(value)).unwrap(),
            "--set-default-zone" => {
                let conf = format!("DefaultZone={value}\n");
                std::fs::write(root.join("etc/firewalld/firewalld.conf"), conf).unwrap();
            }
            _ if verb.starts_with("--remove") => {
                std::fs::write(path(zone), text().unwrap().replace(&line, "")).unwrap();
            }
            _ => {
                let with = text().unwrap().replace("</zone>", &format!("{line}</zone>"));
                std::fs::write(path(zone), with).unwrap();
            }
        }
        Output::default()
    });
    stage
}

fn service(name: &str) -> Item {
    Item::Service(name.into())
}

#[test]
fn rules_are_added_and_taken_away() {
    let stage = stage(&[]);
    let ssh = || rule(None, service("ssh"), true);
    let asked = concern(None, vec![ssh(), rule(None, service("http"), true)]);
    let done = stage.settles(&asked);
    assert_eq!(
        done,
        ["add service=http to the firewall's zone public", "restart firewalld.service"]
    );
    assert!(stage.text(OWN).unwrap().contains("http"));
    // What firewalld came with is nobody's to take away.
    let less = concern(None, vec![]);
    assert_eq!(
        stage.settles(&less),
        ["remove service=http from the firewall's zone public", "restart firewalld.service"]
    );
    assert!(stage.text(OWN).unwrap().contains("ssh"));
}

#[test]
fn zones_come_and_go_with_all_that_is_in_them() {
    let stage = stage(&[]);
    let zone = |item| rule(Some("cloud"), item, true);
    let asked = concern(
        Some("cloud"),
        vec![zone(Item::Zone), zone(service("ssh")), zone(Item::Interface("eth1".into()))],
    );
    assert_eq!(stage.settles(&asked).len(), 5);
    assert_eq!(stage.text("/etc/firewalld/firewalld.conf").unwrap(), "DefaultZone=cloud\n");
    stage.settles(&concern(None, vec![]));
    assert_eq!(stage.text("/etc/firewalld/firewalld.conf").unwrap(), "DefaultZone=public\n");
    assert_eq!(stage.text("/etc/firewalld/zones/cloud.xml"), None);
}

#[test]
fn what_kayobe_put_there_is_taken_over() {
    let with = PUBLIC.replace("</zone>", "  <service name=\"http\"/>\n</zone>");
    let stage = stage(&[(OWN, &with)]);
    assert_eq!(stage.settles(&concern(None, vec![rule(None, service("http"), true)])), [""; 0]);
    assert_eq!(
        stage.apply(&concern(None, vec![])),
        ["remove service=http from the firewall's zone public", "restart firewalld.service"]
    );
}

#[test]
fn an_interface_leaves_its_zone() {
    let old = "<zone>\n  <interface name=\"eth1\"/>\n</zone>\n";
    let stage = stage(&[("/etc/firewalld/zones/old.xml", old)]);
    let asked = concern(None, vec![rule(Some("public"), Item::Interface("eth1".into()), true)]);
    stage.settles(&asked);
    assert!(!stage.text("/etc/firewalld/zones/old.xml").unwrap().contains("eth1"));
    assert!(stage.text(OWN).unwrap().contains("eth1"));
}

#[test]
fn a_host_without_firewalld_is_left_alone() {
    let stage = Stage::new(&[("/var/lib/dpkg/status", "")]);
    stage.units_are("not-found", "", "inactive");
    assert_eq!(stage.settles(&Firewall { firewalld: None }.into()), [""; 0]);
    assert!(stage.called().iter().all(|line| line.starts_with("systemctl show")));
}

#[test]
fn firewalld_is_taken_off_the_host() {
    let stage = stage(&[]);
    let announced = stage.look(&Firewall { firewalld: None }.into());
    assert_eq!(
        announced,
        ["disable firewalld.service", "stop firewalld.service", "remove firewalld"]
    );
}

#[test]
fn only_a_firewall_that_is_on_can_cut_anybody_off() {
    assert!(concern(None, vec![]).is_risky());
    assert!(!Concern::from(Firewall { firewalld: None }).is_risky());
}

/// Debian's package starts firewalld at once, with nothing but SSH's own port open.
#[test]
fn firewalld_does_not_start_before_it_is_configured() {
    let mut stage = stage(&[("/var/lib/dpkg/status", "")]);
    stage.facts.family = Family::Debian;
    stage.act("apt-get", |root, _| {
        let mask = std::fs::read_link(root.join(&MASK[1..])).unwrap();
        assert_eq!(mask.to_str(), Some("/dev/null"));
        let status = "Package: firewalld\nStatus: install ok installed\n";
        std::fs::write(root.join("var/lib/dpkg/status"), status).unwrap();
        Output::default()
    });
    let asked = concern(None, vec![rule(None, service("http"), true)]);
    let done = stage.apply(&asked);
    assert_eq!(done[1], "install firewalld");
    assert!(!stage.root.path().join(&MASK[1..]).is_symlink());
    assert_eq!(stage.look(&asked), [""; 0]);
    // A run that was killed behind the package.
    let path = stage.root.path().join(&MASK[1..]);
    std::os::unix::fs::symlink("/dev/null", path).unwrap();
    let done = [format!("remove the link {MASK}"), format!("restart {UNIT}")];
    assert_eq!(stage.apply(&asked), done);
}
