//! What may be the cause, and what to do about it. What somebody said comes first, then what is usual at the hop.

use serde::Serialize;

use super::{
    Hop, Verdict,
    chain::reason,
    signs::{Look, Signs, Ssh, Stage},
};

/// A likely cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cause {
    pub cause: String,
    /// What to do next.
    pub advice: String,
}

fn cause(cause: impl Into<String>, advice: impl Into<String>) -> Cause {
    Cause { cause: cause.into(), advice: advice.into() }
}

/// The likely causes, the likeliest first.
pub fn causes(signs: &Signs, verdict: Verdict, hop: Option<Hop>, perhaps: &[Hop]) -> Vec<Cause> {
    let mut found = out_of_use(signs);
    let hop = match (verdict, hop) {
        (Verdict::Broken, Some(hop)) => hop,
        (Verdict::Broken, None) => {
            found.extend(last_run(signs));
            return found;
        }
        (_, hop) => {
            found.extend(hop.map(|hop| setting(signs).unwrap_or_else(|| waiting(hop))));
            return found;
        }
    };
    found.extend(told(signs, hop));
    for hop in [hop].iter().chain(perhaps) {
        found.extend(usual(*hop));
    }
    found
}

/// What is to be said of a hop that is not broken.
fn waiting(hop: Hop) -> Cause {
    let what = format!("{} is waited for, and nothing speaks against it", hop.name());
    cause(what, "give it its time; ask again with `ymir why`")
}

/// A step that Ironic takes through the BMC. It ends when the BMC reports what was asked for, letter by letter.
fn setting(signs: &Signs) -> Option<Cause> {
    let node = signs.ironic.as_seen()?.as_ref()?;
    let step = node.step.as_ref().filter(|_| node.stage == Stage::ThroughBmc)?;
    Some(cause(
        format!("Ironic is at the step {step}, and waits until the BMC reports what was asked for"),
        "give it its time; if it takes long, see that the BMC spells the values as the site does: Ironic waits for one that it spells otherwise, too",
    ))
}

/// Why the last step failed.
fn last_run(signs: &Signs) -> Option<Cause> {
    let trouble = signs.journal.trouble.as_ref()?;
    let advice = trouble.hints.first().map_or("run the command again", String::as_str);
    Some(cause(format!("the last run says: {}", reason(trouble)), advice))
}

/// Maintenance and locks keep Ymir from a node, whatever else is wrong.
fn out_of_use(signs: &Signs) -> Vec<Cause> {
    let Some(Some(node)) = signs.ironic.as_seen() else { return Vec::new() };
    let mut found = Vec::new();
    if node.maintenance {
        let why = node.maintenance_reason.as_deref().or(node.fault.as_deref());
        let why = why.unwrap_or("no reason is given");
        found.push(cause(
            format!("the node is in maintenance: {why}"),
            "once the reason is gone, take it out of maintenance in Ironic",
        ));
    }
    let idle = matches!(node.stage, Stage::Rest | Stage::Failed(_) | Stage::Active);
    if let (Some(conductor), true) = (&node.reservation, idle) {
        found.push(cause(
            format!("conductor {conductor} holds the node's lock, although nothing is under way"),
            "see whether that conductor runs; its restart frees the node",
        ));
    }
    found
}

/// What Ironic, the BMC, SSH or the last run said.
fn told(signs: &Signs, hop: Hop) -> Vec<Cause> {
    let node = signs.ironic.as_seen().and_then(Option::as_ref);
    let mut found = Vec::new();
    match (hop, &signs.ironic) {
        (Hop::Ironic, Look::Failed(trouble)) => found.push(cause(
            reason(trouble),
            trouble.hints.first().map_or("see whether Ironic runs", String::as_str),
        )),
        (Hop::Ironic, Look::Seen(None)) => found.push(cause(
            "the host is not registered in Ironic",
            format!("run `ymir overcloud hardware register --limit {}`", signs.host),
        )),
        _ => {}
    }
    if let (Hop::Bmc, Look::Failed(trouble)) = (hop, &signs.bmc) {
        let advice = trouble.hints.first().map_or("see whether it has power", String::as_str);
        found.push(cause(
            format!("the BMC does not answer this machine either: {}", reason(trouble)),
            advice,
        ));
    } else if let (Hop::Bmc, Look::Seen(bmc)) = (hop, &signs.bmc) {
        found.push(cause(
            format!("the BMC answers this machine at {}, and did not answer Ironic", bmc.address),
            "check the way from where Ironic runs to the BMC, and the login in `driver_info`; then run the command again",
        ));
    }
    let words = node.and_then(|node| {
        let history = node.history.first().map(|entry| entry.text.as_str());
        node.last_error.as_deref().filter(|text| !text.is_empty()).or(history)
    });
    if let Some(words) = words {
        found.push(cause(format!("Ironic says: {words}"), "Ironic's log has more"));
    }
    if let (Hop::Ssh, Look::Seen(ssh)) = (hop, &signs.ssh) {
        found.extend(of_ssh(ssh));
    }
    if words.is_none() {
        found.extend(last_run(signs));
    }
    found
}

