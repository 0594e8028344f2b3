//! `ymir ssh-known-hosts`

use super::{execute::Session, exit::Exit, options::Context};
use crate::{
    drivers::{Drivers, known_hosts::own::KnownHostsDriver},
    plan::known_hosts,
    resolve::{hosts, reached::shown},
    trouble::{Result, Trouble},
};

/// Writes the keys of all hosts, or of those that `--limit` selects.
pub async fn execute(cx: &Context) -> Result<Exit> {
    let session = Session::open(cx, known_hosts::COMMAND)?;
    let variables = &session.variables;
    let names = match &cx.options.limit {
        Some(limit) => variables.select(limit)?,
        None => variables.hosts(),
    };
    let plan = known_hosts::plan(&shown(variables, &names)?);
    let home = cx.environment.get("HOME").ok_or_else(|| {
        Trouble::refused("finding the file of known hosts").because("HOME is not set")
    })?;
    let own = camino::Utf8Path::new(home).join(".ssh/known_hosts");
    let driver = KnownHostsDriver::new(own, hosts::known_hosts(variables));
    let drivers = Drivers { known_hosts: Some(Box::new(driver)), ..Drivers::default() };
    session.run(&plan, &drivers).await
}
