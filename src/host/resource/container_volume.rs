//! What of a container is not to be there, and what never goes: the volume that holds its data.

use serde::Serialize;

use super::{
    Thing,
    container::{Engine, remove},
};
use crate::host::{change::Change, fault::Fault, machine::Machine, record::Trace};

/// A container that is not to be there. Its volumes stay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NoContainer {
    pub engine: Engine,
    pub name: String,
}

impl Thing for NoContainer {
    /// Whether it is there.
    type Seen = bool;

    fn key(&self) -> String {
        format!("container:{}", self.name)
    }

    fn observe(&self, machine: &Machine) -> Result<bool, Fault> {
        Ok(self.engine.inspect(machine, "container", &self.name)?.is_some())
    }

    fn diff(&self, seen: &bool) -> Vec<Change> {
        let text = format!("remove the container {}", self.name);
        if *seen { vec![Change::new(text)] } else { Vec::new() }
    }

    fn perform(&self, machine: &Machine, seen: &bool) -> Result<(), Fault> {
        if *seen { remove(machine, self.engine, &self.name) } else { Ok(()) }
    }
}

/// A volume that holds the data of a container. It is never removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ContainerVolume {
    pub engine: Engine,
    pub name: String,
}

impl Thing for ContainerVolume {
    /// Whether it is there.
    type Seen = bool;

    fn key(&self) -> String {
        format!("container-volume:{}", self.name)
    }

    fn observe(&self, machine: &Machine) -> Result<bool, Fault> {
        Ok(self.engine.inspect(machine, "volume", &self.name)?.is_some())
    }

    fn diff(&self, seen: &bool) -> Vec<Change> {
        let text = format!("make the container volume {}", self.name);
        if *seen { Vec::new() } else { vec![Change::new(text)] }
    }

    fn perform(&self, machine: &Machine, seen: &bool) -> Result<(), Fault> {
        if *seen {
            return Ok(());
        }
        machine.must(&self.engine.call(["volume", "create", &self.name])).map(drop)
    }

    fn trace(&self, _machine: &Machine, _seen: &bool) -> Result<Option<Trace>, Fault> {
        Ok(Some(Trace::Data { kind: "container volume".into(), name: self.name.clone() }))
    }

    fn is_adopted(&self) -> bool {
        true
    }
}
