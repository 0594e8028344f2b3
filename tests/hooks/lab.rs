//! A copy of the project's own site, and `ymir` at work on its lab.

use std::{fs, path::Path};

use ymir::settings::Environment;

/// A copy of the site that the tests may change.
pub(crate) fn lab() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for folder in ["environments", "host-images"] {
        copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &dir.path().join(folder));
    }
    dir
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// Runs `ymir` on the site; gives its exit code, standard output and standard error.
#[expect(clippy::disallowed_methods, reason = "test")]
pub(crate) fn ymir(site: &Path, environment: &Environment, args: &str) -> (i32, String, String) {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_ymir"))
        .args(["--environment", "lab", "--config-path"])
        .arg(site)
        .args(args.split(' '))
        .env_clear()
        .envs(&environment.0)
        .env("OUT", site.join("told.json"))
        .env("KAYOBE_DATA_FILES_PATH", "/opt/kayobe/")
        .env("YMIR_STATE_DIR", site.join("state"))
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}
