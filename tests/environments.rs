//! `ymir environment create` and `ymir configuration diff`: the real binary on copies of small sites.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests start the binary themselves"
)]

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

/// A copy of the site `tests/sites/kayobe`.
struct Site(TempDir);

impl Site {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let from = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/sites/kayobe");
        copy(&from, &dir.path().join("site"));
        Self(dir)
    }

    fn path(&self, file: &str) -> PathBuf {
        self.0.path().join("site").join(file)
    }

    fn write(&self, file: &str, text: &str) {
        fs::create_dir_all(self.path(file).parent().unwrap()).unwrap();
        fs::write(self.path(file), text).unwrap();
    }

    fn git(&self, args: &[&str]) {
        let output = Command::new("git")
            .args(["-c", "user.name=x", "-c", "user.email=x@example.org"])
            .args(["-c", "protocol.file.allow=always", "-C"])
            .arg(self.path(""))
            .args(args)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// Exit code, standard output and standard error.
    fn ymir(&self, args: &[&str]) -> String {
        self.ymir_with("sesame", args)
    }

    /// The same with another vault password.
    fn ymir_with(&self, password: &str, args: &[&str]) -> String {
        let output = Command::new(env!("CARGO_BIN_EXE_ymir"))
            .args(args)
            .arg("--config-path")
            .arg(self.path(""))
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("KAYOBE_VAULT_PASSWORD", password)
            .env("HOME", self.0.path())
            .output()
            .unwrap();
        let site = self.path("");
        let site = site.to_str().unwrap().trim_end_matches('/');
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(site, "SITE");
        let code = output.status.code().unwrap();
        format!("exit: {code}\n{}{}", text(&output.stdout), text(&output.stderr))
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

#[test]
fn an_environment_is_made_empty_or_as_a_copy() {
    let site = Site::new();
    insta::assert_snapshot!(site.ymir(&["environment", "create", "--environment", "staging"]), @"
    exit: 0
    made environments/staging, empty
    ");
    assert!(site.path("environments/staging").is_dir());
    symlink("../mixin/globals.yml", site.path("environments/production/shared.yml")).unwrap();
    let source = site.path("environments/production");
    let args = ["--source-config-path", source.to_str().unwrap()];
    let create = |name, more: &[&str]| {
        site.ymir(&[&["environment", "create", "--environment", name], &args[..], more].concat())
    };
    insta::assert_snapshot!(create("second", &["--check"]), @"
    exit: 0
    would make environments/second with
      .kayobe-environment
      globals.yml
      inventory
      inventory/group_vars
      inventory/group_vars/controllers.yml
      shared.yml
    ");
    assert!(!site.path("environments/second").exists());
    create("second", &[]);
    let linked = fs::read_to_string(site.path("environments/second/shared.yml")).unwrap();
    assert!(linked.contains("mixed_in"), "the copied link leads where it led: {linked}");
    let left: Vec<_> = fs::read_dir(site.path("environments")).unwrap().collect();
    assert_eq!(left.len(), 4, "nothing is left lying around: {left:?}");
}

#[test]
fn the_whole_configuration_is_copied_without_its_environments() {
    let site = Site::new();
    let root = site.path("");
    let args = ["environment", "create", "--environment", "all", "--source-config-path"];
    site.ymir(&[&args[..], &[root.to_str().unwrap()]].concat());
    assert!(site.path("environments/all/globals.yml").is_file());
    assert!(!site.path("environments/all/environments").exists());
}

#[test]
fn environments_that_cannot_be_are_refused() {
    let site = Site::new();
    let create = |name| site.ymir(&["environment", "create", "--environment", name]);
    insta::assert_snapshot!(create("production"), @"
    exit: 3
    error: making the environment `production`
      because: there is already SITE/environments/production
      hint: choose another name, or remove what is there
    ");
    insta::assert_snapshot!(create("kayobe"), @"
    exit: 3
    error: making the environment `kayobe`
      because: the name `kayobe` is reserved
    ");
    insta::assert_snapshot!(create("../up"), @"
    exit: 3
    error: making the environment `../up`
      because: this cannot be the name of an environment
      hint: use letters, digits, `-` and `_`
    ");
    insta::assert_snapshot!(site.ymir(&["environment", "create"]), @"
    exit: 2
    error: the new environment has no name
      hint: give --environment NAME
    ");
}

#[test]
fn two_environments_are_compared_host_by_host() {
    let site = Site::new();
    site.write("environments/other/globals.yml", "site_name: other\nmixed_in: no\n");
    site.write("environments/other/inventory/hosts", "[compute]\ncmp9\n");
    let args = ["configuration", "diff", "production", "other", "--detailed-exitcode"];
    insta::assert_snapshot!(site.ymir(&args), @r#"
    exit: 5
    --- production
    +++ other

    only in other: cmp9

    mixed_in
      - true
      + false
      set by environments/mixin/globals.yml:2:11 → environments/other/globals.yml:2:11
      on all 4 hosts

    part
      - "productive controller"
      + "controller"
      set by environments/production/inventory/group_vars/controllers.yml:1:7 → inventory/group_vars/controllers/part.yml:1:7
      on ctl2

    site_name
      - "production"
      + "other"
      set by environments/production/globals.yml:1:12 → environments/other/globals.yml:1:12
      on all 4 hosts

    Written the same on both sides, these follow from other changes:

    etc_hosts_hosts
      - ["ctl1","ctl2","cmp1"]
      + ["ctl1","ctl2","cmp1","cmp9"]
      set by built-in 2026.2/group_vars/overcloud.yml:3:18
      on ctl1, ctl2, cmp1

    motd
      - "production runs cmp1"
      + "other runs cmp1"
      set by globals.yml:3:7
      on cmp1

    motd
      - "production runs ctl1"
      + "other runs ctl1"
      set by globals.yml:3:7
      on ctl1

    motd
      - "production runs ctl2"
      + "other runs ctl2"
      set by globals.yml:3:7
      on ctl2

    motd
      - "production runs localhost"
      + "other runs localhost"
      set by globals.yml:3:7
      on localhost
    "#);
    let args = ["configuration", "diff", "production", "production", "--detailed-exitcode"];
    insta::assert_snapshot!(site.ymir(&args), @"
    exit: 0
    production and production: no differences
    ");
}

/// A git repository with one file of variables.
fn submodule(dir: &Path) {
    fs::write(dir.join("shared.yml"), "from_submodule: old\n").unwrap();
    let commit = ["-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "-qm", "x"];
    for args in [&["init", "-q"][..], &["add", "-A"], &commit] {
        let output = Command::new("git").arg("-C").arg(dir).args(args).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn a_commit_is_shown_by_what_it_changes_and_secrets_stay_secret() {
    let site = Site::new();
    let shared = tempfile::tempdir().unwrap();
    submodule(shared.path());
    site.git(&["init", "-q"]);
    site.git(&["submodule", "add", "-q", shared.path().to_str().unwrap(), "shared"]);
    symlink("shared/shared.yml", site.path("linked.yml")).unwrap();
    site.git(&["add", "-A"]);
    site.git(&["commit", "-qm", "first"]);
    site.write("shared/shared.yml", "from_submodule: new\n");
    site.write("globals.yml", "site_name: base\nmotd: \"{{ kayobe_config_path }}\"\n");
    let secrets = fs::read_to_string(site.path("secrets.yml")).unwrap();
    site.write("secrets.yml", &secrets.replace("user:", "person:"));
    let args = ["configuration", "diff", "--since", "HEAD", "--host", "ctl1"];
    insta::assert_snapshot!(site.ymir(&args), @r#"
    exit: 0
    --- HEAD
    +++ now

    first_link
      - (cannot be evaluated: 'no_such_name' is undefined: needed through `first_link` → `second_link`)
      + (not set)
      set by globals.yml:5:13 → nothing
      on ctl1

    from_submodule
      - "old"
      + "new"
      set by linked.yml:1:17
      on ctl1

    made_from_it
      changed; it is secret
      set by secrets.yml:9:15
      on ctl1

    motd
      - "base runs ctl1"
      + "SITE/"
      set by globals.yml:3:7 → globals.yml:2:7
      on ctl1

    second_link
      - (cannot be evaluated: 'no_such_name' is undefined)
      + (not set)
      set by globals.yml:6:14 → nothing
      on ctl1
    "#);
    let args = ["configuration", "diff", "--since", "no-such"];
    insta::assert_snapshot!(site.ymir(&args), @"
    exit: 3
    error: reading SITE/ as it was at `no-such`
      because: SITE has no revision `no-such`
      hint: `git log --oneline` shows the revisions that there are
    ");
    insta::assert_snapshot!(site.ymir(&["configuration", "diff"]), @"
    exit: 2
    error: it is not said what to compare
      hint: give two environments, or one to compare it with the base, or --since REVISION
    ");
}

#[test]
fn an_inventory_that_is_named_is_the_one_of_the_revision() {
    let site = Site::new();
    site.write("other/hosts", "[compute]\nnew1\n");
    for args in [&["init", "-q"][..], &["add", "-A"], &["commit", "-qm", "first"]] {
        site.git(args);
    }
    site.write("other/hosts", "[compute]\nnew2\n");
    let diff = ["configuration", "diff", "--since", "HEAD"];
    let inside = site.path("other/hosts");
    let said = site.ymir(&[&diff[..], &["-i", inside.to_str().unwrap()]].concat());
    assert!(said.contains("new1") && said.contains("new2"), "{said}");
    // One that is none of the repository's is the same on both sides.
    let outside = site.0.path().join("hosts");
    fs::write(&outside, "[compute]\nnew1\n").unwrap();
    let said = site.ymir(&[&diff[..], &["-i", outside.to_str().unwrap()]].concat());
    assert!(said.contains("HEAD and now: no differences"), "{said}");
}

#[test]
fn a_comparison_is_data_for_programs() {
    let site = Site::new();
    let args = ["configuration", "diff", "production", "--var-name", "site_name"];
    let more = ["--limit", "compute", "--output", "json"];
    insta::assert_snapshot!(site.ymir(&[&args[..], &more].concat()), @r#"
    exit: 0
    {
        "after": "production",
        "before": "the base",
        "changes": [
            {
                "follows": false,
                "hosts": [
                    "cmp1"
                ],
                "parts": [
                    {
                        "after": {
                            "value": "production"
                        },
                        "before": {
                            "value": "base"
                        },
                        "path": []
                    }
                ],
                "secret": false,
                "set_by": {
                    "after": {
                        "column": 12,
                        "file": "environments/production/globals.yml",
                        "line": 1
                    },
                    "before": {
                        "column": 12,
                        "file": "globals.yml",
                        "line": 2
                    }
                },
                "variable": "site_name"
            }
        ],
        "files": [],
        "not_opened": [],
        "only_after": [],
        "only_before": []
    }
    "#);
}

#[test]
fn what_is_secret_by_its_type_is_not_shown() {
    let site = Site::new();
    site.write("environments/other/globals.yml", "ipmi_password: hunter2\n");
    let text = site.ymir(&["configuration", "diff", "other"]);
    assert!(text.contains("ipmi_password\n  changed; it is secret"), "{text}");
    assert!(!text.contains("hunter2"), "{text}");
}

#[test]
fn what_nothing_sets_is_not_compared() {
    let site = Site::new();
    let args = ["configuration", "diff", "production", "--var-name", "site_nmae"];
    insta::assert_snapshot!(site.ymir(&args), @"
    exit: 3
    error: looking up the variable `site_nmae` of ctl1
      because: nothing sets it
      hint: did you mean `site_name`?
    ");
}

#[test]
fn environments_are_named_where_none_is_chosen() {
    let site = Site::new();
    site.write("inventory/hosts", "[compute]\n");
    insta::assert_snapshot!(site.ymir(&["overcloud", "provision", "--check"]), @"
    exit: 3
    error: the site has no overcloud hosts
      because: no environment is chosen; the site has mixin, production
      hint: give --environment mixin, or set YMIR_ENVIRONMENT=mixin
      hint: put them into a group below `overcloud`, such as `controllers`, in the environment's inventory/hosts
    ");
    let args = ["configuration", "dump", "--hosts", "ctl1"];
    insta::assert_snapshot!(site.ymir(&args), @"
    exit: 3
    error: selecting hosts by `ctl1`
      because: the pattern matches no host of this environment
      because: no environment is chosen; the site has mixin, production
       --> --hosts:1:1
        |
      1 | ctl1
        | ^ here
      hint: `ymir configuration dump --var-name group_names` lists every host with its groups
      hint: give --environment mixin, or set YMIR_ENVIRONMENT=mixin
    ");
}

#[test]
fn a_comparison_is_limited_to_hosts_of_either_side() {
    let site = Site::new();
    site.write("environments/other/inventory/hosts", "[compute]\ncmp9\n");
    let diff = |more: &[&str]| {
        let args = ["configuration", "diff", "production", "other", "--var-name", "site_name"];
        site.ymir(&[&args[..], more].concat())
    };
    insta::assert_snapshot!(diff(&["--limit", "cmp9"]), @"
    exit: 0
    --- production
    +++ other

    only in other: cmp9
    ");
    insta::assert_snapshot!(diff(&["--limit", "cmp9,cpm1,ctl1"]), @r#"
    exit: 0
    --- production
    +++ other

    only in other: cmp9

    site_name
      - "production"
      + "base"
      set by environments/production/globals.yml:1:12 → globals.yml:2:12
      on ctl1
    warning: `cpm1` of --limit matches no host; did you mean `cmp1`?
    "#);
    insta::assert_snapshot!(diff(&["--limit", "cmp8"]), @"
    exit: 3
    error: selecting hosts by `cmp8`
      because: the pattern matches no host of this environment
       --> --limit:1:1
        |
      1 | cmp8
        | ^ here
      hint: did you mean `cmp1`?
    ");
    insta::assert_snapshot!(diff(&["--host", "ctl1", "--limit", "compute"]), @"
    exit: 3
    error: --host and --limit leave no host to compare
    ");
}

#[test]
fn a_vault_that_is_not_opened_is_compared_as_it_is_written() {
    let site = Site::new();
    site.git(&["init", "-q"]);
    site.git(&["add", "-A"]);
    site.git(&["commit", "-qm", "first"]);
    let secrets = fs::read_to_string(site.path("secrets.yml")).unwrap();
    site.write("secrets.yml", &format!("# A line above it.\n{secrets}"));
    let args = ["configuration", "diff", "--since", "HEAD", "--detailed-exitcode"];
    insta::assert_snapshot!(site.ymir_with("not sesame", &args), @"
    exit: 0
    HEAD and now: no differences
    3 variables need a vault that was not opened, compared as written: give the vault password to compare what is in it
    ");
    let encrypted = secrets.lines().find(|line| line.trim().len() > 40).unwrap();
    let last = encrypted.chars().last().unwrap();
    let other = if last == '0' { '1' } else { '0' };
    let changed = format!("{}{other}", &encrypted[..encrypted.len() - 1]);
    site.write("secrets.yml", &secrets.replace(encrypted, &changed));
    insta::assert_snapshot!(site.ymir_with("not sesame", &args), @"
    exit: 5
    --- HEAD
    +++ now

    pass_word
      changed; it is secret
      cannot be evaluated on either side: opening the vault text at secrets.yml: the vault password is wrong
      set by secrets.yml:2:12
      on all 4 hosts

    2 variables need a vault that was not opened, compared as written: give the vault password to compare what is in it
    ");
}

/// A site whose files for Kolla were changed since the last commit: one other, one faulty, one gone.
fn with_other_files_for_kolla() -> Site {
    let site = Site::new();
    site.git(&["init", "-q"]);
    site.write("kolla/globals.yml", "own: \"{{ site_name }}\"\n");
    site.write("kolla/config/nova.conf", "[DEFAULT]\nname = {{ site_name }}\n");
    site.write("kolla/config/glance.conf", "[DEFAULT]\nname = {{ my_secret | default('x') }}\n");
    site.git(&["add", "-A"]);
    site.git(&["commit", "-qm", "first"]);
    site.write("kolla/globals.yml", "own: \"{{ site_name }}!\"\n");
    site.write("kolla/config/nova.conf", "[DEFAULT]\nname = {{ no_such }}\n");
    fs::remove_file(site.path("kolla/config/glance.conf")).unwrap();
    site
}

#[test]
fn what_kolla_gets_is_compared_as_it_comes_out() {
    let site = with_other_files_for_kolla();
    let args = ["configuration", "diff", "--since", "HEAD"];
    insta::assert_snapshot!(site.ymir(&args), @"
    exit: 0
    --- HEAD
    +++ now

    Files for Kolla, merged:

    config/glance.conf
        - [DEFAULT]
        - name = x

    config/nova.conf
      HEAD: can be made
      now: cannot be made: 'no_such' is undefined

    globals.yml
        - own: base
        + own: base!
    ");
}

#[test]
fn what_kolla_gets_is_compared_for_programs_and_not_for_single_hosts() {
    let site = with_other_files_for_kolla();
    let args = ["configuration", "diff", "--since", "HEAD"];
    insta::assert_snapshot!(site.ymir(&[&args[..], &["--output", "json"]].concat()), @r#"
    exit: 0
    {
        "after": "now",
        "before": "HEAD",
        "changes": [],
        "files": [
            {
                "change": "changed",
                "lines": [
                    "- [DEFAULT]",
                    "- name = x"
                ],
                "path": "config/glance.conf"
            },
            {
                "change": "faulty",
                "errors": {
                    "after": "'no_such' is undefined",
                    "before": null
                },
                "lines": [],
                "path": "config/nova.conf"
            },
            {
                "change": "changed",
                "lines": [
                    "- own: base",
                    "+ own: base!"
                ],
                "path": "globals.yml"
            }
        ],
        "not_opened": [],
        "only_after": [],
        "only_before": []
    }
    "#);
    insta::assert_snapshot!(site.ymir(&[&args[..], &["--host", "ctl1"]].concat()), @"
    exit: 0
    HEAD and now: no differences
    ");
}

#[test]
fn an_environment_that_an_earlier_revision_does_not_have() {
    let site = Site::new();
    site.git(&["init", "-q"]);
    site.git(&["add", "-A"]);
    site.git(&["commit", "-qm", "first"]);
    fs::create_dir_all(site.path("environments/young/inventory")).unwrap();
    let args = ["configuration", "diff", "young", "--since", "HEAD"];
    insta::assert_snapshot!(site.ymir(&args), @"
    exit: 3
    error: reading the site as it was at `HEAD`
      because: opening the environment `young`
      because: there is no directory environments/young
      hint: known environments: mixin, production
      hint: an environment that is not committed yet can be compared with another: `ymir configuration diff OTHER NEW`
    ");
}

#[test]
fn a_refusal_is_data_where_data_is_asked_for() {
    let site = Site::new();
    let args = ["configuration", "dump", "--environment", "nope", "--output"];
    insta::assert_snapshot!(site.ymir(&[&args[..], &["json"]].concat()), @r#"
    exit: 3
    {"trouble":{"kind":"refused","what":"opening the environment `nope`","causes":["there is no directory environments/nope"],"hints":["known environments: mixin, production"]}}
    error: opening the environment `nope`
      because: there is no directory environments/nope
      hint: known environments: mixin, production
    "#);
    insta::assert_snapshot!(site.ymir(&[&args[..], &["yaml"]].concat()), @"
    exit: 3
    trouble:
      kind: refused
      what: opening the environment `nope`
      causes:
      - there is no directory environments/nope
      hints:
      - 'known environments: mixin, production'
    error: opening the environment `nope`
      because: there is no directory environments/nope
      hint: known environments: mixin, production
    ");
}

#[test]
fn commands_of_kayobe_that_ymir_does_not_have_yet() {
    let site = Site::new();
    insta::assert_snapshot!(site.ymir(&["playbook", "run", "x.yml"]), @"
    exit: 2
    error: `playbook run` is not in Ymir yet
      hint: go on with `kayobe playbook run`; both work on the same configuration
    ");
    insta::assert_snapshot!(site.ymir(&["--diff", "kolla", "ansible", "run", "deploy"]), @"
    exit: 2
    error: `kolla ansible run` is not in Ymir yet
      hint: go on with `kayobe kolla ansible run`; both work on the same configuration
    ");
}

#[test]
fn files_for_kolla_that_cannot_be_made_are_told() {
    let site = Site::new();
    site.write("kolla/config/nova.conf", "[DEFAULT]\nname = {{ no_such }}\n");
    site.write("kolla/config/glance.conf", "[DEFAULT]\nname = {{ ansible_facts.nodename }}\n");
    let told = site.ymir(&["configuration", "validate", "--environment", "production"]);
    let notes: Vec<_> = told.split("\n\n").filter(|note| note.contains("[merged]")).collect();
    insta::assert_snapshot!(notes.join("\n\n"), @"
    error[merged]: localhost: rendering kolla/config/nova.conf: 'no_such' is undefined
       --> kolla/config/nova.conf:2:11
        |
      1 | [DEFAULT]
      2 | name = {{ no_such }}
        |           ^ here
    ");
}
