//! Power and boot device: the commands of the chassis, which the crate's codecs leave out.

use super::session::{Failure, Session, function::CHASSIS};
use crate::model::bmc::{Boot, Device, Firmware, Power};

const STATUS: u8 = 0x01;
const CONTROL: u8 = 0x02;
const SET_BOOT_OPTIONS: u8 = 0x08;
const GET_BOOT_OPTIONS: u8 = 0x09;

/// The boot option that holds the flags, and the one that says when they are forgotten.
const FLAGS: u8 = 5;
const FORGETTING: u8 = 3;

const VALID: u8 = 0x80;
const LASTING: u8 = 0x40;
const UEFI: u8 = 0x20;

/// What the chassis can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Off = 0x00,
    On = 0x01,
    Reset = 0x03,
    /// The operating system is asked to end.
    ShutDown = 0x05,
}

pub(super) async fn power(session: &mut Session) -> Result<Power, Failure> {
    let data = session.ask(CHASSIS, STATUS, &[]).await?;
    match data.first() {
        Some(state) if state & 1 == 1 => Ok(Power::On),
        Some(_) => Ok(Power::Off),
        None => Err(Failure::Garbled("the state of the chassis")),
    }
}

pub(super) async fn order(session: &mut Session, order: Order) -> Result<(), Failure> {
    session.ask(CHASSIS, CONTROL, &[order as u8]).await.map(drop)
}

pub(super) async fn boot(session: &mut Session) -> Result<Boot, Failure> {
    let data = session.ask(CHASSIS, GET_BOOT_OPTIONS, &[FLAGS, 0, 0]).await?;
    let flags = data.get(2..4).ok_or(Failure::Garbled("the boot options"))?;
    Ok(read(flags[0], flags[1]))
}

fn read(first: u8, second: u8) -> Boot {
    let device = match (second >> 2) & 0x0f {
        _ if first & VALID == 0 => Device::Default,
        1 => Device::Pxe,
        2 | 3 => Device::Disk,
        5 => Device::Cdrom,
        6 => Device::Bios,
        0 => Device::Default,
        _ => Device::Other,
    };
    let firmware = if first & UEFI == 0 { Firmware::Legacy } else { Firmware::Uefi };
    // Without a device, the flag says nothing of the firmware either.
    let firmware = (device != Device::Default).then_some(firmware);
    Boot { device, once: first & LASTING == 0, firmware }
}

fn written(boot: Boot) -> [u8; 6] {
    let device: u8 = match boot.device {
        // Nobody asks for something else: it is only read.
        Device::Default | Device::Other => 0,
        Device::Pxe => 1,
        Device::Disk => 2,
        Device::Cdrom => 5,
        Device::Bios => 6,
    };
    let lasts = if boot.once { 0 } else { LASTING };
    let firmware = if boot.firmware == Some(Firmware::Uefi) { UEFI } else { 0 };
    let first = match boot.device {
        Device::Default | Device::Other => 0,
        _ => VALID | lasts | firmware,
    };
    [FLAGS, first, device << 2, 0, 0, 0]
}

pub(super) async fn set_boot(session: &mut Session, boot: &Boot) -> Result<(), Failure> {
    // Else the flags are forgotten when the host does not start within a minute. Not every BMC knows it.
    let kept = session.ask(CHASSIS, SET_BOOT_OPTIONS, &[FORGETTING, 0x08]).await;
    if let Err(failure @ (Failure::Lost(_) | Failure::Ignored)) = kept {
        return Err(failure);
    }
    session.ask(CHASSIS, SET_BOOT_OPTIONS, &written(*boot)).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_read_as_they_are_written() {
        for device in [Device::Pxe, Device::Disk, Device::Cdrom, Device::Bios] {
            for (once, firmware) in [(true, Firmware::Uefi), (false, Firmware::Legacy)] {
                let boot = Boot { device, once, firmware: Some(firmware) };
                let [_, first, second, ..] = written(boot);
                assert_eq!(read(first, second), boot);
            }
        }
        let none = Boot { device: Device::Default, once: true, firmware: None };
        assert_eq!(written(none), [5, 0, 0, 0, 0, 0]);
        assert_eq!(read(0, 0), none);
    }

    /// `ipmitool chassis bootdev pxe options=persistent,efiboot` sends these.
    #[test]
    fn flags_are_those_of_others() {
        let boot = Boot { device: Device::Pxe, once: false, firmware: Some(Firmware::Uefi) };
        assert_eq!(written(boot), [0x05, 0xe0, 0x04, 0x00, 0x00, 0x00]);
    }
}
