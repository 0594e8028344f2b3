//! Finds hooks in the layers and the program that runs them, and tells before a command acts what cannot run.

use std::{fs, io::ErrorKind};

use camino::{Utf8Path, Utf8PathBuf};

use crate::{
    model::hook::{self, Hook, Hooks, Side, Skip},
    settings::Environment,
    trouble::{Result, Tell, Trouble},
};

/// Every hook of a command (its words, `overcloud provision`), from all layers, lowest first.
pub fn find(layers: &[Utf8PathBuf], command: &str, skip: Option<&str>) -> Result<Hooks> {
    let skip = Skip::parse(skip)?;
    let side = |side| {
        let directories = layers.iter().map(|layer| hook::directory(layer, command, side));
        let listed = directories.map(|directory| list(&directory)).collect::<Result<_>>()?;
        hook::choose(listed, &skip)
    };
    Ok(Hooks { pre: side(Side::Pre)?, post: side(Side::Post)? })
}

fn list(directory: &Utf8Path) -> Result<Vec<Hook>> {
    let what = || format!("looking for hooks in {directory}");
    let entries = match directory.read_dir_utf8() {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.or_refused(what)?,
    };
    let paths = entries.map(|entry| Ok(entry.or_refused(what)?.into_path()));
    let paths: Vec<Utf8PathBuf> = paths.collect::<Result<_>>()?;
    let visible = |path: &Utf8PathBuf| path.file_name().is_some_and(|name| !name.starts_with('.'));
    let playbooks = paths.into_iter().filter(|path| path.extension() == Some("yml"));
    Ok(playbooks.filter(visible).map(|file| Hook { playbook: target(&file), file }).collect())
}

/// Where a path leads; what a dangling link names, so that it can be told and skipped.
fn target(file: &Utf8Path) -> Utf8PathBuf {
    let dangling = || Some(file.parent()?.join(file.read_link_utf8().ok()?));
    file.canonicalize_utf8().ok().or_else(dangling).unwrap_or_else(|| file.to_owned())
}

/// Refuses hooks that could not run, before the command acts.
pub fn check_runnable(hooks: &Hooks, environment: &Environment) -> Result<()> {
    if hooks.is_empty() {
        return Ok(());
    }
    hooks.pre.iter().chain(&hooks.post).try_for_each(readable)?;
    program(environment).map(drop).map_err(|trouble| {
        let first = hooks.pre.iter().chain(&hooks.post).next();
        let first = first.map(|hook| format!("the hook {} needs it", hook.file));
        trouble.because(first.unwrap_or_default())
    })
}

fn readable(hook: &Hook) -> Result<()> {
    let refused = |error: std::io::Error| {
        let link = hook.file.is_symlink();
        let hint = if link && error.kind() == ErrorKind::NotFound {
            "mend the link, or leave the hook out with --skip-hooks"
        } else {
            "make it a file that you may read, or leave the hook out with --skip-hooks"
        };
        let trouble = Trouble::refused(format!("opening the hook {}", hook.file));
        let trouble = if hook.playbook == hook.file {
            trouble
        } else {
            trouble.because(format!("it is a link to {}", hook.playbook))
        };
        trouble.caused_by(&error).hint(hint)
    };
    // A directory can be opened, but not read as a file.
    fs::File::open(&hook.playbook)
        .and_then(|mut file| std::io::Read::read(&mut file, &mut [0]))
        .map(drop)
        .map_err(refused)
}

/// `ansible-playbook`: `$YMIR_ANSIBLE_PLAYBOOK`, else in `$KAYOBE_VENV_PATH`, else on the `PATH`.
pub(super) fn program(environment: &Environment) -> Result<Utf8PathBuf> {
    if let Some(named) = environment.get("YMIR_ANSIBLE_PLAYBOOK").map(Utf8PathBuf::from) {
        return executable(&named).then(|| named.clone()).ok_or_else(|| {
            Trouble::refused("looking for ansible-playbook")
                .because(format!(
                    "YMIR_ANSIBLE_PLAYBOOK names {named}, which is no file that can be run"
                ))
                .hint("let YMIR_ANSIBLE_PLAYBOOK name the ansible-playbook of an installed ansible-core")
        });
    }
    let venv = environment.get("KAYOBE_VENV_PATH").map(|venv| Utf8Path::new(venv).join("bin"));
    let path = environment.get("PATH").unwrap_or_default().split(':').map(Utf8PathBuf::from);
    let candidates = venv.into_iter().chain(path).map(|dir| dir.join("ansible-playbook"));
    candidates.into_iter().find(|candidate| executable(candidate)).ok_or_else(|| {
        Trouble::refused("looking for ansible-playbook")
            .because("it is neither named by YMIR_ANSIBLE_PLAYBOOK, nor in KAYOBE_VENV_PATH, nor on the PATH")
            .hint("install it (`python3 -m venv ansible && ansible/bin/pip install ansible-core`) and set YMIR_ANSIBLE_PLAYBOOK=$PWD/ansible/bin/ansible-playbook")
            .hint("or run without hooks: --skip-hooks all")
    })
}

