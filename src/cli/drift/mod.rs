//! `ymir host drift`

mod kept;
mod look;
mod told;

use std::sync::Mutex;

use jiff::Timestamp;

use self::look::{Look, Watch};
use super::{allocation, exit::Exit, host_configure::agents, options::Context, tags};
use crate::{
    ansible::Variables,
    event::Mode,
    model::configured::Configured,
    plan::host_drift,
    report::write,
    resolve::concerns::{Class, configured},
    run::runner::{Runner, Stop},
    trouble::{Result, Trouble},
};

const CLASSES: [Class; 5] =
    [Class::Control, Class::SeedHypervisor, Class::Seed, Class::InfraVm, Class::Overcloud];

/// Looks at all hosts of the site, or those of `--limit`, and compares with the looks before.
pub(super) async fn execute(cx: &Context) -> Result<Exit> {
    let variables = cx.variables()?;
    let given = allocation::unchanged(&variables);
    let plan = host_drift::plan(&classes(cx, &given.variables)?);
    let driver = agents(cx, &given.variables, host_drift::COMMAND)?;
    let watch = Mutex::new(Watch::of(&plan));
    let emit = |event| {
        watch.lock().unwrap_or_else(std::sync::PoisonError::into_inner).hear(event);
        Ok(())
    };
    let runner = Runner { driver: &driver, emit, mode: Mode::Check, stop: Stop::default() };
    runner.run(&plan).await?;
    let watch = watch.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    let store = cx.store()?;
    let look = Look::new(Timestamp::now(), watch, &kept::looks(&store)?);
    if !cx.options.check {
        kept::keep(&store, &look)?;
    }
    write::stderr(&told::troubles(&look));
    write::result(&told::result(&look, cx.options.output, cx.options.diff)?)?;
    Ok(if look.has_troubles() {
        Exit::SomeFailed
    } else if cx.options.detailed_exitcode && look.differences() > 0 {
        Exit::Differences
    } else {
        Exit::Done
    })
}

/// The classes that have hosts, and what these shall be.
fn classes(cx: &Context, variables: &Variables) -> Result<Vec<(&'static str, Vec<Configured>)>> {
    let tags = tags::given(cx);
    tags::check(&tags, false)?;
    let chosen = cx.options.limit.as_ref().map(|limit| variables.select(limit)).transpose()?;
    let mut found = Vec::new();
    for class in CLASSES {
        let hosts = variables.group(class.group()).unwrap_or_default();
        let is_chosen = |host: &String| chosen.as_ref().is_none_or(|chosen| chosen.contains(host));
        if hosts.iter().any(is_chosen) {
            let limit = cx.options.limit.as_deref();
            found.push((class.group(), configured(variables, class, limit, &tags)?));
        }
    }
    if found.is_empty() {
        let trouble = Trouble::refused("there are no hosts to look at")
            .because("no host that is selected is in a group that Ymir configures");
        return Err(variables.with_environments(trouble).hint("these groups are `ansible-control`, `seed-hypervisor`, `seed`, `infra-vms` and `overcloud`"));
    }
    Ok(found)
}
