//! Docker on a directory that plays a host.

use super::*;
use crate::host::{concern::Concern, stage::Stage};

const CONTAINERD: &str = "/etc/containerd/config.toml";

fn stage() -> Stage {
    let status = "Package: docker-ce\nStatus: install ok installed\n\n\
                  Package: apparmor\nStatus: install ok installed\n";
    let stage = Stage::new(&[("/var/lib/dpkg/status", status)]);
    stage.units_are("loaded", "enabled", "active");
    stage
}

fn docker() -> DockerEngine {
    let package = |debian_pin: Option<&str>| DockerPackage {
        debian: "docker-ce".into(),
        debian_pin: debian_pin.map(str::to_owned),
        red_hat: "docker-ce".into(),
        red_hat_pin: None,
        iptables: false,
    };
    DockerEngine {
        repository: None,
        package: package(None),
        config: Map::from_iter([("live-restore".to_owned(), true.into())]),
        ulimit: Box::new(Ulimit { on: None, hard: 1_048_576.into(), soft: 1_048_576.into() }),
        containerd_root: "/var/lib/docker/containerd".into(),
        reloads: false,
        http_proxy: None,
        https_proxy: None,
        no_proxy: String::new(),
        registry: None,
    }
}

fn concern(engine: DockerEngine) -> Concern {
    Docker { engine: Some(engine) }.into()
}

#[test]
fn docker_is_configured_before_it_starts() {
    let stage = stage();
    stage.put("/var/lib/dpkg/status", "");
    let installed = "Package: docker-ce\nStatus: install ok installed\n\n\
                     Package: apparmor\nStatus: install ok installed\n";
    stage.act("apt-get", move |root, _| {
        assert!(
            root.join("etc/docker/daemon.json").exists(),
            "its first start has no configuration"
        );
        std::fs::write(root.join("var/lib/dpkg/status"), installed).unwrap();
        crate::host::programs::Output::default()
    });
    let done = stage.settles(&concern(docker()));
    assert!(done.contains(&"install docker-ce apparmor".to_owned()), "{done:?}");
    assert_eq!(stage.text("/etc/docker/daemon.json").unwrap(), "{\n    \"live-restore\": true\n}");
}

#[test]
fn files_are_limited_where_the_default_is_too_large() {
    let mut stage = Stage::new(&[]);
    stage.units_are("loaded", "enabled", "active");
    stage.answer("rpm --query", "docker-ce\n");
    stage.facts.family = Family::RedHat;
    stage.facts.release = "9.5".into();
    stage.settles(&concern(docker()));
    let text = stage.text("/etc/docker/daemon.json").unwrap();
    assert!(text.contains("\"nofile\": {\n            \"hard\": 1048576"), "{text}");
    let ulimit = Box::new(Ulimit { on: Some(false), ..*docker().ulimit });
    stage.settles(&concern(DockerEngine { ulimit, ..docker() }));
    assert!(!stage.text("/etc/docker/daemon.json").unwrap().contains("nofile"));
    stage.facts.release = "10.0".into();
    stage.settles(&concern(docker()));
    assert!(!stage.text("/etc/docker/daemon.json").unwrap().contains("nofile"));
}

#[test]
fn containerd_is_told_where_docker_leaves_images_to_it() {
    let stage = stage();
    stage.put("/usr/bin/docker", "");
    stage.answer("docker system info", "{\"Driver\": \"overlay2\", \"DriverStatus\": []}");
    stage.settles(&concern(docker()));
    assert_eq!(stage.text(CONTAINERD), None);
    stage.answer(
        "docker system info",
        "{\"Driver\": \"overlayfs\", \"DriverStatus\": [[\"driver-type\", \"io.containerd.snapshotter.v1\"]]}",
    );
    let done = stage.settles(&concern(docker()));
    assert_eq!(done, ["create /etc/containerd/config.toml", "restart containerd.service"]);
    let text = "disabled_plugins = [\"cri\"]\nroot = \"/var/lib/docker/containerd\"\n";
    assert_eq!(stage.text(CONTAINERD).unwrap(), text);
}

