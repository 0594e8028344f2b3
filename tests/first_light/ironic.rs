//! Asks the lab's Ironic by itself, not through Ymir's own client.
#![expect(clippy::disallowed_methods, reason = "tests start curl themselves")]

use std::{
    process::Command,
    thread::sleep,
    time::{Duration, Instant},
};

use serde_json::Value;

const API: &str = "http://172.22.0.1:6385/v1";

/// A resource's JSON; `None` if Ironic does not answer or does not know it.
pub(crate) fn get(path: &str) -> Option<Value> {
    let header = "X-OpenStack-Ironic-API-Version: 1.95";
    let url = format!("{API}/{path}");
    let output =
        Command::new("curl").args(["-sf", "-m", "20", "-H", header, &url]).output().unwrap();
    serde_json::from_slice(&output.stdout).ok()
}

/// A node's provision state.
pub(crate) fn state(node: &str) -> Option<String> {
    let fields = get(&format!("nodes/{node}?fields=provision_state"))?;
    Some(fields["provision_state"].as_str()?.to_owned())
}

/// Waits until `ready` says yes; panics with `what` after `limit`.
pub(crate) fn wait_until(what: &str, limit: Duration, ready: impl Fn() -> bool) {
    let end = Instant::now() + limit;
    while !ready() {
        assert!(Instant::now() < end, "{what} did not come within {limit:?}");
        sleep(Duration::from_millis(100));
    }
}
