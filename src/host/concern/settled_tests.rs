//! For every topic, on hosts of both families: what is applied is satisfied, nothing is done twice, and looking never
//! writes. Topics whose tools need more than is played here are proved in their own tests.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::host::{facts::Family, sealed::Sealed, stage::Stage};

/// Topics whose own tests call `settles`.
const ELSEWHERE: [&str; 20] = [
    "dnf",
    "wipe-disks",
    "selinux",
    "network",
    "netplan",
    "firewall",
    "fail2ban",
    "tuned",
    "timezone",
    "ntp",
    "mdadm",
    "luks",
    "lvm",
    "docker",
    "podman",
    "docker-registry",
    "swift-block-devices",
    "libvirt-host",
    "iommu",
    "vgpu",
];

fn secret(text: &str) -> Sealed {
    Sealed::Open(text.into())
}

fn apt() -> Apt {
    let snippet = |name: &str| Snippet { name: name.into(), content: "line\n".into() };
    let repository = Repository {
        types: "deb".into(),
        url: "http://mirror.example/ubuntu".into(),
        suites: None,
        components: "main".into(),
        signed_by: Some("site.asc".into()),
        architecture: None,
        trusted: Some(true),
    };
    let login = AptLogin {
        name: "site.conf".into(),
        machine: "mirror.example".into(),
        login: "ada".into(),
        password: Sealed::Open("pw".into()),
    };
    Apt {
        proxy_http: Some(secret("http://proxy.example:3128")),
        proxy_https: None,
        config: vec![snippet("99site")],
        keys: vec![Key { name: "site.asc".into(), url: "http://mirror.example/key".into() }],
        keys_path: "/etc/apt/keyrings".into(),
        repositories: BTreeMap::from([("site".to_owned(), vec![repository])]),
        preferences: vec![snippet("site")],
        logins: vec![login],
        disables_sources_list: true,
        managed: "Ansible managed".into(),
    }
}

fn pip() -> Pip {
    Pip {
        users: vec!["root".into()],
        index_url: Some(secret("http://pypi.example/simple")),
        trusted_hosts: vec!["pypi.example".into()],
        proxy: None,
    }
}

fn account() -> Account {
    Account {
        name: "ada".into(),
        comment: "Ada".into(),
        uid: Some(1815),
        group: "ada".into(),
        groups: vec!["staff".into()],
        append: true,
        shell: "/bin/bash".into(),
        home: "/home/ada".into(),
        create_home: true,
        password: None,
        keep_password: false,
        key_pair: true,
        keys: vec!["ssh-ed25519 AAAA ada".into()],
        profile: None,
    }
}

fn venv(path: Option<&str>) -> KayobeVenv {
    KayobeVenv {
        path: path.map(str::to_owned),
        above: None,
        owner: "root".into(),
        engine: Some("docker".into()),
        constraints: None,
    }
}

fn kolla_venv() -> KollaVenv {
    KollaVenv {
        path: "/opt/kayobe/venvs/kolla-ansible".into(),
        owner: "root".into(),
        group: "root".into(),
        engine: "docker".into(),
        constraints: None,
    }
}

fn kolla_account() -> KollaAccount {
    KollaAccount {
        name: "kolla".into(),
        group: "kolla".into(),
        public_key: String::new(),
        keys_file: None,
        in_docker_group: true,
    }
}

fn samples() -> Vec<Concern> {
    let line = HostLine { address: "192.0.2.9".into(), names: vec!["repo".into()] };
    let parameters = BTreeMap::from([("vm.swappiness".to_owned(), "1".to_owned())]);
    let rule = SnatRule { interface: None, source_ip: None, matches: Vec::new() };
    let certificate = Certificate { name: "site.crt".into(), text: "a certificate\n".into() };
    let group = NamedGroup { name: "staff".into(), gid: Some(50) };
    vec![
        AnsibleUser {
            name: "stack".into(),
            public_key: String::new(),
            keys_file: None,
            in_docker_group: true,
            proxies: PackageProxies::default(),
        }
        .into(),
        Logging { storage: "persistent".into() }.into(),
        TrustStore { certificates: vec![certificate] }.into(),
        Proxy { http: Some(secret("http://p.example:1")), https: None, without: vec!["a".into()] }
            .into(),
        apt().into(),
        pip().into(),
        venv(Some("/opt/kayobe/venvs/kayobe")).into(),
        venv(None).into(),
        Users {
            groups: vec![group],
            users: vec![account()],
            deleted: Vec::new(),
            keys_file: Some(".keys".into()),
        }
        .into(),
        DevTools {
            packages: vec!["bash-completion".into(), "tcpdump".into()],
            with_modules: false,
        }
        .into(),
        Named { name: "host1".into() }.into(),
        EtcHosts {
            is_listed: true,
            name: Some("host1".into()),
            hosts: vec![line.clone()],
            custom: vec![line],
        }
        .into(),
        Sysctl { parameters }.into(),
        IpRouting { rp_filter: Some("1".into()) }.into(),
        SnatRules { rules: vec![rule] }.into(),
        WithoutGlean {}.into(),
        WithoutCloudInit { is_wanted: true }.into(),
        Swap { areas: Vec::new() }.into(),
        KollaUser { account: Some(kolla_account()) }.into(),
        KollaPip(pip()).into(),
        kolla_venv().into(),
        KollaPackages { multipath: true }.into(),
    ]
}

fn all_settle(family: Family) {
    for concern in samples() {
        let stage = Stage::of(family);
        stage.put("/proc/sys/vm/swappiness", "60\n");
        stage.settles(&concern);
    }
}

#[test]
fn every_topic_settles_on_debian() {
    all_settle(Family::Debian);
}

#[test]
fn every_topic_settles_on_red_hat() {
    all_settle(Family::RedHat);
}

#[test]
fn no_topic_is_left_out() {
    let samples = samples();
    let sampled: BTreeSet<&str> = samples.iter().map(Concern::name).chain(ELSEWHERE).collect();
    let left: Vec<&&str> = NAMES.iter().filter(|name| !sampled.contains(**name)).collect();
    assert_eq!(left, [&""; 0]);
}

/// Topics that a site can switch off take with them what they had put there.
#[test]
fn what_is_switched_off_is_taken_away() {
    let rule = SnatRule { interface: None, source_ip: None, matches: Vec::new() };
    let table: [(Concern, Concern, &str); 4] = [
        (
            WithoutCloudInit { is_wanted: true }.into(),
            WithoutCloudInit { is_wanted: false }.into(),
            "remove /etc/cloud/cloud-init.disabled",
        ),
        (
            IpRouting { rp_filter: Some("1".into()) }.into(),
            IpRouting { rp_filter: None }.into(),
            "remove `net.ipv4.ip_forward` of /etc/sysctl.conf",
        ),
        (
            SnatRules { rules: vec![rule] }.into(),
            SnatRules { rules: Vec::new() }.into(),
            "remove the rule POSTROUTING --out-interface eth0 --jump SNAT --to-source 192.0.2.7",
        ),
        (
            KollaUser { account: Some(kolla_account()) }.into(),
            KollaUser { account: None }.into(),
            "remove the user kolla; its home /home/kolla stays",
        ),
    ];
    for (on, off, expected) in table {
        let stage = Stage::of(Family::Debian);
        stage.apply(&on);
        let done = stage.settles(&off);
        assert!(done.contains(&expected.to_owned()), "{done:?}");
    }
}
