//! `ymir configuration validate`: the real binary on small sites, each with one fault.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests start the binary themselves"
)]

mod addresses;
mod files;

use std::{fs, process::Command};

use tempfile::TempDir;

/// A site with two hosts, without any fault.
const SITE: &[(&str, &str)] = &[
    (
        "inventory/hosts",
        "[controllers]\nctl1\n[compute]\ncmp1\n[network:children]\ncontrollers\n[overcloud:children]\ncontrollers\ncompute\n",
    ),
    (
        "networks.yml",
        "provision_oc_net_cidr: 10.0.0.0/24\nprovision_oc_net_gateway: 10.0.0.1\nprovision_oc_net_interface: eth0\n\
         provision_oc_net_allocation_pool_start: 10.0.0.10\nprovision_oc_net_allocation_pool_end: 10.0.0.20\n",
    ),
    ("network-allocation.yml", "provision_oc_net_ips:\n  ctl1: 10.0.0.10\n  cmp1: 10.0.0.11\n"),
    ("overcloud.yml", "network_interfaces: [provision_oc_net]\nown_variable: 1\n"),
];

/// The site with some files written anew.
fn site(files: &[(&str, &str)]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (file, text) in SITE.iter().chain(files) {
        let path = dir.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    dir
}

fn ymir(site: &TempDir, args: &[&str]) -> (i32, String, String) {
    said(site, &mut Command::new(env!("CARGO_BIN_EXE_ymir")), args)
}

fn said(site: &TempDir, program: &mut Command, args: &[&str]) -> (i32, String, String) {
    let output = program
        .args(["configuration", "validate"])
        .args(args)
        .arg("--config-path")
        .arg(site.path())
        .env_clear()
        .env("HOME", "/home/operator")
        .env("TZDIR", site.path().join("zones"))
        .output()
        .unwrap();
    let text = |bytes: &[u8]| {
        String::from_utf8_lossy(bytes).replace(site.path().to_str().unwrap(), "SITE")
    };
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

/// Each note on a line: severity, code, place, message.
fn notes(files: &[(&str, &str)]) -> String {
    let (_, stdout, stderr) = ymir(&site(files), &["--output", "json"]);
    let found: serde_json::Value =
        serde_json::from_str(&stdout).unwrap_or_else(|error| panic!("{error}: {stdout}{stderr}"));
    let line = |note: &serde_json::Value| {
        let text = |key: &str| note[key].as_str().unwrap_or_default().to_owned();
        let origin = &note["origin"];
        let file = origin["file"].as_str().unwrap_or_default();
        let place = format!("{file}:{}:{}", origin["line"], origin["column"]);
        format!("{} {} {place}: {}", text("severity"), text("code"), text("message"))
    };
    let lines: Vec<String> = found["notes"].as_array().unwrap().iter().map(line).collect();
    lines.join("\n")
}

#[test]
fn a_site_without_faults_is_left_alone() {
    let site = site(&[]);
    insta::assert_snapshot!(ymir(&site, &["--strict"]).1, @"0 errors, 0 warnings, 0 hints");
    assert_eq!(ymir(&site, &["--strict"]).0, 0);
}

#[test]
fn a_note_shows_the_place_and_what_to_do() {
    let site = site(&[("containers.yml", "# The engine.\ncontainer_engine: dokcer\n")]);
    insta::assert_snapshot!(ymir(&site, &[]).1, @"
    error[type]: `container_engine` is `dokcer`, and must be docker or podman
       --> containers.yml:2:19
        |
      1 | # The engine.
      2 | container_engine: dokcer
        |                   ^ here
      hint: did you mean `docker`?

    1 error, 0 warnings, 0 hints
    ");
    assert_eq!(ymir(&site, &[]).0, 3);
}

#[test]
fn warnings_fail_only_if_that_is_asked_for() {
    let site = site(&[("twice.yml", "a: 1\na: 2\n")]);
    insta::assert_snapshot!(ymir(&site, &[]).1, @"
    warning[duplicate-key]: `a` stands here for the second time
       --> twice.yml:2:1
        |
      1 | a: 1
      2 | a: 2
        | ^ here
      twice.yml:1:1: what is said here first has no effect
      hint: remove one of the two

    0 errors, 1 warning, 0 hints
    ");
    assert_eq!((ymir(&site, &[]).0, ymir(&site, &["--strict"]).0), (0, 3));
}

#[test]
fn values_must_be_of_their_types() {
    let text = "docker_registry_port: 70000\n\
                seed_swap: [{path: /swap, size_bm: 1}]\n\
                compute_lvm_groups_extra: [{disks: [/dev/sdb]}]\n\
                provision_oc_net_vlan: 4095\n\
                kolla_enable_aodh: maybe\n\
                kolla_ansible_user:\n\
                ntp_force_sync: \"{{ 'perhaps' }}\"\n\
                ipmi_password: [hunter2]\n";
    insta::assert_snapshot!(notes(&[("types.yml", text)]), @"
    error type types.yml:1:23: `docker_registry_port` is 70000, and must be a port, 1 to 65535
    warning unknown-key types.yml:2:27: `seed_swap.0` has a key `size_bm` that means nothing there
    error missing-key types.yml:3:28: `compute_lvm_groups_extra.0` lacks `vgname`, which every volume group has
    error type types.yml:4:24: `provision_oc_net_vlan` is 4095, and must be a VLAN, 1 to 4094
    error type types.yml:5:20: `kolla_enable_aodh` is `maybe`, and must be true or false
    warning empty types.yml:6:20: `kolla_ansible_user` is empty, and should be text
    error type types.yml:7:17: `ntp_force_sync` is `perhaps`, and must be true or false
    error type types.yml:8:16: `ipmi_password` is a list, and must be text
    ");
    let text = ymir(&site(&[("types.yml", text)]), &[]).1;
    assert!(!text.contains("hunter2"), "{text}");
}

#[test]
fn words_must_be_among_those_that_mean_something() {
    let text = "os_distribution: debain\nkolla_base_distro: ubunut\n\
                provision_oc_net_bond_mode: 802.3da\nprovision_oc_net_bond_lacp_rate: fats\n\
                docker_storage_driver: overlya2\nssh_key_type: ed25591\n\
                controller_sysctl_parameters: {vm.swappiness: [1], kernel.panic: 10, net.x: '1 2', y: yes}\n";
    insta::assert_snapshot!(notes(&[("words.yml", text)]), @"
    error type words.yml:1:18: `os_distribution` is `debain`, and must be centos or debian or rocky or ubuntu
    error type words.yml:2:20: `kolla_base_distro` is `ubunut`, and must be centos or debian or rocky or ubuntu
    error type words.yml:3:29: `provision_oc_net_bond_mode` is `802.3da`, and must be a whole number, or balance-rr or active-backup or balance-xor or broadcast or 802.3ad or balance-tlb or balance-alb
    error type words.yml:4:34: `provision_oc_net_bond_lacp_rate` is `fats`, and must be a whole number, or slow or fast
    error type words.yml:5:24: `docker_storage_driver` is `overlya2`, and must be overlay2 or fuse-overlayfs or btrfs or zfs or vfs or overlay or devicemapper or aufs
    error type words.yml:6:15: `ssh_key_type` is `ed25591`, and must be rsa or ecdsa or ed25519 or dsa or ecdsa-sk or ed25519-sk
    error type words.yml:7:47: `controller_sysctl_parameters.vm.swappiness` is a list, and must be text, or a whole number, or true or false
    ");
    let fine = "os_distribution: debian\nos_family: Debian\nprovision_oc_net_bond_mode: 4\n\
                provision_oc_net_bond_xmit_hash_policy: layer3+4\nprovision_oc_net_bond_lacp_rate:\n";
    assert_eq!(notes(&[("words.yml", fine)]), "");
}

#[test]
fn time_zones_are_compared_with_those_of_this_machine() {
    let with = |zone: &str| {
        let text = format!("timezone: {zone}\n");
        let zones =
            [("zones/Europe/London", ""), ("zones/UTC", ""), ("zones/posix/Europe/Lundon", "")];
        notes(&[zones[0], zones[1], zones[2], ("time.yml", &text)])
    };
    insta::assert_snapshot!(with("Europe/Lundon"), @"warning unknown-timezone time.yml:1:11: there is no time zone `Europe/Lundon`");
    insta::assert_snapshot!(with("utc"), @"warning unknown-timezone time.yml:1:11: there is no time zone `utc`");
    assert_eq!(with("Europe/London"), "");
    // Other machines may have other zones.
    assert_eq!(with("US/Pacific"), "");
    assert_eq!(notes(&[("time.yml", "timezone: Europe/Lundon\n")]), "");
}

#[test]
fn misspelt_names_are_found_and_own_names_are_not() {
    let text = "kolle_enable_haproxy: false\n\
                provision_oc_net_gatway: 10.0.0.1\n\
                my_own: \"{{ seed_swaps }}\"\n\
                seed_swaps: []\n";
    insta::assert_snapshot!(notes(&[("names.yml", text)]), @"
    warning unknown-variable names.yml:1:1: nothing reads `kolle_enable_haproxy`
    warning unknown-variable names.yml:2:1: nothing reads `provision_oc_net_gatway`
    ");
}

#[test]
fn a_firewall_that_nobody_implements_is_told() {
    let files = [("ufw.yml", "ufw_enabled: true\n")];
    insta::assert_snapshot!(notes(&files), @"warning unknown-variable ufw.yml:1:1: nothing reads `ufw_enabled`");
}

#[test]
fn misspelt_names_of_the_sites_own_are_found() {
    let used = "site_mirror_username: a\nsite_mirror_password: b\nsite_port_1: 1\n\
                all_of_them: \"{{ [site_mirror_username, site_mirror_password, site_port_1] }}\"\n\
                site_mirror_usernames: [c]\n";
    let slips = "site_miror_username: a\nsite_port_2: 2\nsite_mirror_comment: x\n\
                 site_mirrors_password: x\nsite_port_1_1: 1\n";
    let files = [("own.yml", used), ("slips.yml", slips)];
    insta::assert_snapshot!(notes(&files), @"hint unknown-variable slips.yml:1:1: nothing in the site refers to `site_miror_username`");
}

#[test]
fn what_cannot_be_evaluated_is_told_once_with_its_chain() {
    let text = "site_word: \"{{ no_such_word }}\"\n\
                base_path: \"/opt/{{ site_word }}\"\n\
                needs_facts: \"{{ ansible_facts.os_family }}\"\n\
                own: \"{{ also_missing }}\"\n\
                hosts_only: \"{{ tuned_active_builtin_profile }}\"\n";
    insta::assert_snapshot!(notes(&[("references.yml", text)]), @"
    error undefined references.yml:1:16: `site_word` cannot be evaluated: 'no_such_word' is undefined; neither can `base_path`, `config_path`, `image_cache_path`, `ipa_build_dib_git_elements` and 7 more
    warning undefined references.yml:4:10: `own` cannot be evaluated: 'also_missing' is undefined
    ");
}

#[test]
fn variables_that_need_each_other_are_one_fault() {
    let text = "loop_a: \"{{ loop_b }}\"\nloop_b: \"{{ loop_c }}\"\nloop_c: \"{{ loop_a }}\"\n\
                base_path: \"/x/{{ loop_b }}\"\n";
    insta::assert_snapshot!(ymir(&site(&[("loop.yml", text)]), &[]).1, @r#"
    error[evaluation]: `loop_a` cannot be evaluated: Recursive loop detected in template: loop_b -> loop_c -> loop_a -> loop_b; neither can `base_path`, `config_path`, `image_cache_path`, `ipa_build_dib_git_elements` and 9 more
       --> loop.yml:1:9
        |
      1 | loop_a: "{{ loop_b }}"
        |         ^ here
      loop.yml:2:9: `loop_b` is set here
      loop.yml:3:9: `loop_c` is set here
      hint: break the loop: `loop_b` must not depend on itself

    1 error, 0 warnings, 0 hints
    "#);
}

#[test]
fn names_of_hosts_and_groups_must_be_in_the_inventory() {
    let hosts = "[controllers]\nctl1\n[compute]\ncmp1\n[elsewhere]\nlost1\n[network:children]\ncontrollers\n";
    let files = [
        ("inventory/hosts", hosts),
        ("inventory/group_vars/controlers.yml", "x: 1\n"),
        ("inventory/host_vars/ctl9", "x: 1\n"),
        (
            "kolla.yml",
            "controller_network_group: netwrok\nkolla_neutron_ml2_generic_switch_hosts: [switch1]\n",
        ),
    ];
    insta::assert_snapshot!(notes(&files), @"
    warning unknown-group inventory/group_vars/controlers.yml:1:1: the inventory has no group `controlers`, so nothing in this file has an effect
    warning unknown-host inventory/host_vars/ctl9:1:1: the inventory has no host `ctl9`, so nothing in this file has an effect
    warning host-without-group inventory/hosts:6:1: no command is about lost1: in no group that Kayobe knows
    warning unknown-group kolla.yml:1:27: `controller_network_group` names the group `netwrok`, which the inventory does not have
    warning unknown-host kolla.yml:2:42: `kolla_neutron_ml2_generic_switch_hosts` names the host `switch1`, which the inventory does not have
    ");
}

#[test]
fn a_host_of_a_misspelt_group_is_told_with_the_group_that_is_meant() {
    let hosts = "[controllers]\nctl1\n[compute]\ncmp1\n\n[controlers]\nctl2\nctl3\n[network:children]\ncontrollers\n";
    let lost = |file: &str, hosts: &str| {
        let text = ymir(&site(&[(file, hosts)]), &[]).1;
        text[text.find("warning[host-without-group]").unwrap()..].to_owned()
    };
    insta::assert_snapshot!(lost("inventory/hosts", hosts), @"
    warning[host-without-group]: no command is about ctl2, ctl3: Kayobe knows no group `controlers`
       --> inventory/hosts:6:1
        |
      4 | cmp1
      5 |
      6 | [controlers]
        | ^ here
      hint: did you mean `controllers`?

    0 errors, 1 warning, 0 hints
    ");
    let hosts = "all:\n  children:\n    computee:\n      hosts:\n        cmp[2:3]:\n";
    insta::assert_snapshot!(lost("inventory/more.yml", hosts), @"
    warning[host-without-group]: no command is about cmp2, cmp3: Kayobe knows no group `computee`
       --> inventory/more.yml:3:5
        |
      1 | all:
      2 |   children:
      3 |     computee:
        |     ^ here
      hint: did you mean `compute`?

    0 errors, 1 warning, 0 hints
    ");
}

#[test]
fn settings_that_never_count_are_found() {
    let files = [
        ("inventory/group_vars/compute.yml", "own_variable: 2\n"),
        ("inventory/host_vars/ctl1.yml", "own_variable: 1\n"),
    ];
    insta::assert_snapshot!(notes(&files), @"warning unreachable inventory/group_vars/compute.yml:1:1: `own_variable` has no effect for the group `compute`: a file at the top of a layer sets it for everybody");
}

#[test]
fn a_higher_layer_may_override_a_lower_one() {
    let files = [
        ("overcloud.yml", "network_interfaces: [provision_oc_net]\n"),
        ("inventory/group_vars/compute.yml", "own_variable: 2\n"),
        ("environments/e/all.yml", "own_variable: 3\n"),
    ];
    let (code, stdout, _) = ymir(&site(&files), &["--environment", "e", "--strict"]);
    assert_eq!(code, 0, "{stdout}");
}

#[test]
fn every_code_is_explained() {
    let document = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/validate.md");
    let document = fs::read_to_string(document).unwrap();
    let rows = document.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    assert_eq!(rows.collect::<Vec<_>>(), ymir::check::CODES);
}

#[test]
fn variables_of_inventories_are_looked_at() {
    let hosts = "[controllers]\nctl1 redfish_address=10.0.0.9 provision_oc_net_mtu=big\n[compute]\ncmp1\n\
                 [network:children]\ncontrollers\n[overcloud:children]\ncontrollers\ncompute\n\
                 [compute:vars]\n  contaner_engine = docker\n";
    insta::assert_snapshot!(notes(&[("inventory/hosts", hosts)]), @"
    error type inventory/hosts:2:52: `provision_oc_net_mtu` is `big`, and must be a whole number
    warning unknown-variable inventory/hosts:11:3: nothing reads `contaner_engine`
    ");
}
