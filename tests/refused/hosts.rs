//! What the commands for hosts refuse before any host is reached.

use super::Site;

#[test]
fn there_has_to_be_something_to_run() {
    let site = Site::new();
    insta::assert_snapshot!(site.run(&["overcloud", "host", "command", "run", "--command", " "]), @"");
    let said = site.run(&["overcloud", "host", "command", "run"]);
    assert!(said.starts_with("exit 2") && said.contains("--command <COMMAND>"), "{said}");
}

#[test]
fn there_have_to_be_hosts() {
    let site = Site::new();
    insta::assert_snapshot!(site.run(&["seed", "host", "command", "run", "--command", "true"]), @"");
    let update = ["infra", "vm", "host", "package", "update", "--packages", "*"];
    insta::assert_snapshot!(site.run(&update), @"");
}

#[test]
fn packages_are_all_or_some() {
    let site = Site::new();
    let update = |packages: &str| {
        site.run(&["overcloud", "host", "package", "update", "--packages", packages])
    };
    insta::assert_snapshot!(update("vim,*"), @"");
    insta::assert_snapshot!(update(" , "), @"");
    insta::assert_snapshot!(update("vim,--reinstall"), @"");
}

#[test]
fn others_are_become_by_sudo() {
    let text = "ansible_become: true\nansible_become_method: su";
    let site = Site::new().with("inventory/host_vars/bm1/become.yml", text);
    insta::assert_snapshot!(site.run(&["overcloud", "host", "command", "run", "--command", "id"]), @"");
}

#[test]
fn a_host_without_an_address_has_no_keys() {
    let site = Site::new().with("inventory/host_vars/bm1/address.yml", "ansible_host: ''");
    insta::assert_snapshot!(site.run(&["ssh-known-hosts"]), @"");
}

#[test]
fn what_is_not_planned_is_not_listed() {
    let said = Site::new().run(&["network", "connectivity", "check", "--list-tasks"]);
    assert!(said.starts_with("exit 2\nerror: --list-tasks means nothing here"), "{said}");
}

#[test]
fn facts_that_are_damaged_are_refused() {
    let site = Site::new();
    let cache = site.0.path().join("facts");
    std::fs::create_dir_all(&cache).unwrap();
    std::fs::write(cache.join("s1_bm1"), "{").unwrap();
    let settings = "[defaults]\nfact_caching = jsonfile\nfact_caching_connection = ";
    let settings = format!("{settings}{}\n", cache.display());
    std::fs::write(site.0.path().join("environments/common/ansible.cfg"), settings).unwrap();
    insta::assert_snapshot!(site.run(&["configuration", "dump"]), @"");
}
