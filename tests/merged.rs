//! `ymir configuration merged` on a small site that has a file for each way of merging.
#![expect(clippy::unwrap_used, reason = "test")]
#![expect(clippy::disallowed_methods, reason = "the test starts the program that it tests")]

use std::process::Command;

/// Exit code, standard output and standard error of the command on the site in `tests/sites/merged`.
fn merged(environment: &str, args: &[&str]) -> String {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/sites/merged");
    let output = Command::new(env!("CARGO_BIN_EXE_ymir"))
        .args(["configuration", "merged", "--config-path", root, "--environment", environment])
        .args(args)
        .env_clear()
        .env("KAYOBE_VAULT_PASSWORD", "sesame")
        .env("HOME", "/home/operator")
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(root, "SITE");
    let code = output.status.code().unwrap();
    format!("exit: {code}\n{}{}", text(&output.stdout), text(&output.stderr))
}

#[test]
fn the_list_says_how_and_from_what() {
    insta::assert_snapshot!(merged("production", &[]), @"
    exit: 0
    config/backup.my.cnf                  concat         variable kolla_extra_mariabackup
    config/cinder.conf                    merge_configs  variable kolla_extra_cinder, kolla/config/cinder.conf, environments/production/kolla/config/cinder.conf
    config/fluentd/output/00.conf         template       kolla/config/fluentd/output/00.conf, environments/production/kolla/config/fluentd/output/00.conf
    config/galera.cnf                     concat         variable kolla_extra_mariadb
    config/glance.conf                    concat         variable kolla_extra_glance
    config/glance/sealed.conf             concat         kolla/config/glance/sealed.conf, environments/production/kolla/config/glance/sealed.conf
    config/global.conf                    concat         variable kolla_extra_global
    config/heat.conf                      concat         variable kolla_extra_heat
    config/horizon/themes/ours/style.css  copy           kolla/config/horizon/themes/ours/style.css
    config/keystone.conf                  concat         variable kolla_extra_keystone
    config/neutron.conf                   concat         variable kolla_extra_neutron
    config/neutron/ml2_conf.ini           concat         built-in 2026.2/kolla/files/config/neutron/ml2_conf.ini
    config/nova.conf                      concat         variable kolla_extra_nova, kolla/config/nova.conf, environments/production/kolla/config/nova.conf
    config/nova/api.conf                  concat         kolla/config/nova/api.conf
    config/opensearch/extended.yml        merge_yaml     kolla/config/opensearch/extended.yml, environments/production/kolla/config/opensearch/extended.yml
    config/opensearch/sealed.yml          merge_yaml     kolla/config/opensearch/sealed.yml, environments/production/kolla/config/opensearch/sealed.yml
    config/placement.conf                 concat         variable kolla_extra_placement
    config/rabbitmq/rabbitmq.conf         template       kolla/config/rabbitmq/rabbitmq.conf
    globals.yml                           merge_yaml     built-in 2026.2/kolla/files/globals.yml, kolla/globals.yml, environments/production/kolla/globals.yml
    kolla-build.conf                      merge_configs  built-in 2026.2/kolla/files/kolla-build.conf, kolla/kolla-build.conf
    repos.yml                             merge_yaml     kolla/repos.yaml
    ");
}

#[test]
fn concatenated_files_keep_their_line_breaks_and_places() {
    insta::assert_snapshot!(merged("production", &["config/nova.conf", "--origins"]), @"
    exit: 0
    variable kolla_extra_nova:2                       # What the site adds in `kolla_extra_nova`.
    variable kolla_extra_nova:3                       [libvirt]
    variable kolla_extra_nova:3                       virt_type = kvm
    variable kolla_extra_nova:3
    kolla/config/nova.conf:1                          [DEFAULT]
    kolla/config/nova.conf:2                          # cloud.example
    kolla/config/nova.conf:3                          debug = false
    environments/production/kolla/config/nova.conf:1  [DEFAULT]
    environments/production/kolla/config/nova.conf:3  debug = true
    environments/production/kolla/config/nova.conf:5  password = ******
    ");
}

#[test]
fn ini_files_are_merged_option_by_option() {
    insta::assert_snapshot!(merged("production", &["config/cinder.conf"]), @"
    exit: 0
    [DEFAULT]
    enabled_backends=a, b
    pci=3

    [a]
    user=cinder

    [b]
    password= ******
    ");
    insta::assert_snapshot!(merged("production", &["config/cinder.conf", "--origins", "--show-secrets"]), @"
    exit: 0
    kolla/config/cinder.conf:2                          [DEFAULT]
    kolla/config/cinder.conf:2                          enabled_backends=a, b
    environments/production/kolla/config/cinder.conf:2  pci=3
    kolla/config/cinder.conf:2
    kolla/config/cinder.conf:6                          [a]
    kolla/config/cinder.conf:6                          user=cinder
    kolla/config/cinder.conf:6
    environments/production/kolla/config/cinder.conf:4  [b]
    environments/production/kolla/config/cinder.conf:4  password=correct horse
    environments/production/kolla/config/cinder.conf:4
    ");
}

#[test]
fn yaml_files_are_merged_key_by_key() {
    insta::assert_snapshot!(merged("production", &["config/opensearch/extended.yml", "--origins"]), @r#"
    exit: 0
    environments/production/kolla/config/opensearch/extended.yml:1  a: [1,2]
    kolla/config/opensearch/extended.yml:2                          b.c: 1
    environments/production/kolla/config/opensearch/extended.yml:3  b.d: "cloud.example"
    "#);
}

#[test]
fn templates_and_copies_are_the_highest_layers() {
    insta::assert_snapshot!(merged("production", &["config/fluentd/output/00.conf", "config/horizon/themes/ours/style.css"]), @"
    exit: 0
    ==> config/fluentd/output/00.conf <==
    <match **>
      cloud.example
    </match>
    ==> config/horizon/themes/ours/style.css <==
    {{ not a template }}
    ");
}

#[test]
fn encrypted_files_are_merged_and_not_shown() {
    insta::assert_snapshot!(merged("production", &["config/opensearch/sealed.yml", "config/glance/sealed.conf", "--origins"]), @r#"
    exit: 0
    ==> config/opensearch/sealed.yml <==
    environments/production/kolla/config/opensearch/sealed.yml:1  a: "******"
    kolla/config/opensearch/sealed.yml:2                          b.c: "open"
    environments/production/kolla/config/opensearch/sealed.yml:3  b.secret: "******"
    ==> config/glance/sealed.conf <==
    kolla/config/glance/sealed.conf:1                          [DEFAULT]
    kolla/config/glance/sealed.conf:2                          key = open
    environments/production/kolla/config/glance/sealed.conf:1  ******
    environments/production/kolla/config/glance/sealed.conf:2  key = ******
    "#);
    insta::assert_snapshot!(merged("production", &["config/opensearch/sealed.yml", "config/glance/sealed.conf", "--show-secrets"]), @"
    exit: 0
    ==> config/opensearch/sealed.yml <==
    a:
    - 2
    b:
      c: open
      secret: from the vault
    ==> config/glance/sealed.conf <==
    [DEFAULT]
    key = open
    [DEFAULT]
    key = cloud.example sealed
    ");
}

#[test]
fn image_builders_get_their_own_files() {
    insta::assert_snapshot!(merged("production", &["kolla-build.conf", "repos.yml", "--origins"]), @r#"
    exit: 0
    ==> kolla-build.conf <==
    built-in 2026.2/kolla/files/kolla-build.conf:2   [DEFAULT]
    built-in 2026.2/kolla/files/kolla-build.conf:2   base = ubuntu
    built-in 2026.2/kolla/files/kolla-build.conf:3   base_tag = noble
    built-in 2026.2/kolla/files/kolla-build.conf:4   base_arch = x86_64
    kolla/kolla-build.conf:2                         namespace = ours
    built-in 2026.2/kolla/files/kolla-build.conf:6   tag = 2026.2-ubuntu-noble
    built-in 2026.2/kolla/files/kolla-build.conf:8   network_mode = host
    built-in 2026.2/kolla/files/kolla-build.conf:10  repos_yaml = /opt/kayobe/etc/kolla/repos.yml
    built-in 2026.2/kolla/files/kolla-build.conf:12  template_override = /opt/kayobe/etc/kolla/template-override.j2
    built-in 2026.2/kolla/files/kolla-build.conf:2
    built-in 2026.2/kolla/files/kolla-build.conf:17  [bifrost-base]
    built-in 2026.2/kolla/files/kolla-build.conf:17  type = git
    built-in 2026.2/kolla/files/kolla-build.conf:17  location = https://opendev.org/openstack/bifrost
    built-in 2026.2/kolla/files/kolla-build.conf:17  reference = stable/2026.2
    built-in 2026.2/kolla/files/kolla-build.conf:17
    kolla/kolla-build.conf:4                         [nova-base]
    kolla/kolla-build.conf:4                         type = git
    kolla/kolla-build.conf:4
    ==> repos.yml <==
    kolla/repos.yaml:2  ubuntu.epel.suite: "noble"
    "#);
}

#[test]
fn data_has_the_places_of_values() {
    insta::assert_snapshot!(merged("production", &["config/opensearch/extended.yml", "--origins", "--output", "json"]), @r#"
    exit: 0
    {
        "config/opensearch/extended.yml": {
            "path": "config/opensearch/extended.yml",
            "place": "control_host",
            "sources": [
                "kolla/config/opensearch/extended.yml",
                "environments/production/kolla/config/opensearch/extended.yml"
            ],
            "strategy": "merge_yaml",
            "text": "a:\n- 1\n- 2\nb:\n  c: 1\n  d: cloud.example\n",
            "values": [
                {
                    "origin": {
                        "column": 1,
                        "file": "environments/production/kolla/config/opensearch/extended.yml",
                        "line": 1
                    },
                    "path": [
                        "a"
                    ],
                    "value": [
                        1,
                        2
                    ]
                },
                {
                    "origin": {
                        "column": 5,
                        "file": "kolla/config/opensearch/extended.yml",
                        "line": 2
                    },
                    "path": [
                        "b",
                        "c"
                    ],
                    "value": 1
                },
                {
                    "origin": {
                        "column": 3,
                        "file": "environments/production/kolla/config/opensearch/extended.yml",
                        "line": 3
                    },
                    "path": [
                        "b",
                        "d"
                    ],
                    "value": "cloud.example"
                }
            ]
        }
    }
    "#);
}

#[test]
fn data_has_the_places_of_lines() {
    insta::assert_snapshot!(merged("production", &["config/fluentd/output/00.conf", "--origins", "--output", "yaml"]), @"
    exit: 0
    config/fluentd/output/00.conf:
      lines:
      - column: 1
        file: environments/production/kolla/config/fluentd/output/00.conf
        line: 1
      - column: 1
        file: environments/production/kolla/config/fluentd/output/00.conf
        line: 2
      - column: 1
        file: environments/production/kolla/config/fluentd/output/00.conf
        line: 3
      path: config/fluentd/output/00.conf
      place: control_host
      sources:
      - kolla/config/fluentd/output/00.conf
      - environments/production/kolla/config/fluentd/output/00.conf
      strategy: template
      text: |
        <match **>
          cloud.example
        </match>
    ");
}

#[test]
fn a_fault_in_a_template_names_file_line_and_chain() {
    insta::assert_snapshot!(merged("broken", &["config/keystone.conf"]), @"
    exit: 3
    error: localhost: rendering environments/broken/kolla/config/keystone.conf
      because: 'no_such_variable' is undefined
       --> environments/broken/kolla/config/keystone.conf:4:12
        |
      2 |
      3 | {% if true %}
      4 | admin = {{ no_such_variable }}
        |            ^ here
    ");
    insta::assert_snapshot!(merged("broken", &["config/opensearch/x.yml"]), @"
    exit: 3
    error: localhost: rendering environments/broken/kolla/config/opensearch/x.yml
      because: 'also_not_there' is undefined
      because: needed through `broken_variable`
      set by: broken_variable (environments/broken/broken.yml:2:18)
       --> environments/broken/kolla/config/opensearch/x.yml:1:23
        |
      1 | openstack_service: {{ broken_variable }}
        |                       ^ here
    ");
    insta::assert_snapshot!(merged("broken", &["globals.yml"]), @"
    exit: 3
    error: merging globals.yml
      because: reading environments/broken/kolla/globals.yml
      because: mapping values are not allowed in this context
       --> environments/broken/kolla/globals.yml:2:5
        |
      1 | one: 1
      2 |  two: 2
        |     ^ here
      hint: indent the line like those beside it, or quote text that holds `: `
      hint: the lines are shown as they are after rendering
    ");
}

#[test]
fn a_path_that_nobody_has_is_refused() {
    insta::assert_snapshot!(merged("production", &["config/novo.conf"]), @"
    exit: 3
    error: showing the merged file config/novo.conf
      because: no layer has it, or no pattern in `kolla_openstack_custom_config_include_globs` that is enabled finds it
      hint: did you mean `config/nova.conf`?
    ");
    insta::assert_snapshot!(merged("production", &["config/unknown.conf"]), @"
    exit: 3
    error: showing the merged file config/unknown.conf
      because: no layer has it, or no pattern in `kolla_openstack_custom_config_include_globs` that is enabled finds it
      hint: did you mean `config/nova.conf`?
    ");
}

#[test]
fn the_sites_globals_win_over_the_built_in_ones() {
    let text = merged("production", &["globals.yml", "--origins"]);
    let line = |key: &str| {
        let found = text.lines().find(|line| line.contains(&format!("  {key}: ")));
        found.unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let production = "environments/production/kolla/globals.yml";
    let table = [
        ("limits.nova.cpu", "kolla/globals.yml:6 limits.nova.cpu: 1".to_owned()),
        ("limits.nova.memory", format!("{production}:3 limits.nova.memory: \"2g\"")),
        ("prometheus_ports", format!("{production}:4 prometheus_ports: [3]")),
        ("enable_magnum", format!("{production}:5 enable_magnum: true")),
        ("enable_heat", "kolla/globals.yml:3 enable_heat: true".to_owned()),
        ("inside", "kolla/globals.yml:8 inside: \"{{ api_interface }}\"".to_owned()),
    ];
    for (key, expected) in table {
        assert_eq!(line(key), expected);
    }
    assert!(line("kolla_internal_fqdn").starts_with("built-in "), "{text}");
}
