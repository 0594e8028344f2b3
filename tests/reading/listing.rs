use std::fs;

use super::Site;

fn site() -> Site {
    Site::of(&[
        (
            "inventory/hosts",
            "lone\n[g]\na x=1 y=\"{{ z }}\"\nb\n[p:children]\ng\nh\n[h]\n[p:vars]\nansible_group_priority=5\n",
        ),
        (
            "inventory/group_vars/p.yml",
            "u: !unsafe '{{ raw }}'\nn:\nd: {k: [1, {z: yes}], q: \"two\\nlines\"}\nclock: \"12:30\"\n",
        ),
        ("inventory/host_vars/b.yml", VAULT),
        ("play/group_vars/h.yml", "beside: playbooks\n"),
        ("extra.yml", "e: {from: a file}\n"),
        ("password", "one\n"),
    ])
}

/// `dev secret` with the password `one`.
const VAULT: &str = "secret: !vault |
  $ANSIBLE_VAULT;1.1;AES256
  35333635613835356330636166363932396230336264626535393930633532393038333565383139
  3430323232366462326538326338373438393238313262620a393836366231623036646531613537
  62393336653661366561363936303035376634316461366231373535666135323531383230373166
  6162653733616332320a343361613033386434383261343434613039376131393734376137666461
  6134
";

