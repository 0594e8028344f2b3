//! The filter `password_hash`: hashes for `/etc/shadow`, as Ansible makes them with libxcrypt.

use std::sync::Arc;

use sha_crypt::Params;

use super::{Filter, random};
use crate::ansible::template::{
    call::Args,
    env::Env,
    fault::{Fault, Faulty, Outcome},
    meter, text,
    value::Val,
};

const ALPHABET: &[u8; 64] = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// What salts are made of.
pub(in crate::ansible::template) const SALT_LETTERS: &str =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789./";

pub(super) fn find(name: &str) -> Option<Filter> {
    (name == "password_hash").then_some(password_hash as Filter)
}

fn password_hash(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let password = text::str_of(input)?;
    let kind = args.text_or("hashtype", "sha512")?;
    let salt = args.text_or("salt", "")?;
    let salt_size = args.int("salt_size")?;
    let rounds = match args.take("rounds").map(Val::used).transpose()? {
        // As in Ansible, what is nothing to Python asks for none.
        Some(rounds) if rounds.truth()? => Args::of(vec![rounds]).int("rounds")?,
        _ => None,
    };
    let ident = args.text_or("ident", "")?;
    let request = Request { salt, salt_size, rounds, ident };
    request.hashed(&password, &kind).map(Val::str)
}

/// What a hash is to be made with; what is empty has the default of its kind.
pub(in crate::ansible::template) struct Request {
    pub(in crate::ansible::template) salt: String,
    pub(in crate::ansible::template) salt_size: Option<i128>,
    pub(in crate::ansible::template) rounds: Option<i128>,
    pub(in crate::ansible::template) ident: String,
}

impl Request {
    /// The hash of a password.
    pub(in crate::ansible::template) fn hashed(
        &self,
        password: &str,
        kind: &str,
    ) -> Outcome<String> {
        match kind {
            "sha512" | "sha512_crypt" => self.sha_crypt(password, "6", 656_000),
            "sha256" | "sha256_crypt" => self.sha_crypt(password, "5", 535_000),
            "blowfish" | "bcrypt" => self.bcrypt(password),
            other => Err(Fault::with_hint(
                format!("password_hash: the hash type '{other}' is not supported"),
                "use sha512, sha256 or blowfish; MD5 hashes are broken by any laptop",
            )),
        }
    }

    /// The bytes that salt the hash: the given salt's, or random ones.
    fn salt(&self, most: usize, exactly: bool) -> Outcome<Vec<u8>> {
        let size = self.salt_size.and_then(|size| usize::try_from(size).ok()).unwrap_or(most);
        let given = if self.salt.is_empty() { size } else { self.salt.len() };
        let wanted = if exactly { "expected" } else { "expected at most" };
        for found in [size, given] {
            if found > most || (exactly && found != most) {
                return Err(Fault::new(format!(
                    "invalid salt size supplied ({found}), {wanted} {most}"
                )));
            }
        }
        if !self.salt.bytes().all(|byte| SALT_LETTERS.as_bytes().contains(&byte)) {
            return Err(Fault::new("invalid characters in salt"));
        }
        if self.salt.is_empty() {
            return Ok(random::secret_text(SALT_LETTERS, size)?.into_bytes());
        }
        Ok(self.salt.clone().into_bytes())
    }

    fn sha_crypt(&self, password: &str, id: &str, default: i128) -> Outcome<String> {
        // As in Ansible, either of the two may be asked for by the other's name.
        let id = match &*self.ident {
            "" => id,
            "5" | "6" => &self.ident,
            _ => return Err(self.no_ident("5 and 6")),
        };
        let salt = shown_salt(&self.salt(16, false)?)?;
        let rounds = self.rounds.filter(|rounds| *rounds != 0).unwrap_or(default);
        let count = u32::try_from(rounds.clamp(1000, 999_999_999)).unwrap_or(u32::MAX);
        let wrong = |error| Fault::new(format!("password_hash: {error}"));
        meter::steps(usize::try_from(count).unwrap_or(usize::MAX));
        meter::checked()?;
        let params = Params::new(count).map_err(wrong)?;
        let (password, bytes) = (password.as_bytes(), salt.as_bytes());
        let hash = if id == "6" {
            letters(&sha_crypt::sha512_crypt(password, bytes, params))
        } else {
            letters(&sha_crypt::sha256_crypt(password, bytes, params))
        };
        let rounds = if count == 5000 { String::new() } else { format!("rounds={count}$") };
        Ok(format!("${id}${rounds}{salt}${hash}"))
    }

    fn no_ident(&self, known: &str) -> Faulty {
        Fault::with_hint(
            format!(
                "password_hash: there is no ident {} of this hash type",
                text::quoted(&self.ident)
            ),
            format!("use one of {known}, or none"),
        )
    }

    fn bcrypt(&self, password: &str) -> Outcome<String> {
        let salt = self.salt(22, true)?;
        let salt: [u8; 16] =
            salt[..16].try_into().map_err(|_| Fault::new("invalid salt size supplied"))?;
        let cost = self.rounds.filter(|rounds| *rounds != 0).unwrap_or(12);
        let cost = u32::try_from(cost).unwrap_or(0);
        // A round takes about as long as so many steps.
        meter::steps(50_usize.saturating_mul(1 << cost.min(40)));
        meter::checked()?;
        let version = match &*self.ident {
            "2a" => bcrypt::Version::TwoA,
            "2y" => bcrypt::Version::TwoY,
            "" | "2b" => bcrypt::Version::TwoB,
            _ => return Err(self.no_ident("2a, 2b and 2y")),
        };
        let made = bcrypt::hash_with_salt(password, cost, salt);
        let made = made.map_err(|error| Fault::new(format!("password_hash: {error}")))?;
        Ok(made.format_for_version(version))
    }
}

/// Four letters for three bytes, lowest bits first.
fn quartet(value: u32, count: usize, out: &mut String) {
    for at in 0..count {
        out.push(ALPHABET[(value >> (6 * at)) as usize & 0x3f] as char);
    }
}

/// The salt that libxcrypt makes from random bytes: it never uses the last bytes up.
fn shown_salt(bytes: &[u8]) -> Outcome<String> {
    // Of three letters nothing is left, as in Ansible.
    if bytes.len() < 3 {
        return Err(Fault::new("Failed to generate salt: it needs four letters or more"));
    }
    let mut out = String::new();
    for triple in bytes[..bytes.len() - 1].chunks_exact(3).take(4) {
        let value = triple.iter().rev().fold(0, |value, byte| value << 8 | u32::from(*byte));
        quartet(value, 4, &mut out);
    }
    Ok(out)
}

/// The letters of a digest, whose bytes are taken in an order that only history explains.
fn letters(digest: &[u8]) -> String {
    let third = digest.len() / 3;
    let mut out = String::new();
    for at in 0..third {
        let turn = if third == 21 { at % 3 } else { (3 - at % 3) % 3 };
        let part = |index: usize| u32::from(digest[at + third * ((index + turn) % 3)]);
        quartet(part(0) << 16 | part(1) << 8 | part(2), 4, &mut out);
    }
    match digest[third * 3..] {
        [last] => quartet(last.into(), 2, &mut out),
        [low, high] => quartet(u32::from(high) << 8 | u32::from(low), 3, &mut out),
        _ => {}
    }
    out
}
