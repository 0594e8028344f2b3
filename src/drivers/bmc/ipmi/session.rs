//! A session with a BMC: opened with the best cipher suite that both sides speak, and closed at its end.

use std::time::Duration;

use ipmi_rs_core::connection::{IpmiCommand, Message};

use super::{
    handshake::{self, Account, Fault, Handshake},
    packet::{self, Keys, Kind},
    suite::Suite,
    wire::{Lost, Wire, random},
};

/// Functions of IPMI, by the numbers of their requests.
pub(super) mod function {
    pub(in super::super) const CHASSIS: u8 = 0x00;
    pub(in super::super) const SENSOR: u8 = 0x04;
    pub(in super::super) const APP: u8 = 0x06;
    pub(in super::super) const STORAGE: u8 = 0x0a;
}

/// How often a BMC is asked again that says that it is busy, and after what pause.
const BUSY_TRIES: usize = 5;
const BUSY_PAUSE: Duration = Duration::from_millis(500);

/// What a BMC answers when it is busy.
const BUSY: u8 = 0xc0;

/// Why something could not be done.
#[derive(Debug)]
pub(super) enum Failure {
    /// It is not there, or does not answer.
    Lost(Lost),
    /// It answers, but not to the login: some BMCs say nothing to a name that they do not know.
    Ignored,
    Login(Fault),
    /// It answered with this completion code.
    Refused(u8),
    /// Its answer is not what the command asks for.
    Garbled(&'static str),
}

impl From<Lost> for Failure {
    fn from(lost: Lost) -> Self {
        Self::Lost(lost)
    }
}

/// An open session.
#[derive(Debug)]
pub(super) struct Session {
    wire: Wire,
    keys: Keys,
    /// The number of the last packet that was sent.
    sent: u32,
    /// The number of the last request, of six bits.
    request: u8,
}

impl Session {
    /// Opens a session, and takes the privilege level.
    pub(super) async fn open(
        wire: Wire,
        account: &Account,
        only: Option<Suite>,
    ) -> Result<Self, Failure> {
        alive(&wire).await?;
        let offers = only.map_or_else(|| Suite::ALL.to_vec(), |suite| vec![suite]);
        let mut last = Fault::Garbled;
        for suite in offers {
            match handshake(&wire, account, suite, only).await {
                Ok(keys) => {
                    let session = Self { wire, keys, sent: 0, request: 0 };
                    return session.with_level(account.privilege).await;
                }
                Err(Failure::Login(fault)) if fault.wants_other_suite() => last = fault,
                Err(failure) => return Err(failure),
            }
        }
        Err(Failure::Login(last))
    }

    /// The cipher suite that was agreed on.
    pub(super) fn suite(&self) -> Suite {
        self.keys.suite
    }

    /// Takes the privilege level; without it, the session is of no use.
    async fn with_level(mut self, privilege: u8) -> Result<Self, Failure> {
        const SET_SESSION_PRIVILEGE: u8 = 0x3b;
        match self.ask(function::APP, SET_SESSION_PRIVILEGE, &[privilege]).await {
            Ok(_) => Ok(self),
            Err(failure) => {
                self.close().await;
                Err(failure)
            }
        }
    }

    /// Gives a command and waits for its answer; a busy BMC is asked again.
    pub(super) async fn ask(
        &mut self,
        function: u8,
        command: u8,
        data: &[u8],
    ) -> Result<Vec<u8>, Failure> {
        for _ in 0..BUSY_TRIES {
            match self.once(function, command, data).await {
                Err(Failure::Refused(BUSY)) => tokio::time::sleep(BUSY_PAUSE).await,
                answered => return answered,
            }
        }
        Err(Failure::Refused(BUSY))
    }

    async fn once(&mut self, function: u8, command: u8, data: &[u8]) -> Result<Vec<u8>, Failure> {
        self.request = (self.request + 1) % 64;
        let request = packet::request(function, self.request, command, data);
        // A vector for each try; there are no more tries than these, whatever the limit.
        let seed = random::<16>()?;
        let (keys, number, sent) = (&self.keys, self.request, &mut self.sent);
        let make = || {
            *sent = sent.wrapping_add(1);
            packet::protected(keys, *sent, vector(keys, seed, *sent), &request)
        };
        let take = |packet: &[u8]| {
            let message = packet::unprotected(keys, packet)?;
            let (code, data) = packet::answer(&message, function, number, command)?;
            Some((code, data.to_vec()))
        };
        match self.wire.ask(make, take).await? {
            (0, data) => Ok(data),
            (code, _) => Err(Failure::Refused(code)),
        }
    }

    /// Gives a command of the crate's and has its answer read there.
    pub(super) async fn command<C: IpmiCommand>(
        &mut self,
        command: C,
        what: &'static str,
    ) -> Result<C::Output, Failure> {
        let message: Message = command.into();
        let data = self.ask(message.netfn_raw(), message.cmd(), message.data()).await?;
        C::parse_success_response(&data).map_err(|_| Failure::Garbled(what))
    }

