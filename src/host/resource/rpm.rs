//! Packages of Red Hat's family, by rpm and dnf.

use super::{
    Resource, package_program,
    packages::{LIMIT, Seen, State},
};
use crate::host::{fault::Fault, machine::Machine, programs::Call};

/// All names that rpm knows an installed package by.
const NAMES: &str = "%{NAME}\\n%{NAME}.%{ARCH}\\n%{NAME}-%{VERSION}\\n%{NAME}-%{VERSION}-%{RELEASE}\\n\
    %{NAME}-%{VERSION}-%{RELEASE}.%{ARCH}\\n";

/// Which of the names are installed, by their own name or as what another package provides.
pub(super) fn states(machine: &Machine, names: &[String]) -> Result<Seen, Fault> {
    ask(machine, names)?;
    let known = &machine.memory.borrow().packages;
    let there = names.iter().filter(|name| known.get(*name) == Some(&true));
    Ok(there.map(|name| (name.clone(), State::Installed)).collect())
}

/// Asks for all packages of the resources at once, for the looks that follow.
pub(super) fn prefetch<'a>(
    machine: &Machine,
    resources: impl Iterator<Item = &'a Resource>,
) -> Result<(), Fault> {
    let packages = resources.filter_map(|resource| match resource {
        Resource::Packages(packages) => Some(&packages.names),
        _ => None,
    });
    ask(machine, &packages.flatten().cloned().collect::<Vec<_>>())
}

/// Asks for what is not known yet.
fn ask(machine: &Machine, names: &[String]) -> Result<(), Fault> {
    let is_new = |name: &&String| !machine.memory.borrow().packages.contains_key(*name);
    let names: Vec<String> = names.iter().filter(is_new).cloned().collect();
    if names.is_empty() {
        return Ok(());
    }
    let named = query(machine, &["--queryformat", NAMES], &names)?;
    let (mut there, rest): (Vec<String>, Vec<String>) =
        names.into_iter().partition(|name| named.lines().any(|line| line == name));
    let mut missing = rest;
    if !missing.is_empty() {
        let words = ["--queryformat", "[%{PROVIDES}\\n]", "--whatprovides"];
        let provided = query(machine, &words, &missing)?;
        let (more, rest): (Vec<String>, Vec<String>) =
            missing.into_iter().partition(|name| provided.lines().any(|line| line == name));
        there.extend(more);
        missing = rest;
    }
    let known = &mut machine.memory.borrow_mut().packages;
    known.extend(there.into_iter().map(|name| (name, true)));
    known.extend(missing.into_iter().map(|name| (name, false)));
    Ok(())
}

/// Its exit code only tells that some of the names are unknown.
fn query(machine: &Machine, words: &[&str], names: &[String]) -> Result<String, Fault> {
    let call = Call::new("rpm", ["--query"]).also(words.iter().copied()).also(names.to_vec());
    let said = machine.run(&call)?;
    if said.stderr.contains("error:") {
        return said.checked(&call).map(|said| said.stdout);
    }
    Ok(said.stdout)
}

pub(super) fn install(
    machine: &Machine,
    names: &[String],
    proxies: &[(String, String)],
) -> Result<(), Fault> {
    through(machine, &[&["install".to_owned()], names].concat(), proxies)
}

/// What only came along with them stays, as apt leaves it.
pub(super) fn remove(machine: &Machine, names: &[String]) -> Result<(), Fault> {
    let words = ["--setopt=clean_requirements_on_remove=False", "remove"].map(str::to_owned);
    dnf(machine, &[&words[..], names].concat())
}

/// Whether removing packages takes no others with them.
pub(super) fn removes_only(machine: &Machine, names: &[String]) -> Result<bool, Fault> {
    let tested = machine.run(&Call::new("rpm", ["--erase", "--test"]).also(names.to_vec()))?;
    Ok(tested.code == 0)
}

/// Runs dnf; while another package program is at work it waits, but not for ever.
pub(super) fn dnf(machine: &Machine, words: &[String]) -> Result<(), Fault> {
    through(machine, words, &[])
}

