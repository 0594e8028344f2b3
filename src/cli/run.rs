//! `ymir run …`: earlier runs of the environment.

mod list;

use clap::Subcommand;

use super::{
    exit::Exit,
    options::{Context, Format},
    vault, withheld,
};
use crate::{
    report::{self, write},
    run::{
        lock::{Holder, Lock},
        store::{Record, Request, Store},
    },
    trouble::{Kind, Result, Tell, Trouble},
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
    ///
    /// Secrets on the command line (`-e redfish_password=…`) are not kept: give them again here, and the vault password
    /// as well if it came from KAYOBE_VAULT_PASSWORD. Options of this command may choose how it is shown, check it, and
    /// say where vault passwords come from now; hosts and other variables stay as they were.
    Resume {
        /// Number of the run [default: the last]
        run: Option<u64>,
    },
}

pub async fn execute(cx: &Context, command: Command) -> Result<Exit> {
    let store = cx.store()?;
    if !matches!(command, Command::Resume { .. }) {
        cx.refuse_limit("a run is kept as a whole")?;
    }
    match command {
        Command::List => list::list(cx, &store),
        Command::Show { run } => show(cx, &store, &store.record(chosen(&store, run)?)?),
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

/// Who is at this run now, if anybody: it is the last one, and the environment's lock is held.
fn under_way(store: &Store, record: &Record) -> Option<Holder> {
    let last = store.runs().ok()?.last().copied();
    if last == Some(record.run) { Lock::holder(&store.lock()) } else { None }
}

fn show(cx: &Context, store: &Store, record: &Record) -> Result<Exit> {
    if cx.options.output != Format::Text {
        print_data(cx, record)?;
        return Ok(Exit::Done);
    }
    if record.events.is_empty() && under_way(store, record).is_none() {
        // It can only be said how to go on if it is known with what.
        store.request(record.run)?;
    }
    let mut words = report::plain::Words::new(cx.options.diff);
    let mut lines: Vec<String> =
        record.events.iter().map(|stamped| words.tell(&stamped.event)).collect();
    if record.summary().is_none() {
        let how = if record.aborted() { "interrupted" } else { "killed" };
        let go_on = format!("continue with `ymir run resume {}`", record.run);
        lines.push(match under_way(store, record).filter(|_| !record.aborted()) {
            Some(holder) => format!("the run is under way in process {}\n", holder.pid),
            None => format!("the run was {how}; {go_on}\n"),
        });
        let at_work = record.interrupted().into_iter();
        lines.extend(
            at_work
                .map(|(subject, step)| format!("at work on {subject}: {}\n", words.title(&step))),
        );
    }
    write::result(&lines.concat())?;
    Ok(Exit::Done)
}

async fn resume(cx: &Context, store: &Store, run: u64) -> Result<Exit> {
    let record = store.record(run).map_err(|trouble| match store.request(run) {
        Ok(request) if trouble.kind == Kind::Refused => trouble.hint(again(&request)),
        _ => trouble,
    })?;
    if record.summary().is_some_and(crate::event::Summary::all_done) {
        write::stderr(&format!("run {run} is done; there is nothing to resume\n"));
        return Ok(Exit::Done);
    }
    let request = store.request(run)?;
    let args = repeated(cx, &request, run)?;
    let mut lines = vec![format!("resuming run {run}: ymir {}\n", request.args.join(" "))];
    let at_work = record.interrupted().into_iter();
    lines.extend(at_work.map(|(subject, step)| {
        format!("it was at work on {subject}: {}\n", step.split('@').next().unwrap_or(&step))
    }));
    write::stderr(&lines.concat());
    super::repeat(cx, run, &Request { args, ..request }).await
}

/// The kept command line, with the secrets that are not kept as they are given again; it cannot be changed otherwise.
fn repeated(cx: &Context, request: &Request, run: u64) -> Result<Vec<String>> {
    if let Some(limit) = &cx.options.limit {
        // What two patterns select together is not worth a guess where hosts are reimaged.
        return Err(Trouble::usage("a resumed run keeps the hosts that it was given")
            .because(format!("--limit {limit} would change them"))
            .hint(again(request)));
    }
    let (names, given) = (&request.withheld, &cx.options.extra_vars);
    if given.iter().any(|value| !withheld::is_of(names, value)) {
        return Err(Trouble::usage("a resumed run keeps the variables that it was given")
            .because("-e may only give again what was left out of its record because it is secret")
            .hint(again(request)));
    }
    let missing_password = request.vault_password && !gives_vault_password(cx);
    let restored = withheld::restored(&request.args, names, given);
    match restored {
        Ok(args) if !missing_password => Ok(args),
        restored => {
            Err(secrets_missing(run, &restored.err().unwrap_or_default(), missing_password))
        }
    }
}

fn gives_vault_password(cx: &Context) -> bool {
    let options = &cx.options;
    let by_option = options.ask_vault_pass
        || options.vault_password_file.is_some()
        || !options.vault_id.is_empty();
    by_option
        || [vault::PASSWORD, vault::PASSWORD_FILE.0]
            .iter()
            .any(|name| cx.environment.get(name).is_some())
}

/// What has to be given again.
fn secrets_missing(run: u64, missing: &[String], password: bool) -> Trouble {
    let trouble = Trouble::refused(format!("run {run} was given secrets, which are not kept"));
    let trouble = match missing {
        [] => trouble,
        _ => trouble
            .hint(format!("give them again: ymir run resume {run} {}", withheld::options(missing))),
    };
    if !password {
        return trouble;
    }
    trouble.hint(format!(
        "the vault password was in {}: set it again, or give --ask-vault-pass or --vault-password-file FILE",
        vault::PASSWORD
    ))
}

fn again(request: &Request) -> String {
    format!("give the command again, it takes on from there: ymir {}", request.args.join(" "))
}

fn print_data<T: serde::Serialize>(cx: &Context, data: &T) -> Result<()> {
    let text = match cx.options.output {
        Format::Yaml => serde_yaml::to_string(data).or_internal(|| "writing YAML".into())?,
        _ => serde_json::to_string_pretty(data).or_internal(|| "writing JSON".into())? + "\n",
    };
    write::result(&text)
}
