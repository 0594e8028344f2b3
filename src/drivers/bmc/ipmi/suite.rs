//! The cipher suites that protect a session: which algorithms they are, and what is done with them.

use aes::Aes128;
use cbc::{
    Decryptor, Encryptor,
    cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit},
};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::Sha256;

/// Bytes of an AES block, of its key here, and of the vector that a message begins with.
const BLOCK: usize = 16;

/// A cipher suite that authenticates, protects and hides every message. The others leave one of these out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Suite {
    /// HMAC-SHA1, HMAC-SHA1-96, AES-CBC-128.
    Three,
    /// HMAC-SHA256, HMAC-SHA256-128, AES-CBC-128.
    Seventeen,
}

impl Suite {
    /// The better one first.
    pub(super) const ALL: [Self; 2] = [Self::Seventeen, Self::Three];

    pub(super) fn number(self) -> u8 {
        match self {
            Self::Three => 3,
            Self::Seventeen => 17,
        }
    }

    pub(super) fn numbered(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|suite| suite.number() == number)
    }

    /// The numbers of its algorithms for authentication, integrity and confidentiality.
    pub(super) fn algorithms(self) -> [u8; 3] {
        match self {
            Self::Three => [1, 1, 1],
            Self::Seventeen => [3, 4, 1],
        }
    }

    pub(super) fn of_algorithms(algorithms: [u8; 3]) -> Option<Self> {
        Self::ALL.into_iter().find(|suite| suite.algorithms() == algorithms)
    }

    /// The keyed digest over parts that follow one another.
    pub(super) fn digest(self, key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
        match self {
            Self::Three => digest::<Hmac<Sha1>>(key, parts),
            Self::Seventeen => digest::<Hmac<Sha256>>(key, parts),
        }
    }

    /// As much of the digest as protects a message, or ends the handshake.
    pub(super) fn check(self, key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
        let mut digest = self.digest(key, parts);
        digest.truncate(self.check_length());
        digest
    }

    pub(super) fn check_length(self) -> usize {
        match self {
            Self::Three => 12,
            Self::Seventeen => 16,
        }
    }
}

fn digest<M: Mac + KeyInit>(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let mut mac = <M as KeyInit>::new_from_slice(key).expect("HMAC takes keys of any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().to_vec()
}

/// Compares without telling by its time how much is alike.
pub(super) fn same(one: &[u8], other: &[u8]) -> bool {
    let differ = one.iter().zip(other).fold(0, |differ, (one, other)| differ | (one ^ other));
    one.len() == other.len() && differ == 0
}

/// Hides a payload; what is sent begins with the vector.
pub(super) fn hide(key: [u8; BLOCK], vector: [u8; BLOCK], payload: &[u8]) -> Vec<u8> {
    let mut text = payload.to_vec();
    let pad = BLOCK - 1 - payload.len() % BLOCK;
    text.extend((1..=pad).map(|count| u8::try_from(count).unwrap_or(0)));
    text.push(u8::try_from(pad).unwrap_or(0));
    let mut encryptor = Encryptor::<Aes128>::new(&key.into(), &vector.into());
    let mut sent = vector.to_vec();
    for chunk in text.chunks_exact(BLOCK) {
        let mut block = [0; BLOCK];
        block.copy_from_slice(chunk);
        let mut block = block.into();
        encryptor.encrypt_block(&mut block);
        sent.extend_from_slice(&block);
    }
    sent
}

/// The payload that was hidden; `None` if it is not whole.
pub(super) fn shown(key: [u8; BLOCK], received: &[u8]) -> Option<Vec<u8>> {
    let (vector, hidden) = received.split_at_checked(BLOCK)?;
    if hidden.is_empty() || hidden.len() % BLOCK != 0 {
        return None;
    }
    let vector: [u8; BLOCK] = vector.try_into().ok()?;
    let mut decryptor = Decryptor::<Aes128>::new(&key.into(), &vector.into());
    let mut text = Vec::with_capacity(hidden.len());
    for chunk in hidden.chunks_exact(BLOCK) {
        let mut block = [0; BLOCK];
        block.copy_from_slice(chunk);
        let mut block = block.into();
        decryptor.decrypt_block(&mut block);
        text.extend_from_slice(&block);
    }
    let pad = usize::from(*text.last()?);
    let length = text.len().checked_sub(pad + 1)?;
    text.truncate(length);
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_hidden_is_shown_again_whatever_its_length() {
        let (key, vector) = ([7; BLOCK], [9; BLOCK]);
        for length in 0..50 {
            let payload: Vec<u8> = (0..length).collect();
            let hidden = hide(key, vector, &payload);
            assert_eq!(hidden.len() % BLOCK, 0);
            assert_eq!(shown(key, &hidden), Some(payload));
        }
        for broken in [&[][..], &[1; 15], &[1; 16], &[1; 33]] {
            assert_eq!(shown(key, broken), None);
        }
    }

    /// RFC 3602, case 1; the block after it is the padding of a whole block.
    #[test]
    fn it_is_aes_in_cbc_mode() {
        let key = *b"\x06\xa9\x21\x40\x36\xb8\xa1\x5b\x51\x2e\x03\xd5\x34\x12\x00\x06";
        let vector = *b"\x3d\xaf\xba\x42\x9d\x9e\xb4\x30\xb4\x22\xda\x80\x2c\x9f\xac\x41";
        let hidden = hide(key, vector, b"Single block msg");
        let expected = b"\xe3\x53\x77\x9c\x10\x79\xae\xb8\x27\x08\x94\x2d\xbe\x77\x18\x1a";
        assert_eq!(&hidden[BLOCK..2 * BLOCK], expected);
    }

    #[test]
    fn only_equal_bytes_are_the_same() {
        assert!(same(b"abc", b"abc"));
        assert!(!same(b"abc", b"abd"));
        assert!(!same(b"abc", b"ab"));
    }
}
