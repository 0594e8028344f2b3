//! Any text behind a vault's header opens or is refused.
#![no_main]

use ymir::{
    ansible::vault::{self, DEFAULT_LABEL, Key, Keys},
    origin::Origin,
    secret::Secret,
};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let key = Key { label: DEFAULT_LABEL.to_owned(), password: Secret::new("sesame") };
    let keys = Keys { keys: vec![key], only_matching: false };
    let origin = Origin::whole("fuzz");
    drop(vault::open(text, &keys, &origin));
    drop(vault::open(&format!("$ANSIBLE_VAULT;{text}"), &keys, &origin));
    let inner: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
    drop(vault::open(&format!("$ANSIBLE_VAULT;1.1;AES256\n{inner}"), &keys, &origin));
});
