//! Inventories that are made of others: `plugin: constructed` sets variables and makes groups with templates.

mod options;
mod view;

use std::sync::Arc;

use serde_json::Value;

pub(super) use self::options::is_constructed;
use self::{
    options::{Keyed, Options},
    view::{Known, View},
};
use super::{Inventory, source::Place};
use crate::{
    ansible::{
        files::{Files, variable_name},
        template::{Evaluator, Scope},
        yaml::Node,
    },
    origin::Origin,
    trouble::{Result, Trouble},
};

/// What all constructed inventories are read with.
pub(super) struct Around<'a> {
    pub(super) files: &'a Files,
    /// The inventories that were read before.
    pub(super) sources: &'a [String],
    /// A condition may be something else than true or false.
    pub(super) any_condition: bool,
}

/// Sets the variables and adds the groups that the options say, host by host.
pub(super) fn read(
    inventory: &mut Inventory,
    root: &Node,
    place: &Place,
    around: &Around<'_>,
) -> Result<()> {
    let options = Options::read(root, place, !inventory.hosts.is_empty())?;
    let known = Known::new(around, options.use_vars_plugins);
    for host in 0..inventory.hosts.len() {
        let mut reader = Reader { inventory, options: &options, around, known: &known, host };
        reader.compose()?;
        // The variables that were just set count for the groups.
        let (evaluator, _) = reader.evaluator()?;
        reader.groups(&evaluator)?;
        reader.keyed_groups(&evaluator)?;
    }
    Ok(())
}

struct Reader<'a> {
    inventory: &'a mut Inventory,
    options: &'a Options,
    around: &'a Around<'a>,
    known: &'a Known<'a>,
    host: usize,
}

