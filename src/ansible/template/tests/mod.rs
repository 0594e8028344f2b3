//! Templates compared with what ansible-core 2.21 gives, and the messages of faults.

mod files;
mod recorded;
mod scope;

use serde_json::{Value, json};

use self::scope::TestScope;
use super::Evaluator;
use crate::trouble::Trouble;

const VARIABLES: &str = include_str!("variables.yml");
/// Expressions with the values that ansible-core 2.21.5 gave them.
const TABLE: &str = include_str!("ansible.json");
/// More of them: each filter, test and method of Ansible, Jinja2 and ansible.utils, and a sample of random ones.
const MORE: &str = include_str!("ansible_more.json");
/// Corners that configurations rarely touch: operators, methods, arguments of odd types.
const ODD: &str = include_str!("ansible_odd.json");
/// The same for filters of the collection ansible.utils 6.0.0.
const UTILS: &str = include_str!("ansible_utils.json");
/// Keys that are no text, and names that older collections had for filters.
const KEYS: &str = include_str!("ansible_keys.json");

/// Kayobe's own filters, with the outcomes of Kayobe 21.0.0, and the networks that they are about.
const KAYOBE: &str = include_str!("kayobe.json");
const NETWORKS: &str = include_str!("kayobe.yml");

#[test]
fn templates_mean_what_they_mean_to_ansible() {
    compare(&[TABLE, MORE, ODD, UTILS, KEYS], VARIABLES);
}

#[test]
fn kayobes_filters_mean_what_they_mean_to_kayobe() {
    compare(&[KAYOBE], NETWORKS);
}

