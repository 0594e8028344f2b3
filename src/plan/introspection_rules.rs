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

/// Whose the rules are in reports that are about none of them.
const SUBJECT: &str = "inspection rules";

/// Plans the command. `notes` is where Ymir notes what it sent of rules that Ironic does not show.
pub fn plan(ironic: &Ironic, rules: &[Rule], notes: &Utf8Path) -> Plan {
    let ensure = |rule: &Rule| {
        let action =
            EnsureRule { ironic: ironic.clone(), rule: rule.clone(), notes: notes.to_owned() };
        let action = Action::Ironic(IronicAction::Rule(Box::new(action)));
        (rule.description.clone(), vec![("inspection rule".to_owned(), action)])
    };
    let keep: Vec<_> = rules.iter().map(|rule| rule.description.clone()).collect();
    let prune = |keep: &Vec<String>| {
        let action = PruneRules { ironic: ironic.clone(), keep: keep.clone() };
        let action = Action::Ironic(IronicAction::Prune(Box::new(action)));
        (SUBJECT.to_owned(), vec![("take away what the site has no more".to_owned(), action)])
    };
    Plan::named(COMMAND).stage("rules", rules, ensure).stage("prune", &[keep], prune)
}
