//! Files that nothing reads, or that cannot be read.

use super::*;

#[test]
fn ranges_that_give_no_host_are_found() {
    let more = "all:\n  hosts:\n    cmp[09:07]: {rack: 1}\n    cmp[7:7]:\n";
    let hosts = "[controllers]\nctl1\nctl[3:1] rack=2\n[compute]\ncmp1\ncmp7\n[network:children]\ncontrollers\n";
    insta::assert_snapshot!(notes(&[("inventory/hosts", hosts), ("inventory/more.yml", more)]), @"
    warning empty-range inventory/hosts:3:1: `ctl[3:1]` gives no host: its range ends before it begins
    warning empty-range inventory/more.yml:3:5: `cmp[09:07]` gives no host: its range ends before it begins
    ");
}

#[test]
fn files_that_nothing_reads_are_found() {
    let files = [
        ("group_vars/compute.yml", "x: 1\n"),
        ("host_vars/ctl1", "x: 1\n"),
        ("inventory/group_vars/compute/one.yml", "x: 1\n"),
        ("inventory/group_vars/compute/two.txt", "y: 1\n"),
        ("inventory/group_vars/compute/deep/three.conf", "y: 1\n"),
        ("inventory/group_vars/compute/four.yml/x.yml", "y: 1\n"),
        ("inventory/group_vars/compute.yml", "z: 1\n"),
        ("inventory/host_vars/ctl1.yml", "z: 1\n"),
        ("inventory/host_vars/ctl1.yaml", "z: 1\n"),
        ("slip.ymll", "z: 1\n"),
        ("LOUD.YML", "z: 1\n"),
        ("folder.yml/x", "z: 1\n"),
    ];
    insta::assert_snapshot!(notes(&files), @"
    warning unread-file LOUD.YML:0:0: nothing reads `LOUD.YML`, because of its ending
    warning unread-file folder.yml:0:0: nothing reads `folder.yml`, because it is a directory
    warning unread-file group_vars:0:0: nothing reads `group_vars`, because it lies beside the inventory
    warning unread-file host_vars:0:0: nothing reads `host_vars`, because it lies beside the inventory
    warning unread-file inventory/group_vars/compute.yml:0:0: nothing reads `inventory/group_vars/compute.yml`, because `inventory/group_vars/compute` is read instead
    warning unread-file inventory/group_vars/compute/deep/three.conf:0:0: nothing reads `inventory/group_vars/compute/deep/three.conf`, because of its ending
    warning unread-file inventory/group_vars/compute/four.yml:0:0: nothing reads `inventory/group_vars/compute/four.yml`, because it is a directory
    warning unread-file inventory/group_vars/compute/two.txt:0:0: nothing reads `inventory/group_vars/compute/two.txt`, because of its ending
    warning unread-file inventory/host_vars/ctl1.yaml:0:0: nothing reads `inventory/host_vars/ctl1.yaml`, because `inventory/host_vars/ctl1.yml` is read instead
    warning unread-file slip.ymll:0:0: nothing reads `slip.ymll`, because of its ending
    ");
    insta::assert_snapshot!(ymir(&site(&files[6..9]), &[]).1, @"
    warning[unread-file]: nothing reads `inventory/host_vars/ctl1.yaml`, because `inventory/host_vars/ctl1.yml` is read instead
      at: inventory/host_vars/ctl1.yaml
      inventory/host_vars/ctl1.yml: this is what counts
      hint: put all variables into one of the two

    0 errors, 1 warning, 0 hints
    ");
}

#[test]
fn files_that_are_there_for_others_are_left_alone() {
    let files = [
        ("inventory/group_vars/compute/README.md", "about: this\n"),
        ("inventory/group_vars/compute/old.yml.bak", "x: 1\n"),
        ("inventory/group_vars/compute/one.yml", "x: 1\n"),
        ("inventory/group_vars/compute/cert.pem", "-----BEGIN CERTIFICATE-----\n"),
        ("inventory/group_vars/compute/files.d/x.yml", "x: 1\n"),
        ("switches.xml", "<switches/>\n"),
        ("data.jsonl", "{\"a b\": 1}\n"),
        ("ansible.cfg", "[defaults]\n"),
        ("ansible/group_vars/all.yml", "x: 1\n"),
        ("README", "a: 1\n"),
    ];
    assert_eq!(notes(&files), "");
    // An inventory that is a file reads what lies beside it.
    let beside = site(&[("hosts", "[controllers]\nctl1\n"), ("group_vars/all.yml", "x: 1\n")]);
    let inventory = beside.path().join("hosts");
    let text = ymir(&beside, &["--inventory", inventory.to_str().unwrap()]).1;
    assert!(!text.contains("unread-file"), "{text}");
}

#[test]
fn files_that_cannot_be_read_are_findings() {
    insta::assert_snapshot!(notes(&[("bad.yml", "a: 1\n  b: 2\n")]), @"error unreadable bad.yml:2:4: reading bad.yml: mapping values are not allowed in this context");
    insta::assert_snapshot!(notes(&[("inventory/group_vars/nobody.yml", "a: [\n")]), @"error unreadable inventory/group_vars/nobody.yml:2:1: reading inventory/group_vars/nobody.yml: did not find expected node content while parsing a flow node");
}

/// A vault text that no password opens.
const LOCKED: &str = "$ANSIBLE_VAULT;1.1;AES256\n3130\n";

#[test]
fn encrypted_files_that_stay_shut_are_told_once() {
    for file in
        ["secrets.yml", "inventory/group_vars/compute.yml", "inventory/group_vars/nobody.yml"]
    {
        let (code, stdout, stderr) = ymir(&site(&[(file, LOCKED)]), &["--output", "json"]);
        let found: serde_json::Value = serde_json::from_str(&stdout).unwrap();
        assert_eq!((code, &found["notes"][0]["code"]), (3, &"vault".into()), "{file}: {stdout}");
        assert_eq!((&found["errors"], stderr.as_str()), (&1.into(), ""), "{file}");
    }
    let (_, stdout, stderr) = ymir(&site(&[]), &["--vault-password-file", "/no/such/file"]);
    insta::assert_snapshot!(format!("{stdout}{stderr}"), @"
    error: reading the vault password from /no/such/file
      because: No such file or directory (os error 2)
       --> --vault-password-file:1:1
        |
      1 | /no/such/file
        | ^ here
      hint: let the file hold the password, or give another with --vault-password-file
    ");
}

#[test]
fn files_that_are_there_and_cannot_be_read() {
    let site = site(&[("inventory/host_vars/ctl1/a.yml", "x: 1\n")]);
    let circle = site.path().join("zz.yml");
    std::os::unix::fs::symlink("zz.yml", &circle).unwrap();
    insta::assert_snapshot!(ymir(&site, &[]).1, @"
    error[unreadable]: reading zz.yml: Too many levels of symbolic links (os error 40)
      at: zz.yml

    1 error, 0 warnings, 0 hints
    ");
    fs::remove_file(&circle).unwrap();
    for link in ["gone.yml", "inventory/host_vars/ctl1/gone.yml", "inventory/group_vars/gone.yml"] {
        fs::create_dir_all(site.path().join(link).parent().unwrap()).unwrap();
        std::os::unix::fs::symlink("/no/such/file", site.path().join(link)).unwrap();
    }
    insta::assert_snapshot!(ymir(&site, &[]).1, @"
    warning[unread-file]: nothing reads `gone.yml`, because it is a link that leads nowhere
      at: gone.yml
      hint: remove the link, or put back what it leads to

    warning[unread-file]: nothing reads `inventory/group_vars/gone.yml`, because it is a link that leads nowhere
      at: inventory/group_vars/gone.yml
      hint: remove the link, or put back what it leads to

    warning[unread-file]: nothing reads `inventory/host_vars/ctl1/gone.yml`, because it is a link that leads nowhere
      at: inventory/host_vars/ctl1/gone.yml
      hint: remove the link, or put back what it leads to

    0 errors, 3 warnings, 0 hints
    ");
}

#[test]
fn files_of_somebody_else_are_named_with_what_to_do() {
    use std::os::unix::{fs::PermissionsExt as _, process::CommandExt as _};
    const NOBODY: u32 = 65534;
    let site = site(&[("zz.yml", "x: 1\n")]);
    let file = site.path().join("zz.yml");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o000)).unwrap();
    // Root may read everything, so it becomes somebody else, who may read the program and the site.
    let is_root = fs::read(&file).is_ok();
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("ymir");
    fs::copy(env!("CARGO_BIN_EXE_ymir"), &program).unwrap();
    for dir in [folder.path(), site.path()] {
        fs::set_permissions(dir, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let ymir = || {
        let mut program = Command::new(&program);
        if is_root {
            program.uid(NOBODY).gid(NOBODY);
        }
        said(&site, &mut program, &[]).1
    };
    let keys = site.path().join("keys");
    fs::create_dir(&keys).unwrap();
    fs::set_permissions(&keys, fs::Permissions::from_mode(0o000)).unwrap();
    insta::assert_snapshot!(ymir(), @"
    error[unreadable]: reading zz.yml: Permission denied (os error 13)
      at: zz.yml
      hint: give the user who runs Ymir the right to read it; `namei -l` shows whose it is

    1 error, 0 warnings, 0 hints
    ");
    // What holds no variables is nobody's business.
    fs::remove_file(&file).unwrap();
    insta::assert_snapshot!(ymir(), @"0 errors, 0 warnings, 0 hints");
    fs::set_permissions(&keys, fs::Permissions::from_mode(0o700)).unwrap();
}

#[test]
fn characters_that_cannot_be_seen_are_named() {
    let shown = |text: String| text.replace(['\u{a0}', '\u{feff}'], "·");
    let with = |text: &str| shown(ymir(&site(&[("bad.yml", text)]), &[]).1);
    insta::assert_snapshot!(with("a: 1\nkey:\u{a0}value\nb: 2\n"), @"
    error[unreadable]: reading bad.yml: could not find expected ':' while scanning a simple key
       --> bad.yml:3:1
        |
      1 | a: 1
      2 | key:·value
      3 | b: 2
        | ^ here
      hint: at bad.yml:2:5 stands a no-break space (U+00A0), which cannot be seen: write a space instead

    1 error, 0 warnings, 0 hints
    ");
    insta::assert_snapshot!(with("key:\u{200b}value\n"), @"
    error[unreadable]: reading variables from bad.yml: it holds text, not a map of variables
      at: bad.yml:1:1
      hint: at bad.yml:1:5 stands a zero-width space (U+200B), which cannot be seen: write a space instead

    1 error, 0 warnings, 0 hints
    ");
    insta::assert_snapshot!(with("map:\n  a: 1\n\u{feff}  b: 1\n"), @"
    error[unreadable]: reading bad.yml: did not find expected key while parsing a block mapping
       --> bad.yml:3:4
        |
      1 | map:
      2 |   a: 1
      3 | ·  b: 1
        |   ^ here
      hint: at bad.yml:3:1 stands a byte order mark (U+FEFF), which cannot be seen: write a space instead

    1 error, 0 warnings, 0 hints
    ");
}
