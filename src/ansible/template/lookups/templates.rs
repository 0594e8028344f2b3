//! The lookup `template`, and where templates find others.

use std::sync::Arc;

use super::{
    Found,
    options::Options,
    search::{self, not_found, path_of, told},
};
use crate::ansible::{
    template::{
        call::Args,
        env::Env,
        fault::{Fault, Outcome},
        parse,
        run::{Home, Place, Run},
        syntax::Syntax,
        value::Val,
        watch::Watch,
    },
    yaml::Data,
};

/// A template's file.
#[derive(Debug)]
pub(in crate::ansible::template) struct Source {
    /// Where it was found.
    path: String,
    /// The path as messages have it.
    pub(in crate::ansible::template) shown: Arc<str>,
    pub(in crate::ansible::template) text: String,
}

/// A template's text, found as the `template` lookup finds it, but first in a folder, if one is given.
pub(in crate::ansible::template) fn read_template(
    env: &Arc<Env>,
    path: &str,
    folder: Option<&str>,
) -> Outcome<Option<Source>> {
    let beside = folder.map(|folder| format!("{folder}/{path}"));
    let mut found = None;
    if let Some(beside) = beside {
        let bytes = env.scope().file(&beside).map_err(|trouble| told(&trouble))?;
        found = bytes.map(|bytes| (beside, bytes));
    }
    if found.is_none() {
        found = search::read(env, path, "templates")?;
    }
    Ok(found.map(|(path, bytes)| Source {
        shown: env.scope().shown(&path),
        path,
        text: String::from_utf8_lossy(&bytes).into_owned(),
    }))
}

pub(super) fn template(env: &Arc<Env>, terms: Vec<Val>, args: &mut Args) -> Found {
    let mut options = Options::of("template", args);
    let syntax = syntax(&mut options)?;
    let locals = options.dict("template_vars")?;
    let mut found = Vec::new();
    for term in terms {
        let path = path_of(&term)?;
        let source = read_template(env, &path, None)?;
        let source = Arc::new(source.ok_or_else(|| not_found(env, &path, "templates"))?);
        let mut seen = about(env, &path, &source);
        seen.extend(locals.iter().cloned());
        found.push(match rendered(env, &source, &syntax, seen)?.used()? {
            Val::None => Val::str(""),
            value => value,
        });
    }
    Ok(found)
}

fn rendered(
    env: &Arc<Env>,
    source: &Arc<Source>,
    syntax: &Syntax,
    seen: Vec<(String, Val)>,
) -> Outcome {
    let origin = parse::Origin::FILE.with(syntax.clone());
    let template = parse::located(&source.text, &origin)
        .map_err(|(fault, spot)| Fault::placed(fault, source, spot))?;
    let _watch = Watch::begin(false);
    let mut run = Run::new(env, &template, seen);
    let folder = source.path.rsplit_once('/').map(|(folder, _)| folder.into());
    run.home = Home { folder, ..run.home };
    run.place = Place { file: Some(Arc::clone(source)), stands_for: None };
    Ok(template.with_its_end(run.template(&template)))
}

/// What a template that is a file may know about itself.
fn about(env: &Arc<Env>, path: &str, source: &Source) -> Vec<(String, Val)> {
    let mut known = vec![
        ("template_path".to_owned(), Val::str(path)),
        ("template_fullpath".to_owned(), Val::str(&source.path)),
        ("template_destpath".to_owned(), Val::None),
    ];
    if env.variable("ansible_managed").is_none() {
        known.push(("ansible_managed".to_owned(), Val::str("Ansible managed")));
    }
    known
}

/// The signs that the options ask for.
fn syntax(options: &mut Options<'_>) -> Outcome<Syntax> {
    const SIGNS: &[&str] = &[
        "variable_start_string",
        "variable_end_string",
        "comment_start_string",
        "comment_end_string",
    ];
    let mut syntax = Syntax::default();
    for sign in SIGNS {
        if let Some(value) = options.text(sign)? {
            syntax.set(sign, &Data::Text(value)).map_err(Fault::new)?;
        }
    }
    let trim = options.flag("trim_blocks", true)?;
    syntax.set("trim_blocks", &Data::Bool(trim)).map_err(Fault::new)?;
    syntax.checked().map_err(Fault::new)
}
