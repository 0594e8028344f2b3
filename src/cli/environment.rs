//! `ymir environment …`

use std::{fmt::Write as _, sync::Arc};

use camino::{Utf8Path, Utf8PathBuf};
use clap::{Args, Subcommand};
use serde_json::json;

use super::{
    configuration::rendered,
    exit::Exit,
    hooks::HookSides,
    options::{Context, Format},
};
use crate::{
    ansible::{
        files::Files,
        layers::{Layout, layout, place_for},
        world::Machine,
    },
    drivers::{
        ansible,
        environment::{self, Item},
    },
    report::write,
    trouble::{Result, Tell, Trouble},
};

/// As hooks are looked for.
const CREATE: &str = "environment create";

/// The environments of the site repository.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make the environment that --environment names, empty or as a copy; with --check, show what would be made
    Create(Create),
}

#[derive(Debug, Args)]
pub struct Create {
    /// Copy what this directory holds, except `environments`
    #[arg(long, value_name = "DIR")]
    source_config_path: Option<Utf8PathBuf>,
}

pub async fn execute(cx: &Context, command: Command) -> Result<Exit> {
    let Command::Create(args) = command;
    cx.refuse_limit("an environment is made without its hosts")?;
    let name = cx.environment_name().filter(|name| !name.is_empty()).ok_or_else(|| {
        Trouble::usage("the new environment has no name").hint("give --environment NAME")
    })?;
    let root = cx.config_path()?;
    let files = Files::without_keys(Arc::new(Machine::new(cx.environment.clone())), &root);
    let place = place_for(&files, &root, &name)?;
    let source = args.source_config_path.map(camino::absolute_utf8).transpose();
    let source = source.or_refused(|| "finding the directory to copy".into())?;
    let items = match &source {
        Some(source) => environment::items(source, &place)?,
        None => Vec::new(),
    };
    let work = || {
        if !cx.options.check {
            environment::create(&place, source.as_deref(), &items)?;
        }
        write::result(&told(cx, &files.shown(&place), &items)?)?;
        Ok(Exit::Done)
    };
    match hooks(cx, &files, &root)? {
        Some((base, hooks)) => hooks.around(&base, work).await,
        None => work(),
    }
}

/// The hooks of the base: the environment has none yet. Without hooks nothing of the site needs to be read.
fn hooks(cx: &Context, files: &Files, root: &Utf8Path) -> Result<Option<(Context, HookSides)>> {
    let base = match layout(files, root)? {
        Layout::Own => root.join("environments/common"),
        Layout::Kayobe => root.into(),
    };
    if ansible::find(&[base], CREATE, cx.options.skip_hooks.as_deref())?.is_empty() {
        return Ok(None);
    }
    let mut options = cx.options.clone();
    options.environment = None;
    let mut environment = cx.environment.clone();
    environment.0.retain(|name, _| !["YMIR_ENVIRONMENT", "KAYOBE_ENVIRONMENT"].contains(&&**name));
    let base = Context::new(options, environment, cx.args.clone());
    let hooks = HookSides::of(&base, &*base.variables()?, CREATE)?;
    Ok(Some((base, hooks)))
}

fn told(cx: &Context, place: &str, items: &[Item]) -> Result<String> {
    let check = cx.options.check;
    if cx.options.output != Format::Text {
        let paths: Vec<&str> = items.iter().map(|item| item.path.as_str()).collect();
        return rendered(
            &json!({ "made": !check, "path": place, "copied": paths }),
            cx.options.output,
        );
    }
    let verb = if check { "would make" } else { "made" };
    let mut text = format!("{verb} {place}");
    if items.is_empty() {
        text.push_str(", empty\n");
        return Ok(text);
    }
    text.push_str(" with\n");
    for item in items {
        writeln!(text, "  {}", item.path).expect("writing to a string");
    }
    Ok(text)
}
