//! `ymir network …`

mod told;

use clap::Subcommand;
use futures::{StreamExt, stream};

use super::{exit::Exit, hooks::HookSides, host_configure::errands, options::Context};
use crate::{
    drivers::agent::errand::Errands,
    event::Stamped,
    host::errand::{
        Errand, Told,
        pings::{Ping, Pinged},
    },
    model::{
        hook::Side,
        ways::{Way, Ways},
    },
    report::{Report, plain::Plain, write},
    resolve::ways::ways,
    trouble::{Result, Trouble},
};

const CHECK: &str = "network connectivity check";

/// Hosts at once; the connections have their own limit.
const AT_ONCE: usize = 1024;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// What reaches what.
    #[command(subcommand)]
    Connectivity(Connectivity),
}

#[derive(Debug, Subcommand)]
pub enum Connectivity {
    /// Check from every host that the outside, the gateways and all other hosts answer, with whole packets of each
    /// network's MTU
    ///
    /// The exit code is 4 if anything does not.
    Check,
}

/// What a host found out of its ways, or why it could not be asked.
type Found = Result<Vec<(Way, Pinged)>>;

pub async fn execute(cx: &Context, command: Command) -> Result<Exit> {
    let Command::Connectivity(Connectivity::Check) = command;
    let variables = cx.variables()?;
    let hooks = HookSides::of(cx, &variables, CHECK)?;
    let hosts = ways(&variables, cx.options.limit.as_deref())?;
    let errands = errands(cx, CHECK)?;
    run_hooks(cx, &hooks, Side::Pre).await?;
    let found: Vec<(String, Found)> = stream::iter(&hosts)
        .map(|host| async { (host.host.name.clone(), ask(&errands, host).await) })
        .buffered(AT_ONCE)
        .collect()
        .await;
    write::stderr(&told::troubles(&found));
    write::result(&told::result(&found, cx.options.output)?)?;
    if found.iter().any(|(_, found)| told::is_bad(found)) {
        return Ok(Exit::SomeFailed);
    }
    run_hooks(cx, &hooks, Side::Post).await?;
    Ok(Exit::Done)
}

async fn ask(errands: &Errands, host: &Ways) -> Found {
    let name = &host.host.name;
    let mut open = errands.open(name, &host.host.login).await?;
    let ping = |way: &Way| Ping { to: way.to.clone(), whole: way.whole() };
    let errand = Errand::Pings(host.ways.iter().map(ping).collect());
    match errands.run(&mut open, errand, |_| {}).await? {
        Told::Pings(pinged) if pinged.len() == host.ways.len() => {
            Ok(host.ways.iter().cloned().zip(pinged).collect())
        }
        _ => Err(Trouble::internal(format!("{name}: the agent told nothing of its pings"))),
    }
}

/// The hooks' words go to standard error; nothing of a look is kept.
async fn run_hooks(cx: &Context, hooks: &HookSides, side: Side) -> Result<()> {
    let dir = cx.store()?.dir().join("hooks");
    let mut report = Plain::new(cx.options.diff);
    let say = |event| report.event(&Stamped { at: jiff::Timestamp::now(), event });
    hooks.run(side, &dir, say).await
}
