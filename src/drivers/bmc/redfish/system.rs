//! The host's system in its service: which one it is, its power and what it boots.

use redfish::types::{
    Boot as BootRequest, BootSourceOverrideEnabled, BootSourceOverrideTarget, Collection,
    ComputerSystem, ComputerSystemUpdateRequest, ResetType,
};
use serde_json::{Value, json};

use super::{
    answer::{Answer, Failure, link, tolerant},
    client::Client,
};
use crate::model::bmc::{Boot, Device, Firmware, Power};

/// Pages of a collection that are read at most.
const MOST_PAGES: usize = 16;

/// A system as it was read.
#[derive(Debug)]
pub(super) struct System {
    pub link: String,
    pub etag: Option<String>,
    pub read: ComputerSystem,
}

impl System {
    /// The system that the site names, or the only one that there is.
    pub(super) async fn find(client: &Client<'_>) -> Result<Self, Failure> {
        if let Some(named) = &client.redfish.system {
            return Self::named(client, &named.value).await;
        }
        let links = all(client).await?;
        match &links[..] {
            [only] => Self::read(only, client.get(only).await?),
            [] => Err(Failure::NoSystem("it has no system".into())),
            several => Err(Failure::NoSystem(format!(
                "it has {} systems, and none is named: set `redfish_system_id` to one of {}",
                several.len(),
                several.iter().take(8).cloned().collect::<Vec<_>>().join(", ")
            ))),
        }
    }

    /// A system by its path, or by the last word of it.
    async fn named(client: &Client<'_>, name: &str) -> Result<Self, Failure> {
        if name.starts_with('/') {
            let answer = client.get(name).await.map_err(|failure| match failure {
                Failure::Refused(refusal) if refusal.status == 404 => {
                    Failure::NoSystem(format!("it has no system {name}"))
                }
                other => other,
            })?;
            return Self::read(name, answer);
        }
        let links = all(client).await?;
        let last = |link: &&String| link.trim_end_matches('/').rsplit('/').next() == Some(name);
        let missing = || Failure::NoSystem(format!("it has no system {name}"));
        let found = links.iter().find(last).ok_or_else(missing)?;
        Self::read(found, client.get(found).await?)
    }

    fn read(link: &str, answer: Answer) -> Result<Self, Failure> {
        let read = tolerant(&answer.value)?;
        Ok(Self { link: link.to_owned(), etag: answer.etag, read })
    }

    /// Whether it has power; while it changes, it still is as it was.
    pub(super) fn power(&self) -> Result<Power, Failure> {
        match self.read.power_state.as_deref() {
            Some("On" | "PoweringOff" | "Paused") => Ok(Power::On),
            Some("Off" | "PoweringOn") => Ok(Power::Off),
            Some(other) => Err(Failure::NotUnderstood(format!("its power state is `{other}`"))),
            None => Err(Failure::NotUnderstood("it has no power state".into())),
        }
    }

    /// Asks for the first of these kinds of reset that the system offers.
    pub(super) async fn reset(
        &self,
        client: &Client<'_>,
        kinds: &[ResetType],
    ) -> Result<(), Failure> {
        let action =
            self.read.extra.get("Actions").and_then(|all| all.get("#ComputerSystem.Reset"));
        let target = action.and_then(|action| action["target"].as_str());
        let (Some(action), Some(target)) = (action, target) else {
            return Err(Failure::NotUnderstood("it offers no reset, and so no power".into()));
        };
        let offered = offered(client, action).await?;
        let words: Vec<Value> = kinds.iter().map(|kind| json!(kind)).collect();
        let is_offered = |word: &&Value| offered.is_empty() || offered.contains(word);
        let Some(word) = words.iter().find(is_offered) else {
            let wanted = words.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or ");
            return Err(Failure::NotUnderstood(format!("it offers no reset of the kind {wanted}")));
        };
        client.post(target, &json!({ "ResetType": word })).await.map(drop)
    }

    /// What it boots.
    pub(super) fn boot(&self) -> Result<Boot, Failure> {
        let none = || Failure::NotUnderstood("it does not tell what it boots".into());
        let boot = self.read.extra.get("Boot").ok_or_else(none)?;
        let firmware = match boot["BootSourceOverrideMode"].as_str() {
            Some("UEFI") => Some(Firmware::Uefi),
            Some("Legacy") => Some(Firmware::Legacy),
            _ => None,
        };
        let (lasts, target) =
            (boot["BootSourceOverrideEnabled"].as_str(), boot["BootSourceOverrideTarget"].as_str());
        let device = match (lasts, target) {
            (Some("Disabled") | None, _) | (_, Some("None") | None) => Device::Default,
            (_, Some("Pxe")) => Device::Pxe,
            (_, Some("Hdd")) => Device::Disk,
            (_, Some("Cd")) => Device::Cdrom,
            (_, Some("BiosSetup")) => Device::Bios,
            (_, Some(_)) => Device::Other,
        };
        Ok(Boot { device, once: lasts == Some("Once"), firmware })
    }

