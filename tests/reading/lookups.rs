//! Lookups that reach outside: passwords that are kept in files, and pages of a server.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::TcpListener,
    os::unix::fs::PermissionsExt as _,
    thread,
};

use super::Site;

const HOSTS: (&str, &str) = ("inventory/hosts", "localhost\n");

#[test]
fn a_command_that_looks_makes_no_password() {
    let kept = "x: \"{{ lookup('password', kayobe_config_path ~ '/new/kept length=8') }}\"\n";
    let site = Site::of(&[HOSTS, ("globals.yml", kept)]);
    let told = site.variable("x", &[]);
    assert!(told.contains("made-at-run-time"), "{told}");
    assert!(!site.path.join("new").exists());
    site.write("new/kept", "s3cret\n");
    let told = site.variable("x", &[]);
    assert!(told.contains("s3cret"), "{told}");
}

#[test]
fn a_command_that_writes_makes_a_password_once() {
    let globals = "\
x: \"{{ lookup('password', kayobe_config_path ~ '/new/kept length=8') }}\"
provision_oc_net_cidr: 10.0.0.0/24
provision_oc_net_inspection_allocation_pool_start: 10.0.0.10
provision_oc_net_inspection_allocation_pool_end: 10.0.0.20
";
    let site = Site::of(&[
        HOSTS,
        ("globals.yml", globals),
        ("kolla/config/nova.conf", "[a]\nb = {{ x }}\n"),
    ]);
    let write = || site.ymir(&["configuration", "merged", "--write", "OUT", "--check"]);
    let told = write();
    assert!(!site.path.join("new").exists(), "{told}");
    for _ in 0..2 {
        let told = site.ymir(&["configuration", "merged", "--write", "OUT"]);
        assert!(told.starts_with("exit: 0"), "{told}");
    }
    let path = site.path.join("new/kept");
    let password = std::fs::read_to_string(&path).unwrap();
    assert_eq!(password.trim_end().len(), 8, "{password}");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let told = site.variable("x", &[]);
    assert!(told.contains(password.trim_end()), "{told}");
}

/// Answers requests, each with what its path asks for, and gives the address.
fn server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let head: Vec<String> =
                lines.map(Result::unwrap).take_while(|line| !line.is_empty()).collect();
            let path = head[0].split(' ').nth(1).unwrap().to_owned();
            // A login is asked for as Ansible expects it: first without, then with it.
            let login = head
                .iter()
                .any(|line| line.to_lowercase().starts_with("authorization: basic ym9ionb3"));
            let seen = |name: &str| {
                head.iter().find(|line| line.to_lowercase().starts_with(name)).cloned()
            };
            let (status, more, body) = match &*path {
                "/plain" => ("200 OK", "", "one\ntwo\r\nthree\n".to_owned()),
                "/moved" => ("302 Found", "Location: /plain\r\n", String::new()),
                "/auth" if login => ("200 OK", "", "in".to_owned()),
                "/auth" => {
                    ("401 Unauthorized", "WWW-Authenticate: Basic realm=\"x\"\r\n", String::new())
                }
                "/agent" => (
                    "200 OK",
                    "",
                    seen("user-agent").unwrap() + "|" + &seen("x-a").unwrap_or_default(),
                ),
                _ => ("404 Not Found", "", String::new()),
            };
            let length = body.len();
            let answer = format!(
                "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n{more}\r\n{body}"
            );
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    format!("http://{address}")
}

/// What ansible-core 2.21.5 gave for the same answers of a server.
#[test]
fn pages_are_read_as_ansible_reads_them() {
    let base = server();
    let table = [
        ("lookup('url', base ~ '/plain')", "one,two,three"),
        ("query('url', base ~ '/plain') | to_json", r#"["one", "two", "three"]"#),
        ("lookup('url', base ~ '/plain', split_lines=false) | to_json", r#""one\ntwo\r\nthree\n""#),
        ("lookup('url', base ~ '/moved')", "one,two,three"),
        ("lookup('url', base ~ '/auth', username='bob', password='pw')", "in"),
        (
            "lookup('url', base ~ '/auth', username='bob', password='pw', force_basic_auth=true)",
            "in",
        ),
        ("lookup('url', base | replace('//', '//bob:pw@') ~ '/auth')", "in"),
        (
            "lookup('url', base ~ '/agent', headers={'X-A': 'b'}) | lower",
            "user-agent: ansible-httpget|x-a: b",
        ),
        ("lookup('url', base ~ '/agent', http_agent='me') | lower", "user-agent: me|"),
        ("lookup('url', base ~ '/none', errors='ignore') | string", "None"),
        ("query('url', base ~ '/none', errors='ignore') | to_json", "[]"),
    ];
    let page = |(expression, _): &(&str, &str)| format!("  - >-\n    {{{{ {expression} }}}}\n");
    let pages = table.iter().map(page).collect::<Vec<_>>().concat();
    let site = Site::of(&[HOSTS, ("globals.yml", &format!("base: {base}\npages:\n{pages}"))]);
    let told = site.variable("pages", &[]);
    let dump: serde_json::Value = serde_json::from_str(&told).unwrap_or_else(|_| panic!("{told}"));
    for (at, (expression, expected)) in table.iter().enumerate() {
        assert_eq!(dump["localhost"][at], *expected, "{expression}");
    }
}

#[test]
fn a_page_that_does_not_come_is_told_without_the_login() {
    let base = server();
    let x = |expression: &str| {
        let globals = format!("base: {base}\nx: >-\n  {{{{ {expression} }}}}\n");
        let site = Site::of(&[HOSTS, ("globals.yml", &globals)]);
        let told = site.variable("x", &[]);
        assert!(!told.contains("hunter2"), "{told}");
        told.lines().find(|line| line.contains("because")).unwrap().replace(&base, "BASE")
    };
    insta::assert_snapshot!(x("lookup('url', base ~ '/none')"), @"  because: Received HTTP error for BASE/none: HTTP Error 404: Not Found");
    insta::assert_snapshot!(x("lookup('url', base ~ '/moved', follow_redirects='none')"), @"  because: Received HTTP error for BASE/moved: HTTP Error 302: Found");
    insta::assert_snapshot!(x("lookup('url', base ~ '/auth', username='bob', password='hunter2')"), @"  because: Received HTTP error for BASE/auth: HTTP Error 401: Unauthorized");
    let told = x("lookup('url', 'http://u:hunter2@127.0.0.1:1/x')");
    assert!(told.contains("Failed lookup url for http://127.0.0.1:1/x:"), "{told}");
    insta::assert_snapshot!(x("lookup('url', 'gopher://u:hunter2@h/x')"), @"  because: unknown url type: 'gopher://h/x'");
    insta::assert_snapshot!(x("lookup('url', 'nowhere')"), @"  because: unknown url type: 'nowhere'");
}
