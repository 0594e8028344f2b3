//! `overcloud introspection data save`, and that of `baremetal compute`: what Ironic found of every host stands in a file.

use camino::Utf8Path;

use super::{
    Plan,
    action::{
        Action,
        ironic::{Format, IronicAction, Save},
    },
};
use crate::model::node::Ironic;

/// The command's words.
pub const COMMAND: &str = "overcloud introspection data save";

/// Plans one of the commands: one file for each host in a directory. `looks` is where Ymir keeps what it compares with.
pub fn plan(
    command: &str,
    hosts: &[(String, Ironic)],
    directory: &Utf8Path,
    format: Format,
    looks: &Utf8Path,
) -> Plan {
    let steps = |(name, ironic): &(String, Ironic)| {
        let save = Save {
            ironic: ironic.clone(),
            file: directory.join(format!("{name}.{}", format.ending())),
            format,
            look: looks.join(format!("{name}.json")),
        };
        let action = Action::Ironic(IronicAction::Save(Box::new(save)));
        (name.clone(), vec![("save the introspection data".to_owned(), action)])
    };
    Plan::named(command).stage("save", hosts, steps)
}
