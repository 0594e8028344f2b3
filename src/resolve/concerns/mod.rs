//! What the site says of each topic of a host's configuration: one file per file of `host::concern`, in Kayobe's order.

mod ansible_user;
mod apt;
mod dev_tools;
mod dnf;
mod docker;
mod docker_registry;
mod etc_hosts;
mod ethtool;
mod fail2ban;
mod firewall;
mod first_boot;
mod hostname;
mod keyfile;
mod kolla;
mod libvirt_host;
mod logging;
mod luks;
mod lvm;
mod mdadm;
mod network;
mod network_manager;
mod networkd;
mod nmstate;
mod ntp;
mod pip;
mod podman;
mod proxy;
mod python_env;
mod routing;
mod routing_lines;
mod selinux;
mod swap;
mod swift;
mod sysctl;
mod timezone;
mod trust_store;
mod tuned;
mod users;
mod vgpu;

use camino::Utf8PathBuf;
use serde_json::Value;

pub use self::firewall::{NO_UFW, UFW};
use super::{Reader, login};
use crate::{
    ansible::Variables,
    host::{
        concern::{Concern, NAMES},
        sealed::{Place, Sealed},
    },
    model::{check::together, configured::Configured},
    origin::{Setting, Sourced},
    secret::Holder,
    trouble::{Result, Tell, Trouble},
};

/// Hosts that one command configures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    SeedHypervisor,
    Seed,
    InfraVm,
    Overcloud,
    Control,
}

impl Class {
    /// The group of its hosts.
    pub fn group(self) -> &'static str {
        match self {
            Self::SeedHypervisor => "seed-hypervisor",
            Self::Seed => "seed",
            Self::InfraVm => "infra-vms",
            Self::Overcloud => "overcloud",
            Self::Control => "ansible-control",
        }
    }
}

/// A topic's part of a host's configuration; `None` where the site asks for nothing.
type Topic = fn(&Reader, Class) -> Result<Option<Concern>>;

/// All topics in Kayobe's order, by their tags.
const TOPICS: &[(&str, Topic)] = &[
    ("kayobe-ansible-user", ansible_user::read),
    ("logging", logging::read),
    ("trust-store", trust_store::read),
    ("proxy", proxy::read),
    ("apt", apt::read),
    ("dnf", dnf::read),
    ("pip", pip::read),
    ("kayobe-target-venv", python_env::read),
    ("users", users::read),
    ("dev-tools", dev_tools::read),
    ("selinux", selinux::read),
    ("network", network::read),
    ("network", network::without_netplan),
    ("firewall", firewall::read),
    ("fail2ban", fail2ban::read),
    ("hostname", hostname::read),
    ("etc-hosts", etc_hosts::read),
    ("tuned", tuned::read),
    ("sysctl", sysctl::read),
    ("ip-routing", routing::read_routing),
    ("snat", routing::read_snat),
    ("disable-glean", first_boot::read_glean),
    ("disable-cloud-init", first_boot::read_cloud_init),
    ("timezone", timezone::read),
    ("ntp", ntp::read),
    ("mdadm", mdadm::read),
    ("luks", luks::read),
    ("lvm", lvm::read),
    ("swap", swap::read),
    ("kolla-ansible-user kolla-ansible", kolla::read_user),
    ("kolla-pip kolla-ansible", pip::read_of_kolla),
    ("kolla-target-venv kolla-ansible", python_env::read_of_kolla),
    ("kolla-packages", kolla::read_packages),
    ("docker container-engine", docker::read),
    ("podman container-engine", podman::read),
    ("docker-registry", docker_registry::read),
    ("swift-block-devices swift", swift::read),
    ("libvirt-host", libvirt_host::read),
    ("iommu vgpu", vgpu::read_iommu),
    ("vgpu", vgpu::read),
];

/// What is done with tags of their own beside the topics.
const BESIDE: [&str; 2] = ["ip-allocation", "wipe-disks"];

/// Tags of Ansible itself, and those of Kayobe's playbooks that are for parts of a topic or for what is not needed
/// here. Scripts may name them, and nothing is chosen by them.
const OTHERS: [&str; 15] = [
    "all",
    "always",
    "apparmor-libvirt",
    "config",
    "config-validation",
    "dnf-automatic",
    "ensure-python",
    "gather-facts-delegated",
    "kayobe-generate-config",
    "never",
    "reboot",
    "ssh-known-host",
    "tagged",
    "untagged",
    "upgrade-check",
];

/// All tags that choose something.
pub fn tags() -> impl Iterator<Item = &'static str> {
    TOPICS.iter().flat_map(|(tags, _)| tags.split(' ')).chain(BESIDE)
}

/// Whether a word is a tag of Ymir's, Kayobe's or Ansible's.
pub fn knows_tag(word: &str) -> bool {
    tags().chain(OTHERS).any(|tag| tag == word)
}

/// The topic that comes after the wiping of disks.
const AFTER_WIPING: &str = "users";

/// Whether a topic comes before the wiping of disks, which is no topic of the site's.
pub fn comes_before_wiping(concern: &Concern) -> bool {
    let mut before = TOPICS.iter().map(|(tag, _)| *tag).take_while(|tag| *tag != AFTER_WIPING);
    before.any(|tag| tag == concern.name())
}

/// Which topics a command is about.
#[derive(Debug, Clone, Default)]
pub struct Tags {
    /// Empty for all.
    pub only: Vec<String>,
    pub without: Vec<String>,
}

