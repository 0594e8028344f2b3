use std::time::Duration;

use super::*;

#[test]
fn the_shown_command_line_holds_no_secret() {
    let run = Run::new("ansible-playbook").args(["-e", "@vars.yml", "-e", "password=hunter2"]);
    assert_eq!(run.line(), "ansible-playbook -e @vars.yml -e ******");
    let table = [
        ("Proxy \"http://me:pw@proxy:3128\";", "Proxy \"http://******@proxy:3128\";"),
        ("https://host/a@b", "https://host/a@b"),
        ("debian@172.22.0.11", "debian@172.22.0.11"),
    ];
    for (word, shown) in table {
        assert_eq!(without_login(word), shown);
    }
}

#[tokio::test]
async fn what_is_hidden_is_shown_as_stars() {
    let dir = tempfile::tempdir().unwrap();
    let log = Utf8Path::from_path(dir.path()).unwrap().join("log");
    let run = Run::new("sh").args(["-c", "echo to hunter2; echo hunter2 >&2; exit 1"]).log(&log);
    let mut seen = Vec::new();
    let secrets = ["hunter2", ""].map(Secret::new);
    let output = run.hide(secrets).stream(|line| seen.push(line.to_owned())).await.unwrap();
    assert_eq!(output.stdout, format!("to {MASK}\n"));
    assert_eq!(output.stderr, format!("{MASK}\n"));
    assert_eq!(seen.len(), 2);
    let kept = std::fs::read_to_string(log).unwrap() + &seen.concat();
    assert!(!kept.contains("hunter2"), "{kept}");
}

/// Process group and session of a process, from `/proc/PID/stat`.
fn group_of(pid: &str) -> Option<(String, String)> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<&str> = stat.rsplit(')').next()?.split_whitespace().collect();
    (fields[0] != "Z").then(|| (fields[2].to_owned(), fields[3].to_owned()))
}

/// Starts a command that has a child, gives it up while it runs, and gives the numbers of both and their groups.
async fn given_up(run: Run) -> Vec<(String, (String, String))> {
    let run = run.args(["-c", "sleep 600 & echo $$ $!; wait"]);
    let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
    let work = run.stream(move |line| sender.send(line.to_owned()).unwrap());
    let mut work = Box::pin(work);
    let pids = tokio::select! {
        _ = &mut work => panic!("it has ended"),
        line = receiver.recv() => line.unwrap(),
    };
    pids.split(' ').map(|pid| (pid.to_owned(), group_of(pid).unwrap_or_default())).collect()
}

/// Waits until they have ended; the bound only ends a test that would hang.
async fn all_ended(family: &[(String, (String, String))]) {
    let ended = async {
        while family.iter().any(|(pid, _)| group_of(pid).is_some()) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_mins(1), ended).await.unwrap();
}

#[tokio::test]
async fn a_command_that_is_given_up_ends_with_all_it_started() {
    let own = group_of("self").unwrap();
    for (run, has_session) in [(Run::new("sh"), false), (Run::new("sh").without_terminal(), true)] {
        let family = given_up(run).await;
        all_ended(&family).await;
        let leader = &family[0].0;
        for (_, (group, session)) in &family {
            assert_eq!((group, session == &own.1), (leader, !has_session), "{family:?}");
        }
    }
}
