//! Starts a rack, and stops it.

use std::{
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A rack that is served until it is dropped.
pub(crate) struct Served {
    pub(crate) url: String,
    child: Child,
    _dir: TempDir,
}

/// A file with this text, after the words that let the rack take any free port.
fn file(text: &str) -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("rack.toml");
    std::fs::write(&path, text).unwrap();
    (dir, path)
}

/// `ymir rack …`, away from every site.
fn ymir(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ymir"));
    command.arg("rack").args(args);
    for name in ["YMIR_CONFIG_PATH", "KAYOBE_CONFIG_PATH", "YMIR_ENVIRONMENT", "KAYOBE_ENVIRONMENT"]
    {
        command.env_remove(name);
    }
    command
}

impl Served {
    /// Serves this file, whose part `[rack]` is given without the port.
    pub(crate) fn of(rack: &str, rest: &str) -> Self {
        let (dir, path) = file(&format!("[rack]\nlisten = \"127.0.0.1:0\"\n{rack}\n{rest}"));
        let mut child =
            ymir(&["serve", path.to_str().unwrap()]).stdout(Stdio::piped()).spawn().unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut url).unwrap();
        assert!(url.starts_with("http://127.0.0.1:"), "{url}");
        Self { url: url.trim().to_owned(), child, _dir: dir }
    }

    /// Turns a switch of the control panel, or looks at it.
    pub(crate) fn control(&self, method: &str, path: &str, body: &Value) -> Value {
        let url = format!("{}/rack/{path}", self.url);
        let body = body.to_string();
        let args = ["-sS", "--noproxy", "*", "-X", method, "-d", &body, &url];
        let output = Command::new("curl").args(args).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        serde_json::from_slice(&output.stdout).unwrap_or_default()
    }

    /// What Ironic says at a path, `nodes/bm1`.
    pub(crate) fn ironic(&self, path: &str) -> Value {
        let url = format!("{}/v1/{path}", self.url);
        let version = "X-OpenStack-Ironic-API-Version: 1.99";
        let args = ["-sSf", "--noproxy", "*", "-H", version, &url];
        let output = Command::new("curl").args(args).output().unwrap();
        assert!(output.status.success(), "{path}: {output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Sends something to Ironic, as somebody else.
    pub(crate) fn send(&self, method: &str, path: &str, body: &Value) {
        let (url, body) = (format!("{}/v1/{path}", self.url), body.to_string());
        let version = "X-OpenStack-Ironic-API-Version: 1.99";
        let args = ["-sSf", "--noproxy", "*", "-X", method, "-H", version, "-d", &body, &url];
        let output = Command::new("curl").args(args).output().unwrap();
        assert!(output.status.success(), "{path}: {output:?}");
    }

    /// Takes something out of Ironic.
    pub(crate) fn delete(&self, path: &str) {
        let url = format!("{}/v1/{path}", self.url);
        let args = ["-sSf", "--noproxy", "*", "-X", "DELETE", &url];
        assert!(Command::new("curl").args(args).status().unwrap().success(), "{path}");
    }

    /// What the control panel shows.
    pub(crate) fn look(&self, path: &str) -> Value {
        self.control("GET", path, &json!({}))
    }

    /// Waits until Ironic has brought a node into a state.
    pub(crate) fn wait(&self, node: &str, state: &str) {
        let end = Instant::now() + Duration::from_mins(1);
        loop {
            let found = self.ironic(&format!("nodes/{node}"));
            if found["provision_state"] == state && found["reservation"].is_null() {
                return;
            }
            assert!(Instant::now() < end, "{node} does not come to be `{state}`: {found}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// How much memory the rack takes, in KiB.
    fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    fn stop(&mut self) -> Option<i32> {
        let pid = Pid::from_child(&self.child);
        // It may have ended already.
        kill_process(pid, Signal::TERM).ok();
        self.child.wait().unwrap().code()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.stop();
    }
}

fn told(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let code = output.status.code().unwrap();
    format!("exit: {code}\n{}{}", text(&output.stdout), text(&output.stderr))
}

#[test]
fn a_rack_ends_well_when_it_is_told_to() {
    let mut served = Served::of("", "");
    assert_eq!(served.stop(), Some(0));
}

#[test]
fn a_bad_file_is_told_with_its_lines() {
    let text = "[[nodes]]\ncount = 3\nname = \"bm{n}\"\n\n[[fault]]\nnode = \"bm1\"\nstep = \"deploy\"\nwhat = \"image-403\"\n";
    let (dir, path) = file(text);
    let output = ymir(&["serve", path.to_str().unwrap()]).output().unwrap();
    let told = told(&output).replace(dir.path().to_str().unwrap(), "/tmp");
    insta::assert_snapshot!(told, @r#"
    exit: 3
    error: reading the rack's file /tmp/rack.toml
      because: unknown variant `image-403`, expected one of `bmc-dead`, `bmc-slow`, `401`, `429`, `500`, `503`, `cut`, `cut-answer`, `power-stuck`, `boot-device-ignored`, `node-locked`, `conductor-restarted`, `ramdisk-never-calls-back`, `image-404`, `wrong-checksum`, `disk-too-small`, `step-fails`, `ssh-never-up`, `wrong-host-key`
       --> /tmp/rack.toml:8:8
        |
      6 | node = "bm1"
      7 | step = "deploy"
      8 | what = "image-403"
        |        ^ here
      hint: did you mean `image-404`?
    "#);
}

#[test]
fn the_example_can_be_read_and_served() {
    let example = String::from_utf8(ymir(&["example"]).output().unwrap().stdout).unwrap();
    let (_dir, path) = file(&example.replace("127.0.0.1:6385", "127.0.0.1:0"));
    let mut child =
        ymir(&["serve", path.to_str().unwrap()]).stdout(Stdio::piped()).spawn().unwrap();
    let mut url = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut url).unwrap();
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    child.wait().unwrap();
    assert!(url.starts_with("http://"), "{url}");
}

#[test]
fn time_stands_until_it_is_put_forward() {
    let served = Served::of("speed = 0.0", "[[nodes]]\ncount = 1\nname = \"bm1\"");
    assert_eq!(served.look("")["seconds"], 0.0);
    assert_eq!(served.control("POST", "clock", &json!({ "seconds": 90 }))["seconds"], 90.0);
    assert_eq!(served.look("")["seconds"], 90.0);
    assert!(served.control("POST", "clock", &json!({ "seconds": -1 }))["trouble"].is_string());
}

#[test]
fn faults_can_be_added_while_it_runs() {
    let served = Served::of("", "[[nodes]]\ncount = 1\nname = \"bm1\"");
    let fault = json!({ "node": "bm1", "step": "deploy", "what": "image-404", "times": 1 });
    assert_eq!(served.control("POST", "faults", &fault), Value::Null);
    assert_eq!(served.look("faults"), json!([fault]));
    let wrong = json!({ "node": "bm1", "step": "ssh", "what": "image-404" });
    assert_eq!(
        served.control("POST", "faults", &wrong)["trouble"],
        "image-404 cannot happen at ssh"
    );
    served.control("DELETE", "faults", &json!({}));
    assert_eq!(served.look("faults"), json!([]));
}

#[tokio::test]
async fn ten_thousand_nodes_fit_into_half_a_gigabyte() {
    use futures::StreamExt;
    drop(rustls::crypto::ring::default_provider().install_default());
    let served = Served::of("", "[[nodes]]\ncount = 10_000\nname = \"node-{n}\"");
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let nodes = format!("{}/v1/nodes", served.url);
    let enrol = |number: u32| {
        let lease = json!({ "user": "me", "host": "here", "since": "2026-11-26T12:00:00Z" });
        let body = json!({
            "name": format!("node-{number}"), "driver": "redfish",
            "driver_info": { "redfish_address": served.url, "redfish_system_id": format!("/redfish/v1/Systems/node-{number}") },
            "properties": { "capabilities": "boot_mode:uefi", "root_device": { "serial": "A" } },
            "extra": { "ymir": { "host_key": "ssh-ed25519 AAAA", "leases": { "a": lease } } },
        });
        client.post(&nodes).header("X-OpenStack-Ironic-API-Version", "1.99").json(&body).send()
    };
    let statuses = futures::stream::iter(1..=10_000).map(enrol).buffer_unordered(16);
    let created =
        statuses.filter(|answer| std::future::ready(answer.as_ref().unwrap().status() == 201));
    assert_eq!(created.count().await, 10_000);
    assert_eq!(served.look("")["states"], json!({ "enroll": 10_000 }));
    let page = client.get(format!("{nodes}/detail?limit=1000")).send().await.unwrap();
    assert_eq!(page.json::<Value>().await.unwrap()["nodes"].as_array().unwrap().len(), 1000);
    assert!(served.memory() < 500 << 10, "{} KiB", served.memory());
}
