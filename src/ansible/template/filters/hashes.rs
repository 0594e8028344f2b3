//! Filters that hash text.

use std::sync::Arc;

use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha224, Sha256, Sha384, Sha512};

use super::Filter;
use crate::ansible::template::{
    call::Args,
    env::Env,
    fault::{Fault, Outcome},
    text,
    value::Val,
};

pub(super) fn find(name: &str) -> Option<Filter> {
    Some(match name {
        "hash" => hash,
        "sha1" | "checksum" => sha1,
        "md5" => md5,
        "to_uuid" => to_uuid,
        _ => return None,
    })
}

/// Ansible's namespace for `to_uuid`.
const NAMESPACE: &str = "361e6d51-faec-444a-9079-341386da8e2e";

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}

fn digest<D: Digest>(value: &str) -> Val {
    Val::str(hex(&D::digest(value.as_bytes())))
}

fn hash(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let value = text::str_of(input)?;
    Ok(match &*args.text_or("hashtype", "sha1")? {
        "sha1" => digest::<Sha1>(&value),
        "md5" => digest::<Md5>(&value),
        "sha224" => digest::<Sha224>(&value),
        "sha256" => digest::<Sha256>(&value),
        "sha384" => digest::<Sha384>(&value),
        "sha512" => digest::<Sha512>(&value),
        other => return Err(Fault::new(format!("unsupported hash type {other}"))),
    })
}

fn sha1(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    if let Some(function) = args.take("hash_func") {
        return Err(Fault::new(format!("'{}' object is not callable", function.type_name())));
    }
    Ok(digest::<Sha1>(&text::str_of(input)?))
}

fn md5(_: &Arc<Env>, input: &Val, _: &mut Args) -> Outcome {
    Ok(digest::<Md5>(&text::str_of(input)?))
}

/// The UUID of version 5 of a text.
fn to_uuid(_: &Arc<Env>, input: &Val, args: &mut Args) -> Outcome {
    let value = text::str_of(input)?;
    let namespace = args.take("namespace").unwrap_or_else(|| Val::str(NAMESPACE));
    let namespace = text::str_of(&namespace)?.replace("urn:", "").replace("uuid:", "");
    let namespace = namespace.trim_matches(['{', '}']).replace('-', "");
    let wrong = || Fault::new(format!("Invalid value '{namespace}' for 'namespace'"));
    let number = u128::from_str_radix(&namespace, 16).ok().filter(|_| namespace.len() == 32);
    let namespace = number.ok_or_else(wrong)?;
    let mut digest = Sha1::new();
    digest.update(namespace.to_be_bytes());
    digest.update(value.as_bytes());
    let mut bytes = digest.finalize()[..16].to_vec();
    bytes[6] = (bytes[6] & 0x0f) | 0x50;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let parts = [&bytes[..4], &bytes[4..6], &bytes[6..8], &bytes[8..10], &bytes[10..]];
    Ok(Val::str(parts.map(hex).join("-")))
}

/// The checksum that zlib calls `crc32`.
pub(super) fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 }
        })
    };
    !bytes.iter().fold(u32::MAX, step)
}
