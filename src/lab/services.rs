//! The programs that serve the lab, and what each is told.

use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use serde::Serialize;

use super::{Bench, Did, health::Health, libvirtd, places, service::Service, text, venv};
use crate::{
    drivers::process::Run,
    trouble::{Result, Tell},
};

/// All services in the order in which they start; they stop in the opposite one, so that Ironic is gone before it could
/// switch a node on again.
pub(super) const NAMES: [&str; 6] = ["libvirtd", "nginx", "dnsmasq", "redfish", IPMI, "ironic"];

/// The BMCs of nodes that speak IPMI; a lab without such nodes has no such service.
pub(super) const IPMI: &str = "ipmi";

/// What the templates in `seed/` may name.
#[derive(Serialize)]
struct Values {
    address: String,
    bridge: String,
    netmask: String,
    dhcp_first: String,
    dhcp_last: String,
    image_path: String,
    image_url: String,
    image_port: u16,
    ironic_url: String,
    ironic_port: u16,
    redfish_port: u16,
    ramdisk_parameters: String,
    libvirt_uri: String,
    host_uuid: String,
    log: String,
    /// The service's own directory.
    state: String,
}

fn values(bench: &Bench<'_>, service: &str) -> Values {
    let lab = &bench.lab;
    let address = lab.address.value;
    Values {
        address: address.addr().to_string(),
        bridge: lab.bridge.value.clone(),
        netmask: address.netmask().to_string(),
        dhcp_first: lab.leases.first.value.to_string(),
        dhcp_last: lab.leases.last.value.to_string(),
        image_path: lab.image_path.value.to_string(),
        image_url: lab.image_url.value.to_string(),
        image_port: lab.image_url.value.port,
        ironic_url: lab.ironic_url.value.to_string(),
        ironic_port: lab.ironic_url.value.port,
        redfish_port: lab.redfish.port.value,
        ramdisk_parameters: lab.ramdisk_parameters.value.clone(),
        libvirt_uri: bench.libvirt.uri().to_owned(),
        host_uuid: uuid_of(&bench.places.root),
        log: bench.places.root.join("log").into_string(),
        state: bench.places.state(service).into_string(),
    }
}

