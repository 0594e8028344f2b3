//! Stamps the binary with the commit that it was built from.

use std::process::Command;

#[expect(clippy::disallowed_methods, reason = "the build script has no drivers")]
fn git(args: &[&str]) -> Option<String> {
    let output =
        Command::new("git").args(args).output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn main() {
    // Asked for, as they lie elsewhere in a worktree; a file that is missing would mean a build every time.
    for file in ["HEAD", "logs/HEAD"] {
        if let Some(path) = git(&["rev-parse", "--git-path", file]) {
            println!("cargo::rerun-if-changed={path}");
        }
    }
    // Files that are added here become part of the binary.
    println!("cargo::rerun-if-changed=src/ansible/builtin");
    let commit =
        git(&["rev-parse", "--short=12", "HEAD"]).unwrap_or_else(|| "unknown commit".into());
    println!("cargo::rustc-env=YMIR_COMMIT={commit}");
}
