//! Sensors: the repository of their records, and what each reads.
//!
//! The records are read here, not by the crate: its own reader gives wrong factors below zero and ends the program on
//! records that are too short. Its tables of units and kinds are used.

use ipmi_rs_core::storage::sdr::{SensorType, Unit};

use super::session::{
    Failure, Session,
    function::{SENSOR, STORAGE},
};
use crate::drivers::bmc::told::Sensor;

const RESERVE: u8 = 0x22;
const GET: u8 = 0x23;
const READING: u8 = 0x2d;

/// How much of a record is read at once.
const PIECE: u8 = 16;

/// Bytes of a record's header: its id, version, kind and the length of what follows.
const HEADER: usize = 5;

/// The last record, and the most that are read.
const LAST: u16 = 0xffff;
const MOST: usize = 1024;

/// What a BMC answers when somebody else changed the repository.
const RESERVATION_LOST: u8 = 0xc5;

/// Reads all sensors that can be read.
pub(super) async fn sensors(session: &mut Session) -> Result<Vec<Sensor>, Failure> {
    let mut found = Vec::new();
    for record in records(session).await? {
        let Some(record) = Record::read(&record) else { continue };
        // One sensor that cannot be read hides no other one.
        let reading = match session.ask(SENSOR, READING, &[record.number]).await {
            Ok(reading) => reading,
            Err(Failure::Refused(_)) => continue,
            Err(failure) => return Err(failure),
        };
        found.extend(record.sensor(&reading));
    }
    Ok(found)
}

async fn records(session: &mut Session) -> Result<Vec<Vec<u8>>, Failure> {
    let mut records = Vec::new();
    let (mut id, mut reservation) = (0, reserve(session).await?);
    let mut lost = 0;
    while id != LAST && records.len() < MOST {
        match record(session, reservation, id).await {
            Ok((next, record)) => {
                records.push(record);
                // A repository that leads in a circle has no more to say.
                if next == id {
                    break;
                }
                id = next;
            }
            Err(Failure::Refused(RESERVATION_LOST)) if lost < 3 => {
                lost += 1;
                reservation = reserve(session).await?;
            }
            Err(failure) => return Err(failure),
        }
    }
    Ok(records)
}

async fn reserve(session: &mut Session) -> Result<[u8; 2], Failure> {
    let data = session.ask(STORAGE, RESERVE, &[]).await?;
    data.first_chunk::<2>().copied().ok_or(Failure::Garbled("the reservation of its sensors"))
}

/// A record and the id of the next.
async fn record(
    session: &mut Session,
    reservation: [u8; 2],
    id: u16,
) -> Result<(u16, Vec<u8>), Failure> {
    const GARBLED: Failure = Failure::Garbled("a record of a sensor");
    let ([low, high], [first, second]) = (id.to_le_bytes(), reservation);
    let header = u8::try_from(HEADER).unwrap_or(u8::MAX);
    let data = session.ask(STORAGE, GET, &[first, second, low, high, 0, header]).await?;
    let (next, mut record) = match data.split_first_chunk::<2>() {
        Some((next, record)) if record.len() == HEADER => (*next, record.to_vec()),
        _ => return Err(GARBLED),
    };
    let whole = HEADER + usize::from(record[HEADER - 1]);
    while record.len() < whole {
        let at = u8::try_from(record.len()).map_err(|_| GARBLED)?;
        let count = u8::try_from(whole - record.len()).unwrap_or(u8::MAX).min(PIECE);
        let data = session.ask(STORAGE, GET, &[first, second, low, high, at, count]).await?;
        let piece = data.get(2..).filter(|piece| !piece.is_empty()).ok_or(GARBLED)?;
        record.extend_from_slice(piece);
    }
    Ok((u16::from_le_bytes(next), record))
}

/// What is of use in the record of a sensor.
#[derive(Debug, Clone, PartialEq)]
struct Record {
    number: u8,
    name: String,
    kind: u8,
    /// How a reading becomes a quantity; without it, the sensor has states only.
    factors: Option<Factors>,
}

/// `(m · reading + b · 10^b_exponent) · 10^exponent`, in a unit.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Factors {
    signed: bool,
    percent: bool,
    unit: u8,
    m: i16,
    b: i16,
    b_exponent: i8,
    exponent: i8,
}

