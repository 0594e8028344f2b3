//! Packets as they are on the wire: the header of RMCP, that of a session, and the message inside.

use super::suite::{self, Suite};

/// RMCP, version 1.0, without acknowledgement, for IPMI.
const RMCP: [u8; 4] = [0x06, 0x00, 0xff, 0x07];

/// The format of the session header that came with IPMI 2.0.
const RMCP_PLUS: u8 = 0x06;

/// What a payload is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Message = 0x00,
    OpenRequest = 0x10,
    OpenResponse = 0x11,
    Rakp1 = 0x12,
    Rakp2 = 0x13,
    Rakp3 = 0x14,
    Rakp4 = 0x15,
}

impl Kind {
    const ALL: [Self; 7] = [
        Self::Message,
        Self::OpenRequest,
        Self::OpenResponse,
        Self::Rakp1,
        Self::Rakp2,
        Self::Rakp3,
        Self::Rakp4,
    ];

    fn of(byte: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as u8 == byte)
    }
}

/// What protects the packets of an open session.
#[derive(Debug, Clone)]
pub(super) struct Keys {
    pub suite: Suite,
    /// Under this id the BMC knows the session.
    pub theirs: u32,
    /// Under this id we know it.
    pub ours: u32,
    /// Protects.
    pub integrity: Vec<u8>,
    /// Hides.
    pub hiding: [u8; 16],
}

/// A packet before there is a session.
pub(super) fn open(kind: Kind, payload: &[u8]) -> Vec<u8> {
    let mut packet = RMCP.to_vec();
    packet.extend([RMCP_PLUS, kind as u8]);
    packet.extend([0; 8]);
    packet.extend(length(payload));
    packet.extend(payload);
    packet
}

/// A packet of a session: hidden and protected.
pub(super) fn protected(keys: &Keys, sequence: u32, vector: [u8; 16], message: &[u8]) -> Vec<u8> {
    let hidden = suite::hide(keys.hiding, vector, message);
    let mut packet = RMCP.to_vec();
    packet.extend([RMCP_PLUS, Kind::Message as u8 | 0xc0]);
    packet.extend(keys.theirs.to_le_bytes());
    packet.extend(sequence.to_le_bytes());
    packet.extend(length(&hidden));
    packet.extend(hidden);
    // What is protected has a length that four divides, with two bytes of its own at the end.
    let pad = (4 - (packet.len() - RMCP.len() + 2) % 4) % 4;
    packet.extend(std::iter::repeat_n(0xff, pad));
    packet.extend([u8::try_from(pad).unwrap_or(0), 0x07]);
    let check = keys.suite.check(&keys.integrity, &[&packet[RMCP.len()..]]);
    packet.extend(check);
    packet
}

fn length(payload: &[u8]) -> [u8; 2] {
    u16::try_from(payload.len()).unwrap_or(u16::MAX).to_le_bytes()
}

/// The payload of an answer from before there is a session; `None` if it is another packet.
pub(super) fn opened(packet: &[u8], kind: Kind) -> Option<&[u8]> {
    let rest = packet.strip_prefix(&RMCP)?.strip_prefix(&[RMCP_PLUS])?;
    let (&byte, rest) = rest.split_first()?;
    (Kind::of(byte)? == kind).then_some(())?;
    payload(rest.get(8..)?)
}

fn payload(rest: &[u8]) -> Option<&[u8]> {
    let (length, rest) = rest.split_first_chunk::<2>()?;
    rest.get(..usize::from(u16::from_le_bytes(*length)))
}

/// The message of a packet of the session; `None` if it is another packet, or somebody changed it.
pub(super) fn unprotected(keys: &Keys, packet: &[u8]) -> Option<Vec<u8>> {
    let inner = packet.strip_prefix(&RMCP)?;
    let (inner, check) =
        inner.split_at_checked(inner.len().checked_sub(keys.suite.check_length())?)?;
    if !suite::same(check, &keys.suite.check(&keys.integrity, &[inner])) {
        return None;
    }
    let rest = inner.strip_prefix(&[RMCP_PLUS, Kind::Message as u8 | 0xc0])?;
    let rest = rest.strip_prefix(&keys.ours.to_le_bytes())?;
    suite::shown(keys.hiding, payload(rest.get(4..)?)?)
}

/// A message without a session, in the older format that every BMC answers.
pub(super) fn bare(message: &[u8]) -> Vec<u8> {
    let mut packet = RMCP.to_vec();
    packet.extend([0; 9]);
    packet.push(u8::try_from(message.len()).unwrap_or(u8::MAX));
    packet.extend(message);
    packet
}

/// The message of an answer to [`bare`], in either format.
pub(super) fn unwrapped(packet: &[u8]) -> Option<&[u8]> {
    if let Some(message) = opened(packet, Kind::Message) {
        return Some(message);
    }
    let rest = packet.strip_prefix(&RMCP)?.strip_prefix(&[0])?.get(8..)?;
    let (&length, rest) = rest.split_first()?;
    rest.get(..usize::from(length))
}

/// The address of a BMC, and that of who asks from outside.
const BMC: u8 = 0x20;
const CONSOLE: u8 = 0x81;

/// A request to the BMC itself. `sequence` has six bits.
pub(super) fn request(function: u8, sequence: u8, command: u8, data: &[u8]) -> Vec<u8> {
    let head = [BMC, function << 2];
    let mut message = vec![head[0], head[1], sum(&head)];
    let mut body = vec![CONSOLE, sequence << 2, command];
    body.extend(data);
    let end = sum(&body);
    message.extend(body);
    message.push(end);
    message
}

/// What is answered to a request: the completion code and the data; `None` if it answers another request.
pub(super) fn answer(
    message: &[u8],
    function: u8,
    sequence: u8,
    command: u8,
) -> Option<(u8, &[u8])> {
    let (head, body) = message.split_at_checked(3)?;
    let whole = sum(head) == 0 && sum(body) == 0;
    let fits =
        head[1] >> 2 == function + 1 && body.get(1)? >> 2 == sequence && *body.get(2)? == command;
    let data = body.get(3..body.len().checked_sub(1)?)?;
    let (&code, data) = data.split_first()?;
    (whole && fits).then_some((code, data))
}

/// What makes the sum of all bytes zero.
fn sum(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte)).wrapping_neg()
}

#[cfg(test)]
#[path = "packet_tests.rs"]
mod tests;
