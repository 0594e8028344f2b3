//! BMCs that speak IPMI 2.0: our own sessions, with the codecs of `ipmi-rs-core` where they are sound.

mod chassis;
mod check;
mod fru;
mod handshake;
mod packet;
mod sdr;
mod sel;
mod session;
mod suite;
mod wire;

use ipmi_rs_core::app::GetDeviceId;

use self::{
    handshake::{Account, Fault},
    session::{Failure, Session},
    suite::Suite,
    wire::{Lost, Wire},
};
use super::{
    told::{Checked, Info},
    whose::Whose,
};
use crate::{
    model::bmc::{self, Boot, Power},
    secret::{Secret, Secrets},
    trouble::{Result, Trouble},
};

/// The longest user name and password that IPMI 2.0 has room for.
const NAME_BYTES: usize = 16;
const PASSWORD_BYTES: usize = 20;

/// How many entries of the event log are shown.
const ENTRIES: usize = 20;

/// An open session with a host's BMC.
#[derive(Debug)]
pub struct Connection<'a> {
    whose: Whose<'a>,
    session: Session,
    /// The cipher suites that the BMC says it speaks.
    suites: Vec<u8>,
}

impl<'a> Connection<'a> {
    pub(super) async fn open(
        whose: Whose<'a>,
        ipmi: &bmc::Ipmi,
        secrets: &dyn Secrets,
    ) -> Result<Self> {
        const WHAT: &str = "logging in";
        let account = account(&whose, ipmi, secrets)?;
        let wire = Wire::to(&ipmi.host, ipmi.port, whose.limit()).await;
        let wire = wire.map_err(|lost| told(&whose, WHAT, Failure::Lost(lost)))?;
        let only = ipmi.suite.as_ref().and_then(|suite| Suite::numbered(suite.value));
        let session = Session::open(wire, &account, only).await;
        let session = session.map_err(|failure| told(&whose, WHAT, failure))?;
        Ok(Self { whose, session, suites: Vec::new() })
    }

    /// As [`open`](Self::open), after asking what the BMC tells anybody.
    pub(super) async fn open_to_check(
        whose: Whose<'a>,
        ipmi: &bmc::Ipmi,
        secrets: &dyn Secrets,
    ) -> Result<Self> {
        // A BMC that does not say is no trouble, and neither is one that is not there: the login tells it.
        let briefly = std::time::Duration::from_secs(2).min(whose.limit());
        let suites = match Wire::to(&ipmi.host, ipmi.port, briefly).await {
            Ok(wire) => session::suites(&wire).await.unwrap_or_default(),
            Err(_) => Vec::new(),
        };
        Ok(Self { suites, ..Self::open(whose, ipmi, secrets).await? })
    }

    pub(super) async fn close(self) {
        self.session.close().await;
    }

    pub(super) async fn power(&mut self) -> Result<Power> {
        let found = chassis::power(&mut self.session).await;
        found.map_err(|failure| told(&self.whose, "reading the power state", failure))
    }

    pub(super) async fn switch(&mut self, to: Power, soft: bool) -> Result<()> {
        let order = match (to, soft) {
            (Power::On, _) => chassis::Order::On,
            (Power::Off, true) => chassis::Order::ShutDown,
            (Power::Off, false) => chassis::Order::Off,
        };
        let what = format!("switching the power {}", to.word());
        let done = chassis::order(&mut self.session, order).await;
        done.map_err(|failure| told(&self.whose, &what, failure))
    }

    pub(super) async fn reset(&mut self) -> Result<()> {
        let done = chassis::order(&mut self.session, chassis::Order::Reset).await;
        done.map_err(|failure| told(&self.whose, "resetting", failure))
    }

    pub(super) async fn boot(&mut self) -> Result<Boot> {
        let found = chassis::boot(&mut self.session).await;
        found.map_err(|failure| told(&self.whose, "reading the boot device", failure))
    }

    pub(super) async fn set_boot(&mut self, boot: &Boot) -> Result<()> {
        let done = chassis::set_boot(&mut self.session, boot).await;
        done.map_err(|failure| told(&self.whose, "setting the boot device", failure))
    }

    /// What cannot be asked of this BMC is missing, and said to be.
    pub(super) async fn info(&mut self) -> Result<Info> {
        let power = Some(self.power().await?);
        let mut info = Info { power, ..Info::default() };
        let device = self.session.command(GetDeviceId, "its own description").await;
        if let Some(device) = self.kept(&mut info, "its own description", device)? {
            let (major, minor) = (device.major_fw_revision, device.minor_fw_revision);
            info.firmware = Some(format!("{major}.{minor:02}"));
            info.manufacturer = maker(device.manufacturer_id);
        }
        let inventory = fru::inventory(&mut self.session).await;
        if let Some(found) = self.kept(&mut info, "its inventory", inventory)? {
            info.manufacturer = found.manufacturer.or(info.manufacturer);
            (info.model, info.serial) = (found.product, found.serial);
            info.board_serial = found.board_serial;
        }
        let sensors = sdr::sensors(&mut self.session).await;
        info.sensors = self.kept(&mut info, "its sensors", sensors)?.unwrap_or_default();
        let log = sel::log(&mut self.session, ENTRIES).await;
        info.log = self.kept(&mut info, "its event log", log)?;
        Ok(info)
    }

