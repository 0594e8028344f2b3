//! The handshake that opens a session, without the sending: both sides prove that they know the password, and never
//! send it.

use super::{
    packet::Keys,
    suite::{Suite, same},
};
use crate::secret::Secret;

/// Names the handshake's messages; there is one handshake at a time.
const TAG: u8 = 0;

/// Asks the BMC to find the user by name alone, whatever its level.
const BY_NAME: u8 = 0x10;

/// Why a handshake came to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// The BMC says why.
    Refused(u8),
    /// It chose algorithms that were not offered.
    OtherSuite([u8; 3]),
    /// What it says was made with another password.
    WrongPassword,
    /// It does not prove what it should.
    NotProven,
    /// It is no answer at all.
    Garbled,
}

impl Fault {
    /// Whether the BMC wants another cipher suite.
    pub(super) fn wants_other_suite(self) -> bool {
        matches!(self, Self::Refused(0x04 | 0x05 | 0x06 | 0x07 | 0x10 | 0x11) | Self::OtherSuite(_))
    }

    /// In words; the BMC's own codes are translated.
    pub(super) fn words(self) -> String {
        match self {
            Self::Refused(code) => format!("it refuses the session: {}", status(code)),
            Self::OtherSuite(algorithms) => {
                format!("it insists on the algorithms {algorithms:?}, which were not offered")
            }
            Self::WrongPassword => "the password is not the one that it knows".into(),
            Self::NotProven => "it does not prove that it knows the password or its own key".into(),
            Self::Garbled => "its answer is no part of a handshake".into(),
        }
    }
}

fn status(code: u8) -> String {
    let words = match code {
        0x01 | 0x0b => "it has no room for one more",
        0x04 | 0x05 | 0x06 | 0x07 | 0x10 | 0x11 => "it does not speak this cipher suite",
        0x09 | 0x0a => "the user may not have this privilege level",
        0x0c => "the user name is too long",
        0x0d => "it does not know the user name",
        0x0f => "the password is not the one that it knows",
        _ => return format!("status {code:#04x}"),
    };
    words.into()
}

/// Who logs in, and as what.
#[derive(Debug)]
pub(super) struct Account {
    pub name: Secret,
    pub password: Secret,
    /// The BMC's own key, if it has one; the password takes its place.
    pub key: Option<Vec<u8>>,
    pub privilege: u8,
}

impl Account {
    fn role(&self) -> u8 {
        BY_NAME | self.privilege
    }

    fn name(&self) -> &[u8] {
        self.name.reveal().as_bytes()
    }

    fn length(&self) -> u8 {
        u8::try_from(self.name().len()).unwrap_or(u8::MAX)
    }
}

/// Asks for a session; `ours` is our name for it.
pub(super) fn open_request(ours: u32, suite: Suite, privilege: u8) -> Vec<u8> {
    let mut payload = vec![TAG, privilege, 0, 0];
    payload.extend(ours.to_le_bytes());
    for (at, algorithm) in (0_u8..).zip(suite.algorithms()) {
        payload.extend([at, 0, 0, 8, algorithm, 0, 0, 0]);
    }
    payload
}

/// The cipher suite that the BMC takes, and its name for the session.
pub(super) fn open_response(payload: &[u8], ours: u32) -> Result<(Suite, u32), Fault> {
    accepted(payload)?;
    if number(payload, 4)? != ours {
        return Err(Fault::Garbled);
    }
    let theirs = number(payload, 8)?;
    let algorithm = |at: usize| payload.get(at).copied().ok_or(Fault::Garbled);
    let algorithms = [algorithm(16)?, algorithm(24)?, algorithm(32)?];
    let suite = Suite::of_algorithms(algorithms).ok_or(Fault::OtherSuite(algorithms))?;
    Ok((suite, theirs))
}

/// What both sides know after the session was asked for.
#[derive(Debug)]
pub(super) struct Handshake<'a> {
    pub account: &'a Account,
    pub suite: Suite,
    pub ours: u32,
    pub theirs: u32,
    pub our_random: [u8; 16],
}

/// What the BMC said of itself.
#[derive(Debug)]
pub(super) struct Met {
    random: [u8; 16],
    id: [u8; 16],
}

