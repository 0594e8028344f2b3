//! chrony on a directory that plays a host.

use super::*;
use crate::host::{concern::Concern, programs::Output, stage::Stage};

const CONF: &str = "/etc/chrony/chrony.conf";

/// As Kayobe wrote it on a host.
const OF_KAYOBE: &str = "\
allow 10/8
allow 192.168/16
allow 172.16/12
driftfile /var/lib/chrony/chrony.drift
dumpdir /var/lib/chrony
dumponexit
keyfile /etc/chrony/chrony.keys
log tracking measurements statistics
logchange 0.5
logdir /var/log/chrony
maxupdateskew 100.0
rtconutc
rtcsync
server 192.168.133.254 iburst
";

fn chrony() -> Chrony {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    Chrony {
        allow: words(&["10/8", "192.168/16", "172.16/12"]),
        makestep: None,
        dump_directory: "/var/lib/chrony".into(),
        local_stratum: Stratum::Unsaid,
        log: words(&["tracking", "measurements", "statistics"]),
        log_directory: "/var/log/chrony".into(),
        max_update_skew: "100.0".into(),
        rtcsync: true,
        sources: words(&["server 192.168.133.254 iburst"]),
        masked: words(&["ntp.service"]),
        force: None,
    }
}

fn concern(chrony: Chrony) -> Concern {
    Ntp { chrony: Some(chrony) }.into()
}

/// A host that has chrony, and knows of its units what is said there.
fn stage(files: &[(&str, &str)]) -> Stage {
    let stage = Stage::new(files);
    let status = "Package: chrony\nStatus: install ok installed\n\n\
                  Package: util-linux-extra\nStatus: install ok installed\n";
    stage.put("/var/lib/dpkg/status", status);
    stage.act("systemctl show", |root, call| {
        let state = |unit: &String| {
            let word = std::fs::read_to_string(root.join("units").join(unit)).unwrap_or_default();
            let of = |(load, file, active)| {
                format!("LoadState={load}\nUnitFileState={file}\nActiveState={active}\n")
            };
            of(match word.as_str() {
                "on" => ("loaded", "enabled", "active"),
                "masked" => ("masked", "masked", "inactive"),
                _ => ("not-found", "", "inactive"),
            })
        };
        let units = call.args.iter().skip_while(|arg| *arg != "--").skip(1);
        let stdout = units.map(state).collect::<Vec<_>>().join("\n");
        Output { stdout, ..Output::default() }
    });
    for (verb, word) in [("mask", "masked"), ("unmask", ""), ("start", "on"), ("restart", "on")] {
        stage.act(&format!("systemctl {verb} "), move |root, call| {
            std::fs::create_dir_all(root.join("units")).unwrap();
            std::fs::write(root.join("units").join(&call.args[1]), word).unwrap();
            Output::default()
        });
    }
    stage
}

#[test]
fn chrony_gets_kayobes_file_and_settles() {
    let stage = stage(&[]);
    let done = stage.settles(&concern(chrony()));
    assert_eq!(stage.text(CONF).unwrap(), OF_KAYOBE);
    assert_eq!(
        done,
        ["mask ntp.service", "create /etc/chrony/chrony.conf", "restart chrony.service",]
    );
}

#[test]
fn a_host_of_kayobes_is_left_as_it_is() {
    let newer = OF_KAYOBE.replace("log tracking", "local stratum 10\nlog tracking");
    for text in [OF_KAYOBE, &newer] {
        let stage = stage(&[
            (CONF, text),
            ("/units/ntp.service", "masked"),
            ("/units/chrony.service", "on"),
        ]);
        assert_eq!(stage.settles(&concern(chrony())), [""; 0]);
        assert_eq!(stage.text(CONF).unwrap(), text);
        let never = Chrony { local_stratum: Stratum::Never, ..chrony() };
        let changes = stage.look(&concern(never));
        assert_eq!(changes.contains(&format!("change {CONF}")), text == newer, "{changes:?}");
    }
}

#[test]
fn another_host_than_before_gives_back_what_it_got() {
    let stage = stage(&[(CONF, "pool debian.pool.ntp.org\n")]);
    stage.apply(&concern(chrony()));
    let none: Concern = Ntp { chrony: None }.into();
    assert_eq!(
        stage.settles(&none),
        ["restore the earlier /etc/chrony/chrony.conf", "unmask ntp.service"]
    );
    assert_eq!(stage.text(CONF).unwrap(), "pool debian.pool.ntp.org\n");
}

#[test]
fn the_system_of_red_hat_has_other_places() {
    let mut stage = stage(&[]);
    stage.facts.family = Family::RedHat;
    std::fs::remove_file(stage.root.path().join("var/lib/dpkg/status")).unwrap();
    stage.answer("rpm", "chrony\n");
    let done = stage.settles(&concern(chrony()));
    assert_eq!(stage.text("/etc/chrony.conf").unwrap(), OF_KAYOBE);
    assert!(done.contains(&"restart chronyd.service".into()), "{done:?}");
}

#[test]
fn a_clock_that_is_off_is_set() {
    let stage = stage(&[]);
    let force = Some(Force { tries: 60, correction: "0.01".into() });
    let concern = concern(Chrony { force, ..chrony() });
    stage.act("chronyc waitsync 1 ", |root, _| Output {
        code: i32::from(!root.join("set").exists()),
        ..Output::default()
    });
    stage.act("chronyc makestep", |root, _| {
        std::fs::write(root.join("set"), "").unwrap();
        Output::default()
    });
    let done = stage.settles(&concern);
    assert_eq!(done.last().unwrap(), "set the clock by its sources");
    let called = stage.called();
    let clock: Vec<_> = called
        .iter()
        .filter(|line| line.starts_with("chronyc") && !line.contains("waitsync 1 "))
        .collect();
    assert_eq!(clock, ["chronyc burst 4/4", "chronyc makestep", "chronyc waitsync 60 0.01"]);
}
