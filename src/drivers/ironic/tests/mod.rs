//! The driver against an imitated Ironic.

mod deploying;
mod fake;
mod leases;
mod properties;
mod rebuilding;
mod registering;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use camino::Utf8PathBuf;
use futures::StreamExt;
use tempfile::TempDir;
use wiremock::MockServer;

use self::fake::Fake;
use super::{client::Pace, lease::Owner, process::Process, *};
use crate::{
    model::{
        host::{Access, HostImage},
        network::AdminAddress,
        node::Placement,
    },
    origin::{Origin, Setting, Sourced},
    plan::{
        Plan, Step,
        action::ironic::{Deploy, Inspect, Provide, Rebuild, Register, Undeploy},
    },
    run::driver::Word,
    secret::{KnownSecrets, SecretRef},
};

/// An imitated Ironic, a driver for it, and files for images and keys.
struct Bench {
    fake: Fake,
    server: MockServer,
    driver: IronicDriver,
    dir: TempDir,
}

/// What became of one step.
#[derive(Debug)]
struct Outcome {
    found: Option<Finding>,
    result: Result<()>,
    warnings: Vec<String>,
}

impl Bench {
    async fn new() -> Self {
        let fake = Fake::default();
        let server = fake.start().await;
        let dir = tempfile::tempdir().unwrap();
        let sha = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        for (file, text) in
            [("a.qcow2", "abc"), ("a.qcow2.sha256", sha), ("id.pub", "ssh-rsa LOGIN")]
        {
            std::fs::write(dir.path().join(file), text).unwrap();
        }
        let secrets = BTreeMap::from([(password(), "hunter2".to_owned())]);
        let secrets = Arc::new(KnownSecrets(Mutex::new(secrets)));
        let owner = Owner {
            user: "me".into(),
            host: "here".into(),
            environment: "lab".into(),
            process: Process::this(),
        };
        let pace = Pace { pause: Duration::from_millis(2), limit: Duration::from_secs(5) };
        Self { fake, server, driver: IronicDriver::paced(secrets, owner, pace), dir }
    }

    fn path(&self, name: &str) -> Utf8PathBuf {
        Utf8PathBuf::try_from(self.dir.path().join(name)).unwrap()
    }

    fn ironic(&self) -> Ironic {
        Ironic { url: sourced("ymir_ironic_url", self.server.uri()), login: None, keystone: None }
    }

    fn register(&self) -> IronicAction {
        let (ironic, node, patience) = (self.ironic(), node(), patience());
        IronicAction::Register(Box::new(Register { ironic, node, patience }))
    }

    fn inspect(&self) -> IronicAction {
        let since = jiff::Timestamp::now();
        let (ironic, node, patience) = (self.ironic(), node(), patience());
        IronicAction::Inspect(Box::new(Inspect { ironic, node, since, patience }))
    }

    fn provide(&self) -> IronicAction {
        let (ironic, node, patience) = (self.ironic(), node(), patience());
        IronicAction::Provide(Box::new(Provide { ironic, node, patience }))
    }

    fn deploy(&self) -> IronicAction {
        IronicAction::Deploy(Box::new(self.deployment()))
    }

    fn rebuild(&self) -> IronicAction {
        let rebuild = Rebuild { deploy: self.deployment(), since: None };
        IronicAction::Rebuild(Box::new(rebuild))
    }

    fn deployment(&self) -> Deploy {
        Deploy {
            ironic: self.ironic(),
            node: node(),
            admin: AdminAddress {
                network: "net".into(),
                address: sourced("net_ips", "10.0.0.1".parse().unwrap()),
                cidr: sourced("net_cidr", "10.0.0.0/24".parse().unwrap()),
                gateway: None,
                mtu: 1500,
                vlan: None,
                routes: vec![],
                nameservers: vec![],
            },
            image: HostImage {
                file: sourced("kolla_bifrost_deploy_image_filename", "a.qcow2".into()),
                directory: self.path(""),
                url: sourced("ymir_image_url", "http://images/".into()),
                rootfs_uuid: None,
                user_data: None,
                described: None,
                architecture: None,
                trust: None,
            },
            access: self.access(),
            known_hosts: self.path("ssh_known_hosts"),
            patience: patience(),
        }
    }

    fn undeploy(&self) -> IronicAction {
        IronicAction::Undeploy(Box::new(Undeploy {
            ironic: self.ironic(),
            node: node(),
            access: self.access(),
            known_hosts: self.path("ssh_known_hosts"),
            records: self.path("deprovisioned"),
            patience: patience(),
        }))
    }