fn through(machine: &Machine, words: &[String], proxies: &[(String, String)]) -> Result<(), Fault> {
    let call = Call::new("dnf", ["--assumeyes", "--quiet", "--setopt=exit_on_lock=True"])
        .also(words.to_vec())
        .limit(LIMIT);
    let call = proxies.iter().fold(call, |call, (name, value)| call.env(name, value.as_str()));
    let said = package_program::in_turn(machine, &call)?;
    let words = format!("{}{}", said.stdout, said.stderr);
    said.checked(&call).map(drop).map_err(|fault| explained(fault, &words))
}

/// What may be done about dnf's own words.
fn explained(fault: Fault, words: &str) -> Fault {
    let says = |part: &str| words.contains(part);
    if package_program::is_held(words) {
        return fault.hint(
            "another package program runs on the host; when it has ended, give the command again",
        );
    }
    if says("Failed to download metadata for repo") || says("Cannot download repomd.xml") {
        return fault.hint(
            "that repository cannot be read from the host: see its entry in `dnf_custom_repos`, the mirror of \
             `dnf_use_local_mirror`, and `dnf repolist` on the host",
        );
    }
    if says("Unable to find a match") {
        return fault.hint(
            "no repository of the host has it: see `dnf_custom_repos`, and `dnf repolist` on the host",
        );
    }
    if ["GPG check FAILED", "is not signed", "GPG key retrieval failed", "GPG public keys"]
        .iter()
        .any(|part| says(part))
    {
        return fault.hint(
            "the repository's `gpgkey` does not belong to its packages; see its entry in `dnf_custom_repos`",
        );
    }
    if says("more space needed") || says("No space left") {
        return fault.hint("the disk of the host is full");
    }
    fault
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::{programs::Output, stage::Stage};

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn what_another_package_provides_is_there() {
        let stage = Stage::new(&[]);
        stage.act("rpm --query", |_, call| {
            let stdout = if call.args.contains(&"--whatprovides".to_owned()) {
                "vim-enhanced\nvim\nno package provides gone\n"
            } else {
                "acl\nacl.x86_64\nacl-2.3-4.el10\nacl-2.3-4.el10.x86_64\npackage vim is not installed\n"
            };
            Output { code: 2, stdout: stdout.into(), ..Output::default() }
        });
        let wanted = names(&["acl", "acl-2.3-4.el10.x86_64", "vim", "gone"]);
        let seen = states(&stage.machine(), &wanted).unwrap();
        let there: Vec<&str> = seen.keys().map(String::as_str).collect();
        assert_eq!(there, ["acl", "acl-2.3-4.el10.x86_64", "vim"]);
    }

    #[test]
    fn a_database_that_cannot_be_read_is_told() {
        let stage = Stage::new(&[]);
        stage.act("rpm --query", |_, _| Output {
            code: 1,
            stderr: "error: cannot open Packages database in /var/lib/rpm".into(),
            ..Output::default()
        });
        let fault = states(&stage.machine(), &names(&["acl"])).unwrap_err();
        assert!(fault.to_string().contains("cannot open Packages database"), "{fault}");
    }

    #[test]
    fn dnfs_words_are_explained() {
        let table = [
            (
                "Error: Failed to download metadata for repo 'x': Cannot download repomd.xml",
                "dnf_custom_repos",
            ),
            ("Error: Unable to find a match: y", "no repository of the host has it"),
            ("Error: GPG check FAILED", "gpgkey"),
            ("  At least 7MB more space needed on the / filesystem.", "full"),
        ];
        for (words, expected) in table {
            let stage = Stage::new(&[]);
            stage.act("dnf", move |_, _| Output {
                code: 1,
                stderr: words.into(),
                ..Output::default()
            });
            let fault = install(&stage.machine(), &names(&["y"]), &[]).unwrap_err();
            assert!(fault.to_string().contains(words), "{fault}");
            assert!(fault.hint.unwrap().contains(expected), "{words}");
        }
    }
}
