//! Texts in templates that are templates themselves: terms of lookups, and nothing else, render them.

use super::{
    call::Args,
    env, lookups, parse,
    run::Run,
    tree::{Arg, Expr},
    value::{Dict, Key, Val},
};

impl Run {
    /// A text of the template; one that is a template itself is known again wherever it goes unchanged.
    pub(super) fn constant(&self, value: &Val) -> Val {
        if let Val::Str(text) = value
            && env::is_template(text)
        {
            self.shared.note_constant(text);
        }
        value.clone()
    }

    /// Ansible renders constant terms of lookups that look like templates: `lookup('file', '{{ path }}')`.
    pub(super) fn render_constants(&self, given: &[Arg], args: &mut Args) {
        if args.first_missing().is_some_and(|_| !lookups::take_missing(args)) {
            return;
        }
        // The first one is the lookup's name; after a `*` nobody knows which is which.
        let exprs = given.iter().map_while(|arg| match arg {
            Arg::Positional(expr) => Some(expr),
            Arg::Named(..) | Arg::Spread(_) | Arg::SpreadNamed(_) => None,
        });
        let exprs = exprs.map(Some).chain(std::iter::repeat(None));
        for (expr, value) in exprs.zip(&mut args.positional).skip(1) {
            *value = self.constants_rendered(value, expr.is_some_and(is_made_here));
        }
    }

    /// The value with constants rendered; those in lists and dicts only if the template has made them.
    fn constants_rendered(&self, value: &Val, is_made_here: bool) -> Val {
        let rendered = |value: &Val| self.constants_rendered(value, true);
        match value {
            Val::Str(text) if self.shared.is_constant(text) => {
                self.env.render(text, &parse::Origin::YAML)
            }
            Val::List(items) if is_made_here => {
                Val::list(items.raw().iter().map(rendered).collect())
            }
            Val::Tuple(items) if is_made_here => {
                Val::tuple(items.iter().map(rendered).collect::<Vec<_>>())
            }
            Val::Dict(dict) if is_made_here => {
                let pair = |(key, value): (Key, Val)| (key, rendered(&value));
                Val::Dict(Dict::new(dict.raw().into_iter().map(pair).collect()))
            }
            _ => value.clone(),
        }
    }
}

/// Whether a list or dict is as the template has written it: what filters and calls give is Ansible's own.
fn is_made_here(expr: &Expr) -> bool {
    match expr {
        Expr::List(_) | Expr::Tuple(_) | Expr::Dict(_) | Expr::Name(_) => true,
        Expr::And(left, right) | Expr::Or(left, right) => is_made_here(left) || is_made_here(right),
        Expr::IfElse { yes, no, .. } => {
            is_made_here(yes) || no.as_deref().is_some_and(is_made_here)
        }
        _ => false,
    }
}
