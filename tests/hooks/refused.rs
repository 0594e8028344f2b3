//! Hooks that cannot run stop a command before it acts; Ansible is not needed to know.

use std::{fs, os::unix::fs::symlink, path::Path};

use ymir::settings::Environment;

use super::lab::{lab, ymir};

/// What `ymir overcloud hardware register` says in a lab with this hook, on a machine without Ansible.
fn register(hook: impl Fn(&Path), options: &str) -> String {
    let dir = lab();
    let post = dir.path().join("environments/lab/hooks/overcloud-hardware-register/post.d");
    fs::create_dir_all(&post).unwrap();
    hook(&post);
    let nowhere = Environment([("PATH".into(), "/nonexistent".into())].into());
    let command =
        format!("overcloud hardware register -e ymir_ironic_url=http://127.0.0.1:1{options}");
    let (code, stdout, stderr) = ymir(dir.path(), &nowhere, &command);
    assert_eq!(stdout, "", "nothing was begun");
    assert!(!dir.path().join("state").exists(), "nothing was begun");
    format!("exit code {code}\n{stderr}").replace(dir.path().to_str().unwrap(), "SITE")
}

fn playbook(post: &Path) {
    fs::write(post.join("10-tell.yml"), "[]").unwrap();
}

#[test]
fn without_ansible() {
    insta::assert_snapshot!(register(playbook, ""), @r#"
    exit code 3
    error: looking for ansible-playbook
      because: it is neither named by YMIR_ANSIBLE_PLAYBOOK, nor in KAYOBE_VENV_PATH, nor on the PATH
      because: the hook SITE/environments/lab/hooks/overcloud-hardware-register/post.d/10-tell.yml needs it
      hint: install it (`python3 -m venv ansible && ansible/bin/pip install ansible-core`) and set YMIR_ANSIBLE_PLAYBOOK=$PWD/ansible/bin/ansible-playbook
      hint: or run without hooks: --skip-hooks all
    "#);
}

#[test]
fn a_link_to_nowhere() {
    let link = |post: &Path| symlink("../gone.yml", post.join("10-gone.yml")).unwrap();
    insta::assert_snapshot!(register(link, ""), @r#"
    exit code 3
    error: opening the hook SITE/environments/lab/hooks/overcloud-hardware-register/post.d/10-gone.yml
      because: it is a link to SITE/environments/lab/hooks/overcloud-hardware-register/post.d/../gone.yml
      because: No such file or directory (os error 2)
      hint: mend the link, or leave the hook out with --skip-hooks
    "#);
}

#[test]
fn a_hook_that_is_no_file() {
    let directory = |post: &Path| fs::create_dir(post.join("10-a.yml")).unwrap();
    insta::assert_snapshot!(register(directory, ""), @r#"
    exit code 3
    error: opening the hook SITE/environments/lab/hooks/overcloud-hardware-register/post.d/10-a.yml
      because: Is a directory (os error 21)
      hint: make it a file that you may read, or leave the hook out with --skip-hooks
    "#);
}

#[test]
fn a_pattern_that_is_none() {
    insta::assert_snapshot!(register(playbook, " --skip-hooks ("), @"
    exit code 3
    error: reading `--skip-hooks (`
      because: Opening parenthesis without closing parenthesis (at the end of `(`)
      hint: give a regular expression that is looked for in each playbook's path, or `all`
    ");
}

#[test]
fn a_command_that_only_reads_has_hooks_too() {
    let dir = lab();
    let pre = dir.path().join("environments/lab/hooks/configuration-dump/pre.d");
    fs::create_dir_all(&pre).unwrap();
    playbook(&pre);
    let nowhere = Environment([("PATH".into(), "/nonexistent".into())].into());
    let dump = "configuration dump --var-name os_distribution";
    let (code, stdout, stderr) = ymir(dir.path(), &nowhere, dump);
    assert_eq!((code, stdout.as_str()), (3, ""), "{stderr}");
    assert!(stderr.contains("configuration-dump/pre.d/10-tell.yml"), "{stderr}");
    let (code, stdout, stderr) = ymir(dir.path(), &nowhere, &format!("{dump} --skip-hooks all"));
    assert_eq!(code, 0, "{stderr}");
    assert!(stdout.contains("debian"), "{stdout}");
}
