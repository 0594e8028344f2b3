//! A Kayobe configuration for the guest, with the disks that a part wants.

use std::{fs, path::PathBuf};

use crate::{
    enclosure,
    guest::{ADDRESS, Guest, NAME, USER},
    real::{
        command::{Output, command},
        reach::{self, Door},
    },
    tang,
};

const GROUPS: &str = include_str!("../../environments/common/inventory/groups");
const NETWORKS: &str = include_str!("../hosts/site/etc/kayobe/networks.yml");

/// The words of the command that all parts give, for the topics that guests are for.
const CONFIGURE: [&str; 4] = ["overcloud", "host", "configure", "--tags"];
const DISKS: &str = "wipe-disks,mdadm,luks,lvm,swap,swift-block-devices";

/// A site that has one environment, its base.
#[derive(Debug)]
pub(crate) struct Site {
    directory: PathBuf,
}

impl Site {
    /// Writes the site anew; what Ymir kept of its runs stays.
    pub(crate) fn of(guest: &Guest) -> Self {
        let site = Self { directory: enclosure::state().join("site") };
        drop(fs::remove_dir_all(site.config()));
        site.write("inventory/groups", GROUPS);
        let hosts = format!("[controllers]\n{NAME} ansible_host={ADDRESS}\n[storage]\n{NAME}\n");
        site.write("inventory/hosts", &hosts);
        site.write("networks.yml", &NETWORKS.replace("172.23", "172.24"));
        site.write(
            "globals.yml",
            "---\nos_distribution: debian\nos_release: bookworm\nos_family: Debian\n",
        );
        site.write("tang.jws", &fs::read_to_string(tang::advertisement()).unwrap());
        site.write("ssh_known_hosts", &fs::read_to_string(guest.known_hosts()).unwrap());
        let (key, known_hosts) = (guest.key(), guest.known_hosts());
        let ssh = Door { key: &key, known_hosts: &known_hosts }.of_site(USER);
        site.write("ssh.yml", &ssh);
        site
    }

    fn config(&self) -> PathBuf {
        self.directory.join("etc/kayobe")
    }

    /// What Ymir keeps of its runs.
    pub(crate) fn state(&self) -> PathBuf {
        self.directory.join("state")
    }

    /// Writes one of its files, or one more.
    pub(crate) fn write(&self, file: &str, text: &str) {
        let path = self.config().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Configures the guest's disks, with these options.
    pub(crate) fn configure(&self, options: &[&str]) -> Output {
        self.configure_topics(DISKS, options)
    }

    /// Configures these topics, with these options.
    pub(crate) fn configure_topics(&self, topics: &str, options: &[&str]) -> Output {
        let words = [&CONFIGURE[..], &[topics], options].concat();
        reach::told(reach::ymir(&self.config(), &self.state(), &words), &words)
    }

    /// The same at a terminal, where this is typed.
    pub(crate) fn configure_at_terminal(&self, options: &[&str], typed: &str) -> Output {
        let words =
            [&[env!("CARGO_BIN_EXE_ymir")], &CONFIGURE[..], &[DISKS], options].concat().join(" ");
        println!("$ {words} <<< {typed}");
        let typing = format!("printf '%s\\n' '{typed}' | script -qec '{words}' /dev/null");
        let mut shell = command("sh", &["-c", &typing]);
        reach::choose(&mut shell, &self.config(), &self.state());
        let output = Output::of(shell, words);
        print!("{}", output.stdout);
        output
    }
}
