//! dnf's files on a directory that plays a host.

use super::*;
use crate::host::{concern::Concern, programs::Output, stage::Stage};

const CUSTOM: &str = "/etc/yum.repos.d/own.repo";

fn stage(files: &[(&str, &str)]) -> Stage {
    let given = [(MAIN, "[main]\ngpgcheck=1\nbest=True\n"), ("/etc/systemd/system/keep", "")];
    let mut stage = Stage::new(&[&given[..], files].concat());
    stage.facts = crate::host::facts::Facts {
        family: Family::RedHat,
        distribution: "rocky".into(),
        release: "10.1".into(),
        ..stage.facts
    };
    stage.answer("rpm --query", "epel-release\ndnf-automatic\n");
    stage.units_are("loaded", "enabled", "active");
    stage
}

fn dnf() -> Dnf {
    Dnf {
        config: BTreeMap::new(),
        secret_config: BTreeMap::new(),
        mirror: None,
        epel: false,
        repositories: Vec::new(),
        states: BTreeMap::new(),
        automatic: None,
    }
}

fn repository(id: &str, file: &str, options: &[(&str, &str)]) -> DnfRepository {
    let option = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let options = Some(options.iter().map(option).collect());
    DnfRepository { id: id.into(), file: file.into(), options, secrets: BTreeMap::new() }
}

#[test]
fn options_of_the_main_section_come_and_go() {
    let stage = stage(&[]);
    let config = [("gpgcheck", "1"), ("best", "False"), ("proxy", "http://p:1")];
    let config = config.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let done = stage.settles(&Dnf { config, ..dnf() }.into());
    assert_eq!(done, ["set `best` of /etc/dnf/dnf.conf", "set `proxy` of /etc/dnf/dnf.conf"]);
    stage.settles(&dnf().into());
    assert_eq!(stage.text(MAIN).unwrap(), "[main]\ngpgcheck=1\nbest = True\n");
}

#[test]
fn an_option_that_was_changed_twice_goes_back_to_what_it_was_first() {
    let stage = stage(&[]);
    for value in ["http://p:1", "http://p:2"] {
        let config = ["best", "proxy"].map(|name| (name.to_owned(), value.to_owned())).into();
        stage.settles(&Dnf { config, ..dnf() }.into());
    }
    stage.settles(&dnf().into());
    assert_eq!(stage.text(MAIN).unwrap(), "[main]\ngpgcheck=1\nbest = True\n");
}

#[test]
fn repositories_are_written_as_ansible_writes_them() {
    let stage = stage(&[(CUSTOM, "[other]\nname=by hand\n")]);
    let options = [("name", "own repository"), ("baseurl", "http://a\nhttp://b"), ("enabled", "1")];
    let own = repository("mine", "own", &options);
    let concern: Concern = Dnf { repositories: vec![own], ..dnf() }.into();
    let done = stage.settles(&concern);
    assert_eq!(
        done,
        ["add the section `mine` of /etc/yum.repos.d/own.repo", "read the repositories anew"]
    );
    let text = "[other]\nname=by hand\n[mine]\nbaseurl = http://a\n\thttp://b\nenabled = 1\n\
        name = own repository\n\n";
    assert_eq!(stage.text(CUSTOM).unwrap(), text);
    assert!(stage.called().iter().any(|line| line.ends_with("makecache --refresh")));
    let done = stage.settles(&dnf().into());
    assert_eq!(
        done,
        ["remove the section `mine` of /etc/yum.repos.d/own.repo", "read the repositories anew"]
    );
    assert_eq!(stage.text(CUSTOM).unwrap(), "[other]\nname=by hand\n");
}

#[test]
fn a_repository_that_was_changed_twice_goes_wholly() {
    let stage = stage(&[]);
    for address in ["http://a", "http://b"] {
        let one = repository("mine", "mine", &[("baseurl", address)]);
        stage.settles(&Dnf { repositories: vec![one], ..dnf() }.into());
    }
    stage.settles(&dnf().into());
    assert_eq!(stage.text("/etc/yum.repos.d/mine.repo"), None);
}

#[test]
fn a_secret_of_a_repository_is_not_shown() {
    let stage = stage(&[]);
    let mut one = repository("mine", "mine", &[("baseurl", "http://a")]);
    one.secrets.insert("password".into(), Sealed::Open("hidden".into()));
    let concern: Concern = Dnf { repositories: vec![one], ..dnf() }.into();
    let machine = stage.machine();
    let host = Host { machine: &machine, facts: &stage.facts };
    let found = crate::host::converge::Converge::new(host).unwrap().look(&concern).unwrap();
    assert!(!format!("{found:?}").contains("hidden"));
    stage.settles(&concern);
    assert!(stage.text("/etc/yum.repos.d/mine.repo").unwrap().contains("password = hidden"));
    assert!(!stage.text("/var/lib/ymir/record.json").unwrap().contains("hidden"));
}

