//! The command line itself: other names, words that are no command, what is listed, secrets that come back.

use super::Site;

/// The exit code and all that is said.
fn said(program: &std::path::Path, args: &[&str]) -> String {
    let output = std::process::Command::new(program).args(args).output().unwrap();
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    format!("exit {}\n{text}", output.status.code().unwrap())
}

fn ymir(args: &[&str]) -> String {
    said(env!("CARGO_BIN_EXE_ymir").as_ref(), args)
}

#[test]
fn old_scripts_call_it_kayobe() {
    let dir = tempfile::tempdir().unwrap();
    let kayobe = dir.path().join("kayobe");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_ymir"), &kayobe).unwrap();
    let version = said(&kayobe, &["--version"]);
    assert!(version.starts_with(concat!("exit 0\nymir ", env!("CARGO_PKG_VERSION"))), "{version}");
    let site = Site::new();
    let path = site.0.path().to_str().unwrap();
    let listed = said(
        &kayobe,
        &[
            "overcloud",
            "provision",
            "-lt",
            "-sh=all",
            "--environment",
            "lab",
            "--config-path",
            path,
        ],
    );
    assert!(listed.starts_with("exit 0\n`overcloud provision`: 6 steps\n"), "{listed}");
}

#[test]
fn words_that_are_no_command() {
    insta::assert_snapshot!(ymir(&["provision"]), @"
    exit 2
    error: unrecognized subcommand 'provision'

      tip: a similar subcommand exists: 'overcloud provision'

    Usage: ymir [OPTIONS] <COMMAND>

    For more information, try '--help'.
    ");
    let suggested = |words: &str| {
        let said = ymir(&words.split(' ').collect::<Vec<_>>());
        let tip = said.lines().find_map(|line| line.split_once(": '"));
        tip.map_or_else(String::new, |(_, tip)| tip.trim_end_matches('\'').to_owned())
    };
    let table = [
        ("hardware register --limit bm1", "overcloud hardware register"),
        ("host image build", "overcloud host image build', 'seed deployment image build"),
        ("build", "overcloud host image build', 'seed deployment image build"),
        ("lab provision", "overcloud provision"),
        ("provison", "overcloud provision"),
        ("overcloud provison", "deprovision', 'provision"),
        ("configuraton dump", "control', 'infra', 'configuration"),
        ("xyzzy", ""),
    ];
    for (words, expected) in table {
        assert_eq!(suggested(words), expected, "{words}");
    }
}

#[test]
fn steps_and_hooks_are_listed() {
    let site = Site::new();
    let hooks = site.0.path().join("environments/lab/hooks/overcloud-provision/pre.d");
    std::fs::create_dir_all(&hooks).unwrap();
    std::fs::write(hooks.join("10-tell.yml"), "[]").unwrap();
    let list = |args: &[&str]| {
        let path = site.0.path().to_str().unwrap();
        let args = [args, &["--environment", "lab", "--config-path", path]].concat();
        ymir(&args).replace(path, "SITE")
    };
    insta::assert_snapshot!(list(&["-lt", "overcloud", "provision", "--limit", "bm1"]), @"
    exit 0
    `overcloud provision`: 3 steps
    hook SITE/environments/lab/hooks/overcloud-provision/pre.d/10-tell.yml
    -- provision
    bm1: make available
    bm1: deploy debian-12
    bm1: verify over SSH
    ");
    let deprovision =
        ["overcloud", "deprovision", "--list-tasks", "--output", "json", "--limit", "bm1"];
    let listed = list(&deprovision);
    let digest = listed.split_once("undeploy@").unwrap().1.split('"').next().unwrap().to_owned();
    insta::assert_snapshot!(listed.replace(&digest, "DIGEST"), @r#"
    exit 0
    {
        "command": "overcloud deprovision",
        "hooks": {
            "post": [],
            "pre": []
        },
        "steps": [
            {
                "stage": "deprovision",
                "step": "deprovision/bm1/undeploy@DIGEST",
                "subject": "bm1",
                "title": "undeploy"
            }
        ]
    }
    "#);
    assert!(!site.0.path().join("state").exists(), "nothing is kept of it");
    insta::assert_snapshot!(list(&["run", "list", "-lt"]), @"
    exit 2
    error: --list-tasks means nothing here
      because: the command has no steps that could be listed
      hint: give the command without --list-tasks
    ");
}

#[test]
fn options_stand_under_headings() {
    let said = ymir(&["configuration", "dump", "--help"]);
    let headings = [
        "Options:",
        "--var-name",
        "Site and hosts:",
        "What to do:",
        "Hooks:",
        "Vault passwords:",
        "Output:",
    ];
    let places = headings.map(|word| said.find(word));
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{said}");
}

#[test]
fn shells_complete_commands() {
    let bash = ymir(&["complete", "--name", "kayobe"]);
    assert!(bash.starts_with("exit 0\n_kayobe() {"), "{bash}");
    let shells =
        [("zsh", "#compdef ymir"), ("fish", "complete -c ymir"), ("bash", "complete -F _ymir")];
    for (shell, expected) in shells {
        let script = ymir(&["complete", "--shell", shell]);
        assert!(script.contains(expected) && script.contains("deprovision"), "{script}");
    }
}

#[test]
fn every_command_has_its_page() {
    let dir = tempfile::tempdir().unwrap();
    let pages = dir.path().join("man");
    assert_eq!(ymir(&["man", pages.to_str().unwrap()]), "exit 0\n");
    let page = std::fs::read_to_string(pages.join("ymir-overcloud-provision.1")).unwrap();
    assert!(page.contains("VAULT PASSWORDS") && page.contains("Deploy the hosts"), "{page}");
}

#[test]
fn a_resumed_run_is_given_its_secrets_again() {
    let site = Site::new();
    let register = ["overcloud", "hardware", "register", "--limit", "bm1", "-e"];
    let secret = "redfish_password=hunter2";
    insta::assert_snapshot!(site.run(&[&register[..], &[secret]].concat()), @"
    exit 4
    run 1: `overcloud hardware register`, 1 step
    -- register: bm1
    bm1: register the node: failed: talking to Ironic at http://127.0.0.1:9
      because: Connection refused (os error 111)
      set by: ymir_ironic_url (environments/lab/zz-absent-ironic.yml:1:18)
      hint: check that Ironic runs and that this machine reaches it; in a lab, `ymir lab status` tells and `ymir lab up` starts it
    note: secrets are not kept; to resume the run, give them again: -e redfish_password=…
    ");
    insta::assert_snapshot!(site.run(&["run", "resume"]), @"
    exit 3
    error: run 1 was given secrets, which are not kept
      hint: give them again: ymir run resume 1 -e redfish_password=…
    ");
    insta::assert_snapshot!(site.run(&["run", "resume", "-e", "a=b"]), @"
    exit 2
    error: a resumed run keeps the variables that it was given
      because: -e may only give again what was left out of its record because it is secret
      hint: give the command again, it takes on from there: ymir overcloud hardware register --limit bm1 -e ****** --environment lab
    ");
    let resumed = site.run(&["run", "resume", "-e", secret]);
    assert!(resumed.contains("\nrun 2: `overcloud hardware register`, 1 step\n"), "{resumed}");
    assert!(!resumed.contains("hunter2"), "{resumed}");
    let kept = std::fs::read_dir(site.0.path().join("state")).unwrap().next().unwrap().unwrap();
    let request = std::fs::read_to_string(kept.path().join("lab/runs/2/request.json")).unwrap();
    assert!(request.contains("redfish_password") && !request.contains("hunter2"), "{request}");
}

#[test]
fn a_resumed_run_is_given_its_vault_password_again() {
    let site = Site::new();
    let register = ["overcloud", "hardware", "register", "--limit", "bm1"];
    let first = site.with_password("sesame", &register);
    assert!(first.starts_with("exit 4\n"), "{first}");
    insta::assert_snapshot!(site.run(&["run", "resume"]), @"
    exit 3
    error: run 1 was given secrets, which are not kept
      hint: the vault password was in KAYOBE_VAULT_PASSWORD: set it again, or give --ask-vault-pass or --vault-password-file FILE
    ");
    let resumed = site.with_password("sesame", &["run", "resume"]);
    assert!(resumed.contains("\nrun 2: "), "{resumed}");
    std::fs::write(site.0.path().join("password"), "sesame").unwrap();
    let by_file = site.run(&["run", "resume", "1", "--vault-password-file", "password"]);
    assert!(by_file.contains("\nrun 3: "), "{by_file}");
}
