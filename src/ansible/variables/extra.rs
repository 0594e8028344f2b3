//! `-e` as Ansible reads it: `name=value` pairs, a map in YAML or JSON, or `@file`.

use std::collections::BTreeSet;

use camino::Utf8Path;

use crate::{
    ansible::{
        assignments,
        files::{self, Files, VarsFile},
        yaml::{self, Data, Node},
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
            let trouble = usage(option).because(format!("there is no file {path}"));
            marked(trouble, option, 1).hint("check the path after `@`")
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
        Some('/' | '.') => Err(marked(usage(option).because("it looks like a file"), option, 0)
            .hint(format!("to read a file, write -e @{option}"))),
        Some('{' | '[') => {
            // The option's value may be a secret, so no message shows a part of it.
            let root = files::parse(option, &OPTION.into(), true).map_err(|fault| {
                let origin = fault.origin.clone().unwrap_or_else(|| Origin::whole(OPTION));
                let trouble = fault.causes.iter().fold(usage(option), Trouble::because);
                trouble.at(&origin).excerpt(yaml::excerpt(&starred(option), &origin, "here"))
            })?;
            if !matches!(root.data, Data::Map(_)) {
                let kind = root.data.kind();
                let trouble =
                    usage(option).because(format!("it is {kind}, not a map of variables"));
                return Err(marked(trouble, option, 0)
                    .hint("write a map: -e '{\"name\": \"value\"}', or -e name=value"));
            }
            files::variables(root)
        }
        Some(_) => assigned(option),
    }
}

fn usage(option: &str) -> Trouble {
    Trouble::new(Kind::Usage, format!("reading -e {}", shown(option)))
}

/// The trouble with the option, and a mark under the byte at fault.
fn marked(trouble: Trouble, option: &str, at: usize) -> Trouble {
    let origin = yaml::place_in(&OPTION.into(), option, at);
    trouble.excerpt(yaml::excerpt(&starred(option), &origin, "here"))
}

/// The option with stars for every letter of its values, so that a mark can stand where it belongs; the path of a file is
/// no secret.
fn starred(option: &str) -> String {
    if option.starts_with(['@', '/', '.']) {
        return option.to_owned();
    }
    let is_map = option.starts_with(['{', '[']);
    let name = if is_map { 0 } else { option.find('=').map_or(option.len(), |at| at + 1) };
    let is_sign = |c: char| c.is_whitespace() || "{}[]:,'\"".contains(c);
    let star = |c| if is_sign(c) { c } else { '*' };
    option[..name].chars().chain(option[name..].chars().map(star)).collect()
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
    let found = assignments::parse_or_open(option).map_err(|at| {
        let trouble = usage(option).because("a quotation mark or `{{` in it is not closed");
        marked(trouble, option, at)
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
        let table = [
            ("a=b c='d", "a=* **'*"),
            ("{\"a\": {{b}", "{\"*\": {{*}"),
            ("@ä/b", "@ä/b"),
            ("ä b", "ä b"),
            ("[ä, p=w#d]", "[*, *****]"),
        ];
        for (option, shown) in table {
            assert_eq!(starred(option), shown);
        }
    }
}
