//! BMCs that speak Redfish: a thin client of our own, with the resource types of the crate `redfish`.

mod answer;
mod client;
mod look;
mod media;
mod system;
mod trust;

use redfish::types::ResetType;

use self::{
    answer::{Failure, link},
    client::{Client, Pace},
    system::System,
};
use super::{
    known,
    told::{Checked, Info},
    whose::Whose,
};
use crate::{
    model::bmc::{Boot, Power, Redfish, Trust},
    secret::Secrets,
    trouble::Result,
};

/// A service that we are logged in to, for one host's system.
#[derive(Debug)]
pub struct Connection<'a> {
    client: Client<'a>,
}

impl<'a> Connection<'a> {
    pub(super) async fn open(
        whose: Whose<'a>,
        redfish: &'a Redfish,
        secrets: &dyn Secrets,
    ) -> Result<Self> {
        let login = whose.login(secrets)?;
        let client = Client::open(whose, redfish, login, Pace::default()).await?;
        Ok(Self { client })
    }

    pub(super) async fn close(self) {
        self.client.close().await;
    }

    /// What was done, or the trouble of it.
    async fn told<T>(&self, what: &str, done: Result<T, Failure>) -> Result<T> {
        match done {
            Ok(done) => Ok(done),
            Err(failure) => Err(self.client.told(what, failure).await),
        }
    }

    pub(super) async fn power(&self) -> Result<Power> {
        let found = async { System::find(&self.client).await?.power() }.await;
        self.told("reading the power state", found).await
    }

    pub(super) async fn switch(&self, to: Power, soft: bool) -> Result<()> {
        let kinds: &[ResetType] = match (to, soft) {
            (Power::On, _) => &[ResetType::On, ResetType::ForceOn, ResetType::PushPowerButton],
            (Power::Off, true) => &[ResetType::GracefulShutdown, ResetType::PushPowerButton],
            (Power::Off, false) => &[ResetType::ForceOff],
        };
        self.act(&format!("switching the power {}", to.word()), kinds).await
    }

    pub(super) async fn reset(&self) -> Result<()> {
        self.act("resetting", &[ResetType::ForceRestart]).await
    }

    async fn act(&self, what: &str, kinds: &[ResetType]) -> Result<()> {
        let done =
            async { System::find(&self.client).await?.reset(&self.client, kinds).await }.await;
        self.told(what, done).await
    }

    pub(super) async fn boot(&self) -> Result<Boot> {
        let found = async { System::find(&self.client).await?.boot() }.await;
        self.told("reading the boot device", found).await
    }

    pub(super) async fn set_boot(&self, boot: &Boot) -> Result<()> {
        let done =
            async { System::find(&self.client).await?.set_boot(&self.client, boot).await }.await;
        self.told("setting the boot device", done).await
    }

    pub(super) async fn media(&self) -> Result<Vec<String>> {
        let found = async {
            let system = System::find(&self.client).await?;
            media::inserted(&self.client, &system).await
        };
        self.told("reading its virtual media", found.await).await
    }

    pub(super) async fn info(&self) -> Result<Info> {
        let found = async {
            let system = System::find(&self.client).await?;
            look::info(&self.client, &system).await
        };
        self.told("reading what it knows", found.await).await
    }

    pub(super) async fn check(&self) -> Result<Checked> {
        let found = self.checked().await;
        self.told("checking", found).await
    }

    async fn checked(&self) -> Result<Checked, Failure> {
        let root = self.client.root().await?.value;
        let version = root["RedfishVersion"].as_str().unwrap_or("of an unknown version");
        let system = System::find(&self.client).await?;
        let info = look::info(&self.client, &system).await?;
        let mut checked = Checked {
            protocol: format!("Redfish {version}, {}", self.client.entrance()),
            protection: protection(&self.client.redfish.trust).into(),
            certificate: self.client.certificate().await,
            supported: vec!["power".into()],
            ..Checked::default()
        };
        if system.boot().is_ok() {
            checked.supported.push("boot device".into());
        }
        let extra = &system.read.extra;
        let parts = [
            (!info.sensors.is_empty(), "sensors"),
            (info.log.is_some(), "event log"),
            (link(extra.get("VirtualMedia")).is_some(), "virtual media"),
            (link(extra.get("Bios")).is_some(), "BIOS settings"),
            (link(extra.get("SecureBoot")).is_some(), "secure boot"),
            (link(root.get("UpdateService")).is_some(), "firmware updates"),
        ];
        let has = parts.iter().filter(|(has, _)| *has).map(|(_, part)| (*part).to_owned());
        checked.supported.extend(has);
        if system.etag.is_none() {
            checked.notes.push(
                "it has no ETags, so a change by somebody else at the same time goes unseen".into(),
            );
        }
        checked.notes.extend(info.missing.iter().cloned());
        checked.notes.extend(known::notes(info.manufacturer.as_deref(), info.model.as_deref()));
        checked.manufacturer = info.manufacturer;
        checked.model = info.model;
        checked.firmware = info.firmware;
        Ok(checked)
    }
}

fn protection(trust: &Trust) -> &'static str {
    match trust {
        Trust::System { .. } => "certificate verified by this machine's authorities",
        Trust::Authorities { .. } => "certificate verified by the site's authorities",
        Trust::Pinned { .. } => "certificate pinned",
        Trust::Unverified { .. } => "certificate not verified",
        Trust::Plain { .. } => "no TLS",
    }
}