fn executable(file: &Utf8Path) -> bool {
    file.is_file() && rustix::fs::access(file.as_std_path(), rustix::fs::Access::EXEC_OK).is_ok()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn site(files: &[&str]) -> (tempfile::TempDir, Utf8PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = Utf8Path::from_path(dir.path()).unwrap().canonicalize_utf8().unwrap();
        for file in files {
            let file = path.join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, "[]").unwrap();
        }
        (dir, path)
    }

    #[test]
    fn finds_the_playbooks_of_all_layers() {
        let (_dir, path) = site(&[
            "base/hooks/overcloud-provision/pre.d/10-a.yml",
            "base/hooks/overcloud-provision/pre.d/20-b.yaml",
            "base/hooks/overcloud-provision/pre.d/.hidden.yml",
            "base/hooks/overcloud-deprovision/pre.d/10-c.yml",
            "env/hooks/overcloud-provision/pre.d/10-a.yml",
            "env/hooks/overcloud-provision/post.d/z.yml",
        ]);
        let layers = [path.join("base"), path.join("none"), path.join("env")];
        let hooks = find(&layers, "overcloud provision", None).unwrap();
        let pre: Vec<_> = hooks.pre.iter().map(|hook| &hook.file).collect();
        assert_eq!(pre, [&path.join("env/hooks/overcloud-provision/pre.d/10-a.yml")]);
        assert_eq!(hooks.post[0].file, path.join("env/hooks/overcloud-provision/post.d/z.yml"));
    }

    #[test]
    fn follows_links_and_tells_dangling_ones() {
        let (_dir, path) =
            site(&["ansible/real.yml", "env/hooks/overcloud-provision/pre.d/10-a.yml"]);
        let pre = path.join("env/hooks/overcloud-provision/pre.d");
        symlink(path.join("ansible/real.yml"), pre.join("20-link.yml")).unwrap();
        let layers = [path.join("env")];
        let hooks = find(&layers, "overcloud provision", None).unwrap();
        assert_eq!(hooks.pre[1].playbook, path.join("ansible/real.yml"));

        symlink("../gone.yml", pre.join("30-gone.yml")).unwrap();
        let hooks = find(&layers, "overcloud provision", None).unwrap();
        let trouble = check_runnable(&hooks, &Environment::default()).unwrap_err();
        assert_eq!(trouble.what, format!("opening the hook {}", pre.join("30-gone.yml")));
        assert!(trouble.causes[0].ends_with("gone.yml"), "{trouble}");
        let hooks = find(&layers, "overcloud provision", Some("gone")).unwrap();
        assert_eq!(hooks.pre.len(), 2);
    }

    #[test]
    fn without_ansible_hooks_are_refused_and_no_hooks_are_fine() {
        let (_dir, path) = site(&["env/hooks/overcloud-provision/post.d/10-a.yml"]);
        let nowhere = Environment::default();
        check_runnable(&Hooks::default(), &nowhere).unwrap();
        let hooks = find(&[path.join("env")], "overcloud provision", None).unwrap();
        let trouble = check_runnable(&hooks, &nowhere).unwrap_err();
        assert!(trouble.causes[1].contains("post.d/10-a.yml"), "{trouble}");
        assert!(trouble.hints[0].contains("YMIR_ANSIBLE_PLAYBOOK"));
    }

    #[test]
    fn the_named_program_wins_over_the_venv_over_the_path() {
        let (_dir, path) = site(&["own", "venv/bin/ansible-playbook", "path/ansible-playbook"]);
        let run = std::os::unix::fs::PermissionsExt::from_mode(0o700);
        for file in ["own", "venv/bin/ansible-playbook", "path/ansible-playbook"] {
            fs::set_permissions(path.join(file), fs::Permissions::clone(&run)).unwrap();
        }
        let mut environment = Environment::default();
        let table = [
            ("PATH", "/nonexistent:@/path", "@/path/ansible-playbook"),
            ("KAYOBE_VENV_PATH", "@/venv", "@/venv/bin/ansible-playbook"),
            ("YMIR_ANSIBLE_PLAYBOOK", "@/own", "@/own"),
        ];
        for (name, value, expected) in table {
            environment.0.insert(name.into(), value.replace('@', path.as_str()));
            assert_eq!(program(&environment).unwrap(), expected.replace('@', path.as_str()));
        }
        environment.0.insert("YMIR_ANSIBLE_PLAYBOOK".into(), "/nonexistent/it".into());
        assert!(program(&environment).unwrap_err().causes[0].contains("/nonexistent/it"));
    }
}
