//! What a run leaves that is killed; the next run takes it over.

use std::{fs, process::Stdio, time::Duration};

use crate::{
    base,
    cgroup::Cgroup,
    enclosure,
    machines::Distribution,
    real::command::{command, wait_until},
};

pub(crate) fn a_killed_run_leaves_nothing_running() {
    base::made(Distribution::Debian);
    drop(fs::remove_file(enclosure::told()));
    let this = std::env::current_exe().unwrap();
    let mut run = command(this.to_str().unwrap(), &["1"]);
    let mut run = run.env("YMIR_HOSTS", "serve").stdin(Stdio::piped()).spawn().unwrap();
    wait_until("another run's machine", Duration::from_mins(5), || {
        assert_eq!(run.try_wait().unwrap(), None, "the other run ended");
        enclosure::told().exists()
    });
    let lab = Cgroup::of_lab(&enclosure::name());
    assert!(lab.processes().len() > 5, "a machine has more processes");
    run.kill().unwrap();
    run.wait().unwrap();
    let all_ended = || lab.processes().is_empty();
    wait_until("the end of what was started", Duration::from_mins(1), all_ended);
}
