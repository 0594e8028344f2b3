//! Which environment and which hosts are chosen: what is missing, misspelt or meaningless is told.

use super::Site;

#[test]
fn no_environment_is_chosen() {
    let site = with("");
    insta::assert_snapshot!(site.without_environment(&["overcloud", "provision"]), @"
    exit 2
    error: no environment is chosen
      because: environments of this site: lab, mixed
      hint: give --environment lab, or set YMIR_ENVIRONMENT=lab
    ");
    for command in [["run", "list"], ["lab", "status"]] {
        let said = site.without_environment(&command);
        assert!(said.starts_with("exit 2\nerror: no environment is chosen\n"), "{said}");
        assert!(said.contains("environments of this site: lab, mixed\n"), "{said}");
    }
}

#[test]
fn what_is_of_no_environment_needs_none() {
    let site = Site::new();
    let create = ["environment", "create", "--environment", "new", "--check"];
    for args in [&create[..], &["configuration", "schema"], &["configuration", "diff", "lab"]] {
        let said = site.without_environment(args);
        assert!(said.starts_with("exit 0\n"), "{args:?}: {said}");
    }
}

#[test]
fn parts_of_a_limit_that_match_nothing() {
    let site = Site::new();
    let dump = |limit| {
        let args = ["configuration", "dump", "--var-name", "inventory_hostname", "--limit", limit];
        site.run(&args)
    };
    insta::assert_snapshot!(dump("bm1:bm22:!computer"), @"
    exit 0
    warning: `bm22` of --limit matches no host; did you mean `bm2`?
    warning: `computer` of --limit matches no host; did you mean `compute`?
    ");
    insta::assert_snapshot!(dump("bm22"), @"
    exit 3
    error: selecting hosts by `bm22`
      because: the pattern matches no host of this environment
       --> --limit:1:1
        |
      1 | bm22
        | ^ here
      hint: did you mean `bm2`?
    ");
    // A group that is there and empty, and one that only takes away what is not there, are no mistakes.
    insta::assert_snapshot!(dump("bm1,ungrouped,!bm2"), @"exit 0");
}

#[test]
fn a_limit_that_means_nothing() {
    let site = Site::new();
    let commands: &[&[&str]] = &[
        &["run", "list"],
        &["run", "show"],
        &["lab", "status"],
        &["seed", "deployment", "image", "build"],
        &["configuration", "explain", "x", "--host", "bm1"],
        &["configuration", "variables"],
        &["configuration", "schema"],
        &["configuration", "merged"],
        &["configuration", "validate"],
        &["overcloud", "host", "image", "build", "debian-12"],
    ];
    for command in commands {
        let said = site.run(&[command, &["--limit", "bm1"][..]].concat());
        assert!(said.starts_with("exit 2\nerror: --limit bm1 means nothing here\n"), "{said}");
    }
    let create = ["environment", "create", "--environment", "new", "--limit", "bm1"];
    insta::assert_snapshot!(site.without_environment(&create), @"
    exit 2
    error: --limit bm1 means nothing here
      because: an environment is made without its hosts
      hint: give the command without --limit
    ");
    insta::assert_snapshot!(site.run(&["lab", "status", "--limit", "bm1"]), @"
    exit 2
    error: --limit bm1 means nothing here
      because: the lab is one: its commands name nodes and services themselves
      hint: give the command without --limit
    ");
}

#[test]
fn images_are_built_for_the_hosts_of_a_limit() {
    let site = Site::new();
    let build = ["overcloud", "host", "image", "build", "--check", "--limit"];
    let titles = |limit| {
        let said = site.run(&[&build[..], &[limit]].concat());
        let lanes = ["debian-12:", "debian-12-tuned:"];
        lanes.map(|lane| said.lines().any(|line| line.starts_with(lane)))
    };
    assert_eq!(titles("bm1"), [true, false]);
    assert_eq!(titles("compute"), [false, true]);
    assert_eq!(titles("all"), [true, true]);
}

#[test]
fn named_hosts_are_limited_too() {
    let site = Site::new();
    let dump = |by, name, limit| {
        let args = ["configuration", "dump", "--var-name", "inventory_hostname"];
        site.run(&[&args[..], &[by, name, "--limit", limit]].concat())
    };
    assert!(dump("--hosts", "all", "bm1").starts_with("exit 0\n"));
    insta::assert_snapshot!(dump("--hosts", "compute", "bm1"), @"
    exit 3
    error: --limit bm1 leaves none of the hosts to dump
      because: these are bm2
    ");
    insta::assert_snapshot!(dump("--host", "bm2", "bm1"), @"
    exit 3
    error: --limit bm1 leaves none of the hosts to dump
      because: these are bm2
    ");
}

#[test]
fn an_exit_code_of_a_check_wants_a_check() {
    let site = with("");
    insta::assert_snapshot!(site.run(&["overcloud", "provision", "--detailed-exitcode"]), @"
    exit 2
    error: --detailed-exitcode says what a check has found
      hint: give --check, too
    ");
}

fn with(text: &str) -> Site {
    Site::new().with("zz-wrong.yml", text)
}

#[test]
fn a_value_of_the_wrong_type() {
    let port = with("ymir_lab_redfish_port: soon");
    insta::assert_snapshot!(port.run(&["lab", "status"]), @"
    exit 3
    error: bm1: reading `ymir_lab_redfish_port`
      because: expected a whole number from 0 to 65535, found the text `soon`
      set by: ymir_lab_redfish_port (environments/lab/zz-wrong.yml:2:24)
       --> environments/lab/zz-wrong.yml:2:24
        |
      1 | ---
      2 | ymir_lab_redfish_port: soon
        |                        ^ here
    ");
    insta::assert_snapshot!(with("provision_oc_net_mtu: soon").provision(), @"
    exit 3
    error: the configuration has 2 faults
      because: bm1: reading `provision_oc_net_mtu`: expected a whole number, 0 or more, found the text `soon`
      because: bm2: reading `provision_oc_net_mtu`: expected a whole number, 0 or more, found the text `soon`
      set by: provision_oc_net_mtu (environments/lab/zz-wrong.yml:2:23)
       --> environments/lab/zz-wrong.yml:2:23
        |
      1 | ---
      2 | provision_oc_net_mtu: soon
        |                       ^ here
    ");
    insta::assert_snapshot!(with("resolv_nameservers: 7").provision(), @"
    exit 3
    error: the configuration has 2 faults
      because: bm1: reading `resolv_nameservers`: expected a list, found the number 7
      because: bm2: reading `resolv_nameservers`: expected a list, found the number 7
      set by: resolv_nameservers (environments/lab/zz-wrong.yml:2:21)
       --> environments/lab/zz-wrong.yml:2:21
        |
      1 | ---
      2 | resolv_nameservers: 7
        |                     ^ here
    ");
    let said = with("ymir_ironic_username: me\nymir_ironic_password: [hunter2]").provision();
    assert!(!said.contains("hunter2"), "{said}");
}

#[test]
fn a_waiting_time_below_nothing() {
    insta::assert_snapshot!(with("wait_active_timeout: -3").provision(), @"
    exit 3
    error: the configuration has 2 faults
      because: bm1: reading `wait_active_timeout`: expected a whole number, 0 or more, found the number -3
      because: bm2: reading `wait_active_timeout`: expected a whole number, 0 or more, found the number -3
      set by: wait_active_timeout (environments/lab/zz-wrong.yml:2:22)
       --> environments/lab/zz-wrong.yml:2:22
        |
      1 | ---
      2 | wait_active_timeout: -3
        |                      ^ here
    ");
    let text = with("wait_active_timeout: '-3'").provision();
    assert!(text.contains("expected a whole number, 0 or more, found the text `-3`"), "{text}");
    let port = with("provision_oc_net_vlan: 70000\nprovision_oc_net_mtu: 1.5").provision();
    assert!(port.contains("expected a whole number, 0 or more, found the number 1.5"), "{port}");
}

#[test]
fn a_network_that_is_not_described() {
    let site = Site::new().with("networks.yml", "{}");
    insta::assert_snapshot!(site.provision(), @"
    exit 3
    error: the configuration has 2 faults
      because: bm1: the network provision_oc_net is not described: `provision_oc_net_cidr` is not set
      because: bm2: the network provision_oc_net is not described: `provision_oc_net_cidr` is not set
      hint: set it in networks.yml of the environment, and make that file if it is missing: `provision_oc_net_cidr: 10.0.0.0/24`
      hint: the hosts' addresses are in `provision_oc_net_ips`, in network-allocation.yml of the environment
    ");
}

#[test]
fn hosts_that_a_plan_leaves_out() {
    let site = || Site::new().with("inventory/more", "");
    let more = |text: &str| {
        let site = site();
        std::fs::write(site.0.path().join("environments/lab/inventory/more"), text).unwrap();
        site
    };
    let list = ["overcloud", "provision", "--list-tasks"];
    let misspelt = more("[contrllers]\nbm7\n[switches]\nsw1\n");
    insta::assert_snapshot!(misspelt.run(&list), @"
    exit 0
    note: bm7 is left out: its group `contrllers` is not below `overcloud`; did you mean `controllers`?
    ");
    let limited = [&list[..], &["--limit", "bm1:bm7:sw1"]].concat();
    insta::assert_snapshot!(misspelt.run(&limited), @"
    exit 0
    note: 2 hosts of --limit are left out: they are not in the group `overcloud`: sw1, bm7
    ");
}

#[test]
fn an_inspection_before_the_ramdisk_is_built() {
    let inspect = ["overcloud", "hardware", "inspect", "--limit", "bm2"];
    insta::assert_snapshot!(Site::new().run(&inspect), @"
    exit 3
    error: bm2: there is no deployment ramdisk to boot
      because: SITE/state/lab/httpboot/ipa.kernel does not exist
      hint: run `ymir seed deployment image build`; `ymir_image_path` says where it is published
    ");
    // It reaches for Ironic where no ramdisk of the site is needed.
    let said = with("ymir_ironic_interfaces: {inspect: redfish}").run(&inspect);
    assert!(said.contains("talking to Ironic"), "{said}");
}

#[test]
fn another_openstack_release_stops_only_what_acts() {
    let site = Site::new().with("openstack.yml", "openstack_release: '2025.1'");
    let dump = ["configuration", "dump", "--var-name", "openstack_release", "--host", "bm1"];
    insta::assert_snapshot!(site.run(&dump), @"
    exit 0
    warning: taking the defaults of the OpenStack release `2025.1`
      because: Ymir knows the defaults of 2026.2
      set by: openstack_release (environments/lab/openstack.yml:2:20)
       --> environments/lab/openstack.yml:2:20
        |
      1 | ---
      2 | openstack_release: '2025.1'
        |                    ^ here
      hint: set `openstack_release` to a release that is known, or use the Ymir made for yours
      hint: what is shown has the defaults of 2026.2; commands that act refuse
    ");
    for args in [
        &["inventory", "--graph"][..],
        &["configuration", "explain", "openstack_branch", "--host", "bm1"],
        &["configuration", "schema"],
    ] {
        let said = site.run(args);
        assert!(
            said.starts_with("exit 0\nwarning: taking the defaults of the OpenStack"),
            "{said}"
        );
    }
    // Both sides are of that release, which is told once.
    let said = site.run(&["configuration", "diff", "lab", "lab"]);
    assert_eq!(said.matches("warning: ").count(), 1, "{said}");
    let mut validate = site.command(&["configuration", "validate", "--environment", "lab"]);
    let output = validate.output().unwrap();
    let found = String::from_utf8(output.stdout).unwrap();
    assert_eq!((output.status.code(), &*output.stderr), (Some(3), &b""[..]), "{found}");
    let (_, found) = found.split_once("error[").unwrap();
    insta::assert_snapshot!(found, @"
    unknown-release]: taking the defaults of the OpenStack release `2025.1`: Ymir knows the defaults of 2026.2
       --> environments/lab/openstack.yml:2:20
        |
      1 | ---
      2 | openstack_release: '2025.1'
        |                    ^ here
      hint: set `openstack_release` to a release that is known, or use the Ymir made for yours

    1 error, 7 warnings, 0 hints
    ");
    insta::assert_snapshot!(site.provision(), @"
    exit 3
    error: taking the defaults of the OpenStack release `2025.1`
      because: Ymir knows the defaults of 2026.2
      set by: openstack_release (environments/lab/openstack.yml:2:20)
       --> environments/lab/openstack.yml:2:20
        |
      1 | ---
      2 | openstack_release: '2025.1'
        |                    ^ here
      hint: set `openstack_release` to a release that is known, or use the Ymir made for yours
    ");
    assert_eq!(site.run(&["overcloud", "provision", "--check"]), site.provision());
}
