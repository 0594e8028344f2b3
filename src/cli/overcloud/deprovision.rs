//! `ymir overcloud deprovision`

use super::bare_metal::{YES, confirmed, drivers, site};
use crate::{
    cli::{ask, execute::Session, exit::Exit, options::Context},
    event::Mode,
    model::Site,
    plan::deprovision,
    report::write,
    trouble::{Result, Trouble},
};

pub async fn execute(cx: &Context) -> Result<Exit> {
    let session = Session::open(cx, deprovision::COMMAND)?;
    let site = site(cx, &session.variables)?;
    if cx.mode() == Mode::Apply
        && !confirmed(&session.variables, &site.hosts, "confirm_deprovision")?
    {
        ask(&site)?;
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

fn ask(site: &Site) -> Result<()> {
    let warning = deprovision::warning(site);
    let prompt = format!("{warning}Type `{YES}` to go on: ");
    let trouble = Trouble::refused("deprovisioning was not confirmed; nothing was changed");
    match ask::line(&prompt)? {
        Some(answer) if answer == YES => Ok(()),
        Some(answer) => {
            Err(trouble.because(format!("the answer was `{answer}`, not `{YES}`")).hint(format!(
                "give the command again and type `{YES}`: the whole word, in small letters"
            )))
        }
        None => Err(trouble
            .because(warning.trim_end())
            .hint("without a terminal, `-e confirm_deprovision=yes` confirms it")),
    }
}
