//! `ymir run list | show | resume` over kept runs of which some are damaged.
#![expect(clippy::unwrap_used, reason = "test")]
#![expect(clippy::disallowed_methods, reason = "tests start the binary themselves")]

use std::{
    fs,
    path::PathBuf,
    process::{Command, Output},
};

const STARTED: &str = "{\"at\":\"2026-11-22T14:00:00Z\",\"event\":\"run_started\",\"schema\":1,\"run\":1,\
     \"command\":\"overcloud provision\",\"mode\":\"apply\",\"plan\":\"sha256:9f2c\",\"steps\":1}\n";
const FINISHED: &str = "{\"at\":\"2026-11-22T14:10:00Z\",\"event\":\"run_finished\",\"run\":1,\
     \"changed\":[],\"unchanged\":[\"bm1\"],\"failed\":[\"bm2\"],\"stopped\":[]}\n";

const ABORTED: &str = "{\"at\":\"2026-11-22T14:10:00Z\",\"event\":\"run_aborted\",\"run\":1}\n";

/// A site with these kept runs: number, file, content.
struct Site {
    _dir: tempfile::TempDir,
    path: PathBuf,
}

impl Site {
    fn new(runs: &[(u64, &str, &[u8])]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().canonicalize().unwrap();
        let inventory = path.join("environments/common/inventory");
        fs::create_dir_all(&inventory).unwrap();
        fs::write(inventory.join("hosts"), "localhost\n").unwrap();
        let site = Self { _dir: dir, path };
        for (run, file, text) in runs {
            let kept = site.store().join("runs").join(run.to_string());
            fs::create_dir_all(&kept).unwrap();
            if !file.is_empty() {
                fs::write(kept.join(file), text).unwrap();
            }
        }
        site
    }

    /// Where the runs of the base are kept.
    fn store(&self) -> PathBuf {
        let site = camino::Utf8Path::from_path(&self.path).unwrap();
        let state = site.join("state");
        ymir::run::store::Store::of(&state, site, None).dir().to_owned().into()
    }

    fn ymir(&self, args: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ymir"));
        command.args(args).arg("--config-path").arg(&self.path).current_dir(&self.path);
        for name in ["YMIR_ENVIRONMENT", "KAYOBE_ENVIRONMENT", "TERM"] {
            command.env_remove(name);
        }
        command.env("YMIR_STATE_DIR", self.path.join("state")).output().unwrap()
    }

    fn told(&self, args: &[&str]) -> String {
        let output = self.ymir(args);
        let runs = self.store().join("runs");
        let text =
            |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(runs.to_str().unwrap(), "/runs");
        let code = output.status.code().unwrap();
        format!("exit: {code}\n{}{}", text(&output.stdout), text(&output.stderr))
    }
}

const REQUEST: &str = "{\"args\":[\"overcloud\",\"provision\"],\"dir\":\"/\",\"config_path\":\"/nowhere\",\
     \"environment\":null,\"given\":\"2026-11-22T14:00:00Z\"}";

