//! What an IPMI BMC can do, and what is not as it should be.

use ipmi_rs_core::app::GetDeviceId;

use super::{Connection, chassis, maker, session::Failure, suite::Suite, told};
use crate::{
    drivers::bmc::{known, told::Checked},
    trouble::Result,
};

pub(super) async fn check(connection: &mut Connection<'_>) -> Result<Checked> {
    let suite = connection.session.suite();
    let mut checked = Checked {
        protocol: "IPMI 2.0".into(),
        protection: format!("cipher suite {}", suite.number()),
        notes: of_suites(suite, &connection.suites),
        ..Checked::default()
    };
    connection.power().await?;
    checked.supported.push("power".into());
    match chassis::boot(&mut connection.session).await {
        Ok(_) => checked.supported.push("boot device".into()),
        Err(Failure::Refused(code)) => {
            checked.notes.push(format!("the boot device: {}", super::refusal(code)));
        }
        Err(failure) => {
            return Err(told(&connection.whose, "reading the boot device", failure));
        }
    }
    match connection.session.command(GetDeviceId, "its own description").await {
        Ok(device) => {
            let (major, minor) = (device.major_fw_revision, device.minor_fw_revision);
            checked.firmware = Some(format!("{major}.{minor:02}"));
            checked.manufacturer = maker(device.manufacturer_id);
            let parts = [
                (device.sdr_repository_support, "sensors"),
                (device.fru_inventory_support, "inventory"),
                (device.sel_device_support, "event log"),
            ];
            let has = parts.iter().filter(|(has, _)| *has).map(|(_, part)| (*part).to_owned());
            checked.supported.extend(has);
        }
        Err(Failure::Lost(_) | Failure::Ignored) => {}
        Err(_) => checked.notes.push("it does not describe itself".into()),
    }
    checked.notes.extend(known::notes(checked.manufacturer.as_deref(), None));
    Ok(checked)
}

/// What the suites that a BMC offers mean.
fn of_suites(agreed: Suite, offered: &[u8]) -> Vec<String> {
    let mut notes = Vec::new();
    if offered.contains(&0) {
        notes.push(
            "it offers cipher suite 0, which lets anybody in who knows a user name: switch it off"
                .to_owned(),
        );
    }
    if agreed == Suite::Three {
        notes.push("it speaks no cipher suite better than 3, whose digests are SHA-1".to_owned());
    }
    notes
}
