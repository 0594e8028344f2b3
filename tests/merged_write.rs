//! `ymir configuration merged --write`: what is written, what is left alone, what is refused.
#![expect(clippy::unwrap_used, reason = "test")]
#![expect(clippy::disallowed_methods, reason = "the test starts the program that it tests")]

use std::{fs, os::unix::fs::PermissionsExt, path::Path, process::Command};

/// Exit code, standard output and standard error of the command, which writes to `dir`.
fn write(dir: &Path, environment: Option<&str>, args: &[&str]) -> String {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/sites/merged");
    let output = Command::new(env!("CARGO_BIN_EXE_ymir"))
        .args(["configuration", "merged", "--config-path", root, "--write"])
        .arg(dir)
        .args(environment.into_iter().flat_map(|name| ["--environment", name]))
        .args(args)
        .env_clear()
        .env("KAYOBE_VAULT_PASSWORD", "sesame")
        .env("HOME", "/home/operator")
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(dir.to_str().unwrap(), "DIR");
    let code = output.status.code().unwrap();
    format!("exit: {code}\n{}{}", text(&output.stdout), text(&output.stderr))
}

const PRODUCTION: Option<&str> = Some("production");

#[test]
fn only_what_differs_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let kolla = dir.path().join("kolla");
    let checked = write(&kolla, PRODUCTION, &["--check", "--detailed-exitcode"]);
    assert!(checked.starts_with("exit: 5\nwould create .environment\n"), "{checked}");
    assert!(!kolla.exists());
    let written = write(&kolla, PRODUCTION, &[]);
    assert!(written.contains("\ncreated config/nova.conf\n"), "{written}");
    assert!(!written.contains("kolla-build.conf"), "{written}");
    let mode = |path: &str| fs::metadata(kolla.join(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("config/opensearch"), mode("config/nova.conf")), (0o750, 0o640));
    assert_eq!(fs::read_to_string(kolla.join(".environment")).unwrap(), "production\n");
    let nova = fs::read_to_string(kolla.join("config/nova.conf")).unwrap();
    assert!(nova.ends_with("password = correct horse\n"), "{nova}");
    assert_eq!(write(&kolla, PRODUCTION, &["--check"]), "exit: 0\nnothing differs\n");
    let fluentd = kolla.join("config/fluentd/output/00.conf");
    fs::write(&fluentd, "<match **>\n  elsewhere\n</match>\n").unwrap();
    fs::write(kolla.join("config/nova.conf"), "password = old horse\n").unwrap();
    insta::assert_snapshot!(write(&kolla, PRODUCTION, &["--diff"]), @"
    exit: 0
    changed config/fluentd/output/00.conf
        -   elsewhere
        +   cloud.example
    changed config/nova.conf
        (it holds secrets; --show-secrets shows the lines)
    ");
    assert_eq!(write(&kolla, PRODUCTION, &[]), "exit: 0\nnothing differs\n");
}

#[test]
fn stale_files_go_and_foreign_ones_stay() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), PRODUCTION, &[]);
    let config = dir.path().join("config");
    fs::create_dir(config.join("ironic")).unwrap();
    for file in ["magnum.conf", "unknown.conf", "ironic/ironic-agent.kernel", "nova/.hidden"] {
        fs::write(config.join(file), "").unwrap();
    }
    fs::write(dir.path().join("passwords.yml"), "").unwrap();
    insta::assert_snapshot!(write(dir.path(), PRODUCTION, &["--check", "-e", "kolla_enable_ironic=true", "-e", "kolla_extra_ironic=", "--output", "json"]), @r#"
    exit: 0
    [
        {
            "change": "created",
            "path": "config/ironic.conf"
        },
        {
            "change": "deleted",
            "path": "config/magnum.conf"
        },
        {
            "change": "changed",
            "path": "globals.yml"
        }
    ]
    "#);
    insta::assert_snapshot!(write(dir.path(), PRODUCTION, &[]), @"
    exit: 0
    deleted config/ironic/ironic-agent.kernel
    deleted config/magnum.conf
    ");
    assert!(config.join("unknown.conf").exists() && dir.path().join("passwords.yml").exists());
}

#[test]
fn another_environments_directory_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join(".environment"), "staging\n").unwrap();
    insta::assert_snapshot!(write(dir.path(), PRODUCTION, &[]), @"
    exit: 3
    error: writing the files of `production` to DIR
      because: it holds the files of the environment `staging`
      hint: choose another directory, or delete this one with its .environment
    ");
    assert!(write(dir.path(), None, &[]).contains("writing the files of no environment"));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn nothing_is_written_if_one_file_cannot_be_made() {
    let dir = tempfile::tempdir().unwrap();
    let told = write(dir.path(), Some("broken"), &[]);
    assert!(told.starts_with("exit: 3\nerror: the configuration has 3 faults\n"), "{told}");
    for file in ["globals.yml", "config/keystone.conf", "config/opensearch/x.yml"] {
        assert!(told.contains(file), "{told}");
    }
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}
