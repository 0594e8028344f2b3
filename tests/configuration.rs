//! `ymir configuration …` as people use it: the real binary on small sites.
#![expect(clippy::unwrap_used, reason = "test")]
#![expect(clippy::disallowed_methods, reason = "the test starts the program that it tests")]

use std::process::Command;

/// Exit code, standard output and standard error of a command on one of the sites in `tests/sites`.
fn ymir(site: &str, args: &[&str]) -> String {
    let root = format!("{}/tests/sites", env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(env!("CARGO_BIN_EXE_ymir"))
        .arg("configuration")
        .args(args)
        .args(["--config-path", &format!("{root}/{site}")])
        .env_clear()
        .env("KAYOBE_VAULT_PASSWORD", "sesame")
        .env("HOME", "/home/operator")
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(&root, "SITES");
    let code = output.status.code().unwrap();
    format!("exit: {code}\n{}{}", text(&output.stdout), text(&output.stderr))
}

#[test]
fn dump_shows_one_variable_of_every_host() {
    let args = ["dump", "--var-name", "part", "--environment", "production"];
    insta::assert_snapshot!(ymir("kayobe", &args), @"");
}

#[test]
fn the_base_has_no_environment() {
    insta::assert_snapshot!(ymir("kayobe", &["dump", "--var-name", "motd", "--host", "ctl2"]), @"");
}

#[test]
fn dump_gives_every_variable_with_kayobes_defaults() {
    let args = ["dump", "--host", "cmp1", "--output", "json", "--with-errors"];
    let text = ymir("kayobe", &args);
    let (_, json) = text.split_once('\n').unwrap();
    let dumped: serde_json::Value = serde_json::from_str(json).unwrap();
    let values = &dumped["values"];
    assert_eq!(values["rack"], 7);
    assert_eq!(values["kayobe_ansible_user"], "stack");
    assert_eq!(values["inventory_hostname"], "cmp1");
    assert_eq!(values["pass_word"], "******");
    assert!(
        dumped["errors"]["first_link"].as_str().unwrap().contains("'no_such_name' is undefined")
    );
    assert!(values.as_object().unwrap().len() > 800);
}

#[test]
fn what_is_limited_is_dumped() {
    let args = ["dump", "--hosts", "overcloud:!ctl1", "--var-name", "part", "--output", "yaml"];
    insta::assert_snapshot!(ymir("kayobe", &args), @"");
}

#[test]
fn extra_variables_win() {
    let args =
        ["dump", "--var-name", "site_name", "--host", "cmp1", "-e", "site_name='from -e' a=1"];
    insta::assert_snapshot!(ymir("kayobe", &args), @"");
}

#[test]
fn explain_tells_where_a_value_comes_from_and_what_it_overrides() {
    let args = ["explain", "site_name", "--host", "ctl1", "--environment", "production"];
    insta::assert_snapshot!(ymir("kayobe", &args), @"");
    let args =
        ["explain", "part", "--host", "ctl2", "--environment", "production", "--output", "json"];
    insta::assert_snapshot!(ymir("kayobe", &args), @"");
}

#[test]
fn secrets_are_stars_unless_asked_for() {
    insta::assert_snapshot!(ymir("kayobe", &["explain", "pass_word", "--host", "ctl1"]), @"");
    insta::assert_snapshot!(ymir("kayobe", &["explain", "made_from_it", "--host", "ctl1"]), @"");
    insta::assert_snapshot!(ymir("kayobe", &["explain", "hash_of_it", "--host", "ctl1"]), @"");
    let args = ["dump", "--var-name", "made_from_it", "--host", "ctl1", "--show-secrets"];
    insta::assert_snapshot!(ymir("kayobe", &args), @"");
}

#[test]
fn a_syntax_error_shows_the_lines() {
    insta::assert_snapshot!(ymir("broken", &["dump"]), @"");
}

#[test]
fn an_undefined_variable_is_told_with_the_chain_to_it() {
    insta::assert_snapshot!(ymir("kayobe", &["dump", "--var-name", "first_link", "--host", "ctl1"]), @"");
}

#[test]
fn unknown_names_are_answered_with_near_ones() {
    insta::assert_snapshot!(ymir("kayobe", &["dump", "--environment", "producton"]), @"");
    insta::assert_snapshot!(ymir("kayobe", &["explain", "site_nam", "--host", "ctl1"]), @"");
    insta::assert_snapshot!(ymir("kayobe", &["explain", "site_name", "--host", "ctl3"]), @"");
    insta::assert_snapshot!(ymir("kayobe/inventory", &["dump"]), @"");
}

#[test]
fn the_own_layout_gives_right_paths() {
    let args = ["dump", "--var-name", "where", "--environment", "lab", "--host", "bm1"];
    insta::assert_snapshot!(ymir("own", &args), @"");
    let args = ["explain", "kayobe_env_search_paths", "--environment", "lab", "--host", "bm1"];
    insta::assert_snapshot!(ymir("own", &args), @"");
}
