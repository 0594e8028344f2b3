//! Evaluates expressions.

use super::{
    access,
    call::Args,
    checks,
    fault::{Fault, Outcome},
    filters,
    frames::{self, Slot},
    lazy, meter, method_names,
    objects::Object,
    ops,
    run::Run,
    scope, signatures,
    tree::{Arg, Comparison, Expr},
    value::{Dict, Key, Val},
    watch::Watch,
};
use std::sync::Arc;

impl Run {
    /// An expression's value. What is undefined is the value `Missing`; what went wrong ends the template.
    pub(super) fn expr(&mut self, expr: &Expr) -> Outcome {
        let _inside = meter::deeper()?;
        Ok(match expr {
            Expr::Const(value) => self.constant(value),
            Expr::Name(name) => self.name(name),
            Expr::Attr(base, name) => {
                let base = self.expr(base)?.forced();
                // At once, whatever becomes of it.
                if matches!(base, Val::Blank) {
                    return Err(access::blank());
                }
                self.looked_at(access::attribute(&base, name))?
            }
            Expr::Item(base, key) => {
                let base = self.expr(base)?;
                let found = access::item(&base, &self.expr(key)?)?;
                self.looked_at(found)?
            }
            Expr::Slice(base, parts) => self.slice(base, parts)?,
            Expr::Not(expr) => Val::Bool(!self.expr(expr)?.truth()?),
            Expr::Negative(expr) => ops::negative(&self.expr(expr)?)?,
            Expr::Positive(expr) => ops::positive(&self.expr(expr)?)?,
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
            Expr::Filter { name, input, args } => self.filter(name, input.as_deref(), args)?,
            Expr::Test { name, input, args } => self.test(name, input, args)?,
            Expr::Call { callee, args: given } => {
                let callee = self.callee(callee)?;
                let mut args = self.args(given)?;
                if callee.is_lookup() {
                    self.render_constants(given, &mut args);
                }
                self.call(callee, args)
            }
            Expr::List(items) => Val::list(self.exprs(items)?),
            Expr::Tuple(items) => Val::tuple(self.exprs(items)?),
            Expr::Dict(pairs) => self.dict(pairs)?,
        })
    }

    fn filter(&mut self, name: &str, input: Option<&Expr>, args: &[Arg]) -> Outcome {
        let input = input.map_or(Ok(Val::None), |input| self.expr(input))?;
        let args = self.args(args)?;
        if !filters::is_known(name) {
            return Err(Fault::unknown(name, format!("No filter named '{name}' found.")));
        }
        Ok(lazy::of_filter(&self.env, filters::apply(&self.env, name, input, args)))
    }

    fn test(&mut self, name: &str, input: &Expr, args: &[Arg]) -> Outcome {
        let input = self.expr(input)?;
        let args = self.args(args)?;
        if !scope::is_test(name) {
            return Err(Fault::unknown(name, format!("No test named '{name}' found.")));
        }
        Ok(checks::apply(&self.env, name, input, args))
    }

    fn looked_at(&self, part: Val) -> Outcome {
        if self.is_strict { part.used() } else { Ok(part) }
    }

    fn slice(&mut self, base: &Expr, parts: &[Option<Box<Expr>>; 3]) -> Outcome {
        let base = self.expr(base)?.forced();
        let mut part = |expr: &Option<Box<Expr>>| match expr {
            Some(expr) => self.expr(expr),
            None => Ok(Val::None),
        };
        let parts = [part(&parts[0])?, part(&parts[1])?, part(&parts[2])?];
        if matches!(base, Val::Missing(_)) {
            return Ok(base);
        }
        let parts = parts.map(Val::forced);
        access::slice(&base, &parts)
    }

    fn choice(&mut self, test: &Expr, yes: &Expr, no: Option<&Expr>) -> Outcome {
        if self.expr(test)?.truth()? {
            return self.expr(yes);
        }
        no.map_or(Ok(Val::Blank), |expr| self.expr(expr))
    }

    fn dict(&mut self, pairs: &[(Expr, Expr)]) -> Outcome {
        // As in Python, all values are there before it is seen whether the keys can be keys.
        let pair = |(key, value): &(Expr, Expr)| Ok((self.expr(key)?, self.expr(value)?));
        let pairs = pairs.iter().map(pair).collect::<Outcome<Vec<_>>>()?.into_iter();
        let made = pairs.map(|(key, value)| Ok((Key::new(key)?, value))).collect::<Outcome<_>>()?;
        Ok(Val::Dict(Dict::new(made)))
    }