fn of_ssh(ssh: &Ssh) -> Option<Cause> {
    match ssh {
        Ssh::WrongKey(_) => Some(cause(
            "another machine answers at the address, or the host was set up anew without Ymir",
            "see which machine has the address; deprovision and provision the host, or put its key into ssh_known_hosts",
        )),
        Ssh::NoEntry(_) => Some(cause(
            "the image has another user, or another public key was deployed",
            "compare `bootstrap_user` and `ssh_private_key_path` with the image's user data",
        )),
        Ssh::Refused(_) => Some(cause(
            "the host runs, and no SSH server does",
            "look at the host's console; the image needs sshd",
        )),
        Ssh::Answers | Ssh::Silent(_) => None,
    }
}

/// What is usual at a hop.
fn usual(hop: Hop) -> impl Iterator<Item = Cause> {
    let rows = USUAL.iter().filter(move |(at, ..)| *at == hop);
    rows.map(|(_, what, advice)| cause(*what, *advice))
}

/// Hop, cause and advice; of one hop the likeliest first.
const USUAL: &[(Hop, &str, &str)] = &[
    (
        Hop::Ironic,
        "Ironic was restarted, is not reachable, or refuses the login",
        "see that Ironic and its conductors run, then give the command again",
    ),
    (
        Hop::Bmc,
        "the BMC has no power or no network, or its address is another",
        "ask it: `ymir overcloud bmc check`",
    ),
    (
        Hop::Bmc,
        "the user name or the password is wrong",
        "correct them, and register the host again",
    ),
    (
        Hop::Power,
        "the machine does not switch on, though the BMC takes the order",
        "see its event log: `ymir overcloud bmc info`; look at its power supplies",
    ),
    (
        Hop::BootDevice,
        "the firmware ignores the boot device that Ironic sets",
        "look at the console; see `ymir overcloud bmc boot show`, and the boot mode (UEFI or legacy)",
    ),
    (
        Hop::BootDevice,
        "the firmware cannot boot the medium: secure boot, or one that it cannot fetch",
        "look at the console; switch secure boot off, or sign what is booted",
    ),
    (
        Hop::Dhcp,
        "the port that the machine boots from is not on the provisioning network",
        "compare its MAC with `kolla_bifrost_ipv4_interface_mac`, and the switch port's VLAN",
    ),
    (Hop::Dhcp, "no DHCP server answers there", "see that the seed's DHCP server runs"),
    (
        Hop::BootFile,
        "the seed's web or TFTP server does not answer, or lacks the file",
        "see that it runs, and that the ramdisk is published: `ymir seed deployment image build`",
    ),
    (
        Hop::Ramdisk,
        "the ramdisk runs, and does not reach Ironic's API",
        "look at the console; check the way from the provisioning network to Ironic, and the clock of the machine",
    ),
    (
        Hop::Ramdisk,
        "the ramdisk lacks the driver of the network card or the disk",
        "build it with `ymir_deployment_image_hardware` for all hardware",
    ),
    (
        Hop::Image,
        "the image cannot be fetched, or is not what its checksum says",
        "see that `ymir_image_url` serves it; build it again: `ymir overcloud host image build`",
    ),
    (
        Hop::Image,
        "the disk is too small, or another one than meant",
        "compare the root device hint with the inspected disks",
    ),
    (
        Hop::FirstBoot,
        "the firmware does not boot the disk that was written",
        "look at the console; compare the image's boot mode with the firmware's",
    ),
    (
        Hop::FirstBoot,
        "the host has no network: its config drive names another port",
        "compare the host's MAC and VLAN with the switch",
    ),
    (
        Hop::Ssh,
        "the host is down, still boots, or its network is cut off",
        "look at its console, and at the switch port",
    ),
];
