//! Talks to the BMCs of hosts, in Redfish or IPMI: power, boot device, and what they know.

pub mod connection;
pub mod ipmi;
mod known;
pub mod redfish;
pub mod told;
pub mod whose;

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use futures::stream::BoxStream;

use self::connection::Connection;
use super::command::Earlier;
use crate::{
    event::Mode,
    model::bmc::{Bmc, Boot, Power, Way},
    plan::action::{
        Action,
        bmc::{BmcAction, How, SetPower},
    },
    run::driver::{Driver, Finding, Said, Task, Voice, apply_each, probe_each},
    secret::Secrets,
    trouble::{Result, Trouble},
};

/// BMCs that are spoken to at once. Each is another machine; the bound is for this one.
pub const AT_ONCE: usize = 64;

/// The pause between two looks at a power state that is to change.
const PAUSE: Duration = Duration::from_secs(1);

/// Brings [`BmcAction`]s about.
pub struct BmcDriver {
    secrets: Arc<dyn Secrets>,
    earlier: Earlier,
    mode: Mode,
    /// Hosts of which it was said that their BMC is not safe to talk to.
    warned: Mutex<BTreeSet<String>>,
}

impl BmcDriver {
    pub fn new(secrets: Arc<dyn Secrets>, earlier: Earlier, mode: Mode) -> Self {
        Self { secrets, earlier, mode, warned: Mutex::default() }
    }

    async fn look(&self, task: Task<'_>, voice: &Voice) -> Result<Finding> {
        let action = ours(&task)?;
        self.warn(task.subject, action.bmc(), voice);
        let id = &task.step.id;
        if self.earlier.done.contains(id) && is_history(action) {
            return Ok(Finding::DoneEarlier);
        }
        if let BmcAction::Reset(_) = action
            && self.earlier.begun.contains(id)
        {
            return Err(Trouble::host(format!("{}: taking on the earlier run", task.subject))
                .because("the reset was begun there, and whether the BMC got it is not known")
                .hint(format!(
                    "to reset it again, give the command itself with --limit {}",
                    task.subject
                )));
        }
        let mut bmc = Connection::open(task.subject, action.bmc(), &*self.secrets).await?;
        let found = self.found(action, &mut bmc, task.subject).await;
        bmc.close().await;
        found
    }

    async fn found(
        &self,
        action: &BmcAction,
        bmc: &mut Connection<'_>,
        host: &str,
    ) -> Result<Finding> {
        Ok(match action {
            BmcAction::Power(action) => self.power(action, bmc.power().await?),
            BmcAction::Reset(_) => match bmc.power().await? {
                Power::On => Finding::Differs(vec!["reset the host, which is on".into()]),
                Power::Off => {
                    return Err(Trouble::host(format!("{host}: resetting"))
                        .because("it has no power, so there is nothing to reset")
                        .hint("switch it on with `ymir overcloud bmc power on`"));
                }
            },
            BmcAction::Boot(action) => {
                let is = bmc.boot().await?;
                if is.satisfies(&action.boot) {
                    return Ok(Finding::Satisfied);
                }
                let change = format!("boot {} instead of {}", action.boot.words(), is.words());
                Finding::Differs(vec![change])
            }
        })
    }

    fn power(&self, action: &SetPower, is: Power) -> Finding {
        // In a check, the step before has switched nothing off.
        let after_check =
            action.how == How::Cycle && action.to == Power::On && self.mode == Mode::Check;
        if is == action.to && !after_check {
            return Finding::Satisfied;
        }
        let change = match (action.to, action.how) {
            (Power::On, _) => "switch the power on",
            (Power::Off, How::Soft) => "have the operating system shut down",
            (Power::Off, How::Hard | How::Cycle) => "switch the power off at once",
        };
        Finding::Differs(vec![change.into()])
    }

    /// Says once for each host what is not safe.
    fn warn(&self, host: &str, bmc: &Bmc, voice: &Voice) {
        let Way::Redfish(redfish) = &bmc.way else { return };
        let Some(warning) = redfish.trust.warning() else { return };
        let mut warned = self.warned.lock().unwrap_or_else(PoisonError::into_inner);
        if warned.insert(host.to_owned()) {
            voice.warn(warning);
        }
    }

    async fn act(&self, task: Task<'_>, voice: &Voice) -> Result<()> {
        let action = ours(&task)?;
        let mut bmc = Connection::open(task.subject, action.bmc(), &*self.secrets).await?;
        let done = match action {
            BmcAction::Power(action) => switch(&mut bmc, task.subject, action, voice).await,
            BmcAction::Reset(_) => bmc.reset().await,
            BmcAction::Boot(action) => set_boot(&mut bmc, &action.boot, voice).await,
        };
        bmc.close().await;
        done
    }
}

/// Whether nothing of it is seen afterwards, so that its record alone says that it was done.
fn is_history(action: &BmcAction) -> bool {
    match action {
        BmcAction::Power(action) => action.how == How::Cycle && action.to == Power::Off,
        BmcAction::Reset(_) => true,
        BmcAction::Boot(_) => false,
    }
}

/// Switches, and waits until it is so.
async fn switch(
    bmc: &mut Connection<'_>,
    host: &str,
    action: &SetPower,
    voice: &Voice,
) -> Result<()> {
    bmc.switch(action.to, action.how == How::Soft).await?;
    let patience = &action.bmc.patience.power;
    let end = Instant::now() + Duration::from_secs(patience.value);
    while bmc.power().await? != action.to {
        if Instant::now() >= end {
            let word = action.to.word();
            let trouble = Trouble::host(format!("{host}: waiting until its power is {word}"))
                .because(format!("it still is not after {} seconds", patience.value))
                .set_by(&patience.setting);
            return Err(match action.how {
                How::Soft => trouble.hint(
                    "the operating system does not end; without --soft the power goes at once",
                ),
                How::Hard | How::Cycle => {
                    trouble.hint("see the BMC's event log: `ymir overcloud bmc info`")
                }
            });
        }
        voice.progress(format!("waiting until its power is {}", action.to.word()));
        tokio::time::sleep(PAUSE).await;
    }
    Ok(())
}

/// Sets, and reads again: some BMCs take what they do not do.
async fn set_boot(bmc: &mut Connection<'_>, boot: &Boot, voice: &Voice) -> Result<()> {
    bmc.set_boot(boot).await?;
    let is = bmc.boot().await?;
    if !is.satisfies(boot) {
        voice.warn(format!(
            "its BMC took `{}`, and says that it is `{}`",
            boot.words(),
            is.words()
        ));
    }
    Ok(())
}

fn ours<'a>(task: &Task<'a>) -> Result<&'a BmcAction> {
    match &task.step.action {
        Action::Bmc(action) => Ok(action),
        _ => Err(Trouble::internal(format!("{} is not for a BMC", task.step.id))),
    }
}

impl Driver for BmcDriver {
    fn probe<'a>(&'a self, tasks: Vec<Task<'a>>) -> BoxStream<'a, Said> {
        probe_each(tasks, AT_ONCE, move |task, voice| async move { self.look(task, &voice).await })
    }

    fn apply<'a>(&'a self, tasks: Vec<Task<'a>>) -> BoxStream<'a, Said> {
        apply_each(tasks, AT_ONCE, move |task, voice| async move { self.act(task, &voice).await })
    }
}
