//! Refuses templates whose tree would be too deep before the parser builds it: its tree is walked by recursion.

use minijinja::{
    machinery::{Token, tokenize},
    syntax::SyntaxConfig,
};

/// Names, signs and operators of one expression between two commas, those around it counted in.
const TOKENS: usize = 1_000;
/// The `elif` of one `if`, those around it counted in.
const BRANCHES: usize = 500;

/// Why the template is too deep, and in which line; what the tokenizer refuses is left to the parser.
pub(super) fn fault(text: &str, syntax: SyntaxConfig) -> Option<(String, u32)> {
    let mut depth = Depth { open: vec![0], branches: vec![0], all_branches: 0, in_tag: false };
    for token in tokenize(text, false, syntax) {
        let (token, span) = token.ok()?;
        if let Err(message) = depth.count(&token) {
            return Some((message, span.start_line.into()));
        }
    }
    None
}

/// What is open where the tokenizer stands.
struct Depth {
    /// Tokens in each open bracket since its last comma; the first is the tag itself.
    open: Vec<usize>,
    /// Branches of each open `if`; the first is the template.
    branches: Vec<usize>,
    all_branches: usize,
    /// Whether the next token is the name of a statement.
    in_tag: bool,
}

impl Depth {
    fn count(&mut self, token: &Token<'_>) -> Result<(), String> {
        let names_statement = std::mem::take(&mut self.in_tag);
        match token {
            Token::BlockStart => self.in_tag = true,
            Token::BlockEnd | Token::VariableEnd => self.open = vec![0],
            Token::Comma => self.add(0),
            Token::BracketOpen | Token::ParenOpen | Token::BraceOpen => {
                self.add(1);
                self.open.push(0);
            }
            Token::BracketClose | Token::ParenClose | Token::BraceClose if self.open.len() > 1 => {
                self.open.pop();
            }
            Token::Ident(name) if names_statement => self.statement(name),
            _ => self.add(1),
        }
        if self.open.iter().sum::<usize>() > TOKENS {
            return Err(format!("an expression has more than {TOKENS} names and operators"));
        }
        if self.all_branches > BRANCHES {
            return Err(format!("an `if` has more than {BRANCHES} branches"));
        }
        Ok(())
    }

    /// Counts in the innermost bracket; a comma begins anew.
    fn add(&mut self, count: usize) {
        if let Some(last) = self.open.last_mut() {
            *last = if count == 0 { 0 } else { *last + count };
        }
    }

    fn statement(&mut self, name: &str) {
        match name {
            "if" => self.branches.push(0),
            "elif" => {
                self.all_branches += 1;
                if let Some(last) = self.branches.last_mut() {
                    *last += 1;
                }
            }
            "endif" if self.branches.len() > 1 => {
                self.all_branches -= self.branches.pop().unwrap_or(0);
            }
            _ => {}
        }
    }
}
