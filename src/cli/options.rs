//! Options that every command takes, and what they mean.

use std::{
    io::IsTerminal,
    sync::{Arc, OnceLock},
};

use camino::{Utf8Path, Utf8PathBuf};
use clap::{Args, ValueEnum};
use jiff::Timestamp;

use super::illustrate;
use crate::{
    ansible::{
        Load, Variables,
        config::Config,
        files::Files,
        layers::{self, Layers},
        patterns::Unmatched,
        world::Machine,
    },
    event::Mode,
    report::{self, Style, write},
    run::store::Store,
    settings::Environment,
    trouble::{Result, Trouble},
};

/// The option that chooses hosts, as messages name it.
pub const LIMIT: &str = "--limit";

/// Headings in `--help`; what a command has alone stands above them as `Options`.
const SITE: &str = "Site and hosts";
const RUN: &str = "What to do";
const HOOKS: &str = "Hooks";
const VAULT: &str = "Vault passwords";
const OUTPUT: &str = "Output";

/// The common options, Kayobe's and Ymir's own. They may stand before or after the command's words.
#[derive(Debug, Clone, Default, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct Options {
    /// Site repository: a directory with `environments/common`, or a Kayobe configuration [default: $YMIR_CONFIG_PATH,
    /// else $KAYOBE_CONFIG_PATH, else the current directory if it is one, else /etc/kayobe if it is there]
    #[arg(long, global = true, value_name = "PATH", help_heading = SITE)]
    pub config_path: Option<Utf8PathBuf>,
    /// Environment to work on [default: $YMIR_ENVIRONMENT, else $KAYOBE_ENVIRONMENT]
    #[arg(long, global = true, value_name = "NAME", help_heading = SITE)]
    pub environment: Option<String>,
    /// Extra variables: `name=value`, JSON, or `@file`; they win over everything else
    #[arg(short, long, global = true, value_name = "VARS", help_heading = SITE)]
    pub extra_vars: Vec<String>,
    /// Use these inventories instead of the site's
    #[arg(short, long, global = true, value_name = "PATH", help_heading = SITE)]
    pub inventory: Vec<Utf8PathBuf>,
    /// Only hosts that this pattern selects
    #[arg(short, long, global = true, value_name = "PATTERN", help_heading = SITE)]
    pub limit: Option<String>,
    /// Look and tell; change nothing
    #[arg(short = 'C', long, global = true, help_heading = RUN)]
    pub check: bool,
    /// Show what differs, line by line
    #[arg(short = 'D', long, global = true, help_heading = RUN)]
    pub diff: bool,
    /// With --check: exit with 5 if something would change
    #[arg(long, global = true, help_heading = RUN)]
    pub detailed_exitcode: bool,
    /// Only list the steps and hooks, without a look at the world [short: -lt]
    #[arg(long, global = true, help_heading = RUN)]
    pub list_tasks: bool,
    /// Only what carries one of these tags: topics of the hosts' configuration, and tasks of hooks
    #[arg(short, long, global = true, value_name = "TAGS", help_heading = RUN)]
    pub tags: Option<String>,
    /// Not what carries one of these tags: topics of the hosts' configuration, and tasks of hooks
    #[arg(long, global = true, value_name = "TAGS", help_heading = RUN)]
    pub skip_tags: Option<String>,
    /// Let hooks, and what `host command run` runs, run as root by sudo
    #[arg(short, long, global = true, help_heading = HOOKS)]
    pub r#become: bool,
    /// Read the vault password from this file, or from its output if it is executable
    #[arg(long, global = true, value_name = "FILE", help_heading = VAULT)]
    pub vault_password_file: Option<Utf8PathBuf>,
    /// Ask for the vault password
    #[arg(long, global = true, conflicts_with = "vault_password_file", help_heading = VAULT)]
    pub ask_vault_pass: bool,
    /// A vault password with its vault id: `label@file` or `label@prompt`; may be given several times
    #[arg(long, global = true, value_name = "ID", help_heading = VAULT)]
    pub vault_id: Vec<String>,
    /// Skip hooks whose path matches this regular expression; `all` skips every hook [short: -sh]
    #[arg(long, global = true, value_name = "PATTERN", help_heading = HOOKS)]
    pub skip_hooks: Option<String>,
    /// Format of what is written to standard output
    #[arg(long, global = true, value_name = "FORMAT", default_value = "text", help_heading = OUTPUT)]
    pub output: Format,
    /// Plain lines instead of live progress
    #[arg(long, global = true, help_heading = OUTPUT)]
    pub no_progress: bool,
    /// Say more on standard error; twice for still more
    #[arg(short, long, global = true, action = clap::ArgAction::Count, help_heading = OUTPUT)]
    pub verbose: u8,
}

