//! What is done on hosts beside their configuration: commands, newer packages, facts, drift, keys, connectivity.

use std::{fs, path::PathBuf, process::Stdio};

use serde_json::Value;

use crate::{
    configure::site,
    enclosure,
    machines::{Lab, Machine},
    real::command::Output,
    site::Site,
};

const RUN: [&str; 4] = ["overcloud", "host", "command", "run"];
const UPDATE: [&str; 6] = ["overcloud", "host", "package", "update", "--packages", "ymir-try"];
const DRIFT: [&str; 3] = ["host", "drift", "--detailed-exitcode"];
const CONF: &str = "/etc/systemd/journald.conf.d/kayobe.conf";

fn ymir(site: &Site, words: &[&str], more: &[&str]) -> Output {
    site.ymir(&[words, more].concat())
}

/// The lines that are JSON.
fn events(said: &Output) -> Vec<Value> {
    said.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

pub(crate) fn commands_run_side_by_side(lab: &Lab) {
    let site = site(lab);
    let said = ymir(
        &site,
        &RUN,
        &["--show-output", "--command", "id -un; pwd; cat; echo \"it's $0\" >&2"],
    );
    for machine in lab.machines() {
        let name = &machine.name;
        for line in ["stack", "/home/stack"] {
            assert!(said.stdout.contains(&format!("{name}: {line}\n")), "{said:?}");
        }
        assert!(said.stdout.contains(&format!("{name} (stderr): it's /bin/sh\n")), "{said:?}");
    }
    said.expect(0);
    let said = ymir(&site, &RUN, &["--become", "--show-output", "--command", "id -un"]).expect(0);
    assert!(said.contains("node1: root\n") && said.contains("node2: root\n"), "{said}");
    // Without the option nothing is shown.
    let said = ymir(&site, &RUN, &["--command", "id -un"]).expect(0);
    assert!(!said.contains("stack"), "{said}");
    ymir(&site, &RUN, &["--check", "--command", "touch /home/stack/never"]).expect(0);
    assert!(!lab.machines()[0].exists("/home/stack/never"), "--check runs the command");
}

pub(crate) fn a_failed_command_is_run_again_where_it_failed(lab: &Lab) {
    let site = site(lab);
    let command =
        "echo once >>ran; [ -e good ] || [ \"$(hostname)\" = node1 ] || { echo no >&2; exit 3; }";
    let said = ymir(&site, &RUN, &["--output", "json", "--show-output", "--command", command]);
    assert_eq!(said.code, 4, "{said:?}");
    let codes = events(&said).into_iter().filter(|event| event["event"] == "step_output");
    let mut codes: Vec<_> =
        codes.map(|event| (event["subject"].to_string(), event["code"].as_i64())).collect();
    codes.sort();
    assert_eq!(codes, [("\"node1\"".to_owned(), Some(0)), ("\"node2\"".to_owned(), Some(3))]);
    lab.machines()[1].ssh("stack", "touch good").expect(0);
    let said = site.ymir(&["run", "resume"]);
    assert!(said.stderr.contains("node1: run `echo once"), "{said:?}");
    assert!(said.stderr.contains("done by an earlier run"), "{said:?}");
    said.expect(0);
    let ran = |machine: &Machine| machine.ssh("stack", "cat ran").expect(0).lines().count();
    assert_eq!([0, 1].map(|index| ran(&lab.machines()[index])), [1, 2]);
    for machine in lab.machines() {
        machine.ssh("stack", "rm -f ran good").expect(0);
    }
}

/// Makes a repository on the machine that has the package in this version; the machine knows it.
/// Each version's list is a minute younger than the one before: apt tells lists apart by their
/// seconds and sizes, and two made within one second are one to it.
fn offer(machine: &Machine, version: &str) {
    let script = format!(
        "set -e; r=/srv/try; mkdir -p $r/p/DEBIAN; cd $r\n\
         printf 'Package: ymir-try\\nVersion: {version}\\nArchitecture: all\\nMaintainer: lab <lab@example>\\nDescription: x\\n' >p/DEBIAN/control\n\
         dpkg-deb --build p ymir-try.deb >/dev/null\n\
         {{ cat p/DEBIAN/control; echo Filename: ./ymir-try.deb; echo Size: $(stat -c %s ymir-try.deb); \
         echo SHA256: $(sha256sum ymir-try.deb | cut -d' ' -f1); echo; }} >Packages\n\
         touch --date \"$((9 - {version})) minutes ago\" Packages\n\
         echo 'deb [trusted=yes] file:/srv/try ./' >/etc/apt/sources.list.d/try.list"
    );
    machine.exec(&script).expect(0);
}

fn version(machine: &Machine) -> String {
    machine.exec("dpkg-query --show --showformat '${Version}' ymir-try").expect(0)
}

pub(crate) fn packages_are_updated(lab: &Lab) {
    let site = site(lab);
    for machine in lab.machines() {
        offer(machine, "1");
        machine.exec("apt-get -q update && apt-get -q -y install ymir-try").expect(0);
        offer(machine, "2");
    }
    let said = ymir(&site, &UPDATE, &["--check", "--detailed-exitcode"]);
    assert!(
        said.stderr.contains("node1: update ymir-try: would change: update ymir-try 1 to 2"),
        "{said:?}"
    );
    assert_eq!(said.code, 5);
    assert_eq!(version(&lab.machines()[0]), "1");
    ymir(&site, &UPDATE, &["--security"]).expect(0);
    assert_eq!(version(&lab.machines()[0]), "1", "no security archive has it");
    ymir(&site, &UPDATE, &[]).expect(0);
    for machine in lab.machines() {
        assert_eq!(version(machine), "2");
    }
    let said = ymir(&site, &UPDATE, &[]).expect(0);
    assert!(said.contains("nothing was changed"), "{said}");
    let all = ["overcloud", "host", "package", "update", "--packages", "*"];
    ymir(&site, &all, &["--check"]).expect(0);
}

pub(crate) fn a_broken_repository_is_told(lab: &Lab) {
    let (site, first) = (site(lab), &lab.machines()[0]);
    lab.machines().iter().for_each(|machine| offer(machine, "3"));
    first.exec("echo 'deb [trusted=yes] http://172.23.0.1/nowhere ./' >/etc/apt/sources.list.d/broken.list").expect(0);
    let said = ymir(&site, &UPDATE, &[]);
    assert_eq!(said.code, 4, "{said:?}");
    assert!(said.stderr.contains("a repository of the host is broken"), "{said:?}");
    assert_eq!((version(first).as_str(), version(&lab.machines()[1]).as_str()), ("2", "3"));
    first.exec("rm /etc/apt/sources.list.d/broken.list").expect(0);
    ymir(&site, &UPDATE, &[]).expect(0);
    assert_eq!(version(first), "3");
}

pub(crate) fn a_lock_of_apt_is_waited_for(lab: &Lab) {
    let (site, first) = (site(lab), &lab.machines()[0]);
    offer(first, "4");
    let hold = "exec python3 -c \"import fcntl, time\nfor f in ('/var/lib/apt/lists/lock', '/var/lib/dpkg/lock-frontend'):\n    \
                h = open(f, 'w'); fcntl.lockf(h, fcntl.LOCK_EX); globals()[f] = h\nprint('held', flush=True); time.sleep(12)\"";
    let mut held = first.inside(hold);
    let mut held = held.stdout(Stdio::piped()).stdin(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    let mut output = std::io::BufReader::new(held.stdout.take().unwrap());
    std::io::BufRead::read_line(&mut output, &mut line).unwrap();
    assert_eq!(line, "held\n");
    ymir(&site, &UPDATE, &["--limit", "node1"]).expect(0);
    held.wait().unwrap();
    assert_eq!(version(first), "4");
    for machine in lab.machines() {
        machine.exec("apt-get -q -y purge ymir-try; rm -rf /srv/try /etc/apt/sources.list.d/try.list; apt-get -q update").expect(0);
    }
}

pub(crate) fn drift_is_told(lab: &Lab) {
    let (site, first) = (site(lab), &lab.machines()[0]);
    site.ymir(&["overcloud", "host", "configure"]).expect(0);
    let said = site.ymir(&DRIFT).expect(0);
    assert_eq!(said, "2 of 2 hosts are as configured\n");
    let before = first.read(CONF);
    first.write(CONF, "[Journal]\nStorage=none\n");
    let said = site.ymir(&DRIFT);
    let row = |said: &Output| {
        let row = said.stdout.lines().find(|line| line.contains(CONF));
        row.unwrap_or_else(|| panic!("{said:?}")).to_owned()
    };
    let seen = row(&said);
    assert!(seen.starts_with("node1  logging") && seen.ends_with("on the host"), "{said:?}");
    assert_eq!(said.code, 5, "{said:?}");
    // A later look still knows when it began; one that is only checked is not kept.
    assert_eq!(row(&site.ymir(&DRIFT)), seen);
    let looks =
        || find(&site.state(), "drift").map_or(0, |path| fs::read_dir(path).unwrap().count());
    let kept = looks();
    ymir(&site, &DRIFT, &["--check"]).expect(5);
    assert_eq!(looks(), kept);
    first.write(CONF, &before);
    site.ymir(&DRIFT).expect(0);
    // The site itself is another cause.
    site.write("logging.yml", "---\njournald_storage: none\n");
    let said = site.ymir(&[&DRIFT[..], &["--output", "json"]].concat());
    let told: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(told["hosts"][0]["differences"][0]["began"]["through"], "site", "{told}");
    fs::remove_file(site.config().join("logging.yml")).unwrap();
    site.ymir(&["overcloud", "host", "configure"]).expect(0);
}

pub(crate) fn drift_tells_of_hosts_that_cannot_be_seen(lab: &Lab) {
    let (site, first) = (site(lab), &lab.machines()[0]);
    first.write("/etc/sudoers.d/kayobe-ansible-user", "stack ALL=(ALL) ALL");
    let said = site.ymir(&DRIFT);
    first.write("/etc/sudoers.d/kayobe-ansible-user", "stack ALL=(ALL) NOPASSWD: ALL");
    assert_eq!(said.code, 4, "{said:?}");
    assert!(
        said.stderr.contains("node1: could not be looked at: node1: logging in as stack"),
        "{said:?}"
    );
    assert!(said.stdout.contains("1 could not be looked at"), "{said:?}");
    site.ymir(&["overcloud", "host", "configure"]).expect(0);
}

fn find(directory: &std::path::Path, name: &str) -> Option<PathBuf> {
    fs::read_dir(directory)
        .ok()?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
        .find_map(|path| if path.ends_with(name) { Some(path) } else { find(&path, name) })
}

pub(crate) fn facts_are_gathered(lab: &Lab) {
    let site = site(lab);
    let of = |name: &str, host: &str| {
        let dump = ["configuration", "dump", "--host", host, "--var-name", name];
        serde_json::from_str::<Value>(&site.ymir(&dump).expect(0)).unwrap()
    };
    assert_eq!(of("ansible_facts", "node1"), serde_json::json!({}));
    ymir(&site, &["overcloud", "facts", "gather"], &["--check"]).expect(0);
    assert_eq!(of("ansible_facts", "node1"), serde_json::json!({}), "--check keeps facts");
    site.ymir(&["overcloud", "facts", "gather"]).expect(0);
    for machine in lab.machines() {
        let facts = of("ansible_facts", &machine.name);
        assert_eq!(facts["hostname"], machine.name.as_str());
        assert_eq!(facts["host0"]["ipv4"]["address"], machine.address.to_string());
        assert_eq!(facts["virtualization_role"], "guest");
        assert_eq!(facts["user_id"], "stack");
        assert_eq!(of("ansible_distribution", &machine.name), "Debian");
    }
    // Where Ansible keeps facts itself, they are kept there, under its names.
    let cache = enclosure::state().join("facts");
    drop(fs::remove_dir_all(&cache));
    let settings = format!(
        "[defaults]\nfact_caching = jsonfile\nfact_caching_connection = {}\ninject_facts_as_vars = false\n",
        cache.display()
    );
    site.write("ansible.cfg", &settings);
    let said = site.ymir(&["overcloud", "facts", "gather"]);
    assert!(said.stderr.contains("the first of this host"), "{said:?}");
    said.expect(0);
    let kept: Value = serde_json::from_slice(&fs::read(cache.join("s1_node2")).unwrap()).unwrap();
    let kept: Value = serde_json::from_str(kept["__payload__"].as_str().unwrap()).unwrap();
    assert_eq!(kept["ansible_hostname"], "node2");
    assert_eq!(of("ansible_facts", "node2")["hostname"], "node2");
    fs::remove_file(site.config().join("ansible.cfg")).unwrap();
}

pub(crate) fn known_keys_are_not_scanned(lab: &Lab) {
    let site = site(lab);
    let home = enclosure::state().join("home");
    drop(fs::remove_dir_all(&home));
    fs::create_dir_all(home.join(".ssh")).unwrap();
    let known = home.join(".ssh/known_hosts");
    let stale = format!("# mine\n{} ssh-ed25519 AAAAstale\n", lab.machines()[0].address);
    fs::write(&known, &stale).unwrap();
    let said = site.ymir_at(&home, &["ssh-known-hosts", "--check"]);
    assert!(said.stderr.contains("which Ymir gave to the host"), "{said:?}");
    assert_eq!(fs::read_to_string(&known).unwrap(), stale);
    site.ymir_at(&home, &["ssh-known-hosts"]).expect(0);
    let text = fs::read_to_string(&known).unwrap();
    assert!(text.starts_with("# mine\n") && !text.contains("AAAAstale"), "{text}");
    assert_eq!(text.lines().count(), 3, "one key of each host was known beforehand: {text}");
    let said = site.ymir_at(&home, &["ssh-known-hosts"]).expect(0);
    assert!(said.contains("nothing was changed"), "{said}");
    // A host of which nobody knows a key is asked for all it has.
    let expected = site.config().join("ssh_known_hosts");
    let keys = fs::read_to_string(&expected).unwrap();
    let first = |line: &&str| line.starts_with("node1,");
    let only_first: String = keys.lines().filter(first).flat_map(|line| [line, "\n"]).collect();
    fs::write(&expected, only_first).unwrap();
    fs::remove_file(&known).unwrap();
    let said = site.ymir_at(&home, &["ssh-known-hosts"]);
    fs::write(&expected, &keys).unwrap();
    assert!(said.stderr.contains("node2: know the keys of"), "{said:?}");
    assert!(said.stderr.contains("compare it with the host's console"), "{said:?}");
    said.expect(0);
    let text = fs::read_to_string(&known).unwrap();
    let of = |machine: &Machine| {
        let start = format!("{} ", machine.address);
        text.lines().filter(|line| line.starts_with(&start)).count()
    };
    assert_eq!(of(&lab.machines()[0]), 1, "{text}");
    assert!(of(&lab.machines()[1]) >= 1, "{text}");
}

pub(crate) fn connectivity_is_checked(lab: &Lab) {
    let site = Site::again("network");
    let check = ["network", "connectivity", "check", "-e", "nc_skip_external_net=true"];
    let said = site.ymir(&check).expect(0);
    assert!(
        said.contains("internal_net: other hosts: 2 of 2 answer, in whole packets of 1450 bytes\n"),
        "{said}"
    );
    let second = &lab.machines()[1];
    second.exec("ip link set eth1 mtu 1400").expect(0);
    let said = site.ymir(&check);
    assert_eq!(said.code, 4, "{said:?}");
    assert!(said.stdout.contains("node2 does not reach node1 at 192.168.134.11 on internal_net: packets of this size do not fit"), "{said:?}");
    second.exec("ip link set eth1 mtu 1450").expect(0);
    // Nothing outside answers here, and names lead nowhere.
    let said = site.ymir(&[
        "network",
        "connectivity",
        "check",
        "--output",
        "json",
        "-e",
        "nc_external_ip=192.0.2.1",
    ]);
    assert_eq!(said.code, 4, "{said:?}");
    let told: Value = serde_json::from_str(&said.stdout).unwrap();
    let ways = told["hosts"][0]["ways"].as_array().unwrap();
    let silent: Vec<_> = ways.iter().filter(|way| way["answers"] == false).collect();
    assert_eq!(silent.len(), 2, "{told}");
    assert!(silent.iter().all(|way| way["why"].is_string()), "{told}");
}
