//! The files that Ansible gets from Ymir for the length of one call: defaults, plug-ins, and programs that answer with
//! the vault passwords.

use std::{
    fs,
    io::Write,
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
};

use camino::{Utf8Path, Utf8PathBuf};
use include_dir::{Dir, DirEntry, include_dir};

use super::HookRun;
use crate::trouble::{Result, Tell, Trouble};

static PLUGINS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/src/drivers/ansible/plugins");

/// The environment variable that holds a vault password for the program that answers with it, so that no file does.
pub(super) fn vault_variable(at: usize) -> String {
    format!("YMIR_VAULT_PASSWORD_{at}")
}

/// A directory without any inventory file is a failure where a site sets `any_unparsed_is_failed`.
const NO_HOSTS: &str = "[all]\n";

/// A directory that only its owner may enter, gone when this is dropped.
#[derive(Debug)]
pub(super) struct Material {
    root: Utf8PathBuf,
    _dir: tempfile::TempDir,
}

impl Material {
    /// Writes everything that the call needs.
    pub(super) fn write(cx: &HookRun) -> Result<Self> {
        let what = || format!("writing files for ansible-playbook into {}", cx.dir);
        fs::create_dir_all(&cx.dir).or_internal(what)?;
        let private = fs::Permissions::from_mode(0o700);
        let mut builder = tempfile::Builder::new();
        let builder = builder.prefix("ansible-").permissions(private);
        let dir = builder.tempdir_in(&cx.dir).or_internal(what)?;
        let root = Utf8Path::from_path(dir.path()).map(Utf8Path::to_owned);
        let root = root.ok_or_else(|| Trouble::internal(what()).because("the path is no UTF-8"))?;
        let material = Self { root, _dir: dir };
        write(&material.inventory().join("hosts"), NO_HOSTS.as_bytes(), 0o600).or_internal(what)?;
        for (path, text) in &cx.defaults {
            write(&material.inventory().join(path), text.as_bytes(), 0o600).or_internal(what)?;
        }
        write_all(&PLUGINS, &material.plugins()).or_internal(what)?;
        for at in 0..cx.vault.len() {
            material.write_vault_password(at).or_internal(what)?;
        }
        if !cx.vault.is_empty() {
            material.check_vault_password()?;
        }
        Ok(material)
    }

    pub(super) fn inventory(&self) -> Utf8PathBuf {
        self.root.join("inventory")
    }

    pub(super) fn plugins(&self) -> Utf8PathBuf {
        self.root.join("plugins")
    }

    /// The program that answers Ansible's question for a vault password.
    pub(super) fn vault_password(&self, at: usize) -> Utf8PathBuf {
        self.root.join(format!("vault-password-{at}"))
    }

    fn write_vault_password(&self, at: usize) -> std::io::Result<()> {
        let script = format!("#!/bin/sh\nprintf '%s\\n' \"${}\"\n", vault_variable(at));
        write(&self.vault_password(at), script.as_bytes(), 0o700)
    }

    /// Ansible would take the text of a program that it may not run for the password.
    fn check_vault_password(&self) -> Result<()> {
        let program = self.vault_password(0);
        rustix::fs::access(program.as_std_path(), rustix::fs::Access::EXEC_OK).map_err(|error| {
            Trouble::refused(format!("handing the vault password to ansible-playbook by {program}"))
                .because(error)
                .hint("let YMIR_STATE_DIR name a directory on a file system that is not mounted noexec")
        })
    }
}

fn write_all(dir: &Dir<'_>, to: &Utf8Path) -> std::io::Result<()> {
    dir.entries().iter().try_for_each(|entry| match entry {
        DirEntry::Dir(dir) => write_all(dir, to),
        DirEntry::File(file) => {
            let path = file.path().to_str().expect("our own files have UTF-8 names");
            write(&to.join(path), file.contents(), 0o600)
        }
    })
}

fn write(path: &Utf8Path, bytes: &[u8], mode: u32) -> std::io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)?;
    let file = fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(path);
    file?.write_all(bytes)
}
