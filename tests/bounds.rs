//! Hostile and broken configurations end in a clear error, in bounded memory: the real binary under `ulimit -v`.
#![expect(clippy::unwrap_used, reason = "test")]
#![expect(clippy::disallowed_methods, reason = "the test starts the program that it tests")]

use std::{fs, process::Command};

/// Far more than a configuration needs, and far less than what a hostile one would take. In KiB.
const MEMORY: u32 = 1 << 20;
/// So that what would hang fails; no measure of speed.
const SECONDS: u32 = 120;

/// What `ymir configuration dump` says about `v` in a site with this file of extra variables.
fn dump(file: &str, text: &str) -> String {
    let dir = tempfile::tempdir().unwrap();
    let inventory = dir.path().join("inventory");
    fs::create_dir_all(&inventory).unwrap();
    fs::write(inventory.join("hosts"), "host\n").unwrap();
    fs::write(dir.path().join(file), text).unwrap();
    let call = format!("ulimit -v {MEMORY}; exec timeout {SECONDS} \"$0\" \"$@\"");
    let output = Command::new("/bin/sh")
        .args(["-c", &call, env!("CARGO_BIN_EXE_ymir"), "configuration", "dump"])
        .args(["--var-name", "v", "--config-path"])
        .arg(dir.path())
        .env_clear()
        .env("HOME", "/home/operator")
        .output()
        .unwrap();
    let code = output.status.code();
    format!("{code:?} {}", String::from_utf8_lossy(&output.stderr))
}

/// Refused, with these words in the message.
#[track_caller]
fn refused(file: &str, text: &str, words: &str) {
    let said = dump(file, text);
    assert!(
        said.starts_with("Some(3)") && said.contains(words),
        "{}",
        &said[..said.len().min(2000)]
    );
}

#[test]
fn nesting_is_bounded() {
    for (open, close) in [("[", "]"), ("{a: ", "}"), ("{\"a\": ", "}"), ("- ", "")] {
        for depth in [1_000, 100_000] {
            let text = format!("v:\n  {}1{}\n", open.repeat(depth), close.repeat(depth));
            refused("a.yml", &text, "nested");
        }
    }
    let json = format!("{{\"v\": {}1{}}}", "[".repeat(50_000), "]".repeat(50_000));
    refused("a.json", &json, "nested");
}

#[test]
fn aliases_cannot_multiply_without_end() {
    let line = |level: usize| {
        format!("a{level}: &a{level} [{}]\n", vec![format!("*a{}", level - 1); 10].join(", "))
    };
    let text: String = (1..20).map(line).collect();
    refused("a.yml", &format!("a0: &a0 [1]\n{text}v: *a19\n"), "two million values");
}

#[test]
fn a_huge_file_is_refused() {
    refused("a.yml", &"some_variable: some value\n".repeat(1_000_000), "16 MiB");
    refused("a.json", &format!("[{}1]", "1, ".repeat(6_000_000)), "16 MiB");
    refused("a.yml", &"some_variable: some value\n".repeat(4_000_000), "64 MiB");
    refused("inventory/hosts", &"host a=1\n".repeat(2_000_000), "16 MiB");
    refused("inventory/hosts.toml", &"a.hosts.b.c = 1\n".repeat(200_000), "2 MiB");
    let template = format!("v: |\n{}", "  {{ 1 }}\n".repeat(600_000));
    refused("a.yml", &template, "4 MiB");
}

