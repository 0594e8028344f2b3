//! `--list-tasks`: what a command would do, without a look at the world.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{configuration::rendered, options::Format};
use crate::{plan::Plan, report::write, trouble::Result};

/// Prints the steps of a plan, between the hooks before and after it.
pub(super) fn print(plan: &Plan, [pre, post]: [&[String]; 2], format: Format) -> Result<()> {
    if format == Format::Text {
        return write::result(&text(plan, [pre, post]));
    }
    let lanes = plan.stages.iter().flat_map(|stage| {
        stage.lanes.iter().map(|lane| (stage.name.as_str(), lane.subject.as_str(), &lane.steps))
    });
    let steps = lanes.flat_map(|(stage, subject, steps)| {
        steps.iter().map(move |step| {
            json!({ "stage": stage, "subject": subject, "step": step.id, "title": step.title })
        })
    });
    let all = json!({
        "command": plan.command,
        "hooks": { "pre": pre, "post": post },
        "steps": steps.collect::<Value>(),
    });
    write::result(&rendered(&all, format)?)
}

fn text(plan: &Plan, [pre, post]: [&[String]; 2]) -> String {
    let steps = plan.steps();
    let plural = if steps == 1 { "" } else { "s" };
    let mut text = format!("`{}`: {steps} step{plural}\n", plan.command);
    let hooks = |text: &mut String, files: &[String]| {
        for file in files {
            writeln!(text, "hook {file}").expect("writing to a string");
        }
    };
    hooks(&mut text, pre);
    for stage in &plan.stages {
        writeln!(text, "-- {}", stage.name).expect("writing to a string");
        for lane in &stage.lanes {
            let titles =
                lane.steps.iter().map(|step| format!("{}: {}\n", lane.subject, step.title));
            text.extend(titles);
        }
    }
    hooks(&mut text, post);
    text
}
