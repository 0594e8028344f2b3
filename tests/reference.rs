//! Every variable with a default is described, and its default is of its type.
#![expect(clippy::unwrap_used, reason = "test")]
#![expect(clippy::disallowed_methods, reason = "the test starts the program that it tests")]

use std::{collections::BTreeSet, fs, sync::Arc};

use camino::Utf8PathBuf;
use ymir::{
    ansible::{Load, Variables, builtin::Release, world::Machine, yaml::Node},
    origin::Origin,
    reference::Reference,
    settings::Environment,
};

/// One host of each group that has defaults.
const INVENTORY: &str = "
[seed]
seed1
[seed-hypervisor]
hypervisor1
[infra-vms]
vm1
[ansible-control]
control1
[controllers]
controller1
[network:children]
controllers
[monitoring]
monitoring1
[storage]
storage1
[compute]
compute1
[switches]
switch1
[overcloud:children]
controllers
network
monitoring
storage
compute
";

#[test]
fn every_default_is_described_once_and_nothing_else_is() {
    Release::all().into_iter().for_each(every_default_of);
}

fn every_default_of(release: Release) {
    let reference = Reference::of(release).unwrap();
    let missing: Vec<String> = release
        .names()
        .unwrap()
        .into_iter()
        .filter(|name| !reference.variables.contains_key(name))
        .collect();
    assert!(missing.is_empty(), "without an entry in the reference: {missing:?}");
    for (name, entry) in &reference.variables {
        let says = &entry.says;
        let whole = says.ends_with('.') && !says.contains(['{', '}', '\n']) && says.len() > 10;
        assert!(whole, "{name}: {says}");
    }
}

#[test]
fn every_entry_is_about_a_variable() {
    Release::all().into_iter().for_each(every_entry_of);
}

fn every_entry_of(release: Release) {
    let names = release.names().unwrap();
    let described = release.reference().unwrap();
    let with_default = described.iter().filter(|(file, _)| file != "without_default");
    let reference = Reference::of(release).unwrap();
    for (name, _) in with_default.flat_map(|(_, pairs)| pairs) {
        if name.starts_with("{network}_") {
            continue;
        }
        // A family is about something if one of its members has a default.
        let (start, end) = (name.split('{').next().unwrap(), name.rsplit('}').next().unwrap());
        let fits = |known: &&String| known.starts_with(start) && known.ends_with(end);
        assert!(names.iter().any(|known| fits(&known)), "`{name}` has no default");
    }
    let (_, others) = described.iter().find(|(file, _)| file == "without_default").unwrap();
    for (name, _) in others {
        assert!(!names.contains(name), "`{name}` has a default");
    }
    assert!(reference.variables.len() > names.len());
}

#[test]
fn every_default_is_of_its_type() {
    Release::all().into_iter().for_each(every_value_of);
}