    fn access(&self) -> Access {
        Access {
            address: sourced("ansible_host", "10.0.0.1".into()),
            user: sourced("bootstrap_user", "debian".into()),
            private_key: sourced("ssh_private_key_path", self.path("id")),
            public_key: sourced("ssh_public_key_path", self.path("id.pub")),
        }
    }

    /// Probes and applies one step per host, as a run would.
    async fn run(&self, hosts: &[&str], action: &IronicAction) -> BTreeMap<String, Outcome> {
        let steps = |host: &&str| {
            ((*host).to_owned(), vec![("step".to_owned(), Action::Ironic(action.clone()))])
        };
        let plan = Plan::named("test").stage("stage", hosts, steps);
        let lanes = &plan.stages[0].lanes;
        let tasks =
            || lanes.iter().map(|lane| Task { subject: &lane.subject, step: &lane.steps[0] });
        let name = |id: &str| {
            let of = |step: &Step| step.id == id;
            lanes.iter().find(|lane| lane.steps.iter().any(of)).unwrap().subject.clone()
        };
        let empty = || Outcome { found: None, result: Ok(()), warnings: vec![] };
        let mut outcomes: BTreeMap<_, _> =
            hosts.iter().map(|host| ((*host).to_owned(), empty())).collect();
        let mut said = self.driver.probe(tasks().collect());
        while let Some(Said { step, word }) = said.next().await {
            let outcome = outcomes.get_mut(&name(&step)).unwrap();
            match word {
                Word::Found(Ok(finding)) => outcome.found = Some(finding),
                Word::Found(Err(trouble)) => outcome.result = Err(trouble),
                Word::Warning(text) => outcome.warnings.push(text),
                _ => {}
            }
        }
        let to_do = |task: &Task| {
            let outcome = &outcomes[task.subject];
            let acts = matches!(outcome.found, Some(Finding::Differs(_) | Finding::Unknown(_)));
            outcome.result.is_ok() && acts
        };
        let tasks: Vec<_> = tasks().filter(to_do).collect();
        let mut said = self.driver.apply(tasks);
        while let Some(Said { step, word }) = said.next().await {
            let outcome = outcomes.get_mut(&name(&step)).unwrap();
            match word {
                Word::Applied(result) => outcome.result = result,
                Word::Warning(text) => outcome.warnings.push(text),
                _ => {}
            }
        }
        outcomes
    }

    /// The node as Ymir sees it.
    fn observed(&self, host: &str) -> Observed {
        serde_json::from_value(self.fake.get(host, "")).unwrap()
    }

    /// Ymir's corner of the node without leases, none of which may hold any more.
    fn corner(&self, host: &str) -> serde_json::Value {
        let (mut corner, state) =
            (self.fake.get(host, "/extra/ymir"), self.fake.get(host, "/provision_state"));
        let leases = corner.as_object_mut().unwrap().remove("leases").unwrap();
        for lease in leases.as_object().unwrap().values() {
            assert_eq!(lease["ends"], state, "{lease}");
        }
        corner
    }

    async fn one(&self, action: &IronicAction) -> Outcome {
        self.run(&["bm1"], action).await.remove("bm1").unwrap()
    }
}

fn sourced<T>(variable: &str, value: T) -> Sourced<T> {
    let setting = Setting { variable: variable.into(), origin: Origin::whole("site.yml") };
    Sourced { value, setting }
}

fn password() -> SecretRef {
    SecretRef::of("bm1", "ironic_driver_info", &["redfish_password"])
}

fn node() -> Node {
    Node {
        driver: sourced("ironic_driver", "fake-hardware".into()),
        driver_info: BTreeMap::from([("redfish_address".to_owned(), "http://bmc".into())]),
        secrets: BTreeMap::from([("redfish_password".to_owned(), password())]),
        info_setting: sourced("ironic_driver_info", ()).setting,
        key_settings: BTreeMap::new(),
        properties: BTreeMap::new(),
        resource_class: None,
        interfaces: BTreeMap::new(),
        placement: Placement::default(),
        ports: vec![],
        mac: Some(sourced("kolla_bifrost_ipv4_interface_mac", "52:54:00:aa:00:01".into())),
        automated_clean: Some(false),
    }
}

fn patience() -> Patience {
    let seconds = |name| sourced(name, 30);
    Patience {
        manageable: seconds("wait_manageable_timeout"),
        available: seconds("wait_available_timeout"),
        inspected: seconds("wait_inspected_timeout"),
        active: seconds("wait_active_timeout"),
        ssh: seconds("wait_ssh_timeout"),
        poll: 1,
    }
}
