//! What lookups and executable inventories may ask of the outside, injected so that tests stay pure.

use std::fmt::Debug;

use crate::trouble::{Result, Tell};

/// The outside, as far as evaluating variables needs it.
pub trait World: Debug + Send + Sync {
    /// An environment variable.
    fn env(&self, name: &str) -> Option<String>;
    /// A file's bytes; `Ok(None)` if there is none.
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>>;
    /// Paths that match a shell pattern, sorted.
    fn glob(&self, pattern: &str) -> Result<Vec<String>>;
    /// Runs a shell command and gives its exit code, standard output and standard error.
    fn shell(&self, command: &str) -> Result<(i32, String, String)>;
}

/// The real machine, with the environment variables it was given.
#[derive(Debug)]
pub struct Machine {
    environment: crate::settings::Environment,
}

impl Machine {
    pub fn new(environment: crate::settings::Environment) -> Self {
        Self { environment }
    }
}

impl World for Machine {
    fn env(&self, name: &str) -> Option<String> {
        self.environment.0.get(name).cloned()
    }

    fn read(&self, path: &str) -> Result<Option<Vec<u8>>> {
        match std::fs::read(path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).or_refused(|| format!("reading {path}")),
        }
    }

    fn glob(&self, _pattern: &str) -> Result<Vec<String>> {
        Ok(Vec::new())
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "drivers::process is above this layer; lookups run on this machine only"
    )]
    fn shell(&self, command: &str) -> Result<(i32, String, String)> {
        let run = std::process::Command::new("/bin/sh").arg("-c").arg(command).output();
        let output = run.or_refused(|| format!("running `{command}` for a lookup"))?;
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Ok((output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr)))
    }
}
