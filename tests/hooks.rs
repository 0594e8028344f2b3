//! Runs a site's hooks with real Ansible; `tests/setup-ansible` installs it.
#![expect(clippy::unwrap_used, reason = "test")]

use std::{fs, io::Write, os::unix::fs::symlink};

use camino::{Utf8Path, Utf8PathBuf};
use ymir::{
    drivers::ansible::{self, Arguments, HookRun},
    event::Event,
    model::hook::Side,
    secret::Secret,
    settings::Environment,
    trouble::{Kind, Result},
};

/// The environment with Ansible in it, or `None` (told loudly) on a machine without.
fn with_ansible() -> Option<Environment> {
    let mut environment = Environment::of_this_process();
    let installed = environment.cache_dir().join("test-ansible/bin/ansible-playbook");
    if environment.get("YMIR_ANSIBLE_PLAYBOOK").is_none() {
        if !installed.exists() {
            // Not `eprintln!`: the test harness would swallow it.
            let skipped = b"SKIPPED: no Ansible to run hooks with; run tests/setup-ansible\n";
            std::io::stderr().write_all(skipped).unwrap();
            return None;
        }
        environment.0.insert("YMIR_ANSIBLE_PLAYBOOK".into(), installed.into_string());
    }
    Some(environment)
}

struct Site {
    _dir: tempfile::TempDir,
    path: Utf8PathBuf,
    cx: HookRun,
}

