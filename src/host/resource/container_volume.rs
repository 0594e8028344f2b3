//! What of a container is not to be there, and what never goes: the volume that holds its data.

use serde::Serialize;

use super::{
    Thing,
    container::{Engine, remove},
};
use crate::host::{change::Change, data::Held, fault::Fault, machine::Machine, record::Trace};

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

/// A volume that holds the data of a container. It is removed only when the operator names it.
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
        let (engine, name) = (self.engine, self.name.clone());
        Ok(Some(Trace::Data { held: Held::ContainerVolume { engine, name } }))
    }

    fn is_adopted(&self) -> bool {
        true
    }
}

/// The containers that use a volume, whether they run or not.
pub(crate) fn users(machine: &Machine, engine: Engine, volume: &str) -> Result<Vec<String>, Fault> {
    let filter = format!("volume={volume}");
    let call = engine.call(["ps", "--all", "--format", "{{.Names}}", "--filter", &filter]);
    Ok(machine.must(&call)?.stdout.lines().map(str::to_owned).collect())
}

/// Removes a volume with what it holds.
pub(crate) fn take_away(machine: &Machine, engine: Engine, volume: &str) -> Result<(), Fault> {
    machine.must(&engine.call(["volume", "rm", volume])).map(drop)
}
