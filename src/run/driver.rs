//! The contract between a run and what acts on the world.

use std::{
    future::Future,
    sync::{Arc, Mutex, PoisonError},
};

use futures::{
    FutureExt, StreamExt,
    future::BoxFuture,
    stream::{self, BoxStream},
};
use tokio::sync::mpsc;

use crate::{
    plan::{Lane, Plan, Step, action::Action},
    trouble::Result,
};

/// A step that is ready, and whose it is.
#[derive(Debug)]
pub struct Task<'a, A = Action> {
    pub subject: &'a str,
    pub step: &'a Step<A>,
}

impl<A> Clone for Task<'_, A> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<A> Copy for Task<'_, A> {}

/// What a read-only look at the world says about a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// Nothing to do.
    Satisfied,
    /// Nothing is done, though it is not as the step says: why it is left as it is.
    Kept(String),
    /// What would be changed, one line each.
    Differs(Vec<String>),
    /// An earlier run did it, and it cannot be looked at.
    DoneEarlier,
    /// Cannot be told without acting: an opaque command, or a host that is not up yet.
    Unknown(String),
}

/// What a driver says about one step.
#[derive(Debug)]
pub struct Said {
    /// The step's id.
    pub step: String,
    pub word: Word,
}

/// What a command left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// Exactly one `Found` per probed step or `Applied` per applied step, after any number of the others.
#[derive(Debug)]
pub enum Word {
    Progress(String),
    Warning(String),
    /// What a command left behind that the operator wants to see.
    Output(Output),
    Found(Result<Finding>),
    Applied(Result<()>),
}

/// The only thing that touches the world. Both methods get all steps that are ready together, so that a driver can
/// look at a whole rack with one request, and say what they have to say about each step as soon as they know it.
///
/// The contract, tested for every action: apply, then probe says `Satisfied`; apply again changes nothing; killed at
/// any moment, probe and apply take on from what is there.
pub trait Driver<A = Action>: Sync {
    /// Looks at the world for the whole plan before anything of it is done; an error ends the run.
    fn survey<'a>(&'a self, _plan: &'a Plan<A>) -> BoxFuture<'a, Result<()>>
    where
        A: Sync,
    {
        std::future::ready(Ok(())).boxed()
    }

    /// Hears what a stage will ask for, before it does: what comes after a step may be looked at together with it.
    fn foresee(&self, _lanes: &[&Lane<A>]) {}
    /// Looks and changes nothing; one [`Word::Found`] per task.
    fn probe<'a>(&'a self, tasks: Vec<Task<'a, A>>) -> BoxStream<'a, Said>;
    /// Brings the steps about; one [`Word::Applied`] per task.
    fn apply<'a>(&'a self, tasks: Vec<Task<'a, A>>) -> BoxStream<'a, Said>;
}

/// How the work on one task speaks while it goes on.
#[derive(Debug, Clone)]
pub struct Voice {
    step: String,
    sender: mpsc::UnboundedSender<Said>,
    /// The last progress: what looks again and again has no news each time.
    last: Arc<Mutex<String>>,
}

impl Voice {
    /// How far the step is, in a few words; replaces what was said before. The same again is not said.
    pub fn progress(&self, text: impl Into<String>) {
        let text = text.into();
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if *last != text {
            last.clone_from(&text);
            self.say(Word::Progress(text));
        }
    }

    /// Something to know that stops nothing.
    pub fn warn(&self, text: impl Into<String>) {
        self.say(Word::Warning(text.into()));
    }

    /// What a command left behind.
    pub fn output(&self, output: Output) {
        self.say(Word::Output(output));
    }

    fn say(&self, word: Word) {
        // The run is gone only when it was aborted; then nobody is left to hear it.
        drop(self.sender.send(Said { step: self.step.clone(), word }));
    }
}

/// Probes tasks side by side, at most `at_once` of them.
pub fn probe_each<'a, A, F, W>(
    tasks: Vec<Task<'a, A>>,
    at_once: usize,
    look: F,
) -> BoxStream<'a, Said>
where
    A: Sync,
    F: Fn(Task<'a, A>, Voice) -> W + Send + 'a,
    W: Future<Output = Result<Finding>> + Send + 'a,
{
    each(tasks, at_once, look, Word::Found)
}

/// Applies tasks side by side, at most `at_once` of them.
pub fn apply_each<'a, A, F, W>(
    tasks: Vec<Task<'a, A>>,
    at_once: usize,
    act: F,
) -> BoxStream<'a, Said>
where
    A: Sync,
    F: Fn(Task<'a, A>, Voice) -> W + Send + 'a,
    W: Future<Output = Result<()>> + Send + 'a,
{
    each(tasks, at_once, act, Word::Applied)
}

fn each<'a, A, F, W, T>(
    tasks: Vec<Task<'a, A>>,
    at_once: usize,
    work: F,
    word: fn(Result<T>) -> Word,
) -> BoxStream<'a, Said>
where
    A: Sync,
    F: Fn(Task<'a, A>, Voice) -> W + Send + 'a,
    W: Future<Output = Result<T>> + Send + 'a,
    T: Send + 'a,
{
    let (sender, receiver) = mpsc::unbounded_channel();
    let left = tasks.len();
    // Results take the same way as what was said before them, so that nothing is heard after its step has ended.
    let work = stream::iter(tasks)
        .map(move |task| {
            let voice =
                Voice { step: task.step.id.clone(), sender: sender.clone(), last: Arc::default() };
            let done = work(task, voice.clone());
            async move { voice.say(word(done.await)) }
        })
        .buffer_unordered(at_once.max(1))
        .filter_map(|()| async { None });
    let spoken = stream::unfold((receiver, left), |(mut receiver, left)| async move {
        if left == 0 {
            return None;
        }
        let said = receiver.recv().await?;
        let ended = matches!(said.word, Word::Found(_) | Word::Applied(_));
        Some((said, (receiver, left - usize::from(ended))))
    });
    stream::select(spoken, work).boxed()
}
