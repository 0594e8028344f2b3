//! Names of groups, hosts and networks in values.

use super::{Kind, Reference, is_templated};
use crate::{
    ansible::yaml::{Data, Node},
    origin::Origin,
};

impl Reference {
    /// Every text in a value that its type says is a name, with its kind and place; templates are left out.
    pub fn names_in(&self, kind: &Kind, node: &Node) -> Vec<(Kind, String, Origin)> {
        let mut found = Vec::new();
        self.collect_names(kind, node, &mut found);
        found
    }

    fn collect_names(&self, kind: &Kind, node: &Node, found: &mut Vec<(Kind, String, Origin)>) {
        match (kind, &node.data) {
            (Kind::Network | Kind::Group | Kind::Host, Data::Text(text))
                if !text.is_empty() && !is_templated(text) =>
            {
                found.push((kind.clone(), text.clone(), node.origin.clone()));
            }
            (Kind::Optional(inner), _) => self.collect_names(inner, node, found),
            (Kind::Either(kinds), _) => {
                for kind in kinds {
                    self.collect_names(kind, node, found);
                }
            }
            (Kind::List(item), Data::List(items)) => {
                for node in items {
                    self.collect_names(item, node, found);
                }
            }
            (Kind::Map(value), Data::Map(pairs)) => {
                for (_, node) in pairs {
                    self.collect_names(value, node, found);
                }
            }
            (Kind::Object(name), Data::Map(pairs)) => {
                let Some(object) = self.objects.get(name) else { return };
                let typed = pairs.iter().filter_map(|(key, node)| {
                    let key = key.data.as_text()?;
                    Some((object.needs.get(key).or_else(|| object.may.get(key))?, node))
                });
                for (kind, node) in typed {
                    self.collect_names(kind, node, found);
                }
            }
            _ => {}
        }
    }
}
