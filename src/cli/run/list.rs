//! `ymir run list`: one row per run. A run whose journal is damaged has its row, too.

use jiff::Timestamp;
use serde::Serialize;

use super::{print_data, under_way};
use crate::{
    cli::{
        exit::Exit,
        options::{Context, Format},
    },
    report::write,
    run::store::{Record, Store},
    trouble::{Result, Trouble},
};

/// What is told about a run; `docs/events.md` is the reference.
#[derive(Debug, Serialize)]
struct Row {
    run: u64,
    /// `None` if it was killed before it began, or its journal is damaged.
    command: Option<String>,
    began: Option<Timestamp>,
    #[serde(flatten)]
    state: State,
}

/// How a run ended.
#[derive(Debug, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
enum State {
    UnderWay {
        process: u32,
    },
    Killed,
    /// By the operator, with a second Ctrl-C.
    Interrupted,
    Done,
    Unfinished {
        failed: Vec<String>,
        stopped: Vec<String>,
    },
    Damaged {
        trouble: Trouble,
    },
}

impl Row {
    fn of(store: &Store, run: u64) -> Self {
        match store.record(run) {
            Ok(record) => Self {
                run,
                command: record.command().map(str::to_owned),
                began: record.events.first().map(|event| event.at),
                state: State::of(store, &record),
            },
            Err(trouble) => {
                Self { run, command: None, began: None, state: State::Damaged { trouble } }
            }
        }
    }

    fn line(&self) -> String {
        let began = self.began.map(|at| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
        let command = match (&self.state, &self.command) {
            (State::Damaged { trouble }, _) => trouble.to_string(),
            (_, Some(command)) => command.clone(),
            (_, None) => "(killed before it began)".into(),
        };
        let (began, state) = (began.unwrap_or_default(), self.state.words());
        format!("{:>4}  {began:<20}  {state:<24}  {command}\n", self.run)
    }
}

impl State {
    fn of(store: &Store, record: &Record) -> Self {
        match record.summary() {
            None if record.aborted() => Self::Interrupted,
            None => match under_way(store, record) {
                Some(holder) => Self::UnderWay { process: holder.pid },
                None => Self::Killed,
            },
            Some(summary) if summary.all_done() => Self::Done,
            Some(summary) => Self::Unfinished {
                failed: summary.failed.clone(),
                stopped: summary.stopped.clone(),
            },
        }
    }

    fn words(&self) -> String {
        match self {
            Self::UnderWay { process } => format!("under way, process {process}"),
            Self::Killed => "killed".into(),
            Self::Interrupted => "interrupted".into(),
            Self::Done => "done".into(),
            Self::Unfinished { failed, stopped } => {
                format!("{} failed, {} stopped", failed.len(), stopped.len())
            }
            Self::Damaged { .. } => "damaged".into(),
        }
    }
}

/// Prints all runs of the environment, the newest last.
pub(super) fn list(cx: &Context, store: &Store) -> Result<Exit> {
    let rows: Vec<Row> = store.runs()?.into_iter().map(|run| Row::of(store, run)).collect();
    if cx.options.output != Format::Text {
        print_data(cx, &rows)?;
        return Ok(Exit::Done);
    }
    if rows.is_empty() {
        write::stderr("there are no runs here yet\n");
    }
    write::result(&rows.iter().map(Row::line).collect::<String>())?;
    Ok(Exit::Done)
}