#[test]
fn a_damaged_journal_hides_no_other_run() {
    let whole = [STARTED, FINISHED].concat();
    let site = Site::new(&[
        (1, "events.jsonl", whole.as_bytes()),
        (2, "events.jsonl", b"{\"at\":\nnonsense\n"),
        (3, "events.jsonl", b"\xff\xfe\n"),
        (4, "", b""),
        (5, "events.jsonl", STARTED.as_bytes()),
    ]);
    insta::assert_snapshot!(site.told(&["run", "list"]), @r#"
    exit: 0
       1  2026-11-22T14:00:00Z  1 failed, 0 stopped       overcloud provision
       2                        damaged                   reading the journal /runs/2/events.jsonl: line 1 is damaged: EOF while parsing a value at line 1 column 6
       3                        damaged                   reading the journal /runs/3/events.jsonl: line 1 is damaged: expected value at line 1 column 1
       4                        killed                    (killed before it began)
       5  2026-11-22T14:00:00Z  killed                    overcloud provision
    "#);
    let json = site.ymir(&["run", "list", "--output", "json"]);
    let rows: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    let states: Vec<_> = rows.as_array().unwrap().iter().map(|row| &row["state"]).collect();
    assert_eq!(states, ["unfinished", "damaged", "damaged", "killed", "killed"]);
    assert_eq!(rows[0]["failed"], serde_json::json!(["bm2"]));
    assert_eq!(rows[0]["began"], "2026-11-22T14:00:00Z");
    assert_eq!(rows[1]["trouble"]["kind"], "refused");
    assert_eq!(rows[3]["command"], serde_json::Value::Null);
    let show = site.ymir(&["run", "show", "1", "--output", "json"]);
    let shown: serde_json::Value = serde_json::from_slice(&show.stdout).unwrap();
    assert_eq!((&shown["run"], &shown["events"][1]["event"]), (&1.into(), &"run_finished".into()));
}

#[test]
fn a_run_that_was_aborted_was_not_killed() {
    let text = [STARTED, ABORTED].concat();
    let site = Site::new(&[(1, "events.jsonl", text.as_bytes())]);
    insta::assert_snapshot!(site.told(&["run", "list"]), @"
    exit: 0
       1  2026-11-22T14:00:00Z  interrupted               overcloud provision
    ");
    insta::assert_snapshot!(site.told(&["run", "show"]), @"
    exit: 0
    run 1: `overcloud provision`, 1 step
    the run was interrupted; continue with `ymir run resume 1`
    ");
    let json = site.ymir(&["run", "list", "--output", "json"]);
    let rows: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(rows[0]["state"], "interrupted");
}

#[test]
fn an_empty_run_folder_is_refused_with_the_way_on() {
    let site = Site::new(&[(1, "", b"")]);
    insta::assert_snapshot!(site.told(&["run", "show"]), @r#"
    exit: 3
    error: reading what run 1 was asked for in /runs/1/request.json
      because: No such file or directory (os error 2)
      hint: give the command itself again, it takes on from what is there; /runs/1 may be deleted
    "#);
    insta::assert_snapshot!(site.told(&["run", "resume"]), @r#"
    exit: 3
    error: reading what run 1 was asked for in /runs/1/request.json
      because: No such file or directory (os error 2)
      hint: give the command itself again, it takes on from what is there; /runs/1 may be deleted
    "#);
    // A crash of the machine tore the request of an earlier Ymir.
    let half = Site::new(&[(1, "request.json", b"")]);
    insta::assert_snapshot!(half.told(&["run", "resume"]), @r#"
    exit: 3
    error: reading what run 1 was asked for in /runs/1/request.json
      because: EOF while parsing a value at line 1 column 0
      hint: give the command itself again, it takes on from what is there; /runs/1 may be deleted
    "#);
}

#[test]
fn a_damaged_run_is_refused_with_its_command() {
    let site =
        Site::new(&[(1, "events.jsonl", b"nonsense\n"), (1, "request.json", REQUEST.as_bytes())]);
    insta::assert_snapshot!(site.told(&["run", "show", "1"]), @r#"
    exit: 3
    error: reading the journal /runs/1/events.jsonl
      because: line 1 is damaged
      because: expected ident at line 1 column 2
      hint: a journal is needed for nothing but to be read: the run's folder may be deleted
    "#);
    insta::assert_snapshot!(site.told(&["run", "resume", "1"]), @r#"
    exit: 3
    error: reading the journal /runs/1/events.jsonl
      because: line 1 is damaged
      because: expected ident at line 1 column 2
      hint: a journal is needed for nothing but to be read: the run's folder may be deleted
      hint: give the command again, it takes on from there: ymir overcloud provision
    "#);
    insta::assert_snapshot!(site.told(&["run", "resume", "2"]), @r#"
    exit: 2
    error: there is no run 2 here
      hint: kept runs: 1
    "#);
}
