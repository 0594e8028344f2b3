//! Ansible's own settings: what is asked of them, and what is done about keys that stand twice.

use super::Site;

const HOSTS: (&str, &str) = ("inventory/hosts", "localhost\n");

#[test]
fn the_lookup_config_answers_as_ansible_is_set() {
    let cfg = "\
[defaults]
forks = 20 ; more
callbacks_enabled = a, b ,'c'
log_path = logs/a.log
poll_interval = 9
remote_user = \"stack\"
";
    let asked = "\
x:
  - \"{{ lookup('config', 'DEFAULT_FORKS', 'DEFAULT_BECOME_USER') }}\"
  - \"{{ query('config', 'CALLBACKS_ENABLED', show_origin=true) }}\"
  - \"{{ lookup('config', 'DEFAULT_POLL_INTERVAL') }}\"
  - \"{{ lookup('config', 'DEFAULT_REMOTE_USER') }}\"
  - \"{{ lookup('config', 'HOST_KEY_CHECKING', show_origin=true) }}\"
  - \"{{ lookup('config', 'INTERPRETER_PYTHON') }}\"
  - \"{{ lookup('config', 'NO_SUCH', on_missing='skip') }}\"
";
    let site = Site::of(&[HOSTS, ("ansible.cfg", cfg), ("globals.yml", asked)]);
    let set = [("ANSIBLE_HOST_KEY_CHECKING", "no"), ("ANSIBLE_POLL_INTERVAL", "7")];
    let dump = ["configuration", "dump", "--host", "localhost", "--var-name", "x"];
    // What ansible-core 2.21.5 answered with the same file and variables.
    let told = site.ymir_with(&set, &[&dump[..], &["--output", "json"]].concat());
    let told: String = told.split_whitespace().collect();
    assert_eq!(
        told,
        "exit:0[[20,\"root\"],[[[\"a\",\"b\",\"c\"],\"SITE/ansible.cfg\"]],7,\"stack\",[false,\"env:ANSIBLE_HOST_KEY_CHECKING\"],\"auto\",[]]"
    );
}

#[test]
fn settings_without_a_value_are_refused_by_name() {
    let asked = |name: &str| {
        let text = format!("x: \"{{{{ lookup('config', '{name}') }}}}\"\n");
        Site::of(&[HOSTS, ("globals.yml", &text)]).variable("x", &[])
    };
    insta::assert_snapshot!(asked("DEFAULT_ROLES_PATH"), @r#"
    exit: 3
    error: localhost: evaluating `x`
      because: Ansible's setting 'DEFAULT_ROLES_PATH' depends on where Ansible runs, so it has no value here
      set by: x (globals.yml:1:4)
       --> globals.yml:1:4
        |
      1 | x: "{{ lookup('config', 'DEFAULT_ROLES_PATH') }}"
        |    ^ here
      hint: write the value itself into a variable
    "#);
    insta::assert_snapshot!(asked("FORKS"), @r#"
    exit: 3
    error: localhost: evaluating `x`
      because: Ansible has no setting 'FORKS'
      set by: x (globals.yml:1:4)
       --> globals.yml:1:26
        |
      1 | x: "{{ lookup('config', 'FORKS') }}"
        |                          ^ here
      hint: settings have names such as DEFAULT_FORKS; `on_missing='skip'` leaves out what is unknown
    "#);
}

/// A key twice by itself, and one that replaces what `<<` brings in: Ansible tells of both.
const TWICE: &str = "a: &a {b: 1}\nc:\n  <<: *a\n  b: 2\nx: 1\nx: 2\n";

#[test]
fn keys_that_stand_twice_are_warned_of_once() {
    let site = Site::of(&[
        HOSTS,
        ("globals.yml", TWICE),
        ("inventory/host_vars/localhost.yml", "y: {z: 1, z: 2}\n"),
    ]);
    let told = site.ymir(&["configuration", "dump", "--host", "localhost", "--var-name", "x"]);
    insta::assert_snapshot!(told, @"
    exit: 0
    2
     WARN ymir::ansible::duplicates: globals.yml:4:3: the key `b` stands here for the second time: this value counts, not that of globals.yml:1:8
     WARN ymir::ansible::duplicates: globals.yml:6:1: the key `x` stands here for the second time: this value counts, not that of globals.yml:5:1
     WARN ymir::ansible::duplicates: inventory/host_vars/localhost.yml:1:11: the key `z` stands here for the second time: this value counts, not that of inventory/host_vars/localhost.yml:1:5
    ");
}

#[test]
fn ansible_cfg_says_what_is_done_about_keys_that_stand_twice() {
    let told = |value: &str| {
        let cfg = format!("[defaults]\nduplicate_dict_key = {value}\n");
        let files = [HOSTS, ("globals.yml", TWICE), ("ansible.cfg", cfg.as_str())];
        Site::of(&files).variable("x", &[])
    };
    insta::assert_snapshot!(told("ignore"), @r#"{ "localhost": 2 }"#);
    insta::assert_snapshot!(told("error"), @"
    exit: 3
    error: reading globals.yml
      because: the key `b` stands here for the second time
       --> globals.yml:4:3
        |
      2 | c:
      3 |   <<: *a
      4 |   b: 2
        |   ^ here
      hint: remove it, or what is said at globals.yml:1:8; without `duplicate_dict_key = error` it is only warned of
    ");
    insta::assert_snapshot!(told("maybe"), @"
    exit: 3
    error: following Ansible's setting `duplicate_dict_key`
      because: it is `maybe` in [defaults] of SITE/ansible.cfg
      hint: set `duplicate_dict_key` or ANSIBLE_DUPLICATE_YAML_DICT_KEY to `warn`, `error` or `ignore`
    ");
}
