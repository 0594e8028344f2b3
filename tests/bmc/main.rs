//! `ymir overcloud bmc …` through the real binary against real emulators of BMCs: sushy-tools for Redfish, also over
//! TLS; pyghmi, OpenIPMI's ipmi_sim and a BMC with cipher suite 17 for IPMI.
//!
//! It needs what `tests/setup bmc` installs; `YMIR_BMC=1` says that it is there.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "tests start programs themselves"
)]

mod bmcs;
mod faults;
mod ipmi;
#[path = "../outcome/mod.rs"]
mod outcome;
mod redfish;
mod site;
mod tls;

use std::io::Write as _;

/// Whether the emulators are there; told loudly if not.
fn ready(name: &str) -> bool {
    let ready = std::env::var_os("YMIR_BMC").is_some();
    if !ready {
        // Not `eprintln!`: the test harness would swallow it.
        let skipped = format!(
            "SKIPPED bmc: {name} needs emulators of BMCs; run tests/setup bmc and set YMIR_BMC=1\n"
        );
        std::io::stderr().write_all(skipped.as_bytes()).unwrap();
    }
    ready
}
