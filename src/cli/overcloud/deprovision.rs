//! `ymir overcloud deprovision`

use super::bare_metal::{agreed, confirmed, drivers, site};
use crate::{
    cli::{execute::Session, exit::Exit, options::Context},
    event::Mode,
    plan::deprovision,
    report::write,
    trouble::Result,
};

const CONFIRM: &str = "confirm_deprovision";

pub async fn execute(cx: &Context) -> Result<Exit> {
    let session = Session::open(cx, deprovision::COMMAND)?;
    let site = site(cx, &session.variables)?;
    if cx.mode() == Mode::Apply && !confirmed(&session.variables, &site.hosts, CONFIRM)? {
        agreed(&deprovision::warning(&site), "deprovisioning", CONFIRM)?;
    }
    let drivers = drivers(cx, &session);
    let records = cx.store()?.deprovisioned();
    let ended = session.run(&deprovision::plan(&site, &records), &drivers).await;
    if cx.mode() == Mode::Apply && records.is_dir() {
        write::stderr(&format!(
            "note: what was wiped, and how, is recorded for each host below {records}\n"
        ));
    }
    ended
}
