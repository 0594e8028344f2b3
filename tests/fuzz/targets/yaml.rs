//! Any text is a value in YAML and in JSON, or an error.
#![no_main]

use ymir::ansible::{json, yaml};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let file = "fuzz.yml".into();
    drop(yaml::parse(text, &file));
    drop(yaml::duplicates(text, &file));
    drop(json::parse(text, &file));
});
