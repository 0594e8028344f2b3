//! What a hook reads is what Ymir itself says: the site's own lab, through the command line.

use std::fs;

use serde_json::{Map, Value};

use super::{
    lab::{lab, ymir},
    site::with_ansible,
};

/// Writes the variables that it is given the names of, for `bm1`.
const HOOK: &str = r#"
- hosts: bm1
  gather_facts: false
  tasks:
    - ansible.builtin.copy:
        dest: "{{ lookup('env', 'OUT') }}"
        content: "{{ dict(names_to_tell | zip(query('vars', *names_to_tell))) | to_json }}"
      delegate_to: localhost
"#;

/// What depends on the play, and what Ansible shows in an order of its own.
const OF_THE_PLAY: &[&str] = &[
    "ansible_play_batch",
    "ansible_play_hosts",
    "ansible_play_hosts_all",
    "groups",
    "play_hosts",
    "playbook_dir",
];

#[test]
fn a_hook_reads_the_values_that_ymir_says() {
    let Some(environment) = with_ansible() else { return };
    let dir = lab();
    let site = dir.path();
    let lab = site.join("environments/lab");
    let pre = lab.join("hooks/overcloud-hardware-register/pre.d");
    fs::create_dir_all(&pre).unwrap();
    fs::write(pre.join("1-tell.yml"), HOOK).unwrap();
    // The command that follows the hook finds no Ironic.
    let more = "ymir_ironic_url: http://127.0.0.1:1\nadmin_address: \"{{ provision_oc_net_name | net_ip }}\"\n";
    fs::write(lab.join("more.yml"), more).unwrap();

    let dump = "configuration dump --host bm1 --output json --show-secrets --with-errors";
    let (code, stdout, stderr) = ymir(site, &environment, dump);
    assert_eq!(code, 0, "{stderr}");
    let dumped: Value = serde_json::from_str(&stdout).unwrap();
    let values = dumped.get("bm1").unwrap_or(&dumped)["values"].as_object().unwrap();
    let compared = |name: &&String| !OF_THE_PLAY.contains(&name.as_str());
    let names: Vec<&String> = values.keys().filter(compared).collect();
    assert!(names.len() > 800, "{} names", names.len());
    let names_file = serde_json::json!({ "names_to_tell": names }).to_string();
    fs::write(site.join("names.json"), names_file).unwrap();

    let register = format!("overcloud hardware register -e @{}/names.json", site.display());
    let (code, stdout, stderr) = ymir(site, &environment, &register);
    assert_eq!(code, 4, "{stdout}\n{stderr}");
    let read = fs::read_to_string(site.join("told.json"));
    let read = read.unwrap_or_else(|error| panic!("{error}\n{stderr}"));
    let read: Map<String, Value> = serde_json::from_str(&read).unwrap();
    let differs = |name: &&&String| read[name.as_str()] != values[name.as_str()];
    let differing: Vec<_> = names.iter().filter(differs).collect();
    let shown = |name: &&&&String| {
        format!("{name}: {} in a hook, {} in Ymir", read[name.as_str()], values[name.as_str()])
    };
    let shown: Vec<_> = differing.iter().take(20).map(|name| shown(&name)).collect();
    assert!(differing.is_empty(), "{} differ:\n{}", differing.len(), shown.join("\n"));
    assert_eq!(read["admin_address"], "172.22.0.11");
}