    pub(super) async fn check(&mut self) -> Result<Checked> {
        check::check(self).await
    }

    /// What was found; that the BMC cannot tell it is noted, and that it is gone is a trouble.
    fn kept<T>(&self, info: &mut Info, what: &str, found: Result<T, Failure>) -> Result<Option<T>> {
        match found {
            Ok(found) => Ok(Some(found)),
            Err(failure @ (Failure::Lost(_) | Failure::Ignored | Failure::Login(_))) => {
                Err(told(&self.whose, &format!("reading {what}"), failure))
            }
            Err(Failure::Refused(code)) => {
                info.missing.push(format!("{what}: {}", refusal(code)));
                Ok(None)
            }
            Err(Failure::Garbled(part)) => {
                info.missing.push(format!("{what}: {part} cannot be understood"));
                Ok(None)
            }
        }
    }
}

fn account(whose: &Whose, ipmi: &bmc::Ipmi, secrets: &dyn Secrets) -> Result<Account> {
    let (name, password) =
        whose.login(secrets)?.unwrap_or_else(|| (Secret::new(""), Secret::new("")));
    let parts = [("user name", &name, NAME_BYTES), ("password", &password, PASSWORD_BYTES)];
    for (what, secret, most) in parts {
        if secret.reveal().len() > most {
            return Err(whose
                .unknown("logging in")
                .because(format!("IPMI has no room for a {what} of more than {most} bytes")));
        }
    }
    let key = ipmi.key.as_ref().map(|key| secrets.find(key)).transpose()?;
    let key = key.map_or(Some(Vec::new()), |key| bytes(key.reveal()));
    let key = key.ok_or_else(|| {
        whose
            .trouble("logging in")
            .because("`ipmi_hex_kg_key` is not written in hexadecimal digits")
    })?;
    let key = Some(key).filter(|key| !key.is_empty());
    Ok(Account { name, password, key, privilege: ipmi.privilege as u8 })
}

/// Bytes that are written in hexadecimal digits.
fn bytes(text: &str) -> Option<Vec<u8>> {
    let text = text.trim().trim_start_matches("0x");
    let pairs = text.as_bytes().chunks(2);
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    pairs.map(|pair| byte(pair).filter(|_| pair.len() == 2)).collect()
}

fn told(whose: &Whose, what: &str, failure: Failure) -> Trouble {
    match failure {
        Failure::Lost(Lost::Silent) => {
            whose.silent(what).hint("check that the BMC allows IPMI over the network")
        }
        Failure::Lost(Lost::Io(error)) => whose
            .unreached(what)
            .caused_by(&error)
            .hint("check the address, and that the BMC allows IPMI over the network"),
        Failure::Ignored => whose
            .unknown(what)
            .because("it answers, but not to the login")
            .hint("some BMCs say nothing to a user name that they do not know"),
        Failure::Login(fault) => login_fault(whose, what, fault),
        Failure::Refused(code) => {
            let trouble = whose.unreached(what).because(refusal(code));
            if code == PRIVILEGE {
                return whose.unknown(what).because(refusal(code)).hint(
                    "give the user a higher privilege level, or ask for a lower one with `ipmi_priv_level`",
                );
            }
            trouble
        }
        Failure::Garbled(part) => {
            whose.unreached(what).because(format!("{part} cannot be understood"))
        }
    }
}

fn login_fault(whose: &Whose, what: &str, fault: Fault) -> Trouble {
    let trouble = match fault {
        Fault::Refused(0x01 | 0x0b) | Fault::Garbled => whose.unreached(what),
        _ if fault.wants_other_suite() => whose
            .unreached(what)
            .hint("Ymir speaks the cipher suites 17 and 3: allow one of them on the BMC"),
        _ => whose.unknown(what),
    };
    trouble.because(fault.words())
}

/// The completion code of a user that may not do what is asked.
const PRIVILEGE: u8 = 0xd4;

/// A completion code in words.
fn refusal(code: u8) -> String {
    let words = match code {
        0xc0 => "it is busy",
        0xc1 | 0xc2 => "it does not know this command",
        0xc3 => "it was too slow for itself",
        0xc9 | 0xcc => "it does not know this value",
        0xcb => "it has nothing of the kind",
        0xd0..=0xd2 => "it is not ready yet",
        PRIVILEGE => "the user may not do this",
        0xd5 => "it cannot do this in its present state",
        0xd6 => "this is switched off in its settings",
        _ => return format!("it refuses with completion code {code:#04x}"),
    };
    format!("{words} (completion code {code:#04x})")
}

/// Makers of BMCs, by the numbers that they have from IANA.
fn maker(number: u32) -> Option<String> {
    let name = match number {
        11 => "HPE",
        343 => "Intel",
        674 => "Dell",
        2 => "IBM",
        10368 => "Fujitsu",
        10876 => "Supermicro",
        19046 => "Lenovo",
        2011 => "Huawei",
        15000 => "ASPEED",
        _ => return None,
    };
    Some(name.into())
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn a_key_is_read_from_its_digits() {
        assert_eq!(bytes("0x00ff10"), Some(vec![0, 255, 16]));
        assert_eq!(bytes("0ff"), None);
        assert_eq!(bytes("zz"), None);
        assert_eq!(bytes("é"), None);
    }
}
