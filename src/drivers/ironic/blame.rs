//! Who is to blame when Ironic gives up on a node: its `last_error` is text, and this is the only place that reads it.

use crate::{model::node::Node, trouble::Trouble, why::Hop};

use super::observed::Observed;

/// What a `last_error` is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blame {
    /// Nothing answers at the BMC's address.
    BmcUnreachable,
    /// The BMC answers, and does not let Ironic in.
    BmcLogin,
    /// The BMC answers, and not as it should.
    BmcBroken,
    /// The machine does not switch.
    Power,
    /// The ramdisk did not call back in time.
    Silence,
    /// Ironic was restarted while it was at work.
    Restart,
    /// The image could not be fetched, or is not what its checksum says.
    Image,
    /// Anything else; Ironic's words have to do.
    Other,
}

const LOGIN: &[&str] = &[
    "returned code 401",
    "returned code 403",
    "Unauthorized",
    "AccessError",
    "Authentication failed",
    "RAKP 2 HMAC is invalid",
    "unauthorized name",
    "incorrect password",
    "password invalid",
];

const UNREACHABLE: &[&str] = &[
    "Unable to connect to",
    "Redfish connection failed",
    "Failed to establish a new connection",
    "Connection refused",
    "Connection timed out",
    "No route to host",
    "Name or service not known",
    "Unable to establish IPMI",
    "Unable to establish LAN session",
];

const BROKEN: &[&str] =
    &["Redfish exception occurred", "returned code 500", "returned code 503", "IPMI call failed"];

const POWER: &[&str] = &[
    "Failed to set node power state",
    "Failed to change power state",
    "Timed out waiting for power state",
];

const SILENCE: &[&str] = &[
    "Timeout reached while waiting for callback",
    "Timeout reached while inspecting",
    "Timeout reached while cleaning",
];

const AGENT: &[&str] = &["Failed to connect to the agent"];

const IMAGE: &[&str] = &[
    "image checksum",
    "does not match the checksum",
    "verification against checksum",
    "failed checksum",
    "Failed to download image",
    "Error downloading image",
    "Unable to write image",
    "Error writing image",
    "No space left on device",
];

/// What the text is about.
pub fn blame(last_error: &str) -> Blame {
    let says = |marks: &[&str]| marks.iter().any(|mark| last_error.contains(mark));
    if is_restart(last_error) {
        return Blame::Restart;
    }
    let known = [
        (LOGIN, Blame::BmcLogin),
        // Web servers and ramdisks refuse connections in the same words as BMCs.
        (IMAGE, Blame::Image),
        (AGENT, Blame::Other),
        (UNREACHABLE, Blame::BmcUnreachable),
        (POWER, Blame::Power),
        (SILENCE, Blame::Silence),
        (BROKEN, Blame::BmcBroken),
    ];
    known.iter().find(|(marks, _)| says(marks)).map_or(Blame::Other, |(_, blame)| *blame)
}

/// The hop that a `last_error` is about; `None` if it does not say.
pub fn hop(last_error: &str) -> Option<Hop> {
    match blame(last_error) {
        Blame::BmcUnreachable | Blame::BmcLogin | Blame::BmcBroken => Some(Hop::Bmc),
        Blame::Power => Some(Hop::Power),
        Blame::Restart => Some(Hop::Ironic),
        Blame::Image => Some(Hop::Image),
        Blame::Silence | Blame::Other => None,
    }
}

/// Whether Ironic failed the node only because it was restarted itself.
pub fn is_restart(last_error: &str) -> bool {
    last_error.contains("can't be resumed by conductor")
}

/// The trouble for a node that Ironic gave up on, with the settings that are at fault.
pub fn explain(host: &str, doing: &str, node: &Node, observed: &Observed) -> Trouble {
    let trouble = Trouble::host(format!("{host}: {doing}"));
    let address = node.bmc_address().unwrap_or_else(|| "its address".into());
    let at = |end: &str| node.setting_of(end);
    match blame(observed.error()) {
        Blame::BmcUnreachable => trouble
            .because(format!("Ironic cannot reach the BMC at {address}"))
            .because(observed.error())
            .set_by(at("_address"))
            .hint(format!("check that {address} is the BMC, is switched on, and is reachable from where Ironic runs")),
        Blame::BmcLogin => trouble
            .because(format!("the BMC at {address} refuses the user name or the password"))
            .because(observed.error())
            .set_by(at("_password"))
            .set_by(at("_username"))
            .hint("correct them, then run `ymir overcloud hardware register` again: it sends the password anew"),
        Blame::BmcBroken => trouble
            .because(format!("the BMC at {address} answers, and not as it should"))
            .because(observed.error())
            .set_by(at("_address"))
            .hint("ask it: `ymir overcloud bmc check`; many BMCs are well again after a reset of theirs"),
        Blame::Power => trouble.because(observed.error()).hint(format!(
            "ask the BMC: `ymir overcloud bmc power status --limit {host}`; `ymir why {host}` tells more"
        )),
        Blame::Silence => trouble
            .because(observed.error())
            .hint(format!("`ymir why {host}` tells how far the machine came")),
        Blame::Restart => trouble
            .because("Ironic was restarted while it was at work, a second time")
            .because(observed.error())
            .hint("see why Ironic restarts, then run the command again"),
        Blame::Image => trouble
            .because(observed.error())
            .hint("see the node's deployment log on the seed; build the image again if it is damaged"),
        Blame::Other => trouble.because(observed.error()).hint(format!(
            "Ironic's log has more: look for node {}; once the cause is gone, run the command again",
            observed.uuid
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn real_words_of_ironic() {
        let table = [
            (
                "Failed to get power state for node 1493. Error: Redfish connection failed for node 1493: Unable to connect to http://172.22.0.1:9/redfish/v1/. Error: HTTPConnectionPool(host='172.22.0.1', port=9): Max retries exceeded",
                Blame::BmcUnreachable,
            ),
            (
                "Failed to get power state for node 99bf. Error: Redfish exception occurred. Error: HTTP GET http://127.0.0.1:18401/redfish/v1/ returned code 401. Base.1.0.GeneralError: unknown error. Extended information: None",
                Blame::BmcLogin,
            ),
            (
                "Failed to deploy. Exception: Error downloading image: HTTPConnectionPool(host='172.22.0.1', port=8080): Failed to establish a new connection: [Errno 111] Connection refused",
                Blame::Image,
            ),
            (
                "Failed to connect to the agent running on node 99bf for invoking command standby.prepare_image. Error: HTTPSConnectionPool(host='172.22.0.185', port=9999): Connection refused",
                Blame::Other,
            ),
            (
                "The deploying state can't be resumed by conductor lab. Moving to fail state.",
                Blame::Restart,
            ),
            (
                "Failed to get power state for node 1. Error: Redfish exception occurred. Error: HTTP GET http://b/redfish/v1/ returned code 500.",
                Blame::BmcBroken,
            ),
            ("Failed to set node power state to power on.", Blame::Power),
            ("Timeout reached while waiting for callback for node 1493", Blame::Silence),
            ("Error: Resource http://10.0.0.1:8000/redfish/v1/ not found", Blame::Other),
            (
                "Failed to get power state for node 1. Error: IPMI call failed: power status. Error: Unable to establish IPMI v2 / RMCP+ session",
                Blame::BmcUnreachable,
            ),
        ];
        for (text, wanted) in table {
            assert_eq!(blame(text), wanted, "{text}");
        }
    }
}