impl Handshake<'_> {
    /// Says who we are.
    pub(super) fn rakp1(&self) -> Vec<u8> {
        let account = self.account;
        let mut payload = vec![TAG, 0, 0, 0];
        payload.extend(self.theirs.to_le_bytes());
        payload.extend(self.our_random);
        payload.extend([account.role(), 0, 0, account.length()]);
        payload.extend(account.name());
        payload
    }

    /// The BMC proves that it knows the password.
    pub(super) fn rakp2(&self, payload: &[u8]) -> Result<Met, Fault> {
        accepted(payload)?;
        if number(payload, 4)? != self.ours {
            return Err(Fault::Garbled);
        }
        let met = Met { random: bytes(payload, 8)?, id: bytes(payload, 24)? };
        let (ours, theirs) = (self.ours.to_le_bytes(), self.theirs.to_le_bytes());
        let parts = [&ours[..], &theirs, &self.our_random, &met.random, &met.id];
        let expected = self.proof(&parts);
        let proof = payload.get(40..).ok_or(Fault::Garbled)?;
        if same(proof, &expected) { Ok(met) } else { Err(Fault::WrongPassword) }
    }

    /// We prove that we know it.
    pub(super) fn rakp3(&self, met: &Met) -> Vec<u8> {
        let mut payload = vec![TAG, 0, 0, 0];
        payload.extend(self.theirs.to_le_bytes());
        payload.extend(self.proof(&[&met.random, &self.ours.to_le_bytes()]));
        payload
    }

    /// Tells a BMC with another password that nothing comes of it, so that it keeps no place for us.
    pub(super) fn refusal(&self) -> Vec<u8> {
        const WRONG_PROOF: u8 = 0x0f;
        let mut payload = vec![TAG, WRONG_PROOF, 0, 0];
        payload.extend(self.theirs.to_le_bytes());
        payload
    }

    /// The BMC proves that it has the same keys; the session is open.
    pub(super) fn rakp4(&self, payload: &[u8], met: &Met) -> Result<Keys, Fault> {
        accepted(payload)?;
        if number(payload, 4)? != self.ours {
            return Err(Fault::Garbled);
        }
        let session = self.session_key(met);
        let parts = [&self.our_random[..], &self.theirs.to_le_bytes(), &met.id];
        let expected = self.suite.check(&session, &parts);
        if !same(payload.get(8..).ok_or(Fault::Garbled)?, &expected) {
            return Err(Fault::NotProven);
        }
        let hiding = self.suite.digest(&session, &[&[2; 20]]);
        Ok(Keys {
            suite: self.suite,
            theirs: self.theirs,
            ours: self.ours,
            integrity: self.suite.digest(&session, &[&[1; 20]]),
            hiding: bytes(&hiding, 0)?,
        })
    }

    fn session_key(&self, met: &Met) -> Vec<u8> {
        let account = self.account;
        let key = account.key.as_deref().unwrap_or_else(|| account.password.reveal().as_bytes());
        let who = [account.role(), account.length()];
        self.suite.digest(key, &[&self.our_random, &met.random, &who, account.name()])
    }

    /// The digest with the password over these parts and who logs in.
    fn proof(&self, parts: &[&[u8]]) -> Vec<u8> {
        let account = self.account;
        let who = [account.role(), account.length()];
        let all: Vec<&[u8]> = parts.iter().copied().chain([&who[..], account.name()]).collect();
        self.suite.digest(account.password.reveal().as_bytes(), &all)
    }
}

/// Refuses an answer of another handshake, and one that says no.
fn accepted(payload: &[u8]) -> Result<(), Fault> {
    match payload {
        [TAG, 0, ..] => Ok(()),
        [TAG, code, ..] => Err(Fault::Refused(*code)),
        _ => Err(Fault::Garbled),
    }
}

fn number(payload: &[u8], at: usize) -> Result<u32, Fault> {
    bytes(payload, at).map(u32::from_le_bytes)
}

fn bytes<const COUNT: usize>(payload: &[u8], at: usize) -> Result<[u8; COUNT], Fault> {
    let found = payload.get(at..).and_then(|rest| rest.first_chunk::<COUNT>());
    found.copied().ok_or(Fault::Garbled)
}

#[cfg(test)]
#[path = "handshake_tests.rs"]
mod tests;
