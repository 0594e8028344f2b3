//! A template as a tree that owns its text, so that it can be kept and shared.

use std::sync::Arc;

use super::{scope::Loads, spot::Spot, syntax::Syntax, value::Val};

/// A name in a template.
pub(super) type Name = Arc<str>;

/// An expression.
#[derive(Debug)]
pub(super) enum Expr {
    Const(Val),
    Name(Name),
    Attr(Box<Expr>, Name),
    Item(Box<Expr>, Box<Expr>),
    Slice(Box<Expr>, [Option<Box<Expr>>; 3]),
    Not(Box<Expr>),
    Negative(Box<Expr>),
    Positive(Box<Expr>),
    And(Box<Expr>, Box<Expr>),
    Or(Box<Expr>, Box<Expr>),
    Binary(Binary, Box<Expr>, Box<Expr>),
    /// A chain such as `1 < a <= 3`.
    Compare(Box<Expr>, Vec<(Comparison, Expr)>),
    IfElse {
        test: Box<Expr>,
        yes: Box<Expr>,
        no: Option<Box<Expr>>,
    },
    Filter {
        name: Name,
        input: Option<Box<Expr>>,
        args: Vec<Arg>,
    },
    Test {
        name: Name,
        input: Box<Expr>,
        args: Vec<Arg>,
    },
    Call {
        callee: Box<Expr>,
        args: Vec<Arg>,
    },
    List(Vec<Expr>),
    Tuple(Vec<Expr>),
    Dict(Vec<(Expr, Expr)>),
}

/// An argument of a call.
#[derive(Debug)]
pub(super) enum Arg {
    Positional(Expr),
    Named(Name, Expr),
    Spread(Expr),
    SpreadNamed(Expr),
}

/// Operators of two values that do not compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Binary {
    Add,
    Subtract,
    Multiply,
    Divide,
    FloorDivide,
    Modulo,
    Power,
    Concat,
}

/// Comparisons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    NotIn,
}

/// A statement and where it begins.
#[derive(Debug)]
pub(super) struct Placed {
    pub(super) spot: Spot,
    pub(super) stmt: Stmt,
}

/// A statement or a piece of output.
#[derive(Debug)]
pub(super) enum Stmt {
    Text(Arc<str>),
    Emit(Expr),
    For(Arc<For>),
    If {
        test: Expr,
        yes: Vec<Placed>,
        no: Vec<Placed>,
    },
    With {
        assignments: Vec<(Expr, Expr)>,
        body: Vec<Placed>,
        scope: Loads,
    },
    Set {
        target: Expr,
        value: Expr,
    },
    SetBlock {
        target: Expr,
        filter: Option<Expr>,
        body: Vec<Placed>,
        scope: Loads,
    },
    FilterBlock {
        filter: Expr,
        body: Vec<Placed>,
        scope: Loads,
    },
    /// `{% autoescape %}` prints its body where it stands.
    Scope {
        body: Vec<Placed>,
        scope: Loads,
    },
    Block(Arc<Block>),
    Extends(Expr),
    Include {
        name: Expr,
        ignore_missing: bool,
        sight: Sight,
    },
    Import {
        template: Expr,
        name: Name,
        sight: Sight,
    },
    /// The names that are taken from another template, each with what it is called here.
    FromImport {
        template: Expr,
        names: Vec<(Name, Name)>,
        sight: Sight,
    },
    Macro(Arc<Macro>),
    CallBlock {
        callee: Expr,
        args: Vec<Arg>,
        caller: Arc<Macro>,
    },
}

/// What a template sees that another one asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sight {
    /// All that the other one sees: `with context`.
    Context,
    /// Functions only, no variables: `without context`.
    Nothing,
}

/// A `block`, which a template that extends this one may replace.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) name: Name,
    /// Whether it sees what was set in the loops and blocks around it.
    pub(super) is_scoped: bool,
    /// Whether it must be replaced.
    pub(super) is_required: bool,
    pub(super) body: Vec<Placed>,
    pub(super) scope: Loads,
}

/// A `for` loop.
#[derive(Debug)]
pub(super) struct For {
    pub(super) target: Expr,
    pub(super) items: Expr,
    pub(super) condition: Option<Expr>,
    pub(super) body: Vec<Placed>,
    pub(super) otherwise: Vec<Placed>,
    /// Whether its body may call `loop` with other items.
    pub(super) is_recursive: bool,
    pub(super) scopes: Scopes,
}

/// The scopes of a loop.
#[derive(Debug, Default)]
pub(super) struct Scopes {
    pub(super) condition: Loads,
    pub(super) body: Loads,
    pub(super) otherwise: Loads,
}

/// A `macro`, or the body of a `call` block.
#[derive(Debug)]
pub(super) struct Macro {
    /// The body of a `call` block has none.
    pub(super) name: Option<Name>,
    pub(super) parameters: Vec<(Name, Option<Expr>)>,
    pub(super) body: Vec<Placed>,
    pub(super) scope: Loads,
    /// Which of `caller`, `kwargs` and `varargs` it uses.
    pub(super) uses: Vec<&'static str>,
}

impl Macro {
    pub(super) fn new(
        name: Option<Name>,
        parameters: Vec<(Name, Option<Expr>)>,
        body: Vec<Placed>,
    ) -> Self {
        Self { name, parameters, body, scope: Loads::default(), uses: Vec::new() }
    }

    pub(super) fn has_parameter(&self, wanted: &str) -> bool {
        self.parameters.iter().any(|(name, _)| &**name == wanted)
    }
}

/// A template that was read.
#[derive(Debug)]
pub(super) struct Template {
    pub(super) body: Vec<Placed>,
    pub(super) scope: Loads,
    /// All its blocks, those inside others too.
    pub(super) blocks: Vec<Arc<Block>>,
    /// Whether it calls methods that change lists or dicts: then it must not share variables' values with others.
    pub(super) mutates: bool,
    /// How many line breaks its text ended with.
    pub(super) trailing_newlines: usize,
    /// How it is written, and what it asks for; `None` for the common syntax.
    pub(super) syntax: Option<Arc<Syntax>>,
}

impl Template {
    /// What was printed, with all the line breaks that the text ends with.
    pub(super) fn with_its_end(&self, printed: Val) -> Val {
        match printed {
            Val::Str(found) if self.trailing_newlines > 0 => {
                let own = found.len() - found.trim_end_matches('\n').len();
                let more = self.trailing_newlines.saturating_sub(own);
                Val::str(format!("{found}{}", "\n".repeat(more)))
            }
            other => other,
        }
    }
}
