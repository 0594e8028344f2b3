//! `ymir overcloud introspection …`

use camino::Utf8PathBuf;
use clap::{Args, Subcommand, ValueEnum};

use super::bare_metal::{drivers, drivers_with};
use crate::{
    ansible::Variables,
    cli::{execute::Session, exit::Exit, options::Context},
    plan::{action::ironic::Format, introspection_rules, introspection_save},
    report::write,
    resolve::{
        concerns::{Class, selected},
        discovery::{ironic_of, saved_as},
        inspection_rules,
    },
    trouble::{Result, Trouble},
};

/// Kayobe's directory, below the one that the command is given in.
const DIRECTORY: &str = "overcloud-introspection-data";

#[derive(Debug, Subcommand)]
pub enum Command {
    /// What inspection found of the hosts.
    #[command(subcommand)]
    Data(Data),
    /// What Ironic does with a node that it has inspected.
    #[command(subcommand)]
    Rules(Rules),
}

#[derive(Debug, Subcommand)]
pub enum Rules {
    /// Give Ironic the site's inspection rules, and take away those that Ymir gave it and the site has no more
    Configure,
}

#[derive(Debug, Subcommand)]
pub enum Data {
    /// Save what inspection found, a file for each host, and notice hardware that was swapped
    Save(Save),
}

#[derive(Debug, Args)]
pub struct Save {
    /// Directory for the files [default: overcloud-introspection-data or baremetal-compute-introspection-data in the
    /// current directory]
    #[arg(long, value_name = "DIR")]
    output_dir: Option<Utf8PathBuf>,
    /// How the files are written [default: JSON]
    #[arg(long, value_name = "FORMAT", ignore_case = true)]
    output_format: Option<Written>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
#[value(rename_all = "UPPER")]
enum Written {
    Json,
    Yaml,
}

pub async fn execute(cx: &Context, command: Command) -> Result<Exit> {
    match command {
        Command::Data(Data::Save(save)) => save_data(cx, save).await,
        Command::Rules(Rules::Configure) => configure_rules(cx).await,
    }
}

async fn configure_rules(cx: &Context) -> Result<Exit> {
    cx.refuse_limit("rules are for all nodes that Ironic inspects")?;
    let session = Session::open(cx, introspection_rules::COMMAND)?;
    let variables =
        cx.variables_below(inspection_rules::variables_for_rules(&session.variables))?;
    let inspection_rules::Rules { ironic, rules, left_out } = inspection_rules::rules(&variables)?;
    for text in left_out {
        write::stderr(&format!("note: {text}\n"));
    }
    let notes = cx.store()?.dir().join("inspection-rules.json");
    let plan = introspection_rules::plan(&ironic, &rules, &notes);
    let drivers = drivers_with(cx, variables as _);
    session.run(&plan, &drivers).await
}

async fn save_data(cx: &Context, save: Save) -> Result<Exit> {
    let session = Session::open(cx, introspection_save::COMMAND)?;
    let variables = &session.variables;
    let (directory, format) = save.place(variables, DIRECTORY)?;
    let names = selected(variables, Class::Overcloud, cx.options.limit.as_deref())?;
    let hosts: Vec<_> = names
        .into_iter()
        .map(|name| ironic_of(variables, &name).map(|ironic| (name, ironic)))
        .collect::<Result<_>>()?;
    let looks = cx.store()?.hardware();
    let command = introspection_save::COMMAND;
    let plan = introspection_save::plan(command, &hosts, &directory, format, &looks);
    let drivers = drivers(cx, &session);
    session.run(&plan, &drivers).await
}

impl Save {
    /// The directory, which is `default` if nothing says another, and how the files are written.
    pub(in crate::cli) fn place(
        self,
        variables: &Variables,
        default: &str,
    ) -> Result<(Utf8PathBuf, Format)> {
        let (directory, format) = saved_as(variables)?;
        let directory = self.output_dir.or(directory.map(Utf8PathBuf::from));
        let directory = directory.unwrap_or_else(|| default.into());
        let format = match (self.output_format, format) {
            (Some(Written::Json), _) | (None, None) => Format::Json,
            (Some(Written::Yaml), _) => Format::Yaml,
            (None, Some(word)) => named(&word)?,
        };
        Ok((directory, format))
    }
}

/// The format that `output_format` names.
fn named(word: &str) -> Result<Format> {
    match word.to_ascii_lowercase().as_str() {
        "json" => Ok(Format::Json),
        "yaml" => Ok(Format::Yaml),
        _ => {
            Err(Trouble::refused(format!("`output_format` is `{word}`"))
                .hint("write `json` or `yaml`"))
        }
    }
}
