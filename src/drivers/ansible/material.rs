//! The files that Ansible gets from Ymir for the length of one call: defaults, plug-ins, and the vault helper.

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

/// Answers Ansible's question for the vault password from the environment, so that no file holds it.
const VAULT_HELPER: &str = "#!/bin/sh\nprintf '%s\\n' \"$KAYOBE_VAULT_PASSWORD\"\n";

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
        if cx.vault_password.is_some() {
            material.write_vault_helper().or_internal(what)?;
            material.check_vault_helper()?;
        }
        Ok(material)
    }

    pub(super) fn inventory(&self) -> Utf8PathBuf {
        self.root.join("inventory")
    }

    pub(super) fn plugins(&self) -> Utf8PathBuf {
        self.root.join("plugins")
    }

    pub(super) fn vault_helper(&self) -> Utf8PathBuf {
        self.root.join("vault-password")
    }

    fn write_vault_helper(&self) -> std::io::Result<()> {
        write(&self.vault_helper(), VAULT_HELPER.as_bytes(), 0o700)
    }

    /// Ansible would take the text of a helper that it may not run for the password.
    fn check_vault_helper(&self) -> Result<()> {
        let helper = self.vault_helper();
        rustix::fs::access(helper.as_std_path(), rustix::fs::Access::EXEC_OK).map_err(|error| {
            Trouble::refused(format!("handing the vault password to ansible-playbook by {helper}"))
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