#[test]
fn groups_and_hosts_are_drawn() {
    let site = site();
    insta::assert_snapshot!(site.ymir(&["inventory", "--graph"]), @"
    exit: 0
    @all:
      |--@ungrouped:
      |  |--lone
      |--@p:
      |  |--@g:
      |  |  |--a
      |  |  |--b
      |  |--@h:
    ");
    insta::assert_snapshot!(site.ymir(&["inventory", "--graph", "h", "--vars", "--playbook-dir", "play"]), @"
    exit: 0
    @h:
      |--{beside = playbooks}
    ");
    insta::assert_snapshot!(site.ymir(&["inventory", "--graph", "pp"]), @"
    exit: 2
    error: there is no group `pp` to begin with
      hint: did you mean `p`?
    ");
    let drawn = site.ymir(&["inventory", "--graph", "g", "--vars"]);
    assert!(drawn.starts_with("exit: 0\n@g:\n  |--a\n  |  |--{"), "{drawn}");
    for line in ["{e = {'from': 'a file'}}", "{n = None}", "{u = {{ raw }}}", "{secret = ******}"] {
        assert!(drawn.contains(&format!("\n  |  |--{line}\n")), "{line}: {drawn}");
    }
    let shown = site.ymir(&[
        "inventory",
        "--graph",
        "g",
        "--vars",
        "--show-secrets",
        "--vault-password-file",
        "password",
    ]);
    assert!(shown.contains("{secret = dev secret}"), "{shown}");
}

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text.strip_prefix("exit: 0\n").unwrap_or_else(|| panic!("{text}")))
        .unwrap()
}

#[test]
fn everything_is_listed_as_an_inventory() {
    let site = site();
    let listed = json(&site.ymir(&["inventory", "--list"]));
    let a = &listed["_meta"]["hostvars"]["a"];
    assert_eq!(a["y"], "{{ z }}");
    assert_eq!(a["u"]["__ansible_unsafe"], "{{ raw }}");
    assert_eq!(a["e"]["from"], "a file");
    assert_eq!(listed["p"], serde_json::json!({ "children": ["g", "h"] }));
    assert_eq!(listed["g"], serde_json::json!({ "hosts": ["a", "b"] }));
    let secret = &listed["_meta"]["hostvars"]["b"]["secret"]["__ansible_vault"];
    assert!(secret.as_str().unwrap().starts_with("$ANSIBLE_VAULT;1.1"), "{secret}");

    let limited = json(&site.ymir(&["inventory", "--list", "--limit", "b:lone"]));
    assert_eq!(limited["g"], serde_json::json!({ "hosts": ["b"] }));
    let exported = json(&site.ymir(&["inventory", "--list", "--export"]));
    assert_eq!(exported["p"]["vars"]["ansible_group_priority"], 5);
    assert_eq!(exported["_meta"]["hostvars"]["a"], serde_json::json!({ "x": 1, "y": "{{ z }}" }));
    let host = json(&site.ymir(&["inventory", "--host", "a"]));
    assert_eq!(host["u"], "{{ raw }}");
}

#[test]
fn yaml_goes_to_a_file_as_in_kayobe() {
    let site = site();
    let args = ["inventory", "--list", "--export", "-y", "--limit", "a,b", "--output", "made.yml"];
    assert_eq!(site.ymir(&args), "exit: 0\n");
    let text = fs::read_to_string(site.path.join("made.yml")).unwrap();
    insta::assert_snapshot!(text.split("      vars:\n").next().unwrap(), @"
    all:
      children:
        p:
          children:
            g:
              hosts:
                a:
                  x: 1
                  y: '{{ z }}'
                b:
                  secret: !vault |
                    $ANSIBLE_VAULT;1.1;AES256
                    35333635613835356330636166363932396230336264626535393930633532393038333565383139
                    3430323232366462326538326338373438393238313262620a393836366231623036646531613537
                    62393336653661366561363936303035376634316461366231373535666135323531383230373166
                    6162653733616332320a343361613033386434383261343434613039376131393734376137666461
                    6134
    ");
    assert!(text.contains("u: !unsafe '{{ raw }}'"), "{text}");
    assert!(text.contains("clock: '12:30'"), "{text}");
    // It means the same when it is read again.
    let args = ["inventory", "--host", "a", "-i", "made.yml"];
    assert_eq!(json(&site.ymir(&args)), json(&site.ymir(&["inventory", "--host", "a"])));
}

#[test]
fn toml_has_no_word_for_some_values() {
    let site = site();
    insta::assert_snapshot!(site.ymir(&["inventory", "--list", "--toml"]), @"
    exit: 3
    error: writing the inventory as TOML
      because: it has no word for the nothing in `ungrouped.hosts.lone.ansible_control_firewalld_default_zone`
      hint: use --yaml, or no option for JSON
    ");
    let usage = site.ymir(&["inventory", "--list", "--graph"]);
    assert!(usage.starts_with("exit: 2"), "{usage}");
}

/// A site that keeps one fact of `a` and one of this machine.
fn site_with_facts() -> (Site, [camino::Utf8PathBuf; 2]) {
    let site = Site::of(&[
        ("inventory/hosts", "a x=1\n"),
        ("ansible.cfg", "[defaults]\nfact_caching = jsonfile\nfact_caching_connection = ./facts\n"),
    ]);
    let files = ["a", "localhost"].map(|host| format!("facts/s1_{host}"));
    let kernel = r#"{"__payload__": "{\"ansible_kernel\": \"6.1\"}"}"#;
    for file in &files {
        site.write(file, kernel);
    }
    let paths = files.map(|file| site.path.join(file));
    (site, paths)
}

/// As `ansible-inventory` of ansible-core 2.21.5 has it for the same cache.
#[test]
fn facts_are_listed_but_not_exported() {
    let (site, _) = site_with_facts();
    let of_a = |args: &[&str]| json(&site.ymir(args))["_meta"]["hostvars"]["a"].clone();
    let listed = of_a(&["inventory", "--list"]);
    assert_eq!(listed["ansible_kernel"]["__ansible_unsafe"], "6.1");
    assert_eq!(of_a(&["inventory", "--list", "--export"]), serde_json::json!({ "x": 1 }));
    let dumped = |args: &[&str]| {
        let args = [&["configuration", "dump", "--host", "a"], args].concat();
        let dumped = json(site.ymir(&args).split("warning: ").next().unwrap());
        [dumped["ansible_kernel"].clone(), dumped["ansible_facts"]["kernel"].clone()]
    };
    assert_eq!(dumped(&["--dump-facts", "true"]), ["6.1", "6.1"]);
    assert_eq!(dumped(&[]), [serde_json::Value::Null, serde_json::Value::Null]);
    assert_eq!(site.variable("ansible_kernel", &[]), r#"{ "a": "6.1" }"#);
}

#[test]
fn facts_are_forgotten_when_the_cache_is_flushed() {
    let (site, files) = site_with_facts();
    let flush = ["inventory", "--list", "--flush-cache"];
    let checked = json(&site.ymir(&[&flush[..], &["--check"]].concat()));
    assert!(checked["_meta"]["hostvars"]["a"]["ansible_kernel"].is_null(), "{checked}");
    assert!(files.iter().all(|file| file.exists()));
    // Even what cannot be read.
    site.write("facts/s1_a", "no JSON");
    let listed = json(&site.ymir(&flush));
    assert!(listed["_meta"]["hostvars"]["a"]["ansible_kernel"].is_null(), "{listed}");
    assert!(!files.iter().any(|file| file.exists()));
    // There is nothing to forget any more.
    json(&site.ymir(&flush));
}
