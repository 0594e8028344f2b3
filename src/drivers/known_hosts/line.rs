//! A line of a file of known hosts, in OpenSSH's format.

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};

/// A public key: its type and its text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub kind: String,
    pub text: String,
}

/// Names and the key that they have; `None` for what is none: comments, authorities, revoked keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line<'t> {
    pub names: &'t str,
    pub key: Key,
}

impl<'t> Line<'t> {
    pub(super) fn read(line: &'t str) -> Option<Self> {
        if line.trim_start().starts_with(['#', '@']) {
            return None;
        }
        let mut words = line.split_whitespace();
        let (names, kind, text) = (words.next()?, words.next()?, words.next()?);
        Some(Self { names, key: Key { kind: kind.into(), text: text.into() } })
    }

    /// Whether it is of the server with this name, patterns apart.
    pub(super) fn is_of(&self, name: &str) -> bool {
        self.names.split(',').any(|known| known == name || is_hash_of(known, name))
    }

    /// The line without a name; empty if it has no other.
    pub(super) fn without(&self, name: &str) -> String {
        let others =
            self.names.split(',').filter(|known| *known != name && !is_hash_of(known, name));
        let others: Vec<&str> = others.collect();
        if others.is_empty() {
            return String::new();
        }
        format!("{} {} {}", others.join(","), self.key.kind, self.key.text)
    }
}

impl Key {
    /// As `ssh` and the consoles of hosts show it.
    pub(super) fn fingerprint(&self) -> String {
        match STANDARD.decode(&self.text) {
            Ok(bytes) => {
                let digest = STANDARD.encode(Sha256::digest(bytes));
                format!("{} SHA256:{}", self.kind, digest.trim_end_matches('='))
            }
            Err(_) => format!("{} that is damaged", self.kind),
        }
    }
}

/// How a server is called in such files.
pub(super) fn name(address: &str, port: Option<u16>) -> String {
    match port {
        None | Some(22) => address.to_lowercase(),
        Some(port) => format!("[{}]:{port}", address.to_lowercase()),
    }
}

/// Names may be hidden: `|1|salt|digest`.
fn is_hash_of(known: &str, name: &str) -> bool {
    let Some((salt, digest)) = known.strip_prefix("|1|").and_then(|rest| rest.split_once('|'))
    else {
        return false;
    };
    let (Ok(salt), Ok(digest)) = (STANDARD.decode(salt), STANDARD.decode(digest)) else {
        return false;
    };
    let Ok(mac) = Hmac::<Sha1>::new_from_slice(&salt) else { return false };
    mac.chain_update(name).verify_slice(&digest).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_may_be_hidden() {
        // ssh-keygen -H made it of 192.0.2.1.
        let line = "|1|F1E1KeoE/eEWhi10WpGv4OdiO6Y=|3988QV0VE8wmZL7suNrYQLITLCg= ssh-rsa AAAA";
        let read = Line::read(line).unwrap();
        assert!(read.is_of("192.168.1.61"));
        assert!(!read.is_of("192.168.1.62"));
        assert_eq!(read.without("192.168.1.61"), "");
        assert_eq!(Line::read("# one"), None);
        assert_eq!(Line::read("@revoked * ssh-rsa AAAA"), None);
        let both = Line::read("node1,10.0.0.1 ssh-rsa AAAA ymir:node1").unwrap();
        assert_eq!(both.without("10.0.0.1"), "node1 ssh-rsa AAAA");
    }

    #[test]
    fn other_ports_have_brackets() {
        assert_eq!(name("Host.example", None), "host.example");
        assert_eq!(name("10.0.0.1", Some(22)), "10.0.0.1");
        assert_eq!(name("10.0.0.1", Some(2222)), "[10.0.0.1]:2222");
    }
}