fn every_value_of(release: Release) {
    let site = tempfile::tempdir().unwrap();
    let root = Utf8PathBuf::from_path_buf(site.path().to_owned()).unwrap();
    fs::create_dir(root.join("inventory")).unwrap();
    fs::write(root.join("inventory/hosts"), INVENTORY).unwrap();
    let named = format!("openstack_release: '{}'\n", release.name());
    fs::write(root.join("openstack.yml"), named).unwrap();
    let environment = [("HOME", "/home/operator"), ("KAYOBE_CONFIG_PATH", root.as_str())];
    let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let world = Arc::new(Machine::new(Environment(environment.into())));
    let load = Load { config_path: root, ..Load::default() };
    let variables = Variables::load(&load, world).unwrap();
    let reference = Reference::of(variables.release()).unwrap();
    let (mut evaluated, mut faults) = (0, BTreeSet::new());
    for host in variables.hosts() {
        for (name, entry) in &reference.variables {
            let Ok(Some(value)) = variables.value(&host, name) else { continue };
            let node = Node::of_value(&value, &Origin::whole("default"));
            for misfit in reference.misfits(&entry.kind, &node) {
                faults.insert(format!("{name}: {} is {value}: {misfit:?}", entry.kind));
            }
            evaluated += 1;
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
    assert!(evaluated > 5000, "only {evaluated} defaults could be evaluated");
}

/// Exit code, standard output and standard error of `ymir configuration …` on a small site.
fn ymir(args: &[&str]) -> String {
    let site = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/sites/own");
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_ymir"))
        .arg("configuration")
        .args(args)
        .args(["--config-path", site, "--environment", "lab"])
        .env_clear()
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let code = output.status.code().unwrap();
    format!("exit: {code}\n{}{}", text(&output.stdout), text(&output.stderr))
}

#[test]
fn variables_are_listed_and_explained() {
    insta::assert_snapshot!(ymir(&["variables", "seed_vm_root"]), @"
    exit: 0
    seed_vm_root_capacity: text
        Size of the first disk of the seed VM.
    seed_vm_root_format: text
        Format of the first disk of the seed VM.
    seed_vm_root_image: url or path
        Image with which the seed VM starts.
    seed_vm_root_volume: volume
        Disk of the seed VM that holds its operating system.
    ");
    insta::assert_snapshot!(ymir(&["explain", "storage_net_neutron_gateway"]), @"
    exit: 0
    storage_net_neutron_gateway
      Gateway of `storage_net` in Neutron.
      type      ip?
    ");
    insta::assert_snapshot!(ymir(&["explain", "seed_swpa"]), @"
    exit: 3
    error: explaining the variable `seed_swpa`
      because: neither Kayobe nor Ymir knows it
      hint: did you mean `seed_swap`?
    ");
    insta::assert_snapshot!(ymir(&["explain", "docker_registry_port", "--host", "bm1"]), @"
    exit: 0
    docker_registry_port of bm1
      Port of the registry.
      type      port
      value     4000
      set by    built-in 2026.2/group_vars/all/containers.yml:19:23 (built-in default)
                4000
    ");
    insta::assert_snapshot!(ymir(&["variables", "no such word"]), @"
    exit: 2
    error: no variable has `no such word` in its name or description
      hint: leave the word out to see all variables
    ");
}

#[test]
fn the_schema_describes_variables_networks_and_templates() {
    let text = ymir(&["schema"]);
    let schema: serde_json::Value =
        serde_json::from_str(text.strip_prefix("exit: 0\n").unwrap()).unwrap();
    let shown = ["container_engine", "internal_net_vlan", "seed_swap"].map(|name| {
        let property = serde_json::to_string(&schema["properties"][name]).unwrap();
        format!("{name}: {property}")
    });
    insta::assert_snapshot!(shown.join("\n"), @r##"
    container_engine: {"anyOf":[{"enum":["docker","podman"]},{"$ref":"#/$defs/template"}],"description":"Container engine of all hosts."}
    internal_net_vlan: {"anyOf":[{"maximum":4094,"minimum":1,"type":"integer"},{"type":"null"},{"const":""},{"$ref":"#/$defs/template"}],"description":"VLAN of `internal_net`."}
    seed_swap: {"anyOf":[{"items":{"anyOf":[{"$ref":"#/$defs/swap"},{"$ref":"#/$defs/template"}]},"type":"array"},{"$ref":"#/$defs/template"}],"description":"Swap files and swap devices of the seed."}
    "##);
    insta::assert_snapshot!(schema["$defs"]["swap"], @r##"{"properties":{"device":{"anyOf":[{"pattern":"^[/~]","type":"string"},{"type":"null"},{"const":""},{"$ref":"#/$defs/template"}]},"path":{"anyOf":[{"pattern":"^[/~]","type":"string"},{"type":"null"},{"const":""},{"$ref":"#/$defs/template"}]},"size_mb":{"anyOf":[{"type":"integer"},{"type":"null"},{"const":""},{"$ref":"#/$defs/template"}]}},"required":[],"type":"object"}"##);
    insta::assert_snapshot!(schema["$defs"]["template"], @r#"{"pattern":"\\{\\{|\\{%","type":"string"}"#);
}
