//! `ymir rack …`

use camino::Utf8PathBuf;
use clap::Subcommand;

use super::exit::Exit;
use crate::{
    ansible::yaml,
    rack::{self, file, ssh},
    report::write,
    trouble::{Result, Tell, Trouble},
};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve a simulated rack, Ironic and BMCs, until SIGTERM or Ctrl-C
    Serve {
        /// The file that describes it; `ymir rack example` writes one
        file: Utf8PathBuf,
    },
    /// Write an example of a rack's file, with every key
    Example,
    /// Play `ssh` for the hosts of a rack
    Ssh {
        /// Where the rack is served
        rack: String,
        /// What `ssh` is given
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        words: Vec<String>,
    },
}

pub async fn execute(command: Command) -> Result<Exit> {
    match command {
        Command::Serve { file } => {
            let file = read(&file)?;
            rack::serve(file, |address| write::stdout(&format!("http://{address}\n"))).await?;
            Ok(Exit::Done)
        }
        Command::Example => {
            write::result(file::EXAMPLE)?;
            Ok(Exit::Done)
        }
        Command::Ssh { rack, words } => {
            let said = ssh::answer(&rack, &words).await?;
            write::stdout(&said.stdout);
            write::stderr(&said.stderr);
            Ok(Exit::Of(said.code))
        }
    }
}

fn read(path: &Utf8PathBuf) -> Result<file::File> {
    let text =
        std::fs::read_to_string(path).or_refused(|| format!("reading the rack's file {path}"));
    let text = text.map_err(|trouble| trouble.hint("`ymir rack example` writes an example"))?;
    file::parse(&text, path.as_str()).map_err(|trouble| illustrated(trouble, &text))
}

/// With the lines around the place.
fn illustrated(trouble: Trouble, text: &str) -> Trouble {
    match trouble.origin.clone() {
        Some(origin) => trouble.excerpt(yaml::excerpt(text, &origin, "here")),
        None => trouble,
    }
}