fn compare(tables: &[&str], variables: &str) {
    let read = |text: &&str| serde_json::from_str::<Vec<(String, Value)>>(text).unwrap();
    let table: Vec<_> = tables.iter().flat_map(read).collect();
    assert!(table.len() > 120);
    let wrong = differences(&Evaluator::new(TestScope::of(variables)), &table);
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// Where an evaluator gives something else than was recorded.
fn differences(evaluator: &Evaluator, table: &[(String, Value)]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (template, expected) in table {
        let found = evaluator.node("test", &scope::text(template));
        let right = match (&found, expected.get("value"), expected.get("error")) {
            (Ok(found), Some(expected), _) => found == expected,
            (Err(trouble), None, Some(words)) => {
                trouble.to_string().contains(words.as_str().unwrap())
            }
            _ => false,
        };
        if !right {
            wrong.push(format!("{template}\n  ansible {expected}\n  ymir    {found:?}"));
        }
    }
    wrong
}

/// What a template gives with the test's variables and more of its own.
fn evaluated(more: &str, template: &str) -> Result<Value, Trouble> {
    let scope = TestScope::of(&format!("{VARIABLES}\n{more}\n"));
    Evaluator::new(scope).node("asked", &scope::text(template))
}

#[test]
fn hosts_files_and_commands_are_reached_through_the_scope() {
    let table = [
        ("{{ inventory_hostname }}", json!("h0")),
        ("{{ hostvars['h1'].inventory_hostname }}", json!("h1")),
        ("{{ hostvars.h1.chain_a }}", json!("ymir!")),
        ("{{ hostvars['nobody'].x | default('none') }}", json!("none")),
        ("{{ hostvars['nobody'] is defined }}", json!(false)),
        ("{{ 'h1' in hostvars }}", json!(true)),
        ("{{ hostvars | length }}", json!(2)),
        ("{{ hostvars | dict2items | map(attribute='key') | list }}", json!(["h0", "h1"])),
        ("{{ hostvars | dictsort(reverse=true) | map('first') | list }}", json!(["h1", "h0"])),
        ("{{ ['h0', 'h1'] | map('extract', hostvars, 'name') | list }}", json!(["ymir", "ymir"])),
        ("{{ vars['name'] }}", json!("ymir")),
        ("{{ ansible_facts.os_family | default('unknown') }}", json!("unknown")),
        ("{{ 'net_a' | net_ip }}", json!("10.1.0.10")),
        ("{{ 'net_a' | net_ip('h1') }}", json!("10.1.0.11")),
        ("{{ 'net_a' | net_cidr }}", json!("10.1.0.0/16")),
        ("{{ 'net_a' | net_mask }}", json!("255.255.0.0")),
        ("{{ 'net_a' | net_prefix }}", json!("16")),
        ("{{ 'net_a' | net_mtu }}", json!(1500)),
        ("{{ 'net_a' | net_gateway }}", json!(null)),
        ("{{ 'net_b' | net_ip }}", json!(null)),
        ("{{ 'net_a' | net_is_bridge }}", json!(false)),
        ("{{ ['net_a'] | net_select_ethers }}", json!(["net_a"])),
        (
            "{{ 'net_a' | net_libvirt_vm_network }}",
            json!({"network": "net_a", "net_name": "net_a"}),
        ),
        ("{{ lookup('env', 'HOME') }}", json!("/home/operator")),
        ("{{ lookup('env', 'NOPE') }}", json!("")),
        ("{{ lookup('env', 'NOPE', default='d') }}", json!("d")),
        ("{{ lookup('file', 'key.pub') }}", json!("ssh-ed25519 AAAA")),
        ("{{ lookup('file', 'key.pub', rstrip=false) }}", json!("ssh-ed25519 AAAA\n")),
        ("{{ lookup('file', 'nope', errors='ignore') }}", json!(null)),
        ("{{ lookup('template', 'motd.j2') }}", json!("Welcome to ymir\n")),
        ("{% include 'motd.j2' %}", json!("Welcome to ymir")),
        ("{{ lookup('pipe', 'date') }}", json!("ran date")),
        ("{{ lookup('first_found', ['a', 'key.pub']) }}", json!("/site/files/key.pub")),
        ("{{ query('first_found', ['a'], skip=true) }}", json!([])),
        ("{{ query('fileglob', '/site/*.yml') }}", json!(["/site/a.yml"])),
        ("{{ query('inventory_hostnames', 'all') }}", json!(["h0", "h1"])),
        ("{{ lookup('cached', 'env', 'HOME') }}", json!("/home/operator")),
    ];
    for (template, expected) in table {
        assert_eq!(evaluated("", template).unwrap(), expected, "{template}");
    }
}

#[test]
fn faults_say_what_led_to_them() {
    let told = |more: &str, template: &str| {
        let trouble = evaluated(more, template).unwrap_err();
        let settings = trouble.settings.iter().map(ToString::to_string).collect::<Vec<_>>();
        format!("{trouble}\n{}", settings.join("\n"))
    };
    insta::assert_snapshot!(told("a: '{{ b }}'\nb:\n  c: '{{ nope.x }}'", "{{ a.c }}"), @"
    h0: evaluating `asked`: 'nope' is undefined: needed through `asked` → `b`
    b (site.yml:41:6)
    asked (test)
    ");
    insta::assert_snapshot!(told("a: '{{ b }}'\nb: 'x{{ a }}'", "{{ a }}"), @"
    h0: evaluating `asked`: Recursive loop detected in template: a -> b -> a: needed through `asked` → `a` → `b`
    b (site.yml:40:4)
    a (site.yml:39:4)
    asked (test)
    ");
    insta::assert_snapshot!(told("", "{{ a b }}"), @"
    h0: evaluating `asked`: Syntax error in template: unexpected identifier, expected end of variable block
    asked (test)
    ");
    insta::assert_snapshot!(told("", "{{ lookup('file', 'nope.txt') }}"), @"
    h0: evaluating `asked`: Unable to access the file 'nope.txt': File not found
    asked (test)
    ");
    insta::assert_snapshot!(told("", "{{ lookup('pipe', 'false') }}"), @"
    h0: evaluating `asked`: lookup_plugin.pipe(false) returned 1: it failed
    asked (test)
    ");
    insta::assert_snapshot!(told("", "{{ hostvars['nobody'].name }}"), @"
    h0: evaluating `asked`: hostvars['nobody'] is undefined
    asked (test)
    ");
    insta::assert_snapshot!(told("", "{{ ansible_facts.os_family }}"), @"
    h0: evaluating `asked`: object of type 'dict' has no attribute 'os_family'
    asked (test)
    ");
}

#[test]
fn only_what_is_asked_for_is_evaluated() {
    let more = "lazy:\n  good: '{{ name }}'\n  bad: '{{ nope }}'\nown: {a: 1, b: '{{ own.a }}'}";
    assert_eq!(evaluated(more, "{{ lazy.good }}").unwrap(), json!("ymir"));
    assert_eq!(evaluated(more, "{{ lazy | length }}").unwrap(), json!(2));
    assert_eq!(evaluated(more, "{{ own.b }}").unwrap(), json!(1));
    assert!(evaluated(more, "{{ lazy }}").is_err());
}

#[test]
fn keys_are_no_templates() {
    let more = "keyed: {'{{ nope }}': '{{ name }}', 1: {'x{{ one }}': 2}}";
    let expected = json!({"{{ nope }}": "ymir", "1": {"x{{ one }}": 2}});
    assert_eq!(evaluated(more, "{{ keyed }}").unwrap(), expected);
    assert_eq!(
        evaluated(more, "{{ keyed | to_yaml }}").unwrap(),
        json!("'{{ nope }}': ymir\n1: {'x{{ one }}': 2}\n")
    );
}

#[test]
fn deep_chains_end_in_a_message() {
    let chain = |depth: usize| {
        let link = |at: usize| format!("v{at}: \"{{{{ ['x', v{}] | last }}}}\"\n", at + 1);
        (0..depth).map(link).collect::<String>() + &format!("v{depth}: end\n")
    };
    assert_eq!(evaluated(&chain(60), "{{ v0 }}").unwrap(), json!("end"));
    let trouble = evaluated(&chain(500), "{{ v0 }}").unwrap_err();
    assert!(trouble.to_string().contains("variables deep"), "{trouble}");
}

#[test]
fn extremes_end_in_messages() {
    let table = [
        "{% set x = [] %}{% set _ = x.append(x) %}{{ x }}",
        "{% set x = [] %}{% set _ = x.append(x) %}{{ x ~ '' }}",
        "{% set x = [] %}{% set y = [x] %}{% set _ = x.append(y) %}{{ x == y }}",
        "{{ 'x' * 10000000000 }}",
        "{{ [0] * 10000000000 }}",
        "{{ range(10000000000) }}",
        "{{ 9 ** 9 ** 9 }}",
        "{{ 'a' | regex_replace('(', '') }}",
        "{{ 'x' | indent }}{{",
        "{{ 1 // 0 }}",
        "{{ '%d' % 'x' }}",
        "{{ '{' | format }}{{ '}'.format() }}",
    ];
    for template in table {
        assert!(evaluated("", template).is_err(), "{template}");
    }
    let most = "170141183460469231731687303715884105727";
    for template in
        ["{{ numbers[{m}:] }}", "{{ -{m} }}", "{{ {m} | random }}", "{{ numbers[::{m}] }}"]
    {
        let _either = evaluated("", &template.replace("{m}", most));
    }
}
