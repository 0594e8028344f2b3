//! Turns MiniJinja's syntax tree into Ymir's own.

use std::sync::Arc;

use minijinja::{machinery::ast, value::ValueKind};

use super::{
    checks, filters,
    syntax::Syntax,
    tree::{Arg, Binary, Block, Comparison, Expr, For, Macro, Placed, Stmt},
    value::Val,
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

pub(super) type Lowered<T> = Result<T, String>;

/// What is learned about a template on the way.
#[derive(Debug)]
pub(super) struct Lowering<'text> {
    pub(super) mutates: bool,
    pub(super) blocks: Vec<Arc<Block>>,
    pub(super) text: &'text str,
    pub(super) syntax: &'text Syntax,
    /// How many lines stand before the text.
    first_line: u32,
    /// What is read may never be run: then an unknown filter or test is a fault only when it is.
    is_conditional: bool,
}

impl<'text> Lowering<'text> {
    pub(super) fn new(text: &'text str, syntax: &'text Syntax, first_line: u32) -> Self {
        let blocks = Vec::new();
        Self { mutates: false, blocks, text, syntax, first_line, is_conditional: false }
    }

    pub(super) fn template(&mut self, tree: &ast::Stmt<'_>) -> Lowered<Vec<Placed>> {
        match tree {
            ast::Stmt::Template(template) => self.body(&template.children),
            other => Ok(vec![self.placed(other)?]),
        }
    }

