//! What a site may be written in, through the binary: vaults, inventories of every kind, extra variables.
#![expect(clippy::unwrap_used, reason = "test")]

mod extra_vars;
mod inventories;
mod listing;
mod lookups;
mod settings;
mod together;
mod vault;

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    process::{Command, Stdio},
};

use camino::{Utf8Path, Utf8PathBuf};

/// A site in a directory of its own.
struct Site {
    _dir: tempfile::TempDir,
    path: Utf8PathBuf,
}

impl Site {
    fn of(files: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = Utf8Path::from_path(dir.path()).unwrap().to_owned();
        let site = Self { _dir: dir, path };
        for (file, text) in files {
            site.write(file, text);
        }
        site
    }

    /// Writes a file; one that begins with `#!` can be run.
    fn write(&self, file: &str, text: &str) {
        let path = self.path.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        let mode = if text.starts_with("#!") { 0o755 } else { 0o644 };
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    }

    /// Exit code, standard output and standard error of a command that is given in the site's directory.
    #[expect(clippy::disallowed_methods, reason = "the test starts the program that it tests")]
    fn ymir_with(&self, set: &[(&str, &str)], args: &[&str]) -> String {
        let output = Command::new(env!("CARGO_BIN_EXE_ymir"))
            .args(args)
            .args(["--config-path", self.path.as_str()])
            .current_dir(&self.path)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", self.path.as_str())
            .envs(set.iter().copied())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let text =
            |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(self.path.as_str(), "SITE");
        let code = output.status.code().unwrap();
        format!("exit: {code}\n{}{}", text(&output.stdout), text(&output.stderr))
    }

    fn ymir(&self, args: &[&str]) -> String {
        self.ymir_with(&[], args)
    }

    /// One variable of every host, in one line.
    fn variable(&self, name: &str, more: &[&str]) -> String {
        let args = [&["configuration", "dump", "--var-name", name], more].concat();
        let text = self.ymir(&args);
        match text.strip_prefix("exit: 0\n") {
            Some(json) => json.split_whitespace().collect::<Vec<_>>().join(" "),
            None => text,
        }
    }
}
