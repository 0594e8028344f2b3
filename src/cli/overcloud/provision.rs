//! `ymir overcloud provision`

use clap::Args;

use super::{
    bare_metal::{drivers, site},
    reprovision,
};
use crate::{
    cli::{execute::Session, exit::Exit, options::Context},
    model::share::Share,
    plan::provision,
    trouble::Result,
};

#[derive(Debug, Args)]
pub struct Provision {
    /// Put their image of now onto hosts that run another one, batch by batch; asks first, unless `-e
    /// confirm_reprovision=yes` is given
    #[arg(long)]
    pub reprovision: bool,
    /// With --reprovision: so many hosts of a group, or so much of it (`25%`), may be down at once [default:
    /// ymir_reprovision_max_down of the hosts]
    #[arg(long, value_name = "N", requires = "reprovision")]
    pub max_down: Option<Share>,
    /// With --reprovision: even hosts that run their image of now
    #[arg(long, requires = "reprovision")]
    pub all: bool,
}

pub async fn execute(cx: &Context, given: Provision) -> Result<Exit> {
    if given.reprovision {
        return reprovision::execute(cx, &given).await;
    }
    let session = Session::open(cx, provision::COMMAND)?;
    let site = site(cx, &session.variables)?;
    let drivers = drivers(cx, &session);
    session.run(&provision::plan(&site), &drivers).await
}
