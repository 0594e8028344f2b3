//! `ymir overcloud inventory …`

use std::collections::BTreeSet;

use clap::Subcommand;

use super::bare_metal;
use crate::{
    ansible::Variables,
    cli::{allocation, execute::Session, exit::Exit, options::Context},
    drivers::{
        Drivers,
        inventory::{self, InventoryDriver},
        ironic::{discovery::discovered, observed::Observed},
    },
    model::discovery::{Discovered, Grouping, inventory as text},
    plan::{action::inventory::WriteInventory, inventory_discover},
    report::write,
    resolve::discovery::{self, FILE},
    trouble::{Result, Trouble},
};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write the hosts that Ironic knows into the inventory, and tell what does not fit: hosts that only one of the two
    /// has, and hardware that was swapped
    Discover,
}

/// The group of the hosts that are to be found in Ironic.
const OVERCLOUD: &str = "overcloud";

pub async fn execute(cx: &Context, command: Command) -> Result<Exit> {
    let Command::Discover = command;
    cx.refuse_limit("the inventory is written as a whole")?;
    let session = Session::open(cx, inventory_discover::COMMAND)?;
    let variables = &session.variables;
    let file = variables.environment_dir().join(FILE);
    if cx.options.list_tasks {
        // Which addresses are given out depends on what Ironic knows, and a list of tasks does not ask it.
        let nothing = WriteInventory { file, text: String::new() };
        return session.run(&inventory_discover::plan(&nothing, &[]), &Drivers::default()).await;
    }
    // Hosts that other files of the inventory have stay there.
    let by_hand = cx.variables_with(&file, "")?;
    let (grouping, ironic) = (discovery::grouping(variables)?, discovery::ironic(variables)?);
    let told = |text: String| write::stderr(&format!("{text}\n"));
    let driver = bare_metal::ironic(cx, &session.variables);
    let nodes = driver.listed(&ironic, &told).await?;
    if nodes.is_empty() && !inventory::read(&file)?.is_empty() {
        return Err(Trouble::host(format!("{}: discovering hosts", ironic.url.value))
            .because("Ironic knows no node at all, and the inventory has discovered hosts: they would all be lost")
            .set_by(&ironic.url.setting)
            .hint(format!("register the nodes first; or delete {file} if there shall be none")));
    }
    let known: BTreeSet<String> = by_hand.hosts().into_iter().collect();
    let new = |name: &String| !known.contains(name);
    let hosts: Vec<Discovered> = nodes
        .iter()
        .filter(|(name, _)| new(name))
        .map(|(name, node)| discovered(name, node))
        .collect();
    let written = WriteInventory { file: file.clone(), text: text(&grouping, &hosts)? };
    let after = cx.variables_with(&file, &written.text)?;
    let mut notes = unknown(&after, &nodes, &grouping);
    let looks = cx.store()?.hardware();
    notes.extend(told_of(driver.swapped(&ironic, &nodes, &looks, &told).await?));
    let overcloud = after.group(OVERCLOUD).unwrap_or_default();
    let given = match allocation::given(cx, &after, &overcloud) {
        Ok(given) => Some(given),
        Err(trouble) => {
            notes.push(format!("no addresses are given out: {trouble}"));
            None
        }
    };
    let (allocated, keeper) =
        given.map(|given| (given.allocated, given.driver)).unwrap_or_default();
    let plan = inventory_discover::plan(&written, &allocated);
    let drivers = Drivers {
        inventory: Some(Box::new(InventoryDriver::new(notes))),
        allocation: keeper.map(|keeper| Box::new(keeper) as _),
        ..Drivers::default()
    };
    session.run(&plan, &drivers).await
}

/// Hosts that only one of the two has.
fn unknown(after: &Variables, nodes: &[(String, Observed)], grouping: &Grouping) -> Vec<String> {
    let names: BTreeSet<&String> = nodes.iter().map(|(name, _)| name).collect();
    let overcloud = after.group(OVERCLOUD).unwrap_or_default();
    let missing = overcloud.iter().filter(|host| !names.contains(host)).map(|host| {
        format!("{host} is in the inventory, and Ironic has no node of this name: register it, or take it out")
    });
    let ignored = nodes.iter().filter(|(name, _)| grouping.ignores(name)).map(|(name, _)| {
        format!("{name} is in Ironic, and left out: `overcloud_group_hosts_map` ignores it")
    });
    let nameless = nodes.iter().filter(|(_, node)| node.name.is_none()).map(|(uuid, _)| {
        format!(
            "node {uuid} has no name in Ironic, so its UUID stands in the inventory: give it a name"
        )
    });
    missing.chain(ignored).chain(nameless).collect()
}

/// Hardware that is not what was saved last.
fn told_of(swapped: Vec<(String, Vec<String>)>) -> impl Iterator<Item = String> {
    swapped.into_iter().map(|(name, changes)| {
        format!(
            "{name} is not the hardware that was saved last: {}; `ymir overcloud introspection data save` takes it as it is",
            changes.join(", ")
        )
    })
}
