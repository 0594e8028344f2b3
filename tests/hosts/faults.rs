//! What goes wrong on one host stays its own, is told with its cause, and is made good by the next run.

use std::{process::Stdio, time::Duration};

use crate::{
    configure::site,
    machines::Lab,
    real::command::{Output, wait_until},
    site::Site,
};

const CONFIGURE: [&str; 3] = ["overcloud", "host", "configure"];
const CONF: &str = "/etc/systemd/journald.conf.d/kayobe.conf";

/// Something to do on every host: another value each time.
fn change(site: &Site, storage: &str) {
    site.write("logging.yml", &format!("---\njournald_storage: {storage}\n"));
}

/// The first host fails in one way, the second one is done, and once the cause is mended both are.
#[track_caller]
fn first_fails(lab: &Lab, site: &Site, words: &[&str], mend: impl FnOnce()) {
    let said = site.ymir(&CONFIGURE);
    let [first, second] = [0, 1].map(|index| &lab.machines()[index]);
    let failure = format!("{}: ", first.name);
    assert!(said.stderr.lines().any(|line| line.starts_with(&failure) && line.contains("failed")));
    for words in words {
        assert!(said.stderr.contains(words), "`{words}` is not told");
    }
    assert!(said.stdout.contains(&format!("failed: {}", first.name)), "{}", said.stdout);
    assert_eq!(said.code, 4);
    let wanted = std::fs::read_to_string(site.config().join("logging.yml")).unwrap();
    let storage = wanted.lines().last().unwrap().rsplit(' ').next().unwrap();
    assert!(second.read(CONF).contains(storage), "the other host was not configured");
    mend();
    site.ymir(&CONFIGURE).expect(0);
    assert!(first.read(CONF).contains(storage), "the second run did not make it good");
}

pub(crate) fn dead_host_leaves_others_alone(lab: &Lab) {
    let (site, machine) = (site(lab), &lab.machines()[0]);
    change(&site, "auto");
    machine.power_off();
    first_fails(lab, &site, &["logging in as stack"], || {
        machine.power_on();
        machine.wait_until_up();
    });
}

pub(crate) fn full_disk_is_told(lab: &Lab) {
    let (site, machine) = (site(lab), &lab.machines()[0]);
    change(&site, "volatile");
    machine.fill_disk();
    first_fails(lab, &site, &["No space left on device"], || machine.free_disk());
}

pub(crate) fn read_only_disk_is_told(lab: &Lab) {
    let (site, machine) = (site(lab), &lab.machines()[0]);
    change(&site, "persistent");
    // These keep a file open.
    machine.exec("systemctl stop tuned chrony; true").expect(0);
    machine.read_only();
    first_fails(lab, &site, &["Read-only file system"], || machine.writable());
}

pub(crate) fn sudo_that_asks_is_told(lab: &Lab) {
    let (site, machine) = (site(lab), &lab.machines()[0]);
    change(&site, "auto");
    machine.write("/etc/sudoers.d/kayobe-ansible-user", "stack ALL=(ALL) ALL");
    first_fails(lab, &site, &["may not become root without a password"], || {
        machine.write("/etc/sudoers.d/kayobe-ansible-user", "stack ALL=(ALL) NOPASSWD: ALL");
    });
}

pub(crate) fn other_host_key_is_refused(lab: &Lab) {
    let (site, machine) = (site(lab), &lab.machines()[0]);
    change(&site, "volatile");
    let keys = site.config().join("ssh_known_hosts");
    let known = std::fs::read_to_string(&keys).unwrap();
    let other = lab.machines()[1].read("/etc/ssh/ssh_host_ed25519_key.pub");
    let other: Vec<&str> = other.split_whitespace().take(2).collect();
    let address = machine.address.to_string();
    let wrong = format!("{address} {}\n", other.join(" "));
    let rest: String = known
        .lines()
        .filter(|line| !line.contains(&address))
        .flat_map(|line| [line, "\n"])
        .collect();
    std::fs::write(&keys, wrong + &rest).unwrap();
    first_fails(lab, &site, &["another SSH key than the known one"], || {
        std::fs::write(&keys, &known).unwrap();
    });
}