impl Options {
    /// Takes over the sources of vault passwords of other options, if those name any.
    pub(super) fn take_vault_passwords(&mut self, other: &Self) {
        if other.ask_vault_pass || other.vault_password_file.is_some() || !other.vault_id.is_empty()
        {
            self.ask_vault_pass = other.ask_vault_pass;
            self.vault_password_file.clone_from(&other.vault_password_file);
            self.vault_id.clone_from(&other.vault_id);
        }
    }
}

/// `--output`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    #[default]
    Text,
    Json,
    Yaml,
}

/// What every command gets: the options and the environment, not yet turned into variables.
#[derive(Debug)]
pub struct Context {
    pub options: Options,
    pub environment: Environment,
    /// The command line without the program's name.
    pub args: Vec<String>,
    /// When the command was given; a resumed one keeps the time of the first.
    pub given: Timestamp,
    /// The run that is given again.
    pub resumed: Option<u64>,
    /// Made once, so that a vault password is asked for once.
    load: OnceLock<Load>,
}

impl Context {
    pub fn new(options: Options, environment: Environment, args: Vec<String>) -> Self {
        let given = Timestamp::now();
        Self { options, environment, args, given, resumed: None, load: OnceLock::new() }
    }

    /// Reads the site repository for a command that only looks.
    pub fn variables(&self) -> Result<Arc<Variables>> {
        let variables = self.variables_to_judge()?;
        self.warn_of_releases(&[&variables]);
        Ok(variables)
    }

    /// Reads the site repository for a command that only looks, and that itself says what is doubtful.
    pub fn variables_to_judge(&self) -> Result<Arc<Variables>> {
        self.read(Machine::new(self.evaluation_environment(self.load()?)))
    }

    /// Reads the site repository for a command that acts, unless it is only checked: lookups may keep passwords.
    pub fn variables_to_act_on(&self) -> Result<Arc<Variables>> {
        of_known_release(self.read(self.world_to_act_on()?)?)
    }

    /// Reads the site repository as it will be with this text in one of its files.
    pub fn variables_with(&self, path: &Utf8Path, text: &str) -> Result<Arc<Variables>> {
        let world = self.world_to_act_on()?.with_coming(path.as_str(), text);
        of_known_release(Variables::load(self.load()?, Arc::new(world)).map(Arc::new)?)
    }

    /// Reads the site repository with further variables, which whatever is given by `-e` wins over.
    pub fn variables_below(&self, given: Vec<String>) -> Result<Arc<Variables>> {
        let mut load = self.load()?.clone();
        load.extra_vars.splice(..0, given);
        let world = Arc::new(self.world_to_act_on()?);
        of_known_release(Variables::load(&load, world).map(Arc::new)?)
    }

    fn world_to_act_on(&self) -> Result<Machine> {
        let world = Machine::new(self.evaluation_environment(self.load()?));
        Ok(match self.mode() {
            Mode::Check => world,
            Mode::Apply => world.keeping_passwords(),
        })
    }

    fn read(&self, world: Machine) -> Result<Arc<Variables>> {
        let load = self.load()?;
        let variables = Variables::load(load, Arc::new(world))?;
        self.check_limit(&[&variables])?;
        Ok(Arc::new(variables))
    }

    /// Tells once of each release whose defaults are not there, for what is shown has those of another.
    pub fn warn_of_releases(&self, sides: &[&Variables]) {
        let mut told: Vec<&Trouble> = Vec::new();
        for side in sides {
            let Some(doubt) = side.unknown_release().filter(|doubt| !told.contains(doubt)) else {
                continue;
            };
            told.push(doubt);
            let shown = side.release().name();
            let doubt = illustrate::illustrated(self, doubt.clone()).hint(format!(
                "what is shown has the defaults of {shown}; commands that act refuse"
            ));
            report::trouble::warn(&doubt);
        }
    }

    /// Refuses an environment that there is not, and that none is chosen where the site has some.
    pub fn check_environment(&self) -> Result<()> {
        let world = Arc::new(Machine::new(self.environment.clone()));
        Layers::check(world, &self.config_path()?, self.environment_name().as_deref())
    }

