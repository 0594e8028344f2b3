//! How several files become one: pure, one file for each strategy that Kayobe has.

pub mod concat;
pub mod glob;
pub mod ini;
pub mod rules;
pub mod yaml;

use serde::Serialize;

/// What is done with the files of one name in several layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// The highest layer's file as it is.
    Copy,
    /// The highest layer's file as a template.
    Template,
    /// All files one after the other as one template.
    Concat,
    /// All files as templates, then INI option by option.
    MergeConfigs,
    /// All files as templates, then YAML key by key.
    MergeYaml,
}

impl Strategy {
    /// The names that rules may give.
    pub const NAMES: [(&'static str, Self); 5] = [
        ("copy", Self::Copy),
        ("template", Self::Template),
        ("concat", Self::Concat),
        ("merge_configs", Self::MergeConfigs),
        ("merge_yaml", Self::MergeYaml),
    ];

    /// The strategy of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, strategy)| *strategy)
    }

    /// What rules call it.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, known)| *known == self).map_or("", |(name, _)| name)
    }
}
