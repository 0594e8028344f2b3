//! Random texts from the grammars in `grammar/`: `$x` in a template stands for a text of the kind `x`.
//!
//! Where most texts of a grammar are refused by themselves, whole cases of them would mean nothing: such texts are odd, and
//! stand in few cases.

use std::collections::BTreeMap;

use proptest::{
    sample::select,
    strategy::{BoxedStrategy, Just, Strategy, Union},
};

/// A random text.
pub(crate) type Text = BoxedStrategy<String>;

/// How often a template's texts may have templates in them.
const DEPTH: usize = 3;

/// Characters that would be lost in a file of lines.
const MARKS: &[(char, &str)] =
    &[('⏎', "\n"), ('␠', " "), ('␉', "\t"), ('␍', "\r"), ('⌂', "\u{feff}"), ('∅', "")];

/// One of the texts; the first are the simplest.
pub(crate) fn one_of(texts: &'static [&'static str]) -> Text {
    select(texts).prop_map(str::to_owned).boxed()
}

/// One of the strategies with equal chances; the first make the simplest texts.
fn any_of(texts: Vec<Text>) -> Text {
    Union::new(texts).boxed()
}

/// How many of a hundred texts are odd ones in the cases of a suite, and how many of ten cases are such.
const ODD: &[(u32, u32)] = &[(0, 5), (3, 3), (25, 2)];

/// The strategy for grammars with no, few and many odd texts.
pub(crate) fn with_odd<T: std::fmt::Debug + 'static>(
    strategy: impl Fn(u32) -> BoxedStrategy<T>,
) -> BoxedStrategy<T> {
    let of_odd = ODD.iter().map(|(odd, weight)| (*weight, strategy(*odd)));
    Union::new_weighted(of_odd.collect()).boxed()
}

/// Where the lines of a kind belong.
#[derive(Default)]
enum Part {
    #[default]
    Plain,
    Templates,
    Odd,
}

/// What a grammar says of one kind of text.
#[derive(Default)]
struct Kind {
    plain: Vec<String>,
    templates: Vec<String>,
    /// Templates that are refused by themselves.
    odd: Vec<String>,
    /// What the next line is.
    part: Part,
}

impl Kind {
    fn line(&mut self, line: &str) {
        let text =
            || MARKS.iter().fold(line.to_owned(), |line, (mark, text)| line.replace(*mark, text));
        match (line, &self.part) {
            ("--", _) => self.part = Part::Templates,
            ("-- odd", _) => self.part = Part::Odd,
            (_, Part::Plain) => self.plain.push(text()),
            (_, Part::Templates) => self.templates.push(text()),
            (_, Part::Odd) => self.odd.push(text()),
        }
    }

    /// How often the plain texts are in the choice: as often as some templates, so that texts end.
    fn share(&self, innermost: bool) -> usize {
        match (self.plain.is_empty(), innermost) {
            (true, _) => 0,
            (false, true) => 1,
            (false, false) => 1 + self.templates.len() / 4,
        }
    }
}

/// The random texts of each kind in a grammar.
pub(crate) struct Grammar(BTreeMap<char, Text>);

impl Grammar {
    /// Reads a grammar: `== x …` begins the kind `x`, its plain texts stand before `--`, its templates behind, and those
    /// that are refused behind `-- odd`.
    pub(crate) fn read(text: &str) -> Self {
        Self::with_odd(text, 0)
    }

    /// [`read`](Self::read) with so many odd texts in a hundred of the kinds that have some.
    pub(crate) fn with_odd(text: &str, odd: u32) -> Self {
        let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with("## "));
        let mut kinds: Vec<(char, Kind)> = Vec::new();
        for line in lines {
            match (line.strip_prefix("== "), kinds.last_mut()) {
                (Some(name), _) => kinds.push((name.chars().next().unwrap(), Kind::default())),
                (None, Some((_, kind))) => kind.line(line),
                (None, None) => panic!("the grammar begins with no kind but {line}"),
            }
        }
        (0..=DEPTH).fold(Self(BTreeMap::new()), |inner, _| inner.outer(&kinds, odd))
    }

    /// A text of this kind.
    pub(crate) fn text(&self, kind: char) -> Text {
        self.0.get(&kind).unwrap_or_else(|| panic!("the grammar has no kind {kind}")).clone()
    }

    /// The grammar whose templates may be filled with texts of this one.
    fn outer(&self, kinds: &[(char, Kind)], odd: u32) -> Self {
        let text = |kind: &Kind| {
            let share = kind.share(self.0.is_empty());
            let mut all: Vec<Text> =
                (0..share).map(|_| select(kind.plain.clone()).boxed()).collect();
            all.extend(kind.templates.iter().filter_map(|template| self.filled(template)));
            let odd_ones: Vec<Text> =
                kind.odd.iter().filter(|_| odd > 0).filter_map(|text| self.filled(text)).collect();
            let usual = (!all.is_empty()).then(|| any_of(all))?;
            Some(if odd_ones.is_empty() {
                usual
            } else {
                Union::new_weighted(vec![(100 - odd, usual), (odd, any_of(odd_ones))]).boxed()
            })
        };
        Self(kinds.iter().filter_map(|(name, kind)| Some((*name, text(kind)?))).collect())
    }

    /// The template with a text in each `$x`, if there are texts of these kinds; other `$` stay.
    fn filled(&self, template: &str) -> Option<Text> {
        if self.0.is_empty() {
            return None;
        }
        let mut pieces = template.split('$');
        let mut parts: Vec<Text> = vec![Just(pieces.next().unwrap_or_default().to_owned()).boxed()];
        for piece in pieces {
            match piece.chars().next().and_then(|kind| self.0.get(&kind)) {
                Some(value) => parts.extend([value.clone(), Just(piece[1..].to_owned()).boxed()]),
                None => parts.push(Just(format!("${piece}")).boxed()),
            }
        }
        Some(parts.prop_map(|parts| parts.concat()).boxed())
    }
}
