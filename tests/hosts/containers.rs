//! Container engines on real machines: Docker with a registry of the site's own on one, Podman on the other.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use crate::{
    machines::{Lab, Machine},
    real::command::{command, wait_for},
    site::Site,
};

const NAME: &str = "containers";

const SEED: [&str; 5] =
    ["seed", "host", "configure", "--tags", "kayobe-ansible-user,docker,docker-registry"];
const CONTROLLER: [&str; 5] =
    ["overcloud", "host", "configure", "--tags", "kayobe-ansible-user,podman,docker"];

/// How long a registry may take to listen.
const LISTENS: Duration = Duration::from_mins(1);

/// No registry can be reached from here: its program is Debian's, and this puts it where the registry's image has it.
const IMAGE: &str = r#"set -e
apt-get -q -y install curl >/dev/null
cd /var/lib && rm -rf image && mkdir image && cd image
apt-get -q download docker-registry >/dev/null
mkdir root && dpkg-deb -x docker-registry_*.deb root
mkdir -p root/etc/docker/registry root/var/lib/registry root/tmp
printf 'version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: /var/lib/registry\nhttp:\n  addr: :5000\n' \
  >root/etc/docker/registry/config.yml
ldd root/usr/bin/docker-registry | grep -o '/[^ ]*' | while read -r library; do
  mkdir -p "root$(dirname "$library")" && cp -L "$library" "root$library"
done
tar -C root -c . | "$ENGINE" import --change 'ENTRYPOINT ["/usr/bin/docker-registry"]' \
  --change 'CMD ["serve", "/etc/docker/registry/config.yml"]' - docker.io/library/registry:latest
"#;

/// `lab` with the password `lab`.
const PASSWORDS: &str = "lab:$2b$05$c/T8t5wEJthBksbW/fc4iOqseEVKAu3fjaRaNGOKSIz5ZtY1ZEJia\n";

fn site(lab: &Lab) -> Site {
    let site = Site::of(lab, NAME);
    let names: Vec<_> = lab.machines().iter().map(|machine| machine.name.as_str()).collect();
    let hosts = format!("[seed]\n{}\n\n[controllers]\n{}\n", names[0], names[1]);
    site.write("inventory/hosts", &hosts);
    site.write(
        "seed.yml",
        &format!("---\nseed_bootstrap_user: {}\n", lab.options().distribution.user()),
    );
    // Debian's own engine, which is not where Kayobe's drop-in for proxies starts it.
    site.write(
        "container-engine.yml",
        "---\nenable_docker_repo: false\ndocker_apt_package: docker.io\nkolla_no_proxy: []\n",
    );
    site.write(&format!("inventory/host_vars/{}", names[1]), "---\ncontainer_engine: podman\n");
    site
}