/// A UUID that stays the same for a lab; libvirt wants one and not every machine has its own.
fn uuid_of(root: &camino::Utf8Path) -> String {
    let hex = text::digest([root.as_str().as_bytes()]);
    format!("{}-{}-4{}-8{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..32])
}

/// The service of this name; `None` if there is none.
pub(super) fn named(bench: &Bench<'_>, name: &str) -> Result<Option<Service>> {
    match name {
        "libvirtd" => libvirtd(bench).map(Some),
        "nginx" => nginx(bench).map(Some),
        "dnsmasq" => dnsmasq(bench).map(Some),
        "redfish" => redfish(bench).map(Some),
        IPMI if bench.lab.ipmi_nodes().next().is_some() => ipmi(bench).map(Some),
        "ironic" => ironic(bench).map(Some),
        _ => Ok(None),
    }
}

/// Every service, in the order of [`NAMES`].
pub(super) fn all(bench: &Bench<'_>) -> Result<Vec<Service>> {
    let found = NAMES.iter().map(|name| named(bench, name));
    Ok(found.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
}

/// A file of a service: its place and its template, filled in.
fn file(
    bench: &Bench<'_>,
    service: &str,
    name: &str,
    template: &str,
) -> Result<(Utf8PathBuf, String)> {
    let text = text::render(name, template, &values(bench, service))?;
    Ok((bench.places.state(service).join(name), text))
}

fn libvirtd(bench: &Bench<'_>) -> Result<Service> {
    let state = bench.places.state("libvirtd");
    let files = [
        ("etc/libvirtd.conf", include_str!("../../seed/libvirt/libvirtd.conf")),
        ("etc/qemu.conf", include_str!("../../seed/libvirt/qemu.conf")),
        ("enter.sh", include_str!("../../seed/libvirt/enter.sh")),
    ];
    let files = files.map(|(name, template)| file(bench, "libvirtd", name, template));
    let enter = state.join("enter.sh");
    let words = ["--mount", "--propagation", "private", "sh", enter.as_str(), state.as_str()];
    Ok(Service {
        name: "libvirtd",
        run: Run::new("unshare").args(words),
        listens: None,
        address: bench.libvirt.uri().to_owned(),
        files: files.into_iter().collect::<Result<_>>()?,
        before: libvirtd::prepare,
        health: Health::Libvirt(bench.libvirt.clone()),
        patience: Duration::from_mins(1),
    })
}

fn nginx(bench: &Bench<'_>) -> Result<Service> {
    let conf = file(bench, "nginx", "nginx.conf", include_str!("../../seed/nginx/nginx.conf"))?;
    let url = &bench.lab.image_url;
    Ok(Service {
        name: "nginx",
        // Before it has read its configuration, it would complain into the system's log.
        run: Run::new("nginx").args(["-e", "stderr", "-c", conf.0.as_str()]),
        listens: Some((url.value, url.setting.clone())),
        address: url.value.to_string(),
        files: vec![conf],
        before: |bench| places::make_dir(&bench.lab.image_path.value),
        health: Health::Images(url.value),
        patience: Duration::from_secs(30),
    })
}

fn dnsmasq(bench: &Bench<'_>) -> Result<Service> {
    let conf =
        file(bench, "dnsmasq", "dnsmasq.conf", include_str!("../../seed/dnsmasq/dnsmasq.conf"))?;
    Ok(Service {
        name: "dnsmasq",
        run: Run::new("dnsmasq").args(["--keep-in-foreground", &format!("--conf-file={}", conf.0)]),
        listens: None,
        address: format!("DHCP on {}", bench.lab.bridge.value),
        files: vec![conf],
        before: |bench| {
            let tftp = bench.places.state("dnsmasq").join("tftp");
            copy_firmware(&tftp, &["undionly.kpxe", SNPONLY])?;
            copy_firmware(&bench.lab.image_path.value, &[SNPONLY])
        },
        health: Health::Udp(vec![67]),
        patience: Duration::from_secs(30),
    })
}

/// iPXE for machines that boot by UEFI; it is handed out by TFTP and by HTTP.
const SNPONLY: &str = "snponly.efi";

/// Copies iPXE's programs from where Debian's package has them to where they are served.
fn copy_firmware(into: &Utf8Path, names: &[&str]) -> Result<()> {
    places::make_dir(into)?;
    for name in names {
        let from = Utf8Path::new("/usr/lib/ipxe").join(name);
        std::fs::copy(&from, into.join(name))
            .or_host(|| format!("copying {from} to {into}"))
            .map_err(|trouble| trouble.hint("let `ymir_lab_packages` name `ipxe`"))?;
    }
    Ok(())
}

fn ipmi(bench: &Bench<'_>) -> Result<Service> {
    let template = include_str!("../../seed/ipmi/virtualbmc.conf");
    let conf = file(bench, IPMI, "virtualbmc.conf", template)?;
    let program = venv::IPMI.program(&bench.places, "vbmcd");
    let ports: Vec<u16> = bench.lab.ipmi_nodes().map(|(_, port)| port).collect();
    Ok(Service {
        name: IPMI,
        run: Run::new(program).arg("--foreground").env("VIRTUALBMC_CONFIG", conf.0.as_str()),
        listens: None,
        address: format!("IPMI on {}, ports {ports:?}", bench.lab.address.value.addr()),
        files: vec![conf],
        before: |_| Ok(()),
        health: Health::Udp(ports),
        patience: Duration::from_mins(1),
    })
}

/// Writes the nodes that speak IPMI, each with the password that its BMC asks for.
pub(super) fn write_ipmi_nodes(bench: &Bench<'_>) -> Result<Did> {
    let dir = bench.places.state(IPMI).join("nodes");
    let mut written = Vec::new();
    for (node, port) in bench.lab.ipmi_nodes() {
        let path = dir.join(&node.name).join("config");
        let text = ipmi_node(bench, &node.name, port);
        if std::fs::read_to_string(&path).is_ok_and(|there| there == text) {
            continue;
        }
        places::write_secret(&path, &text)?;
        written.push(node.name.as_str());
    }
    Ok(match written.as_slice() {
        [] => Did::Nothing("written".into()),
        names => Did::Something(format!("written for {}", names.join(", "))),
    })
}

/// What VirtualBMC reads of one node; a `%` in a value is doubled for its parser.
fn ipmi_node(bench: &Bench<'_>, name: &str, port: u16) -> String {
    let (redfish, address) = (&bench.lab.redfish, bench.lab.address.value.addr());
    let [user, password, uri] =
        [&redfish.user.value, redfish.password.value.reveal(), bench.libvirt.uri()]
            .map(|text| text.replace('%', "%%"));
    format!(
        "[VirtualBMC]\nusername = {user}\npassword = {password}\naddress = {address}\nport = {port}\n\
         domain_name = {name}\nlibvirt_uri = {uri}\nactive = True\n"
    )
}

fn redfish(bench: &Bench<'_>) -> Result<Service> {
    let template = include_str!("../../seed/redfish/emulator.conf");
    let conf = file(bench, "redfish", "emulator.conf", template)?;
    let (redfish, url) = (&bench.lab.redfish, bench.lab.redfish_url());
    let program = venv::REDFISH.program(&bench.places, "sushy-emulator");
    Ok(Service {
        name: "redfish",
        run: Run::new(program).args(["--config", conf.0.as_str()]),
        listens: Some((url, redfish.port.setting.clone())),
        address: url.to_string(),
        files: vec![conf],
        before: |_| Ok(()),
        health: Health::Redfish {
            url,
            user: redfish.user.value.clone(),
            password: redfish.password.value.clone(),
        },
        patience: Duration::from_mins(1),
    })
}

fn ironic(bench: &Bench<'_>) -> Result<Service> {
    let files = [
        ("ironic.conf", include_str!("../../seed/ironic/ironic.conf")),
        ("new-database.conf", include_str!("../../seed/ironic/new-database.conf")),
    ];
    let files = files.map(|(name, template)| file(bench, "ironic", name, template));
    let mut files: Vec<_> = files.into_iter().collect::<Result<_>>()?;
    // Ironic fills this one in.
    let grub = include_str!("../../seed/ironic/grub.cfg.template");
    files.push((bench.places.state("ironic").join("grub.cfg.template"), grub.into()));
    let url = &bench.lab.ironic_url;
    let program = venv::IRONIC.program(&bench.places, "ironic");
    Ok(Service {
        name: "ironic",
        run: Run::new(program).args(["--config-file", files[0].0.as_str()]),
        listens: Some((url.value, url.setting.clone())),
        address: url.value.to_string(),
        files,
        before: |bench| {
            let state = bench.places.state("ironic");
            let dirs = ["tmp", "images", "master", "tftp", "deploy-logs"];
            dirs.iter().try_for_each(|name| places::make_dir(&state.join(name)))
        },
        health: Health::Ironic(url.value),
        patience: Duration::from_mins(2),
    })
}

/// Writes who may use the BMC emulator; the password travels through standard input.
pub(super) async fn write_redfish_users(bench: &Bench<'_>) -> Result<Did> {
    let state = bench.places.state("redfish");
    places::make_dir(&state)?;
    let redfish = &bench.lab.redfish;
    let script = include_str!("../../seed/redfish/users.py");
    let words =
        ["-c", script, state.join("users").as_str(), &redfish.user.value].map(str::to_owned);
    let run = Run::new(venv::REDFISH.program(&bench.places, "python")).args(words);
    let output = run.input(redfish.password.value.reveal()).output().await?;
    // The command's line is the whole script, so the message names what it is for.
    let output = output.checked("users.py").map_err(|trouble| {
        trouble.while_trying("writing the BMC emulator's users").set_by(&redfish.password.setting)
    })?;
    let said = format!("{} may use the BMCs", redfish.user.value);
    Ok(if output.stdout.trim() == "kept" { Did::Nothing(said) } else { Did::Something(said) })
}

/// Makes Ironic's database, whole or not at all.
pub(super) async fn create_database(bench: &Bench<'_>) -> Result<Did> {
    let state = bench.places.state("ironic");
    let (new, database) = (state.join("new.sqlite"), state.join("ironic.sqlite"));
    let said = format!("in {database}");
    if database.exists() {
        return Ok(Did::Nothing(said));
    }
    ironic(bench)?.write_files()?;
    places::forget(&new)?;
    let program = venv::IRONIC.program(&bench.places, "ironic-dbsync");
    let words = ["ironic.conf", "new-database.conf"].map(|name| state.join(name).into_string());
    let words = words.into_iter().flat_map(|path| ["--config-file".to_owned(), path]);
    let run = venv::mortal(program.as_str()).args(words);
    let run = run.arg("create_schema").dir(state.as_path());
    let run = run.time_limit(Duration::from_mins(10)).log(bench.places.log("ironic-database"));
    run.success().await.map_err(|trouble| trouble.while_trying("creating Ironic's database"))?;
    std::fs::rename(&new, &database).or_host(|| format!("renaming {new}"))?;
    Ok(Did::Something(said))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::example;

    /// All files of all services, as they are written.
    fn files() -> Vec<(Utf8PathBuf, String)> {
        let services = all(&example::bench(example::lab())).unwrap();
        services.into_iter().flat_map(|service| service.files).collect()
    }

    #[test]
    fn every_template_is_filled_in_and_holds_no_secret() {
        for (path, text) in files() {
            let is_ironics = path.ends_with("grub.cfg.template");
            assert!(is_ironics || !text.contains("{{"), "{path}: {text}");
            assert!(!text.contains("not-to-be-seen"), "{path}: {text}");
        }
    }

    #[test]
    fn services_are_told_the_labs_addresses() {
        let files = files();
        let table: &[(&str, &[&str])] = &[
            (
                "ironic.conf",
                &[
                    "my_ip = 172.22.0.1",
                    "host_ip = 172.22.0.1",
                    "port = 6385",
                    "connection = sqlite:////lab/ironic/ironic.sqlite",
                    "deploy_kernel = http://172.22.0.1:8080/ipa.kernel",
                    "esp_image = /lab/httpboot/esp.img",
                    "http_root = /lab/httpboot",
                    "automated_clean = false",
                    "disable_zstandard_decompression = true",
                    "kernel_append_params = console=ttyS0,115200",
                ],
            ),
            ("nginx.conf", &["listen 172.22.0.1:8080;", "access_log /lab/log/nginx-access.log;"]),
            (
                "dnsmasq.conf",
                &["interface=ymirbr0", "dhcp-range=172.22.0.100,172.22.0.199,255.255.255.0,1h"],
            ),
            (
                "emulator.conf",
                &[
                    "SUSHY_EMULATOR_LISTEN_IP = '172.22.0.1'",
                    "SUSHY_EMULATOR_AUTH_FILE = '/lab/redfish/users'",
                    "SUSHY_EMULATOR_LIBVIRT_URI = 'qemu:///system?socket=/lab/libvirtd/run/libvirt-sock'",
                ],
            ),
        ];
        for (name, lines) in table {
            let (_, text) = files.iter().find(|(path, _)| path.ends_with(name)).unwrap();
            for line in *lines {
                assert!(text.lines().any(|it| it.trim() == *line), "{name} lacks `{line}`");
            }
        }
    }

    #[test]
    fn services_listen_on_the_bridge_and_nowhere_else() {
        for (path, text) in files() {
            assert!(!text.contains("0.0.0.0"), "{path}");
        }
        let services = all(&example::bench(example::lab())).unwrap();
        let names: Vec<&str> = services.iter().map(|service| service.name).collect();
        assert_eq!(names, NAMES);
        assert_eq!(services.iter().filter(|service| service.listens.is_some()).count(), 3);
    }

    #[test]
    fn the_nodes_of_the_ipmi_emulator_are_written_for_its_parser() {
        let mut bench = example::bench(example::lab());
        bench.lab.redfish.password.value = crate::secret::Secret::new("100%");
        insta::assert_snapshot!(ipmi_node(&bench, "bm3", 6233), @r"
        [VirtualBMC]
        username = admin
        password = 100%%
        address = 172.22.0.1
        port = 6233
        domain_name = bm3
        libvirt_uri = qemu:///system?socket=/lab/libvirtd/run/libvirt-sock
        active = True
        ");
    }

    #[test]
    fn a_lab_without_older_nodes_has_no_ipmi_emulator() {
        let mut bench = example::bench(example::lab());
        bench.lab.nodes.truncate(1);
        let services = all(&bench).unwrap();
        assert!(services.iter().all(|service| service.name != IPMI));
    }

    #[test]
    fn a_uuid_has_the_form_of_one() {
        assert_eq!(
            uuid_of("/lab".into()).split('-').map(str::len).collect::<Vec<_>>(),
            [8, 4, 4, 4, 12]
        );
    }
}
