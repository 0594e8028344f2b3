//! `baremetal compute serial console enable` and `disable`: consoles that the cloud's users reach.

use super::{
    Plan,
    action::{
        Action,
        allocation::Allocate,
        ironic::{Console, IronicAction},
    },
};
use crate::model::tenant::SerialConsole;

/// The words of the command that turns consoles on.
pub const ENABLE: &str = "baremetal compute serial console enable";

/// The words of the command that turns them off.
pub const DISABLE: &str = "baremetal compute serial console disable";

/// Plans one of them. A port that is given out now is kept before Ironic hears of it.
pub fn plan(command: &str, consoles: &[SerialConsole]) -> Plan {
    Plan::named(command)
        .stage("console", consoles, |console| (console.host.clone(), steps(console)))
}

fn steps(console: &SerialConsole) -> Vec<(String, Action)> {
    let SerialConsole { ironic, port, is_new, wait, .. } = console.clone();
    let given = is_new.then(|| {
        let allocate = Allocate { console: port, ..Allocate::default() };
        ("keep its TCP port".to_owned(), Action::Allocation(allocate))
    });
    let title = if port.is_some() { "turn the console on" } else { "turn the console off" };
    let switch = IronicAction::Console(Box::new(Console { ironic, port, wait }));
    given.into_iter().chain([(title.to_owned(), Action::Ironic(switch))]).collect()
}
