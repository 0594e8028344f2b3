//! Turns a node's serial console on, at a TCP port of its conductor, or off.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::{Session, client::Failure, differences::add, observed::Observed};
use crate::{
    plan::action::ironic::Console,
    run::driver::{Finding, Voice},
    trouble::{Result, Trouble},
};

/// The one kind of console that listens at a port of its own and speaks with everybody.
const SOCAT: &str = "ipmitool-socat";

/// Where the driver looks for the port.
const KEY: &str = "ipmi_terminal_port";

/// What switching would change. A host that Ironic does not know is told, and is no failure, as in Kayobe.
pub(super) fn find(host: &str, action: &Console, seen: Option<&Observed>) -> Result<Finding> {
    let Some(node) = seen else {
        let why = "Ironic has no node of this name, so there is no console";
        return Ok(Finding::Kept(why.into()));
    };
    let Some(port) = action.port else {
        let off = || vec!["turn the console off".to_owned()];
        return Ok(if node.console_enabled { Finding::Differs(off()) } else { Finding::Satisfied });
    };
    check(host, node)?;
    let mut changes = Vec::new();
    if port_of(node) != Some(port) {
        let before = node.driver_info.get(KEY).map_or_else(|| "nothing".into(), Value::to_string);
        changes.push(format!("driver_info.{KEY}: {before} → {port}"));
    }
    if !node.console_enabled {
        changes.push(format!("turn the console on, at TCP port {port} of its conductor"));
    }
    Ok(if changes.is_empty() { Finding::Satisfied } else { Finding::Differs(changes) })
}

/// Switches the console, and waits until Ironic has.
pub(super) async fn switch(
    host: &str,
    action: &Console,
    session: &Session,
    seen: Option<&Observed>,
    voice: &Voice,
) -> Result<()> {
    let Some(node) = seen else { return Ok(()) };
    let switch = Switch { host, action, session, voice };
    let Some(port) = action.port else {
        return if node.console_enabled { switch.to(node, false).await } else { Ok(()) };
    };
    check(host, node)?;
    let moves = port_of(node) != Some(port);
    if moves {
        if node.console_enabled {
            // It would go on listening at the port that it has.
            switch.to(node, false).await?;
        }
        switch.set(node, port).await?;
    }
    if moves || !node.console_enabled { switch.to(node, true).await } else { Ok(()) }
}

struct Switch<'a> {
    host: &'a str,
    action: &'a Console,
    session: &'a Session,
    voice: &'a Voice,
}

impl Switch<'_> {
    async fn set(&self, node: &Observed, port: u16) -> Result<()> {
        let told = |text: String| self.voice.progress(text);
        let patch = Value::Array(vec![add(&["driver_info", KEY], &json!(port))]);
        let set = self.session.client.patch(&format!("nodes/{}", node.uuid), &patch, &told).await;
        set.map(drop).map_err(|failure| {
            failure.while_trying(format!("{}: setting the TCP port of its console", self.host))
        })
    }

    async fn to(&self, node: &Observed, on: bool) -> Result<()> {
        let told = |text: String| self.voice.progress(text);
        let path = format!("nodes/{}/states/console", node.uuid);
        let asked = self.session.client.replace(&path, &json!({ "enabled": on }), &told).await;
        match asked {
            // It may have arrived; the look tells.
            Ok(_) | Err(Failure::Lost(_)) => {}
            Err(failure) => return Err(failure.while_trying(self.doing(on))),
        }
        let (began, wait) = (Instant::now(), Duration::from_secs(self.action.wait.value));
        let mut pause = Duration::ZERO;
        loop {
            let moment = self.session.observer.now();
            let client = &self.session.client;
            let seen = self.session.observer.after(client, moment, pause, &told).await?;
            let Some(node) = seen.node(&node.uuid) else {
                return Err(self.trouble(on).because("the node has gone from Ironic"));
            };
            let error = node.last_error.as_deref().filter(|text| !text.is_empty());
            match (node.console_enabled == on, &node.reservation, error) {
                (true, ..) => return Ok(()),
                // Ironic forgets old errors before it begins.
                (false, None, Some(error)) => {
                    return Err(self.trouble(on).because(error).hint(format!(
                        "see the conductor's log; `{SOCAT}` needs the programs socat and ipmitool there"
                    )));
                }
                _ if began.elapsed() >= wait => {
                    return Err(self
                        .trouble(on)
                        .because(format!("Ironic has not done it in {} s", wait.as_secs()))
                        .set_by(&self.action.wait.setting)
                        .hint("run the command again to look whether it has meanwhile"));
                }
                _ => self.voice.progress("waiting for Ironic to switch the console"),
            }
            pause = client.pace().pause;
        }
    }

    fn doing(&self, on: bool) -> String {
        format!("{}: turning its serial console {}", self.host, if on { "on" } else { "off" })
    }

    fn trouble(&self, on: bool) -> Trouble {
        Trouble::host(self.doing(on))
    }
}

/// Whether the node has a console that can be turned on.
fn check(host: &str, node: &Observed) -> Result<()> {
    let kind = node.interfaces.get("console_interface").and_then(Value::as_str).unwrap_or_default();
    if kind == SOCAT {
        return Ok(());
    }
    Err(Trouble::host(format!("{host}: turning its serial console on"))
        .because(format!("its console interface is `{kind}`, and only `{SOCAT}` will do"))
        .hint(format!(
            "set `ymir_ironic_interfaces: {{console: {SOCAT}}}` for the host and register it again; \
             it is for nodes with the driver `ipmi`"
        )))
}

/// A number, or one that was set as text.
fn port_of(node: &Observed) -> Option<u16> {
    match node.driver_info.get(KEY)? {
        Value::String(text) => text.parse().ok(),
        value => value.as_u64().and_then(|number| u16::try_from(number).ok()),
    }
}
