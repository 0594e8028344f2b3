//! A site whose hosts have emulated BMCs.

use std::{fmt::Write as _, fs, path::Path, process::Command};

use serde_json::Value;
use tempfile::TempDir;

use crate::{
    bmcs::{PASSWORD, USER, system},
    outcome::Outcome,
};

/// A Kayobe configuration in a directory of its own.
pub(crate) struct Site {
    dir: TempDir,
    hosts: Vec<String>,
}

impl Outcome {
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", self.stdout))
    }
}

/// The variables of a host whose BMC speaks Redfish.
pub(crate) fn redfish(address: &str, number: u32, more: &str) -> String {
    let system = system(number);
    format!(
        "ironic_driver: redfish\nironic_driver_info:\n  redfish_address: {address}\n  redfish_system_id: {system}\n  \
         redfish_username: {USER}\n  redfish_password: \"{{{{ bmc_password }}}}\"\n{more}"
    )
}

/// The variables of a host whose BMC speaks IPMI.
pub(crate) fn ipmi(port: u16, more: &str) -> String {
    format!(
        "ironic_driver: ipmi\nironic_driver_info:\n  ipmi_address: 127.0.0.1\n  ipmi_port: {port}\n  \
         ipmi_username: {USER}\n  ipmi_password: \"{{{{ bmc_password }}}}\"\n{more}"
    )
}

impl Site {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        for part in ["host_vars", "group_vars"] {
            fs::create_dir_all(dir.path().join("site/inventory").join(part)).unwrap();
        }
        fs::write(dir.path().join("site/globals.yml"), "--- {}\n").unwrap();
        // Not in globals.yml, which would win over what a host has.
        let all = format!(
            "---\nbmc_password: {PASSWORD}\nymir_bmc_answer_timeout: 20\nymir_bmc_power_timeout: 60\n"
        );
        fs::write(dir.path().join("site/inventory/group_vars/all.yml"), all).unwrap();
        Self { dir, hosts: Vec::new() }
    }

    /// Adds a host with these variables.
    pub(crate) fn host(mut self, name: &str, variables: &str) -> Self {
        self.hosts.push(name.to_owned());
        let mut inventory = "[controllers]\n".to_owned();
        self.hosts.iter().for_each(|host| writeln!(inventory, "{host}").unwrap());
        inventory += "\n[overcloud:children]\ncontrollers\n";
        self.write("inventory/hosts", &inventory);
        self.write(&format!("inventory/host_vars/{name}.yml"), &format!("---\n{variables}"));
        self
    }

    pub(crate) fn write(&self, file: &str, text: &str) {
        fs::write(self.dir.path().join("site").join(file), text).unwrap();
    }

    /// Runs `ymir …`. Nothing that it says or keeps may hold a password.
    #[track_caller]
    pub(crate) fn ymir(&self, args: &[&str]) -> Outcome {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ymir"));
        command
            .args(args)
            .args(["--config-path", self.dir.path().join("site").to_str().unwrap()])
            .current_dir(self.dir.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", self.dir.path())
            .env("YMIR_STATE_DIR", self.dir.path().join("state"));
        let output = command.output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        let (stdout, stderr) = (text(output.stdout), text(output.stderr));
        println!("$ ymir {}\n{stderr}{stdout}", args.join(" "));
        let kept = kept(&self.dir.path().join("state"));
        for said in [&stdout, &stderr, &kept] {
            assert!(!said.contains(PASSWORD), "the password was told in\n{said}");
        }
        Outcome { code: output.status.code().unwrap_or(-1), stdout, stderr }
    }

    /// Runs `ymir overcloud bmc …`.
    #[track_caller]
    pub(crate) fn bmc(&self, words: &str) -> Outcome {
        let words: Vec<&str> = words.split(' ').collect();
        self.ymir(&[&["overcloud", "bmc"], &words[..]].concat())
    }

    /// What was found of each host, by a command that only looks.
    #[track_caller]
    pub(crate) fn found(&self, words: &str) -> Vec<Value> {
        let told = self.bmc(&format!("{words} --output json")).json();
        told["hosts"].as_array().unwrap().iter().map(|host| host["found"].clone()).collect()
    }
}

/// All files below a directory, one after the other.
fn kept(dir: &Path) -> String {
    let entries = fs::read_dir(dir).into_iter().flatten().map(Result::unwrap);
    let text = |path: &Path| {
        if path.is_dir() { kept(path) } else { fs::read_to_string(path).unwrap_or_default() }
    };
    entries.map(|entry| text(&entry.path())).collect()
}