pub(crate) fn second_run_is_kept_out(lab: &Lab) {
    let (site, machine) = (site(lab), &lab.machines()[0]);
    change(&site, "auto");
    // Another control host has no lock of this one's in its way, only that of the host.
    let holder = "exec 9<>/var/lib/ymir/lock; : >/var/lib/ymir/lock; echo '{\"who\":\"eve@elsewhere\",\"command\":\"overcloud host configure\",\
                  \"since\":\"today\"}' >&9; flock 9; echo held; sleep 600";
    let mut held = machine.inside(&format!("exec bash -c '{}'", holder.replace('\'', "'\\''")));
    let mut held = held.stdout(Stdio::piped()).stdin(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(
        &mut std::io::BufReader::new(held.stdout.take().unwrap()),
        &mut line,
    )
    .unwrap();
    assert_eq!(line, "held\n");
    first_fails(lab, &site, &["eve@elsewhere holds it with `overcloud host configure`"], || {
        machine.exec("pkill -f 'sleep 600'");
        held.kill().unwrap();
        held.wait().unwrap();
    });
}

/// The host does not see that the connection is gone; the next run must not find it locked for hours.
pub(crate) fn cut_connection_is_told_and_given_up(lab: &Lab) {
    let (site, machine) = (site(lab), &lab.machines()[0]);
    change(&site, "persistent");
    machine.exec("rm -rf /opt/kayobe/venvs/kolla-ansible").expect(0);
    std::thread::scope(|scope| {
        let run = scope.spawn(|| site.ymir(&CONFIGURE));
        wait_until("a change of the host", Duration::from_mins(1), || {
            machine.read(CONF).contains("persistent")
        });
        machine.cut_network();
        let said = run.join().unwrap();
        assert_eq!(said.code, 4, "{said:?}");
        assert!(said.stdout.contains(&format!("failed: {}", machine.name)), "{said:?}");
        assert!(lab.machines()[1].read(CONF).contains("persistent"), "the other host waited");
    });
    machine.mend_network();
    site.ymir(&CONFIGURE).expect(0);
    site.ymir(&[&CONFIGURE[..], &["--check", "--detailed-exitcode"]].concat()).expect(0);
}

/// Ymir and the agent are killed again and again, later each time, with something to do on the host each time.
pub(crate) fn kills_are_survived(lab: &Lab) {
    let (site, machine) = (site(lab), &lab.machines()[0]);
    let damage = format!(
        "rm -rf {CONF} /etc/sudoers.d/kolla-ansible-users /opt/kayobe/venvs/kolla-ansible; userdel --force kolla; true"
    );
    for victim in ["ymir", "agent"] {
        let mut kills = 0;
        for milliseconds in (300..3000).step_by(300) {
            machine.exec(&damage).expect(0);
            let mut run = site.start(&CONFIGURE);
            std::thread::sleep(Duration::from_millis(milliseconds));
            kills += i32::from(run.try_wait().unwrap().is_none());
            match victim {
                "ymir" => run.kill().unwrap(),
                _ => drop(machine.exec("pkill -KILL -f ymir-agent")),
            }
            run.wait().unwrap();
        }
        println!("{victim} was killed {kills} times");
        assert!(kills > 3, "{victim} was hardly ever killed");
        wait_until("the end of what the killed runs began", Duration::from_mins(2), || {
            !machine.processes().iter().any(|process| process.command.contains("ymir-agent"))
        });
        site.ymir(&CONFIGURE).expect(0);
        let said: Output =
            site.ymir(&[&CONFIGURE[..], &["--check", "--detailed-exitcode"]].concat());
        said.expect(0);
        machine.ssh("kolla", "true").expect(0);
    }
}

pub(crate) fn power_cut_is_survived(lab: &Lab) {
    let (site, machine) = (site(lab), &lab.machines()[0]);
    change(&site, "volatile");
    machine.exec("rm -rf /opt/kayobe/venvs/kolla-ansible").expect(0);
    let mut run = site.start(&CONFIGURE);
    wait_until("a change of the host", Duration::from_mins(1), || {
        machine.read(CONF).contains("volatile")
    });
    machine.power_cut();
    run.wait().unwrap();
    machine.wait_until_up();
    site.ymir(&CONFIGURE).expect(0);
    let said = site.ymir(&[&CONFIGURE[..], &["--check", "--detailed-exitcode"]].concat());
    said.expect(0);
}
