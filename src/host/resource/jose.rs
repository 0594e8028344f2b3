//! What clevis and tang write of keys: JSON in base64url, and the thumbprints by which people know keys.

use serde_json::Value;
use sha2::{Digest, Sha256};

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The JSON that stands in base64url.
pub(in crate::host) fn unpacked(text: &str) -> Option<Value> {
    serde_json::from_slice(&from_base64(text)?).ok()
}

/// The thumbprint of a key, as `tang-show-keys` prints it: SHA-256 of what makes it this key.
pub(super) fn thumbprint(key: &Value) -> Option<String> {
    let names: &[&str] = match key.get("kty")?.as_str()? {
        "EC" => &["crv", "kty", "x", "y"],
        "RSA" => &["e", "kty", "n"],
        _ => return None,
    };
    let member =
        |name: &&str| Some(format!("\"{name}\":{}", Value::from(key.get(*name)?.as_str()?)));
    let members = names.iter().map(member).collect::<Option<Vec<_>>>()?;
    Some(to_base64(&Sha256::digest(format!("{{{}}}", members.join(",")))))
}

/// Whether it is a key for this: `verify`, `deriveKey`.
pub(super) fn is_for(key: &Value, operation: &str) -> bool {
    let operations = key.get("key_ops").and_then(Value::as_array);
    operations.is_some_and(|all| all.iter().any(|known| known == operation))
}

fn from_base64(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| ALPHABET.iter().zip(0_u32..).find(|(known, _)| *known == byte);
    let mut bytes = Vec::new();
    for group in text.trim_end_matches('=').as_bytes().chunks(4) {
        let mut number = 0;
        for (byte, place) in group.iter().zip([18, 12, 6, 0]) {
            number |= digit(byte)?.1 << place;
        }
        // One digit alone is no byte.
        let count = group.len().checked_sub(1).filter(|count| *count > 0)?;
        bytes.extend(&number.to_be_bytes()[1..=count]);
    }
    Some(bytes)
}

pub(in crate::host) fn to_base64(bytes: &[u8]) -> String {
    let digits = |group: &[u8]| {
        let number = group
            .iter()
            .enumerate()
            .fold(0, |sum, (place, byte)| sum | usize::from(*byte) << (16 - 8 * place));
        let count = group.len() + 1;
        (0..count)
            .map(move |place| char::from(ALPHABET[number >> (18 - 6 * place) & 63]))
            .collect::<String>()
    };
    bytes.chunks(3).map(digits).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn bytes_and_text_agree() {
        for (bytes, text) in
            [(&b""[..], ""), (b"f", "Zg"), (b"fo", "Zm8"), (b"foo", "Zm9v"), (b"\xff\xfe~", "__5-")]
        {
            assert_eq!(
                (to_base64(bytes).as_str(), from_base64(text).as_deref()),
                (text, Some(bytes))
            );
        }
        assert_eq!(from_base64("Zg==").as_deref(), Some(&b"f"[..]));
        assert_eq!((from_base64("Z"), from_base64("Z!"), unpacked("Zm9v")), (None, None, None));
    }

    /// The example of RFC 7638.
    #[test]
    fn thumbprints_are_as_the_standard_says() {
        let n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknj\
                 hMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6\
                 qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8a\
                 wapJzKnqDKgw";
        let key = json!({"kty": "RSA", "n": n, "e": "AQAB", "alg": "RS256", "kid": "2011-04-29"});
        assert_eq!(
            thumbprint(&key).as_deref(),
            Some("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs")
        );
        assert_eq!((thumbprint(&json!({"kty": "oct"})), thumbprint(&json!(1))), (None, None));
    }
}