/// Every file that is refused, with words of the message; all of them are tried before the test fails.
fn all_refused(table: &[(&str, &str)]) {
    let wrong = table.iter().filter_map(|(text, words)| {
        let said = dump("a.yml", text);
        let fits = said.starts_with("Some(3)") && said.contains(words);
        let short = |text: &str| text.chars().take(300).collect::<String>();
        (!fits).then(|| format!("{}\n{}", short(text), short(&said)))
    });
    let wrong: Vec<String> = wrong.collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn templates_cannot_run_without_end() {
    let twice = "{% set ns.a = ns.a ~ ns.a %}";
    let doubling = format!(
        "v: \"{{% set ns = namespace(a='x') %}}{{% for i in range(99) %}}{twice}{{% endfor %}}\"\n"
    );
    all_refused(&[
        ("v: '{{ w }}'\nw: '{{ v }}'\n", "ecursive loop"),
        // As in Ansible, variables of another view see no views.
        ("v: '{{ hostvars.host.v }}'\n", "'hostvars' is undefined"),
        ("v: '{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}'\n", "2000 deep"),
        ("v: '{% macro m(x) %}{{ x }}{{ m(m) }}{% endmacro %}{{ m(1) }}'\n", "2000 deep"),
        (
            "v: '{% for a in range(100000) %}{% for b in range(100000) %}\
             {% for c in range(100000) %}{% endfor %}{% endfor %}{% endfor %}'\n",
            "million steps",
        ),
        (
            "v: '{% for a in range(100000) %}{% if range(100000) | max %}{% endif %}{% endfor %}'\n",
            "steps",
        ),
        (
            "v: '{% for i in range(999) %}{{ range(999999) | list | difference(range(99999)) }}{% endfor %}'\n",
            "steps",
        ),
        ("v: \"{{ 'x' | password_hash('sha512', rounds=999999999) }}\"\n", "steps"),
        ("v: \"{{ 'x' | password_hash('blowfish', rounds=31) }}\"\n", "steps"),
        ("v: \"{{ ('a' * 40) | regex_search('^(a+)+$b') }}\"\n", "regular expression"),
        ("v: \"{{ lookup('pipe', 'yes') }}\"\n", "64 MiB"),
        ("v: \"{{ lookup('file', '/dev/zero') }}\"\n", "64 MiB"),
        ("v: \"{{ 10 ** 10 ** 10 }}\"\n", "too large"),
        ("v: '{{ 9 ** 9 ** 9 }}'\n", "too large"),
        (&doubling, "too long"),
    ]);
}

#[test]
fn values_cannot_grow_without_end() {
    let growing = |start: &str, change: &str| {
        format!(
            "v: \"{{% set ns = namespace(a={start}) %}}\
             {{% for i in range(100000) %}}{change}{{% endfor %}}{{{{ ns.a }}}}\"\n"
        )
    };
    all_refused(&[
        ("v: \"{{ range(1000000000) | list | length }}\"\n", "too long"),
        ("v: \"{{ 'x' * 100000000000 }}\"\n", "too long"),
        ("v: \"{{ [1] * 100000000000 }}\"\n", "too long"),
        ("v: '{{ range(1000) | permutations(9) | list }}'\n", "combinations"),
        ("v: '{{ range(1000) | combinations(9) | list }}'\n", "combinations"),
        ("v: '{{ range(1000) | product(range(1000), range(1000)) | list }}'\n", "combinations"),
        ("v: '{{ [1] | product(repeat=999999999999) | list }}'\n", "too long"),
        (&growing("[1]", "{% set _ = ns.a.extend(ns.a) %}"), "too long"),
        (&growing("[1]", "{% set ns.a = ns.a + ns.a %}"), "too long"),
        (&growing("'x'", "{% set ns.a = ns.a + ns.a %}"), "too long"),
        (&growing("'x'", "{% set ns.a = [ns.a, ns.a] | join('y') %}"), "too long"),
        (&growing("'xx'", "{% set ns.a = ns.a | replace('x', ns.a) %}"), "too long"),
        (&growing("'xx'", "{% set ns.a = ns.a | regex_replace('x', ns.a) %}"), "too long"),
        (&growing("'x'", "{% set ns.a = '%s%s' % (ns.a, ns.a) %}"), "too long"),
        (&growing("'x'", "{% set ns.a = '{0}{0}'.format(ns.a) %}"), "too long"),
        (&growing("[1]", "{% set ns.a = [ns.a, ns.a] %}"), "ecursi"),
        (&growing("{}", "{% set _ = ns.a.update({i: ns.a | string}) %}"), ""),
        ("v: \"{{ 'x'.center(1000000000) }}\"\n", "too long"),
        ("v: \"{{ 'x' | center(1000000000) }}\"\n", "too long"),
        ("v: \"{{ 'x'.ljust(1000000000) }}\"\n", "too long"),
        ("v: \"{{ 'x'.rjust(1000000000) }}\"\n", "too long"),
        ("v: \"{{ 'x'.zfill(1000000000) }}\"\n", "too long"),
        ("v: \"{{ '\\t'.expandtabs(1000000000) }}\"\n", "too long"),
        ("v: \"{{ 'x' | indent(1000000000, true) }}\"\n", "too long"),
        ("v: \"{{ '%1000000000d' % 1 }}\"\n", "too long"),
        ("v: \"{{ '%.1000000000f' % 1 }}\"\n", "too long"),
        ("v: \"{{ '{:>1000000000}'.format(1) }}\"\n", "too long"),
        ("v: \"{{ 'x' | comment(prefix_count=1000000000) }}\"\n", "too long"),
        ("v: \"{{ [1] | batch(1000000000, 0) | list }}\"\n", "too long"),
        ("v: \"{{ [1] | slice(1000000000) | list }}\"\n", "too long"),
        ("v: \"{{ {'a': [1]} | to_nice_json(indent=1000000000) }}\"\n", "too long"),
    ]);
}

#[test]
fn templates_cannot_be_too_deep() {
    let many = 100_000;
    let nested = |open: &str, inner: &str, close: &str| {
        format!("v: \"{}{inner}{}\"\n", open.repeat(many), close.repeat(many))
    };
    let inside = |text: String| format!("v: \"{{{{ {text} }}}}\"\n");
    let table = [
        (inside(format!("1{}", " | string".repeat(many))), "names and operators"),
        (inside(format!("a{}", ".b".repeat(many))), "names and operators"),
        (inside(format!("a{}", "[0]".repeat(many))), "names and operators"),
        (inside(format!("a{}", "()".repeat(many))), "names and operators"),
        (inside(format!("1{}", " + 1".repeat(many))), "names and operators"),
        (inside(format!("1{}", " ** 1".repeat(many))), "names and operators"),
        (inside(format!("1{}", " < 1".repeat(many))), "names and operators"),
        (inside(format!("1{}", " and 1".repeat(many))), "names and operators"),
        (inside(format!("1{}", " is defined".repeat(many))), "names and operators"),
        (inside(format!("1{}", " if 1 else 1".repeat(many))), "names and operators"),
        (inside(format!("{}1", "not ".repeat(many))), "names and operators"),
        (inside(format!("{}1", "-".repeat(many))), "names and operators"),
        (inside(format!("{}1{}", "(".repeat(many), ")".repeat(many))), "names and operators"),
        (inside(format!("{}1{}", "[".repeat(many), "]".repeat(many))), "names and operators"),
        (inside(format!("{}1{}", "{1: ".repeat(many), "}".repeat(many))), "names and operators"),
        (inside(format!("{}1{}", "(".repeat(200), ")".repeat(200))), "recursion"),
        (nested("{% if 1 %}", "", "{% endif %}"), "recursion"),
        (nested("{% for a in b %}", "", "{% endfor %}"), "recursion"),
        (nested("{% macro m() %}", "", "{% endmacro %}"), "recursion"),
        (format!("v: \"{{% if 1 %}}{}{{% endif %}}\"\n", "{% elif 1 %}".repeat(many)), "branches"),
    ];
    let table: Vec<(&str, &str)> = table.iter().map(|(text, words)| (&**text, *words)).collect();
    all_refused(&table);
}

/// What is deep, but honest, and what only has to be let go of.
#[test]
fn what_is_deep_within_the_bounds_is_evaluated() {
    let loops = |body: &str, end: &str| {
        format!(
            "v: \"{{% set ns = namespace(a=[]) %}}\
             {{% for i in range(200000) %}}{body}{{% endfor %}}{end}\"\n"
        )
    };
    let table = [
        loops("{% set ns.a = [ns.a] %}", "{{ ns.a | length }}"),
        loops("{% set ns.a = (ns.a,) %}", "{{ ns.a | length }}"),
        loops("{% set ns.a = {1: ns.a} %}", "{{ ns.a | length }}"),
        loops("{% set ns.a = cycler(ns.a) %}", "1"),
        loops("{% set ns.a = joiner(ns.a) %}", "1"),
        loops("{% set ns.a = namespace(a=ns.a) %}", "1"),
        format!("v: \"{}1\"\n", "{% macro m() %}{% endmacro %}".repeat(50_000)),
        format!("v: \"{{{{ 1{} }}}}\"\n", " + 1".repeat(400)),
        format!("v: \"{{{{ 1{} }}}}\"\n", " | int".repeat(400)),
        format!("v: \"{{{{ [{}] | length }}}}\"\n", "1, ".repeat(100_000)),
        format!("v: \"{}\"\n", "{{ 1 }}".repeat(100_000)),
        "v: \"{% macro m(n) %}{% if n > 0 %}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(200) }}\"\n".into(),
        format!("v: \"{{{{ {}1{} }}}}\"\n", "(".repeat(50), ")".repeat(50)),
        format!("v: |\n{}  {{{{ 1 }}}}\n", "  x\n".repeat(70_000)),
    ];
    for text in table {
        let said = dump("a.yml", &text);
        assert!(said.starts_with("Some(0)"), "{}{said}", &text[..text.len().min(300)]);
    }
}

#[test]
fn names_with_ranges_cannot_grow_without_end() {
    let wide = format!("h[{}1:{}2]", "0".repeat(70_000), "0".repeat(70_000));
    let table = [
        ("h[0:999999999]".to_owned(), "100000 hosts"),
        ("h[0:99999]\ng[0:99999]".to_owned(), "100000 hosts"),
        (format!("h{}", "[0:0]".repeat(100_000)), "16 ranges"),
        (wide, "too many digits"),
    ];
    for (text, words) in table {
        let said = dump("inventory/more", &text);
        assert!(
            said.starts_with("Some(3)") && said.contains(words),
            "{}",
            &said[..said.len().min(2000)]
        );
    }
}
