//! Configurations that the bare-metal commands refuse before anything acts, through the real binary. Nothing here
//! needs an Ironic.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests start the binary themselves"
)]

mod bmc;
mod choices;
mod commands;
mod hosts;
mod messages;
mod red_hat;
mod templates;
mod unreadable;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use tempfile::TempDir;

/// A copy of this repository's site, to be spoilt. Its Ironic is not there: whatever becomes of a mistake, nothing is
/// reached, not even a lab that runs on this machine.
struct Site(TempDir);

/// Nothing listens there.
const NO_IRONIC: &str = "ymir_ironic_url: http://127.0.0.1:9";

impl Site {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let top = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        for part in ["environments", "host-images"] {
            copy(&top.join(part), &dir.path().join(part));
        }
        fs::write(dir.path().join("environments/lab/zz-absent-ironic.yml"), NO_IRONIC).unwrap();
        Self(dir)
    }

    /// Writes a file of the lab's environment.
    fn with(self, file: &str, text: &str) -> Self {
        let path = self.0.path().join("environments/lab").join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, format!("---\n{text}\n")).unwrap();
        self
    }

    /// The exit code and what stands on standard error.
    fn run(&self, args: &[&str]) -> String {
        self.without_environment(&[args, &["--environment", "lab"]].concat())
    }

    fn without_environment(&self, args: &[&str]) -> String {
        self.output(self.command(args))
    }

    fn with_password(&self, password: &str, args: &[&str]) -> String {
        let mut command = self.command(&[args, &["--environment", "lab"]].concat());
        command.env("KAYOBE_VAULT_PASSWORD", password);
        self.output(command)
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ymir"));
        command
            .args(args)
            .current_dir(self.0.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", self.0.path())
            .env("YMIR_STATE_DIR", self.0.path().join("state"))
            .stdin(Stdio::null());
        command
    }

    fn output(&self, mut command: Command) -> String {
        let output = command.output().unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        let text = text.replace(self.0.path().to_str().unwrap(), "SITE");
        format!("exit {}\n{text}", output.status.code().unwrap())
    }

    fn provision(&self) -> String {
        self.run(&["overcloud", "provision"])
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn two_hosts_with_one_address() {
    let text = "provision_oc_net_ips:\n  bm1: 172.22.0.11\n  bm2: 172.22.0.11";
    let site = Site::new().with("network-allocation.yml", text);
    insta::assert_snapshot!(site.provision(), @"
    exit 3
    error: bm1 and bm2 have the same address 172.22.0.11
      set by: provision_oc_net_ips.bm1 (environments/lab/network-allocation.yml:3:8)
      set by: provision_oc_net_ips.bm2 (environments/lab/network-allocation.yml:4:8)
       --> environments/lab/network-allocation.yml:3:8
        |
      1 | ---
      2 | provision_oc_net_ips:
      3 |   bm1: 172.22.0.11
        |        ^ here
      hint: give each host its own address
    ");
    let limited = site.run(&["overcloud", "hardware", "register", "--limit", "bm1"]);
    assert!(limited.starts_with("exit 3\nerror: bm1 and bm2 have the same address"), "{limited}");
}

#[test]
fn two_hosts_with_one_bmc() {
    let uuid = "redfish_system_uuid: 11111111-0000-4000-8000-000000000001";
    let site = Site::new().with("inventory/host_vars/bm2/bmc.yml", uuid);
    insta::assert_snapshot!(site.provision(), @"
    exit 3
    error: bm1 and bm2 have the same BMC http://172.22.0.1:8000 system /redfish/v1/Systems/11111111-0000-4000-8000-000000000001
      set by: redfish_address (environments/lab/inventory/group_vars/overcloud/bmc.yml:3:18)
       --> environments/lab/inventory/group_vars/overcloud/bmc.yml:3:18
        |
      1 | ---
      2 | # The lab's BMCs are one Redfish emulator; each machine is a system in it.
      3 | redfish_address: http://172.22.0.1:8000
        |                  ^ here
      hint: give each host its own BMC
    ");
}

#[test]
fn an_address_outside_its_network() {
    let text = "provision_oc_net_ips:\n  bm1: 172.22.0.11\n  bm2: 172.23.0.12";
    let site = Site::new().with("network-allocation.yml", text);
    insta::assert_snapshot!(site.provision(), @"
    exit 3
    error: bm2: the address 172.23.0.12 is outside 172.22.0.0/24
      because: network provision_oc_net
      set by: provision_oc_net_ips.bm2 (environments/lab/network-allocation.yml:4:8)
      set by: provision_oc_net_cidr (environments/lab/networks.yml:3:24)
       --> environments/lab/network-allocation.yml:4:8
        |
      2 | provision_oc_net_ips:
      3 |   bm1: 172.22.0.11
      4 |   bm2: 172.23.0.12
        |        ^ here
      hint: correct the address or the network's range
    ");
}

#[test]
fn a_host_without_an_address() {
    let site =
        Site::new().with("network-allocation.yml", "provision_oc_net_ips:\n  bm1: 172.22.0.11");
    insta::assert_snapshot!(site.provision(), @"
    exit 3
    error: bm2: no address on the network provision_oc_net
      because: `provision_oc_net_ips` has no entry for it
      set by: provision_oc_net_ips (environments/lab/network-allocation.yml:3:3)
       --> environments/lab/network-allocation.yml:3:3
        |
      1 | ---
      2 | provision_oc_net_ips:
      3 |   bm1: 172.22.0.11
        |   ^ here
      hint: add the host to network-allocation.yml of the environment
    ");
}

#[test]
fn an_unknown_image() {
    let text = "kolla_bifrost_deploy_image_filename: debain-12.qcow2";
    let site = Site::new().with("inventory/group_vars/compute/image.yml", text);
    insta::assert_snapshot!(site.provision(), @"
    exit 3
    error: bm2: the site has no image `debain-12.qcow2`
      set by: kolla_bifrost_deploy_image_filename (environments/lab/inventory/group_vars/compute/image.yml:2:38)
       --> environments/lab/inventory/group_vars/compute/image.yml:2:38
        |
      1 | ---
      2 | kolla_bifrost_deploy_image_filename: debain-12.qcow2
        |                                      ^ here
      hint: the nearest images of the site: debian-12.qcow2, debian-12-tuned.qcow2
      hint: an image that is not built here is described in `ymir_host_images`
    ");
}

#[test]
fn an_undefined_variable() {
    let text = "redfish_password: \"{{ vault_redfish_pasword }}\"";
    let site = Site::new().with("inventory/host_vars/bm2/bmc.yml", text);
    insta::assert_snapshot!(site.provision(), @r#"
    exit 3
    error: bm2: evaluating `ironic_driver_info`
      because: 'vault_redfish_pasword' is undefined
      because: needed through `ironic_driver_info` → `redfish_password`
      set by: redfish_password (environments/lab/inventory/host_vars/bm2/bmc.yml:2:19)
      set by: ironic_driver_info (environments/common/inventory/group_vars/overcloud/bmc.yml:8:21)
       --> environments/lab/inventory/host_vars/bm2/bmc.yml:2:23
        |
      1 | ---
      2 | redfish_password: "{{ vault_redfish_pasword }}"
        |                       ^ here
      hint: did you mean `redfish_password`?
    "#);
}

#[test]
fn a_host_without_a_driver() {
    let site = Site::new().with("inventory/host_vars/bm1/bmc.yml", "ironic_driver:");
    insta::assert_snapshot!(site.provision(), @"
    exit 3
    error: bm1: `ironic_driver` is empty
      set by: ironic_driver (environments/lab/inventory/host_vars/bm1/bmc.yml:2:15)
       --> environments/lab/inventory/host_vars/bm1/bmc.yml:2:15
        |
      1 | ---
      2 | ironic_driver:
        |               ^ here
      hint: set `ironic_driver: redfish` and `ironic_driver_info` for bm1, in its host_vars or in group_vars
    ");
}

#[test]
fn a_mac_that_is_none() {
    let site = Site::new()
        .with("inventory/host_vars/bm1/nic.yml", "kolla_bifrost_ipv4_interface_mac: eth0");
    insta::assert_snapshot!(site.provision(), @"
    exit 3
    error: bm1: `eth0` is not a MAC address
      set by: kolla_bifrost_ipv4_interface_mac (environments/lab/inventory/host_vars/bm1/nic.yml:2:35)
       --> environments/lab/inventory/host_vars/bm1/nic.yml:2:35
        |
      1 | ---
      2 | kolla_bifrost_ipv4_interface_mac: eth0
        |                                   ^ here
      hint: write it as 52:54:00:aa:00:01
    ");
}

#[test]
fn a_limit_that_selects_nothing() {
    let site = Site::new();
    insta::assert_snapshot!(site.run(&["overcloud", "provision", "--limit", "seed"]), @"
    exit 3
    error: selecting hosts by `seed`
      because: the pattern matches no host of this environment
      hint: `ymir configuration dump --var-name group_names` lists every host with its groups
    ");
}

#[test]
fn ironic_down_at_the_start() {
    // Nothing listens on the discard port.
    let site = Site::new().with("zz-ironic.yml", "ymir_ironic_url: http://127.0.0.1:9");
    insta::assert_snapshot!(site.run(&["overcloud", "hardware", "register", "--limit", "bm1"]), @"
    exit 4
    run 1: `overcloud hardware register`, 1 step
    -- register: bm1
    bm1: register the node: failed: talking to Ironic at http://127.0.0.1:9
      because: Connection refused (os error 111)
      set by: ymir_ironic_url (environments/lab/zz-ironic.yml:2:18)
      hint: check that Ironic runs and that this machine reaches it; in a lab, `ymir lab status` tells and `ymir lab up` starts it
    ");
}

#[test]
fn deprovisioning_is_confirmed_first() {
    insta::assert_snapshot!(Site::new().run(&["overcloud", "deprovision"]), @"
    exit 3
    error: deprovisioning was not confirmed; nothing was changed
      because: These hosts are switched off and lose what runs on them:
        bm1  172.22.0.11  debian-12
        bm2  172.22.0.12  debian-12-tuned
      Their disks are not wiped (ymir_ironic_automated_clean is off): data partitions stay readable.
      hint: type `yes`, or give `-e confirm_deprovision=yes` where there is no terminal; `--check` only shows it
    ");
}

#[test]
fn a_bmc_without_an_address() {
    let site = Site::new().with("inventory/host_vars/bm2/bmc.yml", "redfish_address:");
    let said = site.provision();
    for word in ["exit 3", "bm2: the address of its BMC is not set", "`redfish_address`", "hint: "]
    {
        assert!(said.contains(word), "`{word}` is missing in {said}");
    }
}

#[test]
fn a_bmc_that_nobody_can_log_in_to() {
    let faults = [
        "redfish_address: ''",
        "redfish_password: ''",
        "redfish_username:",
        "ironic_driver: redfihs",
        "ironic_driver: carrier-pigeon",
    ];
    let file = "inventory/host_vars/bm2/bmc.yml";
    let said = faults.map(|text| Site::new().with(file, text).provision());
    insta::assert_snapshot!(said.join("\n"), @"
    exit 3
    error: bm2: the address of its BMC is not set
      because: `ironic_driver_info` has no `redfish_address`, which the driver redfish needs
      set by: redfish_address (environments/lab/inventory/host_vars/bm2/bmc.yml:2:18)
       --> environments/lab/inventory/host_vars/bm2/bmc.yml:2:18
        |
      1 | ---
      2 | redfish_address: ''
        |                  ^ here
      hint: set `redfish_address` for bm2, in its host_vars or in group_vars

    exit 3
    error: bm2: the password of its BMC is not set
      because: `redfish_password` in `ironic_driver_info` is empty or missing
      set by: redfish_password (environments/lab/inventory/host_vars/bm2/bmc.yml:2:19)
       --> environments/lab/inventory/host_vars/bm2/bmc.yml:2:19
        |
      1 | ---
      2 | redfish_password: ''
        |                   ^ here
      hint: set `redfish_password` for bm2; if its BMC asks for no login, leave out both user name and password

    exit 3
    error: bm2: the user name of its BMC is not set
      because: `redfish_username` in `ironic_driver_info` is empty or missing
      set by: redfish_username (environments/lab/inventory/host_vars/bm2/bmc.yml:2:18)
       --> environments/lab/inventory/host_vars/bm2/bmc.yml:2:18
        |
      1 | ---
      2 | redfish_username:
        |                  ^ here
      hint: set `redfish_username` for bm2; if its BMC asks for no login, leave out both user name and password

    exit 3
    error: bm2: `redfihs` is no driver of Ironic
      set by: ironic_driver (environments/lab/inventory/host_vars/bm2/bmc.yml:2:16)
       --> environments/lab/inventory/host_vars/bm2/bmc.yml:2:16
        |
      1 | ---
      2 | ironic_driver: redfihs
        |                ^ here
      hint: did you mean `redfish`?

    exit 3
    error: bm2: `carrier-pigeon` is no driver of Ironic
      set by: ironic_driver (environments/lab/inventory/host_vars/bm2/bmc.yml:2:16)
       --> environments/lab/inventory/host_vars/bm2/bmc.yml:2:16
        |
      1 | ---
      2 | ironic_driver: carrier-pigeon
        |                ^ here
      hint: the drivers are fake-hardware, ibmc, idrac, ilo, ilo5, intel-ipmi, ipmi, irmc, manual-management, redfish, snmp, xclarity
    ");
}

#[test]
fn a_password_in_the_url_of_ironic_is_not_shown() {
    let text = "ymir_ironic_url: http://me:hunter2@127.0.0.1:9";
    let said = Site::new().with("zz-ironic.yml", text).provision();
    assert!(said.contains("exit 3") && said.contains("ymir_ironic_password"), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
}

#[test]
fn the_lab_is_not_checked() {
    let said = Site::new().run(&["lab", "down", "--check"]);
    assert!(said.starts_with("exit 2\nerror: the lab's commands cannot be checked"), "{said}");
}

#[test]
fn a_resumed_run_keeps_its_hosts_and_can_be_checked() {
    let site = Site::new().with("zz-ironic.yml", "ymir_ironic_url: http://127.0.0.1:9");
    site.run(&["overcloud", "hardware", "register"]);
    let limited = site.run(&["run", "resume", "--limit", "bm1"]);
    assert!(limited.starts_with("exit 2") || limited.contains("a resumed run keeps"), "{limited}");
    let checked = site.run(&["run", "resume", "--check"]);
    assert!(checked.contains("check of `overcloud hardware register`"), "{checked}");
}

#[test]
fn a_reader_that_goes_away_is_no_fault() {
    let site = Site::new();
    let mut dump = Command::new(env!("CARGO_BIN_EXE_ymir"))
        .args(["configuration", "dump", "--environment", "lab"])
        .current_dir(site.0.path())
        .env("YMIR_STATE_DIR", site.0.path().join("state"))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    drop(dump.stdout.take());
    assert_eq!(dump.wait().unwrap().code(), Some(0));
}