    fn exprs(&mut self, exprs: &[Expr]) -> Outcome<Vec<Val>> {
        exprs.iter().map(|expr| self.expr(expr)).collect()
    }

    /// What a name stands for here.
    fn name(&mut self, name: &str) -> Val {
        match frames::found(&self.frames[1..], name) {
            Some(Slot::Value(value)) => value,
            Some(Slot::Undefined) => Val::undefined(name),
            Some(Slot::Given) | None => match self.faulty.get(name) {
                Some(fault) => Val::Missing(Arc::clone(fault)),
                None => self.looked_up(name),
            },
        }
    }

    fn looked_up(&mut self, name: &str) -> Val {
        let given = self.given(name);
        if let Some(Val::Missing(fault)) = &given {
            self.faulty.insert(name.to_owned(), Arc::clone(fault));
        }
        given.or_else(|| super::globals::find(name)).unwrap_or_else(|| Val::undefined(name))
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

    /// What a call calls.
    pub(super) fn callee(&mut self, callee: &Expr) -> Outcome<Callee> {
        let Expr::Attr(base, method) = callee else {
            return Ok(Callee::Value(self.expr(callee)?.forced()));
        };
        let base = self.expr(base)?.forced();
        Ok(match base {
            Val::Missing(_) => Callee::Value(base),
            base => Callee::Method(base, Arc::clone(method)),
        })
    }

    /// Calls a method, a macro or a global function. What fails or is missing makes the result missing.
    pub(super) fn call(&mut self, callee: Callee, args: Args) -> Val {
        if !callee.takes_missing()
            && let Some(missing) = args.first_missing()
        {
            return missing;
        }
        let callee = match callee {
            Callee::Value(value) => value,
            Callee::Method(base, method) => {
                if let Some(result) = called(&base, &method, &args) {
                    return result;
                }
                access::attribute(&base, &method)
            }
        };
        if matches!(callee, Val::Missing(_)) {
            return callee;
        }
        self.call_value(&callee, args).unwrap_or_else(Val::Missing)
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
            Object::Macro(called) => self.call_macro(called, args).map(Val::listed),
            Object::Loop(state) => self.call_loop(state, args),
            Object::Block(of) => self.call_block(of, &args),
            Object::Function(name) => Ok(super::globals::call(&self.env, name, args)),
            Object::Method { base, name } => called(base, name, &args)
                .ok_or_else(|| Fault::new(format!("the method `{name}` is not supported"))),
            Object::Joiner { .. } => {
                args.end()?;
                Ok(object.next().unwrap_or(Val::None))
            }
            other => {
                let kind = other.type_name();
                Err(Fault::new(format!("'{kind}' object is not callable")))
            }
        }
    }
}

/// What a call calls: a method by its name, or a value.
pub(super) enum Callee {
    Method(Val, Arc<str>),
    Value(Val),
}

impl Callee {
    fn is_lookup(&self) -> bool {
        let Self::Value(Val::Object(object)) = self else { return false };
        matches!(object.as_ref(), Object::Function("lookup" | "query" | "q"))
    }

    /// Whether what is called looks for itself at arguments that are missing, or is missing itself.
    fn takes_missing(&self) -> bool {
        let called = match self {
            Self::Value(called) => called.clone(),
            Self::Method(base, name) if method_names::known(base, name).is_some() => return false,
            Self::Method(base, name) => access::attribute(base, name),
        };
        match called.forced() {
            Val::Object(object) => matches!(&*object, Object::Macro(_) | Object::Function(_)),
            called => matches!(called, Val::Missing(_)),
        }
    }
}

/// What a method gives; `None` if the value has none of this name.
fn called(base: &Val, method: &str, args: &Args) -> Option<Val> {
    let fits =
        signatures::of_method(base, method).map_or(Ok(()), |known| signatures::check(args, known));
    if let Err(fault) = fits {
        return Some(Val::Missing(fault));
    }
    let _watch = Watch::begin(true);
    let result = super::methods::call(base, method, args.clone())?;
    Some(result.map_or_else(Val::Missing, Val::listed))
}

/// The pairs of `**dict` in a call.
fn spread(value: &Val) -> Outcome<Vec<(Arc<str>, Val)>> {
    let Val::Dict(dict) = value else {
        return Err(Fault::new("argument after ** must be a mapping"));
    };
    let pair = |(key, value): (Key, Val)| match key.as_val() {
        Val::Str(name) => Ok((Arc::clone(name), value)),
        _ => Err(Fault::new("keywords must be strings")),
    };
    dict.pairs().into_iter().map(pair).collect()
}