/// A Kayobe configuration with an environment `lab` that depends on `mixin`; files as given.
fn site(mut environment: Environment, files: &[(&str, &str)]) -> Site {
    let dir = tempfile::tempdir().unwrap();
    let path = Utf8Path::from_path(dir.path()).unwrap().canonicalize_utf8().unwrap();
    for (name, text) in files {
        let file = path.join("etc").join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
    let base = path.join("etc");
    let layers = vec![base.clone(), base.join("environments/mixin"), base.join("environments/lab")];
    environment.0.insert("KAYOBE_CONFIG_PATH".into(), base.into_string());
    environment.0.insert("KAYOBE_ENVIRONMENT".into(), "lab".into());
    environment.0.insert("OUT".into(), path.join("out").into_string());
    let defaults = [
        ("group_vars/all/networks", "provision_oc_net_name: 'provision_oc_net'\n"),
        (
            "group_vars/all/globals",
            "from_default: \"{{ other_default }}\"\nother_default: default\nkayobe_env_search_paths: \"{{ query('cached', 'kayobe_environments') }}\"\n",
        ),
    ];
    let defaults = defaults.map(|(name, text)| (name.into(), text.to_owned())).to_vec();
    let cx = HookRun {
        environment,
        layers,
        defaults,
        vault_password: None,
        arguments: Arguments::default(),
        dir: path.join("state"),
    };
    Site { _dir: dir, path, cx }
}

impl Site {
    /// Runs the hooks of one side of `overcloud provision`.
    fn run(&self, side: Side) -> (Result<()>, Vec<Event>) {
        let hooks = ansible::find(&self.cx.layers, "overcloud provision", None).unwrap();
        ansible::check_runnable(&hooks, &self.cx.environment).unwrap();
        let mut events = Vec::new();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let run = ansible::run(&hooks, side, &self.cx, |event| events.push(event));
        let outcome = runtime.block_on(run);
        (outcome, events)
    }

    fn out(&self) -> String {
        fs::read_to_string(self.path.join("out")).unwrap()
    }
}

const INVENTORY: (&str, &str) = (
    "inventory/hosts",
    "localhost ansible_connection=local\n[overcloud]\nbm1\nbm2\n[overcloud:vars]\nansible_connection=local\n\
     ansible_python_interpreter={{ ansible_playbook_python }}\n",
);

/// A playbook that appends a line about `bm1` to `$OUT`.
fn say(line: &str) -> String {
    format!(
        "- hosts: bm1\n  gather_facts: false\n  tasks:\n    - ansible.builtin.shell: \
         echo \"$LINE\" >> $OUT\n      environment: {{LINE: \"{line}\"}}\n      check_mode: false\n"
    )
}

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

/// What a site may write about networks, and what it means for `bm1`.
const EXPRESSIONS: &[(&str, &str)] = &[
    ("'prov' | net_ip", "'172.22.0.11'"),
    ("'prov' | net_ip('bm2')", "'172.22.0.12'"),
    ("'none' | net_ip", "None"),
    ("'bridge' | net_ip", "None"),
    ("'prov' | net_mask", "'255.255.255.0'"),
    ("'prov' | net_prefix", "'24'"),
    ("'none' | net_mask", "None"),
    ("'prov' | net_cidr", "'172.22.0.0/24'"),
    ("'prov' | net_mtu", "9000"),
    ("'none' | net_mtu", "None"),
    ("'prov' | net_vlan", "42"),
    ("'prov' | net_interface", "'eno1'"),
    ("'prov' | net_interface('bm2')", "'eno2'"),
    ("'prov' | net_attr('gateway')", "'172.22.0.1'"),
    ("'prov' | net_gateway", "'172.22.0.1'"),
    ("'prov' | net_zone", "None"),
    ("'prov' | net_fqdn", "'api.example.org'"),
    ("'prov' | net_inspection_gateway", "None"),
    ("'prov' | net_routes", "[{'cidr': '10.0.0.0/8', 'gateway': '172.22.0.9'}]"),
    ("'prov' | net_libvirt_network_name", "'prov'"),
    ("'bridge' | net_libvirt_network_name", "'lan'"),
    ("'bridge' | net_libvirt_network", "{'name': 'lan', 'mode': 'bridge', 'bridge': 'br0'}"),
    ("'bridge' | net_libvirt_vm_network", "{'network': 'lan', 'net_name': 'bridge'}"),
    ("'prov' | net_physical_interface", "['eno1']"),
    ("'bridge' | net_physical_interface", "['eth0', 'eth1']"),
    ("'bond' | net_physical_interface", "['eth2']"),
    ("'bridge' | net_is_bridge", "True"),
    ("'prov' | net_is_ether", "True"),
    ("['prov', 'bridge', 'bond'] | net_select_ethers", "['prov']"),
    ("['prov', 'bridge', 'bond'] | net_select_bridges", "['bridge']"),
    ("['prov', 'bridge', 'bond'] | net_select_bonds", "['bond']"),
    ("['prov', 'bridge', 'bond'] | net_select_vlans", "['prov']"),
    ("['prov', 'bridge', 'bond'] | net_reject_vlans", "['bridge', 'bond']"),
    ("'bridge' | net_bridge_stp", "'true'"),
    ("['prov', 'bridge'] | map('net_interface') | list", "['eno1', 'br0']"),
];

const NETWORKS: &str = "
prov_cidr: 172.22.0.0/24
prov_gateway: '{{ prov_cidr | replace(\"0/24\", \"1\") }}'
prov_mtu: '9000'
prov_vlan: 42
prov_fqdn: api.example.org
prov_routes: [{cidr: 10.0.0.0/8, gateway: 172.22.0.9}]
prov_ips: {bm1: 172.22.0.11, bm2: 172.22.0.12}
bridge_interface: br0
bridge_bridge_ports: [eth0, eth1]
bridge_bridge_stp: true
bridge_libvirt_network_name: lan
bond_bond_slaves: [eth2]
";

#[test]
fn kayobes_filters_mean_what_they_mean() {
    let Some(environment) = with_ansible() else { return };
    let table = EXPRESSIONS.iter().map(|(written, _)| format!("  - \"{{{{ {written} }}}}\"\n"));
    let table = format!("answers:\n{}", table.collect::<String>());
    let site = site(
        environment,
        &[
            INVENTORY,
            ("inventory/host_vars/bm1.yml", "prov_interface: eno1\n"),
            ("inventory/host_vars/bm2.yml", "prov_interface: eno2\n"),
            ("networks.yml", NETWORKS),
            ("answers.yml", &table),
            (
                "hooks/overcloud-provision/pre.d/1.yml",
                "- hosts: bm1\n  gather_facts: false\n  tasks:\n    - ansible.builtin.copy: \
                 {dest: \"{{ lookup('env', 'OUT') }}\", content: \"{{ answers | map('string') | join('\\n') }}\"}\n",
            ),
        ],
    );
    let (outcome, events) = site.run(Side::Pre);
    outcome.unwrap_or_else(|trouble| panic!("{trouble}\n{events:#?}"));
    let out = site.out();
    let answers = out.lines().map(|line| line.replace('\'', ""));
    for ((written, expected), answer) in EXPRESSIONS.iter().zip(answers) {
        assert_eq!(answer, expected.replace('\'', ""), "{written}");
    }
    assert_eq!(out.lines().count(), EXPRESSIONS.len());
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
    site.cx.vault_password = Some(Secret::new("correct horse"));
    let (outcome, events) = site.run(Side::Pre);
    let text = format!("{events:?}");
    outcome.unwrap_or_else(|trouble| panic!("{trouble}\n{events:#?}"));
    assert_eq!(site.out(), "per aspera\n");
    assert!(text.contains("it is ******"), "{text}");
    assert!(!text.contains("correct horse"), "{text}");
    assert!(!text.contains("cmdline"), "the password stands in no command line: {text}");
    assert!(text.contains("mode 700"), "only the owner may enter: {text}");
}