impl Record {
    /// `None` if it is the record of something else, or of a sensor that another processor has.
    fn read(bytes: &[u8]) -> Option<Self> {
        const FULL: u8 = 0x01;
        const COMPACT: u8 = 0x02;
        const BMC: u8 = 0x20;
        let kind = *bytes.get(3)?;
        let own = *bytes.get(5)? == BMC && matches!(bytes.get(6)? & 0x03, 0);
        let name_at = match kind {
            FULL => 47,
            COMPACT => 31,
            _ => return None,
        };
        own.then_some(())?;
        let length = usize::from(bytes.get(name_at)? & 0x1f);
        let name = bytes.get(name_at + 1..)?;
        let name = &name[..length.min(name.len())];
        let name = name.iter().map(|byte| char::from(*byte)).filter(|c| !c.is_control());
        Some(Self {
            number: *bytes.get(7)?,
            name: name.collect::<String>().trim().to_owned(),
            kind: *bytes.get(12)?,
            factors: if kind == FULL { Factors::read(bytes) } else { None },
        })
    }

    /// What the sensor says; `None` if it is not read now.
    fn sensor(&self, reading: &[u8]) -> Option<Sensor> {
        const UNAVAILABLE: u8 = 0x20;
        const SCANNED: u8 = 0x40;
        let (value, flags) = (*reading.first()?, *reading.get(1)?);
        if flags & UNAVAILABLE != 0 || flags & SCANNED == 0 {
            return None;
        }
        let state = self.factors.map_or_else(
            || states(reading.get(2).copied().unwrap_or_default()),
            |_| threshold(reading.get(2).copied().unwrap_or_default()).to_owned(),
        );
        let (reading, unit) = match self.factors {
            Some(factors) => (Some(factors.quantity(value)), factors.unit()),
            None => (None, SensorType::from(self.kind).to_string()),
        };
        Some(Sensor { name: self.name.clone(), reading, unit, state })
    }
}

impl Factors {
    fn read(bytes: &[u8]) -> Option<Self> {
        const NO_QUANTITY: u8 = 0xc0;
        let units = *bytes.get(20)?;
        let linear = matches!(bytes.get(23)? & 0x7f, 0);
        if units & NO_QUANTITY == NO_QUANTITY || !linear {
            return None;
        }
        let ten = |low: u8, high: u8| {
            let number = i16::from(low) | (i16::from(high >> 6) << 8);
            if number >= 512 { number - 1024 } else { number }
        };
        let exponents = *bytes.get(29)?;
        let four = |half: u8| {
            let number = i8::try_from(half & 0x0f).unwrap_or(0);
            if number >= 8 { number - 16 } else { number }
        };
        Some(Self {
            signed: units & NO_QUANTITY != 0,
            percent: units & 1 == 1,
            unit: *bytes.get(21)?,
            m: ten(*bytes.get(24)?, *bytes.get(25)?),
            b: ten(*bytes.get(26)?, *bytes.get(27)?),
            b_exponent: four(exponents),
            exponent: four(exponents >> 4),
        })
    }

    fn quantity(self, reading: u8) -> f64 {
        let reading =
            if self.signed { f64::from(reading.cast_signed()) } else { f64::from(reading) };
        let ten = |exponent: i8| 10_f64.powi(i32::from(exponent));
        let whole = f64::from(self.m) * reading + f64::from(self.b) * ten(self.b_exponent);
        // No sensor is finer than this; more digits are noise of the calculation.
        (whole * ten(self.exponent) * 1000.0).round() / 1000.0
    }

    fn unit(self) -> String {
        if self.percent {
            return "%".into();
        }
        let shown = Unit::from(self.unit).display(true, 2_i32);
        shown.strip_prefix("2 ").unwrap_or(&shown).to_owned()
    }
}

/// How a quantity stands to its limits.
fn threshold(flags: u8) -> &'static str {
    match flags {
        flags if flags & 0x24 != 0 => "beyond repair",
        flags if flags & 0x12 != 0 => "critical",
        flags if flags & 0x09 != 0 => "warning",
        _ => "ok",
    }
}

/// Which states of a sensor without a quantity are so, by their numbers.
fn states(flags: u8) -> String {
    let on: Vec<String> =
        (0..8).filter(|at| flags >> at & 1 == 1).map(|at: u8| at.to_string()).collect();
    if on.is_empty() { "none".into() } else { format!("state {}", on.join(", ")) }
}

#[cfg(test)]
#[path = "sdr_tests.rs"]
mod tests;