    pub(super) fn body(&mut self, body: &[ast::Stmt<'_>]) -> Lowered<Vec<Placed>> {
        body.iter().map(|stmt| self.placed(stmt)).collect()
    }

    fn placed(&mut self, stmt: &ast::Stmt<'_>) -> Lowered<Placed> {
        Ok(Placed { line: line_of(stmt) + self.first_line, stmt: self.stmt(stmt)? })
    }

    fn stmt(&mut self, stmt: &ast::Stmt<'_>) -> Lowered<Stmt> {
        Ok(match stmt {
            ast::Stmt::Template(template) => Stmt::Body(self.body(&template.children)?),
            ast::Stmt::EmitExpr(emit) => Stmt::Emit(self.expr(&emit.expr)?),
            ast::Stmt::EmitRaw(raw) => Stmt::Text(self.raw(raw.raw)),
            ast::Stmt::ForLoop(found) => {
                Stmt::For(Arc::new(self.inside(false, |own| own.for_loop(found))?))
            }
            ast::Stmt::IfCond(found) => self.inside(true, |own| {
                Ok(Stmt::If {
                    test: own.expr(&found.expr)?,
                    yes: own.body(&found.true_body)?,
                    no: own.body(&found.false_body)?,
                })
            })?,
            ast::Stmt::WithBlock(with) => self.inside(false, |own| own.with(with))?,
            ast::Stmt::Set(set) => {
                Stmt::Set { target: self.expr(&set.target)?, value: self.expr(&set.expr)? }
            }
            ast::Stmt::SetBlock(set) => Stmt::SetBlock {
                target: self.expr(&set.target)?,
                filter: set.filter.as_ref().map(|filter| self.expr(filter)).transpose()?,
                body: self.body(&set.body)?,
            },
            ast::Stmt::AutoEscape(found) => Stmt::Body(self.body(&found.body)?),
            ast::Stmt::FilterBlock(found) => Stmt::FilterBlock {
                filter: self.expr(&found.filter)?,
                body: self.body(&found.body)?,
            },
            ast::Stmt::Block(block) => self.inside(false, |own| own.block(block))?,
            ast::Stmt::Include(include) => self.include(include)?,
            ast::Stmt::Import(import) => self.import(import)?,
            ast::Stmt::FromImport(import) => self.imported_names(import)?,
            ast::Stmt::Extends(extends) => Stmt::Extends(self.expr(&extends.name)?),
            ast::Stmt::Macro(found) => Stmt::Macro(Arc::new(self.macro_of(found)?)),
            ast::Stmt::CallBlock(block) => Stmt::CallBlock {
                callee: self.expr(&block.call.expr)?,
                args: self.args(&block.call.args)?,
                caller: Arc::new(self.macro_of(&block.macro_decl)?),
            },
            ast::Stmt::Do(_) => return Err("Encountered unknown tag 'do'.".into()),
        })
    }

    fn raw(&self, text: &str) -> Arc<str> {
        match &*self.syntax.newline {
            "\n" => text.into(),
            newline => text.replace('\n', newline).into(),
        }
    }

    /// Reads a part of the template, which may never be run or is run whenever its surroundings are.
    fn inside<T>(
        &mut self,
        is_conditional: bool,
        read: impl FnOnce(&mut Self) -> Lowered<T>,
    ) -> Lowered<T> {
        let before = std::mem::replace(&mut self.is_conditional, is_conditional);
        let found = read(self);
        self.is_conditional = before;
        found
    }

    fn with(&mut self, with: &ast::WithBlock<'_>) -> Lowered<Stmt> {
        let pairs = with.assignments.iter();
        let pairs = pairs.map(|(name, value)| Ok((self.expr(name)?, self.expr(value)?)));
        Ok(Stmt::With { assignments: pairs.collect::<Lowered<_>>()?, body: self.body(&with.body)? })
    }

    fn for_loop(&mut self, found: &ast::ForLoop<'_>) -> Lowered<For> {
        Ok(For {
            target: self.expr(&found.target)?,
            items: self.expr(&found.iter)?,
            condition: found.filter_expr.as_ref().map(|expr| self.expr(expr)).transpose()?,
            body: self.body(&found.body)?,
            otherwise: self.body(&found.else_body)?,
            is_recursive: found.recursive,
        })
    }

    fn macro_of(&mut self, found: &ast::Macro<'_>) -> Lowered<Macro> {
        let optional_from = found.args.len() - found.defaults.len();
        let mut parameters = Vec::new();
        for (index, parameter) in found.args.iter().enumerate() {
            let ast::Expr::Var(name) = parameter else {
                return Err("a macro's parameters must be names".into());
            };
            let default = index.checked_sub(optional_from).and_then(|at| found.defaults.get(at));
            let default = default.map(|expr| self.expr(expr)).transpose()?;
            parameters.push((name.id.into(), default));
        }
        let body = self.inside(false, |own| own.body(&found.body))?;
        Ok(Macro { name: found.name.into(), parameters, body })
    }

    fn boxed(&mut self, expr: &ast::Expr<'_>) -> Lowered<Box<Expr>> {
        self.expr(expr).map(Box::new)
    }

    fn exprs(&mut self, exprs: &[ast::Expr<'_>]) -> Lowered<Vec<Expr>> {
        exprs.iter().map(|expr| self.expr(expr)).collect()
    }

    pub(super) fn expr(&mut self, expr: &ast::Expr<'_>) -> Lowered<Expr> {
        Ok(match expr {
            ast::Expr::Var(var) => Expr::Name(var.id.into()),
            ast::Expr::Const(constant) => Expr::Const(constant_value(&constant.value)?),
            ast::Expr::Slice(slice) => {
                let mut part = |part: &Option<ast::Expr<'_>>| {
                    part.as_ref().map(|expr| self.boxed(expr)).transpose()
                };
                let parts = [part(&slice.start)?, part(&slice.stop)?, part(&slice.step)?];
                Expr::Slice(self.boxed(&slice.expr)?, parts)
            }
            ast::Expr::UnaryOp(op) => match op.op {
                ast::UnaryOpKind::Not => Expr::Not(self.boxed(&op.expr)?),
                ast::UnaryOpKind::Neg => Expr::Negative(self.boxed(&op.expr)?),
            },
            ast::Expr::BinOp(op) => self.binary(op)?,
            ast::Expr::Compare(compare) => {
                let ops = compare.ops.iter();
                let ops = ops.map(|op| Ok((comparison(op.op), self.expr(&op.expr)?)));
                let ops = ops.collect::<Lowered<_>>()?;
                Expr::Compare(self.boxed(&compare.expr)?, ops)
            }
            ast::Expr::IfExpr(found) => self.inside(true, |own| own.choice(found))?,
            ast::Expr::Filter(filter) => self.filter(filter)?,
            ast::Expr::Test(test) => self.test(test)?,
            ast::Expr::GetAttr(attr) => Expr::Attr(self.boxed(&attr.expr)?, attr.name.into()),
            ast::Expr::GetItem(item) => {
                Expr::Item(self.boxed(&item.expr)?, self.boxed(&item.subscript_expr)?)
            }
            ast::Expr::Call(call) => self.call(call)?,
            ast::Expr::List(list) => Expr::List(self.exprs(&list.items)?),
            ast::Expr::Tuple(tuple) => Expr::Tuple(self.exprs(&tuple.items)?),
            ast::Expr::Map(map) => {
                let pairs = map.keys.iter().zip(&map.values);
                let pairs = pairs.map(|(key, value)| Ok((self.expr(key)?, self.expr(value)?)));
                Expr::Dict(pairs.collect::<Lowered<_>>()?)
            }
        })
    }

    fn choice(&mut self, found: &ast::IfExpr<'_>) -> Lowered<Expr> {
        Ok(Expr::IfElse {
            test: self.boxed(&found.test_expr)?,
            yes: self.boxed(&found.true_expr)?,
            no: found.false_expr.as_ref().map(|expr| self.boxed(expr)).transpose()?,
        })
    }

    fn filter(&mut self, filter: &ast::Filter<'_>) -> Lowered<Expr> {
        if !self.is_conditional && !filters::is_known(filter.name) {
            return Err(format!("No filter named '{}'.", filter.name));
        }
        Ok(Expr::Filter {
            name: filter.name.into(),
            input: filter.expr.as_ref().map(|expr| self.boxed(expr)).transpose()?,
            args: self.args(&filter.args)?,
        })
    }

    fn test(&mut self, test: &ast::Test<'_>) -> Lowered<Expr> {
        let is_known = checks::is_known(test.name) || test.name.starts_with("ansible.utils.");
        if !self.is_conditional && !is_known {
            return Err(format!("No test named '{}'.", test.name));
        }
        Ok(Expr::Test {
            name: test.name.into(),
            input: self.boxed(&test.expr)?,
            args: self.args(&test.args)?,
        })
    }

    fn call(&mut self, call: &ast::Call<'_>) -> Lowered<Expr> {
        if let ast::Expr::GetAttr(method) = &call.expr {
            self.mutates |= MUTATING.contains(&method.name);
        }
        Ok(Expr::Call { callee: self.boxed(&call.expr)?, args: self.args(&call.args)? })
    }

    fn args(&mut self, args: &[ast::CallArg<'_>]) -> Lowered<Vec<Arg>> {
        let arg = |arg: &ast::CallArg<'_>| {
            Ok(match arg {
                ast::CallArg::Pos(expr) => Arg::Positional(self.expr(expr)?),
                ast::CallArg::Kwarg(name, expr) => Arg::Named((*name).into(), self.expr(expr)?),
                ast::CallArg::PosSplat(expr) => Arg::Spread(self.expr(expr)?),
                ast::CallArg::KwargSplat(expr) => Arg::SpreadNamed(self.expr(expr)?),
            })
        };
        args.iter().map(arg).collect()
    }

    fn binary(&mut self, op: &ast::BinOp<'_>) -> Lowered<Expr> {
        use ast::BinOpKind as Kind;
        let (left, right) = (self.boxed(&op.left)?, self.boxed(&op.right)?);
        let compare =
            |left, comparison, right: Box<Expr>| Expr::Compare(left, vec![(comparison, *right)]);
        Ok(match op.op {
            Kind::ScAnd => Expr::And(left, right),
            Kind::ScOr => Expr::Or(left, right),
            Kind::Add => Expr::Binary(Binary::Add, left, right),
            Kind::Sub => Expr::Binary(Binary::Subtract, left, right),
            Kind::Mul => Expr::Binary(Binary::Multiply, left, right),
            Kind::Div => Expr::Binary(Binary::Divide, left, right),
            Kind::FloorDiv => Expr::Binary(Binary::FloorDivide, left, right),
            Kind::Rem => Expr::Binary(Binary::Modulo, left, right),
            Kind::Pow => Expr::Binary(Binary::Power, left, right),
            Kind::Concat => Expr::Binary(Binary::Concat, left, right),
            Kind::Eq => compare(left, Comparison::Equal, right),
            Kind::Ne => compare(left, Comparison::NotEqual, right),
            Kind::Lt => compare(left, Comparison::Less, right),
            Kind::Lte => compare(left, Comparison::LessOrEqual, right),
            Kind::Gt => compare(left, Comparison::Greater, right),
            Kind::Gte => compare(left, Comparison::GreaterOrEqual, right),
            Kind::In => compare(left, Comparison::In, right),
        })
    }
}

/// The line in which a statement begins.
fn line_of(stmt: &ast::Stmt<'_>) -> u32 {
    let span = match stmt {
        ast::Stmt::Template(found) => found.span(),
        ast::Stmt::EmitExpr(found) => found.span(),
        ast::Stmt::EmitRaw(found) => found.span(),
        ast::Stmt::ForLoop(found) => found.span(),
        ast::Stmt::IfCond(found) => found.span(),
        ast::Stmt::WithBlock(found) => found.span(),
        ast::Stmt::Set(found) => found.span(),
        ast::Stmt::SetBlock(found) => found.span(),
        ast::Stmt::AutoEscape(found) => found.span(),
        ast::Stmt::FilterBlock(found) => found.span(),
        ast::Stmt::Block(found) => found.span(),
        ast::Stmt::Import(found) => found.span(),
        ast::Stmt::FromImport(found) => found.span(),
        ast::Stmt::Extends(found) => found.span(),
        ast::Stmt::Include(found) => found.span(),
        ast::Stmt::Macro(found) => found.span(),
        ast::Stmt::CallBlock(found) => found.span(),
        ast::Stmt::Do(found) => found.span(),
    };
    span.start_line.into()
}

fn comparison(op: ast::CompareOpKind) -> Comparison {
    match op {
        ast::CompareOpKind::Eq => Comparison::Equal,
        ast::CompareOpKind::Ne => Comparison::NotEqual,
        ast::CompareOpKind::Lt => Comparison::Less,
        ast::CompareOpKind::Lte => Comparison::LessOrEqual,
        ast::CompareOpKind::Gt => Comparison::Greater,
        ast::CompareOpKind::Gte => Comparison::GreaterOrEqual,
        ast::CompareOpKind::In => Comparison::In,
        ast::CompareOpKind::NotIn => Comparison::NotIn,
    }
}

fn constant_value(value: &minijinja::Value) -> Lowered<Val> {
    Ok(match value.kind() {
        ValueKind::None | ValueKind::Undefined => Val::None,
        ValueKind::Bool => Val::Bool(value.is_true()),
        ValueKind::String => Val::str(value.as_str().unwrap_or_default()),
        ValueKind::Number if value.is_integer() => {
            let number = i128::try_from(value.clone());
            Val::Int(number.map_err(|_| format!("the number {value} is too large"))?)
        }
        ValueKind::Number => {
            Val::Float(f64::try_from(value.clone()).map_err(|error| error.to_string())?)
        }
        kind => return Err(format!("unexpected constant of kind {kind}")),
    })
}
