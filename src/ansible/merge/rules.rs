//! Which files are looked for, and what is done with each.

use super::{Strategy, glob};
use crate::origin::Setting;

/// Paths that are looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Include {
    pub glob: String,
    pub enabled: bool,
}

/// What is done with the files that a pattern finds.
#[derive(Debug, Clone)]
pub struct Rule {
    pub glob: String,
    pub priority: i64,
    pub strategy: Strategy,
    pub params: Params,
    /// Where the rule was written.
    pub setting: Setting,
}

/// How the strategy is to work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Params {
    /// Lists are joined instead of replaced.
    pub extend_lists: bool,
    /// Where lines of YAML break.
    pub yaml_width: usize,
    /// Blanks stand around the `=` of INI options.
    pub whitespace: bool,
    /// Blanks before a block's tag count.
    pub keep_blanks: bool,
    /// The file's mode.
    pub mode: u32,
}

impl Default for Params {
    fn default() -> Self {
        Self {
            extend_lists: false,
            yaml_width: 80,
            whitespace: true,
            keep_blanks: true,
            mode: 0o640,
        }
    }
}

/// Puts rules into the order in which they are tried; among equals the order is the one written.
pub fn sort(rules: &mut [Rule]) {
    rules.sort_by_key(|rule| rule.priority);
}

/// What is done with a path that so many layers have; `None` if no rule fits. With one file there is nothing to merge:
/// it need not even be INI or YAML.
pub fn choose(rules: &[Rule], path: &str, sources: usize) -> Option<(Strategy, Params)> {
    let rule = rules.iter().find(|rule| glob::matches(&rule.glob, path))?;
    Some(match rule.strategy {
        Strategy::MergeConfigs | Strategy::MergeYaml if sources == 1 => {
            (Strategy::Template, Params::default())
        }
        strategy => (strategy, rule.params),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::origin::Origin;

    fn rule(glob: &str, priority: i64, strategy: Strategy) -> Rule {
        let setting = Setting { variable: "rules".into(), origin: Origin::whole("test") };
        let params = Params { whitespace: false, ..Params::default() };
        Rule { glob: glob.into(), priority, strategy, params, setting }
    }

    #[test]
    fn the_first_rule_that_fits_counts() {
        let mut rules = [
            rule("**", 65535, Strategy::Template),
            rule("**/*.conf", 2000, Strategy::MergeConfigs),
            rule("**/*.conf", 2000, Strategy::Concat),
            rule("fluentd/**/*.conf", 1000, Strategy::Copy),
        ];
        sort(&mut rules);
        let table = [
            ("fluentd/output/00.conf", 2, Some(Strategy::Copy), false),
            ("nova.conf", 2, Some(Strategy::MergeConfigs), false),
            ("nova.conf", 1, Some(Strategy::Template), true),
            ("nova/policy.json", 3, Some(Strategy::Template), false),
        ];
        for (path, sources, strategy, whitespace) in table {
            let chosen = choose(&rules, path, sources);
            assert_eq!(chosen.map(|(strategy, _)| strategy), strategy, "{path}");
            assert_eq!(chosen.map(|(_, params)| params.whitespace), Some(whitespace), "{path}");
        }
        assert_eq!(choose(&rules[..1], "nova.conf", 1), None);
    }
}
