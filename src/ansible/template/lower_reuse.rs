//! Lowers the statements with which templates use other templates. The parser drops some words of them, which are read
//! from the text again.

use std::sync::Arc;

use minijinja::machinery::{Span, ast};

use super::{
    lower::{Lowered, Lowering},
    tree::{Block, Name, Sight, Stmt},
};

impl<'text> Lowering<'text> {
    pub(super) fn block(&mut self, found: &ast::Spanned<ast::Block<'_>>) -> Lowered<Stmt> {
        let tag = self.written(found.span());
        let tag = tag.split_once(&*self.syntax.block.1).map_or(tag, |(tag, _)| tag);
        let is_scoped = tag.split_whitespace().skip(2).any(|word| word == "scoped");
        let block = Arc::new(Block {
            name: found.name.into(),
            is_scoped,
            is_required: found.required,
            body: self.body(&found.body)?,
        });
        self.blocks.push(Arc::clone(&block));
        Ok(Stmt::Block(block))
    }

    pub(super) fn include(&mut self, found: &ast::Spanned<ast::Include<'_>>) -> Lowered<Stmt> {
        Ok(Stmt::Include {
            name: self.expr(&found.name)?,
            ignore_missing: found.ignore_missing,
            sight: self.sight(found.span()).unwrap_or(Sight::Context),
        })
    }

    pub(super) fn import(&mut self, found: &ast::Spanned<ast::Import<'_>>) -> Lowered<Stmt> {
        Ok(Stmt::Import {
            template: self.expr(&found.expr)?,
            name: name(&found.name)?,
            sight: self.sight(found.span()).unwrap_or(Sight::Nothing),
        })
    }

    pub(super) fn imported_names(
        &mut self,
        found: &ast::Spanned<ast::FromImport<'_>>,
    ) -> Lowered<Stmt> {
        let pair = |(own, alias): &(ast::Expr<'_>, Option<ast::Expr<'_>>)| {
            Ok((name(own)?, name(alias.as_ref().unwrap_or(own))?))
        };
        Ok(Stmt::FromImport {
            template: self.expr(&found.expr)?,
            names: found.names.iter().map(pair).collect::<Lowered<_>>()?,
            sight: self.sight(found.span()).unwrap_or(Sight::Nothing),
        })
    }

    /// What `with context` or `without context` at the end of a statement says.
    fn sight(&self, span: Span) -> Option<Sight> {
        let mut words = self.written(span).split_whitespace().rev();
        match (words.next()?, words.next()?) {
            ("context", "with") => Some(Sight::Context),
            ("context", "without") => Some(Sight::Nothing),
            _ => None,
        }
    }

    fn written(&self, span: Span) -> &'text str {
        let place = |at: u32| usize::try_from(at).unwrap_or(usize::MAX);
        self.text.get(place(span.start_offset)..place(span.end_offset)).unwrap_or("")
    }
}

fn name(found: &ast::Expr<'_>) -> Lowered<Name> {
    match found {
        ast::Expr::Var(var) => Ok(var.id.into()),
        other => Err(format!("a name is expected here, no {}", other.description())),
    }
}
