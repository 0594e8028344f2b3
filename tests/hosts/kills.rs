//! The agent is killed two hundred times, at random moments of topics that write much; each time the next run converges.

use std::{
    thread::{ScopedJoinHandle, scope, sleep},
    time::{Duration, Instant},
};

use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};
use rustix::process::{Pid, Signal, kill_process};

use crate::{
    machines::{Lab, Machine},
    site::Site,
};

/// How many kills there must have been, and how many of them between the first and the last write of a topic.
const KILLS: usize = 200;
const BETWEEN: usize = 100;

/// Rounds after which it is no use to go on.
const MOST_ROUNDS: usize = 60;

/// How long a killer waits for the first write.
const PATIENCE: Duration = Duration::from_mins(1);

/// A topic that writes many things, one after the other.
struct Topic {
    tag: &'static str,
    /// What takes them away, as a shell says it.
    damage: &'static str,
    /// Where the first thing is, and what the file says of it; then the same for the last.
    first: (&'static str, &'static str),
    last: (&'static str, &'static str),
}

const TOPICS: [Topic; 4] = [
    Topic {
        tag: "apt",
        damage: "rm -f /etc/apt/apt.conf.d/60piece*",
        first: ("/etc/apt/apt.conf.d/60piece00", "//"),
        last: ("/etc/apt/apt.conf.d/60piece39", "//"),
    },
    Topic {
        tag: "trust-store",
        damage: "rm -f /usr/local/share/ca-certificates/piece*",
        first: ("/usr/local/share/ca-certificates/piece00.crt", "piece"),
        last: ("/usr/local/share/ca-certificates/piece39.crt", "piece"),
    },
    Topic {
        tag: "users",
        damage: "for u in $(grep -o '^piece[0-9]*' /etc/passwd); do userdel --force --remove $u; done 2>&1; true",
        first: ("/etc/passwd", "piece0:"),
        last: ("/etc/passwd", "piece7:"),
    },
    Topic {
        tag: "kolla-ansible-user",
        damage: "userdel --force kolla 2>&1; rm -f /etc/sudoers.d/kolla-ansible-users; true",
        first: ("/etc/passwd", "kolla:"),
        last: ("/etc/sudoers.d/kolla-ansible-users", "kolla"),
    },
];

impl Topic {
    fn says(machine: &Machine, (path, words): (&str, &str)) -> bool {
        machine.exists(path) && machine.read(path).contains(words)
    }

    fn configure(&self) -> [&str; 5] {
        ["overcloud", "host", "configure", "--tags", self.tag]
    }
}

/// How long after the first write the agent is killed: less after a kill that came too late.
struct Delay {
    random: TestRunner,
    most: Duration,
}

impl Delay {
    fn next(&mut self) -> Duration {
        let part = (0.0..1.0_f64).new_tree(&mut self.random).unwrap().current();
        self.most.mul_f64(part)
    }

    fn learn(&mut self, was_between: bool) {
        self.most = self.most.mul_f64(if was_between { 1.3 } else { 0.6 });
    }
}

/// What came of a killer's work.
enum Kill {
    /// The run had ended before.
    Missed,
    Done {
        was_between: bool,
    },
}

/// Waits for the topic's first write, then a while, and kills the agent there.
fn kill(machine: &Machine, topic: &Topic, delay: Duration) -> Kill {
    let until = Instant::now() + PATIENCE;
    while !Topic::says(machine, topic.first) {
        if Instant::now() > until {
            return Kill::Missed;
        }
        sleep(Duration::from_millis(1));
    }
    sleep(delay);
    let ours = |command: &str| command.contains("/ymir-agent-") && command.ends_with(" serve");
    let agents = machine.processes().into_iter().filter(|process| ours(&process.command));
    // The shell that became the agent, and sudo above it, say the same words.
    let pids = agents.filter_map(|process| Pid::from_raw(i32::try_from(process.pid).ok()?));
    if pids.filter(|pid| kill_process(*pid, Signal::KILL).is_ok()).count() == 0 {
        return Kill::Missed;
    }
    Kill::Done { was_between: !Topic::says(machine, topic.last) }
}

/// A site with much to write.
fn site(lab: &Lab) -> Site {
    let site = Site::again("ten");
    let pieces = |line: fn(usize) -> String, count: usize| (0..count).map(line).collect::<String>();
    let config = pieces(|i| format!("  - filename: 60piece{i:02}\n    content: // {i}\n"), 40);
    let certificates =
        pieces(|i| format!("  - \"{{{{ kayobe_config_path }}}}/piece{i:02}.crt\"\n"), 40);
    let users = pieces(|i| format!("  - username: piece{i}\n"), 8);
    for index in 0..40 {
        site.write(&format!("piece{index:02}.crt"), &format!("piece {index}\n"));
    }
    let text = format!(
        "---\napt_config:\n{config}trust_store_ca_certificates:\n{certificates}users_default:\n{users}"
    );
    site.write("extra.yml", &text);
    site.ymir(&["overcloud", "host", "configure"]).expect(0);
    for (machine, topic) in lab.machines().iter().flat_map(|m| TOPICS.iter().map(move |t| (m, t))) {
        assert!(Topic::says(machine, topic.last), "{}: {}", machine.name, topic.tag);
    }
    site
}

pub(crate) fn two_hundred_kills_are_survived(lab: &Lab) {
    let site = site(lab);
    let most = Duration::from_millis(60);
    let mut delays = TOPICS.map(|_| Delay { random: TestRunner::default(), most });
    let (mut kills, mut between) = (0, 0);
    for round in 0..MOST_ROUNDS {
        if kills >= KILLS && between >= BETWEEN {
            break;
        }
        let which = round % TOPICS.len();
        let topic = &TOPICS[which];
        for machine in lab.machines() {
            machine.exec(topic.damage).expect(0);
        }
        let waits: Vec<_> = lab.machines().iter().map(|_| delays[which].next()).collect();
        let outcomes: Vec<Kill> = scope(|scope| {
            let killers: Vec<ScopedJoinHandle<Kill>> = lab
                .machines()
                .iter()
                .zip(waits)
                .map(|(machine, wait)| scope.spawn(move || kill(machine, topic, wait)))
                .collect();
            site.ymir(&topic.configure());
            killers.into_iter().map(|killer| killer.join().unwrap()).collect()
        });
        for outcome in outcomes {
            if let Kill::Done { was_between } = outcome {
                (kills, between) = (kills + 1, between + usize::from(was_between));
                delays[which].learn(was_between);
            }
        }
        site.ymir(&topic.configure()).expect(0);
        for machine in lab.machines() {
            assert!(
                Topic::says(machine, topic.last),
                "{}: {} is not whole",
                machine.name,
                topic.tag
            );
        }
        println!(
            "{}: {kills} kills, {between} of them between the first and the last write",
            topic.tag
        );
    }
    assert!(kills >= KILLS && between >= BETWEEN, "{kills} kills, {between} in the middle");
    // What belonged to accounts that were made anew belongs to strangers until all topics have been gone through.
    site.ymir(&["overcloud", "host", "configure"]).expect(0);
    site.ymir(&["overcloud", "host", "configure", "--check", "--detailed-exitcode"]).expect(0);
}
