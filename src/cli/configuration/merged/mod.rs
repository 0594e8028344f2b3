//! `ymir configuration merged`

mod lines;
mod write;

use std::fmt::Write as _;

pub(super) use self::lines::differing;

use camino::Utf8PathBuf;
use serde_json::{Map, Value, json};

use super::rendered;
use crate::{
    ansible::merge::yaml::Leaf,
    cli::{
        exit::Exit,
        options::{Context, Format},
    },
    near,
    origin::Origin,
    report::write as out,
    resolve::merged::{Content, MergedFile, MergedFiles},
    trouble::{Result, Trouble},
};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Show these files; without any, all are listed
    #[arg(value_name = "PATH")]
    paths: Vec<String>,
    /// Show where each setting was written
    #[arg(long, requires = "paths")]
    origins: bool,
    /// Show secrets instead of stars
    #[arg(long)]
    show_secrets: bool,
    /// Make this directory what Kolla Ansible is to read: write what differs, delete what no layer has any more; knows
    /// --check and --diff
    #[arg(long, value_name = "DIR", conflicts_with = "paths")]
    write: Option<Utf8PathBuf>,
}

pub(super) fn execute(cx: &Context, args: &Args) -> Result<Exit> {
    let variables = match args.write {
        Some(_) => cx.variables_to_act_on()?,
        None => cx.variables()?,
    };
    let merged = MergedFiles::find(&variables)?;
    if let Some(dir) = &args.write {
        return write::execute(cx, &merged, &variables, dir, args.show_secrets);
    }
    let shown = match &args.paths[..] {
        [] => listed(cx, &merged)?,
        paths => Shown { cx, args, merged: &merged }.files(paths)?,
    };
    out::result(&shown)?;
    Ok(Exit::Done)
}

fn listed(cx: &Context, merged: &MergedFiles) -> Result<String> {
    if cx.options.output != Format::Text {
        return rendered(&json!(merged.files), cx.options.output);
    }
    let width = merged.files.iter().map(|file| file.path.len()).max().unwrap_or_default();
    let line = |file: &MergedFile| {
        let sources = file.sources.iter().map(|source| source.shown().to_string());
        let sources = sources.collect::<Vec<_>>().join(", ");
        format!("{:width$}  {:13}  {sources}\n", file.path, file.strategy.name())
    };
    Ok(merged.files.iter().map(line).collect())
}

struct Shown<'a> {
    cx: &'a Context,
    args: &'a Args,
    merged: &'a MergedFiles<'a>,
}

impl Shown<'_> {
    fn files(&self, paths: &[String]) -> Result<String> {
        let files = paths.iter().map(|path| self.named(path)).collect::<Result<Vec<_>>>()?;
        let contents = files
            .iter()
            .map(|file| Ok((*file, self.merged.content(file)?)))
            .collect::<Result<Vec<_>>>()?;
        if self.cx.options.output == Format::Text {
            let text = |(file, content): &(&MergedFile, Content)| match contents.len() {
                1 => self.text(content),
                _ => format!("==> {} <==\n{}", file.path, self.text(content)),
            };
            return Ok(contents.iter().map(text).collect());
        }
        let pair = |(file, content): &(&MergedFile, Content)| {
            (file.path.clone(), self.data(file, content))
        };
        let all: Map<String, Value> = contents.iter().map(pair).collect();
        rendered(&all.into(), self.cx.options.output)
    }

    fn named(&self, path: &str) -> Result<&MergedFile> {
        let files = &self.merged.files;
        files.iter().find(|file| file.path == path).ok_or_else(|| {
            let trouble = Trouble::refused(format!("showing the merged file {path}")).because(
                "no layer has it, or no pattern in `kolla_openstack_custom_config_include_globs` that is enabled finds it",
            );
            let near = near::nearest(path, files.iter().map(|file| file.path.as_str()));
            match near.first() {
                Some(near) => trouble.hint(format!("did you mean `{near}`?")),
                None => trouble.hint("`ymir configuration merged` lists all"),
            }
        })
    }

    /// A file's text as it may be seen.
    fn seen(&self, content: &Content) -> Option<String> {
        if self.args.show_secrets {
            return content.text().map(str::to_owned);
        }
        self.merged.masked(content)
    }

    fn leaves(&self, content: &Content) -> Vec<Leaf> {
        if self.args.show_secrets {
            return content.leaves.clone();
        }
        self.merged.masked_leaves(content)
    }

    fn text(&self, content: &Content) -> String {
        let Some(text) = self.seen(content) else {
            return format!("({} bytes that are no text)\n", content.bytes.len());
        };
        if !self.args.origins {
            return text;
        }
        let rows: Vec<(Origin, String)> = if content.leaves.is_empty() {
            let lines = text.lines().map(str::to_owned);
            content.origins.iter().cloned().zip(lines).collect()
        } else {
            let row =
                |leaf: Leaf| (leaf.origin, format!("{}: {}", leaf.path.join("."), leaf.value));
            self.leaves(content).into_iter().map(row).collect()
        };
        blamed(&rows)
    }

    fn data(&self, file: &MergedFile, content: &Content) -> Value {
        let mut data = json!(file);
        data["text"] = json!(self.seen(content));
        if self.args.origins && content.leaves.is_empty() {
            data["lines"] = content.origins.iter().map(|origin| json!(origin)).collect();
        } else if self.args.origins {
            let value = |leaf: Leaf| json!({ "path": leaf.path, "value": leaf.value, "origin": leaf.origin });
            data["values"] = self.leaves(content).into_iter().map(value).collect();
        }
        data
    }
}

/// Each line after its place.
fn blamed(rows: &[(Origin, String)]) -> String {
    let place = |origin: &Origin| match origin.line {
        0 => origin.file.to_string(),
        line => format!("{}:{line}", origin.file),
    };
    let width = rows.iter().map(|(origin, _)| place(origin).len()).max().unwrap_or_default();
    let mut text = String::new();
    for (origin, line) in rows {
        let row = format!("{:width$}  {line}", place(origin));
        writeln!(text, "{}", row.trim_end()).expect("writing to a string");
    }
    text
}
