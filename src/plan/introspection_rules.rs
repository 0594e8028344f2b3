//! `overcloud introspection rules configure`: Ironic has the site's inspection rules, and no other one that Ymir made.

use camino::Utf8Path;

use super::{
    Plan,
    action::{
        Action,
        ironic::{EnsureRule, IronicAction, PruneRules},
    },
};
use crate::model::{inspection_rule::Rule, node::Ironic};

/// The command's words.
pub const COMMAND: &str = "overcloud introspection rules configure";

/// Whose the rules are in reports.
const SUBJECT: &str = "inspection rules";

/// Plans the command. Rules of the same priority are applied in the order in which Ironic got them: so they are sent one
/// after the other, in the site's order. `notes` is where Ymir notes what it sent of rules that Ironic does not show.
pub fn plan(ironic: &Ironic, rules: &[Rule], notes: &Utf8Path) -> Plan {
    let ensure = |rule: &Rule| {
        let action =
            EnsureRule { ironic: ironic.clone(), rule: rule.clone(), notes: notes.to_owned() };
        (rule.description.clone(), Action::Ironic(IronicAction::Rule(Box::new(action))))
    };
    let keep = rules.iter().map(|rule| rule.description.clone()).collect();
    let prune = PruneRules { ironic: ironic.clone(), keep };
    let prune = Action::Ironic(IronicAction::Prune(Box::new(prune)));
    let prune = ("take away what the site has no more".to_owned(), prune);
    let steps: Vec<_> = rules.iter().map(ensure).chain([prune]).collect();
    Plan::named(COMMAND).stage("rules", &[steps], |steps| (SUBJECT.to_owned(), steps.clone()))
}
