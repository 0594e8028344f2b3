//! What a real tang server said of its keys, and what is made of it.

use super::*;
use crate::host::{programs::Output, stage::Stage};

const ADVERTISEMENT: &str = include_str!("../stage/advertisement.jws");

/// As `tang-show-keys` printed it.
const THUMBPRINT: &str = "qfxwgXBaW7_tA4x9JjSA0vs98cB9-sTUJFvYe2b0CmY";

fn tang(url: &str) -> Tang {
    Tang::trusted(url.into(), ADVERTISEMENT).unwrap()
}

#[test]
fn the_thumbprint_is_that_of_the_server() {
    assert_eq!(tang("tang:7500").signers(), [THUMBPRINT]);
    let other = ADVERTISEMENT.replace("payload", "text");
    for text in ["", "{}", "<html>", r#"{"payload": "Zm9v"}"#, &other] {
        assert_eq!(Tang::trusted("tang".into(), text), None, "{text}");
    }
}

#[test]
fn a_binding_is_known_by_address_and_keys() {
    let tang = tang("tang.example:7500");
    let binding = |url: &str, keys: &[Value]| json!({"url": url, "adv": {"keys": keys}});
    let keys = tang.keys();
    let other = json!({"kty": "EC", "crv": "P-521", "x": "AA", "y": "AA"});
    let table = [
        (binding("tang.example:7500", &keys), true),
        (binding("http://tang.example:7500/", &keys[..1]), true),
        (binding("https://tang.example:7500", &keys), false),
        (binding("tang.example", &keys), false),
        (binding("tang.example:7500", &[other]), false),
        (binding("tang.example:7500", &[]), false),
        (json!(null), false),
    ];
    let pin = Pin::Tang(tang);
    for (settings, expected) in table {
        assert_eq!(pin.is_of("tang", &settings), expected, "{settings}");
        assert!(!pin.is_of("tpm2", &settings));
    }
    assert!(Pin::Tpm2.is_of("tpm2", &json!({"hash": "sha1", "key": "rsa"})));
}

#[test]
fn who_answers_is_asked_for_the_trusted_key() {
    let table = [
        (Output { stdout: "200".into(), ..Output::default() }, None),
        (Output { stdout: "404".into(), ..Output::default() }, Some(THUMBPRINT)),
        (Output { stdout: "503".into(), ..Output::default() }, Some("it answers with 503")),
        (
            Output { code: 7, stdout: "000".into(), stderr: "curl: (7) no way\n".into() },
            Some("curl: (7) no way"),
        ),
    ];
    for (said, expected) in table {
        let stage = Stage::new(&[]);
        stage.act("curl", move |_, _| said.clone());
        let reached = Pin::Tang(tang("tang.example:7500/")).is_reached(&stage.machine());
        let url = format!(" tang.example:7500/adv/{THUMBPRINT}");
        assert!(stage.called().iter().any(|line| line.ends_with(&url)));
        match (reached, expected) {
            (Ok(()), None) => {}
            (Err(fault), Some(words)) => {
                assert!(fault.to_string().contains(words) && fault.hint.is_some(), "{fault}");
                assert!(fault.to_string().contains("tang.example:7500/ for its keys"), "{fault}");
            }
            (reached, expected) => panic!("{reached:?}, not {expected:?}"),
        }
    }
}

#[test]
fn a_chip_has_to_be_there() {
    let stage = Stage::new(&[("/dev/tpm0", "")]);
    let fault = Pin::Tpm2.is_reached(&stage.machine()).unwrap_err();
    assert!(fault.to_string().contains("there is no /dev/tpmrm0") && fault.hint.is_some());
    stage.put(CHIP, "");
    Pin::Tpm2.is_reached(&stage.machine()).unwrap();
}
