//! Opens what `ansible-vault` encrypted: whole files and single values, with whichever of several passwords fits.

use aes::Aes256;
use ctr::{
    Ctr128BE,
    cipher::{KeyIvInit, StreamCipher},
};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::{
    origin::Origin,
    secret::Secret,
    trouble::{Result, Trouble},
};

const HEADER: &str = "$ANSIBLE_VAULT";
const ROUNDS: u32 = 10_000;
/// What to do about a text that no password can open.
const ANEW: &str = "take it from a copy as `ansible-vault` wrote it, or encrypt the secret anew";
/// The vault id that Ansible gives to passwords without one.
pub const DEFAULT_LABEL: &str = "default";

/// The passwords that may open vault texts.
#[derive(Debug, Clone, Default)]
pub struct Keys {
    /// In the order in which they are tried.
    pub keys: Vec<Key>,
    /// `vault_id_match`: a text is opened only with passwords of its own vault id.
    pub only_matching: bool,
}

/// A vault password and its vault id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    pub label: String,
    pub password: Secret,
}

impl Keys {
    /// The keys to try for a text, those of its own vault id first.
    fn for_label(&self, label: &str) -> Vec<&Key> {
        let (own, others): (Vec<&Key>, Vec<&Key>) =
            self.keys.iter().partition(|key| key.label == label);
        if self.only_matching { own } else { [own, others].concat() }
    }
}

/// Whether a file's text is encrypted as a whole.
pub fn is_vault(text: &str) -> bool {
    text.starts_with(HEADER)
}

/// Opens a vault text; `origin` is where it stands.
pub fn open(text: &str, keys: &Keys, origin: &Origin) -> Result<String> {
    let refused = |cause: &str| {
        Trouble::refused(format!("opening the vault text at {origin}")).because(cause).at(origin)
    };
    if keys.keys.is_empty() {
        return Err(refused("it is encrypted and no vault password is given").hint(
            "set KAYOBE_VAULT_PASSWORD, or use --vault-password-file, --vault-id or --ask-vault-pass",
        ));
    }
    let damaged = |cause: &str| refused(cause).hint(ANEW);
    let envelope = Envelope::parse(text).map_err(damaged)?;
    let label = envelope.label.unwrap_or(DEFAULT_LABEL);
    let candidates = keys.for_label(label);
    for key in &candidates {
        match envelope.open(&key.password) {
            Err(Fault::Password) => {}
            Err(Fault::Content(cause)) => return Err(damaged(cause)),
            Ok(text) => return Ok(text),
        }
    }
    Err(wrong(refused, label, &candidates, keys))
}

/// No password opens the text: which were tried, and what to look at.
fn wrong(refused: impl Fn(&str) -> Trouble, label: &str, tried: &[&Key], keys: &Keys) -> Trouble {
    let note =
        if label == DEFAULT_LABEL { String::new() } else { format!(" (vault id `{label}`)") };
    let names = |keys: &mut dyn Iterator<Item = &Key>| {
        keys.map(|key| format!("`{}`", key.label)).collect::<Vec<_>>().join(", ")
    };
    match (tried, &*keys.keys) {
        ([], known) => refused(&format!("no password has its vault id `{label}`")).hint(format!(
            "`vault_id_match` is set, and passwords are given for {}",
            names(&mut known.iter())
        )),
        ([_], [only]) if only.label == DEFAULT_LABEL => {
            refused(&format!("the vault password is wrong{note}"))
                .hint("check the vault password; --vault-id label@file gives several")
        }
        (tried, _) => refused(&format!("no vault password opens it{note}"))
            .because(format!("tried: {}", names(&mut tried.iter().copied())))
            .hint("check the passwords; --vault-id label@file adds one"),
    }
}

/// The parts of an encrypted text.
struct Envelope<'text> {
    label: Option<&'text str>,
    salt: Vec<u8>,
    digest: Vec<u8>,
    encrypted: Vec<u8>,
}

