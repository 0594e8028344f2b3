//! Whose BMC it is that something is asked of, for messages: host, address and the settings at fault.

use std::time::Duration;

use crate::{
    model::bmc::Bmc,
    secret::{Secret, Secrets},
    trouble::{Result, Trouble},
};

/// A host and its BMC.
#[derive(Debug, Clone, Copy)]
pub struct Whose<'a> {
    pub host: &'a str,
    pub bmc: &'a Bmc,
}

impl Whose<'_> {
    /// A trouble of `what` was tried: `reading the power state`.
    pub(super) fn trouble(&self, what: &str) -> Trouble {
        Trouble::host(format!(
            "{}: {what} through its BMC at {}",
            self.host, self.bmc.address.value
        ))
    }

    /// A trouble that the address may be to blame for.
    pub(super) fn unreached(&self, what: &str) -> Trouble {
        self.trouble(what).set_by(&self.bmc.address.setting)
    }

    /// No answer came in the time that there is.
    pub(super) fn silent(&self, what: &str) -> Trouble {
        let answer = &self.bmc.patience.answer;
        self.unreached(what)
            .because(format!("it did not answer within {} seconds", answer.value))
            .set_by(&answer.setting)
            .hint("check that the BMC has power and that this machine reaches its address")
    }

    /// The user name or the password may be to blame.
    pub(super) fn unknown(&self, what: &str) -> Trouble {
        match &self.bmc.login {
            Some(login) => {
                self.trouble(what).set_by(&login.username_setting).set_by(&login.password_setting)
            }
            None => self.unreached(what).because("no user name and password are set for it").hint(
                "set them beside its address, such as `redfish_username` and `redfish_password`",
            ),
        }
    }

    pub(super) fn limit(&self) -> Duration {
        Duration::from_secs(self.bmc.patience.answer.value)
    }

    /// User name and password, if the BMC asks for them.
    pub(super) fn login(&self, secrets: &dyn Secrets) -> Result<Option<(Secret, Secret)>> {
        let Some(login) = &self.bmc.login else { return Ok(None) };
        Ok(Some((secrets.find(&login.username)?, secrets.find(&login.password)?)))
    }
}
