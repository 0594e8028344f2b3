//! The registry on a directory that plays a host, with an engine that keeps its containers in files.

use std::{fs, path::Path};

use serde_json::{Value, json};

use super::*;
use crate::host::{
    concern::Concern,
    programs::{Call, Output},
    stage::Stage,
};

const CONTAINER: &str = "engine/docker_registry";
const VOLUME: &str = "engine/volume";

fn absent(what: &str) -> Output {
    Output { code: 1, stderr: format!("Error: No such {what}"), ..Output::default() }
}

fn told(root: &Path, path: &str, what: &str) -> Output {
    match fs::read_to_string(root.join(path)) {
        Ok(stdout) => Output { stdout, ..Output::default() },
        Err(_) => absent(what),
    }
}

/// What `docker run` makes of its words.
fn run(root: &Path, call: &Call) -> Output {
    let all = |option: &str| -> Vec<String> {
        let pairs = call.args.windows(2).filter(|pair| pair[0] == option);
        pairs.map(|pair| pair[1].clone()).collect()
    };
    let one = |option: &str| all(option).concat();
    let mut bindings = serde_json::Map::new();
    for port in all("--publish") {
        let (outer, inner) = port.split_once(':').unwrap();
        bindings.insert(format!("{inner}/tcp"), json!([{"HostIp": "", "HostPort": outer}]));
    }
    let mut env = all("--env");
    env.push("PATH=/usr/bin".into());
    let container = json!([{
        "Image": "sha256:1",
        "State": {"Running": true},
        "Config": {"Image": call.args.last(), "Env": env},
        "HostConfig": {
            "NetworkMode": one("--network"),
            "PortBindings": bindings,
            "Binds": all("--volume"),
            "RestartPolicy": {"Name": one("--restart")},
        },
    }]);
    fs::create_dir_all(root.join("engine")).unwrap();
    fs::write(root.join(CONTAINER), container.to_string()).unwrap();
    Output::default()
}

fn stage() -> Stage {
    let stage = Stage::new(&[("/usr/bin/docker", ""), ("/engine/image", "[]")]);
    stage.act("docker container inspect", |root, _| told(root, CONTAINER, "container"));
    stage.act("docker volume inspect", |root, _| told(root, VOLUME, "volume"));
    stage.answer("docker image inspect", "[{\"Config\": {\"Env\": [\"PATH=/usr/bin\"]}}]");
    stage.act("docker run", run);
    stage.act("docker volume create", |root, _| {
        fs::write(root.join(VOLUME), "[{}]").unwrap();
        Output::default()
    });
    stage.act("docker rm", |root, _| {
        fs::remove_file(root.join(CONTAINER)).unwrap();
        Output::default()
    });
    stage
}

fn container() -> RegistryContainer {
    let address = ("REGISTRY_HTTP_ADDR".to_owned(), "0.0.0.0:4000".to_owned());
    RegistryContainer {
        image: "docker.io/library/registry:latest".into(),
        env: BTreeMap::from([address]),
        network: "host".into(),
        ports: Vec::new(),
        volumes: vec![
            "/etc/localtime:/etc/localtime:ro".into(),
            "docker_registry:/var/lib/registry".into(),
        ],
        restart: "unless-stopped".into(),
        directory: "/opt/kayobe/etc/docker-registry".into(),
        user: "root".into(),
        files: BTreeMap::new(),
    }
}

fn concern(container: Option<RegistryContainer>) -> Concern {
    DockerRegistry { engine: Engine::Docker, container }.into()
}

#[test]
fn a_registry_runs_is_changed_and_goes_without_its_data() {
    let stage = stage();
    let done = stage.settles(&concern(Some(container())));
    assert_eq!(
        done,
        [
            "make the container volume docker_registry",
            "run the container docker_registry of docker.io/library/registry:latest"
        ]
    );
    let bridge = RegistryContainer {
        network: "bridge".into(),
        ports: vec!["4000:5000".into()],
        env: BTreeMap::new(),
        ..container()
    };
    let done = stage.settles(&concern(Some(bridge)));
    let anew = "run the container docker_registry anew, with another environment, network, ports";
    assert_eq!(done, [anew]);
    assert_eq!(stage.settles(&concern(None)), ["remove the container docker_registry"]);
    assert!(stage.text(&format!("/{VOLUME}")).is_some(), "the data is gone");
}

#[test]
fn a_container_that_stopped_is_started() {
    let stage = stage();
    stage.apply(&concern(Some(container())));
    let running = stage.text(&format!("/{CONTAINER}")).unwrap();
    stage.put(&format!("/{CONTAINER}"), &running.replace("\"Running\":true", "\"Running\":false"));
    stage.act("docker start", move |root, _| {
        fs::write(root.join(CONTAINER), &running).unwrap();
        Output::default()
    });
    let done = stage.settles(&concern(Some(container())));
    assert_eq!(done, ["start the container docker_registry"]);
}

#[test]
fn a_changed_key_restarts_the_container() {
    let stage = stage();
    let with = |key: &str| {
        let files = BTreeMap::from([("key.pem".to_owned(), Sealed::Open(key.into()))]);
        concern(Some(RegistryContainer { files, ..container() }))
    };
    stage.settles(&with("one"));
    stage.called();
    stage.settles(&with("two"));
    assert!(stage.called().contains(&"docker restart docker_registry".to_owned()));
    assert_eq!(stage.text("/opt/kayobe/etc/docker-registry/key.pem").unwrap(), "two");
    stage.settles(&concern(None));
    assert!(!stage.root.path().join("opt/kayobe/etc/docker-registry").exists());
}

#[test]
fn a_registry_of_kayobes_is_taken_over() {
    let stage = stage();
    let found: Value = json!([{
        "Image": "sha256:1",
        "State": {"Running": true},
        "Config": {
            "Image": "docker.io/library/registry:latest",
            "Env": ["REGISTRY_HTTP_ADDR=0.0.0.0:4000", "PATH=/usr/bin"],
        },
        "HostConfig": {
            "NetworkMode": "host",
            "PortBindings": {},
            "Binds": ["docker_registry:/var/lib/registry:rw", "/etc/localtime:/etc/localtime:ro"],
            "RestartPolicy": {"Name": "unless-stopped", "MaximumRetryCount": 0},
        },
    }]);
    stage.put(&format!("/{CONTAINER}"), &found.to_string());
    stage.put(&format!("/{VOLUME}"), "[{}]");
    assert_eq!(stage.settles(&concern(Some(container()))), [""; 0]);
    assert_eq!(stage.settles(&concern(None)), ["remove the container docker_registry"]);
}

#[test]
fn an_image_that_cannot_be_had_leaves_the_old_container() {
    let stage = stage();
    stage.apply(&concern(Some(container())));
    stage.act("docker image inspect", |_, _| absent("image"));
    stage.act("docker pull", |_, _| Output { code: 1, ..Output::default() });
    let other = RegistryContainer { image: "registry.example/registry:2".into(), ..container() };
    let fault = stage.try_apply(&concern(Some(other))).unwrap_err();
    assert_eq!(fault.what, "getting the image registry.example/registry:2");
    assert!(stage.text(&format!("/{CONTAINER}")).is_some());
}

#[test]
fn no_engine_is_no_registry() {
    let stage = Stage::new(&[]);
    assert_eq!(stage.settles(&concern(None)), [""; 0]);
}
