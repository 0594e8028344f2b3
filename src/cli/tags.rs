//! `--tags` and `--skip-tags` of the commands that know topics, and words in them that are none.

use super::options::Context;
use crate::{
    near::nearest,
    report::write,
    resolve::concerns::{self, Tags},
    trouble::{Result, Trouble},
};

/// The tags that were given, comma-separated as Ansible has them.
pub(super) fn given(cx: &Context) -> Tags {
    let words = |given: &Option<String>| {
        let words = given.iter().flat_map(|text| text.split(','));
        words.map(|word| word.trim().to_owned()).filter(|word| !word.is_empty()).collect()
    };
    Tags { only: words(&cx.options.tags), without: words(&cx.options.skip_tags) }
}

/// Warns of tags that no topic has: a hook's playbook may know them. Without hooks, tags that choose nothing at all are
/// refused, as a command that does nothing looks like one that has done all.
pub(super) fn check(tags: &Tags, has_hooks: bool) -> Result<()> {
    let (only, without) = (unknown(&tags.only), unknown(&tags.without));
    if !only.is_empty() && only.len() == tags.only.len() && !has_hooks {
        let trouble = Trouble::usage(format!("no topic has the tag {}", listed(&only)));
        let near: Vec<&str> = only.iter().flat_map(|word| near(word)).collect();
        return Err(trouble.hint(if near.is_empty() {
            "docs/host-configuration.md lists the topics; --list-tasks shows those of the hosts"
                .into()
        } else {
            format!("did you mean {}?", listed(&near))
        }));
    }
    for (option, words) in [("--tags", only), ("--skip-tags", without)] {
        for word in words {
            write::stderr(&warning(option, word, has_hooks));
        }
    }
    Ok(())
}

fn unknown(words: &[String]) -> Vec<&str> {
    words.iter().map(String::as_str).filter(|word| !concerns::knows_tag(word)).collect()
}

fn near(word: &str) -> Vec<&'static str> {
    nearest(word, concerns::tags())
}

fn warning(option: &str, word: &str, has_hooks: bool) -> String {
    let hooks = if has_hooks { "; only a hook's playbook can know it" } else { "" };
    let meant = match &near(word)[..] {
        [] => String::new(),
        near => format!("; did you mean {}?", listed(near)),
    };
    format!("warning: no topic has the tag `{word}` of {option}{hooks}{meant}\n")
}

fn listed(words: &[&str]) -> String {
    format!("`{}`", words.join("` or `"))
}
