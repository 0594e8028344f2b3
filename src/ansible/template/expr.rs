//! Evaluates expressions.

use super::{
    access,
    call::Args,
    checks,
    fault::{Fault, Outcome},
    filters, meter,
    objects::Object,
    ops,
    run::Run,
    tree::{Arg, Comparison, Expr},
    value::{Dict, Key, Val},
};
use std::sync::Arc;

impl Run {
    /// An expression's value. What is undefined is the value `Missing`; what went wrong ends the template.
    pub(super) fn expr(&mut self, expr: &Expr) -> Outcome {
        let _inside = meter::deeper()?;
        Ok(match expr {
            Expr::Const(value) => value.clone(),
            Expr::Name(name) => self.name(name),
            Expr::Attr(base, name) => access::attribute(&self.expr(base)?, name),
            Expr::Item(base, key) => {
                let base = self.expr(base)?;
                access::item(&base, &self.expr(key)?)?
            }
            Expr::Slice(base, parts) => self.slice(base, parts)?,
            Expr::Not(expr) => Val::Bool(!self.expr(expr)?.truth()?),
            Expr::Negative(expr) => ops::negative(&self.expr(expr)?)?,
            Expr::And(left, right) => {
                let left = self.expr(left)?;
                if left.truth()? { self.expr(right)? } else { left }
            }
            Expr::Or(left, right) => {
                let left = self.expr(left)?;
                if left.truth()? { left } else { self.expr(right)? }
            }
            Expr::Binary(op, left, right) => {
                let left = self.expr(left)?;
                ops::binary(*op, &left, &self.expr(right)?)?
            }
            Expr::Compare(first, others) => self.comparison(first, others)?,
            Expr::IfElse { test, yes, no } => self.choice(test, yes, no.as_deref())?,
            Expr::Filter { name, input, args } => {
                let input = match input {
                    Some(input) => self.expr(input)?,
                    None => Val::None,
                };
                let args = self.args(args)?;
                filters::apply(&self.env, name, input, args)
            }
            Expr::Test { name, input, args } => {
                let input = self.expr(input)?;
                let args = self.args(args)?;
                checks::apply(&self.env, name, input, args)
            }
            Expr::Call { callee, args } => {
                let args = self.args(args)?;
                self.call(callee, args)?
            }
            Expr::List(items) => Val::list(self.exprs(items)?),
            Expr::Tuple(items) => Val::tuple(self.exprs(items)?),
            Expr::Dict(pairs) => self.dict(pairs)?,
        })
    }

    fn slice(&mut self, base: &Expr, parts: &[Option<Box<Expr>>; 3]) -> Outcome {
        let base = self.expr(base)?.used()?;
        let mut part = |expr: &Option<Box<Expr>>| match expr {
            Some(expr) => self.expr(expr)?.used(),
            None => Ok(Val::None),
        };
        let parts = [part(&parts[0])?, part(&parts[1])?, part(&parts[2])?];
        access::slice(&base, &parts)
    }

    fn choice(&mut self, test: &Expr, yes: &Expr, no: Option<&Expr>) -> Outcome {
        if self.expr(test)?.truth()? {
            return self.expr(yes);
        }
        no.map_or(Ok(Val::Blank), |expr| self.expr(expr))
    }

    fn dict(&mut self, pairs: &[(Expr, Expr)]) -> Outcome {
        let mut made = indexmap::IndexMap::with_capacity(pairs.len());
        for (key, value) in pairs {
            let key = Key::new(self.expr(key)?)?;
            made.insert(key, self.expr(value)?);
        }
        Ok(Val::Dict(Dict::new(made)))
    }

    fn exprs(&mut self, exprs: &[Expr]) -> Outcome<Vec<Val>> {
        exprs.iter().map(|expr| self.expr(expr)).collect()
    }

    fn name(&mut self, name: &str) -> Val {
        if let Some(found) = self.lookup(name) {
            return found;
        }
        match super::globals::find(name) {
            Some(Val::Omit) => Val::Omit,
            Some(found) => found,
            None => Val::undefined(name),
        }
    }

    fn comparison(&mut self, first: &Expr, others: &[(Comparison, Expr)]) -> Outcome {
        let mut left = self.expr(first)?;
        for (op, right) in others {
            let right = self.expr(right)?;
            if !ops::compare(*op, &left, &right)? {
                return Ok(Val::Bool(false));
            }
            left = right;
        }
        Ok(Val::Bool(true))
    }

    pub(super) fn args(&mut self, args: &[Arg]) -> Outcome<Args> {
        let mut found = Args::default();
        for arg in args {
            match arg {
                Arg::Positional(expr) => found.positional.push(self.expr(expr)?),
                Arg::Named(name, expr) => {
                    let value = self.expr(expr)?;
                    found.named.push((Arc::clone(name), value));
                }
                Arg::Spread(expr) => found.positional.extend(self.expr(expr)?.iterate()?),
                Arg::SpreadNamed(expr) => {
                    let pairs = spread(&self.expr(expr)?.used()?)?;
                    found.named.extend(pairs);
                }
            }
        }
        Ok(found)
    }

    /// Calls a method, a macro or a global function. A missing argument makes the result missing.
    pub(super) fn call(&mut self, callee: &Expr, args: Args) -> Outcome {
        if let Expr::Attr(base, method) = callee {
            let base = self.expr(base)?.forced();
            if matches!(base, Val::Missing(_)) {
                return Ok(base);
            }
            if let Some(missing) = args.first_missing() {
                return Ok(missing);
            }
            if let Some(result) = super::methods::call(&base, method, args.clone()) {
                return Ok(result.unwrap_or_else(Val::Missing));
            }
            let found = access::attribute(&base, method).used()?;
            return self.call_value(&found, args);
        }
        let found = self.expr(callee)?.used()?;
        self.call_value(&found, args)
    }

    fn call_value(&mut self, callee: &Val, args: Args) -> Outcome {
        let object = match callee {
            Val::Object(object) => object,
            other => {
                let kind = other.type_name();
                return Err(Fault::new(format!("'{kind}' object is not callable")));
            }
        };
        match object.as_ref() {
            Object::Macro { decl, seen } => self.call_macro(decl, seen, args),
            Object::Function(name) => Ok(super::globals::call(&self.env, name, args)),
            Object::Joiner { .. } => Ok(object.next().unwrap_or(Val::None)),
            other => {
                let kind = other.type_name();
                Err(Fault::new(format!("'{kind}' object is not callable")))
            }
        }
    }
}

/// The pairs of `**dict` in a call.
fn spread(value: &Val) -> Outcome<Vec<(Arc<str>, Val)>> {
    let Val::Dict(dict) = value else {
        return Err(Fault::new("argument after ** must be a mapping"));
    };
    let pair = |(key, value): (Key, Val)| (key.as_val().as_str().unwrap_or_default().into(), value);
    Ok(dict.pairs().into_iter().map(pair).collect())
}
