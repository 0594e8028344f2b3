//! Goes through the names of a template.

use crate::ansible::template::tree::{Arg, Expr, For, Macro, Name, Placed, Stmt};

/// How a name is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    Load,
    Store,
}

type See<'see> = &'see mut dyn FnMut(Use, &Name);

/// The value of an argument.
pub(super) fn value_of(arg: &Arg) -> &Expr {
    match arg {
        Arg::Positional(expr)
        | Arg::Named(_, expr)
        | Arg::Spread(expr)
        | Arg::SpreadNamed(expr) => expr,
    }
}

/// Shows all names that an expression uses.
pub(super) fn each_of(expr: &Expr, see: &mut dyn FnMut(&Name)) {
    if let Expr::Name(name) = expr {
        return see(name);
    }
    each_inside(expr, &mut |inner| each_of(inner, see));
}

/// Shows the expressions directly inside one.
pub(super) fn each_inside(expr: &Expr, see: &mut dyn FnMut(&Expr)) {
    let mut several = |exprs: &[Expr]| exprs.iter().for_each(&mut *see);
    match expr {
        Expr::Const(_) | Expr::Name(_) => {}
        Expr::Attr(base, _) => see(base),
        Expr::Item(one, other)
        | Expr::And(one, other)
        | Expr::Or(one, other)
        | Expr::Binary(_, one, other) => {
            see(one);
            see(other);
        }
        Expr::Slice(base, parts) => {
            see(base);
            for part in parts.iter().flatten() {
                see(part);
            }
        }
        Expr::Not(one) | Expr::Negative(one) | Expr::Positive(one) => see(one),
        Expr::Compare(first, others) => {
            see(first);
            for (_, other) in others {
                see(other);
            }
        }
        Expr::IfElse { test, yes, no } => {
            see(test);
            see(yes);
            if let Some(no) = no {
                see(no);
            }
        }
        Expr::Filter { input, args, .. } => {
            if let Some(input) = input {
                see(input);
            }
            for arg in args {
                see(value_of(arg));
            }
        }
        Expr::Test { input, args, .. } => {
            see(input);
            for arg in args {
                see(value_of(arg));
            }
        }
        Expr::Call { callee, args } => {
            see(callee);
            for arg in args {
                see(value_of(arg));
            }
        }
        Expr::List(items) | Expr::Tuple(items) => several(items),
        Expr::Dict(pairs) => pairs.iter().for_each(|(key, value)| {
            see(key);
            see(value);
        }),
    }
}

