//! Pools and networks of libvirt's, by its own program.

use serde::Serialize;

use super::Thing;
use crate::host::{
    change::Change, fault::Fault, machine::Machine, programs::Call, record::Trace, removal::Verdict,
};

/// A pool of volumes. One that is there keeps its place while it has volumes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LibvirtPool {
    pub name: String,
    pub xml: String,
    /// Where its volumes are.
    pub path: Option<String>,
    /// The directory is made if it is not there.
    pub builds: bool,
}

/// A network that connects virtual machines to a bridge of the host's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LibvirtNetwork {
    pub name: String,
    pub xml: String,
    pub bridge: Option<String>,
}

/// What libvirt says of a pool or a network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    active: bool,
    autostart: bool,
    /// Its description, as it is from the next start on.
    xml: String,
}

/// Whose words `virsh` uses: `pool-info`, `net-info`.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Pool,
    Net,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Pool => "pool",
            Self::Net => "net",
        }
    }

    fn called(self) -> &'static str {
        match self {
            Self::Pool => "pool",
            Self::Net => "network",
        }
    }

    fn call(self, verb: &str, name: &str) -> Call {
        Call::new("virsh", [format!("{}-{verb}", self.word()), name.to_owned()])
    }

    fn does(self, machine: &Machine, verb: &str, name: &str) -> Result<(), Fault> {
        machine.must(&self.call(verb, name)).map(drop)
    }

    fn define(self, machine: &Machine, xml: &str) -> Result<(), Fault> {
        machine.must(&self.call("define", "/dev/stdin").input(xml)).map(drop)
    }

    /// `None` if there is none of that name, or no libvirt yet.
    fn seen(self, machine: &Machine, name: &str) -> Result<Option<Seen>, Fault> {
        if !machine.path("/usr/bin/virsh").exists() {
            return Ok(None);
        }
        let call = self.call("info", name);
        let said = machine.run(&call)?;
        if said.code != 0 {
            // A daemon that does not run is started before its pools and networks are.
            let told = said.stderr.to_lowercase();
            let is_absence = ["not found", "failed to connect to", "failed to get"];
            let is_absence = is_absence.iter().any(|words| told.contains(words));
            return if is_absence { Ok(None) } else { said.checked(&call).map(|_| None) };
        }
        let is = |name: &str, words: [&str; 2]| {
            let mut pairs = said.stdout.lines().filter_map(|line| line.split_once(':'));
            pairs.any(|(known, value)| known.trim() == name && words.contains(&value.trim()))
        };
        let dump = self.call("dumpxml", name).also(["--inactive"]);
        Ok(Some(Seen {
            active: is("Active", ["yes", "yes"]) || is("State", ["running", "degraded"]),
            autostart: is("Autostart", ["yes", "yes"]),
            xml: machine.must(&dump)?.stdout,
        }))
    }

    fn diff(self, name: &str, seen: Option<&Seen>) -> Vec<Change> {
        let what = format!("libvirt's {} {name}", self.called());
        let Some(seen) = seen else { return vec![Change::new(format!("define {what}"))] };
        let mut changes = Vec::new();
        if !seen.active {
            changes.push(Change::new(format!("start {what}")));
        }
        if !seen.autostart {
            changes.push(Change::new(format!("have {what} start with the host")));
        }
        changes
    }

    /// Has it start now, unless it is active, and with the host.
    fn start(self, machine: &Machine, name: &str, seen: &Seen) -> Result<(), Fault> {
        if !seen.active {
            self.does(machine, "start", name)?;
        }
        if seen.autostart { Ok(()) } else { self.does(machine, "autostart", name) }
    }
}

const NOTHING: &Seen = &Seen { active: false, autostart: false, xml: String::new() };

impl LibvirtPool {
    /// Where it is, if that is not where the site wants it.
    fn elsewhere<'s>(&self, seen: &'s Seen) -> Option<&'s str> {
        let wanted = self.path.as_deref()?;
        let (_, rest) = seen.xml.split_once("<path>")?;
        let (path, _) = rest.split_once("</path>")?;
        (path != wanted).then_some(path)
    }

    /// Says so where a pool is not moved: its volumes would be lost to whoever uses them.
    pub(super) fn note(&self, machine: &Machine) -> Result<Option<String>, Fault> {
        let Some(seen) = self.observe(machine)? else { return Ok(None) };
        let wanted = self.path.as_deref().unwrap_or_default();
        Ok(self.elsewhere(&seen).map(|path| {
            format!(
                "libvirt's pool {} stays at {path}; the site has it at {wanted}, where its volumes are moved by hand",
                self.name
            )
        }))
    }
}

impl Thing for LibvirtPool {
    type Seen = Option<Seen>;

    fn key(&self) -> String {
        format!("libvirt-pool:{}", self.name)
    }

    fn observe(&self, machine: &Machine) -> Result<Option<Seen>, Fault> {
        Kind::Pool.seen(machine, &self.name)
    }

    fn diff(&self, seen: &Option<Seen>) -> Vec<Change> {
        Kind::Pool.diff(&self.name, seen.as_ref())
    }

