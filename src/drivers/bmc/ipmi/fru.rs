//! What a BMC knows of the machine's parts: maker, name and serial number, out of the inventory that the factory wrote.

use super::session::{Failure, Session, function::STORAGE};

const AREA_INFO: u8 = 0x10;
const READ: u8 = 0x11;

/// How much is read at once: every BMC can do that much.
const PIECE: u16 = 16;

/// No inventory that is worth reading is longer.
const MOST: u16 = 2048;

/// The machine as its inventory describes it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Inventory {
    pub manufacturer: Option<String>,
    pub product: Option<String>,
    pub serial: Option<String>,
    pub board_serial: Option<String>,
}

/// Reads the inventory of the BMC's own machine.
pub(super) async fn inventory(session: &mut Session) -> Result<Inventory, Failure> {
    const OWN: u8 = 0;
    let info = session.ask(STORAGE, AREA_INFO, &[OWN]).await?;
    let size = info.first_chunk::<2>().ok_or(Failure::Garbled("the size of its inventory"))?;
    let size = u16::from_le_bytes(*size).min(MOST);
    let mut bytes = Vec::new();
    while let Some(at) = u16::try_from(bytes.len()).ok().filter(|at| *at < size) {
        let count = PIECE.min(size - at).to_le_bytes()[0];
        let [low, high] = at.to_le_bytes();
        let data = session.ask(STORAGE, READ, &[OWN, low, high, count]).await?;
        let piece = data.get(1..).filter(|piece| !piece.is_empty());
        bytes.extend_from_slice(piece.ok_or(Failure::Garbled("a piece of its inventory"))?);
    }
    Ok(read(&bytes))
}

/// What stands in an inventory; what cannot be read is left out.
fn read(bytes: &[u8]) -> Inventory {
    let area = |index: usize| {
        let at = usize::from(*bytes.get(index)?) * 8;
        bytes.get(at..).filter(|_| at > 0)
    };
    // The board says when it was made before its fields begin, the product only its language.
    let board = area(3).map(|area| fields(area, 6)).unwrap_or_default();
    let product = area(4).map(|area| fields(area, 3)).unwrap_or_default();
    let of = |list: &[Option<String>], at: usize| list.get(at).cloned().flatten();
    Inventory {
        manufacturer: of(&product, 0).or_else(|| of(&board, 0)),
        product: of(&product, 1).or_else(|| of(&board, 1)),
        serial: of(&product, 4),
        board_serial: of(&board, 2),
    }
}

/// The fields of an area from here on.
fn fields(area: &[u8], mut at: usize) -> Vec<Option<String>> {
    const END: u8 = 0xc1;
    let mut found = Vec::new();
    while let Some(&kind) = area.get(at).filter(|kind| **kind != END) {
        let length = usize::from(kind & 0x3f);
        let Some(bytes) = area.get(at + 1..at + 1 + length) else { break };
        found.push(text(kind >> 6, bytes));
        at += 1 + length;
    }
    found
}

/// A field as text; `None` if it is empty or no text.
fn text(kind: u8, bytes: &[u8]) -> Option<String> {
    let text: String = match kind {
        1 => bytes.iter().flat_map(|byte| [byte >> 4, byte & 0x0f]).filter_map(decimal).collect(),
        2 => packed(bytes),
        3 => bytes.iter().map(|byte| char::from(*byte)).filter(|c| !c.is_control()).collect(),
        _ => return None,
    };
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// A digit of a number of which each takes half a byte.
fn decimal(half: u8) -> Option<char> {
    match half {
        0..=9 => Some(char::from(b'0' + half)),
        10 => Some(' '),
        11 => Some('-'),
        12 => Some('.'),
        _ => None,
    }
}

/// Letters of six bits each, the first in the lowest.
fn packed(bytes: &[u8]) -> String {
    let bit = |at: usize| bytes.get(at / 8).map_or(0, |byte| (byte >> (at % 8)) & 1);
    let letter = |index: usize| {
        let value = (0..6).fold(0, |value, at| value | (bit(index * 6 + at) << at));
        char::from(0x20 + value)
    };
    (0..bytes.len() * 8 / 6).map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_product(fields: &[u8]) -> Vec<u8> {
        let mut bytes = vec![1, 0, 0, 0, 1, 0, 0, 0, 1, 3, 0];
        bytes.extend(fields);
        bytes.push(0xc1);
        bytes
    }

    #[test]
    fn a_product_has_maker_name_and_serial_number() {
        let fields = b"\xc4Acme\xc2R1\xc0\xc1\xc3S-7";
        let inventory = read(&with_product(&fields[..8]));
        assert_eq!(inventory.manufacturer.as_deref(), Some("Acme"));
        assert_eq!(inventory.product.as_deref(), Some("R1"));
        assert_eq!(inventory.serial, None);
        let inventory = read(&with_product(b"\xc4Acme\xc2R1\xc0\xc2v2\xc3S-7"));
        assert_eq!(inventory.serial.as_deref(), Some("S-7"));
    }

    #[test]
    fn other_alphabets_are_read() {
        assert_eq!(text(2, b"\x29\xdc\xa6").as_deref(), Some("IPMI"));
        assert_eq!(text(1, b"\x12\xb3").as_deref(), Some("12-3"));
        assert_eq!(text(0, b"\x00"), None);
    }

    #[test]
    fn a_damaged_inventory_is_no_panic() {
        let whole = with_product(b"\xc4Acme\xff");
        for end in 0..whole.len() {
            read(&whole[..end]);
        }
        read(&[0xff; 16]);
    }
}
