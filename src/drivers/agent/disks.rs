//! Lists the disks of hosts, for who decides which of them are wiped.

use std::collections::BTreeMap;

use futures::future::join_all;

use super::{
    AgentDriver,
    session::{told, unexpected},
};
use crate::{
    host::{
        wipe::Device,
        wire::{Answer, Ask},
    },
    model::login::Login,
    trouble::Result,
};

impl AgentDriver {
    /// The devices of each host, or why they cannot be listed.
    pub async fn disks(&self, hosts: &[(&str, &Login)]) -> BTreeMap<String, Result<Vec<Device>>> {
        let listed = hosts
            .iter()
            .map(|(name, login)| async { ((*name).to_owned(), self.disks_of(name, login).await) });
        join_all(listed).await.into_iter().collect()
    }

    async fn disks_of(&self, name: &str, login: &Login) -> Result<Vec<Device>> {
        let turn = self.host(name);
        let mut host = turn.lock().await;
        let session = self.session(name, login, &mut host).await?;
        session.ask(&Ask::Disks).await?;
        let answer = session.answer().await;
        host.session = None;
        match answer? {
            Answer::Disks { outcome } => Result::from(outcome).map_err(|fault| told(name, &fault)),
            Answer::Broken { fault } => Err(told(name, &fault)),
            other => Err(unexpected(name, &other)),
        }
    }
}
