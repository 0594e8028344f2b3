//! What the commands for hosts refuse before any host is reached.

use super::Site;

#[test]
fn there_has_to_be_something_to_run() {
    let site = Site::new();
    insta::assert_snapshot!(site.run(&["overcloud", "host", "command", "run", "--command", " "]), @"
    exit 2
    error: there is no command to run
      hint: give it: --command 'systemctl status docker'
    ");
    let said = site.run(&["overcloud", "host", "command", "run"]);
    assert!(said.starts_with("exit 2") && said.contains("--command <COMMAND>"), "{said}");
}

#[test]
fn there_have_to_be_hosts() {
    let site = Site::new();
    insta::assert_snapshot!(site.run(&["seed", "host", "command", "run", "--command", "true"]), @"
    exit 3
    error: the site has no hosts in the group `seed`
      hint: put them into `seed`, or a group below it, in the environment's inventory
    ");
    let update = ["infra", "vm", "host", "package", "update", "--packages", "*"];
    insta::assert_snapshot!(site.run(&update), @"
    exit 3
    error: the site has no hosts in the group `infra-vms`
      hint: put them into `infra-vms`, or a group below it, in the environment's inventory
    ");
}

#[test]
fn packages_are_all_or_some() {
    let site = Site::new();
    let update = |packages: &str| {
        site.run(&["overcloud", "host", "package", "update", "--packages", packages])
    };
    insta::assert_snapshot!(update("vim,*"), @"
    exit 2
    error: `*` means all packages, so there can be no names beside it
      hint: give --packages '*', or names alone
    ");
    insta::assert_snapshot!(update(" , "), @"
    exit 2
    error: there are no packages to update
      hint: name them with commas between them, or all by --packages '*'
    ");
    insta::assert_snapshot!(update("vim,--reinstall"), @"
    exit 2
    error: `--reinstall` is no name of a package
    ");
}

#[test]
fn others_are_become_by_sudo() {
    let text = "ansible_become: true\nansible_become_method: su";
    let site = Site::new().with("inventory/host_vars/bm1/become.yml", text);
    insta::assert_snapshot!(site.run(&["overcloud", "host", "command", "run", "--command", "id"]), @"
    exit 3
    error: bm1: becoming another user by su
      set by: ansible_become_method (environments/lab/inventory/host_vars/bm1/become.yml:3:24)
       --> environments/lab/inventory/host_vars/bm1/become.yml:3:24
        |
      1 | ---
      2 | ansible_become: true
      3 | ansible_become_method: su
        |                        ^ here
      hint: Ymir becomes another user by `sudo`
    ");
}

#[test]
fn a_host_without_an_address_has_no_keys() {
    let site = Site::new().with("inventory/host_vars/bm1/address.yml", "ansible_host: ''");
    insta::assert_snapshot!(site.run(&["ssh-known-hosts"]), @"
    exit 3
    error: bm1: finding its address for SSH
      because: it has no address on the admin network
      set by: ansible_host (environments/lab/inventory/host_vars/bm1/address.yml:2:15)
       --> environments/lab/inventory/host_vars/bm1/address.yml:2:15
        |
      1 | ---
      2 | ansible_host: ''
        |               ^ here
      hint: add the host to network-allocation.yml; `host configure` gives addresses out by itself
    ");
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
    insta::assert_snapshot!(site.run(&["configuration", "dump"]), @"
    exit 3
    error: reading the facts of bm1 in SITE/facts/s1_bm1
      because: EOF while parsing an object at line 1 column 1
      hint: facts are only kept to be read: remove the file, and gather them again
    ");
}

/// Which disks they are is seen on the hosts; that disks are wiped is seen before.
#[test]
fn a_list_of_tasks_has_the_wiping_of_disks() {
    let site = Site::new();
    let list = |words: &[&str]| {
        let command = ["overcloud", "host", "configure", "--wipe-disks", "--list-tasks"];
        let all = [&command[..], &["--environment", "lab"], words].concat();
        let output = site.command(&all).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let said = list(&["--tags", "users,wipe-disks"]);
    let at = |words: &str| said.find(words).unwrap_or_else(|| panic!("{said}"));
    assert!(at("bm1: wipe-disks") < at("bm1: users"), "{said}");
    let said = list(&["--tags", "wipe-disks", "--confirm-wipe", "bm1:SER"]);
    assert!(said.contains("bm1: wipe-disks") && !said.contains("bm2: wipe-disks"), "{said}");
    assert!(!list(&["--tags", "users"]).contains("wipe-disks"));
}

/// A command that chooses nothing looks like one that has done all.
#[test]
fn tags_are_those_of_topics() {
    let site = Site::new();
    let list = |words: &[&str]| {
        let command = ["overcloud", "host", "configure", "--list-tasks", "--environment", "lab"];
        let all = [&command[..], words].concat();
        let output = site.command(&all).output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, said) = list(&["--tags", "netwrk"]);
    assert_eq!(code, 2, "{said}");
    insta::assert_snapshot!(said, @r"
    error: no topic has the tag `netwrk`
      hint: did you mean `network`?
    ");
    let (code, said) = list(&["--tags", "users,usres", "--skip-tags", "zzz"]);
    assert_eq!(code, 0, "{said}");
    assert!(
        said.contains("warning: no topic has the tag `usres` of --tags; did you mean `users`?\n"),
        "{said}"
    );
    assert!(said.contains("warning: no topic has the tag `zzz` of --skip-tags\n"), "{said}");
    // Tags of Kayobe's that mean nothing here.
    let (code, said) = list(&["--tags", "users,ensure-python"]);
    assert_eq!((code, said.contains("warning: no topic")), (0, false), "{said}");
    // What only a hook knows stays usable.
    let hooks = site.0.path().join("environments/lab/hooks/overcloud-host-configure/post.d");
    std::fs::create_dir_all(&hooks).unwrap();
    let playbook = "- hosts: all\n  tags: own\n  tasks: []\n";
    std::fs::write(hooks.join("10-own.yml"), playbook).unwrap();
    let (code, said) = list(&["--tags", "own"]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("`own` of --tags; only a hook's playbook can know it"), "{said}");
}

/// Kayobe's manual has it, so somebody may rely on it.
#[test]
fn ufw_is_told_to_be_without_effect() {
    let site = Site::new();
    let told = |words: &[&str]| {
        let command = ["overcloud", "host", "configure", "--list-tasks", "--environment", "lab"];
        let all = [&command[..], words].concat();
        let output = site.command(&all).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    let said = told(&["--tags", "firewall", "-e", "ufw_enabled=true"]);
    assert!(said.contains("warning: ufw_enabled ("), "{said}");
    assert!(said.contains("has no effect") && said.contains("`firewalld_enabled`"), "{said}");
    assert!(!told(&["--tags", "users", "-e", "ufw_enabled=true"]).contains("ufw"));
    assert!(!told(&["--tags", "firewall"]).contains("ufw"));
}
