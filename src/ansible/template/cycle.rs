//! Finds which variables make a value contain itself, from what they say of each other.

use std::collections::HashSet;

use super::{
    Scope, env,
    lexer::{self, Piece},
    syntax::Syntax,
};
use crate::{
    ansible::yaml::{Data, Node},
    origin::{Origin, Setting},
};

/// More variables than any chain has that can be evaluated.
const LONGEST: usize = 80;

/// The way from a variable into a loop.
pub(super) struct Cycle {
    /// Each variable on the way, with the place of the template that leads to the next.
    pub(super) way: Vec<Setting>,
    /// Where on the way the loop begins.
    start: usize,
}

impl Cycle {
    /// `a -> b -> a`.
    pub(super) fn told(&self) -> String {
        let names = self.way[self.start..].iter().map(|link| &*link.variable);
        names.chain([&*self.way[self.start].variable]).collect::<Vec<_>>().join(" -> ")
    }

    /// The variable that the loop comes back to.
    pub(super) fn name(&self) -> &str {
        &self.way[self.start].variable
    }
}

/// The first loop that is reached from a variable.
pub(super) fn from(scope: &dyn Scope, name: &str) -> Option<Cycle> {
    search(scope, name, &mut Vec::new(), &mut HashSet::new())
}

fn search(
    scope: &dyn Scope,
    name: &str,
    way: &mut Vec<Setting>,
    seen: &mut HashSet<String>,
) -> Option<Cycle> {
    if let Some(start) = way.iter().position(|link| link.variable == name) {
        return Some(Cycle { way: way.clone(), start });
    }
    if way.len() >= LONGEST || !seen.insert(name.to_owned()) {
        return None;
    }
    let node = scope.raw(name).ok()??;
    let mut found = Vec::new();
    references(&node, &mut found);
    found.into_iter().find_map(|(other, origin)| {
        way.push(Setting { variable: name.to_owned(), origin });
        let cycle = search(scope, &other, way, seen);
        way.pop();
        cycle
    })
}

/// The names that templates in a value use, with the places of the templates.
fn references(node: &Node, found: &mut Vec<(String, Origin)>) {
    match &node.data {
        Data::Text(text) if env::is_template(text) => {
            let mut after_dot = false;
            for token in lexer::tokens(text, &Syntax::default(), true).0 {
                let is_dot = token.piece == Piece::Sign(".");
                if let Piece::Name(name) = token.piece
                    && !after_dot
                {
                    found.push((name, node.origin.clone()));
                }
                after_dot = is_dot;
            }
        }
        Data::List(items) => items.iter().for_each(|item| references(item, found)),
        Data::Map(pairs) => pairs.iter().for_each(|(_, value)| references(value, found)),
        _ => {}
    }
}