    /// Refuses a `--limit` that selects nobody, and warns of its parts that match nothing. Of two sides that are
    /// compared, it is enough if one has the host.
    pub fn check_limit(&self, sides: &[&Variables]) -> Result<()> {
        let Some(limit) = &self.options.limit else { return Ok(()) };
        selected(sides, LIMIT, limit)?;
        let unmatched: Vec<Vec<Unmatched>> =
            sides.iter().map(|side| side.unmatched(limit)).collect::<Result<_>>()?;
        let Some((first, others)) = unmatched.split_first() else { return Ok(()) };
        let nowhere = |found: &&Unmatched| {
            others.iter().all(|other| other.iter().any(|same| same.part == found.part))
        };
        for Unmatched { part, near } in first.iter().filter(nowhere) {
            let meant = match &**near {
                [] => String::new(),
                near => format!("; did you mean `{}`?", near.join("` or `")),
            };
            write::stderr(&format!("warning: `{part}` of --limit matches no host{meant}\n"));
        }
        Ok(())
    }

    /// Refuses a `--limit` where it would mean nothing.
    pub fn refuse_limit(&self, why: &str) -> Result<()> {
        match &self.options.limit {
            Some(limit) => Err(Trouble::usage(format!("--limit {limit} means nothing here"))
                .because(why)
                .hint("give the command without --limit")),
            None => Ok(()),
        }
    }

    /// What to load, from options and environment.
    pub fn load(&self) -> Result<&Load> {
        if self.load.get().is_none() {
            let made = self.make_load()?;
            // Nobody else makes one meanwhile: a command starts in one thread.
            drop(self.load.set(made));
        }
        self.load.get().ok_or_else(|| Trouble::internal("what to load is gone"))
    }

    fn make_load(&self) -> Result<Load> {
        let config_path = self.config_path()?;
        let world = Arc::new(Machine::new(self.environment.clone()));
        let files = Files::without_keys(world, &config_path);
        let config = Config::find(&files.world, &layers::base(&files, &config_path)?)?;
        Ok(Load {
            config_path,
            environment: self.environment_name(),
            extra_vars: self.options.extra_vars.clone(),
            inventories: self.options.inventory.iter().map(absolute_if_there).collect(),
            playbook_dir: None,
            without_facts: false,
            facts: Some(self.store()?.dir().join("facts")),
            vault: super::vault::keys(&self.options, &self.environment, &config, &*files.world)?,
        })
    }

    /// The site repository's directory, absolute.
    pub fn config_path(&self) -> Result<Utf8PathBuf> {
        let set = self.environment.first(&["YMIR_CONFIG_PATH", "KAYOBE_CONFIG_PATH"]);
        let chosen = self.options.config_path.clone().or_else(|| set.map(Utf8PathBuf::from));
        let path = chosen.or_else(site_here).ok_or_else(|| {
            Trouble::usage("no site repository is chosen")
                .hint("give --config-path, set YMIR_CONFIG_PATH or KAYOBE_CONFIG_PATH, or change into the site repository")
        })?;
        // Links stay as they were given: the path is the value of a variable, too.
        let opened =
            camino::absolute_utf8(&path).and_then(|path| path.read_dir_utf8().map(|_| path));
        opened.map_err(|error| {
            Trouble::refused(format!("opening the site repository {path}"))
                .caused_by(&error)
                .hint("check --config-path, $YMIR_CONFIG_PATH and $KAYOBE_CONFIG_PATH")
        })
    }

    /// The selected environment's name.
    pub fn environment_name(&self) -> Option<String> {
        let set = || self.environment.first(&["YMIR_ENVIRONMENT", "KAYOBE_ENVIRONMENT"]);
        self.options.environment.clone().or_else(|| set().map(str::to_owned))
    }

    /// The environment as lookups see it: what options say counts as if it had been exported.
    pub fn evaluation_environment(&self, load: &Load) -> Environment {
        let mut seen = self.environment.clone();
        seen.0.insert("KAYOBE_CONFIG_PATH".into(), load.config_path.to_string());
        seen.0.insert("YMIR_STATE_DIR".into(), self.environment.state_dir().to_string());
        seen.0.insert("YMIR_CACHE_DIR".into(), self.environment.cache_dir().to_string());
        seen.0.remove("KAYOBE_ENVIRONMENT");
        if let Some(name) = &load.environment {
            seen.0.insert("KAYOBE_ENVIRONMENT".into(), name.clone());
        }
        seen
    }

