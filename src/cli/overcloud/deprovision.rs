//! `ymir overcloud deprovision`

use super::bare_metal::{drivers, site};
use crate::{
    ansible::Variables,
    cli::{ask, execute::Session, exit::Exit, options::Context},
    event::Mode,
    model::Site,
    plan::deprovision,
    resolve::Reader,
    trouble::{Result, Trouble},
};

/// What has to be typed, as in Kayobe.
const WORD: &str = "yes";

pub async fn execute(cx: &Context) -> Result<Exit> {
    let session = Session::open(cx, deprovision::COMMAND)?;
    let site = site(cx, &session.variables)?;
    if cx.mode() == Mode::Apply && !confirmed(&session.variables, &site)? {
        ask(&site)?;
    }
    let drivers = drivers(cx, &session);
    session.run(&deprovision::plan(&site), &drivers).await
}

/// Whether `confirm_deprovision` says yes for every host, so that nobody need be asked.
fn confirmed(variables: &Variables, site: &Site) -> Result<bool> {
    let mut all = true;
    for host in &site.hosts {
        let said =
            Reader::new(variables, &host.name).get::<serde_json::Value>("confirm_deprovision")?;
        all &= said.is_some_and(|said| said.value == WORD || said.value == true);
    }
    Ok(all)
}

fn ask(site: &Site) -> Result<()> {
    let warning = deprovision::warning(site);
    let prompt = format!("{warning}Type `{WORD}` to go on: ");
    let trouble = Trouble::refused("deprovisioning was not confirmed; nothing was changed");
    match ask::line(&prompt)? {
        Some(answer) if answer == WORD => Ok(()),
        Some(answer) => {
            Err(trouble.because(format!("the answer was `{answer}`, not `{WORD}`")).hint(format!(
                "give the command again and type `{WORD}`: the whole word, in small letters"
            )))
        }
        None => Err(trouble
            .because(warning.trim_end())
            .hint("without a terminal, `-e confirm_deprovision=yes` confirms it")),
    }
}
