use super::Site;

#[test]
fn json_is_no_yaml() {
    let site = Site::of(&[("inventory/hosts", "h\n")]);
    site.write(
        "a.json",
        r#"{"size": 1e3, "face": "\ud83d\ude00", "plain": {"__ansible_unsafe": "{{ x }}"}}"#,
    );
    site.write("b.yaml", "size2: 1e3\n");
    assert_eq!(site.variable("size", &[]), r#"{ "h": 1000.0 }"#);
    assert_eq!(site.variable("size2", &[]), r#"{ "h": "1e3" }"#);
    assert_eq!(site.variable("face", &[]), r#"{ "h": "😀" }"#);
    assert_eq!(site.variable("plain", &[]), r#"{ "h": "{{ x }}" }"#);
}

#[test]
fn a_file_of_extra_variables_holds_variables() {
    let site = Site::of(&[("inventory/hosts", "h\n"), ("a.yml", "a: 1\n")]);
    site.write("inventory/group_vars/all", "---\n# nothing yet\n");
    assert_eq!(site.variable("a", &[]), r#"{ "h": 1 }"#);
    site.write("b.yml", "---\n# nothing yet\n");
    insta::assert_snapshot!(site.variable("a", &[]), @"
    exit: 3
    error: reading variables from b.yml
      because: it holds nothing, not a map of variables
       --> b.yml:2:14
        |
      1 | ---
      2 | # nothing yet
        |              ^ here
      hint: set a variable in it, write `{}`, or remove the file: Ansible refuses one without variables
    ");
    site.write("b.yml", "{}\n");
    assert_eq!(site.variable("a", &[]), r#"{ "h": 1 }"#);
}

/// What ansible-core 2.21.5 has for the same inventory and options.
#[test]
fn facts_are_what_extra_variables_say() {
    let host = "ansible_facts: {os_family: Debian}\nansible_os_family: RedHat\n";
    let globals = "x: \"{{ ansible_facts }} {{ ansible_os_family }}\"\n";
    let site = Site::of(&[
        ("inventory/hosts", "localhost\n"),
        ("inventory/host_vars/localhost.yml", host),
        ("globals.yml", globals),
    ]);
    let told = site.variable("x", &[]);
    assert_eq!(told, r#"{ "localhost": "{} RedHat" }"#);
    let given = r#"{"ansible_facts": {"os_family": "Suse"}}"#;
    let told = site.variable("x", &["-e", given]);
    assert_eq!(told, r#"{ "localhost": "{'os_family': 'Suse'} RedHat" }"#);
}
