//! Every kind of fault in a configuration is told with its place, the lines around it, and the way that led there.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    process::{Command, Stdio},
};

use tempfile::TempDir;

/// A small Kayobe configuration with one host.
pub(super) struct Site(TempDir);

impl Site {
    pub(super) fn new(files: &[(&str, &str)]) -> Self {
        let site = Self(tempfile::tempdir().unwrap());
        let base = [("inventory/hosts", "[overcloud]\nctl1\n"), ("globals.yml", "---\n{}\n")];
        for (file, text) in base.iter().chain(files) {
            site.write(file, text.as_bytes());
        }
        site
    }

    /// Writes a file; one that begins with `#!` can be run.
    pub(super) fn write(&self, file: &str, bytes: &[u8]) {
        let path = self.0.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        let mode = if bytes.starts_with(b"#!") { 0o755 } else { 0o644 };
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    pub(super) fn path(&self, file: &str) -> String {
        self.0.path().join(file).to_str().unwrap().to_owned()
    }

    pub(super) fn run(&self, args: &[&str]) -> String {
        let root = self.0.path().to_str().unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_ymir"))
            .args(args)
            .args(["--config-path", root])
            .env_clear()
            .env("HOME", root)
            .env("KAYOBE_VAULT_PASSWORD", "wrong")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().replace(root, "SITE");
        let code = output.status.code().unwrap();
        format!("exit {code}\n{}{}", text(output.stdout), text(output.stderr))
    }

    /// What is said about the variable `x` of the only host.
    pub(super) fn x(&self) -> String {
        self.run(&["configuration", "dump", "--host", "ctl1", "--var-name", "x"])
    }
}

/// What is said about a value of the variable `x`.
pub(super) fn x(text: &str) -> String {
    Site::new(&[("globals.yml", text)]).x()
}

#[test]
fn an_undefined_variable() {
    let text = "---\nx: \"{{ y }}\"\ny: \"{{ admin_oc_net_nam }}\"\n";
    insta::assert_snapshot!(x(text), @r#"
    exit 3
    error: ctl1: evaluating `x`
      because: 'admin_oc_net_nam' is undefined
      because: needed through `x` → `y`
      set by: y (globals.yml:3:4)
      set by: x (globals.yml:2:4)
       --> globals.yml:3:8
        |
      1 | ---
      2 | x: "{{ y }}"
      3 | y: "{{ admin_oc_net_nam }}"
        |        ^ here
      hint: did you mean `admin_oc_net_name`?
    "#);
}

#[test]
fn a_loop() {
    let text = "---\nx: \"{{ y }}\"\ny: \"{{ x }}\"\n";
    insta::assert_snapshot!(x(text), @r#"
    exit 3
    error: ctl1: evaluating `x`
      because: Recursive loop detected in template: x -> y -> x
      because: needed through `x` → `y`
      set by: y (globals.yml:3:4)
      set by: x (globals.yml:2:4)
       --> globals.yml:3:4
        |
      1 | ---
      2 | x: "{{ y }}"
      3 | y: "{{ x }}"
        |    ^ here
      hint: break the loop: `x` must not depend on itself
    "#);
}

#[test]
fn a_filter_that_fails() {
    insta::assert_snapshot!(x("x: \"{{ 'abc' | from_json }}\"\n"), @r#"
    exit 3
    error: ctl1: evaluating `x`
      because: from_json: expected value at line 1 column 1
      set by: x (globals.yml:1:4)
       --> globals.yml:1:4
        |
      1 | x: "{{ 'abc' | from_json }}"
        |    ^ here
      hint: `ymir configuration explain x --host ctl1` shows what is written for it
    "#);
    insta::assert_snapshot!(x("x: \"{{ 'abc' | regex_replace('a(', 'b') }}\"\n"), @r#"
    exit 3
    error: ctl1: evaluating `x`
      because: the regular expression is wrong: the parenthesis is not closed at character 2 of `a(`
      set by: x (globals.yml:1:4)
       --> globals.yml:1:4
        |
      1 | x: "{{ 'abc' | regex_replace('a(', 'b') }}"
        |    ^ here
      hint: mend it; a sign that is to mean itself needs a backslash, or `regex_escape`
    "#);
    insta::assert_snapshot!(x("x: \"{{ 'abc' | no_such_filter }}\"\n"), @r#"
    exit 3
    error: ctl1: evaluating `x`
      because: Syntax error in template: No filter named 'no_such_filter'.
      set by: x (globals.yml:1:4)
       --> globals.yml:1:16
        |
      1 | x: "{{ 'abc' | no_such_filter }}"
        |                ^ here
      hint: mend the Jinja2 expression; text that is not a template can be tagged `!unsafe`
    "#);
}

#[test]
fn a_template_that_is_none() {
    insta::assert_snapshot!(x("a: 1\nx: \"{{ 'abc' | }}\"\n"), @r#"
    exit 3
    error: ctl1: evaluating `x`
      because: Syntax error in template: unexpected end of variable block, expected identifier
      set by: x (globals.yml:2:4)
       --> globals.yml:2:4
        |
      1 | a: 1
      2 | x: "{{ 'abc' | }}"
        |    ^ here
      hint: mend the Jinja2 expression; text that is not a template can be tagged `!unsafe`
    "#);
}

#[test]
fn a_file_that_is_not_there() {
    insta::assert_snapshot!(x("x: \"{{ lookup('file', 'none.txt') }}\"\n"), @r#"
    exit 3
    error: ctl1: evaluating `x`
      because: Unable to access the file 'none.txt': File not found
      set by: x (globals.yml:1:4)
       --> globals.yml:1:4
        |
      1 | x: "{{ lookup('file', 'none.txt') }}"
        |    ^ here
      hint: create one of these files: SITE/files/none.txt, SITE/none.txt
    "#);
}

#[test]
fn bad_yaml_shows_no_secret() {
    insta::assert_snapshot!(x("a_password: hunter2\nbmc_password: *hunter2\n"), @"
    exit 3
    error: reading globals.yml
      because: there is no anchor `******` before
       --> globals.yml:2:15
        |
      1 | a_password: ******
      2 | bmc_password: ******
        |               ^ here
      hint: quote text that begins with `*`
    ");
    insta::assert_snapshot!(x("a_password: hunter2\n  b: hunter2\n"), @"
    exit 3
    error: reading globals.yml
      because: mapping values are not allowed in this context
       --> globals.yml:2:4
        |
      1 | a_password: ******
      2 |   ******
        |    ^ here
      hint: indent the line like those beside it, or quote text that holds `: `
    ");
    insta::assert_snapshot!(x("a:\n\tb: c\n"), @"
    exit 3
    error: reading globals.yml
      because: found character that cannot start any token while scanning for the next token
       --> globals.yml:2:1
        |
      1 | a:
      2 |     b: c
        | ^ here
      hint: indent with spaces: YAML takes no tabs there
    ");
}

#[test]
fn bad_lines_of_an_inventory() {
    let inventory = |text| Site::new(&[("inventory/hosts", text)]).run(&["configuration", "dump"]);
    insta::assert_snapshot!(inventory("[a]\nctl1 rack\n"), @"
    exit 3
    error: reading the inventory inventory/hosts
      because: `name=value` is expected after a host, not `rack`
       --> inventory/hosts:2:6
        |
      1 | [a]
      2 | ctl1 rack
        |      ^ here
    ");
    insta::assert_snapshot!(inventory("[a:parents]\nctl1\n"), @"
    exit 3
    error: reading the inventory inventory/hosts
      because: a section is `:children` or `:vars`, not `:parents`
       --> inventory/hosts:1:4
        |
      1 | [a:parents]
        |    ^ here
    ");
    insta::assert_snapshot!(inventory("[a]\nctl1 bmc_password=hunter2 rack='1\n"), @"
    exit 3
    error: reading the inventory inventory/hosts
      because: a quotation mark is not closed
       --> inventory/hosts:2:1
        |
      1 | [a]
      2 | ctl1 bmc_password=******
        | ^ here
    ");
    let yaml = Site::new(&[("inventory/more.yml", "all:\n  hosts: [a, b]\n")]);
    insta::assert_snapshot!(yaml.run(&["configuration", "dump"]), @"
    exit 3
    error: reading the inventory inventory/more.yml
      because: `hosts` must be a map, not a list
       --> inventory/more.yml:2:10
        |
      1 | all:
      2 |   hosts: [a, b]
        |          ^ here
      hint: write each name as a key, with a colon after it
    ");
}

#[test]
fn bad_extra_variables() {
    let extra = |text| Site::new(&[]).run(&["configuration", "dump", "-e", text]);
    insta::assert_snapshot!(extra("{a_password: hunter2, b: *hunter2}"), @"
    exit 2
    error: reading -e {…}
      because: there is no anchor `******` before
       --> -e on the command line:1:26
        |
      1 | {**********: *******, *: ********}
        |                          ^ here
    ");
    insta::assert_snapshot!(extra("{\"a\": [1, 2}"), @r#"
    exit 2
    error: reading -e {…}
      because: did not find expected ',' or ']' while parsing a flow sequence
       --> -e on the command line:1:12
        |
      1 | {"*": [*, *}
        |            ^ here
    "#);
    insta::assert_snapshot!(extra("a_name='1' b='hunter2 c"), @r#"
    exit 2
    error: reading -e a_name=…
      because: a quotation mark or `{{` in it is not closed
       --> -e on the command line:1:14
        |
      1 | a_name='*' **'******* *
        |              ^ here
      hint: close it; the shell takes one pair of quotation marks away: -e 'name="a b"'
    "#);
    insta::assert_snapshot!(extra("/a/file"), @"
    exit 2
    error: reading -e /a/file
      because: it looks like a file
       --> -e on the command line:1:1
        |
      1 | /a/file
        | ^ here
      hint: to read a file, write -e @/a/file
    ");
    insta::assert_snapshot!(extra("[1]"), @r#"
    exit 2
    error: reading -e […]
      because: it is a list, not a map of variables
       --> -e on the command line:1:1
        |
      1 | [*]
        | ^ here
      hint: write a map: -e '{"name": "value"}', or -e name=value
    "#);
}

#[test]
fn bad_host_patterns() {
    let limit = |text| Site::new(&[]).run(&["configuration", "dump", "--hosts", text]);
    insta::assert_snapshot!(limit("~ctl(1"), @"
    exit 3
    error: selecting hosts by `~ctl(1`
      because: the parenthesis is not closed at character 4 of `ctl(1`
       --> --hosts:1:1
        |
      1 | ~ctl(1
        | ^ here
      hint: what follows `~` is a regular expression
    ");
    insta::assert_snapshot!(limit("ctl1, nope,~(a,ctl3"), @"
    exit 3
    error: selecting hosts by `~(a`
      because: the parenthesis is not closed at character 1 of `(a`
       --> --hosts:1:12
        |
      1 | ctl1, nope,~(a,ctl3
        |            ^ here
      hint: what follows `~` is a regular expression
    ");
    insta::assert_snapshot!(limit("overcloud[3]"), @"
    exit 3
    error: selecting hosts by `overcloud[3]`
      because: `overcloud` has only one host
       --> --hosts:1:1
        |
      1 | overcloud[3]
        | ^ here
      hint: hosts are counted from 0, and from the end below zero
    ");
}

#[test]
fn bad_environments() {
    let file = "environments/a/.kayobe-environment";
    let site = |text| {
        Site::new(&[(file, text), ("environments/b/.kayobe-environment", "dependencies: [a]")])
    };
    let a = |text| site(text).run(&["configuration", "dump", "--environment", "a"]);
    insta::assert_snapshot!(a("dependencies:\n  - b\n"), @"
    exit 3
    error: ordering the environments
      because: they depend on each other in a circle: a → b → a
       --> environments/b/.kayobe-environment:1:16
        |
      1 | dependencies: [a]
        |                ^ here
      hint: remove a dependency in one of their .kayobe-environment files
    ");
    insta::assert_snapshot!(a("dependencies:\n  - c\n"), @"
    exit 3
    error: opening the environment `c`
      because: the environment `a` depends on it, and it does not exist
       --> environments/a/.kayobe-environment:2:5
        |
      1 | dependencies:
      2 |   - c
        |     ^ here
      hint: did you mean `a`? known environments: a, b
    ");
    insta::assert_snapshot!(a("dependencies: b\n"), @"
    exit 3
    error: reading environments/a/.kayobe-environment
      because: `dependencies` must be a list of environments
       --> environments/a/.kayobe-environment:1:15
        |
      1 | dependencies: b
        |               ^ here
      hint: write them as `dependencies: [one, other]`
    ");
}

#[test]
fn files_that_hold_no_variables() {
    insta::assert_snapshot!(x("- a\n"), @"
    exit 3
    error: reading variables from globals.yml
      because: it holds a list, not a map of variables
       --> globals.yml:1:1
        |
      1 | - a
        | ^ here
      hint: set a variable in it, write `{}`, or remove the file: Ansible refuses one without variables
    ");
}

#[test]
fn a_vault_text_with_another_password() {
    let vault = "$ANSIBLE_VAULT;1.1;AES256\n\
        63356161663465366535636438643032623966396334353165356334323632613633613835353761\n\
        3163613735366163346431326263373736646337373232390a633738626266616638653231326333\n\
        32656430643030303536393633383766653466383361383638636663623135663862376138353337\n\
        6136663865313831650a663463643533636538353763343138323034616334376636656564626634\n\
        3764\n";
    let value =
        format!("y: \"{{{{ x }}}}\"\nx: !vault |\n  {}\n", vault.trim_end().replace('\n', "\n  "));
    insta::assert_snapshot!(x(&value), @r#"
    exit 3
    error: ctl1: evaluating `x`
      because: opening the vault text at globals.yml:2:4
      because: the vault password is wrong
      set by: x (globals.yml:2:4)
       --> globals.yml:2:4
        |
      1 | y: "{{ x }}"
      2 | x: !vault |
        |    ^ here
      hint: check the vault password; --vault-id label@file gives several
    "#);
    insta::assert_snapshot!(Site::new(&[("secrets.yml", vault)]).x(), @"
    exit 3
    error: opening the vault text at secrets.yml
      because: the vault password is wrong
      at: secrets.yml
      hint: check the vault password; --vault-id label@file gives several
    ");
}
