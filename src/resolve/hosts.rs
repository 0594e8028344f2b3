//! The overcloud's hosts, and what all hosts of the site claim for themselves.

use camino::Utf8PathBuf;

use super::{
    Reader, image_source,
    networks::{self, Number},
    node_list::Defaults,
    nodes,
};
use crate::{
    ansible::Variables,
    model::{
        Host, Site,
        check::{Claim, together},
        host::{Access, HostImage, Patience, Trust},
        node::Node,
    },
    near::is_slip,
    origin::Sourced,
    secret::SecretRef,
    trouble::{Result, Trouble},
};

/// The group whose hosts the `overcloud` commands are about.
pub const OVERCLOUD: &str = "overcloud";

/// File of the environment that holds the public host keys.
const KNOWN_HOSTS: &str = "ssh_known_hosts";

/// The site as the bare-metal commands see it: the overcloud hosts that `limit` selects, and everybody's claims.
pub fn site(variables: &Variables, limit: Option<&str>) -> Result<Site> {
    let names = selected(variables, limit)?;
    let (mut hosts, mut troubles) = (Vec::new(), Vec::new());
    for name in &names {
        match host(&Reader::new(variables, name)) {
            Ok(host) => hosts.push(host),
            Err(trouble) => troubles.push(trouble),
        }
    }
    if let Some(trouble) = together(troubles) {
        return Err(trouble);
    }
    let claims = variables.hosts().iter().flat_map(|name| claims(variables, name)).collect();
    Ok(Site { hosts, claims, known_hosts: known_hosts(variables) })
}

/// The file of the environment with the public keys of hosts that Ymir provisioned.
pub fn known_hosts(variables: &Variables) -> Utf8PathBuf {
    variables.environment_dir().join(KNOWN_HOSTS)
}

/// What the operator should know of hosts that a plan for the overcloud is not about, though they may be meant.
pub fn left_out(variables: &Variables, limit: Option<&str>) -> Result<Vec<String>> {
    let all = variables.group(OVERCLOUD).unwrap_or_default();
    let is_other = |host: &String| !all.contains(host);
    let Some(pattern) = limit else {
        let others = variables.hosts().into_iter().filter(is_other);
        return Ok(others.filter_map(|host| misspelt(variables, &host)).collect());
    };
    let others: Vec<String> = variables.select(pattern)?.into_iter().filter(is_other).collect();
    Ok(match &others[..] {
        [] => Vec::new(),
        [one] => {
            vec![format!("{one} of --limit is left out: it is not in the group `{OVERCLOUD}`")]
        }
        several => vec![format!(
            "{} hosts of --limit are left out: they are not in the group `{OVERCLOUD}`: {}",
            several.len(),
            several.join(", ")
        )],
    })
}

/// A host outside the overcloud with a group whose name is like that of one inside.
fn misspelt(variables: &Variables, host: &str) -> Option<String> {
    let known = variables.groups_below(OVERCLOUD);
    variables.groups_of(host).into_iter().find_map(|group| {
        let near = known.iter().find(|known| is_slip(&group, known))?;
        Some(format!(
            "{host} is left out: its group `{group}` is not below `{OVERCLOUD}`; did you mean `{near}`?"
        ))
    })
}

/// Names of the images that the overcloud hosts of a pattern get, each once.
pub fn image_names(variables: &Variables, limit: &str) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for host in selected(variables, Some(limit))? {
        let image = image(&Reader::new(variables, &host))?;
        if !names.iter().any(|known| known == image.name()) {
            names.push(image.name().to_owned());
        }
    }
    Ok(names)
}

/// The overcloud hosts that a pattern selects, all of them without one.
pub fn selected(variables: &Variables, limit: Option<&str>) -> Result<Vec<String>> {
    let all = variables.group(OVERCLOUD).filter(|hosts| !hosts.is_empty()).ok_or_else(|| {
        let trouble = Trouble::refused("the site has no overcloud hosts");
        variables.with_environments(trouble).hint("put them into a group below `overcloud`, such as `controllers`, in the environment's inventory/hosts")
    })?;
    let Some(pattern) = limit else { return Ok(all) };
    let chosen = variables.select(pattern)?;
    let hosts: Vec<_> = all.into_iter().filter(|host| chosen.contains(host)).collect();
    if hosts.is_empty() {
        return Err(Trouble::refused(format!("--limit {pattern} selects no overcloud host"))
            .hint("see the environment's inventory for the names of hosts and groups"));
    }
    Ok(hosts)
}

/// The node of a host of the overcloud, which keeps what is on its disks unless the site says otherwise.
fn overcloud_node(reader: &Reader) -> Result<Node> {
    let node = nodes::node(reader)?;
    Ok(Node { automated_clean: node.automated_clean.or(Some(false)), ..node })
}

fn host(reader: &Reader) -> Result<Host> {
    let admin = networks::admin(reader)?;
    // The default of `ansible_host` is the address on the admin network: then that is the setting to correct.
    let ansible_host = reader.get::<String>("ansible_host")?;
    let ansible_host = ansible_host.filter(|own| own.value != admin.address.value.to_string());
    let address = ansible_host.unwrap_or_else(|| Sourced {
        value: admin.address.value.to_string(),
        setting: admin.address.setting.clone(),
    });
    Ok(Host {
        name: reader.host.into(),
        ironic: nodes::ironic(reader)?,
        node: overcloud_node(reader)?,
        image: image(reader)?,
        access: Access {
            address,
            user: reader.need("bootstrap_user")?,
            private_key: reader.need("ssh_private_key_path")?,
            public_key: reader.need("ssh_public_key_path")?,
        },
        patience: patience(reader)?,
        admin,
    })
}

