//! What a run may remove: how much of what Ymir put on hosts, and what of it holds data.

use std::{collections::BTreeMap, io::IsTerminal};

use super::{ask, host_configure::Disks, options::Context};
use crate::{
    ansible::Variables,
    drivers::agent::survey::{Consent, Survey, told},
    event::Mode,
    host::data::Confirmed,
    model::configured::Configured,
    origin::Sourced,
    report::write,
    resolve::Reader,
    trouble::{Result, Trouble},
};

const LIMIT: &str = "ymir_removal_limit";

/// So few removals in a run are no reason to refuse it, unless none is allowed.
const FEW: usize = 5;

/// What the operator said of removals, before any host was looked at.
pub(super) struct Removals {
    mode: Mode,
    /// The largest share of what Ymir put on the hosts that may go, in percent, and who says so.
    limit: Sourced<u8>,
    is_option: bool,
}

impl Removals {
    /// The option counts, else the smallest value among the hosts.
    pub(super) fn of(
        cx: &Context,
        variables: &Variables,
        hosts: &[Configured],
        given: Option<u8>,
    ) -> Result<Self> {
        let mut smallest: Option<Sourced<u8>> = None;
        for host in hosts {
            let found = Reader::new(variables, &host.name).need::<u8>(LIMIT)?;
            if smallest.as_ref().is_none_or(|known| found.value < known.value) {
                smallest = Some(found);
            }
        }
        let none = || Trouble::internal("a run without hosts asks for no limit");
        let mut limit = smallest.ok_or_else(none)?;
        if let Some(given) = given {
            limit.value = given;
        }
        Ok(Self { mode: cx.mode(), limit, is_option: given.is_some() })
    }

    /// Refuses a run that would take away too much.
    fn judge(&self, survey: &Survey) -> Result<()> {
        let Survey { removals, recorded, .. } = survey;
        if !is_too_much(*removals, *recorded, self.limit.value) {
            return Ok(());
        }
        let limit = self.limit.value;
        let trouble = Trouble::refused(format!(
            "{removals} of the {recorded} things that Ymir put on these hosts would be removed"
        ))
        .because(format!("that is more than {limit} %; nothing was changed"));
        let trouble = if self.is_option { trouble } else { trouble.set_by(&self.limit.setting) };
        let trouble = trouble
            .hint("see with `--check` what would go; if it shall, `--removal-limit 100` allows it");
        match self.mode {
            Mode::Apply => Err(trouble),
            Mode::Check => {
                write::stderr(&format!("warning: without --check this is refused: {trouble}\n"));
                Ok(())
            }
        }
    }
}

fn is_too_much(removals: usize, recorded: usize, limit: u8) -> bool {
    match limit {
        0 => removals > 0,
        limit => removals > FEW && removals * 100 > recorded * usize::from(limit),
    }
}

impl Consent for Removals {
    fn given(&self, survey: &Survey) -> Result<BTreeMap<String, Confirmed>> {
        self.judge(survey)?;
        let asks = self.mode == Mode::Apply && std::io::stdin().is_terminal();
        if survey.held.is_empty() || !asks {
            return Ok(BTreeMap::new());
        }
        let lines = survey.held.iter().flat_map(|(host, held)| told(host, held));
        let list = lines.map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n");
        let prompt = format!(
            "{list}\nType the HOST:PATH of what is removed with all its data, or nothing to keep it all: "
        );
        let answer = ask::line(&prompt)?.unwrap_or_default();
        let words: Vec<String> = answer.split_whitespace().map(str::to_owned).collect();
        named(&words, &survey.held.keys().map(String::as_str).collect::<Vec<_>>())
    }
}

/// What `--confirm-removal` names, or who is asked, by host.
pub(super) fn named(words: &[String], hosts: &[&str]) -> Result<BTreeMap<String, Confirmed>> {
    let mut named = BTreeMap::<String, Confirmed>::new();
    for word in words {
        let (host, path) = pair(word, hosts, "/dev/data/old")?;
        named.entry(host).or_default().0.insert(path);
    }
    Ok(named)
}

/// `HOST:WHAT`, of one of these hosts.
pub(super) fn pair(word: &str, hosts: &[&str], example: &str) -> Result<(String, String)> {
    let first = hosts.first().copied().unwrap_or("HOST");
    let refused = |why: String| {
        Trouble::usage(format!("`{word}` names nothing; nothing was changed"))
            .because(why)
            .hint(format!("it is a host and what is on it, such as `{first}:{example}`"))
    };
    let Some((host, what)) = word.split_once(':').filter(|(_, what)| !what.is_empty()) else {
        return Err(refused("there is no colon between a host and what is on it".into()));
    };
    if !hosts.contains(&host) {
        return Err(refused(format!("the run has no host `{host}`")));
    }
    Ok((host.to_owned(), what.to_owned()))
}

impl Disks {
    /// What `--confirm-removal` names, by host.
    pub(super) fn confirmed(&self, hosts: &[Configured]) -> Result<BTreeMap<String, Confirmed>> {
        let hosts: Vec<&str> = hosts.iter().map(|host| host.name.as_str()).collect();
        named(&self.confirm_removal, &hosts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_much_is_a_share_and_more_than_a_few() {
        let table = [
            (0, 0, 0, false),
            (1, 100, 0, true),
            (5, 5, 30, false),
            (6, 20, 30, false),
            (7, 20, 30, true),
            (60, 60, 100, false),
        ];
        for (removals, recorded, limit, expected) in table {
            assert_eq!(is_too_much(removals, recorded, limit), expected, "{removals} {recorded}");
        }
    }

    #[test]
    fn hosts_and_paths_are_named() {
        let words =
            |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let found = named(&words(&["a:/dev/md0", "a:/srv:x", "b:/dev/md0"]), &["a", "b"]).unwrap();
        assert_eq!(found["a"].0.iter().collect::<Vec<_>>(), ["/dev/md0", "/srv:x"]);
        assert_eq!(found["b"].0.len(), 1);
        for wrong in ["/dev/md0", "c:/dev/md0", "a:"] {
            let trouble = named(&words(&[wrong]), &["a", "b"]).unwrap_err();
            assert!(trouble.what.contains("nothing was changed"), "{trouble}");
        }
    }
}
