//! Templates that use other templates: `include`, `import`, `extends` and the blocks that go with it.

use std::{collections::HashMap, sync::Arc};

use super::{
    call::Args,
    fault::{Fault, Faulty, Outcome},
    frames::{self, Frame},
    lookups::{self, Source},
    meter,
    objects::{BlockOf, Module, Object},
    parse,
    run::{Place, Run},
    text,
    tree::{Block, Expr, Name, Sight, Stmt, Template},
    value::{Key, Val},
};

/// More templates than anybody extends in a row.
const MOST_PARENTS: usize = 80;

/// A block of one of the templates that extend each other.
#[derive(Debug, Clone)]
pub(super) struct Layer {
    block: Arc<Block>,
    place: Place,
}

/// Another template, and its file.
#[derive(Debug, Clone)]
pub(super) struct Parent {
    template: Arc<Template>,
    file: Arc<Source>,
}

impl Run {
    /// Runs a statement with which a template uses others.
    pub(super) fn reuse(&mut self, stmt: &Stmt) -> Outcome<()> {
        match stmt {
            Stmt::Block(block) => self.block(block),
            Stmt::Extends(name) => self.extends(name),
            Stmt::Include { name, ignore_missing, sight } => {
                self.include(name, *ignore_missing, *sight)
            }
            Stmt::Import { template, name, sight } => {
                let template = self.expr(template)?;
                let module = self.module(&template, *sight)?;
                self.set_imported(name, Val::Object(Arc::new(Object::Module(module))));
                Ok(())
            }
            Stmt::FromImport { template, names, sight } => {
                self.imported_names(template, names, *sight)
            }
            _ => Ok(()),
        }
    }

    /// Runs a template from its beginning, and then what it extends.
    pub(super) fn root(&mut self, template: &Template) -> Outcome<()> {
        let _inside = meter::called()?;
        let done = self.whole(template).and_then(|()| self.parents());
        for frame in std::mem::take(&mut self.frames) {
            self.shared.keep(frame);
        }
        done.map_err(|fault| self.placed(fault))
    }

    /// Runs the body of a template in a scope of its own.
    fn whole(&mut self, template: &Template) -> Outcome<()> {
        self.add_layer(template);
        while self.frames.len() > 1 {
            self.frames.pop().into_iter().for_each(|frame| self.shared.keep(frame));
        }
        let own = Frame::entered(&template.scope, &[]);
        own.set_parameter("self", self.itself());
        self.frames.push(own);
        self.is_whole = true;
        self.body(&template.body)
    }

    fn parents(&mut self) -> Outcome<()> {
        for _ in 0..MOST_PARENTS {
            let Some(parent) = self.parent.take() else { return Ok(()) };
            let spot = self.place.stands_for.unwrap_or(self.spot);
            self.place = Place { file: Some(parent.file), stands_for: Some(spot) };
            self.whole(&parent.template)?;
        }
        Err(Fault::with_hint(
            format!("more than {MOST_PARENTS} templates extend each other"),
            "a template must not extend itself, nor one that extends it",
        ))
    }

    fn add_layer(&mut self, template: &Template) {
        for block in &template.blocks {
            let layer = Layer { block: Arc::clone(block), place: self.place.clone() };
            self.blocks.entry(Arc::clone(&block.name)).or_default().push(layer);
        }
    }

    fn extends(&mut self, name: &Expr) -> Outcome<()> {
        if !self.is_top() {
            return Err(Fault::new("cannot use extend from a non top-level scope"));
        }
        if self.parent.is_some() {
            return Err(Fault::new("extended multiple times"));
        }
        let name = self.expr(name)?;
        let found = self.find(&template_name(&name)?)?;
        self.parent = Some(found.ok_or_else(|| not_found(&[name]))?);
        Ok(())
    }