#[test]
fn a_version_is_pinned_and_set_free_again() {
    let stage = stage();
    let package = DockerPackage { debian_pin: Some("5:28.*".into()), ..docker().package };
    stage.settles(&concern(DockerEngine { package, ..docker() }));
    let path = "/etc/apt/preferences.d/docker";
    let text = "Package: docker-ce\nPin: version 5:28.*\nPin-Priority: 1000\n";
    assert_eq!(stage.text(path).unwrap(), text);
    stage.settles(&concern(docker()));
    assert_eq!(stage.text(path), None);
}

#[test]
fn an_engine_that_only_reads_its_configuration_stops_no_container() {
    let stage = stage();
    stage.settles(&concern(DockerEngine { reloads: true, ..docker() }));
    let calls = stage.called();
    assert!(calls.contains(&"systemctl reload docker.service".to_owned()), "{calls:?}");
    assert!(!calls.contains(&"systemctl restart docker.service".to_owned()), "{calls:?}");
}

#[test]
fn a_pinned_version_settles_and_gives_way_to_another() {
    let mut stage = stage();
    stage.facts.family = Family::RedHat;
    stage.facts.release = "10.0".into();
    std::fs::remove_file(stage.root.path().join("var/lib/dpkg/status")).unwrap();
    stage.act("rpm --query", |root, _| {
        let stdout = std::fs::read_to_string(root.join("var/lib/engine")).unwrap_or_default();
        crate::host::programs::Output { stdout, ..Default::default() }
    });
    stage.act("dnf", |root, call| {
        let version = call.args.last().unwrap().trim_start_matches("docker-ce-").to_owned();
        let text = format!("1 {} 1.el10 x86_64\n", version.replace('*', "0.4"));
        std::fs::create_dir_all(root.join("var/lib")).unwrap();
        std::fs::write(root.join("var/lib/engine"), text).unwrap();
        crate::host::programs::Output::default()
    });
    let pinned = |pin: &str| {
        let package = DockerPackage { red_hat_pin: Some(pin.into()), ..docker().package };
        concern(DockerEngine { package, ..docker() })
    };
    let done = stage.settles(&pinned("28.*"));
    assert!(done.contains(&"install docker-ce-28.*".to_owned()), "{done:?}");
    let done = stage.settles(&pinned("29.1.0"));
    assert_eq!(done, ["install docker-ce-29.1.0 in place of 28.0.4-1.el10"]);
    let removed = stage.called().into_iter().find(|line| line.contains("remove"));
    assert_eq!(removed, None, "containers would stop");
}

/// A site that has gone over to Podman.
#[test]
fn an_engine_that_is_not_asked_for_goes_when_it_has_no_containers() {
    let stage = Stage::of(Family::Debian);
    stage.apply(&concern(docker()));
    stage.put("/usr/bin/docker", "");
    stage.answer("docker ps", "0123\n");
    let none = Docker::default().into();
    assert_eq!(stage.settles(&none), [""; 0]);
    let kept = ["Docker stays with its configuration: it has 1 containers"];
    assert_eq!(stage.kept(&none), kept);
    stage.answer("docker ps", "");
    let done = stage.apply(&none);
    assert!(done.contains(&"remove /etc/docker/daemon.json".to_owned()), "{done:?}");
    assert_eq!(stage.text("/etc/docker/daemon.json"), None);
}

#[test]
fn an_engine_that_does_not_answer_stays() {
    let stage = Stage::of(Family::Debian);
    stage.apply(&concern(docker()));
    stage.put("/usr/bin/docker", "");
    stage.act("docker ps", |_, _| crate::host::programs::Output {
        code: 1,
        stderr: "Cannot connect to the Docker daemon".into(),
        ..Default::default()
    });
    let kept = stage.kept(&Docker::default().into());
    assert!(kept[0].contains("it does not say: Cannot connect"), "{kept:?}");
}
