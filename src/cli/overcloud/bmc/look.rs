//! What only looks: every BMC is asked side by side, and the trouble of one stays its own.

use futures::{FutureExt, StreamExt, future::BoxFuture, stream};
use serde::Serialize;

use super::{chosen, told};
use crate::{
    ansible::Variables,
    cli::{exit::Exit, options::Context},
    drivers::bmc::{
        AT_ONCE,
        connection::Connection,
        told::{Checked, Info},
    },
    model::bmc::{Bmc, Boot, Power, Way},
    report::write,
    trouble::Result,
};

/// What a host's BMC told, or why it could not be asked.
pub(super) struct Seen<T> {
    pub host: String,
    pub bmc: Bmc,
    pub found: Result<T>,
}

/// A question to one BMC.
type Question<T> = for<'a, 'b> fn(&'a mut Connection<'b>) -> BoxFuture<'a, Result<T>>;

pub(super) async fn power(cx: &Context) -> Result<Exit> {
    let ask: Question<Power> = |bmc| bmc.power().boxed();
    finish(cx, &everybody(cx, ask, false).await?, told::power)
}

pub(super) async fn boot(cx: &Context) -> Result<Exit> {
    let ask: Question<Boot> = |bmc| bmc.boot().boxed();
    finish(cx, &everybody(cx, ask, false).await?, told::boot)
}

pub(super) async fn info(cx: &Context) -> Result<Exit> {
    let ask: Question<Info> = |bmc| bmc.info().boxed();
    finish(cx, &everybody(cx, ask, false).await?, told::info)
}

pub(super) async fn check(cx: &Context) -> Result<Exit> {
    let ask: Question<Checked> = |bmc| bmc.check().boxed();
    finish(cx, &everybody(cx, ask, true).await?, told::check)
}

/// Asks all chosen BMCs, in the inventory's order; `checks` asks first what they tell anybody.
async fn everybody<T>(cx: &Context, ask: Question<T>, checks: bool) -> Result<Vec<Seen<T>>> {
    let variables = cx.variables()?;
    let hosts = chosen(cx, &variables)?;
    warn(&hosts);
    let variables = &*variables;
    Ok(stream::iter(hosts)
        .map(|(host, bmc)| async move {
            let found = one(&host, &bmc, variables, ask, checks).await;
            Seen { host, bmc, found }
        })
        .buffered(AT_ONCE)
        .collect()
        .await)
}

async fn one<T>(
    host: &str,
    bmc: &Bmc,
    variables: &Variables,
    ask: Question<T>,
    checks: bool,
) -> Result<T> {
    let mut open = if checks {
        Connection::open_to_check(host, bmc, variables).await?
    } else {
        Connection::open(host, bmc, variables).await?
    };
    let found = ask(&mut open).await;
    open.close().await;
    found
}

fn warn(hosts: &[(String, Bmc)]) {
    for (host, bmc) in hosts {
        let Way::Redfish(redfish) = &bmc.way else { continue };
        if let Some(warning) = redfish.trust.warning() {
            write::stderr(&format!("{host}: note: {warning}\n"));
        }
    }
}

fn finish<T: Serialize>(
    cx: &Context,
    seen: &[Seen<T>],
    text: fn(&[Seen<T>]) -> String,
) -> Result<Exit> {
    write::stderr(&told::troubles(seen));
    write::result(&told::result(seen, cx.options.output, text)?)?;
    let failed = seen.iter().any(|seen| seen.found.is_err());
    Ok(if failed { Exit::SomeFailed } else { Exit::Done })
}