    fn block(&mut self, block: &Block) -> Outcome<()> {
        if self.parent.is_some() && self.is_top() {
            return Ok(());
        }
        let layers = self.blocks.get(&block.name).map_or(0, Vec::len);
        if block.is_required && layers <= 1 {
            return Err(Fault::new(format!("Required block '{}' not found", block.name)));
        }
        let given = if block.is_scoped { self.all_given() } else { self.frames[0].clone() };
        self.run_block(&BlockOf { name: Arc::clone(&block.name), depth: 0, layers }, given)
    }

    /// What this template is given, with what was set in all open scopes.
    fn all_given(&self) -> Frame {
        let mut given = self.frames[0].values();
        given.extend(frames::visible(&self.frames[1..]));
        Frame::given(given)
    }

    /// Runs a block as one of the templates has it.
    fn run_block(&mut self, of: &BlockOf, given: Frame) -> Outcome<()> {
        let layers = self.blocks.get(&of.name).map_or(&[][..], Vec::as_slice);
        let Some(layer) = layers.get(of.depth).cloned() else {
            return Err(Fault::new(format!("there is no block called '{}'", of.name)));
        };
        let above = of.above().map_or_else(
            || {
                let name = &of.name;
                Val::Missing(Fault::absent(format!("there is no parent block called '{name}'.")))
            },
            |above| Val::Object(Arc::new(Object::Block(above))),
        );
        let own = Frame::entered(&layer.block.scope, &[]);
        own.set_parameter("super", above);
        own.set_parameter("self", self.itself());
        let outer = std::mem::replace(&mut self.frames, vec![given, own]);
        let was_whole = std::mem::replace(&mut self.is_whole, false);
        let (parent, spot) = (self.parent.take(), self.spot);
        let place = std::mem::replace(&mut self.place, layer.place);
        let done = self.body(&layer.block.body);
        for frame in std::mem::replace(&mut self.frames, outer) {
            self.shared.keep(frame);
        }
        self.is_whole = was_whole;
        // A fault leaves the place as it is, for that is where it happened.
        done?;
        (self.parent, self.spot, self.place) = (parent, spot, place);
        Ok(())
    }

    /// `super()` and `self.name()`: what a block prints.
    pub(super) fn call_block(&mut self, of: &BlockOf, args: &Args) -> Outcome {
        args.end()?;
        let was_strict = std::mem::replace(&mut self.is_strict, true);
        let given = self.frames[0].clone();
        let printed = self.called(|run| run.run_block(of, given));
        self.is_strict = was_strict;
        printed
    }

    /// `self`: the blocks of this template and of those that it extends.
    pub(super) fn itself(&self) -> Val {
        let blocks = self.blocks.iter().map(|(name, layers)| BlockOf {
            name: Arc::clone(name),
            depth: 0,
            layers: layers.len(),
        });
        Val::Object(Arc::new(Object::Itself(blocks.collect())))
    }

    fn include(&mut self, name: &Expr, ignore_missing: bool, sight: Sight) -> Outcome<()> {
        let names = self.expr(name)?.used()?;
        let names = if let Val::Str(_) = names { vec![names] } else { several(&names)? };
        let Some(found) = self.find_one(&names)? else {
            return if ignore_missing { Ok(()) } else { Err(not_found(&names)) };
        };
        let mut run = self.used_by(&found, sight);
        run.place.stands_for = Some(self.place.stands_for.unwrap_or(self.spot));
        let done = run.root(&found.template);
        self.out.append(&mut run.out);
        done
    }

    /// Runs another template for what it sets.
    fn module(&self, name: &Val, sight: Sight) -> Outcome<Module> {
        let found = self.find(&template_name(name)?)?;
        let found = found.ok_or_else(|| not_found(std::slice::from_ref(name)))?;
        let mut run = self.used_by(&found, sight);
        let given = run.frames[0].clone();
        run.root(&found.template)?;
        let exported = given.values().into_iter().filter(|(name, _)| run.exported.contains(name));
        let printed = run.out.into_iter().map(|piece| piece.value);
        Ok(Module { exported: exported.collect(), printed: printed.collect() })
    }

