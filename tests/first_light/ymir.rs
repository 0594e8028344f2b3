//! Runs the real binary as an operator would, and kills it where a test says so.
#![expect(clippy::disallowed_methods, reason = "tests start the binary themselves")]

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use serde_json::Value;

use crate::outcome::Outcome;

/// The binary, the site it works on, and where its state goes.
pub(crate) struct Ymir {
    binary: PathBuf,
    pub(crate) site: PathBuf,
    pub(crate) state: PathBuf,
}

impl Outcome {
    /// Panics if either stream holds any of these.
    #[track_caller]
    pub(crate) fn hides(self, secrets: &[&str]) -> Self {
        let text = format!("{}\n{}", self.stdout, self.stderr);
        for secret in secrets {
            assert!(!text.contains(secret), "`{secret}` was shown in\n{text}");
        }
        self
    }
}

impl Ymir {
    /// The site that this repository is, with a state directory of the test's own.
    pub(crate) fn of_this_repository() -> Self {
        let site = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let state = site.join("target/first-light");
        Self { binary: env!("CARGO_BIN_EXE_ymir").into(), site, state }
    }

    /// The same binary and state on a copy of the site; `edit` changes files of the copy.
    pub(crate) fn on_copy(&self, name: &str, edit: impl Fn(&Path)) -> Self {
        let site = self.state.join("sites").join(name);
        drop(fs::remove_dir_all(&site));
        for dir in ["environments", "host-images", "seed"] {
            copy(&self.site.join(dir), &site.join(dir));
        }
        edit(&site);
        Self { binary: self.binary.clone(), site, state: self.state.clone() }
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        if !has_device_mapper() {
            let stand_ins =
                Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/first_light/stand_ins");
            let path = std::env::var("PATH").unwrap();
            command.env("PATH", format!("{}:{path}", stand_ins.display()));
        }
        command.args(args).args(["--environment", "mixed"]).current_dir(&self.site);
        command.env("YMIR_STATE_DIR", &self.state).stdin(Stdio::null());
        for set in
            ["YMIR_CONFIG_PATH", "KAYOBE_CONFIG_PATH", "KAYOBE_ENVIRONMENT", "YMIR_ENVIRONMENT"]
        {
            command.env_remove(set);
        }
        command
    }

    /// Runs a command to its end; what it says goes to the test's output, too.
    pub(crate) fn run(&self, args: &[&str]) -> Outcome {
        println!("$ ymir {}", args.join(" "));
        let output = self.command(args).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        let (stdout, stderr) = (text(output.stdout), text(output.stderr));
        print!("{stderr}{stdout}");
        Outcome { code: output.status.code().unwrap_or(-1), stdout, stderr }
    }

    /// Data that a command writes as JSON.
    pub(crate) fn json(&self, args: &[&str]) -> Value {
        let outcome = self.run(&[args, &["--output", "json"]].concat()).expect(0);
        serde_json::from_str(&outcome.stdout).unwrap()
    }

    /// Starts a command that goes on by itself, and waits until its run has begun. Its events go to a file, so that
    /// nobody has to read them.
    pub(crate) fn start(&self, args: &[&str]) -> Child {
        println!("$ ymir {} &", args.join(" "));
        let path = self.state.join("events-of-started-command");
        let events = fs::File::create(&path).unwrap();
        let child = self.command(args).args(["--output", "json"]).stdout(events).spawn().unwrap();
        let begun = || fs::read_to_string(&path).unwrap().contains("run_started");
        crate::ironic::wait_until("the run's first event", Duration::from_mins(1), begun);
        child
    }

    /// Runs a command and kills it with SIGKILL at the first event that `moment` accepts. Panics if it ends before.
    pub(crate) fn kill_at(&self, args: &[&str], moment: impl Fn(&Value) -> bool) {
        println!("$ ymir {} (to be killed)", args.join(" "));
        let mut command = self.command(args);
        let mut child = command.args(["--output", "json"]).stdout(Stdio::piped()).spawn().unwrap();
        let events = BufReader::new(child.stdout.take().unwrap()).lines();
        for line in events {
            let event: Value = serde_json::from_str(&line.unwrap()).unwrap();
            println!("  {event}");
            if moment(&event) {
                child.kill().unwrap();
                child.wait().unwrap();
                println!("  killed here");
                return;
            }
        }
        panic!("the command ended before the moment to kill it: {:?}", child.wait());
    }

    /// Keeps the lab's logs where a failed test's reader finds them.
    pub(crate) fn keep_logs(&self) {
        let kept = self.site.join("target/first-light-logs");
        drop(fs::remove_dir_all(&kept));
        copy(&self.state.join("lab/log"), &kept);
        println!("the lab's logs are kept in {}", kept.display());
        for entry in fs::read_dir(&kept).into_iter().flatten().flatten() {
            let text = fs::read(entry.path()).unwrap_or_default();
            let text = String::from_utf8_lossy(&text);
            let lines: Vec<&str> = text.lines().collect();
            println!("--- the end of {}", entry.path().display());
            lines[lines.len().saturating_sub(25)..].iter().for_each(|line| println!("{line}"));
        }
    }
}

/// Replaces text in a file; the text must be there.
#[track_caller]
pub(crate) fn replace(file: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(file).unwrap();
    assert!(text.contains(from), "`{from}` is not in {}", file.display());
    fs::write(file, text.replacen(from, to, 1)).unwrap();
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).into_iter().flatten() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), &target).unwrap();
        }
    }
}

/// diskimage-builder maps partitions; where this kernel cannot, stand-ins of its tools use loop devices.
fn has_device_mapper() -> bool {
    fs::read_to_string("/proc/devices").unwrap().contains("device-mapper")
}