#[test]
fn repositories_of_others_are_switched_and_back() {
    let crb = "/etc/yum.repos.d/rocky.repo";
    let before = "[baseos]\nenabled=1\n\n[crb]\nname=CRB\nenabled=0\n";
    let stage = stage(&[(crb, before)]);
    let states = [("crb".to_owned(), true), ("baseos".to_owned(), true)].into();
    let concern: Concern = Dnf { states, ..dnf() }.into();
    let done = stage.settles(&concern);
    assert_eq!(done, ["enable the repository crb", "read the repositories anew"]);
    assert!(stage.text(crb).unwrap().contains("name=CRB\nenabled=1\n"));
    stage.settles(&dnf().into());
    assert_eq!(stage.text(crb).unwrap(), before);
    let states = [("gone".to_owned(), true)].into();
    let fault = stage.try_apply(&Dnf { states, ..dnf() }.into()).unwrap_err();
    assert!(fault.to_string().contains("no file in /etc/yum.repos.d defines it"), "{fault}");
}

#[test]
fn a_mirror_takes_the_place_of_the_distributions_own() {
    let own = "[baseos]\nmirrorlist=https://elsewhere\n";
    let stage = stage(&[("/etc/yum.repos.d/rocky.repo", own)]);
    let mirror = Mirror { rocky: "mirror/pub/rocky".into(), epel: "mirror/pub/epel".into() };
    stage.settles(&Dnf { mirror: Some(mirror), epel: true, ..dnf() }.into());
    let text = stage.text("/etc/yum.repos.d/rocky-extras.repo").unwrap();
    let expected = "[extras]\nname=Rocky Linux $releasever - Extras\n\
        baseurl=http://mirror/pub/rocky/$releasever/extras/$basearch/os/\ngpgcheck=1\nenabled=1\n\
        countme=1\nmetadata_expire=6h\ngpgkey=file:///etc/pki/rpm-gpg/RPM-GPG-KEY-Rocky-10\n";
    assert!(text.contains(expected), "{text}");
    let text = stage.text("/etc/yum.repos.d/epel.repo").unwrap();
    assert!(text.contains("http://mirror/pub/epel/$releasever${releasever_minor:+"), "{text}");
    stage.settles(&dnf().into());
    assert_eq!(stage.text("/etc/yum.repos.d/rocky.repo").unwrap(), own);
    assert_eq!(stage.text("/etc/yum.repos.d/epel.repo"), None);
}

#[test]
fn a_mirrors_file_with_other_comments_is_taken_over() {
    let stage = stage(&[]);
    let mirror = Mirror { rocky: "m".into(), epel: "m".into() };
    let concern: Concern = Dnf { mirror: Some(mirror), ..dnf() }.into();
    stage.apply(&concern);
    let path = "/etc/yum.repos.d/rocky-devel.repo";
    let text = stage.text(path).unwrap();
    stage.put(path, &text.replace("\n[devel]", "# words\n\n\n[devel]\n#mirrorlist=x"));
    assert!(stage.look(&concern).iter().all(|change| change.starts_with("set the mode")));
}

#[test]
fn automatic_updates_are_switched_on_and_off_again() {
    let before = "[commands]\nupgrade_type = default\napply_updates = no\n";
    let stage = stage(&[(AUTOMATIC, before)]);
    stage.settles(&Dnf { automatic: Some("security".into()), ..dnf() }.into());
    let text = stage.text(AUTOMATIC).unwrap();
    assert_eq!(text, "[commands]\nupgrade_type = security\napply_updates = True\n");
    stage.settles(&dnf().into());
    assert_eq!(stage.text(AUTOMATIC).unwrap(), before);
}

#[test]
fn a_repository_that_cannot_be_read_is_told_with_its_cause() {
    let stage = stage(&[]);
    stage.act("dnf", |_, _| Output {
        code: 1,
        stderr: "Error: Failed to download metadata for repo 'mine': Cannot download repomd.xml"
            .into(),
        ..Output::default()
    });
    let one = repository("mine", "mine", &[("baseurl", "http://nowhere")]);
    let fault = stage.try_apply(&Dnf { repositories: vec![one], ..dnf() }.into()).unwrap_err();
    assert!(fault.to_string().contains("repo 'mine'"), "{fault}");
    assert!(fault.hint.unwrap().contains("dnf_custom_repos"));
}
