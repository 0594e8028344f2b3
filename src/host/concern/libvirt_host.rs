//! A host that runs virtual machines: libvirt with its pools and networks, and who may connect to it from elsewhere.

mod pool;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use self::pool::{Pool, PoolKind};
use super::{Host, Topic};
use crate::host::{
    facts::Family,
    fault::Fault,
    resource::{
        Directory, File, Inserted, LibvirtNetwork, Packages, Refresh, Resource, SaslLogin, Unit,
        Virtualisation, Way,
    },
    sealed::Sealed,
};

/// libvirt on the host; nothing where the site has none there.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct LibvirtHost {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub libvirt: Option<Libvirt>,
}

/// How libvirt shall be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Libvirt {
    /// The processor must have what virtual machines need.
    pub requires_vt: bool,
    /// Installs virtual firmware.
    pub efi: bool,
    /// Further architectures that machines can be of: `x86`.
    pub emulators: Vec<String>,
    pub extra_packages: Vec<String>,
    /// Package of the repository of Ceph's packages, on Rocky Linux only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ceph_repository: Option<String>,
    /// Options of `libvirtd.conf` and `qemu.conf` as the files have them; `None` leaves the file alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub libvirtd: Option<Vec<(String, String)>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub qemu: Option<Vec<(String, String)>>,
    /// How others log in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<Login>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tcp: Option<Listener>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<Listener>,
    /// Certificates and keys, by path.
    pub certificates: BTreeMap<String, Sealed>,
    pub pools: Vec<Pool>,
    pub networks: Vec<VirtualNetwork>,
}

/// A name and password of SASL.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Login {
    pub user: String,
    pub password: Sealed,
    pub mechanisms: Vec<String>,
}

/// Where libvirt listens; without an address, where the distribution says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Listener {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

/// A network that machines are connected to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VirtualNetwork {
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bridge: Option<String>,
    /// As libvirt reads it.
    pub xml: String,
}

const SERVICE: &str = "libvirtd.service";
const TCP: &str = "libvirtd-tcp.socket";
const TLS: &str = "libvirtd-tls.socket";
const TEMPLATE: &str = "/etc/apparmor.d/libvirt/TEMPLATE.qemu";

impl Topic for LibvirtHost {
    fn resources(&self, host: &Host) -> Result<Vec<Resource>, Fault> {
        match &self.libvirt {
            Some(libvirt) => libvirt.resources(host),
            None => Ok(Vec::new()),
        }
    }
}

impl Libvirt {
    fn resources(&self, host: &Host) -> Result<Vec<Resource>, Fault> {
        let apparmor = host.machine.node("/sys/kernel/security/apparmor")?.is_some();
        let mut resources = Vec::new();
        if self.requires_vt {
            resources.push(Virtualisation.into());
        }
        if host.facts.distribution == "rocky" {
            let repository = self.ceph_repository.iter();
            resources
                .extend(repository.map(|package| Packages::installed([package.as_str()]).into()));
        }
        resources.push(self.packages(host.facts.family, apparmor).into());
        if apparmor && host.facts.family == Family::Debian {
            resources.extend(self.confinement());
        }
        resources.extend(self.daemon());
        for (socket, listener) in [(TCP, &self.tcp), (TLS, &self.tls)] {
            let unit = if listener.is_some() { Unit::on(socket) } else { Unit::off(socket) };
            resources.push(Unit { socket_of: Some(SERVICE.into()), ..unit }.into());
        }
        resources.push(Unit::on(SERVICE).into());
        for pool in &self.pools {
            resources.extend(pool.resources());
        }
        resources.extend(self.networks.iter().map(|network| {
            let VirtualNetwork { name, bridge, xml } = network.clone();
            LibvirtNetwork { name, xml, bridge }.into()
        }));
        Ok(resources)
    }

    fn packages(&self, family: Family, apparmor: bool) -> Packages {
        let mut names: Vec<String> = Vec::new();
        let mut add = |more: &[&str]| names.extend(more.iter().map(|name| (*name).to_owned()));
        match family {
            Family::Debian => {
                add(&["qemu-system-x86", "libvirt-daemon-system"]);
                add(&["libvirt-clients", "python3-libvirt", "python3-lxml"]);
                add(if apparmor { &["apparmor"] } else { &[] });
                add(if self.efi { &["ovmf"] } else { &[] });
                if self.login.is_some() {
                    add(&["libsasl2-modules-gssapi-mit", "sasl2-bin"]);
                }
                names.extend(self.emulators.iter().map(|kind| format!("qemu-system-{kind}")));
            }
            Family::RedHat => {
                add(&["libgcrypt", "libgcrypt-devel", "libvirt", "libvirt-daemon-kvm", "qemu-kvm"]);
                add(&["libvirt-client", "python3-libvirt", "python3-lxml"]);
                add(if self.efi { &["edk2-ovmf"] } else { &[] });
                if let Some(login) = &self.login {
                    add(&["cyrus-sasl"]);
                    add(&login.red_hat_modules());
                }
            }
        }
        names.extend(self.extra_packages.iter().cloned());
        let mut seen = std::collections::BTreeSet::new();
        names.retain(|name| seen.insert(name.clone()));
        Packages::installed(names)
    }

