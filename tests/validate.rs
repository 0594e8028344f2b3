//! `ymir configuration validate`: the real binary on small sites, each with one fault.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests start the binary themselves"
)]

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
fn addresses_must_fit_their_network() {
    let networks = "provision_oc_net_cidr: 10.0.0.0/24\n\
                    provision_oc_net_gateway: 10.0.1.1\n\
                    provision_oc_net_interface: eth0\n\
                    provision_oc_net_allocation_pool_start: 10.0.0.10\n\
                    provision_oc_net_allocation_pool_end: 10.0.0.20\n\
                    provision_oc_net_inspection_allocation_pool_start: 10.0.0.15\n\
                    provision_oc_net_inspection_allocation_pool_end: 10.0.0.30\n\
                    provision_oc_net_neutron_allocation_pool_start: 10.0.0.50\n\
                    provision_oc_net_neutron_allocation_pool_end: 10.0.0.40\n";
    let kept = "provision_oc_net_ips:\n  ctl1: 10.0.0.10\n  cmp1: 10.0.0.10\n  gone: 10.9.0.1\n\
                old_net_ips:\n  ctl1: 10.3.0.1\n";
    let files = [("networks.yml", networks), ("network-allocation.yml", kept)];
    insta::assert_snapshot!(notes(&files), @"
    error duplicate-address network-allocation.yml:3:9: ctl1 and cmp1 have the same address 10.0.0.10 on `provision_oc_net`
    hint unknown-host network-allocation.yml:4:3: addresses on `provision_oc_net` are kept for hosts that the inventory does not have: gone
    error address-outside-network network-allocation.yml:4:9: the address 10.9.0.1 of gone is outside 10.0.0.0/24, the range of `provision_oc_net`
    warning unknown-network network-allocation.yml:5:1: nothing else names a network `old_net`
    error gateway-outside-network networks.yml:2:27: the gateway 10.0.1.1 is outside 10.0.0.0/24, the range of `provision_oc_net`
    error pools-overlap networks.yml:6:52: hosts and inspection are given the same addresses
    error pool-reversed networks.yml:9:47: the addresses for Neutron begin at 10.0.0.50 and end before that, at 10.0.0.40
    ");
}

#[test]
fn networks_that_hosts_are_connected_to_must_be_described() {
    let text = "network_interfaces: [provision_oc_net, storge_net, storage_net]\n";
    let networks = "storage_net_cidr: 10.2.0.0/24\n";
    let files = [("overcloud.yml", text), ("storage.yml", networks)];
    insta::assert_snapshot!(notes(&files), @"
    warning no-interface overcloud.yml:1:21: `network_interfaces` connects to the network `storage_net`, and `storage_net_interface` is not set
    warning unknown-network overcloud.yml:1:21: `network_interfaces` connects to the network `storge_net`, of which nothing is set: no `storge_net_interface`, no `storge_net_cidr`
    ");
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
fn ranges_that_give_no_host_are_found() {
    let more = "all:\n  hosts:\n    cmp[09:07]: {rack: 1}\n    cmp[7:7]:\n";
    let hosts = "[controllers]\nctl1\nctl[3:1] rack=2\n[compute]\ncmp1\ncmp7\n[network:children]\ncontrollers\n";
    insta::assert_snapshot!(notes(&[("inventory/hosts", hosts), ("inventory/more.yml", more)]), @"
    warning empty-range inventory/hosts:3:1: `ctl[3:1]` gives no host: its range ends before it begins
    warning empty-range inventory/more.yml:3:5: `cmp[09:07]` gives no host: its range ends before it begins
    ");
}

#[test]
fn files_that_nothing_reads_are_found() {
    let files = [
        ("group_vars/compute.yml", "x: 1\n"),
        ("host_vars/ctl1", "x: 1\n"),
        ("inventory/group_vars/compute/one.yml", "x: 1\n"),
        ("inventory/group_vars/compute/two.txt", "y: 1\n"),
        ("inventory/group_vars/compute/deep/three.conf", "y: 1\n"),
        ("inventory/group_vars/compute/four.yml/x.yml", "y: 1\n"),
        ("inventory/group_vars/compute.yml", "z: 1\n"),
        ("inventory/host_vars/ctl1.yml", "z: 1\n"),
        ("inventory/host_vars/ctl1.yaml", "z: 1\n"),
        ("slip.ymll", "z: 1\n"),
        ("LOUD.YML", "z: 1\n"),
        ("folder.yml/x", "z: 1\n"),
    ];
    insta::assert_snapshot!(notes(&files), @"
    warning unread-file LOUD.YML:0:0: nothing reads `LOUD.YML`, because of its ending
    warning unread-file folder.yml:0:0: nothing reads `folder.yml`, because it is a directory
    warning unread-file group_vars:0:0: nothing reads `group_vars`, because it lies beside the inventory
    warning unread-file host_vars:0:0: nothing reads `host_vars`, because it lies beside the inventory
    warning unread-file inventory/group_vars/compute.yml:0:0: nothing reads `inventory/group_vars/compute.yml`, because `inventory/group_vars/compute` is read instead
    warning unread-file inventory/group_vars/compute/deep/three.conf:0:0: nothing reads `inventory/group_vars/compute/deep/three.conf`, because of its ending
    warning unread-file inventory/group_vars/compute/four.yml:0:0: nothing reads `inventory/group_vars/compute/four.yml`, because it is a directory
    warning unread-file inventory/group_vars/compute/two.txt:0:0: nothing reads `inventory/group_vars/compute/two.txt`, because of its ending
    warning unread-file inventory/host_vars/ctl1.yaml:0:0: nothing reads `inventory/host_vars/ctl1.yaml`, because `inventory/host_vars/ctl1.yml` is read instead
    warning unread-file slip.ymll:0:0: nothing reads `slip.ymll`, because of its ending
    ");
    insta::assert_snapshot!(ymir(&site(&files[6..9]), &[]).1, @"
    warning[unread-file]: nothing reads `inventory/host_vars/ctl1.yaml`, because `inventory/host_vars/ctl1.yml` is read instead
      at: inventory/host_vars/ctl1.yaml
      inventory/host_vars/ctl1.yml: this is what counts
      hint: put all variables into one of the two

    0 errors, 1 warning, 0 hints
    ");
}

#[test]
fn files_that_are_there_for_others_are_left_alone() {
    let files = [
        ("inventory/group_vars/compute/README.md", "about: this\n"),
        ("inventory/group_vars/compute/old.yml.bak", "x: 1\n"),
        ("inventory/group_vars/compute/one.yml", "x: 1\n"),
        ("inventory/group_vars/compute/cert.pem", "-----BEGIN CERTIFICATE-----\n"),
        ("inventory/group_vars/compute/files.d/x.yml", "x: 1\n"),
        ("switches.xml", "<switches/>\n"),
        ("data.jsonl", "{\"a b\": 1}\n"),
        ("ansible.cfg", "[defaults]\n"),
        ("ansible/group_vars/all.yml", "x: 1\n"),
        ("README", "a: 1\n"),
    ];
    assert_eq!(notes(&files), "");
    // An inventory that is a file reads what lies beside it.
    let beside = site(&[("hosts", "[controllers]\nctl1\n"), ("group_vars/all.yml", "x: 1\n")]);
    let inventory = beside.path().join("hosts");
    let text = ymir(&beside, &["--inventory", inventory.to_str().unwrap()]).1;
    assert!(!text.contains("unread-file"), "{text}");
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
fn files_that_cannot_be_read_are_findings() {
    insta::assert_snapshot!(notes(&[("bad.yml", "a: 1\n  b: 2\n")]), @"error unreadable bad.yml:2:4: reading bad.yml: mapping values are not allowed in this context");
    insta::assert_snapshot!(notes(&[("inventory/group_vars/nobody.yml", "a: [\n")]), @"error unreadable inventory/group_vars/nobody.yml:2:1: reading inventory/group_vars/nobody.yml: did not find expected node content while parsing a flow node");
}

/// A vault text that no password opens.
const LOCKED: &str = "$ANSIBLE_VAULT;1.1;AES256\n3130\n";

#[test]
fn encrypted_files_that_stay_shut_are_told_once() {
    for file in
        ["secrets.yml", "inventory/group_vars/compute.yml", "inventory/group_vars/nobody.yml"]
    {
        let (code, stdout, stderr) = ymir(&site(&[(file, LOCKED)]), &["--output", "json"]);
        let found: serde_json::Value = serde_json::from_str(&stdout).unwrap();
        assert_eq!((code, &found["notes"][0]["code"]), (3, &"vault".into()), "{file}: {stdout}");
        assert_eq!((&found["errors"], stderr.as_str()), (&1.into(), ""), "{file}");
    }
    let (_, stdout, stderr) = ymir(&site(&[]), &["--vault-password-file", "/no/such/file"]);
    insta::assert_snapshot!(format!("{stdout}{stderr}"), @"
    error: reading the vault password from /no/such/file
      because: No such file or directory (os error 2)
      hint: let the file hold the password, or give another with --vault-password-file
    ");
}

#[test]
fn files_that_are_there_and_cannot_be_read() {
    let site = site(&[("inventory/host_vars/ctl1/a.yml", "x: 1\n")]);
    let circle = site.path().join("zz.yml");
    std::os::unix::fs::symlink("zz.yml", &circle).unwrap();
    insta::assert_snapshot!(ymir(&site, &[]).1, @"
    error[unreadable]: reading zz.yml: Too many levels of symbolic links (os error 40)
      at: zz.yml

    1 error, 0 warnings, 0 hints
    ");
    fs::remove_file(&circle).unwrap();
    for link in ["gone.yml", "inventory/host_vars/ctl1/gone.yml", "inventory/group_vars/gone.yml"] {
        fs::create_dir_all(site.path().join(link).parent().unwrap()).unwrap();
        std::os::unix::fs::symlink("/no/such/file", site.path().join(link)).unwrap();
    }
    insta::assert_snapshot!(ymir(&site, &[]).1, @"
    warning[unread-file]: nothing reads `gone.yml`, because it is a link that leads nowhere
      at: gone.yml
      hint: remove the link, or put back what it leads to

    warning[unread-file]: nothing reads `inventory/group_vars/gone.yml`, because it is a link that leads nowhere
      at: inventory/group_vars/gone.yml
      hint: remove the link, or put back what it leads to

    warning[unread-file]: nothing reads `inventory/host_vars/ctl1/gone.yml`, because it is a link that leads nowhere
      at: inventory/host_vars/ctl1/gone.yml
      hint: remove the link, or put back what it leads to

    0 errors, 3 warnings, 0 hints
    ");
}

#[test]
fn files_of_somebody_else_are_named_with_what_to_do() {
    use std::os::unix::{fs::PermissionsExt as _, process::CommandExt as _};
    const NOBODY: u32 = 65534;
    let site = site(&[("zz.yml", "x: 1\n")]);
    let file = site.path().join("zz.yml");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o000)).unwrap();
    // Root may read everything, so it becomes somebody else, who may read the program and the site.
    let is_root = fs::read(&file).is_ok();
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("ymir");
    fs::copy(env!("CARGO_BIN_EXE_ymir"), &program).unwrap();
    for dir in [folder.path(), site.path()] {
        fs::set_permissions(dir, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let ymir = || {
        let mut program = Command::new(&program);
        if is_root {
            program.uid(NOBODY).gid(NOBODY);
        }
        said(&site, &mut program, &[]).1
    };
    let keys = site.path().join("keys");
    fs::create_dir(&keys).unwrap();
    fs::set_permissions(&keys, fs::Permissions::from_mode(0o000)).unwrap();
    insta::assert_snapshot!(ymir(), @"
    error[unreadable]: reading zz.yml: Permission denied (os error 13)
      at: zz.yml
      hint: give the user who runs Ymir the right to read it; `namei -l` shows whose it is

    1 error, 0 warnings, 0 hints
    ");
    // What holds no variables is nobody's business.
    fs::remove_file(&file).unwrap();
    insta::assert_snapshot!(ymir(), @"0 errors, 0 warnings, 0 hints");
    fs::set_permissions(&keys, fs::Permissions::from_mode(0o700)).unwrap();
}

#[test]
fn characters_that_cannot_be_seen_are_named() {
    let shown = |text: String| text.replace(['\u{a0}', '\u{feff}'], "·");
    let with = |text: &str| shown(ymir(&site(&[("bad.yml", text)]), &[]).1);
    insta::assert_snapshot!(with("a: 1\nkey:\u{a0}value\nb: 2\n"), @"
    error[unreadable]: reading bad.yml: could not find expected ':' while scanning a simple key
       --> bad.yml:3:1
        |
      1 | a: 1
      2 | key:·value
      3 | b: 2
        | ^ here
      hint: at bad.yml:2:5 stands a no-break space (U+00A0), which cannot be seen: write a space instead

    1 error, 0 warnings, 0 hints
    ");
    insta::assert_snapshot!(with("key:\u{200b}value\n"), @"
    error[unreadable]: reading variables from bad.yml: it holds text, not a map of variables
      at: bad.yml:1:1
      hint: at bad.yml:1:5 stands a zero-width space (U+200B), which cannot be seen: write a space instead

    1 error, 0 warnings, 0 hints
    ");
    insta::assert_snapshot!(with("map:\n  a: 1\n\u{feff}  b: 1\n"), @"
    error[unreadable]: reading bad.yml: did not find expected key while parsing a block mapping
       --> bad.yml:3:4
        |
      1 | map:
      2 |   a: 1
      3 | ·  b: 1
        |   ^ here
      hint: at bad.yml:3:1 stands a byte order mark (U+FEFF), which cannot be seen: write a space instead

    1 error, 0 warnings, 0 hints
    ");
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

#[test]
fn entrances_that_cannot_be() {
    let network = "internal_net_name: provision_oc_net\npublic_net_name: provision_oc_net\n";
    let with = |text: &str| notes(&[("vips.yml", &format!("{network}{text}"))]);
    insta::assert_snapshot!(with("kolla_internal_vip_address: 10.1.0.5\nkolla_external_vip_address: 10.0.0.11\n"), @"
    warning vip-outside-network vips.yml:3:29: the address 10.1.0.5 of the internal APIs is outside 10.0.0.0/24, the range of `provision_oc_net`
    error vip-of-host vips.yml:4:29: the address 10.0.0.11 of the public APIs is that of cmp1
    ");
    insta::assert_snapshot!(with("provision_oc_net_vip_address: 10.0.0.10\nprovision_oc_net_fqdn: my_cloud\n"), @"
    error vip-of-host vips.yml:3:31: the address 10.0.0.10 of the internal and public APIs is that of ctl1
    error fqdn vips.yml:4:24: `my_cloud` is no name for the internal and public APIs: only letters, digits, dashes and dots may stand in it
    ");
    insta::assert_snapshot!(with("provision_oc_net_vip_address: 10.0.0.10\n"), @"error vip-of-host vips.yml:3:31: the address 10.0.0.10 of the internal and public APIs is that of ctl1");
    insta::assert_snapshot!(with("kolla_internal_fqdn: https://cloud.example.com\n"), @"error fqdn vips.yml:3:22: `https://cloud.example.com` is no name for the internal APIs: it is a URL");
    let fine = "kolla_internal_vip_address: 10.0.0.30\nkolla_internal_fqdn: cloud.example.com\n";
    assert_eq!(with(fine), "");
    let single = "kolla_internal_vip_address: 10.0.0.11\nkolla_enable_haproxy: 'no'\n";
    assert_eq!(with(single), "");
}

#[test]
fn addresses_that_are_taken_or_that_nobody_can_have() {
    let pools = "provision_oc_net_neutron_allocation_pool_start: 10.0.0.100\n\
                 provision_oc_net_neutron_allocation_pool_end: 10.0.0.255\n";
    let kept =
        |ctl1: &str, cmp1: &str| format!("provision_oc_net_ips:\n  ctl1: {ctl1}\n  cmp1: {cmp1}\n");
    let with = |text: &str, ctl1: &str, cmp1: &str| {
        let (text, kept) = (format!("{pools}{text}"), kept(ctl1, cmp1));
        notes(&[("pools.yml", &text), ("network-allocation.yml", &kept)])
    };
    insta::assert_snapshot!(with("", "10.0.0.0", "10.0.0.255"), @"
    error reserved-address network-allocation.yml:2:9: the address 10.0.0.0 of ctl1 is the network address of 10.0.0.0/24, which no host can have
    error reserved-address network-allocation.yml:3:9: the address 10.0.0.255 of cmp1 is the broadcast address of 10.0.0.0/24, which no host can have
    warning address-in-pool network-allocation.yml:3:9: the address 10.0.0.255 of cmp1 is among those for Neutron, 10.0.0.100 to 10.0.0.255
    error reserved-address pools.yml:2:47: the last address 10.0.0.255 for Neutron is the broadcast address of 10.0.0.0/24, which no host can have
    ");
    let gateways = "provision_oc_net_inspection_gateway: 10.0.0.15\n\
                    provision_oc_net_neutron_gateway: 10.0.0.150\n";
    insta::assert_snapshot!(with(gateways, "10.0.0.1", "10.0.0.11"), @"
    warning gateway-of-host networks.yml:2:27: the gateway 10.0.0.1 of `provision_oc_net` is ctl1
    error reserved-address pools.yml:2:47: the last address 10.0.0.255 for Neutron is the broadcast address of 10.0.0.0/24, which no host can have
    error gateway-in-pool pools.yml:3:38: the gateway 10.0.0.15 is among those for hosts, 10.0.0.10 to 10.0.0.20
    error gateway-in-pool pools.yml:4:35: the gateway 10.0.0.150 is among those for Neutron, 10.0.0.100 to 10.0.0.255
    ");
    let entrance = "internal_net_name: provision_oc_net\npublic_net_name: provision_oc_net\n\
                    kolla_external_vip_address: \"{{ kolla_internal_vip_address }}\"\n";
    let vip = |address: &str| {
        let text = format!("{entrance}kolla_internal_vip_address: {address}\n");
        with(&text, "10.0.0.10", "10.0.0.11")
    };
    insta::assert_snapshot!(vip("10.0.0.15"), @"
    error reserved-address pools.yml:2:47: the last address 10.0.0.255 for Neutron is the broadcast address of 10.0.0.0/24, which no host can have
    error vip-in-pool pools.yml:5:29: the address 10.0.0.15 of the public APIs is among those for hosts, 10.0.0.10 to 10.0.0.20
    error vip-in-pool pools.yml:6:29: the address 10.0.0.15 of the internal APIs is among those for hosts, 10.0.0.10 to 10.0.0.20
    ");
    insta::assert_snapshot!(vip("10.0.0.120"), @"
    error reserved-address pools.yml:2:47: the last address 10.0.0.255 for Neutron is the broadcast address of 10.0.0.0/24, which no host can have
    error vip-in-pool pools.yml:5:29: the address 10.0.0.120 of the public APIs is among those for Neutron, 10.0.0.100 to 10.0.0.255
    error vip-in-pool pools.yml:6:29: the address 10.0.0.120 of the internal APIs is among those for Neutron, 10.0.0.100 to 10.0.0.255
    ");
    insta::assert_snapshot!(vip("10.0.0.1"), @"
    error reserved-address pools.yml:2:47: the last address 10.0.0.255 for Neutron is the broadcast address of 10.0.0.0/24, which no host can have
    error vip-of-gateway pools.yml:5:29: the address 10.0.0.1 of the public APIs is a gateway of `provision_oc_net`
    error vip-of-gateway pools.yml:6:29: the address 10.0.0.1 of the internal APIs is a gateway of `provision_oc_net`
    ");
}

#[test]
fn addresses_that_only_look_taken() {
    let table = [
        // A host that is gone, and a name that keeps an address free.
        "provision_oc_net_ips: {ctl1: 10.0.0.10, cmp1: 10.0.0.11, vip: 10.0.0.12}\n\
         internal_net_name: provision_oc_net\nkolla_internal_vip_address: 10.0.0.12\n",
        // Two hosts that share a network of two addresses.
        "provision_oc_net_ips: {ctl1: 10.0.0.0, cmp1: 10.0.0.1}\nprovision_oc_net_cidr: 10.0.0.0/31\n\
         provision_oc_net_gateway: fd00::1\n",
        "provision_oc_net_ips: {ctl1: 'fd00::', cmp1: 'fd00::2'}\nprovision_oc_net_cidr: fd00::/64\n\
         provision_oc_net_gateway: fd00::1\n",
    ];
    for text in table {
        let found = notes(&[("taken.yml", text), ("network-allocation.yml", "{}\n")]);
        let of_others = ["unknown-host", "-outside-network"];
        let told = found.lines().filter(|line| !of_others.iter().any(|code| line.contains(code)));
        assert_eq!(told.collect::<Vec<_>>(), [""; 0], "{text}");
    }
}