/// What the registry answers, headers and all.
fn asked(machine: &Machine, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect((machine.address, 4000)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
    let request = format!("GET {path} HTTP/1.0\r\nHost: registry\r\n\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some(answer)
}

fn identity(machine: &Machine) -> String {
    let format = "docker inspect --format '{{.Id}} {{.State.StartedAt}}' docker_registry";
    machine.exec(format).expect(0)
}

pub(crate) fn a_registry_serves_images(lab: &Lab) {
    let (site, machine) = (site(lab), &lab.machines()[0]);
    site.ymir(&["seed", "host", "configure", "--tags", "kayobe-ansible-user,docker"]).expect(0);
    let rules = machine.exec("iptables-save 2>/dev/null").stdout;
    assert!(!rules.contains("DOCKER"), "the engine wrote rules before it was configured: {rules}");
    machine.exec(&format!("ENGINE=docker; {IMAGE}")).expect(0);
    site.write("docker-registry.yml", "---\ndocker_registry_enabled: true\n");
    let check = site.ymir(&[&SEED[..], &["--check", "--diff"]].concat());
    assert!(
        check
            .stderr
            .contains("run the container docker_registry of docker.io/library/registry:latest")
    );
    assert_ne!(machine.exec("docker container inspect docker_registry").code, 0, "--check runs it");
    site.ymir(&SEED).expect(0);
    let answer = wait_for("the registry", LISTENS, || asked(machine, "/v2/"));
    assert!(answer.starts_with("HTTP/1.0 200 "), "{answer}");
    machine
        .exec("docker tag docker.io/library/registry:latest 127.0.0.1:4000/kept:1 && docker push 127.0.0.1:4000/kept:1")
        .expect(0);
    let before = identity(machine);
    let said = site.ymir(&SEED).expect(0);
    assert!(said.contains("nothing was changed"), "{said}");
    assert_eq!(identity(machine), before, "it was run anew without need");
}

pub(crate) fn a_registry_is_changed(lab: &Lab) {
    let (site, machine) = (Site::again(NAME), &lab.machines()[0]);
    let words = "openssl req -x509 -newkey ed25519 -nodes -days 2 -subj /CN=registry \
                 -addext subjectAltName=IP:127.0.0.1 -keyout /root/key.pem -out /root/cert.pem";
    machine.exec(words).expect(0);
    site.write("registry/cert.pem", &machine.read("/root/cert.pem"));
    site.write("registry/key.pem", &machine.read("/root/key.pem"));
    site.write("registry/htpasswd", PASSWORDS);
    let above = site.config().join("registry");
    let above = above.display();
    site.write(
        "docker-registry.yml",
        &format!(
            "---\ndocker_registry_enabled: true\ndocker_registry_enable_tls: true\n\
             docker_registry_cert_path: {above}/cert.pem\ndocker_registry_key_path: {above}/key.pem\n\
             docker_registry_enable_basic_auth: true\n\
             docker_registry_basic_auth_htpasswd_path: {above}/htpasswd\n"
        ),
    );
    site.ymir(&SEED).expect(0);
    let files = machine.exec("stat -c '%a %U %n' /opt/kayobe/etc/docker-registry/*").expect(0);
    assert_eq!(files.matches("600 stack ").count(), 3, "{files}");
    let catalog = "curl -s --cacert /root/cert.pem";
    let asked = || {
        let said =
            machine.exec(&format!("{catalog} -u lab:lab https://127.0.0.1:4000/v2/_catalog"));
        (said.code == 0).then_some(said.stdout)
    };
    let answer = wait_for("the registry", LISTENS, asked);
    assert!(answer.contains("\"kept\""), "its images are gone: {answer}");
    let said = machine
        .exec(&format!("{catalog} -o /dev/null -w '%{{http_code}}' https://127.0.0.1:4000/v2/"));
    assert_eq!(said.stdout, "401", "it asks for no password");
    let again = site.ymir(&SEED).expect(0);
    assert!(again.contains("nothing was changed"), "{again}");
    let before = identity(machine);
    site.write("registry/htpasswd", &format!("{PASSWORDS}{}", PASSWORDS.replace("lab:", "ada:")));
    site.ymir(&SEED).expect(0);
    assert_ne!(identity(machine), before, "it was not started again with its new passwords");
    let mut search = command("grep", &["-r", "-l", "PRIVATE KEY"]);
    let found = search.arg(site.state()).output().unwrap();
    assert_eq!(
        String::from_utf8_lossy(&found.stdout),
        "",
        "the key is in what Ymir keeps of its runs"
    );
}

pub(crate) fn a_registry_goes_without_its_images(lab: &Lab) {
    let (site, machine) = (Site::again(NAME), &lab.machines()[0]);
    site.write("docker-registry.yml", "---\ndocker_registry_enabled: false\n");
    let said = site.ymir(&SEED);
    let named = format!("{}:docker_registry", machine.name);
    assert!(said.stderr.contains(&format!("`--confirm-removal {named}` removes it")));
    said.expect(0);
    assert_ne!(machine.exec("docker container inspect docker_registry").code, 0, "it still runs");
    machine.exec("test -d /var/lib/docker/volumes/docker_registry/_data/docker/registry").expect(0);
    assert!(!machine.exists("/opt/kayobe/etc/docker-registry"));
    let said = site.ymir(&SEED).expect(0);
    assert!(said.contains("nothing was changed"), "{said}");
    site.ymir(&[&SEED[..], &["--confirm-removal", &named]].concat()).expect(0);
    assert_ne!(machine.exec("docker volume inspect docker_registry").code, 0, "it was named");
}

pub(crate) fn podman_runs_containers(lab: &Lab) {
    let (site, machine) = (Site::again(NAME), &lab.machines()[1]);
    site.ymir(&CONTROLLER).expect(0);
    assert_eq!(machine.exec("systemctl is-active podman.socket").expect(0).trim(), "active");
    machine.exec("test -d /run/lock/nova && test -d /run/openvswitch").expect(0);
    machine.exec(&format!("ENGINE=podman; {IMAGE}")).expect(0);
    let run = "podman run --cgroups=disabled --network=host --name once docker.io/library/registry:latest --version \
               && podman inspect --format '{{.HostConfig.LogConfig.Type}}' once";
    let said = machine.exec(run).expect(0);
    assert!(said.contains("k8s-file"), "its configuration is not in force: {said}");
    let said = site.ymir(&CONTROLLER).expect(0);
    assert!(said.contains("nothing was changed"), "{said}");
    site.write(
        "podman.yml",
        "---\npodman_registry: 172.23.0.1:4000\npodman_registry_insecure: true\n\
         podman_registry_mirror: 172.23.0.1:4000\n",
    );
    site.ymir(&CONTROLLER).expect(0);
    let known = machine.exec("podman info --format '{{.Registries}}'").expect(0);
    assert!(known.contains("172.23.0.1:4000"), "{known}");
}

pub(crate) fn podman_stays_while_it_has_containers(lab: &Lab) {
    let (site, machine) = (Site::again(NAME), &lab.machines()[1]);
    site.write("podman.yml", "---\nextra: nothing\n");
    site.write(&format!("inventory/host_vars/{}", machine.name), "---\nextra: nothing\n");
    let said = site.ymir(&CONTROLLER);
    assert!(said.stderr.contains("Podman stays with its configuration: it has 1 containers"));
    said.expect(0);
    assert!(machine.exists("/etc/containers/containers.conf.d/kolla.conf"));
    machine.exec("podman rm once").expect(0);
    site.ymir(&CONTROLLER).expect(0);
    assert!(!machine.exists("/etc/containers/containers.conf.d/kolla.conf"));
    assert!(!machine.exists("/usr/bin/podman"));
    assert_eq!(machine.exec("systemctl is-active docker").expect(0).trim(), "active");
    let said = site.ymir(&CONTROLLER).expect(0);
    assert!(said.contains("nothing was changed"), "{said}");
}
