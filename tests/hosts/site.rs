//! A Kayobe configuration for the lab's machines: the files beside this one, and what only the lab knows.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use crate::{
    enclosure,
    machines::{Distribution, Lab},
    real::{
        command::Output,
        reach::{self, Door},
    },
};

const GROUPS: &str = include_str!("../../environments/common/inventory/groups");

/// A site that has one environment, its base.
#[derive(Debug)]
pub(crate) struct Site {
    directory: PathBuf,
}

impl Site {
    /// Writes a site for the lab's machines into a new directory of this name. Odd ones are controllers, even ones
    /// compute hosts; if there is but one, it is both.
    pub(crate) fn of(lab: &Lab, name: &str) -> Self {
        let site = Self { directory: enclosure::state().join("sites").join(name) };
        drop(fs::remove_dir_all(&site.directory));
        let files = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hosts/site/etc/kayobe");
        copy(&files, &site.config());
        site.write("inventory/groups", GROUPS);
        site.write("inventory/hosts", &hosts(lab));
        site.write("network-allocation.yml", &allocation(lab));
        site.write("globals.yml", globals(lab.options().distribution));
        // As if Ymir had deployed the machines.
        fs::copy(lab.known_hosts(), site.config().join("ssh_known_hosts")).unwrap();
        // The machines' keys are known beforehand, as those of hosts that Ymir provisioned.
        site.write("ssh_known_hosts", &fs::read_to_string(lab.known_hosts()).unwrap());
        let (key, known_hosts) = (lab.key(), lab.known_hosts());
        let door = Door { key: &key, known_hosts: &known_hosts };
        site.write("ssh.yml", &door.of_site(lab.options().distribution.user()));
        site
    }

    /// The site of this name as earlier parts left it.
    pub(crate) fn again(name: &str) -> Self {
        Self { directory: enclosure::state().join("sites").join(name) }
    }

    /// Where its files are: what Kayobe calls its configuration path.
    pub(crate) fn config(&self) -> PathBuf {
        self.directory.join("etc/kayobe")
    }

    /// Where Ymir keeps the site's runs.
    pub(crate) fn state(&self) -> PathBuf {
        self.directory.join("state")
    }

    /// Writes one of its files, or one more.
    pub(crate) fn write(&self, file: &str, text: &str) {
        let path = self.config().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Runs Ymir on the site, and says what it says.
    pub(crate) fn ymir(&self, words: &[&str]) -> Output {
        reach::told(self.command(words), words)
    }

    /// Runs Ymir on the site for an operator whose home this is.
    pub(crate) fn ymir_at(&self, home: &Path, words: &[&str]) -> Output {
        let mut ymir = self.command(words);
        ymir.env("HOME", home);
        reach::told(ymir, words)
    }

    /// Starts Ymir on the site, to be killed perhaps; nobody hears what it says.
    pub(crate) fn start(&self, words: &[&str]) -> Child {
        println!("$ ymir {} &", words.join(" "));
        let mut ymir = self.command(words);
        ymir.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    fn command(&self, words: &[&str]) -> Command {
        reach::ymir(&self.config(), &self.state(), words)
    }
}

fn hosts(lab: &Lab) -> String {
    let mut text = String::new();
    let machines = lab.machines();
    for (group, odd) in [("controllers", true), ("compute", false)] {
        writeln!(text, "[{group}]").unwrap();
        for (index, machine) in machines.iter().enumerate() {
            if machines.len() == 1 || index.is_multiple_of(2) == odd {
                writeln!(text, "{}", machine.name).unwrap();
            }
        }
    }
    text
}

/// The addresses by which the machines are reached; the other networks' are allocated by whoever configures.
fn allocation(lab: &Lab) -> String {
    let mut text = "---\nprovision_oc_net_ips:\n".to_owned();
    for machine in lab.machines() {
        writeln!(text, "  {}: {}", machine.name, machine.address).unwrap();
    }
    text
}

fn globals(distribution: Distribution) -> &'static str {
    match distribution {
        Distribution::Debian => {
            "---\nos_distribution: debian\nos_release: bookworm\nos_family: Debian\n"
        }
        Distribution::Ubuntu => "---\nos_distribution: ubuntu\nos_release: noble\n",
        // The machines' kernel is this machine's, which knows no SELinux.
        Distribution::Rocky => {
            "---\nos_distribution: rocky\nos_release: \"10\"\nselinux_state: disabled\n"
        }
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), &target).unwrap();
        }
    }
}
