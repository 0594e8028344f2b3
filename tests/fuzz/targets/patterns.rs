//! Any text selects hosts or is refused.
#![no_main]

mod world;

use ymir::ansible::{
    inventory::{Inventory, rules::Rules, source},
    patterns,
};

const HOSTS: &str = "lone\n[web]\nweb[1:4]\n[db]\ndb1\nweb1\n[rack:children]\nweb\n";

libfuzzer_sys::fuzz_target!(|pattern: &str| {
    let files = world::OneFile(HOSTS.to_owned()).files();
    let mut inventory = Inventory::new();
    source::read_all(&mut inventory, &files, &Rules::default(), &["/hosts"]).expect("it is good");
    inventory.settle();
    drop(patterns::select(&inventory, pattern));
    drop(patterns::unmatched(&inventory, pattern));
});
