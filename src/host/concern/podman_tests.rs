//! Podman on a directory that plays a host.

use super::*;
use crate::host::{concern::Concern, stage::Stage};

const STATUS: &str = "Package: podman\nStatus: install ok installed\n\n\
                      Package: catatonit\nStatus: install ok installed\n";

fn stage() -> Stage {
    let stage = Stage::new(&[("/var/lib/dpkg/status", STATUS)]);
    stage.units_are("loaded", "enabled", "active");
    stage
}

fn engine() -> PodmanEngine {
    let option = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    PodmanEngine {
        registry: None,
        mirror: None,
        storage_driver: None,
        runtime_directory: None,
        sections: vec![
            (
                "engine".into(),
                vec![option("events_logger", "\"file\""), option("healthcheck_events", "false")],
            ),
            ("containers".into(), vec![option("log_driver", "\"k8s-file\"")]),
        ],
        run_directories: vec!["/run/netns".into(), "/run/libvirt".into()],
        http_proxy: None,
        https_proxy: None,
        no_proxy: String::new(),
    }
}

fn concern(engine: PodmanEngine) -> Concern {
    Podman { engine: Some(engine) }.into()
}

#[test]
fn podman_is_configured_and_goes_again() {
    let stage = stage();
    stage.settles(&concern(engine()));
    assert_eq!(
        stage.text("/etc/containers/containers.conf.d/kolla.conf").unwrap(),
        "\n[engine]\nevents_logger = \"file\"\nhealthcheck_events = false\n\n\
         [containers]\nlog_driver = \"k8s-file\"\n"
    );
    assert_eq!(
        stage.text("/etc/tmpfiles.d/kolla.conf").unwrap(),
        "d /run/netns 0755 root root - -\nd /run/libvirt 0755 root root - -\n"
    );
    stage.put("/usr/bin/podman", "");
    stage.settles(&Podman::default().into());
    assert_eq!(stage.text("/etc/containers/containers.conf.d/kolla.conf"), None);
    assert_eq!(stage.text("/etc/tmpfiles.d/kolla.conf"), None);
}

#[test]
fn an_engine_with_containers_stays() {
    let stage = stage();
    stage.settles(&concern(engine()));
    stage.put("/usr/bin/podman", "");
    stage.answer("podman ps", "0123\n4567\n");
    let none = Podman::default().into();
    assert_eq!(stage.settles(&none), [""; 0]);
    assert!(stage.text("/etc/containers/containers.conf.d/kolla.conf").is_some());
    let kept = ["Podman stays with its configuration: it has 2 containers"];
    assert_eq!(stage.kept(&none), kept);
}

#[test]
fn an_engine_of_somebody_elses_is_no_news() {
    let stage = stage();
    stage.put("/usr/bin/podman", "");
    stage.answer("podman ps", "0123\n");
    assert_eq!(stage.kept(&Podman::default().into()), [""; 0]);
}

#[test]
fn registries_and_their_mirror() {
    let stage = stage();
    let registry = PodmanRegistry {
        name: "10.0.0.2:4000".into(),
        insecure: false,
        authority: Some("certificate\n".into()),
    };
    let asked = PodmanEngine {
        registry: Some(registry.clone()),
        mirror: Some("mirror.example".into()),
        ..engine()
    };
    stage.settles(&concern(asked));
    let below = |name: &str| stage.text(&format!("/etc/containers/{name}"));
    assert_eq!(
        below("registries.conf.d/registries.conf").unwrap(),
        "[[registry]]\nlocation = \"10.0.0.2:4000\"\ninsecure = false\n"
    );
    assert_eq!(below("certs.d/10.0.0.2:4000/ca.crt").unwrap(), "certificate\n");
    let mirror = below("registries.conf.d/registry-mirror.conf").unwrap();
    assert!(mirror.contains("prefix = \"docker.io\""), "{mirror}");
    let insecure = PodmanRegistry { insecure: true, authority: None, ..registry };
    stage.settles(&concern(PodmanEngine { registry: Some(insecure), ..engine() }));
    assert_eq!(below("certs.d/10.0.0.2:4000/ca.crt"), None);
    assert_eq!(below("registries.conf.d/registry-mirror.conf"), None);
}

#[test]
fn what_kayobe_wrote_for_a_proxy_is_left() {
    let stage = stage();
    let http_proxy = Some(Sealed::Open("http://proxy:3128".into()));
    let asked = PodmanEngine { http_proxy, no_proxy: "a,b".into(), ..engine() };
    let text = "                      \n[engine]\nevents_logger = \"file\"\nhealthcheck_events = false\n\
                env = [\"http_proxy=http://proxy:3128\", \"no_proxy=a,b\"]\n\n\
                [containers]\nlog_driver = \"k8s-file\"\n";
    let path = "/etc/containers/containers.conf.d/kolla.conf";
    stage.put(path, text);
    stage.settles(&concern(asked));
    assert_eq!(stage.text(path).unwrap(), text);
    assert_eq!(
        stage.text("/etc/systemd/system/podman.service.d/kolla.conf").unwrap(),
        "[Service]\nEnvironment=\"HTTP_PROXY=http://proxy:3128\"\nEnvironment=\"NO_PROXY=a,b\"\n"
    );
}

#[test]
fn its_storage_is_elsewhere_on_red_hat() {
    let mut stage = Stage::new(&[]);
    stage.units_are("loaded", "enabled", "active");
    stage.answer("rpm --query", "podman\n");
    stage.facts.family = Family::RedHat;
    let runtime_directory = Some("/data/podman".to_owned());
    stage.settles(&concern(PodmanEngine { runtime_directory, ..engine() }));
    let text = stage.text("/etc/containers/storage.conf").unwrap();
    assert!(text.contains("graphroot = \"/data/podman\"\n"), "{text}");
}
