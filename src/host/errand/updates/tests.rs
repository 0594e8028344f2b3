use super::{Update, Wanted, is_like, look, update};
use crate::host::{
    concern::Host,
    facts::{Facts, Family},
    fault::Fault,
    programs::Output,
    stage::Stage,
};

const STATUS: &str = "Package: libssl3\nStatus: install ok installed\n\nPackage: vim\nStatus: install ok installed\n\n\
                      Package: nano\nStatus: deinstall ok config-files\n";

const SIMULATED: &str = "Reading package lists...\nThe following packages have been kept back:\n  linux-image-amd64\n\
The following packages will be upgraded:\n  libssl3 vim\n\
Inst libssl3 [3.0.9-1] (3.0.15-1 Debian-Security:12/stable-security [amd64])\n\
Inst vim [2:9.0] (2:9.1 Debian:12.11/stable [amd64])\nInst vim-data (2:9.1 Debian:12.11/stable [all])\n\
Conf libssl3 (3.0.15-1 Debian-Security:12/stable-security [amd64])\n";

fn looked(stage: &Stage, names: &[&str], security: bool) -> super::Updates {
    let machine = stage.machine();
    let wanted = wanted(names, security);
    look(Host { machine: &machine, facts: &stage.facts }, &wanted).unwrap()
}

fn wanted(names: &[&str], security: bool) -> Wanted {
    Wanted { names: names.iter().map(ToString::to_string).collect(), security }
}

fn updated(stage: &Stage, wanted: &Wanted) -> Result<super::Updates, Fault> {
    let machine = stage.machine();
    update(Host { machine: &machine, facts: &stage.facts }, wanted, &mut |_| {})
}

#[test]
fn apt_says_what_it_would_do() {
    let stage = Stage::new(&[("/var/lib/dpkg/status", STATUS)]);
    stage.answer("apt-get", SIMULATED);
    let before = stage.everything();
    let found = looked(&stage, &[], false);
    assert_eq!(
        found.lines(),
        [
            "update libssl3 3.0.9-1 to 3.0.15-1",
            "update vim 2:9.0 to 2:9.1",
            "install vim-data 2:9.1"
        ]
    );
    assert_eq!(found.notes, ["kept back by apt: linux-image-amd64"]);
    let called = stage.called();
    assert!(called.iter().all(|line| line.contains("--simulate")), "{called:?}");
    assert!(called[0].ends_with("upgrade --with-new-pkgs --simulate"), "{called:?}");
    assert_eq!(stage.everything(), before);
}

#[test]
fn only_what_is_installed_is_updated() {
    let stage = Stage::new(&[("/var/lib/dpkg/status", STATUS)]);
    let found = looked(&stage, &["nano", "v*"], false);
    assert_eq!(found.notes, ["nano is not installed, so it is not updated"]);
    let called = stage.called();
    assert!(called[0].ends_with("install --only-upgrade vim --simulate"), "{called:?}");
    assert_eq!(looked(&stage, &["nano"], false).packages, []);
    assert_eq!(stage.called(), [""; 0], "apt was asked for nothing");
    looked(&stage, &["vim=2:9.1"], false);
    assert!(stage.called()[0].contains(" vim=2:9.1 "));
}

#[test]
fn security_counts_on_debian_too() {
    let stage = Stage::new(&[("/var/lib/dpkg/status", STATUS)]);
    stage.answer("apt-get", SIMULATED);
    looked(&stage, &[], true);
    let called = stage.called();
    assert!(called[1].ends_with("install --only-upgrade libssl3 --simulate"), "{called:?}");
}

#[test]
fn what_stays_behind_is_a_fault() {
    let stage = Stage::new(&[("/var/lib/dpkg/status", STATUS)]);
    stage.answer("apt-get", SIMULATED);
    let fault = updated(&stage, &wanted(&[], false)).unwrap_err();
    assert!(fault.to_string().contains("these are not updated"), "{fault}");
}

#[test]
fn held_locks_and_broken_repositories_have_hints() {
    let table = [
        (
            "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 12 (apt)",
            "has ended",
        ),
        (
            "E: Failed to fetch http://mirror/x  404  Not Found",
            "a repository of the host is broken",
        ),
    ];
    for (stderr, hint) in table {
        let stage = Stage::new(&[("/var/lib/dpkg/status", STATUS)]);
        let said = stderr.to_owned();
        stage.act("apt-get", move |_, _| Output {
            code: 100,
            stderr: said.clone(),
            ..Output::default()
        });
        let fault = updated(&stage, &wanted(&[], false)).unwrap_err();
        assert!(fault.hint.as_ref().is_some_and(|text| text.contains(hint)), "{fault:?}");
    }
}

/// `check-update` of dnf 4 breaks the lines of long names.
const NEWER: &str = "\nopenssl.x86_64                  1:3.2.2-6.el9_5        baseos\n\
a-package-with-a-rather-long-name.noarch\n                                2.0-1.el9              appstream\n\
Obsoleting Packages\nold.noarch   1-1   baseos\n    older.noarch  1-0  @baseos\n";

fn rocky() -> Stage {
    let mut stage = Stage::new(&[]);
    stage.facts = Facts { family: Family::RedHat, ..Facts::default() };
    stage
}

#[test]
fn dnf_says_what_it_would_do() {
    let stage = rocky();
    stage.act("dnf", |_, _| Output { code: 100, stdout: NEWER.into(), ..Output::default() });
    stage.answer("rpm --query --queryformat", "openssl.x86_64 1:3.0.7-1.el9\n");
    let found = looked(&stage, &[], true);
    let openssl = Update {
        name: "openssl.x86_64".into(),
        from: Some("1:3.0.7-1.el9".into()),
        to: "1:3.2.2-6.el9_5".into(),
    };
    assert_eq!(found.packages[0], openssl);
    assert_eq!(found.packages.len(), 2);
    assert!(stage.called()[0].ends_with("--cacheonly check-update --security"));
}

#[test]
fn dnf_updates_what_it_is_told_to() {
    let stage = rocky();
    // Newer versions are there until they are brought in.
    stage.act("dnf", |root, call| match call.args.iter().any(|arg| arg == "upgrade") {
        true => {
            std::fs::write(root.join("upgraded"), "").unwrap();
            Output::default()
        }
        false if root.join("upgraded").exists() => Output::default(),
        false => Output { code: 100, stdout: NEWER.into(), ..Output::default() },
    });
    stage.act("rpm --query vim", |_, _| Output { code: 1, ..Output::default() });
    let told = updated(&stage, &wanted(&["openssl", "vim"], false)).unwrap();
    assert_eq!(told.packages.len(), 2);
    assert_eq!(told.notes, ["vim is not installed, so it is not updated"]);
    assert!(stage.called().iter().any(|line| line.ends_with("upgrade openssl vim")));
}

#[test]
fn names_are_like_patterns() {
    let table = [
        ("vim", "vim", true),
        ("vim", "v*", true),
        ("vim", "*", true),
        ("vim", "v?m", true),
        ("vim", "v?", false),
        ("vim-tiny", "vim", false),
        ("", "*", true),
        ("libc6", "*c?", true),
    ];
    for (name, pattern, is) in table {
        assert_eq!(is_like(name, pattern), is, "{name} {pattern}");
    }
}
