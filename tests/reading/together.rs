//! What is evaluated once for all hosts is what each host by itself would have.

use serde_json::Value;

use super::Site;

const HOSTS: &str = "[web]\na own_b=1\nb\n[db]\nc role=the-first\n";

/// Variables that are the same for all hosts, and such as only look so: they come to a host's own ones through other
/// variables, through items that are evaluated late, or through lookups.
const GLOBALS: &str = "
list: [x, '{{ one }}']
one: 1
same: '{{ list | join(\"-\") }}'
everybody: \"{{ groups.all | sort }}\"
who: '{{ inventory_hostname }}'
through: '{{ who }} {{ same }}'
late: ['{{ who }}', '{{ same }}', {a: '{{ role | default(\"none\") }}'}]
first: '{{ late[0] }}'
second: '{{ late[1] }}'
third: '{{ late[2].a }}'
some_have_it: '{{ role is defined }}'
missing: '{{ role }}'
of_c: \"{{ hostvars['c'].role }}\"
own_one: \"{{ hostvars[inventory_hostname].group_names }}\"
looked: \"{{ lookup('vars', 'role', default=one) }}\"
named: \"{{ lookup('varnames', '^own_') }}\"
broken: '{{ gone }}'
";

fn site() -> Site {
    let web = "role: '{{ \"web of \" ~ who }}'\n";
    let files = [("inventory/hosts", HOSTS), ("globals.yml", GLOBALS)];
    Site::of(&[files[0], files[1], ("inventory/group_vars/web.yml", web)])
}

fn dump(site: &Site, more: &[&str]) -> Value {
    let told = site.ymir(&[&["configuration", "dump", "--output", "json"], more].concat());
    let json = told.strip_prefix("exit: 0\n").unwrap_or_else(|| panic!("{told}"));
    let mut values = serde_json::Deserializer::from_str(json).into_iter();
    values.next().unwrap().unwrap()
}

#[test]
fn all_hosts_together_have_what_each_has_alone() {
    let site = site();
    for more in [&["--with-errors"][..], &[], &["--show-secrets"]] {
        let together = dump(&site, more);
        let hosts = together.as_object().unwrap();
        assert_eq!(hosts.keys().collect::<Vec<_>>(), ["a", "b", "c"]);
        for (host, values) in hosts {
            assert_eq!(
                *values,
                dump(&site, &[&["--host", host], more].concat()),
                "{host} {more:?}"
            );
        }
    }
    let third: Vec<Value> =
        ["a", "b", "c"].map(|host| dump(&site, &[])[host]["third"].clone()).into();
    assert_eq!(third, ["web of a", "web of b", "the-first"]);
}

#[test]
fn both_formats_say_the_same_of_all_hosts() {
    let site = site();
    let told = site.ymir(&["configuration", "dump", "--output", "yaml", "--with-errors"]);
    let yaml: Value = serde_yaml::from_str(told.strip_prefix("exit: 0\n").unwrap()).unwrap();
    assert_eq!(yaml, dump(&site, &["--with-errors"]));
}

#[test]
fn json_is_laid_out_at_its_place() {
    let site = site();
    let text = site.ymir(&["configuration", "dump", "--output", "json", "--with-errors"]);
    let places = text.matches(
        "            \"list\": [\n                \"x\",\n                1\n            ],\n",
    );
    assert_eq!(places.count(), 3);
}

#[test]
fn what_differs_from_call_to_call_is_asked_for_by_each_host() {
    let site = site();
    site.write("count.yml", "count: \"{{ lookup('pipe', 'echo >> ran; wc -l < ran') }}\"\n");
    let together = dump(&site, &[]);
    let counts = ["a", "b", "c"].map(|host| together[host]["count"].clone());
    assert_eq!(counts, ["1", "2", "3"]);
}
