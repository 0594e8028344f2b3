//! A played host with a package manager, accounts, systemd and a kernel: enough for most topics to settle on.

use std::{fs, path::Path};

use super::{Stage, write};
use crate::host::{
    facts::{Facts, Family},
    programs::{Call, Output},
};

const UNITS: &str = "/played/units";
const RPMS: &str = "/played/rpms";

impl Stage {
    /// A host of the family, with nothing on it.
    pub(crate) fn of(family: Family) -> Self {
        let mut stage = Self::new(&[("/etc/shadow", "root:*:1::::::\n")]);
        let (distribution, codename) = match family {
            Family::Debian => ("ubuntu", "noble"),
            Family::RedHat => ("rocky", ""),
        };
        stage.facts = Facts {
            distribution: distribution.into(),
            codename: codename.into(),
            family,
            kernel: "6.1.0-1".into(),
            ..Facts::default()
        };
        if family == Family::Debian {
            stage.put("/var/lib/dpkg/status", "");
            stage.put("/usr/lib/apt/apt-helper", "");
            stage.put("/usr/share/python-wheels/pip-24.0-py3-none-any.whl", "");
        }
        stage.packages();
        stage.accounts();
        stage.systemd();
        stage.kernel();
        stage.python();
        stage.downloads();
        stage
    }

    fn packages(&self) {
        self.act("apt-get", |root, call| {
            for name in after(call, &["install"]) {
                let paragraph = format!("Package: {name}\nStatus: install ok installed\n\n");
                append(root, "/var/lib/dpkg/status", &paragraph);
                brings(root, name);
            }
            Output::default()
        });
        self.act("dnf", |root, call| {
            for name in after(call, &["install"]) {
                append(root, RPMS, &format!("{name}\n"));
                brings(root, name);
            }
            Output::default()
        });
        self.act("rpm --query", |root, call| {
            let there = read(root, RPMS);
            let named = call.args.iter().filter(|name| there.lines().any(|line| line == *name));
            said(&named.flat_map(|name| [name.as_str(), "\n"]).collect::<String>())
        });
    }

    fn accounts(&self) {
        self.act("groupadd", |root, call| {
            let gid = value(call, "--gid").unwrap_or_else(|| next(root, "/etc/group"));
            append(root, "/etc/group", &format!("{}:x:{gid}:\n", last(call)));
            Output::default()
        });
        self.act("useradd", |root, call| {
            let name = last(call);
            let number = value(call, "--uid").unwrap_or_else(|| next(root, "/etc/passwd"));
            let group = value(call, "--gid").unwrap_or_else(|| name.clone());
            if gid(root, &group).is_none() {
                append(root, "/etc/group", &format!("{group}:x:{number}:\n"));
            }
            for further in value(call, "--groups").iter().flat_map(|all| all.split(',')) {
                join(root, further, &name);
            }
            let home = value(call, "--home-dir").unwrap_or_else(|| format!("/home/{name}"));
            let (comment, shell) = (value(call, "--comment"), value(call, "--shell"));
            let line = format!(
                "{name}:x:{number}:{}:{}:{home}:{}\n",
                gid(root, &group).unwrap_or_default(),
                comment.unwrap_or_default(),
                shell.unwrap_or_default()
            );
            append(root, "/etc/passwd", &line);
            if call.args.iter().any(|word| word == "--create-home") {
                fs::create_dir_all(root.join(home.trim_start_matches('/'))).unwrap();
            }
            Output::default()
        });
        self.act("ssh-keygen", |_, call| {
            let path = last(call);
            fs::write(&path, "a key").unwrap();
            fs::write(format!("{path}.pub"), "its public half").unwrap();
            Output::default()
        });
        self.act("chpasswd", |root, call| {
            let text = String::from_utf8(call.input.clone()).unwrap();
            append(root, "/etc/shadow", &format!("{}:1::::::\n", text.trim_end()));
            Output::default()
        });
    }

    fn systemd(&self) {
        self.act("systemctl", |root, call| {
            let verb = call.args[0].as_str();
            if verb == "show" {
                let units = call.args.iter().skip_while(|word| *word != "--").skip(1);
                return said(&units.map(|unit| state(root, unit)).collect::<Vec<_>>().join("\n"));
            }
            for unit in call.args.iter().skip(1).filter(|word| !word.starts_with('-')) {
                append(root, UNITS, &format!("{verb} {unit}\n"));
            }
            Output::default()
        });
    }

