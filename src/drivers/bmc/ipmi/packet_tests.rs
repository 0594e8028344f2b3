use super::*;

fn keys(suite: Suite) -> Keys {
    let integrity = suite.digest(b"session", &[&[1; 20]]);
    Keys { suite, theirs: 0x0102_0304, ours: 0x0a0b_0c0d, integrity, hiding: [5; 16] }
}

/// A packet as the BMC would send it: addressed to us.
fn of_the_bmc(keys: &Keys, message: &[u8]) -> Vec<u8> {
    let turned = Keys { theirs: keys.ours, ours: keys.theirs, ..keys.clone() };
    protected(&turned, 1, [3; 16], message)
}

#[test]
fn a_message_comes_back_out_of_its_packet() {
    for suite in Suite::ALL {
        let keys = keys(suite);
        for length in 0..40 {
            let message: Vec<u8> = (0..length).collect();
            let packet = of_the_bmc(&keys, &message);
            assert_eq!((packet.len() - RMCP.len() - suite.check_length()) % 4, 0);
            assert_eq!(unprotected(&keys, &packet), Some(message));
        }
    }
}

#[test]
fn no_byte_can_be_changed_and_none_left_out() {
    let keys = keys(Suite::Seventeen);
    let packet = of_the_bmc(&keys, b"power on");
    for at in 0..packet.len() {
        let mut changed = packet.clone();
        changed[at] ^= 1;
        assert_eq!(unprotected(&keys, &changed), None, "byte {at}");
        assert_eq!(unprotected(&keys, &packet[..at]), None, "cut at {at}");
    }
}

#[test]
fn only_the_answer_to_the_own_request_is_taken() {
    let mut answer_of_bmc = vec![0x81, 0x07 << 2, 0];
    answer_of_bmc[2] = sum(&answer_of_bmc[..2]);
    let mut body = vec![0x20, 5 << 2, 0x38, 0x00, 0xaa];
    body.push(sum(&body));
    answer_of_bmc.extend(body);
    assert_eq!(answer(&answer_of_bmc, 6, 5, 0x38), Some((0, &[0xaa][..])));
    assert_eq!(answer(&answer_of_bmc, 6, 4, 0x38), None);
    assert_eq!(answer(&answer_of_bmc, 6, 5, 0x39), None);
    assert_eq!(answer(&answer_of_bmc, 0, 5, 0x38), None);
    for at in 0..answer_of_bmc.len() {
        assert_eq!(answer(&answer_of_bmc[..at], 6, 5, 0x38), None, "cut at {at}");
    }
}

/// As ipmitool asks for the channel's authentication capabilities.
#[test]
fn a_request_without_a_session_is_as_others_write_it() {
    let packet = bare(&request(6, 0, 0x38, &[0x8e, 0x04]));
    let expected = b"\x06\x00\xff\x07\x00\x00\x00\x00\x00\x00\x00\x00\x00\x09\x20\x18\xc8\x81\x00\x38\x8e\x04\xb5";
    assert_eq!(packet, expected);
    assert_eq!(unwrapped(&packet), Some(&expected[14..]));
}

#[test]
fn what_is_no_packet_is_none() {
    for packet in [&b""[..], b"\x06\x00\xff\x07", b"HTTP/1.1 400 Bad Request", &[0x06; 40]] {
        assert_eq!(opened(packet, Kind::OpenResponse), None);
        assert_eq!(unwrapped(packet), None);
        assert_eq!(unprotected(&keys(Suite::Three), packet), None);
    }
}
