//! Runs a suite: kept cases first, then random ones, made small where they fail.

use std::{
    collections::BTreeMap, fs, io::Write, os::unix::fs::PermissionsExt, sync::Mutex,
    sync::PoisonError,
};

use camino::{Utf8Path, Utf8PathBuf};
use proptest::{
    strategy::BoxedStrategy,
    test_runner::{Config, RngAlgorithm, RngSeed, TestCaseError, TestError, TestRunner},
};
use serde_json::Value;
use ymir::settings::Environment;

use crate::{
    compare,
    oracle::{self, Oracle, Outcome},
    seed,
};

/// Texts by name; those whose names begin with `site/` are files, and programs if they begin with `#!`.
pub(crate) type Case = BTreeMap<String, String>;

/// One kind of configuration that Ymir and Ansible are compared on.
pub(crate) struct Suite {
    /// Names its folder of kept cases and the oracle's function.
    pub(crate) name: &'static str,
    /// How many random cases a run has.
    pub(crate) cases: u32,
    /// Where differences are still known: a seed whose cases have none, instead of that of the code.
    pub(crate) seed: Option<u64>,
    pub(crate) strategy: fn() -> BoxedStrategy<Case>,
    /// What the oracle is asked about a case whose files are in the directory.
    pub(crate) question: fn(&Case, &Utf8Path) -> Value,
    /// What Ymir makes of the case, and of what the oracle has made of it.
    pub(crate) ours: fn(&Case, &Utf8Path, &Outcome) -> Outcome,
}

/// What a run is to be.
struct Settings {
    seed: u64,
    cases: u32,
    /// Whether it goes on after a difference.
    all: bool,
}

impl Settings {
    fn of(suite: &Suite) -> Self {
        let environment = Environment::of_this_process();
        let cases = environment.get("YMIR_DIFFERENTIAL_CASES");
        let seed = match environment.get("YMIR_DIFFERENTIAL_SEED") {
            Some("fresh") => seed::fresh(),
            Some(number) => number.parse().expect("a number or `fresh`"),
            None => suite.seed.unwrap_or_else(seed::of_the_code),
        };
        Self {
            seed,
            cases: cases.map_or(suite.cases, |cases| cases.parse().expect("a number")),
            all: environment.get("YMIR_DIFFERENTIAL_ALL").is_some(),
        }
    }
}

/// Tells how a run goes on. Not `println!`: the test harness would swallow it.
fn say(words: &str) {
    std::io::stderr().write_all(words.as_bytes()).unwrap();
}

impl Suite {
    /// Compares on all cases; a difference is a failed test.
    pub(crate) fn run(&self) {
        let Some(oracle) = Oracle::start() else { return };
        let oracle = Mutex::new(oracle);
        let differs = |case: &Case| {
            // A case in which Ymir panics is no reason to lose the next one.
            let mut oracle = oracle.lock().unwrap_or_else(PoisonError::into_inner);
            self.difference(&mut oracle, case)
        };
        let kept = self.kept();
        let failed = kept.iter().filter_map(|(path, case)| Some((path, differs(case)?)));
        let failed: Vec<String> =
            failed.map(|(path, difference)| format!("{path}: {difference}")).collect();
        assert!(failed.is_empty(), "kept cases differ:\n{}", failed.join("\n"));

        let Settings { seed, cases, all } = Settings::of(self);
        let said = format!(
            "differential {}: {} kept and {cases} random cases, seed {seed}\n",
            self.name,
            kept.len()
        );
        say(&said);
        let config = Config {
            cases,
            max_shrink_iters: 2000,
            failure_persistence: None,
            rng_algorithm: RngAlgorithm::ChaCha,
            rng_seed: RngSeed::Fixed(seed),
            ..Config::default()
        };
        let found = Mutex::new(0_u32);
        let outcome = TestRunner::new(config).run(&(self.strategy)(), |case| {
            match differs(&case) {
                Some(difference) if all => {
                    *found.lock().unwrap() += 1;
                    say(&format!("{difference}\n{case:#?}\n"));
                }
                Some(difference) => return Err(TestCaseError::fail(difference)),
                None => {}
            }
            Ok(())
        });
        let found = found.into_inner().unwrap();
        assert!(found == 0, "seed {seed}: {found} differences, told above");
        match outcome {
            Ok(()) => {}
            Err(TestError::Fail(reason, case)) => self.tell(seed, &case, reason.message()),
            Err(error) => panic!("{error}"),
        }
    }

    fn difference(&self, oracle: &mut Oracle, case: &Case) -> Option<String> {
        let dir = tempfile::tempdir().unwrap();
        let dir = Utf8Path::from_path(dir.path()).unwrap();
        for (name, text) in case.iter().filter(|(name, _)| name.starts_with("site/")) {
            let path = dir.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
            if text.starts_with("#!") {
                fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
            }
        }
        let mut question = (self.question)(case, dir);
        question["suite"] = self.name.into();
        let theirs = oracle.ask(&question)?;
        let ours = (self.ours)(case, dir, &oracle::outcome(&theirs));
        compare::difference(&theirs, &ours)
    }

    /// The kept cases, sorted by name.
    fn kept(&self) -> Vec<(Utf8PathBuf, Case)> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/differential/kept");
        let folder = Utf8Path::new(folder).join(self.name);
        let entries = folder.read_dir_utf8().into_iter().flatten();
        let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().into_path()).collect();
        paths.sort();
        let read = |path: Utf8PathBuf| {
            let case = serde_json::from_str(&fs::read_to_string(&path).unwrap());
            (path.clone(), case.unwrap_or_else(|error| panic!("{path}: {error}")))
        };
        paths.into_iter().map(read).collect()
    }

    /// Writes the smallest failing case where it can be taken from, and fails.
    fn tell(&self, seed: u64, case: &Case, difference: &str) -> ! {
        let folder =
            Utf8Path::new(env!("CARGO_TARGET_TMPDIR")).join("differential").join(self.name);
        let path = folder.join(format!("{seed}.json"));
        let text = serde_json::to_string_pretty(case).unwrap() + "\n";
        fs::create_dir_all(&folder).unwrap();
        fs::write(&path, &text).unwrap();
        panic!(
            "seed {seed}: {difference}\n{text}it is in {path}; to keep it as a regression test, give it a \
             name in tests/differential/kept/{}",
            self.name
        );
    }
}