impl Tags {
    /// Whether the command is about a topic with this tag, or these with blanks between them.
    pub fn have(&self, tags: &str) -> bool {
        let is = |known: &String| known == "all" || tags.split(' ').any(|tag| tag == known);
        let named = |chosen: &[String]| chosen.iter().any(is);
        (self.only.is_empty() || named(&self.only)) && !named(&self.without)
    }
}

/// The names of all topics.
pub fn names() -> &'static [&'static str] {
    NAMES
}

/// Everything that the selected hosts of a class shall be.
pub fn configured(
    variables: &Variables,
    class: Class,
    limit: Option<&str>,
    tags: &Tags,
) -> Result<Vec<Configured>> {
    let known_hosts = super::hosts::known_hosts(variables);
    let (mut hosts, mut troubles) = (Vec::new(), Vec::new());
    for name in selected(variables, class, limit)? {
        let reader = Reader::new(variables, &name);
        let login = login::login(&reader, &known_hosts);
        let concerns = concerns(&reader, class, tags);
        match (login, concerns) {
            (Ok(login), Ok(concerns)) => hosts.push(Configured { name, login, concerns }),
            (login, concerns) => troubles.extend(login.err().into_iter().chain(concerns.err())),
        }
    }
    match together(troubles) {
        Some(trouble) => Err(trouble),
        None => Ok(hosts),
    }
}

/// A setting of the hosts' that is without effect, and why.
pub fn without_effect(
    variables: &Variables,
    hosts: &[Configured],
    tags: &Tags,
) -> Option<(Setting, &'static str)> {
    let of = |host: &Configured| variables.setting(&host.name, firewall::UFW);
    let setting = hosts.iter().find_map(of).filter(|_| tags.have("firewall"))?;
    Some((setting, firewall::NO_UFW))
}

/// The hosts of a class that a command is about, in inventory order.
pub fn selected(variables: &Variables, class: Class, limit: Option<&str>) -> Result<Vec<String>> {
    selected_in(variables, class.group(), limit)
}

/// The hosts of a group that a pattern selects, all of them without one.
pub fn selected_in(variables: &Variables, group: &str, limit: Option<&str>) -> Result<Vec<String>> {
    let all = variables.group(group).filter(|hosts| !hosts.is_empty()).ok_or_else(|| {
        let trouble = Trouble::refused(format!("the site has no hosts in the group `{group}`"));
        variables.with_environments(trouble).hint(format!(
            "put them into `{group}`, or a group below it, in the environment's inventory"
        ))
    })?;
    let Some(pattern) = limit else { return Ok(all) };
    let chosen = variables.select(pattern)?;
    let hosts: Vec<_> = all.into_iter().filter(|host| chosen.contains(host)).collect();
    if hosts.is_empty() {
        return Err(Trouble::refused(format!("--limit {pattern} selects no host of `{group}`"))
            .hint("see the environment's inventory for the names of hosts and groups"));
    }
    Ok(hosts)
}

fn concerns(reader: &Reader, class: Class, tags: &Tags) -> Result<Vec<Concern>> {
    let topics = TOPICS.iter().filter(|(topic, _)| tags.have(topic));
    topics.filter_map(|(_, read)| read(reader, class).transpose()).collect()
}

/// Whether a variable is on, with the words that Ansible's `bool` knows.
fn is_on(reader: &Reader, name: &str, default: bool) -> Result<bool> {
    Ok(reader.get::<Value>(name)?.map_or(default, |found| truth(&found.value)))
}

/// As Ansible's `bool` sees a value.
pub(super) fn truth(value: &Value) -> bool {
    match value {
        Value::Bool(on) => *on,
        Value::Number(number) => number.as_i64() == Some(1),
        Value::String(text) => {
            ["yes", "on", "1", "true", "t", "y"].contains(&text.trim().to_lowercase().as_str())
        }
        _ => false,
    }
}

/// A text variable that is neither absent nor empty.
fn filled(reader: &Reader, name: &str) -> Result<Option<Sourced<String>>> {
    Ok(reader.get::<String>(name)?.filter(|text| !text.value.is_empty()))
}

/// The place of a secret: the whole value of a variable, or what keys and indices lead to inside of it.
fn sealed_at(reader: &Reader, variable: &str, path: &[&str]) -> Sealed {
    let path = path.iter().map(|part| (*part).to_owned()).collect();
    let (host, variable) = (reader.host.into(), variable.into());
    Sealed::Sealed(Place { host, variable, path, holder: Holder::Value })
}

/// The secret that a file of this machine holds: of a variable's own path, or of a path below it.
fn sealed_file(reader: &Reader, variable: &str, below: &str) -> Sealed {
    let (host, variable) = (reader.host.into(), variable.into());
    let holder = Holder::Text { below: below.into() };
    Sealed::Sealed(Place { host, variable, path: Vec::new(), holder })
}

/// The text of a file of this machine that a variable names.
fn text_of(reader: &Reader, path: &Sourced<Utf8PathBuf>, what: &str) -> Result<String> {
    let told = || format!("{}: reading {what} {}", reader.host, path.value);
    let missing =
        || Trouble::refused(told()).because("there is no such file").set_by(&path.setting);
    let (bytes, _) = reader.variables.files().bytes(&path.value)?.ok_or_else(missing)?;
    String::from_utf8(bytes).or_refused(told)
}

#[cfg(test)]
mod tests;
