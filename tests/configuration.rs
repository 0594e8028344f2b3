//! `ymir configuration …` as people use it: the real binary on small sites.
#![expect(clippy::unwrap_used, reason = "test")]
#![expect(clippy::disallowed_methods, reason = "the test starts the program that it tests")]

use std::process::Command;

/// Exit code, standard output and standard error of a command on one of the sites in `tests/sites`.
fn ymir(site: &str, args: &[&str]) -> String {
    ymir_with_password("sesame", site, args)
}

fn ymir_with_password(password: &str, site: &str, args: &[&str]) -> String {
    let root = format!("{}/tests/sites", env!("CARGO_MANIFEST_DIR"));
    ymir_at(password, &root, site, args)
}

/// The same on a site below `root`, which is called SITES.
fn ymir_at(password: &str, root: &str, site: &str, args: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_ymir"))
        .arg("configuration")
        .args(args)
        .args(["--config-path", &format!("{root}/{site}")])
        .env_clear()
        .env("KAYOBE_VAULT_PASSWORD", password)
        .env("HOME", "/home/operator")
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(root, "SITES");
    let code = output.status.code().unwrap();
    format!("exit: {code}\n{}{}", text(&output.stdout), text(&output.stderr))
}

#[test]
fn dump_shows_one_variable_of_every_host() {
    let args = ["dump", "--var-name", "part", "--environment", "production"];
    insta::assert_snapshot!(ymir("kayobe", &args), @r#"
    exit: 0
    {
        "cmp1": "overcloud",
        "ctl1": "the first",
        "ctl2": "productive controller"
    }
    "#);
}

/// Who asks for one variable relies on an answer for every host.
#[test]
fn a_host_without_the_variable_is_told() {
    let value = "x={{ 'a' if inventory_hostname == 'ctl1' else gone }}";
    let args = ["dump", "--var-name", "x", "--environment", "production", "-e", value];
    insta::assert_snapshot!(ymir("kayobe", &args), @r#"
    exit: 3
    {
        "ctl1": "a"
    }
    warning: 2 hosts are left out because `x` cannot be evaluated there; --with-errors tells why
    "#);
}

#[test]
fn the_base_has_no_environment() {
    insta::assert_snapshot!(ymir("kayobe", &["dump", "--var-name", "motd", "--host", "ctl2"]), @r#"
    exit: 0
    "base runs ctl2"
    "#);
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
    insta::assert_snapshot!(ymir("kayobe", &args), @"
    exit: 0
    cmp1: overcloud
    ctl2: controller
    ");
}

#[test]
fn extra_variables_win() {
    let args =
        ["dump", "--var-name", "site_name", "--host", "cmp1", "-e", "site_name='from -e' a=1"];
    insta::assert_snapshot!(ymir("kayobe", &args), @r#"
    exit: 0
    "from -e"
    "#);
}

#[test]
fn explain_tells_where_a_value_comes_from_and_what_it_overrides() {
    let args = ["explain", "site_name", "--host", "ctl1", "--environment", "production"];
    insta::assert_snapshot!(ymir("kayobe", &args), @"
    exit: 0
    site_name of ctl1
      value     production
      set by    environments/production/globals.yml:1:12 (extra-vars file)
                production
      overrides environments/mixin/globals.yml:1:12 (extra-vars file)
                mixed
      overrides globals.yml:2:12 (extra-vars file)
                base
    ");
}

#[test]
fn explain_speaks_json() {
    let args =
        ["explain", "part", "--host", "ctl2", "--environment", "production", "--output", "json"];
    insta::assert_snapshot!(ymir("kayobe", &args), @r#"
    exit: 0
    {
        "error": null,
        "host": "ctl2",
        "overrides": [
            {
                "level": "group_vars of controllers",
                "origin": {
                    "column": 7,
                    "file": "inventory/group_vars/controllers/part.yml",
                    "line": 1
                },
                "written": "controller"
            },
            {
                "level": "group_vars of overcloud",
                "origin": {
                    "column": 7,
                    "file": "inventory/group_vars/overcloud",
                    "line": 1
                },
                "written": "overcloud"
            },
            {
                "level": "group_vars of all",
                "origin": {
                    "column": 7,
                    "file": "inventory/group_vars/all.yml",
                    "line": 1
                },
                "written": "anything"
            }
        ],
        "says": null,
        "set_by": {
            "level": "group_vars of controllers",
            "origin": {
                "column": 7,
                "file": "environments/production/inventory/group_vars/controllers.yml",
                "line": 1
            },
            "written": "productive controller"
        },
        "type": null,
        "value": "productive controller",
        "variable": "part"
    }
    "#);
}

#[test]
fn secrets_are_stars_unless_asked_for() {
    insta::assert_snapshot!(ymir("kayobe", &["explain", "pass_word", "--host", "ctl1"]), @"
    exit: 0
    pass_word of ctl1
      value     ******
      set by    secrets.yml:2:12 (extra-vars file)
                ******
    ");
    insta::assert_snapshot!(ymir("kayobe", &["explain", "made_from_it", "--host", "ctl1"]), @"
    exit: 0
    made_from_it of ctl1
      value     ******
      set by    secrets.yml:9:15 (extra-vars file)
                user:{{ pass_word }}
    ");
    insta::assert_snapshot!(ymir("kayobe", &["explain", "hash_of_it", "--host", "ctl1"]), @"
    exit: 0
    hash_of_it of ctl1
      value     ******
      set by    secrets.yml:10:13 (extra-vars file)
                {{ pass_word | b64encode }}
    ");
    let args = ["dump", "--var-name", "made_from_it", "--host", "ctl1", "--show-secrets"];
    insta::assert_snapshot!(ymir("kayobe", &args), @r#"
    exit: 0
    "user:hunter2"
    "#);
}

#[test]
fn a_vault_that_does_not_open_is_told_with_its_place() {
    let args = ["dump", "--var-name", "made_from_it", "--host", "ctl1"];
    insta::assert_snapshot!(ymir_with_password("wrong", "kayobe", &args), @"
    exit: 3
    error: ctl1: evaluating `made_from_it`
      because: opening the vault text at secrets.yml:2:12
      because: the vault password is wrong
      set by: made_from_it (secrets.yml:9:15)
       --> secrets.yml:2:12
        |
      1 | ---
      2 | pass_word: ******
        |            ^ here
      hint: check the vault password; --vault-id label@file gives several
    ");
    insta::assert_snapshot!(ymir_with_password("", "kayobe", &args), @"
    exit: 3
    error: ctl1: evaluating `made_from_it`
      because: opening the vault text at secrets.yml:2:12
      because: it is encrypted and no vault password is given
      set by: made_from_it (secrets.yml:9:15)
       --> secrets.yml:2:12
        |
      1 | ---
      2 | pass_word: ******
        |            ^ here
      hint: set KAYOBE_VAULT_PASSWORD, or use --vault-password-file, --vault-id or --ask-vault-pass
    ");
}

#[test]
fn inventories_and_extra_variables_can_be_given() {
    let args = ["dump", "-i", "one,two", "-e", "{part: [1, yes]}", "--var-name", "part"];
    insta::assert_snapshot!(ymir("kayobe", &args), @r#"
    exit: 0
    {
        "one": [
            1,
            true
        ],
        "two": [
            1,
            true
        ]
    }
    "#);
    insta::assert_snapshot!(ymir("kayobe", &["dump", "-e", "@none.yml"]), @"
    exit: 2
    error: reading -e @none.yml
      because: there is no file none.yml
       --> -e on the command line:1:2
        |
      1 | @none.yml
        |  ^ here
      hint: check the path after `@`
    ");
    insta::assert_snapshot!(ymir("kayobe", &["dump", "-i", "none"]), @"
    exit: 3
    error: reading the inventory none
      because: there is no such file or directory
      hint: check the path; hosts that are named themselves need a comma: `-i host,`
    ");
}

#[test]
fn a_syntax_error_shows_the_lines() {
    insta::assert_snapshot!(ymir("broken", &["dump"]), @"
    exit: 3
    error: reading networks.yml
      because: mapping values are not allowed in this context
       --> networks.yml:4:21
        |
      2 | provision_net_name: provision
      3 | provision_net_cidr: 10.0.0.0/24
      4 |   provision_net_vlan: 100
        |                     ^ here
      hint: indent the line like those beside it, or quote text that holds `: `
    ");
}

#[test]
fn an_undefined_variable_is_told_with_the_chain_to_it() {
    insta::assert_snapshot!(ymir("kayobe", &["dump", "--var-name", "first_link", "--host", "ctl1"]), @r#"
    exit: 3
    error: ctl1: evaluating `first_link`
      because: 'no_such_name' is undefined
      because: needed through `first_link` → `second_link`
      set by: second_link (globals.yml:6:14)
      set by: first_link (globals.yml:5:13)
       --> globals.yml:6:18
        |
      4 | # Undefined at the end of a chain.
      5 | first_link: "{{ second_link }}"
      6 | second_link: "{{ no_such_name }}/x"
        |                  ^ here
      hint: set `no_such_name`, or say what counts without it: `{{ no_such_name | default(…) }}`
    "#);
}

#[test]
fn unknown_names_are_answered_with_near_ones() {
    insta::assert_snapshot!(ymir("kayobe", &["dump", "--environment", "producton"]), @"
    exit: 3
    error: opening the environment `producton`
      because: there is no directory environments/producton
      hint: did you mean `production`? known environments: mixin, production
    ");
    insta::assert_snapshot!(ymir("kayobe", &["explain", "site_nam", "--host", "ctl1"]), @"
    exit: 3
    error: looking up the variable `site_nam` of ctl1
      because: nothing sets it
      hint: did you mean `site_name`?
    ");
    insta::assert_snapshot!(ymir("kayobe", &["explain", "site_name", "--host", "ctl3"]), @"
    exit: 3
    error: selecting hosts by `ctl3`
      because: the pattern matches no host of this environment
      because: no environment is chosen; the site has mixin, production
       --> --host:1:1
        |
      1 | ctl3
        | ^ here
      hint: did you mean `ctl1` or `ctl2`?
      hint: give --environment mixin, or set YMIR_ENVIRONMENT=mixin
    ");
    insta::assert_snapshot!(ymir("kayobe/inventory", &["dump"]), @"
    exit: 3
    error: opening the site repository SITES/kayobe/inventory
      because: it has neither `environments/common` nor what a Kayobe configuration has: `inventory`, `environments` or YAML files
      hint: check --config-path, $YMIR_CONFIG_PATH and $KAYOBE_CONFIG_PATH
    ");
}

#[test]
fn the_own_layout_gives_right_paths() {
    let args = ["dump", "--var-name", "where", "--environment", "lab", "--host", "bm1"];
    insta::assert_snapshot!(ymir("own", &args), @r#"
    exit: 0
    "SITES/own/environments/common SITES/own/environments/lab"
    "#);
    let args = ["explain", "kayobe_env_search_paths", "--environment", "lab", "--host", "bm1"];
    insta::assert_snapshot!(ymir("own", &args), @r#"
    exit: 0
    kayobe_env_search_paths of bm1
      Directories of the environment and of those that it depends on, lowest first.
      type      list of path
      value     [
                  "SITES/own/environments/lab"
                ]
      set by    layout of the site repository (built-in default)
                ["SITES/own/environments/lab"]
      overrides built-in 2026.2/group_vars/all/site.yml:6:26 (built-in default)
                {{ query('cached', 'kayobe_environments') }}
    "#);
}

/// A site with secrets that came out of no vault.
fn site_without_vault() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let inventory = dir.path().join("inventory");
    std::fs::create_dir_all(&inventory).unwrap();
    std::fs::write(inventory.join("hosts"), "[controllers]\nctl1\n").unwrap();
    let text = "ipmi_password: hunter2\nredfish_password: \"{{ site_word }}\"\nsite_word: swordfish\n\
                grafana_local_admin_user_name: hunter\nvault_password: ''\n\
                driver: {ipmi_username: me, ipmi_password: \"{{ ipmi_password }}\", n: '{{ redfish_password }}'}\n\
                written: {a: [{ipmi_password: opensesame}]}\n\
                plain: {ipmi_address: 10.0.0.9, ipmi_password: '{{ ipmi_password }}'}\n";
    std::fs::write(dir.path().join("bmc.yml"), text).unwrap();
    dir
}

#[test]
fn secrets_by_type_are_stars_until_asked_for() {
    let dir = site_without_vault();
    let path = dir.path().to_str().unwrap();
    let said = |args: &[&str]| ymir_at("sesame", path, "", args);
    let dump = ["dump", "--host", "ctl1"];
    let all = said(&dump);
    for secret in ["hunter2", "swordfish\"", "opensesame"] {
        let shown = all.lines().filter(|line| line.contains(secret)).collect::<Vec<_>>();
        let own = ["    \"site_word\": \"swordfish\","];
        assert!(shown.iter().all(|line| own.contains(line)), "{shown:?}");
    }
    let one = |name| said(&[&dump[..], &["--var-name", name]].concat());
    insta::assert_snapshot!(one("driver"), @r#"
    exit: 0
    {
        "ipmi_password": "******",
        "ipmi_username": "me",
        "n": "******"
    }
    "#);
    insta::assert_snapshot!(one("plain"), @r#"
    exit: 0
    {
        "ipmi_address": "10.0.0.9",
        "ipmi_password": "******"
    }
    "#);
    insta::assert_snapshot!(one("kolla_bifrost_inspector_redfish_password"), @r#"
    exit: 0
    "******"
    "#);
    insta::assert_snapshot!(one("inspector_rule_var_redfish_password"), @"
    exit: 0
    null
    ");
}

#[test]
fn secrets_by_type_are_explained_without_them() {
    let dir = site_without_vault();
    let path = dir.path().to_str().unwrap();
    let said = |args: &[&str]| ymir_at("sesame", path, "", args);
    insta::assert_snapshot!(said(&["explain", "ipmi_password", "--host", "ctl1"]), @"
    exit: 0
    ipmi_password of ctl1
      Password for IPMI.
      type      secret?
      value     ******
      set by    bmc.yml:1:16 (extra-vars file)
                ******
      overrides built-in 2026.2/group_vars/all/bmc.yml:5:15 (built-in default)
                null
    ");
    insta::assert_snapshot!(said(&["explain", "redfish_password", "--host", "ctl1", "--output", "json"]), @r#"
    exit: 0
    {
        "error": null,
        "host": "ctl1",
        "overrides": [],
        "says": "By convention: password for Redfish, for `ironic_driver_info`.",
        "set_by": {
            "level": "extra-vars file",
            "origin": {
                "column": 19,
                "file": "bmc.yml",
                "line": 2
            },
            "written": "{{ site_word }}"
        },
        "type": "secret?",
        "value": "******",
        "variable": "redfish_password"
    }
    "#);
}

#[test]
fn secrets_by_type_are_shown_if_asked_for() {
    let dir = site_without_vault();
    let path = dir.path().to_str().unwrap();
    let said = |args: &[&str]| {
        ymir_at("sesame", path, "", &[args, &["--host", "ctl1", "--show-secrets"]].concat())
    };
    let shown = said(&["explain", "ipmi_password"]);
    assert_eq!(shown.matches("hunter2").count(), 2, "{shown}");
    assert!(said(&["dump"]).contains("opensesame"));
}

/// Values and names are those that ansible-core 2.21 shows for the same cache.
#[test]
fn facts_that_ansible_keeps_are_variables() {
    let root = tempfile::tempdir().unwrap();
    let site = root.path().join("site");
    std::fs::create_dir_all(site.join("inventory/host_vars")).unwrap();
    std::fs::create_dir_all(root.path().join("cache")).unwrap();
    let facts = r#"{"__payload__": "{\"ansible_kernel\": \"6.1\", \"ansible_evil\": \"{{ 1 + 1 }}\", \"ansible_distribution\": \"Debian\", \"ansible_python_interpreter\": \"/evil\", \"ansible_user\": \"evil\"}"}"#;
    std::fs::write(root.path().join("cache/s1_a"), facts).unwrap();
    std::fs::write(site.join("inventory/hosts"), "[overcloud]\na\nb\n").unwrap();
    let mine = "ansible_distribution: of host_vars\n\
                mine: \"{{ ansible_facts.kernel }} {{ ansible_kernel | default('-') }} {{ ansible_facts.evil }}\"\n";
    std::fs::write(site.join("inventory/host_vars/a"), mine).unwrap();
    let others = "mine: \"{{ hostvars.a.ansible_facts.user }} {{ ansible_facts }}\"\n";
    std::fs::write(site.join("inventory/host_vars/b"), others).unwrap();
    let mut told = String::new();
    for inject in ["true", "false"] {
        let settings = format!(
            "[defaults]\nfact_caching = jsonfile\nfact_caching_connection = ../cache\ninject_facts_as_vars = {inject}\n"
        );
        std::fs::write(site.join("ansible.cfg"), settings).unwrap();
        for name in ["mine", "ansible_distribution", "ansible_user"] {
            let args = ["dump", "--var-name", name];
            told += &ymir_at("", root.path().to_str().unwrap(), "site", &args);
        }
    }
    insta::assert_snapshot!(told, @r#"
    exit: 0
    {
        "a": "6.1 6.1 {{ 1 + 1 }}",
        "b": "evil {}"
    }
    exit: 0
    {
        "a": "Debian"
    }
    exit: 3
    error: looking up the variable `ansible_user` of a
      because: nothing sets it
      hint: did you mean `ansible_evil` or `ansible_host`?
    exit: 0
    {
        "a": "6.1 - {{ 1 + 1 }}",
        "b": "evil {}"
    }
    exit: 0
    {
        "a": "of host_vars"
    }
    exit: 3
    error: looking up the variable `ansible_user` of a
      because: nothing sets it
      hint: did you mean `ansible_host`?
    "#);
}
