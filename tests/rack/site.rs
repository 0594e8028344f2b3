//! A site whose hosts are machines of a rack, and Ymir at work on it.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use serde_json::Value;
use tempfile::TempDir;

use crate::serving::Served;

pub(crate) struct Site {
    _dir: TempDir,
    path: PathBuf,
}

/// How a command ended and what it said.
pub(crate) struct Outcome {
    code: i32,
    said: String,
    stdout: String,
}

impl Outcome {
    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}", self.said);
        self
    }

    /// The events among what was said, with `--output json`.
    pub(crate) fn events(&self) -> Vec<Value> {
        let lines = self.said.lines().filter(|line| line.starts_with('{'));
        lines.map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The data that it wrote.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|_| panic!("{}", self.said))
    }

    /// Everything that was said.
    pub(crate) fn said(&self) -> &str {
        &self.said
    }

    #[track_caller]
    pub(crate) fn lacks(&self, unwanted: &[&str]) {
        for word in unwanted {
            assert!(!self.said.contains(word), "`{word}` stands in\n{}", self.said);
        }
    }

    #[track_caller]
    pub(crate) fn says(self, wanted: &[&str]) -> Self {
        for word in wanted {
            assert!(self.said.contains(word), "`{word}` is missing in\n{}", self.said);
        }
        self
    }
}

/// What this environment adds to the repository's `environments/common`; `URL` is the rack.
const CONFIGURATION: &str = "---
ymir_ironic_url: URL
ymir_ironic_poll_interval: 1
wait_ssh_timeout: 60
ymir_seed_dhcp_log: PATH/dhcp.log
ymir_seed_http_log: PATH/http.log
ymir_image_path: PATH/images
ymir_image_url: http://127.0.0.1:9/images
kolla_bifrost_deploy_image_filename: debian-12.qcow2
ssh_private_key_path: PATH/id
ssh_public_key_path: PATH/id.pub
provision_oc_net_cidr: 10.99.0.0/16
provision_oc_net_allocation_pool_start: 10.99.0.10
provision_oc_net_allocation_pool_end: 10.99.9.99
";

const BMC: &str = "---
kolla_bifrost_ipv4_interface_mac: 52:54:00:00:00:{{ '%02x' | format(inventory_hostname.split('-')[1] | int) }}
redfish_address: URL
redfish_system_uuid: \"{{ inventory_hostname }}\"
redfish_username: admin
redfish_password: \"{{ ('not-this' if inventory_hostname in bmc_locked_out | default([]) else 'bmc-password') }}\"
";

/// The part of a rack's file that fits the site.
pub(crate) const LOGIN: &str = "bmc = { user = \"admin\", password = \"bmc-password\" }";