    pub(super) async fn set_boot(&self, client: &Client<'_>, boot: &Boot) -> Result<(), Failure> {
        let etag = self.etag.as_deref();
        client.patch(&self.link, etag, &request(*boot)).await.map(drop)
    }
}

/// The links of all systems, whatever pages they are on.
async fn all(client: &Client<'_>) -> Result<Vec<String>, Failure> {
    let root = client.root().await?;
    let none = || Failure::NotUnderstood("its root does not say where the systems are".into());
    let mut next = Some(link(root.value.get("Systems")).ok_or_else(none)?);
    let mut links = Vec::new();
    for _ in 0..MOST_PAGES {
        let Some(page) = next else { break };
        let page: Collection<Value> = tolerant(&client.get(&page).await?.value)?;
        next = page.next_link().map(str::to_owned);
        links.extend(page.members.iter().filter_map(|member| link(Some(member))));
    }
    Ok(links)
}

/// The kinds of reset that are offered: said with the action, or where that leads; none if it is not said.
async fn offered(client: &Client<'_>, action: &Value) -> Result<Vec<Value>, Failure> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let said = list(&action["ResetType@Redfish.AllowableValues"]);
    let more = action["@Redfish.ActionInfo"].as_str();
    let Some(more) = more.filter(|_| said.is_empty()) else { return Ok(said) };
    let info = client.get(more).await?.value;
    let parameters = list(&info["Parameters"]);
    let of_kind = parameters.iter().find(|parameter| parameter["Name"] == "ResetType");
    Ok(of_kind.map(|parameter| list(&parameter["AllowableValues"])).unwrap_or_default())
}

fn request(boot: Boot) -> ComputerSystemUpdateRequest {
    let target = match boot.device {
        Device::Pxe => Some(BootSourceOverrideTarget::pxe()),
        Device::Disk => Some(BootSourceOverrideTarget::hdd()),
        Device::Cdrom => Some(BootSourceOverrideTarget::cd()),
        Device::Bios => Some(BootSourceOverrideTarget::bios_setup()),
        // Nobody asks for something else: it is only read.
        Device::Default | Device::Other => None,
    };
    let lasts = match (&target, boot.once) {
        (None, _) => BootSourceOverrideEnabled::disabled(),
        (Some(_), true) => BootSourceOverrideEnabled::once(),
        (Some(_), false) => BootSourceOverrideEnabled::continuous(),
    };
    let mode = boot.firmware.map(|firmware| match firmware {
        Firmware::Uefi => "UEFI".to_owned(),
        Firmware::Legacy => "Legacy".to_owned(),
    });
    let wanted = BootRequest {
        boot_source_override_enabled: Some(lasts),
        boot_source_override_target: target,
        boot_source_override_mode: mode,
        ..BootRequest::new()
    };
    ComputerSystemUpdateRequest { boot: Some(wanted), ..ComputerSystemUpdateRequest::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn booting(boot: &Value) -> Boot {
        let read = serde_json::from_value(json!({ "Boot": boot })).unwrap();
        System { link: String::new(), etag: None, read }.boot().unwrap()
    }

    #[test]
    fn a_boot_is_read_as_it_is_asked_for() {
        for device in [Device::Pxe, Device::Disk, Device::Cdrom, Device::Bios] {
            for (once, firmware) in [(true, Some(Firmware::Uefi)), (false, None)] {
                let boot = Boot { device, once, firmware };
                let asked = serde_json::to_value(request(boot)).unwrap();
                assert_eq!(booting(&asked["Boot"]), boot);
            }
        }
        let none = Boot { device: Device::Default, once: false, firmware: None };
        let asked = serde_json::to_value(request(none)).unwrap();
        assert_eq!(asked, json!({ "Boot": { "BootSourceOverrideEnabled": "Disabled" } }));
    }

    #[test]
    fn what_has_no_word_is_something_else() {
        let boot =
            json!({ "BootSourceOverrideEnabled": "Once", "BootSourceOverrideTarget": "UefiHttp" });
        assert_eq!(booting(&boot).device, Device::Other);
    }
}
