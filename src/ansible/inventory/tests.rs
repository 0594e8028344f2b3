use std::{collections::BTreeMap, sync::Arc};

use serde_json::{Value, json};

use super::*;
use crate::ansible::{
    files::Files,
    world::{Entry, Ran, World},
};

/// A world of files in memory.
#[derive(Debug, Default)]
pub(crate) struct Paper {
    pub(crate) files: BTreeMap<String, String>,
    pub(crate) env: BTreeMap<String, String>,
}

impl Paper {
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let file = |(path, text): &(&str, &str)| ((*path).into(), (*text).into());
        Self { files: files.iter().map(file).collect(), ..Self::default() }
    }

    pub(crate) fn files(self, root: &str) -> Files {
        Files::without_keys(Arc::new(self), root.into())
    }
}

impl World for Paper {
    fn env(&self, name: &str) -> Option<String> {
        self.env.get(name).cloned()
    }

    fn read(&self, path: &str) -> Result<Option<Vec<u8>>> {
        Ok(self.files.get(path).map(|text| text.clone().into_bytes()))
    }

    fn glob(&self, _pattern: &str) -> Result<Vec<String>> {
        Ok(Vec::new())
    }

    fn list(&self, path: &str) -> Result<Option<Vec<Entry>>> {
        let prefix = format!("{}/", path.trim_end_matches('/'));
        let below = self.files.keys().filter_map(|file| file.strip_prefix(&prefix));
        let mut entries: Vec<Entry> = below
            .map(|rest| match rest.split_once('/') {
                Some((dir, _)) => Entry { name: dir.into(), is_dir: true },
                None => Entry { name: rest.into(), is_dir: false },
            })
            .collect();
        entries.sort();
        entries.dedup();
        Ok((!entries.is_empty()).then_some(entries))
    }

    fn is_program(&self, path: &str) -> bool {
        self.files.get(path).is_some_and(|text| text.starts_with("#!"))
    }

    /// Prints what follows the first line for `--list`, and for `--host` its arguments.
    fn run(&self, program: &str, args: &[&str]) -> Result<Ran> {
        let list = || self.files[program].split_once('\n').unwrap().1.to_owned();
        let host = || json!({ "args": args }).to_string();
        let stdout = if args == ["--list"] { list() } else { host() };
        Ok(Ran { stdout, ..Ran::default() })
    }

    fn shell(&self, _command: &str) -> Result<(i32, String, String)> {
        Ok((127, String::new(), String::new()))
    }
}

/// An inventory of one file.
pub(crate) fn inventory(name: &str, text: &str) -> Result<Inventory> {
    let file = [(name, text)];
    let files = Paper::of(&file[..usize::from(!name.contains(','))]).files("/");
    let mut inventory = Inventory::new();
    source::read_all(&mut inventory, &files, &rules::Rules::default(), &[name])?;
    inventory.settle()?;
    Ok(inventory)
}

/// Groups with their hosts, and variables of hosts and groups, without what every host has.
fn shape(inventory: &Inventory) -> Value {
    let name = |host: &usize| inventory.hosts[*host].name.clone();
    let groups: serde_json::Map<String, Value> = (0..inventory.groups.len())
        .map(|group| {
            let members: Vec<String> = inventory.members(group).iter().map(name).collect();
            (inventory.groups[group].name.clone(), json!(members))
        })
        .filter(|(name, members)| name != ALL && *members != json!([]))
        .collect();
    let vars = |vars: &[(String, Node)]| -> Value {
        let own = vars.iter().filter(|(name, _)| !name.starts_with("inventory_"));
        own.map(|(name, node)| (name.clone(), data(node))).collect::<serde_json::Map<_, _>>().into()
    };
    let hosts = inventory.hosts.iter().map(|host| (host.name.clone(), vars(&host.vars)));
    let of_groups = inventory.groups.iter().map(|group| (group.name.clone(), vars(&group.vars)));
    let all: serde_json::Map<String, Value> =
        hosts.chain(of_groups).filter(|(_, vars)| *vars != json!({})).collect();
    json!({ "groups": groups, "vars": all })
}

