//! Whether filters and tests are known, and values changed.

use super::{Checked, Pass, names};
use crate::ansible::template::{
    checks, filters,
    tree::{Arg, Expr},
};

/// Methods that change what they are called on.
const MUTATING: &[&str] = &[
    "append",
    "extend",
    "insert",
    "update",
    "pop",
    "remove",
    "clear",
    "setdefault",
    "popitem",
    "sort",
    "reverse",
];

impl Pass {
    /// Goes through an expression. What may never be looked at may have filters and tests that are not there: that is
    /// a fault only when it is.
    pub(super) fn expr(&mut self, expr: &Expr, is_soft: bool) -> Checked {
        match expr {
            Expr::Filter { name, .. } if !is_soft && !filters::is_known(name) => {
                return Err(format!("No filter named '{name}'."));
            }
            Expr::Test { name, .. } if !is_soft && !is_test(name) => {
                return Err(format!("No test named '{name}'."));
            }
            Expr::Call { callee, .. } => self.note(callee),
            _ => {}
        }
        let is_soft = is_soft || matches!(expr, Expr::IfElse { .. });
        let mut checked = Ok(());
        names::each_inside(expr, &mut |inner| {
            if checked.is_ok() {
                checked = self.expr(inner, is_soft);
            }
        });
        checked
    }

    pub(super) fn call(&mut self, callee: &Expr, args: &[Arg], is_soft: bool) -> Checked {
        self.note(callee);
        self.expr(callee, is_soft)?;
        args.iter().try_for_each(|arg| self.expr(names::value_of(arg), is_soft))
    }

    fn note(&mut self, callee: &Expr) {
        if let Expr::Attr(_, method) = callee {
            self.mutates |= MUTATING.contains(&&**method);
        }
    }
}

/// Whether there may be a test of this name.
pub(in crate::ansible::template) fn is_test(name: &str) -> bool {
    checks::is_known(name) || name.starts_with("ansible.utils.")
}
