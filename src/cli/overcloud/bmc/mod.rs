//! `ymir overcloud bmc …`

mod change;
mod look;
mod told;

use clap::{Args, Subcommand, ValueEnum};

use crate::{
    ansible::Variables,
    cli::{exit::Exit, options::Context},
    model::bmc::{Bmc, Boot as Booting, Device, Firmware},
    plan::bmc::Request,
    resolve::{
        bmc::bmcs,
        concerns::{Class, selected},
    },
    trouble::Result,
};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Power of the hosts, by their BMCs.
    #[command(subcommand)]
    Power(Power),
    /// What the hosts boot.
    #[command(subcommand)]
    Boot(Boot),
    /// Show model, firmware, serial numbers, sensors and event log
    Info,
    /// Check that the BMCs can be reached and logged in to, and show what they can do
    Check,
}

#[derive(Debug, Subcommand)]
pub enum Power {
    /// Show which hosts have power
    Status,
    /// Switch the power on
    On,
    /// Switch the power off at once; needs --limit
    Off(Off),
    /// Switch the power off and on again; needs --limit
    Cycle,
    /// Have the hosts begin anew without losing power; needs --limit
    Reset,
}

#[derive(Debug, Args)]
pub struct Off {
    /// Have the operating system shut down, instead of at once
    #[arg(long)]
    soft: bool,
}

#[derive(Debug, Subcommand)]
pub enum Boot {
    /// Show what the hosts boot
    Show,
    /// Have the hosts boot something, from now on or at the next boot
    Set(Set),
}

#[derive(Debug, Args)]
pub struct Set {
    /// What to boot; `default` is what the firmware's own settings say
    device: Wanted,
    /// Only at the next boot
    #[arg(long)]
    once: bool,
    /// How the firmware boots [default: as it is]
    #[arg(long, value_name = "MODE")]
    mode: Option<Mode>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Wanted {
    Pxe,
    Disk,
    Cdrom,
    Bios,
    Default,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Mode {
    Uefi,
    Legacy,
}

impl Set {
    fn boot(&self) -> Booting {
        let device = match self.device {
            Wanted::Pxe => Device::Pxe,
            Wanted::Disk => Device::Disk,
            Wanted::Cdrom => Device::Cdrom,
            Wanted::Bios => Device::Bios,
            Wanted::Default => Device::Default,
        };
        let firmware = self.mode.map(|mode| match mode {
            Mode::Uefi => Firmware::Uefi,
            Mode::Legacy => Firmware::Legacy,
        });
        Booting { device, once: self.once, firmware }
    }
}

pub async fn execute(cx: &Context, command: Command) -> Result<Exit> {
    match command {
        Command::Power(Power::Status) => look::power(cx).await,
        Command::Power(Power::On) => change::execute(cx, "power on", Request::On).await,
        Command::Power(Power::Off(Off { soft })) => {
            change::execute(cx, "power off", Request::Off { soft }).await
        }
        Command::Power(Power::Cycle) => change::execute(cx, "power cycle", Request::Cycle).await,
        Command::Power(Power::Reset) => change::execute(cx, "power reset", Request::Reset).await,
        Command::Boot(Boot::Show) => look::boot(cx).await,
        Command::Boot(Boot::Set(set)) => {
            change::execute(cx, "boot set", Request::Boot(set.boot())).await
        }
        Command::Info => look::info(cx).await,
        Command::Check => look::check(cx).await,
    }
}

/// The BMCs of the overcloud's hosts that the command line selects.
fn chosen(cx: &Context, variables: &Variables) -> Result<Vec<(String, Bmc)>> {
    let names = selected(variables, Class::Overcloud, cx.options.limit.as_deref())?;
    bmcs(variables, &names)
}
