use super::Site;

const PROGRAM: &str = r#"#!/bin/sh
test "$1" = --list || exit 9
cat >/dev/null
echo "asked in $KAYOBE_ENVIRONMENT" >&2
echo '{"web": {"hosts": ["made"], "vars": {"from": "{{ kind }}", "kind": "a program"}},'
echo ' "_meta": {"hostvars": {"made": {"own": [1]}}}}'
"#;

#[test]
fn every_kind_of_inventory_in_a_folder_is_read() {
    let site = Site::of(&[
        ("inventory/1-groups", "[web]\nplain from=ini\n"),
        ("inventory/2-program.sh", PROGRAM),
        ("inventory/3-more.toml", "[web.hosts]\n\"t[1:2]\" = { from = \"toml\" }\n"),
        ("inventory/4-more.yml", "web: {hosts: {y: {from: yaml}}}\n"),
        ("inventory/5-empty.yml", "---\n"),
        ("inventory/6-notes.txt", "no inventory\n"),
        ("inventory/group_vars/web", "seen: yes\n"),
        ("environments/e/a.yml", "a: 1\n"),
    ]);
    insta::assert_snapshot!(site.variable("from", &["--environment", "e"]), @r#"{ "made": "a program", "plain": "ini", "t1": "toml", "t2": "toml", "y": "yaml" } WARN ymir::ansible::inventory::script: inventory/2-program.sh --list: asked in e"#);
    insta::assert_snapshot!(site.variable("own", &["-C"]), @r#"{ "made": [ 1 ] } WARN ymir::ansible::inventory::script: inventory/2-program.sh --list: asked in"#);
    let explained = site.ymir(&["configuration", "explain", "own", "--host", "made"]);
    insta::assert_snapshot!(explained, @"
    exit: 0
    own of made
      value     [
                  1
                ]
      set by    inventory/2-program.sh --list:2:41 (inventory, host made)
                [1]
     WARN ymir::ansible::inventory::script: inventory/2-program.sh --list: asked in
    ");
    // `-i` reads what it names and nothing else.
    insta::assert_snapshot!(site.variable("seen", &["-i", "inventory/1-groups"]), @r#"{ "plain": true }"#);
    insta::assert_snapshot!(site.variable("inventory_dir", &["-i", "inventory/1-groups"]), @r#"{ "plain": "SITE/inventory" }"#);
    insta::assert_snapshot!(site.variable("inventory_dir", &["-i", "a,"]), @r#"{ "a": null }"#);
}

#[test]
fn a_program_that_fails_is_told_with_its_words() {
    let site = Site::of(&[("a.yml", "a: 1\n")]);
    site.write("inventory/hosts", "#!/bin/sh\necho no credentials >&2\nexit 3\n");
    insta::assert_snapshot!(site.variable("a", &[]), @"
    exit: 3
    error: running the inventory inventory/hosts
      because: `--list` ends with exit code 3
      because: no credentials
      hint: give `inventory/hosts --list` by itself, and mend the program or what it needs
    ");
    site.write("inventory/hosts", "#!/bin/sh\necho '{\"web\": [\"a\"'\necho '\"b\"]}'\n");
    insta::assert_snapshot!(site.variable("a", &[]), @r#"
    exit: 3
    error: running the inventory inventory/hosts
      because: what `--list` prints is no JSON
      because: `,` or `]` is expected
       --> inventory/hosts --list:2:1
        |
      1 | {"web": ["a"
      2 | "b"]}
        | ^ here
      hint: give `inventory/hosts --list` by itself, and mend the program or what it needs
    "#);
    site.write("ansible.cfg", "[inventory]\nany_unparsed_is_failed = false\n");
    insta::assert_snapshot!(site.variable("a", &["-i", "inventory/hosts,"]), @r#"{ "inventory/hosts": 1 }"#);
}

#[test]
fn a_list_of_hosts_that_is_executable_is_no_program() {
    use std::{fs, os::unix::fs::PermissionsExt};

    let site = Site::of(&[("a.yml", "a: 1\n"), ("inventory/hosts", "touch\n")]);
    let hosts = site.path.join("inventory/hosts");
    fs::set_permissions(hosts, fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(site.variable("a", &[]), r#"{ "touch": 1 }"#);
}

#[test]
fn ansible_cfg_says_what_counts_as_an_inventory() {
    let site = Site::of(&[
        ("a.yml", "a: 1\n"),
        ("inventory/hosts", "h\n"),
        ("inventory/hosts.txt", "text\n"),
        ("inventory/readme", "What lies here, and why\n"),
        ("inventory/more.yml", "g: {hosts: {y: {}}}\n"),
    ]);
    insta::assert_snapshot!(site.variable("a", &[]), @"
    exit: 3
    error: reading the inventory inventory/readme
      because: `name=value` is expected after a host, not `lies`
       --> inventory/readme:1:6
        |
      1 | What lies here, and why
        |      ^ here
    ");
    site.write("ansible.cfg", "[inventory]\nignore_patterns = ^read, ^never$\n");
    assert_eq!(site.variable("a", &[]), r#"{ "h": 1, "y": 1 }"#);
    site.write(
        "ansible.cfg",
        "[inventory]\nignore_extensions = .yml\nany_unparsed_is_failed = no\n",
    );
    let left_out = site.variable("a", &[]);
    assert!(left_out.starts_with(r#"{ "h": 1, "text": 1 }"#), "{left_out}");
    assert!(left_out.contains("readme is left out"), "{left_out}");
    site.write(
        "ansible.cfg",
        "[inventory]\nenable_plugins = yaml\nignore_patterns = readme, hosts\n",
    );
    assert_eq!(site.variable("a", &[]), r#"{ "y": 1 }"#);
    site.write("ansible.cfg", "[inventory]\nany_unparsed_is_failed = true\n");
    site.write("empty/group_vars/all", "a: 1\n");
    insta::assert_snapshot!(site.variable("a", &["-i", "empty"]), @"
    exit: 3
    error: reading the inventory SITE/empty
      because: the directory holds none, and `any_unparsed_is_failed` is set in `ansible.cfg`
    ");
    site.write("ansible.cfg", "[inventory]\nunparsed_is_failed = true\n");
    insta::assert_snapshot!(site.variable("a", &["-i", "empty"]), @"
    exit: 3
    error: reading the inventories
      because: there is none, and `unparsed_is_failed` is set in `ansible.cfg`
    ");
}

#[test]
fn a_plug_in_that_only_ansible_can_run_is_refused_by_name() {
    let site = Site::of(&[("a.yml", "a: 1\n")]);
    site.write("inventory/cloud.yml", "plugin: openstack.cloud.openstack\nexpand_hostvars: true\n");
    insta::assert_snapshot!(site.variable("a", &[]), @"
    exit: 3
    error: reading the inventory inventory/cloud.yml
      because: it is for the inventory plug-in `openstack.cloud.openstack`, which only Ansible can run
       --> inventory/cloud.yml:1:9
        |
      1 | plugin: openstack.cloud.openstack
        |         ^ here
      hint: save what `ansible-inventory --list --export` makes of it as an inventory, or let a program print it
    ");
}

const CONSTRUCTED: &str = "plugin: constructed
use_vars_plugins: true
leading_separator: false
compose:
  label: rack ~ '-' ~ inventory_hostname
  more: n + 1
  template: \"'{' ~ '{ rack }' ~ '}'\"
groups:
  first: inventory_hostname.endswith('1')
  k k: \"'web' in group_names\"
keyed_groups:
  - {key: rack, prefix: rack, parent_group: racks}
  - {key: tags, separator: ''}
  - {key: \"{'os': os | default('')}\", default_value: none}
";

/// As `ansible-inventory --list` of ansible-core 2.21.5 has them.
#[test]
fn a_constructed_inventory_makes_groups_and_variables_of_others() {
    let site = Site::of(&[
        ("a.yml", "a: 1\n"),
        (
            "inventory/hosts",
            "[web]\nweb1 rack=r1 os=linux\nweb2 rack=r2\n[db]\ndb1 rack=r1 tags=\"['a','b c']\"\n",
        ),
        ("inventory/group_vars/web.yml", "n: 1\n"),
        ("inventory/zz.yml", CONSTRUCTED),
    ]);
    insta::assert_snapshot!(site.variable("group_names", &[]), @r#"{ "db1": [ "a", "b_c", "db", "first", "os_none", "rack_r1", "racks" ], "web1": [ "first", "k_k", "os_linux", "rack_r1", "racks", "web" ], "web2": [ "k_k", "os_none", "rack_r2", "racks", "web" ] }"#);
    insta::assert_snapshot!(site.variable("label", &[]), @r#"{ "db1": "r1-db1", "web1": "r1-web1", "web2": "r2-web2" }"#);
    insta::assert_snapshot!(site.variable("more", &[]), @r#"{ "web1": 2, "web2": 2 }"#);
    insta::assert_snapshot!(site.variable("template", &["-C"]), @r#"{ "db1": "{{ rack }}", "web1": "{{ rack }}", "web2": "{{ rack }}" }"#);
    site.write("inventory/zz.yml", "plugin: constructed\nstrict: true\ncompose:\n  more: n + 1\n");
    insta::assert_snapshot!(site.variable("more", &[]), @"
    exit: 3
    error: setting `more` for web1 at inventory/zz.yml:4:9
      because: web1: evaluating `expression`
      because: 'n' is undefined
      set by: expression (inventory/zz.yml:4:9)
       --> inventory/zz.yml:4:9
        |
      2 | strict: true
      3 | compose:
      4 |   more: n + 1
        |         ^ here
      hint: set `n`, or say what counts without it: `{{ n | default(…) }}`
    ");
}

#[test]
fn settings_that_are_not_followed_are_refused() {
    let site = Site::of(&[("a.yml", "a: 1\n"), ("inventory/hosts", "h\n")]);
    site.write("ansible.cfg", "[defaults]\nhash_behaviour = merge\n");
    insta::assert_snapshot!(site.variable("a", &[]), @"
    exit: 3
    error: following Ansible's setting `hash_behaviour`
      because: it is `merge` in [defaults] of SITE/ansible.cfg, with which maps of several layers would be merged; only `replace` is understood
      hint: take `hash_behaviour` out of `ansible.cfg` and unset ANSIBLE_HASH_BEHAVIOUR
    ");
    let own = "[defaults]\nhash_behaviour = replace\nvars_plugins_enabled = host_group_vars\n\
               force_valid_group_names = ignore\nyaml_valid_extensions = .yml, .yaml, .json\n";
    site.write("ansible.cfg", own);
    insta::assert_snapshot!(site.variable("a", &[]), @r#"{ "h": 1 }"#);
}