    fn imported_names(
        &mut self,
        template: &Expr,
        names: &[(Name, Name)],
        sight: Sight,
    ) -> Outcome<()> {
        let template = self.expr(template)?;
        let module = self.module(&template, sight)?;
        for (name, alias) in names {
            let value = match module.exported.get(name) {
                Some(value) => value.clone(),
                None => self.not_exported(&template, name)?,
            };
            self.set_imported(alias, value);
        }
        Ok(())
    }

    fn not_exported(&self, template: &Val, name: &Name) -> Outcome {
        let (template, line) = (text::repr(template)?, self.spot.line);
        Ok(Val::Missing(Fault::absent(format!(
            "the template {template} (imported on line {line}) does not export the requested name \
             '{name}'"
        ))))
    }

    /// Sets a name that comes from another template, and is not passed on to a third.
    fn set_imported(&mut self, name: &Name, value: Val) {
        self.set(Arc::clone(name), value);
        if self.is_top() {
            self.exported.remove(name);
        }
    }

    /// A rendering of another template that this one asks for.
    fn used_by(&self, found: &Parent, sight: Sight) -> Self {
        let mut home = self.home.clone();
        let given = match sight {
            Sight::Context => self.all_given(),
            Sight::Nothing => {
                home.sees_variables = false;
                Frame::given(HashMap::new())
            }
        };
        let mut run = Self::bare(&self.env, home, vec![given], Arc::clone(&self.shared));
        run.copies = self.copies || found.template.mutates;
        super::sameness::note(found.template.mutates);
        run.is_strict = self.is_strict;
        run.place.file = Some(Arc::clone(&found.file));
        run
    }

    /// The first of several templates that exists.
    fn find_one(&self, names: &[Val]) -> Outcome<Option<Parent>> {
        for name in names {
            if let Some(found) = self.find(&text::str_of(name)?)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    fn find(&self, name: &str) -> Outcome<Option<Parent>> {
        // Templates lie in the folders in which they are looked for, and nowhere else.
        if name.split('/').any(|part| part == "..") {
            return Ok(None);
        }
        let (name, folder) = (name.trim_start_matches('/'), self.home.folder.as_deref());
        let Some(source) = lookups::read_template(&self.env, name, folder)? else {
            return Ok(None);
        };
        let origin = parse::Origin::asked_for(self.home.syntax.clone());
        match parse::located(&source.text, &origin) {
            Ok(template) => Ok(Some(Parent { template, file: Arc::new(source) })),
            Err((fault, spot)) => Err(Fault::placed(fault, &source, spot)),
        }
    }
}

/// The name of a template to extend or import. Jinja2 keeps templates by their names, so it must be something that can be
/// a key, before anything looks into it.
fn template_name(name: &Val) -> Outcome<String> {
    Key::new(name.clone())?;
    text::str_of(name)
}

/// Several names, of which those that are missing are passed over.
fn several(names: &Val) -> Outcome<Vec<Val>> {
    let names = names.elements()?.into_iter().map(Val::forced);
    let names = names.filter(|name| !matches!(name, Val::Missing(_)));
    let text = |name: Val| match name {
        Val::Str(_) => Ok(name),
        other => Err(Fault::new(format!("'{}' is no name of a template", other.type_name()))),
    };
    names.map(text).collect()
}

fn not_found(names: &[Val]) -> Faulty {
    let hint =
        "templates are looked for in `templates` of each layer, and beside the file that asks";
    let names: Vec<String> = names.iter().filter_map(|name| text::str_of(name).ok()).collect();
    let message = match &names[..] {
        [] => "Tried to select from an empty list of templates.".to_owned(),
        [name] => format!("the template '{name}' was not found"),
        names => format!("none of the templates given were found: {}", names.join(", ")),
    };
    Fault::with_hint(message, hint)
}
