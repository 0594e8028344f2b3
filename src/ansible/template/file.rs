//! Renders files that are templates, and remembers from which line each line came.

use super::{
    Evaluator,
    env::{self, Env},
    fault::{Fault, Faulty},
    meter,
    parse::{self, Origin as TextOrigin},
    printed::{self, Lined},
    run::Run,
    spot::Spot,
    value::Val,
};
use crate::{
    origin::Origin,
    trouble::{Result, Trouble},
};
use std::sync::Arc;

/// How Ansible would read a file that is a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// As its module `template` does.
    Plain,
    /// The same, but blanks before a block's tag do not count.
    Stripped,
    /// As Kayobe's modules do that merge files.
    Merged,
}

/// Text, and where each of its lines comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lines {
    pub text: String,
    pub origins: Vec<Origin>,
}

impl Lines {
    /// The text of a file as it stands there.
    pub fn of_file(file: &Arc<str>, text: &str) -> Self {
        let lines = 1..=u32::try_from(text.split_inclusive('\n').count()).unwrap_or(u32::MAX);
        let origins = lines.map(|line| Origin::at(file, line, 1)).collect();
        Self { text: text.to_owned(), origins }
    }

    /// Where a line comes from, counted from 1; lines beyond the end count as the last.
    pub fn origin(&self, line: u32) -> Option<&Origin> {
        let at = usize::try_from(line).unwrap_or(usize::MAX).saturating_sub(1);
        self.origins.get(at).or(self.origins.last())
    }
}

impl Evaluator {
    /// Renders a template; a fault names the place that holds it, and the variables that led there.
    pub fn render(&self, template: &Lines, reading: Reading) -> Result<Lines> {
        if !env::is_template(&template.text) {
            return Ok(template.clone());
        }
        let _counted = meter::begin();
        // Jinja2 knows one kind of line break.
        let text = template.text.replace("\r\n", "\n");
        let rendered = lines(&self.0, &text, reading);
        let Lined { text, lines } = rendered
            .map_err(|(fault, spot)| told(&self.0, template, &fault, spot.of(&text, &fault)))?;
        let origin = |line: u32| template.origin(line).cloned();
        Ok(Lines { text, origins: lines.into_iter().filter_map(origin).collect() })
    }
}

fn lines(env: &Arc<Env>, text: &str, reading: Reading) -> Result<Lined, (Faulty, Spot)> {
    let origin = match reading {
        Reading::Plain => TextOrigin::FILE,
        Reading::Stripped => TextOrigin::FILE.stripped(),
        Reading::Merged => TextOrigin::YAML.stripped(),
    };
    let template = parse::located(text, &origin)?;
    let printed = Run::new(env, &template, Vec::new()).printed(&template);
    let mut lined = printed::lined(&printed)?;
    let prints = |piece: &printed::Printed| !matches!(piece.value, Val::None | Val::Omit);
    if printed.iter().any(prints) {
        lined.end_with_breaks(template.trailing_newlines);
    }
    Ok(lined)
}

fn told(env: &Arc<Env>, template: &Lines, fault: &Fault, spot: Spot) -> Trouble {
    let line = template.origin(spot.line).cloned();
    let origin = line.unwrap_or_else(|| Origin::whole("a template"));
    let origin = Origin { column: spot.column, ..origin };
    let what = format!("{}: rendering {}", env.host(), origin.file);
    fault.to_file_trouble(what, &origin)
}
