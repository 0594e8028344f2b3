//! What BMCs tell of themselves and of their hosts, whatever they speak.

use std::fmt::Write as _;

use serde::Serialize;

use crate::model::bmc::Power;

/// Everything that a BMC knows of its host that an operator asks for.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Info {
    pub manufacturer: Option<String>,
    pub model: Option<String>,
    pub serial: Option<String>,
    /// The serial number of the mainboard, where it is another one.
    pub board_serial: Option<String>,
    pub uuid: Option<String>,
    /// The version of the host's own firmware.
    pub bios: Option<String>,
    /// The version of the BMC's firmware.
    pub firmware: Option<String>,
    pub power: Option<Power>,
    pub health: Option<String>,
    pub processors: Option<u64>,
    pub memory_gib: Option<f64>,
    pub sensors: Vec<Sensor>,
    pub log: Option<Log>,
    /// What could not be found out, and why.
    pub missing: Vec<String>,
}

/// A sensor and what it reads.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sensor {
    pub name: String,
    /// A sensor may have states only.
    pub reading: Option<f64>,
    /// The unit of the reading, or what the states are about.
    pub unit: String,
    pub state: String,
}

/// The newest entries of an event log.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Log {
    /// How many entries there are.
    pub all: usize,
    pub entries: Vec<Entry>,
}

/// An entry of an event log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// When it happened, by the BMC's own clock.
    pub at: Option<String>,
    pub severity: Option<String>,
    pub text: String,
}

/// What a check of a BMC found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// The protocol and its version, and how it was logged in.
    pub protocol: String,
    /// What protects the login.
    pub protection: String,
    /// The SHA-256 of the certificate that it presents, if it speaks TLS.
    pub certificate: Option<String>,
    pub manufacturer: Option<String>,
    pub model: Option<String>,
    pub firmware: Option<String>,
    /// What can be asked of it.
    pub supported: Vec<String>,
    /// What is known to go wrong with it, or is not as it should be.
    pub notes: Vec<String>,
}

/// Bytes in hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("writing to a string");
        hex
    })
}