    fn kernel(&self) {
        self.act("sysctl -w", |root, call| {
            let (name, value) = call.args[1].split_once('=').unwrap();
            write(root, &format!("/proc/sys/{}", name.replace('.', "/")), &format!("{value}\n"));
            Output::default()
        });
        for name in ["ip_forward", "conf/all/rp_filter", "conf/default/rp_filter"] {
            self.put(&format!("/proc/sys/net/ipv4/{name}"), "0\n");
        }
        self.answer(
            "ip -4 -oneline route get",
            "1.1.1.1 via 192.0.2.1 dev eth0 src 192.0.2.7 uid 0 \\    cache \n",
        );
        self.act("iptables", |root, call| {
            let rule = format!("{}\n", call.args[4..].join(" "));
            if call.args[3] == "--append" {
                append(root, "/played/rules", &rule);
            }
            if call.args[3] == "--delete" {
                write(root, "/played/rules", &read(root, "/played/rules").replace(&rule, ""));
                return Output::default();
            }
            let code = i32::from(!read(root, "/played/rules").contains(&rule));
            Output { code, ..Output::default() }
        });
        self.act("hostnamectl set-hostname", |root, call| {
            for path in ["/etc/hostname", "/proc/sys/kernel/hostname"] {
                write(root, path, &format!("{}\n", last(call)));
            }
            Output::default()
        });
    }

    fn python(&self) {
        self.act("python3 -m venv", |root, call| {
            write(root, &format!("{}/pyvenv.cfg", last(call)), "");
            write(root, &format!("{}/bin/python", last(call)), "");
            if !call.args.iter().any(|word| word == "--without-pip") {
                installed(root, &last(call), "pip");
            }
            Output::default()
        });
        self.act("/opt/", |root, call| {
            let venv = call.program.trim_end_matches("/bin/python");
            for name in after(call, &["--no-input"]) {
                installed(root, venv, name);
            }
            Output::default()
        });
    }

    fn downloads(&self) {
        // Where it is to go is an absolute path of this machine: the agent has put the host's root before it.
        for program in ["/usr/lib/apt/apt-helper", "curl"] {
            self.act(program, |_, call| {
                let to = value(call, "--output").unwrap_or_else(|| last(call));
                fs::write(to, "a key\n").unwrap();
                Output::default()
            });
        }
    }
}

/// A package of Python's in an environment.
fn installed(root: &Path, venv: &str, name: &str) {
    let package = format!("{venv}/lib/python3.11/site-packages/{name}-1.0.dist-info");
    write(root, &format!("{package}/RECORD"), "");
}

/// What a package brings with it that a topic looks for.
fn brings(root: &Path, package: &str) {
    if package == "nmstate" {
        write(root, "/usr/bin/nmstatectl", "");
    }
    if package == "iptables" {
        write(root, "/usr/sbin/iptables", "");
    }
}

/// As the last words to systemd left it.
fn state(root: &Path, unit: &str) -> String {
    let (mut load, mut file, mut active) = ("loaded", "disabled", "inactive");
    for line in read(root, UNITS).lines() {
        match line.split_once(' ').filter(|(_, name)| *name == unit) {
            Some(("enable", _)) => file = "enabled",
            Some(("disable", _)) => file = "disabled",
            Some(("start" | "restart", _)) => active = "active",
            Some(("stop", _)) => active = "inactive",
            Some(("mask", _)) => (load, file) = ("masked", "masked"),
            Some(("unmask", _)) => (load, file) = ("loaded", "disabled"),
            _ => {}
        }
    }
    format!("LoadState={load}\nUnitFileState={file}\nActiveState={active}\n")
}

fn said(stdout: &str) -> Output {
    Output { stdout: stdout.into(), ..Output::default() }
}

fn read(root: &Path, path: &str) -> String {
    fs::read_to_string(root.join(path.trim_start_matches('/'))).unwrap_or_default()
}

fn append(root: &Path, path: &str, text: &str) {
    write(root, path, &(read(root, path) + text));
}

/// The words behind one of these, without options and what belongs to them.
fn after<'c>(call: &'c Call, verbs: &[&str]) -> Vec<&'c str> {
    let words = call.args.iter().map(String::as_str);
    words
        .skip_while(|word| !verbs.contains(word))
        .skip(1)
        .filter(|word| !word.starts_with('-'))
        .collect()
}

fn value(call: &Call, option: &str) -> Option<String> {
    let at = call.args.iter().position(|word| word == option)?;
    call.args.get(at + 1).cloned()
}

fn last(call: &Call) -> String {
    call.args.last().unwrap().clone()
}

/// A number that is not taken yet, but for whoever runs the test: files can be given to nobody else.
fn next(root: &Path, path: &str) -> String {
    (1000 + read(root, path).lines().count()).to_string()
}

fn gid(root: &Path, group: &str) -> Option<String> {
    let text = read(root, "/etc/group");
    let mut rows = text.lines().map(|line| line.split(':').collect::<Vec<_>>());
    rows.find(|row| row[0] == group).map(|row| row[2].to_owned())
}

fn join(root: &Path, group: &str, user: &str) {
    let joined = |line: &str| match line.strip_prefix(&format!("{group}:")) {
        Some(rest) if rest.ends_with(':') => format!("{line}{user}\n"),
        Some(_) => format!("{line},{user}\n"),
        None => format!("{line}\n"),
    };
    write(root, "/etc/group", &read(root, "/etc/group").lines().map(joined).collect::<String>());
}