    /// Where the runs of the chosen environment are kept.
    pub fn store(&self) -> Result<Store> {
        let environment = self.environment_name();
        Ok(Store::of(&self.environment.state_dir(), &self.config_path()?, environment.as_deref()))
    }

    /// How runs are shown.
    pub fn style(&self) -> Style {
        let terminal = self.environment.get("TERM");
        let format = match self.options.output {
            Format::Text => report::Format::Text,
            Format::Json => report::Format::Json,
            Format::Yaml => report::Format::Yaml,
        };
        let live = !self.options.no_progress && Style::can_be_live(terminal);
        Style { format, live, diff: self.options.diff }
    }

    /// What is only listed changes nothing either.
    pub fn mode(&self) -> Mode {
        let acts = !self.options.check && !self.options.list_tasks;
        if acts { Mode::Apply } else { Mode::Check }
    }

    /// Who gives the command, for locks and leases.
    pub fn user(&self) -> &str {
        self.environment.first(&["USER", "LOGNAME"]).unwrap_or("root")
    }
}

/// Refuses a site of a release whose defaults are not there, before anything is done with those of another.
fn of_known_release(variables: Arc<Variables>) -> Result<Arc<Variables>> {
    variables.unknown_release().map_or(Ok(()), |doubt| Err(doubt.clone()))?;
    Ok(variables)
}

/// What is no path stays as it is: it may be hosts with commas between them.
fn absolute_if_there(source: &Utf8PathBuf) -> Utf8PathBuf {
    let absolute = source.exists().then(|| camino::absolute_utf8(source).ok());
    absolute.flatten().unwrap_or_else(|| source.clone())
}

/// The hosts that the pattern of an option selects on each side; a trouble if that are none on all of them.
pub fn selected(sides: &[&Variables], option: &str, pattern: &str) -> Result<Vec<Vec<String>>> {
    let mut found = Vec::new();
    let mut refused = Vec::new();
    for side in sides {
        match side.select(pattern) {
            Ok(hosts) => found.push(hosts),
            Err(trouble) => {
                refused.push(illustrate::pattern(trouble, option, pattern, side));
                found.push(Vec::new());
            }
        }
    }
    if refused.len() < sides.len() {
        return Ok(found);
    }
    refused.into_iter().next().map_or(Ok(found), Err)
}

/// Where a site repository is looked for that nobody has named.
fn site_here() -> Option<Utf8PathBuf> {
    let here = Utf8PathBuf::from(".");
    let is_kayobes = || here.join("inventory").is_dir() && here.join("globals.yml").is_file();
    if here.join("environments/common").is_dir() || is_kayobes() {
        return Some(here);
    }
    let of_kayobe = Utf8PathBuf::from("/etc/kayobe");
    of_kayobe.is_dir().then_some(of_kayobe)
}

/// Kayobe has short options of two letters, which no parser here knows; they become their long forms.
pub fn long_forms(args: Vec<String>) -> Vec<String> {
    let long = |arg: String| {
        let (word, value) = arg.split_at(arg.find('=').unwrap_or(arg.len()));
        match word {
            "-sh" => format!("--skip-hooks{value}"),
            "-lt" => format!("--list-tasks{value}"),
            _ => arg,
        }
    };
    args.into_iter().map(long).collect()
}

/// Ymir's own log goes to standard error: warnings, with `-v` what it does, with `-vv` everything.
pub fn start_logging(options: &Options) {
    let level = match options.verbose {
        0 => "ymir=warn",
        1 => "ymir=debug",
        _ => "ymir=trace,reqwest=debug",
    };
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_env_filter(level)
        .without_time()
        .init();
}

#[cfg(test)]
mod tests {
    use super::long_forms;

    #[test]
    fn options_of_two_letters_become_long() {
        let table = [
            ("-sh", "--skip-hooks"),
            ("-sh=all", "--skip-hooks=all"),
            ("-lt", "--list-tasks"),
            // Not these: short options with their values.
            ("-l=sh", "-l=sh"),
            ("-lts", "-lts"),
            ("-sha", "-sha"),
            ("a-sh", "a-sh"),
        ];
        for (given, long) in table {
            assert_eq!(long_forms(vec![given.into()]), [long]);
        }
    }
}
