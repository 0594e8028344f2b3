//! `ymir run …`: earlier runs of the environment.

use clap::Subcommand;

use super::{
    exit::Exit,
    options::{Context, Format},
};
use crate::{
    report,
    run::store::{Record, Store},
    trouble::{Result, Tell, Trouble},
};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the runs of this environment, the newest last
    List,
    /// Show what a run did
    Show {
        /// Number of the run [default: the last]
        run: Option<u64>,
    },
    /// Give a run's command again: what is done stays, what is left is done
    Resume {
        /// Number of the run [default: the last]
        run: Option<u64>,
    },
}

pub async fn execute(cx: &Context, command: Command) -> Result<Exit> {
    let store = cx.store()?;
    match command {
        Command::List => list(cx, &store),
        Command::Show { run } => show(cx, &store.record(chosen(&store, run)?)?),
        Command::Resume { run } => resume(cx, &store, chosen(&store, run)?).await,
    }
}

fn chosen(store: &Store, run: Option<u64>) -> Result<u64> {
    let last = || store.runs().map(|runs| runs.last().copied());
    match run {
        Some(run) => Ok(run),
        None => last()?.ok_or_else(|| {
            Trouble::usage("there are no runs here yet")
                .hint("runs are kept per site and environment: are --config-path and --environment right?")
        }),
    }
}

/// How a run ended, in a word or two.
fn state(record: &Record) -> String {
    match record.summary() {
        None => "killed".into(),
        Some(summary) if summary.all_done() => "done".into(),
        Some(summary) => {
            format!("{} failed, {} stopped", summary.failed.len(), summary.stopped.len())
        }
    }
}

#[expect(clippy::print_stdout, reason = "the list is the command's result")]
fn list(cx: &Context, store: &Store) -> Result<Exit> {
    let records =
        store.runs()?.into_iter().map(|run| store.record(run)).collect::<Result<Vec<_>>>()?;
    let command =
        |record: &Record| record.command().unwrap_or("(killed before it began)").to_owned();
    let began = |record: &Record| record.events.first().map(|event| event.at.to_string());
    if cx.options.output == Format::Text {
        for record in &records {
            let began = began(record).unwrap_or_default();
            println!("{:>4}  {began:<30}  {:<24}  {}", record.run, state(record), command(record));
        }
        return Ok(Exit::Done);
    }
    let rows: Vec<_> = records
        .iter()
        .map(|record| {
            let (state, command) = (state(record), command(record));
            serde_json::json!({"run": record.run, "began": began(record), "state": state, "command": command})
        })
        .collect();
    print_data(cx, &rows)?;
    Ok(Exit::Done)
}

#[expect(clippy::print_stdout, reason = "the run is the command's result")]
fn show(cx: &Context, record: &Record) -> Result<Exit> {
    if cx.options.output != Format::Text {
        print_data(cx, record)?;
        return Ok(Exit::Done);
    }
    let mut words = report::plain::Words::new(cx.options.diff);
    let told: Vec<_> = record.events.iter().map(|stamped| words.tell(&stamped.event)).collect();
    print!("{}", told.concat());
    if record.summary().is_none() {
        println!("the run was killed; continue with `ymir run resume {}`", record.run);
        for (subject, step) in record.interrupted() {
            println!("it was at work on {subject}: {}", words.title(&step));
        }
    }
    Ok(Exit::Done)
}

#[expect(clippy::print_stderr, reason = "says what the resumed run was doing")]
async fn resume(cx: &Context, store: &Store, run: u64) -> Result<Exit> {
    let record = store.record(run)?;
    if record.summary().is_some_and(crate::event::Summary::all_done) {
        eprintln!("run {run} is done; there is nothing to resume");
        return Ok(Exit::Done);
    }
    let request = store.request(run)?;
    if !request.withheld.is_empty() {
        let names = request.withheld.join(", ");
        return Err(Trouble::refused(format!(
            "run {run} had secrets on its command line, which are not kept: {names}"
        ))
        .hint(format!(
            "give the command again, it takes on from there: ymir {}",
            request.args.join(" ")
        )));
    }
    eprintln!("resuming run {run}: ymir {}", request.args.join(" "));
    for (subject, step) in record.interrupted() {
        eprintln!("it was at work on {subject}: {}", step.split('@').next().unwrap_or(&step));
    }
    super::repeat(cx, &request).await
}

#[expect(clippy::print_stdout, reason = "the data is the command's result")]
fn print_data<T: serde::Serialize>(cx: &Context, data: &T) -> Result<()> {
    let text = match cx.options.output {
        Format::Yaml => serde_yaml::to_string(data).or_internal(|| "writing YAML".into())?,
        _ => serde_json::to_string_pretty(data).or_internal(|| "writing JSON".into())? + "\n",
    };
    print!("{text}");
    Ok(())
}
