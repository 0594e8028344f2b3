//! The event log: its newest entries, in words.

use std::fmt;

use ipmi_rs_core::{
    connection::Message,
    storage::{
        sdr::SensorType,
        sel::{Entry as Parsed, EventDirection, GetSelEntry, GetSelInfo, RecordId},
    },
};
use jiff::Timestamp;

use super::session::{Failure, Session};
use crate::drivers::bmc::told::{Entry, Log, hex};

/// Ids of entries that may be gone in a row before it is taken that there are no older ones.
const GAPS: usize = 8;

/// What a BMC answers when it has no such entry.
const NOT_THERE: u8 = 0xcb;

/// The newest entries, the newest last.
pub(super) async fn log(session: &mut Session, most: usize) -> Result<Log, Failure> {
    let info = session.command(GetSelInfo, "the state of its event log").await?;
    let all = usize::from(info.entries);
    let mut entries = Vec::new();
    let (mut next, mut gaps) = (if all == 0 { None } else { Some(RecordId::LAST) }, 0);
    while let Some(id) = next.filter(|_| entries.len() < most.min(all) && gaps < GAPS) {
        match entry(session, id).await {
            Ok((id, entry)) => {
                entries.push(entry);
                next = RecordId::new(id.wrapping_sub(1));
                gaps = 0;
            }
            Err(Failure::Refused(NOT_THERE)) if !id.is_last() => {
                next = RecordId::new(id.value().wrapping_sub(1));
                gaps += 1;
            }
            Err(failure) => return Err(failure),
        }
    }
    entries.reverse();
    Ok(Log { all, entries })
}

/// An entry's own id, and what it says.
async fn entry(session: &mut Session, id: RecordId) -> Result<(u16, Entry), Failure> {
    let message: Message = GetSelEntry::new(None, id).into();
    let data = session.ask(message.netfn_raw(), message.cmd(), message.data()).await?;
    let record = data.get(2..18).ok_or(Failure::Garbled("an entry of its event log"))?;
    Ok((u16::from_le_bytes([record[0], record[1]]), read(record)))
}

fn read(record: &[u8]) -> Entry {
    let seconds = u32::from_le_bytes([record[3], record[4], record[5], record[6]]);
    let at = |seconds| Timestamp::from_second(i64::from(seconds)).ok().map(|at| at.to_string());
    match Parsed::parse(record) {
        Ok(parsed @ Parsed::System { .. }) => {
            Entry { at: at(seconds), severity: None, text: words(&parsed) }
        }
        Ok(Parsed::OemTimestamped { ty, data, .. }) => {
            Entry { at: at(seconds), severity: None, text: of_maker(ty, &data) }
        }
        Ok(Parsed::OemNotTimestamped { ty, data, .. }) => {
            Entry { at: None, severity: None, text: of_maker(ty, &data) }
        }
        Err(_) => Entry { at: None, severity: None, text: of_maker(record[2], &record[3..]) },
    }
}

fn of_maker(kind: u8, data: &[u8]) -> String {
    format!("an entry of its maker's own, kind {kind:#04x}: {}", hex(data))
}

/// The crate describes an event only to a formatter.
struct Described<'a>(&'a Parsed);

impl fmt::Display for Described<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.event_description(f)
    }
}

fn words(parsed: &Parsed) -> String {
    let Parsed::System { sensor_type, sensor_number, event_direction, .. } = parsed else {
        return String::new();
    };
    let kind = SensorType::from(*sensor_type);
    let ends = if *event_direction == EventDirection::Deassert { ", no longer" } else { "" };
    match Described(parsed).to_string() {
        told if told.is_empty() => format!("{kind} (sensor {sensor_number}){ends}"),
        told => format!("{kind} (sensor {sensor_number}): {told}{ends}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_says_when_and_what() {
        let record = b"\x01\x00\x02\x00\x00\x00\x60\x20\x00\x04\x01\x30\x01\x59\x2d\x2a";
        let entry = read(record);
        assert_eq!(entry.at.as_deref(), Some("2021-01-14T08:25:36Z"));
        assert!(entry.text.starts_with("Temperature (sensor 48)"), "{}", entry.text);
        let own = read(b"\x02\x00\xe0\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d");
        assert_eq!(own.at, None);
        assert!(own.text.contains("0102030405060708090a0b0c0d"), "{}", own.text);
    }
}
