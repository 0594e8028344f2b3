//! Every variable of every host of published configurations, compared with what real Kayobe said about it.
//!
//! The trees are not part of this repository. `YMIR_CONFORMANCE` names the directory with them; by default it is looked
//! for beside the repository.
#![expect(clippy::disallowed_methods, reason = "test")]

use std::{io::Write, path::PathBuf, process::Command};

#[test]
fn variables_mean_what_they_mean_in_kayobe() {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/conformance");
    let trees = std::env::var_os("YMIR_CONFORMANCE").map_or_else(beside, PathBuf::from);
    if !trees.join("check").is_file() {
        // Not `eprintln!`: the test harness would swallow it.
        let skipped = b"SKIPPED conformance: there are no trees to compare with; YMIR_CONFORMANCE names them\n";
        std::io::stderr().write_all(skipped).unwrap();
        return;
    }
    let check = Command::new("python3")
        .arg(trees.join("check"))
        .args(["--ymir", env!("CARGO_BIN_EXE_ymir")])
        .output();
    let output = check.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
