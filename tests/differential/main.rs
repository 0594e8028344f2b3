//! Random configurations, read by Ymir and by real ansible-core, must mean the same.
//!
//! Each suite first replays its kept cases from `kept/`, then makes new ones from a seed that it prints: the digest of
//! `src/`, so that each change of the code is compared on other cases, and a run that passed passes again.
//! `YMIR_DIFFERENTIAL_SEED` sets the seed, `fresh` is a random one; `YMIR_DIFFERENTIAL_CASES` sets the number of cases of
//! each suite. A case in which the two differ is made as small as possible; put into `kept/`, it is a regression test.
//! With `YMIR_DIFFERENTIAL_ALL=1` the run goes on instead, and lists all differences as they are.
#![expect(clippy::unwrap_used, reason = "test")]

mod compare;
mod expressions;
mod grammar;
mod inventories;
mod inventory;
mod kinds;
mod mutation;
mod oracle;
mod patterns;
mod precedence;
mod seed;
mod site;
mod suite;
mod vault;
mod yaml;

#[test]
fn documents_hold_what_they_hold_in_ansible() {
    yaml::SUITE.run();
}

#[test]
fn expressions_mean_what_they_mean_in_ansible() {
    expressions::SUITE.run();
}

#[test]
fn vaults_open_as_in_ansible() {
    vault::SUITE.run();
}

#[test]
fn patterns_select_the_hosts_that_ansible_selects() {
    patterns::SUITE.run();
}

#[test]
fn inventories_hold_what_they_hold_in_ansible() {
    inventories::SUITE.run();
}

#[test]
fn layers_take_precedence_as_in_ansible() {
    precedence::SUITE.run();
}

#[test]
fn changes_of_whole_sites_change_what_they_change_in_ansible() {
    mutation::SUITE.run();
}
