//! `ymir overcloud provision`

use super::bare_metal::{drivers, site};
use crate::{
    cli::{execute::Session, exit::Exit, options::Context},
    plan::provision,
    trouble::Result,
};

pub async fn execute(cx: &Context) -> Result<Exit> {
    let session = Session::open(cx, provision::COMMAND)?;
    let site = site(cx, &session.variables)?;
    let drivers = drivers(cx, &session);
    session.run(&provision::plan(&site), &drivers).await
}