fn data(node: &Node) -> Value {
    match &node.data {
        Data::Null => Value::Null,
        Data::Bool(value) => json!(value),
        Data::Int(value) => json!(i64::try_from(*value).unwrap()),
        Data::Float(value) => json!(value),
        Data::Moment(moment) => json!(moment.to_string()),
        Data::Text(text) | Data::Unsafe(text) | Data::Vault(text) => json!(text),
        Data::List(items) => items.iter().map(data).collect(),
        Data::Map(pairs) => {
            let pairs =
                pairs.iter().map(|(key, value)| (key.data.as_text().unwrap().into(), data(value)));
            pairs.collect::<serde_json::Map<_, _>>().into()
        }
    }
}

#[test]
fn ini_inventories_mean_what_ansible_reads() {
    let table = [
        ("a\nb # c\n; d\n", json!({"groups": {"ungrouped": ["a", "b"]}, "vars": {}})),
        ("a1]2:3[x\n", json!({"groups": {"ungrouped": ["a12x", "a13x"]}, "vars": {}})),
        (
            "[g]\nweb[01:03]\n[h:children]\ng\n[g:vars]\nx = 'y'\n",
            json!({"groups": {"g": ["web01", "web02", "web03"], "h": ["web01", "web02", "web03"]}, "vars": {"g": {"x": "y"}}}),
        ),
        (
            "[h:children]\ng\n[g]\na\n[h]\nb\n",
            json!({"groups": {"h": ["b", "a"], "g": ["a"]}, "vars": {}}),
        ),
        (
            "a:2222 x=1 y=\"1\" z='\"1\"' t=True l=\"['a', 2]\" s=b=c\n",
            json!({"groups": {"ungrouped": ["a"]}, "vars": {"a": {"ansible_port": 2222, "x": 1, "y": 1, "z": "1", "t": true, "l": ["a", 2], "s": "b=c"}}}),
        ),
        ("[seed]\nseed x=1\n", json!({"groups": {"seed": ["seed"]}, "vars": {"seed": {"x": 1}}})),
        (
            "n[a:c]-[1:2]\n",
            json!({"groups": {"ungrouped": ["na-1", "na-2", "nb-1", "nb-2", "nc-1", "nc-2"]}, "vars": {}}),
        ),
        ("n[1:9:4]\n", json!({"groups": {"ungrouped": ["n1", "n5", "n9"]}, "vars": {}})),
    ];
    for (text, expected) in table {
        let found = inventory("/hosts", text).unwrap_or_else(|trouble| panic!("{text}: {trouble}"));
        assert_eq!(shape(&found), expected, "{text}");
    }
}

#[test]
fn python_literals_are_values_and_all_else_is_text() {
    let table = [
        ("1", json!(1)),
        ("-1", json!(-1)),
        ("0644", json!("0644")),
        ("0x1f", json!(31)),
        ("1_000", json!(1000)),
        ("1.5", json!(1.5)),
        ("1e3", json!(1000.0)),
        ("10.0.0.1", json!("10.0.0.1")),
        ("True", json!(true)),
        ("true", json!("true")),
        ("None", json!(null)),
        ("1, 2", json!([1, 2])),
        ("(1,)", json!([1])),
        ("[]", json!([])),
        ("{'a': [1, 'b'], }", json!({"a": [1, "b"]})),
        ("'a' 'b'", json!("ab")),
        ("'a\\n'", json!("a\n")),
        ("r'a\\n'", json!("a\\n")),
        ("{{ a }}", json!("{{ a }}")),
        ("[a, b]", json!("[a, b]")),
        ("1 # one", json!(1)),
        ("a # one", json!("a # one")),
        ("'open", json!("'open")),
        ("", json!("")),
    ];
    for (text, expected) in table {
        let node = super::literal::value(text, &Origin::whole("t")).unwrap();
        assert_eq!(data(&node), expected, "{text}");
    }
}