    fn perform(&self, machine: &Machine, seen: &Option<Seen>) -> Result<(), Fault> {
        if seen.is_none() {
            Kind::Pool.define(machine, &self.xml)?;
        }
        let seen = seen.as_ref().unwrap_or(NOTHING);
        if self.builds && !seen.active {
            Kind::Pool.does(machine, "build", &self.name)?;
        }
        Kind::Pool.start(machine, &self.name, seen)
    }

    fn trace(&self, _machine: &Machine, seen: &Option<Seen>) -> Result<Option<Trace>, Fault> {
        Ok(seen.is_none().then(|| Trace::LibvirtPool { name: self.name.clone() }))
    }
}

impl LibvirtNetwork {
    fn is_on_another(&self, seen: &Seen) -> bool {
        let wanted = |bridge: &String| seen.xml.contains(&format!("<bridge name='{bridge}'"));
        !self.bridge.as_ref().is_none_or(wanted)
    }
}

impl Thing for LibvirtNetwork {
    type Seen = Option<Seen>;

    fn key(&self) -> String {
        format!("libvirt-network:{}", self.name)
    }

    fn observe(&self, machine: &Machine) -> Result<Option<Seen>, Fault> {
        Kind::Net.seen(machine, &self.name)
    }

    fn diff(&self, seen: &Option<Seen>) -> Vec<Change> {
        let mut changes = Kind::Net.diff(&self.name, seen.as_ref());
        if seen.as_ref().is_some_and(|seen| self.is_on_another(seen)) {
            let bridge = self.bridge.as_deref().unwrap_or_default();
            let text = format!("put libvirt's network {} on the bridge {bridge}", self.name);
            changes.insert(0, Change::new(text));
        }
        changes
    }

    fn perform(&self, machine: &Machine, seen: &Option<Seen>) -> Result<(), Fault> {
        let Some(seen) = seen else {
            Kind::Net.define(machine, &self.xml)?;
            return Kind::Net.start(machine, &self.name, NOTHING);
        };
        if !self.is_on_another(seen) {
            return Kind::Net.start(machine, &self.name, seen);
        }
        // What is defined again keeps its identity. Machines that run stay on the bridge that they are on.
        let identity = seen.xml.lines().find(|line| line.trim().starts_with("<uuid>"));
        let xml = self.xml.replacen(
            "  <name>",
            &format!("{}\n  <name>", identity.unwrap_or_default()),
            1,
        );
        Kind::Net.define(machine, &xml)?;
        if seen.active {
            Kind::Net.does(machine, "destroy", &self.name)?;
        }
        Kind::Net.start(machine, &self.name, &Seen { active: false, ..seen.clone() })
    }

    fn trace(&self, _machine: &Machine, seen: &Option<Seen>) -> Result<Option<Trace>, Fault> {
        Ok(seen.is_none().then(|| Trace::LibvirtNetwork { name: self.name.clone() }))
    }
}

/// What becomes of a pool that nobody asks for any more: with volumes in it, it stays.
pub(crate) fn judge_pool(machine: &Machine, name: &str) -> Result<Verdict, Fault> {
    let Some(seen) = Kind::Pool.seen(machine, name)? else { return Ok(Verdict::Forget) };
    let volumes = if seen.active {
        machine.must(&Call::new("virsh", ["vol-list", name]))?.stdout
    } else {
        String::new()
    };
    let count = volumes.lines().skip(2).filter(|line| !line.trim().is_empty()).count();
    Ok(if count > 0 {
        Verdict::Keep(format!("libvirt's pool {name} stays: it has {count} volumes"))
    } else {
        Verdict::Remove(Change::new(format!("remove libvirt's pool {name}")))
    })
}

/// What becomes of a network that nobody asks for any more: with a machine on it, it stays.
pub(crate) fn judge_network(machine: &Machine, name: &str) -> Result<Verdict, Fault> {
    let Some(seen) = Kind::Net.seen(machine, name)? else { return Ok(Verdict::Forget) };
    // libvirt counts them on the active network.
    let active = if seen.active {
        machine.must(&Kind::Net.call("dumpxml", name))?.stdout
    } else {
        String::new()
    };
    Ok(if active.contains("<network connections=") {
        Verdict::Keep(format!("libvirt's network {name} stays: machines are on it"))
    } else {
        Verdict::Remove(Change::new(format!("remove libvirt's network {name}")))
    })
}

pub(crate) fn remove_pool(machine: &Machine, name: &str) -> Result<(), Fault> {
    remove(machine, Kind::Pool, name)
}

pub(crate) fn remove_network(machine: &Machine, name: &str) -> Result<(), Fault> {
    remove(machine, Kind::Net, name)
}

/// Of a pool the directory stays, as does whatever is in it.
fn remove(machine: &Machine, kind: Kind, name: &str) -> Result<(), Fault> {
    if kind.seen(machine, name)?.is_some_and(|seen| seen.active) {
        kind.does(machine, "destroy", name)?;
    }
    kind.does(machine, "undefine", name)
}