impl Site {
    /// A site with hosts `node-1`, `node-2`, … in this rack.
    pub(crate) fn of(served: &Served, hosts: u32) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().canonicalize().unwrap();
        let site = Self { _dir: dir, path };
        let common = Path::new(env!("CARGO_MANIFEST_DIR")).join("environments/common");
        fs::create_dir_all(site.path.join("environments")).unwrap();
        site.write("host-images/debian-12.yml", "release: bookworm\n");
        let environments = site.path.join("environments");
        let copied = Command::new("cp").arg("-r").arg(common).arg(environments).status();
        assert!(copied.unwrap().success());
        let filled = |text: &str| {
            text.replace("URL", &served.url).replace("PATH", site.path.to_str().unwrap())
        };
        let names: Vec<_> = (1..=hosts).map(|number| format!("node-{number}\n")).collect();
        site.write("environments/rack/inventory/hosts", &format!("[compute]\n{}", names.concat()));
        site.write("environments/rack/rack.yml", &filled(CONFIGURATION));
        site.write("environments/rack/inventory/group_vars/overcloud/bmc.yml", &filled(BMC));
        let address =
            |number| format!("  node-{number}: 10.99.{}.{}\n", number / 200, 10 + number % 200);
        let addresses: Vec<_> = (1..=hosts).map(address).collect();
        let allocation = format!("---\nprovision_oc_net_ips:\n{}", addresses.concat());
        site.write("environments/rack/network-allocation.yml", &allocation);
        site.write("images/debian-12.qcow2", "abc");
        let digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        site.write("images/debian-12.qcow2.sha256", digest);
        site.write("images/ipa.kernel", "kernel");
        site.write("images/ipa.initramfs", "ramdisk");
        site.write("id.pub", "ssh-rsa LOGIN");
        let ssh = format!(
            "#!/bin/sh\nexec {} rack ssh {} -- \"$@\"\n",
            env!("CARGO_BIN_EXE_ymir"),
            served.url
        );
        site.write("bin/ssh", &ssh);
        fs::set_permissions(site.path.join("bin/ssh"), fs::Permissions::from_mode(0o755)).unwrap();
        site
    }

    /// A file of the site.
    pub(crate) fn write(&self, file: &str, text: &str) {
        let path = self.path.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// The path of a file of the site.
    pub(crate) fn file(&self, file: &str) -> String {
        self.path.join(file).to_str().unwrap().to_owned()
    }

    /// Makes a key pair.
    pub(crate) fn key(&self, name: &str) {
        let args = ["-q", "-t", "ed25519", "-N", "", "-f", &self.file(name)];
        assert!(Command::new("ssh-keygen").args(args).status().unwrap().success());
    }

    /// Signs a file as an operator would by hand.
    pub(crate) fn sign(&self, key: &str, file: &str) {
        fs::remove_file(self.file(&format!("{file}.sig"))).ok();
        let args =
            ["-q", "-Y", "sign", "-n", "ymir-image", "-f", &self.file(key), &self.file(file)];
        assert!(Command::new("ssh-keygen").args(args).status().unwrap().success());
    }

    /// Replaces text in a file of the site.
    pub(crate) fn edit(&self, file: &str, old: &str, new: &str) {
        let text = fs::read_to_string(self.path.join(file)).unwrap();
        assert!(text.contains(old), "{text}");
        self.write(file, &text.replace(old, new));
    }

    /// Gives a command to Ymir, and kills it as soon as something has come about.
    pub(crate) fn kill_when(&self, words: &str, ready: impl Fn() -> bool) {
        let mut child =
            self.command(words).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        while !ready() {
            assert!(child.try_wait().unwrap().is_none(), "it ended before it could be killed");
            std::thread::sleep(Duration::from_millis(10));
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// The text of a file of the site.
    pub(crate) fn read(&self, file: &str) -> String {
        fs::read_to_string(self.path.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
    }

    /// All that Ymir keeps of its runs.
    pub(crate) fn everything(&self) -> String {
        let state = self.path.join("state");
        let output = Command::new("grep").args(["-r", "", "-h"]).arg(state).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Gives a command to Ymir.
    pub(crate) fn ymir(&self, words: &str) -> Outcome {
        let output = self.command(words).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let stdout = text(&output.stdout);
        let said = format!("{stdout}{}", text(&output.stderr));
        Outcome { code: output.status.code().unwrap(), said, stdout }
    }

    /// Ymir with these words, not started yet.
    pub(crate) fn command(&self, words: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ymir"));
        command.args(words.split(' ')).args(["--environment", "rack", "--config-path"]);
        command.arg(&self.path).current_dir(&self.path);
        for name in ["YMIR_ENVIRONMENT", "KAYOBE_ENVIRONMENT", "YMIR_CONFIG_PATH", "TERM"] {
            command.env_remove(name);
        }
        let path = std::env::var("PATH").unwrap();
        command.env("PATH", format!("{}/bin:{path}", self.path.display()));
        command.env("YMIR_STATE_DIR", self.path.join("state"));
        command.env("YMIR_CACHE_DIR", self.path.join("cache"));
        command
    }
}