#[test]
fn yaml_inventories_mean_what_ansible_reads() {
    let text = "
all:
  vars: {x: 1}
  children:
    g:
      hosts:
        a[1:2]: {y: true}
        b:
      children: h
    h: {hosts: {b: {z: 2}}}
";
    let found = inventory("/hosts.yml", text).unwrap();
    let expected = json!({
        "groups": {"g": ["a1", "a2", "b"], "h": ["b"]},
        "vars": {"a1": {"y": true}, "a2": {"y": true}, "b": {"z": 2}, "all": {"x": 1}},
    });
    assert_eq!(shape(&found), expected);
}

#[test]
fn programs_print_groups_in_json() {
    let text = r#"#!
{
    "g": ["a", "b"],
    "sole": {"x": "{{ y }}"},
    "p": {"children": ["g", "new"], "vars": {"v": [1]}},
    "_meta": {"hostvars": {"a": {"q": 1}, "unknown": {"n": 1}}}
}"#;
    let found = inventory("/hosts", text).unwrap();
    let expected = json!({
        "groups": {"g": ["a", "b"], "sole": ["sole"], "p": ["a", "b"]},
        "vars": {"a": {"q": 1}, "sole": {"x": "{{ y }}"}, "p": {"v": [1]}},
    });
    assert_eq!(shape(&found), expected);
    let sole = &found.groups[found.group("sole").unwrap()].vars;
    let (_, x) = sole.iter().find(|(name, _)| name == "x").unwrap();
    assert_eq!(x.data, Data::Unsafe("{{ y }}".to_owned()));

    let each = inventory("/hosts", "#!\n{\"g\": {\"hosts\": [\"a\"]}}").unwrap();
    let expected = json!({"groups": {"g": ["a"]}, "vars": {"a": {"args": ["--host", "a"]}}});
    assert_eq!(shape(&each), expected);
}

#[test]
fn faults_in_what_programs_print_name_their_place() {
    let table = [
        ("", "it prints nothing"),
        ("[]", "hosts --list:1:1: the output must be a map, not a list"),
        ("{a}", "what `--list` prints is no JSON: text in `\"` is expected"),
        ("{\"g\": \"a\"}", "a group's hosts are a list, not text"),
        ("{\"g\": [1]}", "hosts --list:1:8: the name of a host must be text"),
        ("{\"g\": {\"vars\": []}}", "`vars` must be a map"),
        ("{\"g\": {\"children\": [\"g\"]}}", "the group `g` would be inside itself"),
        ("{\"_meta\": {}}", "`_meta` lacks `hostvars`"),
        ("{\"_meta\": {\"profile\": \"x\"}}", "can only be `inventory_legacy`"),
        (
            "{\"g\": [\"a\"], \"_meta\": {\"hostvars\": {\"a\": 1}}}",
            "a host's variables must be a map",
        ),
    ];
    for (text, expected) in table {
        let trouble = inventory("/hosts", &format!("#!\n{text}")).err();
        let trouble = trouble.unwrap_or_else(|| panic!("{text} is accepted"));
        let origin = trouble.origin.as_ref().map(ToString::to_string).unwrap_or_default();
        let message = format!("{origin}: {}", trouble.causes.join(": "));
        assert!(message.contains(expected), "{text}: {message}");
    }
}

#[test]
fn toml_inventories_mean_what_ansible_reads() {
    let text = r#"
[web]
children = ["apache"]
vars = { x = 1, t = "{{ y }}" }
[web.hosts]
"a[1:2]" = { k = 1.5, at = 1979-05-27T07:32:00Z, l = [0x10, "b"] }
[apache.hosts.b]
port = 44
"#;
    let found = inventory("/hosts.toml", text).unwrap();
    let host = json!({"k": 1.5, "at": "1979-05-27T07:32:00+00:00", "l": [16, "b"]});
    let expected = json!({
        "groups": {"web": ["a1", "a2", "b"], "apache": ["b"]},
        "vars": {"web": {"x": 1, "t": "{{ y }}"}, "a1": host, "a2": host, "b": {"port": 44}},
    });
    assert_eq!(shape(&found), expected);
}

