//! Talks to hosts over the system's OpenSSH. Only a host key that is expected is accepted.

pub mod answer;
pub mod ssh;

use std::time::Duration;

use futures::stream::BoxStream;
use tokio::time::Instant;

use self::answer::{Reply, Silence, Told};
use crate::{
    plan::{
        action::{
            Action,
            host::{HostAction, Verify},
        },
        reprovision::CHANGE,
    },
    run::driver::{Driver, Finding, Said, Task, Voice, apply_each, probe_each},
    trouble::{Result, Trouble},
};

/// SSH connections at once; each is a process.
const AT_ONCE: usize = 32;

/// The pause between two attempts at a host that does not answer yet.
const PAUSE: Duration = Duration::from_secs(3);

/// Brings [`HostAction`]s about.
#[derive(Debug)]
pub struct HostDriver {
    slots: tokio::sync::Semaphore,
}

impl Default for HostDriver {
    fn default() -> Self {
        Self { slots: tokio::sync::Semaphore::new(AT_ONCE) }
    }
}

impl HostDriver {
    pub fn new() -> Self {
        Self::default()
    }

    /// One attempt; between attempts no slot is held.
    async fn ask(&self, action: &Verify) -> Result<Reply> {
        let _slot = self.slots.acquire().await.expect("the semaphore is never closed");
        ssh::ask(&action.access, &action.known_hosts).await
    }

    async fn probe_one(&self, task: Task<'_>) -> Result<Finding> {
        let HostAction::Verify(action) = ours(&task)?;
        match self.ask(action).await? {
            Reply::Told(told) => {
                answer::is_the_host(task.subject, action, &told)?;
                Ok(match answer::other_image(action, &told) {
                    Some(other) => Finding::Kept(format!("{other}; {CHANGE}")),
                    None => Finding::Satisfied,
                })
            }
            Reply::Silent(Silence::WrongKey(words)) => {
                Err(answer::wrong_key(task.subject, action, &words))
            }
            Reply::Silent(_) => {
                Ok(Finding::Differs(vec!["wait until SSH answers, and verify the host".into()]))
            }
        }
    }

    async fn apply_one(&self, task: Task<'_>, voice: &Voice) -> Result<()> {
        let HostAction::Verify(action) = ours(&task)?;
        let since = Instant::now();
        loop {
            let silence = match self.ask(action).await? {
                Reply::Told(told) => return verify(task.subject, action, &told),
                Reply::Silent(Silence::WrongKey(words)) => {
                    return Err(answer::wrong_key(task.subject, action, &words));
                }
                Reply::Silent(silence) => silence,
            };
            if since.elapsed() >= Duration::from_secs(action.wait.value) {
                return Err(answer::too_long(task.subject, action, &silence));
            }
            voice.progress(silence.progress());
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// A host that was deployed just now must be exactly the one that was asked for.
fn verify(host: &str, action: &Verify, told: &Told) -> Result<()> {
    answer::is_the_host(host, action, told)?;
    match answer::other_image(action, told) {
        Some(other) => Err(Trouble::host(format!("{host}: verifying the host over SSH"))
            .because(other)
            .set_by(&action.image.setting)
            .hint("see what Ironic wrote to its disk: the deployment log on the seed, and the node's image_source")),
        None => Ok(()),
    }
}

fn ours<'a>(task: &Task<'a>) -> Result<&'a HostAction> {
    match &task.step.action {
        Action::Host(action) => Ok(action),
        _ => Err(Trouble::internal(format!("{} was given to the host driver", task.step.id))),
    }
}

impl Driver for HostDriver {
    fn probe<'a>(&'a self, tasks: Vec<Task<'a>>) -> BoxStream<'a, Said> {
        probe_each(tasks, usize::MAX, move |task, _| self.probe_one(task))
    }

    fn apply<'a>(&'a self, tasks: Vec<Task<'a>>) -> BoxStream<'a, Said> {
        apply_each(tasks, usize::MAX, move |task, voice| async move {
            self.apply_one(task, &voice).await
        })
    }
}
