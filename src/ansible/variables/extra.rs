//! `-e` as Ansible reads it: `name=value` pairs, a map in YAML or JSON, or `@file`.

use std::collections::BTreeSet;

use camino::Utf8Path;

use crate::{
    ansible::{
        assignments,
        files::{self, Files, VarsFile},
        yaml::{Data, Node},
    },
    origin::Origin,
    trouble::{Kind, Result, Trouble},
};

/// The file name in origins.
const OPTION: &str = "-e on the command line";

/// The variables of one `-e`.
pub(super) fn read(files: &Files, option: &str) -> Result<VarsFile> {
    if let Some(path) = option.strip_prefix('@') {
        return files.extra_vars(Utf8Path::new(path))?.ok_or_else(|| {
            usage(option)
                .because(format!("there is no file {path}"))
                .hint("check the path after `@`")
        });
    }
    Ok(VarsFile { pairs: inline(option)?, secret: false })
}

/// The names of the variables that one `-e` sets by itself, sorted; none if it is a file or cannot be read.
pub fn extra_names(option: &str) -> Option<Vec<String>> {
    let pairs = inline(option).ok().filter(|_| !option.starts_with('@'))?;
    let names: BTreeSet<String> = pairs.into_iter().map(|(name, _)| name).collect();
    Some(names.into_iter().collect())
}

/// The variables of one `-e` that names no file.
fn inline(option: &str) -> Result<Vec<(String, Node)>> {
    match option.chars().next() {
        None => Ok(Vec::new()),
        Some('/' | '.') => Err(usage(option)
            .because("it looks like a file")
            .hint(format!("to read a file, write -e @{option}"))),
        Some('{' | '[') => {
            // The option's value may be a secret, so no message shows a part of it.
            let root = files::parse(option, &OPTION.into(), true).map_err(|fault| {
                let origin = fault.origin.clone().unwrap_or_else(|| Origin::whole(OPTION));
                fault.causes.iter().fold(usage(option), Trouble::because).at(&origin)
            })?;
            if !matches!(root.data, Data::Map(_)) {
                let kind = root.data.kind();
                return Err(usage(option).because(format!("it is {kind}, not a map of variables")));
            }
            files::variables(root)
        }
        Some(_) => assigned(option),
    }
}

fn usage(option: &str) -> Trouble {
    Trouble::new(Kind::Usage, format!("reading -e {}", shown(option)))
}

/// The option's value may be a secret, so no more than its beginning is shown.
fn shown(option: &str) -> String {
    match (option.chars().next(), option.split_once('=')) {
        (Some('{'), _) => "{…}".to_owned(),
        (Some('['), _) => "[…]".to_owned(),
        (_, Some((name, _))) => format!("{name}=…"),
        (_, None) => option.to_owned(),
    }
}

/// Where Ansible keeps words that assign nothing.
const FREE_WORDS: &str = "_raw_params";

fn assigned(option: &str) -> Result<Vec<(String, Node)>> {
    let found = assignments::parse(option).ok_or_else(|| {
        usage(option)
            .because("a quotation mark or `{{` in it is not closed")
            .hint("close it; the shell takes one pair of quotation marks away: -e 'name=\"a b\"'")
    })?;
    let mut pairs = found.pairs;
    if let Some(words) = found.rest {
        tracing::warn!(
            "a part of -e {} is no `name=value` and sets nothing; quote a value that has spaces: \
             -e 'name=\"a b\"'",
            shown(option)
        );
        pairs.push((FREE_WORDS.to_owned(), words));
    }
    let node = |text: String| Node { origin: Origin::whole(OPTION), data: Data::Text(text) };
    Ok(pairs.into_iter().map(|(name, value)| (name, node(value))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_never_shown() {
        let message = format!("{:?}", assigned("password='hunter2").unwrap_err());
        assert!(!message.contains("hunter2"), "{message}");
    }
}
