//! Against packets that ipmitool exchanged with BMCs: one of pyghmi's for cipher suite 3, and for 17 the one of
//! `tests/bmc`. `>` stands before what was sent to the BMC, `<` before its answer.

use super::{
    super::packet::{self, Kind},
    *,
};

const RECORDED: [(Suite, &str); 2] = [
    (Suite::Three, include_str!("recorded/suite3.txt")),
    (Suite::Seventeen, include_str!("recorded/suite17.txt")),
];

/// The command that the first packet of each session answers.
const SET_SESSION_PRIVILEGE: u8 = 0x3b;

/// The session's name in ipmitool.
const OURS: u32 = 0xa0a2_a3a4;

fn packets(text: &str) -> Vec<Vec<u8>> {
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    text.lines().map(|line| line.as_bytes()[2..].chunks(2).map(byte).collect()).collect()
}

fn account(password: &str) -> Account {
    let (name, password) = (Secret::new("admin"), Secret::new(password));
    Account { name, password, key: None, privilege: 4 }
}

fn payload(packet: &[u8], kind: Kind) -> &[u8] {
    packet::opened(packet, kind).unwrap()
}

#[test]
fn recorded_sessions_are_opened_and_read() {
    for (suite, text) in RECORDED {
        let recorded = packets(text);
        let opened = open_response(payload(&recorded[1], Kind::OpenResponse), OURS);
        let (agreed, theirs) = opened.unwrap();
        assert_eq!(agreed, suite);
        let account = account("geheim");
        let rakp1 = payload(&recorded[2], Kind::Rakp1);
        let our_random = rakp1[8..24].try_into().unwrap();
        let handshake = Handshake { account: &account, suite, ours: OURS, theirs, our_random };
        assert_eq!(handshake.rakp1(), rakp1);
        let met = handshake.rakp2(payload(&recorded[3], Kind::Rakp2)).unwrap();
        assert_eq!(handshake.rakp3(&met), payload(&recorded[4], Kind::Rakp3));
        let keys = handshake.rakp4(payload(&recorded[5], Kind::Rakp4), &met).unwrap();
        let message = packet::unprotected(&keys, &recorded[7]).unwrap();
        let answers = |number| packet::answer(&message, 6, number, SET_SESSION_PRIVILEGE);
        assert_eq!((0..64).find_map(answers), Some((0, &[4][..])));
        // What is sent is protected in the same way, under the BMC's name for the session.
        let turned = Keys { theirs: keys.ours, ours: keys.theirs, ..keys };
        assert!(packet::unprotected(&turned, &recorded[6]).is_some());
    }
}

#[test]
fn another_password_is_known_as_such() {
    for (suite, text) in RECORDED {
        let recorded = packets(text);
        let (_, theirs) = open_response(payload(&recorded[1], Kind::OpenResponse), OURS).unwrap();
        let account = account("wrong");
        let our_random = payload(&recorded[2], Kind::Rakp1)[8..24].try_into().unwrap();
        let handshake = Handshake { account: &account, suite, ours: OURS, theirs, our_random };
        let met = handshake.rakp2(payload(&recorded[3], Kind::Rakp2));
        assert_eq!(met.unwrap_err(), Fault::WrongPassword);
    }
}

#[test]
fn a_handshake_that_is_cut_is_no_panic() {
    for (suite, text) in RECORDED {
        let recorded = packets(text);
        let account = account("geheim");
        let handshake =
            Handshake { account: &account, suite, ours: OURS, theirs: 1, our_random: [0; 16] };
        let [opened, met] = [(1, Kind::OpenResponse), (3, Kind::Rakp2)]
            .map(|(at, kind)| payload(&recorded[at], kind));
        for end in 0..met.len() {
            assert!(handshake.rakp2(&met[..end]).is_err());
        }
        for end in 0..opened.len() - 3 {
            assert!(open_response(&opened[..end], OURS).is_err());
        }
    }
}

#[test]
fn a_bmc_that_wants_another_suite_is_understood() {
    let refused = open_response(&[0, 0x11, 0, 0], OURS).unwrap_err();
    assert!(refused.wants_other_suite());
    assert!(!Fault::WrongPassword.wants_other_suite());
    assert!(!Fault::Refused(0x0d).wants_other_suite());
}
