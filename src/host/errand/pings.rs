//! Whether others answer, by the host's own `ping`. A packet that must not be cut shows that the whole way takes it.

use std::{collections::VecDeque, sync::Mutex, time::Duration};

use serde::{Deserialize, Serialize};

use crate::host::{
    fault::{Fault, Tried},
    machine::Machine,
    programs::{Call, HostPrograms, Output, Programs},
};

/// Pings at once on a host.
const AT_ONCE: usize = 32;

/// How often an address is tried: the first packet may wait for the neighbour's address.
const TRIES: u32 = 2;

/// How long an answer may take, in seconds.
const SECONDS: u32 = 2;

/// How long looking up a name and all tries may take together.
const LIMIT: Duration = Duration::from_secs(20);

/// One address or name that is to answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ping {
    pub to: String,
    /// How many bytes the packet carries, and that it must not be cut on its way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whole: Option<u32>,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pinged {
    /// It answered, after so many microseconds if `ping` says so.
    Answered(Option<u32>),
    /// Why it did not.
    Silent(String),
}

/// Tries all of them side by side; the answers are in the order of the questions.
pub(super) fn all(machine: &Machine, pings: &[Ping]) -> Result<Vec<Pinged>, Fault> {
    // Threads cannot share the machine, whose memory they do not need.
    let there = machine.run(&Call::new("ping", ["-V"]));
    there.map_err(|fault| {
        fault.hint(
            "the host needs the program `ping`: Debian has it in iputils-ping, Rocky in iputils",
        )
    })?;
    let waiting: Mutex<VecDeque<(usize, &Ping)>> = Mutex::new(pings.iter().enumerate().collect());
    let next = || waiting.lock().ok()?.pop_front();
    let work = || {
        let mut done = Vec::new();
        while let Some((at, ping)) = next() {
            done.push((at, HostPrograms.run(&call(ping)).map(|output| read(&output))));
        }
        done
    };
    let mut done: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..AT_ONCE.min(pings.len())).map(|_| scope.spawn(work)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap_or_default()).collect()
    });
    done.sort_by_key(|(at, _)| *at);
    if done.len() != pings.len() {
        return Err(Fault::new("pinging others").because("a thread of the agent has ended early"));
    }
    done.into_iter().map(|(_, pinged)| pinged.tried(|| "pinging others".into())).collect()
}

fn call(ping: &Ping) -> Call {
    let (tries, seconds) = (TRIES.to_string(), SECONDS.to_string());
    let mut words = vec!["-n", "-c", &tries, "-i", "0.2", "-W", &seconds];
    let size = ping.whole.map(|size| size.to_string());
    if let Some(size) = &size {
        words.extend(["-M", "do", "-s", size]);
    }
    Call::new("ping", words).also(["--", ping.to.as_str()]).limit(LIMIT)
}

fn read(output: &Output) -> Pinged {
    if output.code == 0 {
        return Pinged::Answered(microseconds(&output.stdout));
    }
    let says = |words: &str| output.stderr.contains(words) || output.stdout.contains(words);
    let last = output.stderr.lines().rfind(|line| !line.trim().is_empty());
    Pinged::Silent(if says("message too long") || says("Frag needed") {
        "packets of this size do not fit: some MTU on the way is smaller".into()
    } else if let Some(why) = answer_of_others(&output.stdout) {
        why
    } else if let Some(line) = last {
        line.trim().trim_start_matches("ping: ").to_owned()
    } else {
        format!("no answer to {TRIES} packets")
    })
}

/// What a host on the way says: `From 10.0.0.1 icmp_seq=1 Destination Host Unreachable`.
fn answer_of_others(text: &str) -> Option<String> {
    let line = text.lines().find(|line| line.starts_with("From ") && line.contains("icmp_seq="))?;
    let (from, why) = line.strip_prefix("From ")?.split_once(" icmp_seq=")?;
    Some(format!("{from} says: {}", why.split_once(' ')?.1))
}

/// The shortest time of `rtt min/avg/max/mdev = 0.030/0.035/0.041/0.005 ms`.
fn microseconds(text: &str) -> Option<u32> {
    let (_, times) = text.lines().find_map(|line| line.strip_prefix("rtt "))?.split_once(" = ")?;
    let (whole, part) = times.split('/').next()?.split_once('.')?;
    let part: u32 = format!("{part:0<3}").get(..3)?.parse().ok()?;
    whole.parse::<u32>().ok()?.checked_mul(1000)?.checked_add(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(code: i32, stdout: &str, stderr: &str) -> Pinged {
        read(&Output { code, stdout: stdout.into(), stderr: stderr.into() })
    }

    #[test]
    fn what_ping_says() {
        let rtt = "2 packets transmitted, 2 received, 0% packet loss, time 201ms\nrtt min/avg/max/mdev = 0.030/0.035/0.041/0.005 ms\n";
        assert_eq!(output(0, rtt, ""), Pinged::Answered(Some(30)));
        let lost = "--- 10.0.0.9 ping statistics ---\n2 packets transmitted, 0 received, 100% packet loss\n";
        assert_eq!(output(1, lost, ""), Pinged::Silent("no answer to 2 packets".into()));
        let away = format!("From 10.0.0.1 icmp_seq=1 Destination Host Unreachable\n{lost}");
        let why = "10.0.0.1 says: Destination Host Unreachable";
        assert_eq!(output(1, &away, ""), Pinged::Silent(why.into()));
        let long = "ping: local error: message too long, mtu=1450\n";
        assert!(matches!(output(1, lost, long), Pinged::Silent(why) if why.contains("MTU")));
        let name = "ping: nowhere.example: Temporary failure in name resolution\n";
        let why = "nowhere.example: Temporary failure in name resolution";
        assert_eq!(output(2, "", name), Pinged::Silent(why.into()));
    }

    #[test]
    fn packets_of_the_networks_size_are_not_cut() {
        let ping = Ping { to: "10.0.0.1".into(), whole: Some(8972) };
        assert_eq!(call(&ping).line(), "ping -n -c 2 -i 0.2 -W 2 -M do -s 8972 -- 10.0.0.1");
    }
}
