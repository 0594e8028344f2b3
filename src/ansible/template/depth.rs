//! Refuses templates whose tree would be too deep before the parser builds it: it is walked by recursion.

use super::lexer::{Failure, Piece, Token};

/// Names, signs and operators of one expression between two commas, those around it counted in.
const TOKENS: usize = 1_000;
/// The `elif` of one `if`, those around it counted in.
const BRANCHES: usize = 500;

/// Refuses tokens that would make too deep a tree.
pub(super) fn checked(tokens: &[Token]) -> Result<(), Failure> {
    let mut depth = Depth { open: vec![0], branches: vec![0], all_branches: 0, in_tag: false };
    let refused = |token: &Token| depth.count(&token.piece).map_err(|why| (why, token.at));
    tokens.iter().try_for_each(refused)
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
    fn count(&mut self, piece: &Piece) -> Result<(), String> {
        let names_statement = std::mem::take(&mut self.in_tag);
        match piece {
            Piece::BlockBegin => self.in_tag = true,
            Piece::BlockEnd | Piece::VariableEnd => self.open = vec![0],
            Piece::Sign(",") => self.add(0),
            Piece::Sign("[" | "(" | "{") => {
                self.add(1);
                self.open.push(0);
            }
            Piece::Sign("]" | ")" | "}") if self.open.len() > 1 => {
                self.open.pop();
            }
            Piece::Name(name) if names_statement => self.statement(name),
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
