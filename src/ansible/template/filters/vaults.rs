//! The filters `vault` and `unvault`.

use std::sync::Arc;

use aes::Aes256;
use ctr::{
    Ctr128BE,
    cipher::{KeyIvInit, StreamCipher},
};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::{Filter, hashes::hex, random};
use crate::{
    ansible::{
        template::{
            call::Args,
            env::Env,
            fault::{Fault, Outcome},
            value::Val,
        },
        vault,
    },
    origin::Origin,
    secret::Secret,
};

const ROUNDS: u32 = 10_000;

pub(super) fn find(name: &str) -> Option<Filter> {
    Some(match name {
        "vault" => seal,
        "unvault" => open,
        _ => return None,
    })
}

fn texts(input: &Val, args: &mut Args) -> Outcome<(String, String)> {
    let secret = args.required("secret")?;
    let Val::Str(secret) = &secret else {
        let kind = secret.type_name();
        return Err(Fault::new(format!(
            "Secret passed is required to be a string, instead we got {kind}."
        )));
    };
    let Val::Str(value) = input else {
        let kind = input.type_name();
        return Err(Fault::new(format!("Can only vault strings, instead we got {kind}.")));
    };
    // They change nothing in the text.
    for unused in ["wrap_object", "vaultid"] {
        args.take_named(unused);
    }
    Ok((value.to_string(), secret.to_string()))
}

fn seal(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let (value, secret) = texts(input, args)?;
    let salt = match args.text_or("salt", "")? {
        salt if salt.is_empty() => random::secret_bytes::<32>()?.to_vec(),
        salt => salt.into_bytes(),
    };
    let label = args.text_or("vault_id", "filter_default")?;
    let wrong = |_| Fault::new("Unable to encrypt.");
    let mut keys = [0; 80];
    pbkdf2::pbkdf2_hmac::<Sha256>(secret.as_bytes(), &salt, ROUNDS, &mut keys);
    let mut sealed = value.into_bytes();
    let padding = 16 - sealed.len() % 16;
    sealed.extend(std::iter::repeat_n(u8::try_from(padding).unwrap_or(16), padding));
    Ctr128BE::<Aes256>::new_from_slices(&keys[..32], &keys[64..])
        .map_err(|_| Fault::new("Unable to encrypt."))?
        .apply_keystream(&mut sealed);
    let mut digest = Hmac::<Sha256>::new_from_slice(&keys[32..64]).map_err(wrong)?;
    digest.update(&sealed);
    let digest = digest.finalize().into_bytes();
    let inner = [hex(&salt), hex(&digest), hex(&sealed)].join("\n");
    let body = hex(inner.as_bytes());
    let header = match &*label {
        "" | "default" => "$ANSIBLE_VAULT;1.1;AES256".to_owned(),
        label => format!("$ANSIBLE_VAULT;1.2;AES256;{label}"),
    };
    let lines = body.as_bytes().chunks(80).map(String::from_utf8_lossy);
    Ok(Val::str(lines.fold(header, |text, line| text + "\n" + &line) + "\n"))
}

fn open(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let (value, secret) = texts(input, args)?;
    args.take("vault_id");
    if !vault::is_vault(&value) {
        return Ok(Val::str(value));
    }
    let key = vault::Key { label: "default".into(), password: Secret::new(secret) };
    let keys = vault::Keys { keys: vec![key], only_matching: false };
    let opened = vault::open(&value, &keys, &Origin::whole("unvault"));
    opened.map(Val::str).map_err(|_| Fault::new("Unable to decrypt."))
}
