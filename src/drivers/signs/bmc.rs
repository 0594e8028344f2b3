//! Power, boot device and virtual media, asked of the BMC itself.

use crate::{
    drivers::bmc::connection::Connection,
    model::bmc::Bmc,
    secret::Secrets,
    trouble::Result,
    why::signs::{BmcSigns, Look},
};

/// Asks a host's BMC.
pub(super) async fn look(host: &str, bmc: &Result<Bmc>, secrets: &dyn Secrets) -> Look<BmcSigns> {
    let bmc = match bmc {
        Ok(bmc) => bmc,
        Err(trouble) => return Look::NotLooked(trouble.to_string()),
    };
    let mut open = match Connection::open(host, bmc, secrets).await {
        Ok(open) => open,
        Err(trouble) => return Look::Failed(trouble),
    };
    let found = ask(&mut open, bmc).await;
    open.close().await;
    found.map_or_else(Look::Failed, Look::Seen)
}

async fn ask(open: &mut Connection<'_>, bmc: &Bmc) -> Result<BmcSigns> {
    let power = open.power().await?;
    let boot = open.boot().await.ok();
    let media = match open.media().await {
        None => Err("IPMI tells nothing of them".to_owned()),
        Some(media) => media.map_err(|trouble| trouble.to_string()),
    };
    Ok(BmcSigns { address: bmc.address.value.clone(), power, boot, media })
}