/// Those of the names that are used before they are set.
pub(super) fn undeclared(body: &[Placed], wanted: &[&'static str]) -> Vec<&'static str> {
    let mut open = wanted.to_vec();
    let mut found = Vec::new();
    let mut see = |how: Use, name: &Name| {
        let Some(at) = open.iter().position(|wanted| **wanted == **name) else { return };
        match how {
            Use::Load if !found.contains(&open[at]) => found.push(open[at]),
            Use::Load => {}
            Use::Store => drop(open.remove(at)),
        }
    };
    each_used(body, false, &mut see);
    found
}

/// Whether a loop's body looks at the loop.
pub(super) fn needs_loop(body: &[Placed]) -> bool {
    !undeclared(body, &["loop"]).is_empty() || body.iter().any(|placed| has_scoped(&placed.stmt))
}

fn has_scoped(stmt: &Stmt) -> bool {
    let any = |body: &[Placed]| body.iter().any(|placed| has_scoped(&placed.stmt));
    match stmt {
        Stmt::Block(block) => block.is_scoped || any(&block.body),
        Stmt::For(found) => any(&found.body) || any(&found.otherwise),
        Stmt::If { yes, no, .. } => any(yes) || any(no),
        Stmt::With { body, .. }
        | Stmt::SetBlock { body, .. }
        | Stmt::FilterBlock { body, .. }
        | Stmt::Scope { body, .. } => any(body),
        Stmt::Macro(found) => any(&found.body),
        Stmt::CallBlock { caller, .. } => any(&caller.body),
        _ => false,
    }
}

/// Whether a loop, or anything in it, sets `loop`.
pub(super) fn sets_loop(found: &For) -> bool {
    let mut sets = false;
    for_loop(found, true, &mut |how, name| sets |= how == Use::Store && &**name == "loop");
    sets
}

/// Shows the names in the order in which Jinja2 has them in its tree; `with_blocks` only those that are set, and of all
/// blocks inside.
fn each_used(body: &[Placed], with_blocks: bool, see: See<'_>) {
    for placed in body {
        used(&placed.stmt, with_blocks, see);
    }
}

fn loads(expr: &Expr, see: See<'_>) {
    each_of(expr, &mut |name| see(Use::Load, name));
}

fn targets(target: &Expr, see: See<'_>) {
    match target {
        Expr::Name(name) => see(Use::Store, name),
        Expr::Tuple(items) => items.iter().for_each(|item| targets(item, see)),
        // The namespace in `ns.name` counts as no use.
        _ => {}
    }
}

fn for_loop(found: &For, with_blocks: bool, see: See<'_>) {
    targets(&found.target, see);
    loads(&found.items, see);
    each_used(&found.body, with_blocks, see);
    each_used(&found.otherwise, with_blocks, see);
    if let Some(test) = &found.condition {
        loads(test, see);
    }
}

fn parameters(found: &Macro, with_blocks: bool, see: See<'_>) {
    if !with_blocks {
        for (name, _) in &found.parameters {
            see(Use::Store, name);
        }
    }
    found.parameters.iter().filter_map(|(_, default)| default.as_ref()).for_each(|default| {
        loads(default, see);
    });
}

fn used(stmt: &Stmt, with_blocks: bool, see: See<'_>) {
    match stmt {
        Stmt::Text(_) => {}
        Stmt::Emit(expr)
        | Stmt::Extends(expr)
        | Stmt::Include { name: expr, .. }
        | Stmt::Import { template: expr, .. }
        | Stmt::FromImport { template: expr, .. } => loads(expr, see),
        Stmt::For(found) => for_loop(found, with_blocks, see),
        Stmt::If { test, yes, no } => {
            loads(test, see);
            each_used(yes, with_blocks, see);
            each_used(no, with_blocks, see);
        }
        Stmt::With { assignments, body, .. } => {
            if !with_blocks {
                for (target, _) in assignments {
                    targets(target, see);
                }
            }
            for (_, value) in assignments {
                loads(value, see);
            }
            each_used(body, with_blocks, see);
        }
        Stmt::Set { target, value } => {
            targets(target, see);
            loads(value, see);
        }
        other => used_inside(other, with_blocks, see),
    }
}

/// [`used`] for statements that are a body before all.
fn used_inside(stmt: &Stmt, with_blocks: bool, see: See<'_>) {
    match stmt {
        Stmt::SetBlock { target, filter, body, .. } => {
            targets(target, see);
            if let Some(filter) = filter {
                loads(filter, see);
            }
            each_used(body, with_blocks, see);
        }
        Stmt::FilterBlock { filter, body, .. } => {
            each_used(body, with_blocks, see);
            loads(filter, see);
        }
        Stmt::Scope { body, .. } => each_used(body, with_blocks, see),
        Stmt::Block(block) if with_blocks => each_used(&block.body, with_blocks, see),
        Stmt::Macro(found) => {
            parameters(found, with_blocks, see);
            each_used(&found.body, with_blocks, see);
        }
        Stmt::CallBlock { callee, args, caller } => {
            loads(callee, see);
            for arg in args {
                loads(value_of(arg), see);
            }
            parameters(caller, with_blocks, see);
            each_used(&caller.body, with_blocks, see);
        }
        _ => {}
    }
}
