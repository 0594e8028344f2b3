//! Hooks: a site's own playbooks that run before and after a command, and the order in which they do.
//!
//! Pure: which files there are is found by `drivers::ansible`.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use fancy_regex::Regex;

use crate::trouble::{Result, Trouble};

/// A playbook that a layer puts before or after a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hook {
    /// Where the layer has it.
    pub file: Utf8PathBuf,
    /// The file itself, after all symbolic links; it need not exist.
    pub playbook: Utf8PathBuf,
}

/// All hooks of one command, in the order in which they run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hooks {
    pub pre: Vec<Hook>,
    pub post: Vec<Hook>,
}

impl Hooks {
    pub fn is_empty(&self) -> bool {
        self.pre.is_empty() && self.post.is_empty()
    }

    /// The hooks of one side.
    pub fn side(&self, side: Side) -> &[Hook] {
        match side {
            Side::Pre => &self.pre,
            Side::Post => &self.post,
        }
    }
}

/// Before or after the command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Pre,
    Post,
}

impl Side {
    /// Name of the directory that holds this side's hooks.
    pub fn directory(self) -> &'static str {
        match self {
            Self::Pre => "pre.d",
            Self::Post => "post.d",
        }
    }
}

/// Where a layer keeps a command's hooks: `hooks/overcloud-provision/pre.d`.
pub fn directory(layer: &Utf8Path, command: &str, side: Side) -> Utf8PathBuf {
    let words = command.split_whitespace().collect::<Vec<_>>().join("-");
    layer.join("hooks").join(words).join(side.directory())
}

/// What `--skip-hooks` leaves out.
#[derive(Debug, Clone)]
pub enum Skip {
    Nothing,
    All,
    /// Hooks whose playbook's path matches.
    Matching(Box<Regex>),
}

impl Skip {
    /// Reads the option: `all`, or a regular expression.
    pub fn parse(option: Option<&str>) -> Result<Self> {
        match option {
            None => Ok(Self::Nothing),
            Some("all") => Ok(Self::All),
            Some(pattern) => {
                Regex::new(pattern).map(|regex| Self::Matching(Box::new(regex))).map_err(|error| {
                    Trouble::refused(format!("reading `--skip-hooks {pattern}`"))
                        .because(crate::pattern::fault(pattern, &error))
                        .hint("give a regular expression that is looked for in each playbook's path, or `all`")
                })
            }
        }
    }

    fn leaves_out(&self, hook: &Hook) -> Result<bool> {
        match self {
            Self::Nothing => Ok(false),
            Self::All => Ok(true),
            Self::Matching(regex) => regex.is_match(hook.playbook.as_str()).map_err(|error| {
                Trouble::refused(format!("matching `--skip-hooks {regex}` with {}", hook.playbook))
                    .caused_by(&error)
                    .hint("give a simpler regular expression")
            }),
        }
    }
}

/// Picks and orders one side's hooks from what each layer has, lowest layer first.
///
/// A later layer's file replaces an earlier layer's file of the same name; an empty playbook switches a hook off. The
/// order is that of the numbers before the first `-`, across all layers, then of the rest of the name.
pub fn choose(layers: Vec<Vec<Hook>>, skip: &Skip) -> Result<Vec<Hook>> {
    let named = layers.into_iter().flatten().map(|hook| (name(&hook).to_owned(), hook));
    let mut chosen: Vec<Hook> = named.collect::<BTreeMap<_, _>>().into_values().collect();
    chosen.sort_by(|one, other| place(name(one)).cmp(&place(name(other))));
    let kept = chosen.into_iter().map(|hook| Ok((skip.leaves_out(&hook)?, hook)));
    let kept: Vec<(bool, Hook)> = kept.collect::<Result<_>>()?;
    Ok(kept.into_iter().filter(|(left_out, _)| !left_out).map(|(_, hook)| hook).collect())
}

fn name(hook: &Hook) -> &str {
    hook.file.file_name().unwrap_or_default()
}

/// Files without a number come last.
fn place(name: &str) -> (u64, &str) {
    let numbered = name.split_once('-').and_then(|(number, rest)| {
        let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        Some((digits.then(|| number.parse().unwrap_or(u64::MAX))?, rest))
    });
    numbered.unwrap_or((u64::MAX, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hooks(layer: &str, names: &[&str]) -> Vec<Hook> {
        let hook = |name: &&str| {
            let file = Utf8PathBuf::from(format!("{layer}/{name}"));
            Hook { playbook: file.clone(), file }
        };
        names.iter().map(hook).collect()
    }

    fn files(layers: Vec<Vec<Hook>>, skip: Option<&str>) -> Vec<String> {
        let chosen = choose(layers, &Skip::parse(skip).unwrap()).unwrap();
        chosen.into_iter().map(|hook| hook.file.into_string()).collect()
    }

    #[test]
    fn order_override_and_skip() {
        type Row<'a> = (&'a [&'a [&'a str]], Option<&'a str>, &'a [&'a str]);
        let table: &[Row] = &[
            // By number, not by letter; without a number last, then by name.
            (
                &[&["z.yml", "a.yml", "100-a.yml", "20-b.yml", "5-z.yml"]],
                None,
                &["0/5-z.yml", "0/20-b.yml", "0/100-a.yml", "0/a.yml", "0/z.yml"],
            ),
            // The same number: by the rest of the name.
            (&[&["10-b.yml", "10-a.yml"]], None, &["0/10-a.yml", "0/10-b.yml"]),
            // A later layer replaces by name; numbers count across layers.
            (
                &[&["10-a.yml", "30-c.yml"], &["20-b.yml", "10-a.yml"], &["30-c.yml"]],
                None,
                &["1/10-a.yml", "1/20-b.yml", "2/30-c.yml"],
            ),
            // A word before the dash is no number.
            (&[&["pre-a.yml", "1-z.yml"]], None, &["0/1-z.yml", "0/pre-a.yml"]),
            (&[&["1-a.yml"]], Some("all"), &[]),
            (&[&["1-a.yml", "2-b.yml"]], Some("a\\.yml$"), &["0/2-b.yml"]),
            (&[&["1-a.yml", "2-b.yml"]], Some("(?<=0/)2"), &["0/1-a.yml"]),
        ];
        for (layers, skip, expected) in table {
            let layers = layers.iter().enumerate().map(|(at, names)| hooks(&at.to_string(), names));
            assert_eq!(files(layers.collect(), *skip), *expected, "{skip:?}");
        }
    }

    #[test]
    fn skip_looks_at_the_playbook_not_at_the_link() {
        let hook = Hook { file: "layer/10-cis.yml".into(), playbook: "ansible/harden.yml".into() };
        assert!(files(vec![vec![hook.clone()]], Some("harden")).is_empty());
        assert_eq!(files(vec![vec![hook]], Some("cis")), ["layer/10-cis.yml"]);
    }

    #[test]
    fn a_bad_pattern_is_refused() {
        let trouble = Skip::parse(Some("(")).unwrap_err();
        assert_eq!(trouble.what, "reading `--skip-hooks (`");
        assert!(!trouble.hints.is_empty());
    }

    #[test]
    fn a_commands_words_name_its_directory() {
        let path = directory("base".into(), "overcloud host image build", Side::Post);
        assert_eq!(path, "base/hooks/overcloud-host-image-build/post.d");
    }
}