    /// Ends the session, so that the BMC has room for the next one. Nothing depends on its answer.
    pub(super) async fn close(mut self) {
        const CLOSE_SESSION: u8 = 0x3c;
        let request =
            packet::request(function::APP, 0, CLOSE_SESSION, &self.keys.theirs.to_le_bytes());
        self.sent = self.sent.wrapping_add(1);
        if let Ok(vector) = random() {
            let packet = packet::protected(&self.keys, self.sent, vector, &request);
            self.wire.tell(&packet).await;
        }
    }
}

/// A vector that nobody can foresee, another one for each packet.
fn vector(keys: &Keys, seed: [u8; 16], sent: u32) -> [u8; 16] {
    let digest = keys.suite.digest(&seed, &[&sent.to_le_bytes()]);
    let mut vector = seed;
    vector.iter_mut().zip(digest).for_each(|(byte, digest)| *byte = digest);
    vector
}

/// Whether something answers there that speaks IPMI; it is asked for what every BMC tells anybody.
async fn alive(wire: &Wire) -> Result<(), Failure> {
    const GET_AUTHENTICATION_CAPABILITIES: u8 = 0x38;
    /// The channel that is asked through, and that version 2.0 is spoken.
    const HERE: u8 = 0x8e;
    const ADMINISTRATOR: u8 = 4;
    let data = [HERE, ADMINISTRATOR];
    let request = packet::request(function::APP, 0, GET_AUTHENTICATION_CAPABILITIES, &data);
    let take = |received: &[u8]| {
        let message = packet::unwrapped(received)?;
        packet::answer(message, function::APP, 0, GET_AUTHENTICATION_CAPABILITIES).map(|_| ())
    };
    Ok(wire.ask(|| packet::bare(&request), take).await?)
}

async fn handshake(
    wire: &Wire,
    account: &Account,
    offered: Suite,
    only: Option<Suite>,
) -> Result<Keys, Failure> {
    // Zero is no name for a session.
    let ours = u32::from_le_bytes(random()?) | 1;
    let request = handshake::open_request(ours, offered, account.privilege);
    let response = exchange(wire, Kind::OpenRequest, &request, Kind::OpenResponse).await?;
    let (suite, theirs) = handshake::open_response(&response, ours).map_err(Failure::Login)?;
    if only.is_some_and(|only| only != suite) {
        return Err(Failure::Login(Fault::OtherSuite(suite.algorithms())));
    }
    let handshake = Handshake { account, suite, ours, theirs, our_random: random()? };
    let response = exchange(wire, Kind::Rakp1, &handshake.rakp1(), Kind::Rakp2).await?;
    let met = match handshake.rakp2(&response) {
        Ok(met) => met,
        Err(fault) => {
            wire.tell(&packet::open(Kind::Rakp3, &handshake.refusal())).await;
            return Err(Failure::Login(fault));
        }
    };
    let response = exchange(wire, Kind::Rakp3, &handshake.rakp3(&met), Kind::Rakp4).await?;
    handshake.rakp4(&response, &met).map_err(Failure::Login)
}

async fn exchange(
    wire: &Wire,
    kind: Kind,
    payload: &[u8],
    answer: Kind,
) -> Result<Vec<u8>, Failure> {
    let take = |received: &[u8]| packet::opened(received, answer).map(<[u8]>::to_vec);
    match wire.ask(|| packet::open(kind, payload), take).await {
        Err(Lost::Silent) => Err(Failure::Ignored),
        answered => Ok(answered?),
    }
}

/// The cipher suites that a BMC says it speaks, asked without a session; none if it does not say.
pub(super) async fn suites(wire: &Wire) -> Result<Vec<u8>, Lost> {
    const GET_CIPHER_SUITES: u8 = 0x54;
    const MOST: u8 = 64;
    let mut records = Vec::new();
    for index in 0..MOST {
        let data = [0x0e, 0x00, 0x80 | index];
        let request = packet::request(function::APP, index, GET_CIPHER_SUITES, &data);
        let take = |received: &[u8]| {
            let message = packet::unwrapped(received)?;
            let (code, data) = packet::answer(message, function::APP, index, GET_CIPHER_SUITES)?;
            Some((code, data.to_vec()))
        };
        let (code, data) = wire.ask(|| packet::bare(&request), take).await?;
        // The first byte is the channel; sixteen more say that there is more.
        let part = data.get(1..).unwrap_or_default();
        records.extend_from_slice(part);
        if code != 0 || part.len() < 16 {
            break;
        }
    }
    Ok(numbers(&records))
}

/// The numbers in a list of records, each with its maker where it is no standard one, and its algorithms.
fn numbers(records: &[u8]) -> Vec<u8> {
    let starts = |byte: u8| byte == 0xc0 || byte == 0xc1;
    let at = records.iter().enumerate().filter(|(_, byte)| starts(**byte));
    at.filter_map(|(at, byte)| records.get(at + 1).copied().filter(|_| *byte == 0xc0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suites_are_read_out_of_their_records() {
        let records = b"\xc0\x00\x00\x40\x80\xc0\x03\x01\x41\x81\xc1\x80\x57\x01\x00\x01\x41\x81\xc0\x11\x03\x44\x81";
        assert_eq!(numbers(records), [0, 3, 17]);
        assert!(numbers(b"\xc0").is_empty());
    }
}
