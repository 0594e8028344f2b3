//! Statements with which templates use others.

use std::sync::Arc;

use super::{Parsed, Parser, is_bare};
use crate::ansible::template::{
    scope::Loads,
    tree::{Block, Sight, Stmt},
};

impl Parser {
    pub(super) fn block(&mut self) -> Parsed<Stmt> {
        let name = self.name()?;
        let is_scoped = self.skip_name("scoped");
        let is_required = self.skip_name("required");
        if self.is_sign("-") {
            return self.fails("the name of a block must not have `-` in it");
        }
        let body = self.closed_body("endblock")?;
        let name_again = Arc::clone(&name);
        let scope = Loads::default();
        let block = Block { name, is_scoped, is_required, body, scope };
        if is_required && !is_bare(&block) {
            return self.fails("Required blocks can only contain comments or whitespace");
        }
        self.skip_name(&name_again);
        if self.blocks.contains(&name_again) {
            return self.fails(format!("block '{name_again}' defined twice"));
        }
        self.blocks.push(name_again);
        Ok(Stmt::Block(Arc::new(block)))
    }

    pub(super) fn include(&mut self) -> Parsed<Stmt> {
        let name = self.expression(true)?;
        let ignore_missing = self.are_names("ignore", "missing");
        self.at += 2 * usize::from(ignore_missing);
        let sight = self.sight().unwrap_or(Sight::Context);
        Ok(Stmt::Include { name, ignore_missing, sight })
    }

    pub(super) fn import(&mut self) -> Parsed<Stmt> {
        let template = self.expression(true)?;
        self.expect_name("as")?;
        let name = self.target_name()?;
        let sight = self.sight().unwrap_or(Sight::Nothing);
        Ok(Stmt::Import { template, name, sight })
    }

    pub(super) fn imported_names(&mut self) -> Parsed<Stmt> {
        let template = self.expression(true)?;
        self.expect_name("import")?;
        let mut names = Vec::new();
        let sight = loop {
            if !names.is_empty() {
                self.expect_sign(",")?;
            }
            if let Some(sight) = self.sight() {
                break Some(sight);
            }
            let name = self.target_name()?;
            if name.starts_with('_') {
                return self.fails("names starting with an underline can not be imported");
            }
            let alias = if self.skip_name("as") { self.target_name()? } else { Arc::clone(&name) };
            names.push((name, alias));
            let sight = self.sight();
            if sight.is_some() || !self.is_sign(",") {
                break sight;
            }
        };
        Ok(Stmt::FromImport { template, names, sight: sight.unwrap_or(Sight::Nothing) })
    }

    /// `with context` or `without context`.
    fn sight(&mut self) -> Option<Sight> {
        let sight = if self.are_names("with", "context") {
            Sight::Context
        } else if self.are_names("without", "context") {
            Sight::Nothing
        } else {
            return None;
        };
        self.at += 2;
        Some(sight)
    }
}
