//! `ymir lab …`

use std::fmt::Write as _;

use clap::Subcommand;

use super::{
    exit::Exit,
    options::{Context, Format},
};
use crate::{
    lab::{
        self, Bench, console,
        status::{Health, Power, Status},
    },
    report::write,
    resolve,
    trouble::{Result, Tell, Trouble},
};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Bring the lab up, or what is missing of it
    Up,
    /// Stop what the lab started and remove everything but the cache
    Down,
    /// What runs, where it is found, and whether it is well
    Status,
    /// Follow a node's serial console until Ctrl-C
    Console {
        /// The node
        node: String,
    },
    /// Stop one service; `up` starts it again
    Stop {
        /// libvirtd, nginx, dnsmasq, redfish or ironic
        service: String,
    },
    /// Stop one service and start it again
    Restart {
        /// libvirtd, nginx, dnsmasq, redfish or ironic
        service: String,
    },
    /// Install the Debian packages that the lab needs, and nothing else
    Packages,
}

pub async fn execute(cx: &Context, command: Command) -> Result<Exit> {
    let only_looks = matches!(command, Command::Status | Command::Console { .. });
    if cx.options.check && !only_looks {
        return Err(Trouble::usage("the lab's commands cannot be checked, they always act")
            .hint("`ymir lab status` shows what is there and changes nothing"));
    }
    cx.refuse_limit("the lab is one: its commands name nodes and services themselves")?;
    let variables = if only_looks { cx.variables()? } else { cx.variables_to_act_on()? };
    let lab = resolve::lab::lab(&variables)?;
    let bench = Bench::new(lab, &cx.environment.cache_dir(), &tell);
    let work = async {
        match command {
            Command::Up => lab::up(&bench).await,
            Command::Down => lab::down(&bench).await,
            Command::Status => print_status(&lab::status::status(&bench).await?, cx.options.output),
            Command::Console { node } => {
                let path = console::path(&bench, &node)?;
                tell(&format!("{node}: {path} (Ctrl-C ends)"));
                console::follow(&path, &mut std::io::stdout()).await
            }
            Command::Stop { service } => lab::stop(&bench, &service).await,
            Command::Restart { service } => lab::restart(&bench, &service).await,
            Command::Packages => lab::packages(&bench).await,
        }
    };
    tokio::select! {
        done = work => done.map(|()| Exit::Done),
        // What is under way is dropped and cleans up behind itself.
        _ = tokio::signal::ctrl_c() => {
            if !only_looks {
                tell("interrupted: give the command again and it goes on from here");
            }
            Ok(Exit::Interrupted)
        }
    }
}

fn tell(line: &str) {
    write::stderr(&format!("{line}\n"));
}

fn print_status(status: &Status, format: Format) -> Result<()> {
    let what = || "writing the lab's status".to_owned();
    let text = match format {
        Format::Text => text(status),
        Format::Json => serde_json::to_string_pretty(status).or_internal(what)? + "\n",
        Format::Yaml => serde_yaml::to_string(status).or_internal(what)?,
    };
    write::result(&text)
}

fn text(status: &Status) -> String {
    let mut lines = vec![["", "STATE", "PID", "ADDRESS", "LOG"].map(str::to_owned)];
    let number = |pid: Option<i32>| pid.map_or_else(|| "-".into(), |pid| pid.to_string());
    for service in &status.services {
        let state = match service.state {
            Health::Well => "well",
            Health::Unwell => "unwell",
            Health::Stopped => "stopped",
        };
        let (name, address) = (service.name.clone(), service.address.clone());
        lines.push([name, state.into(), number(service.pid), address, service.log.to_string()]);
    }
    for node in &status.nodes {
        let power = match node.power {
            Power::On => "on",
            Power::Off => "off",
            Power::Paused => "paused",
            Power::PausedByDisk => "paused (disk full?)",
            Power::Absent => "absent",
        };
        let (name, address) = (node.name.clone(), node.address.clone());
        lines.push([name, power.into(), number(node.pid), address, node.log.to_string()]);
    }
    let mut text = table(&lines);
    for service in &status.services {
        if let Some(fault) = &service.fault {
            writeln!(text, "{} is unwell: {fault}", service.name).expect("a string");
        }
    }
    for node in &status.nodes {
        if let Some(fault) = &node.fault {
            writeln!(text, "{} is {fault}", node.name).expect("a string");
        }
    }
    text
}

/// Columns as wide as their widest cell, two spaces between.
fn table<const N: usize>(lines: &[[String; N]]) -> String {
    let width = |column: usize| lines.iter().map(|line| line[column].len()).max().unwrap_or(0);
    let line = |cells: &[String; N]| {
        let padded =
            cells.iter().enumerate().map(|(column, cell)| format!("{cell:<0$}", width(column)));
        format!("{}\n", padded.collect::<Vec<_>>().join("  ").trim_end())
    };
    lines.iter().map(line).collect()
}
