//! Real ansible-core as a process that answers questions.
#![expect(clippy::disallowed_methods, reason = "test")]

use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use serde_json::Value;
use ymir::settings::Environment;

/// The password of every vault in a site.
pub(crate) const PASSWORD: &str = "sesame";

pub(crate) struct Oracle {
    python: String,
    process: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// What Ansible or Ymir makes of a case; what fails says why.
pub(crate) type Outcome = Result<Value, String>;

impl Oracle {
    /// Starts it; `None` (told loudly) on a machine without Ansible.
    pub(crate) fn start() -> Option<Self> {
        let environment = Environment::of_this_process();
        let python = environment.cache_dir().join("test-ansible/bin/python");
        if !python.exists() {
            // Not `eprintln!`: the test harness would swallow it.
            let skipped =
                b"SKIPPED: no Ansible to compare with; run tests/setup-ansible\n".as_slice();
            std::io::stderr().write_all(skipped).unwrap();
            return None;
        }
        Some(Self::spawned(python.as_str()))
    }

    fn spawned(python: &str) -> Self {
        let here = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/differential");
        let plugins = concat!(env!("CARGO_MANIFEST_DIR"), "/src/drivers/ansible/plugins");
        let mut process = Command::new(python)
            .arg(format!("{here}/oracle.py"))
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", HOME)
            .env("PWD", env!("CARGO_MANIFEST_DIR"))
            .env("LC_ALL", "C.UTF-8")
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("ANSIBLE_CONFIG", format!("{here}/ansible.cfg"))
            .env("ANSIBLE_FILTER_PLUGINS", format!("{plugins}/filter_plugins"))
            .env("ANSIBLE_LOOKUP_PLUGINS", format!("{plugins}/lookup_plugins"))
            .env("ANSIBLE_TEST_PLUGINS", format!("{plugins}/test_plugins"))
            .env("KAYOBE_VAULT_PASSWORD", PASSWORD)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let questions = process.stdin.take().unwrap();
        let answers = BufReader::new(process.stdout.take().unwrap());
        Self { python: python.to_owned(), process, questions, answers }
    }

    /// What Ansible answers; `None` if nothing follows from the question, or the answer takes too long.
    pub(crate) fn ask(&mut self, question: &Value) -> Option<Value> {
        writeln!(self.questions, "{question}").unwrap();
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        if line.starts_with("Timeout (") {
            *self = Self::spawned(&self.python);
            return None;
        }
        let answer: Value = serde_json::from_str(&line)
            .unwrap_or_else(|error| panic!("{error} in the answer {line:?} to {question}"));
        answer.get("unusable").is_none().then_some(answer)
    }
}

/// An answer without the kind of its failure.
pub(crate) fn outcome(answer: &Value) -> Outcome {
    match answer["error"].as_str() {
        Some(error) => Err(error.to_owned()),
        None => Ok(answer["value"].clone()),
    }
}

impl Drop for Oracle {
    fn drop(&mut self) {
        // It ends only with its input, which is still open here, or when it has taken too long.
        let _ended = self.process.kill();
        self.process.wait().unwrap();
    }
}

/// The home directory for both sides; it does not exist.
pub(crate) const HOME: &str = "/home/operator";
