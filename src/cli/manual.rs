//! `ymir complete` and `ymir man`: scripts for shells and manual pages, made from the command tree.

use camino::Utf8PathBuf;
use clap::{Args, ValueEnum};
use clap_complete::{Shell, generate};

use super::exit::Exit;
use crate::{
    report::write,
    trouble::{Result, Tell},
};

#[derive(Debug, Args)]
pub(super) struct Complete {
    /// The shell that the script is for
    #[arg(long, value_enum, default_value = "bash")]
    shell: Shells,
    /// The name by which Ymir is called; `kayobe` where scripts still say so
    #[arg(long, default_value = "ymir")]
    name: String,
}

/// Shells that scripts are made for.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Shells {
    Bash,
    Zsh,
    Fish,
}

#[derive(Debug, Args)]
pub(super) struct Man {
    /// The directory for the pages, one per command; it is made if it is missing
    dir: Utf8PathBuf,
}

/// Writes a completion script to standard output.
pub(super) fn complete(args: &Complete, tree: &mut clap::Command) -> Result<Exit> {
    let shell = match args.shell {
        Shells::Bash => Shell::Bash,
        Shells::Zsh => Shell::Zsh,
        Shells::Fish => Shell::Fish,
    };
    let mut script = Vec::new();
    generate(shell, tree, &args.name, &mut script);
    let script = String::from_utf8(script).or_internal(|| "writing a completion script".into())?;
    write::result(&script)?;
    Ok(Exit::Done)
}

/// Writes the manual pages.
pub(super) fn man(args: &Man, tree: clap::Command) -> Result<Exit> {
    let dir = &args.dir;
    std::fs::create_dir_all(dir).or_host(|| format!("making the directory {dir}"))?;
    clap_mangen::generate_to(tree, dir).or_host(|| format!("writing manual pages to {dir}"))?;
    Ok(Exit::Done)
}
