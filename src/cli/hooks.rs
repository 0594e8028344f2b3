//! The site's hooks around a command.

use camino::Utf8Path;
use jiff::Timestamp;

use super::{exit::Exit, options::Context};
use crate::{
    ansible::Variables,
    drivers::ansible::{self, Arguments, HookRun},
    event::{Event, Stamped},
    model::hook::{Hooks, Side},
    report::{Report, plain::Plain},
    trouble::Result,
};

/// The hooks of one command, found and known to be runnable.
pub struct HookSides {
    hooks: Hooks,
    run: HookRun,
}

impl HookSides {
    /// Finds the command's hooks in all layers; a hook that cannot run is a trouble before anything is done.
    pub fn of(cx: &Context, variables: &Variables, command: &str) -> Result<Self> {
        let options = &cx.options;
        let layers = variables.layers().to_vec();
        let hooks = ansible::find(&layers, command, options.skip_hooks.as_deref())?;
        let load = cx.load()?;
        let environment = cx.evaluation_environment(load);
        if !options.list_tasks {
            ansible::check_runnable(&hooks, &environment)?;
        }
        let arguments = Arguments {
            extra_vars: options.extra_vars.clone(),
            inventories: options.inventory.clone(),
            limit: options.limit.clone(),
            tags: options.tags.clone(),
            skip_tags: options.skip_tags.clone(),
            r#become: options.r#become,
            check: options.check,
            diff: options.diff,
            verbose: options.verbose,
        };
        let run = HookRun {
            environment,
            layers,
            defaults: variables.inventory(),
            vault: load
                .vault
                .keys
                .iter()
                .map(|key| (key.label.clone(), key.password.clone()))
                .collect(),
            arguments,
            dir: Utf8Path::new("").into(),
        };
        Ok(Self { hooks, run })
    }

    /// Where the hooks of one side lie, in their order.
    pub fn files(&self, side: Side) -> Vec<String> {
        self.hooks.side(side).iter().map(|hook| hook.file.to_string()).collect()
    }

    /// Runs the hooks of one side; their files are kept in `dir` meanwhile.
    pub async fn run(&self, side: Side, dir: &Utf8Path, say: impl FnMut(Event)) -> Result<()> {
        let run = HookRun { dir: dir.into(), ..self.run.clone() };
        ansible::run(&self.hooks, side, &run, say).await
    }

    /// Runs the hooks around a command that is no run: the hooks' words go to standard error, nothing is kept. Those
    /// after it run only if it did all its work.
    pub async fn around(&self, cx: &Context, work: impl FnOnce() -> Result<Exit>) -> Result<Exit> {
        let dir = cx.store()?.dir().join("hooks");
        let mut report = Plain::new(cx.options.diff);
        let mut say = |event| report.event(&Stamped { at: Timestamp::now(), event });
        self.run(Side::Pre, &dir, &mut say).await?;
        let exit = work()?;
        if exit == Exit::Done {
            self.run(Side::Post, &dir, &mut say).await?;
        }
        Ok(exit)
    }
}
