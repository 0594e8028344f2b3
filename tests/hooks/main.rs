//! Runs a site's hooks with real Ansible; `tests/setup-ansible` installs it.
#![expect(clippy::unwrap_used, reason = "test")]

mod filters;
mod lab;
mod parity;
mod refused;
mod site;

use std::{fs, os::unix::fs::symlink};

use camino::Utf8PathBuf;
use ymir::{event::Event, model::hook::Side, secret::Secret, trouble::Kind};

use site::{INVENTORY, say, site, with_ansible};

#[test]
fn hooks_see_what_the_site_says() {
    let Some(environment) = with_ansible() else { return };
    let hook = say("{{ provision_oc_net_name | net_ip }} {{ provision_oc_net_name | net_mask }} \
         {{ provision_oc_net_name | net_mtu }} {{ from_default }} {{ layered }} {{ overridden }} \
         {{ provision_oc_net_name | net_ip('bm2') }} {{ ['a', 'b'] | net_select_bridges | join }} \
         {{ kayobe_env_search_paths | map('basename') | join(',') }} \
         {{ lookup('env', 'KAYOBE_ENVIRONMENT') }} {{ given }}");
    let mut site = site(
        environment,
        &[
            INVENTORY,
            (
                "networks.yml",
                "provision_oc_net_cidr: 172.22.0.0/24\nlayered: base\nprovision_oc_net_mtu: '9000'\n",
            ),
            ("environments/mixin/a.yml", "layered: mixin\n"),
            ("environments/lab/b.yaml", "layered: lab\n"),
            (
                "environments/lab/inventory/group_vars/overcloud/x.yml",
                "b_bridge_ports: [eth0]\nother_default: overcloud\noverridden: group\n",
            ),
            (
                "environments/lab/network-allocation.yml",
                "provision_oc_net_ips: {bm1: 172.22.0.11, bm2: 172.22.0.12}\n",
            ),
            ("hooks/overcloud-provision/pre.d/10-say.yml", &hook),
        ],
    );
    site.cx.arguments.extra_vars = vec!["given='by the operator'".into()];
    let (outcome, events) = site.run(Side::Pre);
    outcome.unwrap_or_else(|trouble| panic!("{trouble}\n{events:#?}"));
    assert_eq!(
        site.out(),
        "172.22.0.11 255.255.255.0 9000 overcloud lab group 172.22.0.12 b mixin,lab lab by the operator\n"
    );
    assert!(matches!(&events[0], Event::HookStarted { hook } if hook == "pre.d/10-say.yml"));
    let lines = events.iter().filter(|event| matches!(event, Event::HookOutput { .. }));
    assert!(lines.count() > 3);
    assert!(matches!(events.last(), Some(Event::HookFinished { trouble: None, .. })));
    assert_eq!(fs::read_dir(site.path.join("state")).unwrap().count(), 0, "nothing is left behind");
}

#[test]
fn hooks_run_in_order_limited_and_checked() {
    let Some(environment) = with_ansible() else { return };
    let mut site = site(
        environment,
        &[
            INVENTORY,
            ("ansible/shared.yml", &say("shared {{ ansible_check_mode }}")),
            ("hooks/overcloud-provision/post.d/20-b.yml", &say("replaced")),
            ("environments/lab/hooks/overcloud-provision/post.d/20-b.yml", &say("b")),
            ("hooks/overcloud-provision/post.d/last.yml", &say("last")),
        ],
    );
    let base = site.path.join("etc");
    symlink(
        base.join("ansible/shared.yml"),
        base.join("environments/lab/hooks/overcloud-provision/post.d/3-shared.yml"),
    )
    .unwrap();
    site.cx.arguments.check = true;
    site.run(Side::Pre).0.unwrap();
    assert!(!site.path.join("out").exists());
    let (outcome, events) = site.run(Side::Post);
    outcome.unwrap_or_else(|trouble| panic!("{trouble}\n{events:#?}"));
    assert_eq!(site.out(), "shared True\nb\nlast\n");

    site.cx.arguments.limit = Some("bm2".into());
    site.run(Side::Post).0.unwrap();
    assert_eq!(site.out(), "shared True\nb\nlast\n", "the plays are for bm1");
}

#[test]
fn a_failing_hook_is_told_with_its_last_lines() {
    let Some(environment) = with_ansible() else { return };
    let failing = "- hosts: bm1\n  gather_facts: false\n  tasks:\n    - ansible.builtin.fail: {msg: no coffee}\n";
    let site = site(
        environment,
        &[
            INVENTORY,
            ("hooks/overcloud-provision/pre.d/10-a.yml", failing),
            ("hooks/overcloud-provision/pre.d/20-b.yml", &say("not reached")),
        ],
    );
    let (outcome, events) = site.run(Side::Pre);
    let trouble = outcome.unwrap_err();
    assert_eq!(trouble.kind, Kind::Host);
    assert_eq!(trouble.what, "running the hooks pre.d/10-a.yml, 20-b.yml");
    assert_eq!(trouble.causes[0], "ansible-playbook ended with exit code 2");
    assert!(trouble.causes[1].contains("no coffee"), "{trouble}");
    assert!(matches!(events.last(), Some(Event::HookFinished { trouble: Some(_), .. })));
    assert!(!site.path.join("out").exists());
}

#[test]
fn vaulted_values_are_read_and_the_password_is_never_shown() {
    let Some(environment) = with_ansible() else { return };
    let program = Utf8PathBuf::from(environment.get("YMIR_ANSIBLE_PLAYBOOK").unwrap());
    let mut site = site(environment, &[INVENTORY]);
    let password = site.path.join("password");
    fs::write(&password, "correct horse").unwrap();
    let vaulted = site.path.join("etc/secrets.yml");
    fs::write(&vaulted, "motto: per aspera\n").unwrap();
    #[expect(clippy::disallowed_methods, reason = "test")]
    let status = std::process::Command::new(program.with_file_name("ansible-vault"))
        .args(["encrypt", "--vault-password-file", password.as_str(), vaulted.as_str()])
        .status();
    assert!(status.unwrap().success());
    fs::remove_file(password).unwrap();

    let hook = r#"
- hosts: bm1
  gather_facts: false
  tasks:
    - ansible.builtin.shell: |
        grep -la 'correct [h]orse' /proc/[0-9]*/cmdline
        stat -c 'mode %a' $DIR
        echo "{{ motto }}" > $OUT
        echo it is $KAYOBE_VAULT_PASSWORD
      environment:
        DIR: "{{ (lookup('env', 'ANSIBLE_FILTER_PLUGINS') | split(':'))[1] | dirname | dirname }}"
      register: told
    - ansible.builtin.debug: {var: told.stdout_lines}
"#;
    let pre = site.path.join("etc/hooks/overcloud-provision/pre.d");
    fs::create_dir_all(&pre).unwrap();
    fs::write(pre.join("1-a.yml"), hook).unwrap();
    site.cx.vault = vec![("default".into(), Secret::new("correct horse"))];
    let (outcome, events) = site.run(Side::Pre);
    let text = format!("{events:?}");
    outcome.unwrap_or_else(|trouble| panic!("{trouble}\n{events:#?}"));
    assert_eq!(site.out(), "per aspera\n");
    assert!(text.contains("it is ******"), "{text}");
    assert!(!text.contains("correct horse"), "{text}");
    assert!(!text.contains("cmdline"), "the password stands in no command line: {text}");
    assert!(text.contains("mode 700"), "only the owner may enter: {text}");
}