    /// Machines may use the directories of the pools.
    fn confinement(&self) -> Vec<Resource> {
        let pools = self.pools.iter().filter(|pool| pool.kind == PoolKind::Dir);
        let paths = pools.filter_map(|pool| pool.path.as_deref());
        let line = |path: &str| {
            let line = format!("  {path}/** rwk,");
            Inserted { path: TEMPLATE.into(), line, before: "}".into() }.into()
        };
        let mut resources: Vec<Resource> = paths.map(line).collect();
        let words = ["apparmor_parser", "-r", TEMPLATE].map(str::to_owned);
        let read = Way::Run(vec![words.into()]);
        let read = Refresh::after("read the profile of virtual machines", read, &resources);
        resources.push(read.into());
        resources
    }

    /// Its files, and a restart after they have changed.
    fn daemon(&self) -> Vec<Resource> {
        let file = |name: &str, options: &Vec<(String, String)>| {
            let line = |(name, value): &(String, String)| format!("{name} = {value}\n");
            let lines: String = options.iter().map(line).collect();
            let text = format!("# Ansible managed\n{lines}");
            Resource::from(File::new(format!("/etc/libvirt/{name}.conf"), text).mode(0o644))
        };
        let mut files = Vec::new();
        files.extend(self.libvirtd.iter().map(|options| file("libvirtd", options)));
        files.extend(self.qemu.iter().map(|options| file("qemu", options)));
        files.extend(self.login.iter().map(Login::mechanisms));
        let mut above = Vec::new();
        for (socket, listener) in [(TCP, &self.tcp), (TLS, &self.tls)] {
            let Some(address) = listener.as_ref().and_then(|listener| listener.address.as_ref())
            else {
                continue;
            };
            let directory = format!("/etc/systemd/system/{socket}.d");
            let path = format!("{directory}/listen-address.conf");
            above.push(Directory::new(directory).access("root", "root", 0o755).into());
            let text = format!(
                "# Ansible managed\n[Socket]\nListenStream=\nListenStream={address}\n\
                 # The address may come later than the socket.\nFreeBind=true\n"
            );
            files.push(File::new(path, text).comments_aside().mode(0o644).into());
        }
        above.extend(self.directories());
        files.extend(self.certificates.iter().map(|(path, content)| {
            let mode = if path.ends_with("cacert.pem") { 0o644 } else { 0o600 };
            File::new(path, content.reveal()).mode(mode).secret().into()
        }));
        let restart = self.restart(&files);
        let login = self.login.iter().map(Login::resource);
        above.into_iter().chain(files).chain(login).chain([restart]).collect()
    }

    /// Those that the certificates are in.
    fn directories(&self) -> Vec<Resource> {
        let above = self.certificates.keys().filter_map(|path| Some(path.rsplit_once('/')?.0));
        let above: std::collections::BTreeSet<&str> = above.collect();
        let directory = |path: &str| Directory::new(path).access("root", "root", 0o700).into();
        above.into_iter().map(directory).collect()
    }

    /// Sockets start and stop only while the daemon does not run. Machines run on meanwhile.
    fn restart(&self, files: &[Resource]) -> Resource {
        let systemctl = |words: &[&str]| {
            std::iter::once("systemctl").chain(words.iter().copied()).map(str::to_owned).collect()
        };
        let mut calls: Vec<Vec<String>> =
            vec![systemctl(&["daemon-reload"]), systemctl(&["stop", SERVICE])];
        for (socket, listener) in [(TCP, &self.tcp), (TLS, &self.tls)] {
            let verb = if listener.is_some() { "restart" } else { "stop" };
            calls.push(systemctl(&[verb, socket]));
        }
        calls.push(systemctl(&["start", SERVICE]));
        Refresh::after(format!("restart {SERVICE}"), Way::Run(calls), files).into()
    }
}

impl Login {
    fn red_hat_modules(&self) -> Vec<&'static str> {
        let uses = |words: &str| {
            self.mechanisms.iter().any(|mechanism| mechanism.to_lowercase().contains(words))
        };
        let all = [
            ("gssapi", "cyrus-sasl-gssapi"),
            ("digest-md5", "cyrus-sasl-md5"),
            ("plain", "cyrus-sasl-plain"),
            ("scram", "cyrus-sasl-scram"),
        ];
        all.into_iter().filter(|(words, _)| uses(words)).map(|(_, package)| package).collect()
    }

    fn mechanisms(&self) -> Resource {
        let list = self.mechanisms.join(" ");
        let text = format!("mech_list: {list}\nsasldb_path: /etc/libvirt/passwd.db\n");
        // Kayobe's ends with an empty line.
        let file = File::new("/etc/sasl2/libvirt.conf", text.as_str()).or(format!("{text}\n"));
        file.mode(0o644).into()
    }

    fn resource(&self) -> Resource {
        let Self { user, password, .. } = self;
        let password = password.reveal();
        let text = format!(
            "[credentials-default]\nauthname={user}\npassword={password}\n\n\
             [auth-libvirt-default]\ncredentials=default\n"
        );
        let file = File::new("/etc/libvirt/auth.conf", text.as_str()).or(format!("{text}\n"));
        let file = file.mode(0o600).secret();
        SaslLogin { user: user.clone(), password: password.to_owned(), file }.into()
    }
}

#[cfg(test)]
#[path = "libvirt_host_tests.rs"]
mod tests;
