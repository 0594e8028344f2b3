//! Configurations that the bare-metal commands refuse before anything acts, through the real binary. Nothing here
//! needs an Ironic.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests start the binary themselves")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use tempfile::TempDir;

/// A copy of this repository's site, to be spoilt.
struct Site(TempDir);

impl Site {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let top = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        for part in ["environments", "host-images"] {
            copy(&top.join(part), &dir.path().join(part));
        }
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
        let output = Command::new(env!("CARGO_BIN_EXE_ymir"))
            .args(args)
            .args(["--environment", "lab"])
            .current_dir(self.0.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", self.0.path())
            .env("YMIR_STATE_DIR", self.0.path().join("state"))
            .stdin(Stdio::null())
            .output()
            .unwrap();
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
    insta::assert_snapshot!(site.provision(), @"");
    let limited = site.run(&["overcloud", "hardware", "register", "--limit", "bm1"]);
    assert!(limited.starts_with("exit 3\nerror: bm1 and bm2 have the same address"), "{limited}");
}

#[test]
fn two_hosts_with_one_bmc() {
    let uuid = "redfish_system_uuid: 11111111-0000-4000-8000-000000000001";
    let site = Site::new().with("inventory/host_vars/bm2/bmc.yml", uuid);
    insta::assert_snapshot!(site.provision(), @"");
}

#[test]
fn an_address_outside_its_network() {
    let text = "provision_oc_net_ips:\n  bm1: 172.22.0.11\n  bm2: 172.23.0.12";
    let site = Site::new().with("network-allocation.yml", text);
    insta::assert_snapshot!(site.provision(), @"");
}

#[test]
fn a_host_without_an_address() {
    let site = Site::new().with("network-allocation.yml", "provision_oc_net_ips:\n  bm1: 172.22.0.11");
    insta::assert_snapshot!(site.provision(), @"");
}

#[test]
fn an_unknown_image() {
    let text = "kolla_bifrost_deploy_image_filename: debain-12.qcow2";
    let site = Site::new().with("inventory/group_vars/compute/image.yml", text);
    insta::assert_snapshot!(site.provision(), @"");
}

#[test]
fn an_undefined_variable() {
    let text = "redfish_password: \"{{ vault_redfish_pasword }}\"";
    let site = Site::new().with("inventory/host_vars/bm2/bmc.yml", text);
    insta::assert_snapshot!(site.provision(), @"");
}

#[test]
fn a_host_without_a_driver() {
    let site = Site::new().with("inventory/host_vars/bm1/bmc.yml", "ironic_driver:");
    insta::assert_snapshot!(site.provision(), @"");
}

#[test]
fn a_mac_that_is_none() {
    let site = Site::new().with("inventory/host_vars/bm1/nic.yml", "kolla_bifrost_ipv4_interface_mac: eth0");
    insta::assert_snapshot!(site.provision(), @"");
}

#[test]
fn a_limit_that_selects_nothing() {
    let site = Site::new();
    insta::assert_snapshot!(site.run(&["overcloud", "provision", "--limit", "seed"]), @"");
}

#[test]
fn ironic_down_at_the_start() {
    // Nothing listens on the discard port.
    let site = Site::new().with("zz-ironic.yml", "ymir_ironic_url: http://127.0.0.1:9");
    insta::assert_snapshot!(site.run(&["overcloud", "hardware", "register", "--limit", "bm1"]), @"");
}

#[test]
fn deprovisioning_is_confirmed_first() {
    insta::assert_snapshot!(Site::new().run(&["overcloud", "deprovision"]), @"");
}
