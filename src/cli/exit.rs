//! Exit codes, and how a trouble is shown when a command ends with one.

use std::process::ExitCode;

use super::options::Format;
use crate::{
    report,
    trouble::{Kind, Result, Trouble},
};

/// How a command that did its work ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// 0: done.
    Done,
    /// 3: the configuration has faults, which were told.
    Refused,
    /// 4: some hosts failed; the run can be resumed.
    SomeFailed,
    /// 5: `--check --detailed-exitcode` found differences.
    Differences,
    /// 130: the operator stopped it.
    Interrupted,
    /// Whatever the program that is played ended with.
    Of(u8),
}

/// The exit code for an outcome; a trouble is printed to standard error, and as data where data is asked for.
pub fn code(outcome: Result<Exit>, format: Format) -> ExitCode {
    let code = match outcome {
        Ok(Exit::Done) => 0,
        Ok(Exit::Refused) => 3,
        Ok(Exit::SomeFailed) => 4,
        Ok(Exit::Differences) => 5,
        Ok(Exit::Interrupted) => 130,
        Ok(Exit::Of(code)) => code,
        Err(trouble) => {
            report::trouble::print(&trouble);
            told_as_data(&trouble, format);
            code_of(trouble.kind)
        }
    };
    ExitCode::from(code)
}

fn told_as_data(trouble: &Trouble, format: Format) {
    let told = serde_json::json!({ "trouble": trouble });
    match format {
        Format::Text => {}
        Format::Json => report::write::stdout(&format!("{told}\n")),
        Format::Yaml => {
            report::write::stdout(&serde_yaml::to_string(&told).unwrap_or_default());
        }
    }
}

fn code_of(kind: Kind) -> u8 {
    match kind {
        Kind::Internal => 1,
        Kind::Usage => 2,
        Kind::Refused => 3,
        Kind::Host => 4,
        Kind::Interrupted => 130,
    }
}
