//! Judgements from signs alone, as tables.

use jiff::Timestamp;

use super::{
    signs::{BmcSigns, Journal, Line, Look, NodeSigns, Ssh, Stage, Work},
    *,
};
use crate::model::bmc::Power;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

/// A deployment that failed without a word, begun at second 100, of a machine that is on.
fn signs() -> Signs {
    let node = NodeSigns {
        uuid: "u".into(),
        state: "deploy failed".into(),
        stage: Stage::Failed(Work::Deploy),
        ..NodeSigns::default()
    };
    let bmc =
        BmcSigns { address: "http://bmc".into(), power: Power::On, boot: None, media: Ok(vec![]) };
    Signs {
        host: "bm1".into(),
        ironic: Look::Seen(Some(node)),
        bmc: Look::Seen(bmc),
        dhcp: Look::Seen(None),
        http: Look::Seen(None),
        ssh: Look::NotLooked("nothing is deployed".into()),
        journal: Journal { began: Some(at(100)), ..Journal::default() },
    }
}

fn node(signs: &mut Signs) -> &mut NodeSigns {
    let Look::Seen(Some(node)) = &mut signs.ironic else { panic!() };
    node
}

fn line(second: i64) -> Look<Option<Line>> {
    Look::Seen(Some(Line { at: Some(at(second)), text: "x".into() }))
}

/// What is otherwise than in [`signs`], the hop that is broken then, and how many others may be.
type Row = (&'static str, fn(&mut Signs), Hop, usize);

const MISSING: &[Row] = &[
    ("nothing is heard", |_| {}, Hop::BootDevice, 0),
    ("the BMC is silent", |signs| signs.bmc = Look::Failed(Trouble::host("x")), Hop::Bmc, 0),
    (
        "it is off",
        |signs| {
            let Look::Seen(bmc) = &mut signs.bmc else { panic!() };
            bmc.power = Power::Off;
        },
        Hop::Power,
        0,
    ),
    ("it asked for an address", |signs| signs.dhcp = line(150), Hop::Ramdisk, 0),
    ("it asked long ago", |signs| signs.dhcp = line(50), Hop::BootDevice, 0),
    ("it was loaded", |signs| signs.http = line(150), Hop::Dhcp, 0),
    (
        "PXE got an address and no file",
        |signs| {
            node(signs).boot_interface = Some("ipxe".into());
            signs.dhcp = line(150);
        },
        Hop::BootFile,
        0,
    ),
    (
        "the logs were not looked at",
        |signs| {
            signs.dhcp = Look::NotLooked("x".into());
            signs.http = Look::NotLooked("x".into());
        },
        Hop::BootDevice,
        3,
    ),
    (
        "the log has no times",
        |signs| signs.dhcp = Look::Seen(Some(Line { at: None, text: "x".into() })),
        Hop::BootDevice,
        2,
    ),
    ("the ramdisk called back", |signs| node(signs).heartbeat = Some(at(150)), Hop::Image, 0),
    (
        "the ramdisk called back in an earlier run",
        |signs| node(signs).heartbeat = Some(at(50)),
        Hop::BootDevice,
        0,
    ),
    (
        "a cleaning failed after the ramdisk called back",
        |signs| {
            node(signs).stage = Stage::Failed(Work::Clean);
            node(signs).heartbeat = Some(at(150));
        },
        Hop::Ramdisk,
        0,
    ),
];

#[test]
fn without_words_the_first_missing_sign_tells() {
    for (case, change, hop, perhaps) in MISSING {
        let mut signs = signs();
        change(&mut signs);
        let told = story(signs);
        assert_eq!((told.hop, told.verdict), (Some(*hop), Verdict::Broken), "{case}");
        assert_eq!(told.perhaps.len(), *perhaps, "{case}");
        assert!(!told.causes.is_empty(), "{case}");
    }
}

#[test]
fn nobody_knows_of_which_work_a_heartbeat_is_without_a_journal() {
    let mut signs = signs();
    signs.journal.began = None;
    node(&mut signs).heartbeat = Some(at(50));
    let told = story(signs);
    assert_eq!((told.hop, told.perhaps.len()), (Some(Hop::Image), 5));
}

#[test]
fn a_step_that_failed_before_anything_was_asked_is_no_hop() {
    let table = [
        (Trouble::host("bm1: reading the image a.qcow2"), None),
        (Trouble::host("bm1: deploying").because("talking to Ironic at x"), Some(Hop::Ironic)),
    ];
    for (trouble, hop) in table {
        let mut signs = signs();
        node(&mut signs).stage = Stage::Rest;
        signs.journal.trouble = Some(trouble);
        let told = story(signs);
        assert_eq!((told.verdict, told.hop), (Verdict::Broken, hop));
        assert!(told.causes.iter().any(|cause| cause.cause.contains("the last run says")));
    }
}

#[test]
fn words_win_over_signs() {
    let mut signs = signs();
    node(&mut signs).blamed = Some(Hop::Bmc);
    assert_eq!(story(signs).hop, Some(Hop::Bmc));
}

#[test]
fn a_running_host_is_judged_by_ssh() {
    let table = [
        (Ssh::Answers, true, Verdict::Up, None),
        (Ssh::WrongKey("x".into()), true, Verdict::Broken, Some(Hop::Ssh)),
        (Ssh::NoEntry("x".into()), false, Verdict::Broken, Some(Hop::Ssh)),
        (Ssh::Refused("x".into()), false, Verdict::Broken, Some(Hop::Ssh)),
        (Ssh::Silent("x".into()), true, Verdict::Broken, Some(Hop::Ssh)),
        (Ssh::Silent("x".into()), false, Verdict::Broken, Some(Hop::FirstBoot)),
    ];
    for (ssh, answered_before, verdict, hop) in table {
        let mut signs = signs();
        node(&mut signs).stage = Stage::Active;
        signs.journal.answered_before = answered_before;
        signs.ssh = Look::Seen(ssh.clone());
        let told = story(signs);
        assert_eq!((told.verdict, told.hop), (verdict, hop), "{ssh:?}");
    }
}

#[test]
fn a_step_through_the_bmc_waits_for_it() {
    let mut signs = signs();
    node(&mut signs).stage = Stage::ThroughBmc;
    node(&mut signs).step = Some("bios.apply_configuration".into());
    let told = story(signs.clone());
    assert_eq!((told.verdict, told.hop), (Verdict::Waiting, Some(Hop::Bmc)));
    assert!(told.causes[0].cause.contains("bios.apply_configuration"), "{:?}", told.causes);
    signs.bmc = Look::Failed(Trouble::host("x"));
    assert_eq!(story(signs).verdict, Verdict::Broken);
}

#[test]
fn the_chain_tells_what_was_not_looked_at() {
    let mut signs = signs();
    signs.dhcp = Look::NotLooked("`ymir_seed_dhcp_log` is not set".into());
    signs.http = line(150);
    let told = story(signs);
    let lines: Vec<_> = told
        .chain
        .iter()
        .map(|link| format!("{:?} {:?} {}", link.hop, link.state, link.sign))
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @"
    Ironic Good the node is `deploy failed`
    Bmc Good answers at http://bmc
    Power Good is on
    BootDevice Good nothing is told; no virtual medium is inserted
    Dhcp NotLookedAt `ymir_seed_dhcp_log` is not set
    BootFile Good x
    Ramdisk Broken has never called back
    Image NotReached the image is not reported as written
    FirstBoot NotReached nothing is deployed
    Ssh NotReached not looked at: nothing is deployed
    ");
}