impl Reader<'_> {
    /// What sees the host's variables so far.
    fn evaluator(&self) -> Result<(Evaluator, Arc<View>)> {
        let view = Arc::new(self.known.view(self.inventory, self.host)?);
        let scope: Arc<dyn Scope> = Arc::clone(&view) as Arc<dyn Scope>;
        Ok((Evaluator::new(scope), view))
    }

    /// What failed ends the reading only if the options are strict: facts that are not known yet are missing often.
    fn tolerated<T>(&self, outcome: Result<T>, what: &str, origin: &Origin) -> Result<Option<T>> {
        match outcome {
            Ok(value) => Ok(Some(value)),
            Err(trouble) if self.options.strict => {
                let host = &self.inventory.hosts[self.host].name;
                Err(trouble.while_trying(format!("{what} for {host} at {origin}")))
            }
            Err(trouble) => {
                tracing::debug!("{origin}: {what}: {trouble}");
                Ok(None)
            }
        }
    }

    fn compose(&mut self) -> Result<()> {
        let options = self.options;
        // Each sees the same variables: none that another one sets.
        let mut composed = Vec::new();
        for (name, expression) in &options.compose {
            let (evaluator, view) = self.evaluator()?;
            let value = evaluator.expression(expression);
            let what = format!("setting `{}`", name.data.as_text().unwrap_or_default());
            let Some(value) = self.tolerated(value, &what, &expression.origin)? else { continue };
            if let Some(name) = variable_name(name) {
                composed.push((name, value, &expression.origin, view.has_read_secret()));
            }
        }
        composed
            .into_iter()
            .try_for_each(|(name, value, origin, secret)| self.set(name, &value, origin, secret))
    }

    fn set(&mut self, name: &str, value: &Value, origin: &Origin, secret: bool) -> Result<()> {
        let node = super::never_templates(&Node::of_value(value, origin));
        let host = self.inventory.hosts[self.host].name.clone();
        if secret {
            self.inventory.hosts[self.host].from_vault.insert(name.to_owned());
        }
        self.inventory.set_variable(&host, name, node)
    }

    fn groups(&mut self, evaluator: &Evaluator) -> Result<()> {
        for (name, condition) in &self.options.groups {
            let unnamed = || {
                Trouble::refused("making groups of conditions")
                    .because(format!("the name of a group is {}, not text", name.data.kind()))
                    .at(&name.origin)
                    .hint("quote it")
            };
            // As in Ansible, what is empty or zero is wrong only where the condition holds.
            if name.data.as_text().is_none() && !name.data.is_nothing() {
                return Err(unnamed());
            }
            let holds = self.condition(evaluator, condition);
            let text = name.data.as_text().unwrap_or_default();
            let what = format!("asking whether `{text}` has it");
            if self.tolerated(holds, &what, &condition.origin)? != Some(true) {
                continue;
            }
            if text.is_empty() {
                return Err(unnamed());
            }
            self.join(&valid_name(text), &condition.origin)?;
        }
        Ok(())
    }

    fn condition(&self, evaluator: &Evaluator, condition: &Node) -> Result<bool> {
        match evaluator.condition(condition, self.around.any_condition)? {
            Value::Bool(holds) => Ok(holds),
            value if self.around.any_condition => Ok(truthy(&value)),
            value => Err(Trouble::refused("reading a condition")
                .because(format!("it is {value}, neither true nor false"))
                .at(&condition.origin)),
        }
    }

    fn join(&mut self, group: &str, origin: &Origin) -> Result<()> {
        let joined = self.inventory.add_group(group);
        let name = self.inventory.hosts[self.host].name.clone();
        // As in Ansible, a group hides a host of the same name.
        let Some(namesake) = self.inventory.group(&name) else {
            self.inventory.add_host(&name, joined);
            return Ok(());
        };
        let refused =
            |cause| Trouble::refused("making groups of variables").because(cause).at(origin);
        self.inventory.add_child(joined, namesake).map_err(refused)
    }

    fn keyed_groups(&mut self, evaluator: &Evaluator) -> Result<()> {
        let options = self.options;
        options.keyed_groups.iter().try_for_each(|keyed| self.keyed(evaluator, keyed))
    }

    fn keyed(&mut self, evaluator: &Evaluator, keyed: &Keyed) -> Result<()> {
        let origin = &keyed.key.origin;
        let refused = |cause: String| {
            Trouble::refused("making groups of variables").because(cause).at(origin)
        };
        let key = evaluator.expression(&keyed.key);
        let Some(key) = self.tolerated(key, "making groups", origin)? else { return Ok(()) };
        if keyed.contradicts {
            let cause = "only one of `default_value` and `trailing_separator` can be given";
            return Err(refused(cause.to_owned()));
        }
        let names = truthy(&key) || (keyed.default.is_some() && is_blank(&key));
        if !names {
            let nothing = matches!(&key, Value::Array(_) | Value::Object(_));
            if self.options.strict && !nothing {
                let host = &self.inventory.hosts[self.host].name;
                return Err(refused(format!("for {host} the key is empty")));
            }
            return Ok(());
        }
        let Some(parent) = self.parent(evaluator, keyed)? else { return Ok(()) };
        for name in keyed.names(&key).map_err(refused)? {
            let group = valid_name(&keyed.prefixed(&name, self.options.leading_separator));
            if group.is_empty() {
                return Err(refused("the name of a group is empty".to_owned()));
            }
            let joined = self.inventory.add_group(&group);
            let host = self.inventory.hosts[self.host].name.clone();
            self.inventory.add_host(&host, joined);
            if !parent.is_empty() {
                let parent = self.inventory.add_group(&valid_name(&parent));
                self.inventory.add_child(parent, joined).map_err(refused)?;
            }
        }
        Ok(())
    }

    /// The name of the group above, empty for none; `None` if it cannot be told.
    fn parent(&self, evaluator: &Evaluator, keyed: &Keyed) -> Result<Option<String>> {
        let Some(parent) = &keyed.parent else { return Ok(Some(String::new())) };
        let name = evaluator.node("parent_group", parent);
        let name = self.tolerated(name, "naming a parent group", &parent.origin)?;
        let text = |name: Value| match name {
            Value::String(name) => Ok(name),
            name if !truthy(&name) => Ok(String::new()),
            _ => Err(Trouble::refused("making groups of variables")
                .because("the name of a parent group must be text")
                .at(&parent.origin)),
        };
        name.map(text).transpose()
    }
}

/// What Python takes for true.
fn truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(pairs) => !pairs.is_empty(),
    }
}

/// What a default value stands in for.
fn is_blank(value: &Value) -> bool {
    value.is_null() || value.as_str() == Some("")
}

/// A group's name with `_` for every character that a variable's name cannot have.
fn valid_name(name: &str) -> String {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    let fits = |(at, c): (usize, char)| word(c) && (at > 0 || !c.is_numeric());
    name.chars().enumerate().map(|(at, c)| if fits((at, c)) { c } else { '_' }).collect()
}
