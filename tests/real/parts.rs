//! Parts of a test that run in order, each on what the one before left; the first that fails is the last.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    process::ExitCode,
    time::Instant,
};

/// A part's name, and what it does to the lab, which one of the parts brings up.
pub(crate) type Part<Lab> = (&'static str, fn(&mut Option<Lab>));

/// Runs them.
pub(crate) fn all<Lab>(suite: &str, parts: &[Part<Lab>]) -> ExitCode {
    let began = Instant::now();
    let mut lab = None;
    let passes = |(name, part): &&Part<Lab>| passes(suite, name, || part(&mut lab));
    let passed = parts.iter().take_while(passes).count();
    drop(lab);
    let failed = usize::from(passed < parts.len());
    let not_run = parts.len() - passed - failed;
    println!("{suite} took {:.1} minutes", minutes(began));
    println!("\ntest result: {passed} passed; {failed} failed; {not_run} not run");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Runs one, and says how it went.
pub(crate) fn passes(suite: &str, name: &str, part: impl FnOnce()) -> bool {
    let began = Instant::now();
    println!("part {name} begins");
    let passed = catch_unwind(AssertUnwindSafe(part)).is_ok();
    let word = if passed { "ok" } else { "FAILED" };
    println!("test {suite}::{name} ... {word} ({:.1} minutes)", minutes(began));
    passed
}

fn minutes(began: Instant) -> f64 {
    began.elapsed().as_secs_f64() / 60.0
}