#[test]
fn hosts_may_stand_where_a_path_is_expected() {
    let found = inventory("a,b:22, fe80::1,x[1:2],", "").unwrap();
    let expected = json!({
        "groups": {"ungrouped": ["a", "b", "fe80::1", "x[1:2]"]},
        "vars": {"b": {"ansible_port": 22}},
    });
    assert_eq!(shape(&found), expected);
}

#[test]
fn faults_in_inventories_name_their_place() {
    let table = [
        ("/hosts", "[g:vars]\nx=1\n", "hosts:1:2: there is no group `g`"),
        ("/hosts", "[g:children]\nh\n", "hosts:2:1: there is no group `h` to be a child"),
        ("/hosts", "[g]\n[g:children]\ng\n", "hosts:3:1: the group `g` would be inside itself"),
        ("/hosts", "[g g]\n", "no spaces are allowed"),
        ("/hosts", "ab b\n", "hosts:1:4: `name=value` is expected after a host, not `b`"),
        ("/hosts", "a x='1\n", "a quotation mark is not closed"),
        ("/hosts", "a[1:]\n", "has no end"),
        ("/hosts", "a[01:3]\n", "different lengths"),
        ("/hosts", "a[1:999999999]\n", "more than 100000 hosts"),
        ("/hosts.yml", "all: {hosts: [a]}\n", "hosts.yml:1:14: `hosts` must be a map, not a list"),
        ("/hosts.yml", "[a, b]\n", "it holds a list, not a map of groups"),
        ("/hosts.yml", "plugin: x\n", "it is for the inventory plug-in `x`"),
        ("/hosts.toml", "[g.vars]\nx = 1 2\n", "hosts.toml:2:5"),
        ("/hosts.toml", "[g]\nhosts = [\"a\"]\n", "hosts.toml:2:9: `hosts` must be a table"),
    ];
    for (name, text, expected) in table {
        let trouble = inventory(name, text).err().unwrap_or_else(|| panic!("{text} is accepted"));
        let origin = trouble.origin.as_ref().map(ToString::to_string).unwrap_or_default();
        let message = format!("{origin}: {}", trouble.causes.join(": "));
        assert!(message.contains(expected), "{text}: {message}");
    }
}

#[test]
fn a_directory_is_read_as_ansible_reads_it() {
    let files = Paper::of(&[
        ("/i/b", "[g]\nb\n"),
        ("/i/a", "[g]\na\n"),
        ("/i/.hidden", "h"),
        ("/i/notes.md", "n"),
        ("/i/old.cfg", "o"),
        ("/i/hosts.example", "e\n"),
        ("/i/group_vars/g", "x: 1"),
        ("/i/sub/c.yml", "g: {hosts: {c: {}}}"),
    ]);
    let mut inventory = Inventory::new();
    source::read_all(&mut inventory, &files.files("/i"), &rules::Rules::default(), &["/i"])
        .unwrap();
    inventory.settle().unwrap();
    let expected = json!({"groups": {"g": ["a", "b", "c"], "ungrouped": ["e"]}, "vars": {}});
    assert_eq!(shape(&inventory), expected);
}

#[test]
fn groups_are_layered_by_depth_then_priority_then_name() {
    let text = "[a]\nx\n[b]\nx\n[c]\nx\n[deep:children]\na\n[a:vars]\n[b:vars]\nansible_group_priority=10\n";
    let found = inventory("/hosts", text).unwrap();
    let names: Vec<&str> = found
        .layered_groups(0)
        .into_iter()
        .map(|group| found.groups[group].name.as_str())
        .collect();
    assert_eq!(names, ["c", "deep", "b", "a"]);
}

#[test]
fn shell_patterns_match_as_in_python() {
    let table = [
        ("*", "", true),
        ("a*c", "abbc", true),
        ("a*c", "abcd", false),
        ("a?c", "abc", true),
        ("[a-c]1", "b1", true),
        ("[!a-c]1", "b1", false),
        ("[]]", "]", true),
        ("[a", "[a", true),
        ("*a*b*", "xxaxxbxx", true),
    ];
    for (pattern, name, expected) in table {
        assert_eq!(fnmatch::matches(pattern, name), expected, "{pattern} {name}");
    }
}
