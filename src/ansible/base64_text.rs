//! Base64 as Python reads it.

/// The bytes: whatever is no letter of it is skipped, and the padding ends it. `None` if letters are missing.
pub(super) fn decoded(value: &str) -> Option<Vec<u8>> {
    let (mut bytes, mut bits, mut place, mut pads) = (Vec::new(), 0_u32, 0, 0);
    for c in value.bytes() {
        let sextet = match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' if place >= 2 => {
                pads += 1;
                if place + pads >= 4 {
                    return Some(bytes);
                }
                continue;
            }
            _ => continue,
        };
        pads = 0;
        bits = bits << 6 | u32::from(sextet);
        place = (place + 1) % 4;
        if place != 1 {
            let shift = [0, 0, 4, 2][place];
            bytes.push(u8::try_from(bits >> shift & 0xff).unwrap_or(0));
        }
    }
    (place == 0).then_some(bytes)
}