enum Fault {
    Password,
    Content(&'static str),
}

impl<'text> Envelope<'text> {
    fn parse(text: &'text str) -> Result<Self, &'static str> {
        if !text.is_ascii() {
            return Err("it holds characters that no vault text has");
        }
        if !is_vault(text) {
            return Err("it does not begin with `$ANSIBLE_VAULT`");
        }
        let mut lines = text.split(['\n', '\r']);
        // As in Ansible nothing but the cipher is looked at: it says how to read the rest.
        let header: Vec<&str> =
            lines.next().unwrap_or_default().split(';').map(str::trim_ascii).collect();
        let label = match *header {
            [_, _, "AES256"] => None,
            [_, _, "AES256", label, ..] => Some(label).filter(|label| !label.is_empty()),
            [_, _, _, ..] => return Err("its cipher is not AES256"),
            _ => return Err("its first line names no cipher"),
        };
        let damaged = "the text is damaged";
        let inner = unhex(&lines.collect::<String>()).ok_or(damaged)?;
        let inner = String::from_utf8(inner).map_err(|_| damaged)?;
        let mut parts = inner.splitn(3, '\n').map(unhex);
        let mut part = || parts.next().flatten().ok_or(damaged);
        Ok(Self { label, salt: part()?, digest: part()?, encrypted: part()? })
    }

    fn open(&self, password: &Secret) -> Result<String, Fault> {
        let mut keys = [0; 80];
        pbkdf2::pbkdf2_hmac::<Sha256>(password.reveal().as_bytes(), &self.salt, ROUNDS, &mut keys);
        let (cipher_key, rest) = keys.split_at(32);
        let (digest_key, iv) = rest.split_at(32);
        let damaged = |_| Fault::Content("the text is damaged");
        let mut digest = Hmac::<Sha256>::new_from_slice(digest_key).map_err(damaged)?;
        digest.update(&self.encrypted);
        digest.verify_slice(&self.digest).map_err(|_| Fault::Password)?;
        let mut plain = self.encrypted.clone();
        Ctr128BE::<Aes256>::new_from_slices(cipher_key, iv)
            .map_err(damaged)?
            .apply_keystream(&mut plain);
        let padding = usize::from(plain.last().copied().unwrap_or(0));
        plain.truncate(plain.len().saturating_sub(padding));
        String::from_utf8(plain).map_err(|_| Fault::Content("what it holds is not UTF-8 text"))
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text
        .chars()
        .map(|digit| digit.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect::<Option<_>>()?;
    let (pairs, rest) = digits.as_chunks::<2>();
    rest.is_empty().then(|| pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `hello vault` as `ansible-vault` encrypted it with the password `sesame`.
    const TEXT: &str = "$ANSIBLE_VAULT;1.1;AES256\n\
        63356161663465366535636438643032623966396334353165356334323632613633613835353761\n\
        3163613735366163346431326263373736646337373232390a633738626266616638653231326333\n\
        32656430643030303536393633383766653466383361383638636663623135663862376138353337\n\
        6136663865313831650a663463643533636538353763343138323034616334376636656564626634\n\
        3764";
    const LABELLED: &str = "$ANSIBLE_VAULT;1.2;AES256;prod\n\
        65653235303265666564313961653236333336383963336133313864656566303238376534326437\n\
        3666343532613261383566363233336633616566303566660a623135626131336562316435353939\n\
        61343362306130393033613533643635376233336437343138643733383936666233613332646661\n\
        6534653762363234660a373734376566386361366339633433663333656430346162346336356632\n\
        3833";

    fn keys(given: &[(&str, &str)]) -> Keys {
        let key = |(label, password): &(&str, &str)| Key {
            label: (*label).to_owned(),
            password: Secret::new(*password),
        };
        Keys { keys: given.iter().map(key).collect(), only_matching: false }
    }

    fn read(text: &str, password: Option<&str>) -> Result<String> {
        let given: Vec<_> =
            password.map(|password| (DEFAULT_LABEL, password)).into_iter().collect();
        open(text, &keys(&given), &Origin::whole("t.yml"))
    }

    #[test]
    fn every_password_is_tried_those_of_the_texts_own_id_first() {
        let opened = |text, keys: &Keys| {
            let opened = open(text, keys, &Origin::whole("t.yml"));
            opened.map_err(|trouble| trouble.causes.join(": "))
        };
        let two = keys(&[("dev", "wrong"), ("prod", "sesame")]);
        assert_eq!(opened(LABELLED, &two).unwrap(), "hello vault\n");
        assert_eq!(opened(TEXT, &two).unwrap(), "hello vault\n");
        let order: Vec<&str> = two.for_label("prod").iter().map(|key| key.label.as_str()).collect();
        assert_eq!(order, ["prod", "dev"]);
        let other = keys(&[("dev", "wrong"), ("test", "wrong")]);
        assert_eq!(
            opened(LABELLED, &other).unwrap_err(),
            "no vault password opens it (vault id `prod`): tried: `dev`, `test`"
        );
        let strict = Keys { only_matching: true, ..two };
        assert_eq!(opened(LABELLED, &strict).unwrap(), "hello vault\n");
        assert_eq!(opened(TEXT, &strict).unwrap_err(), "no password has its vault id `default`");
    }

    #[test]
    fn texts_of_ansible_vault_open() {
        assert_eq!(read(TEXT, Some("sesame")).unwrap(), "hello vault\n");
        assert_eq!(read(LABELLED, Some("sesame")).unwrap(), "hello vault\n");
        let spaced = TEXT.replacen("$ANSIBLE_VAULT;1.1;", "$ANSIBLE_VAULT ; 1.1\t; ", 1);
        let labelled = TEXT.replacen("AES256", "AES256;prod", 1);
        let newer = TEXT.replacen("1.1", "1.2", 1);
        let lines = TEXT.replace('\n', "\r\n\n");
        for text in [spaced, labelled, newer, lines] {
            assert_eq!(read(&text, Some("sesame")).unwrap(), "hello vault\n", "{text}");
        }
    }

    #[test]
    fn what_cannot_be_opened_says_why() {
        let damaged = TEXT.replacen('3', "x", 1);
        let table = [
            (TEXT, None, "no vault password is given"),
            (TEXT, Some("wrong"), "the vault password is wrong"),
            (LABELLED, Some("wrong"), "(vault id `prod`)"),
            (&damaged, Some("sesame"), "the text is damaged"),
            (&TEXT.replace('\n', "\n  "), Some("sesame"), "the text is damaged"),
            (&format!(" {TEXT}"), Some("sesame"), "does not begin with"),
            ("$ANSIBLE_VAULT;1.1\n00", Some("sesame"), "names no cipher"),
            ("$ANSIBLE_VAULT;1.0;AES\n00", Some("sesame"), "its cipher is not AES256"),
            ("plain", Some("sesame"), "does not begin with"),
            ("$ANSIBLE_VAULT;1.1;AES256\n", Some("sesame"), "damaged"),
        ];
        for (text, password, expected) in table {
            let message = read(text, password).unwrap_err().to_string();
            assert!(message.contains(expected), "{message}");
        }
    }
}
