//! Repositories on a directory that plays a host.

use super::*;
use crate::host::{
    concern::{Concern, Docker, DockerEngine, DockerPackage, DockerRepository, Ulimit},
    programs::Output,
    stage::Stage,
};

fn apt() -> Concern {
    let config = vec![Snippet { name: "99site".into(), content: "line\n".into() }];
    Apt {
        proxy_http: None,
        proxy_https: None,
        config,
        keys: Vec::new(),
        keys_path: "/etc/apt/keyrings".into(),
        repositories: BTreeMap::new(),
        preferences: Vec::new(),
        logins: Vec::new(),
        disables_sources_list: false,
        managed: "Ansible managed".into(),
    }
    .into()
}

fn docker() -> Concern {
    let package = DockerPackage {
        debian: "docker-ce".into(),
        debian_pin: None,
        red_hat: "docker-ce".into(),
        red_hat_pin: None,
        iptables: false,
    };
    let red_hat = "http://mirror.example/docker".into();
    let engine = DockerEngine {
        repository: Some(DockerRepository { debian: None, red_hat }),
        package,
        config: serde_json::Map::new(),
        ulimit: Box::new(Ulimit { on: None, hard: 1.into(), soft: 1.into() }),
        containerd_root: "/var/lib/docker/containerd".into(),
        reloads: false,
        http_proxy: None,
        https_proxy: None,
        no_proxy: String::new(),
        registry: None,
    };
    Docker { engine: Some(engine) }.into()
}

/// Left to itself apt only warns of it, ends well, and installs what it knew before.
#[test]
fn a_repository_that_cannot_be_read_is_told() {
    for concern in [apt(), docker()] {
        let stage = Stage::of(Family::Debian);
        stage.act("apt-get", |root, call| {
            let line = call.line();
            if let Some((_, names)) = line.split_once(" install ") {
                let paragraph = |name| format!("Package: {name}\nStatus: install ok installed\n\n");
                let status: String = names.split(' ').map(paragraph).collect();
                std::fs::write(root.join("var/lib/dpkg/status"), status).unwrap();
            }
            let is_strict = line.ends_with("APT::Update::Error-Mode=any update");
            let stderr = "E: Failed to fetch http://mirror.example/ubuntu/Release".to_owned();
            Output { code: if is_strict { 100 } else { 0 }, stderr, ..Output::default() }
        });
        let fault = stage.try_apply(&concern).unwrap_err();
        assert!(fault.to_string().contains("Failed to fetch http://mirror.example"), "{fault}");
        assert!(fault.hint.unwrap().contains("`apt_repositories`"));
        let due = stage.look(&concern);
        assert!(due.iter().any(|text| text.contains("packages")), "it stays due: {due:?}");
    }
}
