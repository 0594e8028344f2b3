//! Any text is an inventory, in INI, YAML or TOML, or an error.
#![no_main]

mod world;

use ymir::ansible::inventory::{Inventory, rules::Rules, source};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let files = world::OneFile(text.to_owned()).files();
    for path in ["/inventory/hosts", "/inventory/hosts.yml", "/inventory/hosts.toml"] {
        let mut inventory = Inventory::new();
        if source::read_all(&mut inventory, &files, &Rules::default(), &[path]).is_ok() {
            inventory.settle();
        }
    }
});