/// The image that a host gets: a file that the site builds or describes, or a URL.
pub fn image(reader: &Reader) -> Result<HostImage> {
    const USER_DATA: &str = "kolla_bifrost_deploy_image_user_data_content";
    let filled = |name: &str| Ok(reader.get::<String>(name)?.filter(|text| !text.value.is_empty()));
    let user_data = filled(USER_DATA)?.map(|_| SecretRef::of(reader.host, USER_DATA, &[]));
    let file = reader.need::<String>("kolla_bifrost_deploy_image_filename")?;
    let described = image_source::described(reader, &file)?;
    let architecture =
        described.as_ref().and_then(|described| described.value.architecture.clone());
    Ok(HostImage {
        file,
        described,
        architecture,
        trust: trust(reader)?,
        directory: reader.need::<Utf8PathBuf>("ymir_image_path")?.value,
        url: reader.need("ymir_image_url")?,
        rootfs_uuid: filled("kolla_bifrost_deploy_image_rootfs")?.map(|found| found.value),
        user_data,
    })
}

/// Whose signatures on images count.
fn trust(reader: &Reader) -> Result<Option<Trust>> {
    const REQUIRED: &str = "ymir_image_signatures_required";
    let signers = reader.get::<Utf8PathBuf>("ymir_image_allowed_signers")?;
    let signers = signers.filter(|path| !path.value.as_str().is_empty());
    let required = reader.get::<bool>(REQUIRED)?.filter(|required| required.value);
    match (signers, required) {
        (None, Some(required)) => Err(Trouble::refused(format!(
            "{}: images have to be signed, and nothing says by whom",
            reader.host
        ))
        .set_by(&required.setting)
        .hint("let `ymir_image_allowed_signers` name a file of allowed signers, as `man ssh-keygen` describes it")),
        (signers, required) => {
            Ok(signers.map(|signers| Trust { signers, required: required.is_some() }))
        }
    }
}

/// Waiting times: the names that Kayobe's playbooks know, with its defaults.
pub(super) fn patience(reader: &Reader) -> Result<Patience> {
    let seconds = |names: &[&str], default: u64| {
        for name in names {
            if let Some(found) = reader.get::<Number>(name)? {
                let Sourced { value, setting } = found;
                return Ok(Sourced { value: value.get(reader, name)?, setting });
            }
        }
        let origin = crate::origin::Origin::whole("Ymir's default");
        let setting = crate::origin::Setting { variable: names[0].into(), origin };
        Ok::<_, Trouble>(Sourced { value: default, setting })
    };
    Ok(Patience {
        manageable: seconds(&["wait_manageable_timeout"], 60)?,
        available: seconds(&["wait_available_timeout"], 60)?,
        inspected: seconds(
            &[
                "wait_inspected_timeout",
                "kolla_bifrost_inspection_timeout",
                "inspector_inspection_timeout",
            ],
            1200,
        )?,
        active: seconds(&["wait_active_timeout"], 600)?,
        ssh: seconds(&["wait_ssh_timeout"], 600)?,
        poll: seconds(&["ymir_ironic_poll_interval"], 5)?.value,
    })
}

/// What every host of the site claims for itself alone, but for these.
pub fn claims_beside(variables: &Variables, others: &[String]) -> Vec<Claim> {
    let hosts = variables.hosts().into_iter().filter(|name| !others.contains(name));
    hosts.flat_map(|name| claims(variables, &name)).collect()
}

/// What holds for nodes that are in no inventory.
pub fn node_defaults(variables: &Variables) -> Result<Defaults> {
    let reader = Reader::new(variables, "localhost");
    let clean = reader.get::<bool>("ymir_ironic_automated_clean")?;
    Ok(Defaults {
        ironic: nodes::ironic(&reader)?,
        patience: patience(&reader)?,
        driver: reader.get::<String>("ironic_driver")?.map(|driver| driver.value),
        automated_clean: clean.is_some_and(|clean| clean.value),
    })
}

/// What a host claims for itself alone. A host whose variables cannot be read claims nothing here: it has its own
/// message when a command is about it.
fn claims(variables: &Variables, name: &str) -> Vec<Claim> {
    let reader = Reader::new(variables, name);
    let claim = |kind, value: Option<String>, setting: &crate::origin::Setting| {
        let setting = setting.clone();
        value.map(|value| Claim { host: name.into(), kind, value, setting })
    };
    let network = reader.get::<String>("admin_oc_net_name").ok().flatten();
    let address = network.and_then(|network| networks::address(&reader, &network).ok().flatten());
    let node = nodes::node(&reader).ok();
    let bmc = node
        .as_ref()
        .and_then(|node| claim("BMC", node.bmc_identity(), node.setting_of("_address")));
    let mac = node.as_ref().and_then(|node| node.mac.as_ref());
    let others = node.iter().flat_map(|node| &node.ports);
    let others = others.filter(|port| mac.is_none_or(|mac| mac.value != port.address));
    let ports = reader.setting("ymir_ironic_ports");
    let others: Vec<_> =
        others.filter_map(|port| claim("MAC", Some(port.address.clone()), &ports)).collect();
    let address =
        address.and_then(|found| claim("address", Some(found.value.to_string()), &found.setting));
    let mac = mac.and_then(|found| claim("MAC", Some(found.value.clone()), &found.setting));
    [address, bmc, mac].into_iter().flatten().chain(others).collect()
}
