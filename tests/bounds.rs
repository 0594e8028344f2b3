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
    refused("a.yml", &"some_variable: some value\n".repeat(4_000_000), "16 MiB");
    refused("a.json", &format!("[{}1]", "1, ".repeat(33_000_000)), "16 MiB");
}

#[test]
fn templates_cannot_run_without_end() {
    let table = [
        ("v: '{{ w }}'\nw: '{{ v }}'\n", "ecursive loop"),
        ("v: '{{ hostvars.host.v }}'\n", "ecursive loop"),
        ("v: \"{{ range(1000000000) | list | length }}\"\n", "too long"),
        ("v: \"{{ 'x' * 100000000000 }}\"\n", ""),
        ("v: \"{{ [1] * 100000000000 }}\"\n", ""),
        ("v: \"{{ 10 ** 10 ** 10 }}\"\n", ""),
        ("v: \"{{ ('a' * 40) | regex_search('^(a+)+$b') }}\"\n", ""),
    ];
    let wrong = table.iter().filter_map(|(text, words)| {
        let said = dump("a.yml", text);
        let fits = said.starts_with("Some(3)") && said.contains(words);
        (!fits).then(|| format!("{text}{}", said.chars().take(300).collect::<String>()))
    });
    let wrong: Vec<String> = wrong.collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
