//! Host configuration on real machines: systemd, sshd and apt on file systems of their own. One lab serves all parts,
//! so they run in order, each on what the one before left.
//!
//! It needs root and, once, Debian's packages; `YMIR_HOSTS=1` says that they may be used. `YMIR_HOSTS=serve` keeps
//! machines up for others instead: `cargo test --test hosts -- [COUNT] [ubuntu|rocky]`.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "test")]

mod base;
mod cgroup;
mod commands;
mod configure;
mod containers;
mod crash;
mod enclosure;
mod faults;
mod hypervisors;
mod kills;
mod machines;
mod network;
mod nmstate;
#[path = "../real/mod.rs"]
mod real;
mod recorded;
mod road;
mod rocky;
mod serve;
mod site;
mod web;

use std::process::ExitCode;

use machines::{Distribution, Lab, Machine, Options};
use real::parts::{self, Part};

/// What the tests are called.
const SUITE: &str = "hosts";

/// The first part brings a lab up, and the last one takes one down.
const PARTS: &[Part<Lab>] = &[
    ("machines_come_up", |lab| {
        let made = lab.insert(Lab::up(2, Options::default()));
        road::machines_come_up(made);
    }),
    ("reboot_keeps_the_disk", |lab| road::reboot_keeps_the_disk(there(lab))),
    ("power_cut_keeps_the_disk", |lab| road::power_cut_keeps_the_disk(there(lab))),
    ("network_can_be_cut", |lab| road::network_can_be_cut(there(lab))),
    ("disk_can_be_full_or_read_only", |lab| road::disk_can_be_full_or_read_only(there(lab))),
    ("machine_can_be_frozen", |lab| road::machine_can_be_frozen(there(lab))),
    ("packages_can_be_installed", |lab| road::packages_can_be_installed(there(lab))),
    ("disk_can_be_new", |lab| road::disk_can_be_new(there(lab))),
    ("site_is_valid", |lab| road::site_is_valid(there(lab))),
    ("check_changes_nothing", |lab| configure::check_changes_nothing(there(lab))),
    ("hosts_are_configured", |lab| configure::hosts_are_configured(there(lab))),
    ("second_configure_changes_nothing", |lab| {
        configure::second_configure_changes_nothing(there(lab));
    }),
    ("what_drifted_is_mended", |lab| configure::what_drifted_is_mended(there(lab))),
    ("what_is_dropped_is_removed", |lab| configure::what_is_dropped_is_removed(there(lab))),
    ("nothing_runs_on_afterwards", |lab| configure::nothing_runs_on_afterwards(there(lab))),
    ("commands_run_side_by_side", |lab| commands::commands_run_side_by_side(there(lab))),
    ("a_failed_command_is_run_again_where_it_failed", |lab| {
        commands::a_failed_command_is_run_again_where_it_failed(there(lab));
    }),
    ("packages_are_updated", |lab| commands::packages_are_updated(there(lab))),
    ("a_broken_repository_is_told", |lab| commands::a_broken_repository_is_told(there(lab))),
    ("a_lock_of_apt_is_waited_for", |lab| commands::a_lock_of_apt_is_waited_for(there(lab))),
    ("drift_is_told", |lab| commands::drift_is_told(there(lab))),
    ("drift_tells_of_hosts_that_cannot_be_seen", |lab| {
        commands::drift_tells_of_hosts_that_cannot_be_seen(there(lab));
    }),
    ("facts_are_gathered", |lab| commands::facts_are_gathered(there(lab))),
    ("known_keys_are_not_scanned", |lab| commands::known_keys_are_not_scanned(there(lab))),
    ("dead_host_leaves_others_alone", |lab| faults::dead_host_leaves_others_alone(there(lab))),
    ("full_disk_is_told", |lab| faults::full_disk_is_told(there(lab))),
    ("read_only_disk_is_told", |lab| faults::read_only_disk_is_told(there(lab))),
    ("sudo_that_asks_is_told", |lab| faults::sudo_that_asks_is_told(there(lab))),
    ("other_host_key_is_refused", |lab| faults::other_host_key_is_refused(there(lab))),
    ("second_run_is_kept_out", |lab| faults::second_run_is_kept_out(there(lab))),
    ("cut_connection_is_told_and_given_up", |lab| {
        faults::cut_connection_is_told_and_given_up(there(lab));
    }),
    ("kills_are_survived", |lab| faults::kills_are_survived(there(lab))),
    ("power_cut_is_survived", |lab| faults::power_cut_is_survived(there(lab))),
    ("addresses_are_given_out", |lab| network::addresses_are_given_out(there(lab))),
    ("interfaces_are_configured", |lab| network::interfaces_are_configured(there(lab))),
    ("addresses_of_others_stay", |lab| network::addresses_of_others_stay(there(lab))),
    ("connectivity_is_checked", |lab| commands::connectivity_is_checked(there(lab))),
    ("interfaces_that_nobody_asks_for_lose_their_files", |lab| {
        network::interfaces_that_nobody_asks_for_lose_their_files(there(lab));
    }),
    ("undone_by_itself_and_after_a_reboot", |lab| {
        network::undone_by_itself_and_after_a_reboot(there(lab));
    }),
    ("undone_without_the_agent_and_without_sshd", |lab| {
        network::undone_without_the_agent_and_without_sshd(there(lab));
    }),
    ("lab_goes_down", |lab| road::lab_goes_down(lab.take().unwrap())),
    ("a_registry_serves_images", |lab| {
        let made = lab.insert(Lab::up(2, Options { disk: 6144, ..Options::default() }));
        containers::a_registry_serves_images(made);
    }),
    ("a_registry_is_changed", |lab| containers::a_registry_is_changed(there(lab))),
    ("a_registry_goes_without_its_images", |lab| {
        containers::a_registry_goes_without_its_images(there(lab));
    }),
    ("podman_runs_containers", |lab| containers::podman_runs_containers(there(lab))),
    ("podman_stays_while_it_has_containers", |lab| {
        containers::podman_stays_while_it_has_containers(there(lab));
    }),
    ("a_hypervisor_has_its_pool_and_network", |lab| {
        there(lab).machines().iter().for_each(Machine::reset);
        hypervisors::a_hypervisor_has_its_pool_and_network(there(lab));
    }),
    ("a_pool_with_volumes_stays", |lab| hypervisors::a_pool_with_volumes_stays(there(lab))),
    ("compute_hosts_ask_for_a_password", |lab| {
        hypervisors::compute_hosts_ask_for_a_password(there(lab));
    }),
    ("a_socket_that_was_stopped_listens_again", |lab| {
        hypervisors::a_socket_that_was_stopped_listens_again(there(lab));
    }),
    ("libvirt_goes_again", |lab| hypervisors::libvirt_goes_again(there(lab))),
    ("second_lab_goes_down", |lab| road::lab_goes_down(lab.take().unwrap())),
    ("machines_can_say_they_are_ubuntu", |lab| {
        let options = Options { distribution: Distribution::Ubuntu, ..Options::default() };
        road::machines_can_say_they_are_ubuntu(lab.insert(Lab::up(1, options)));
    }),
    ("what_kayobe_left_is_taken_over", |lab| {
        drop(lab.take());
        let options = Options { distribution: Distribution::Ubuntu, ..Options::default() };
        recorded::what_kayobe_left_is_taken_over(lab.insert(Lab::up(1, options)));
    }),
    ("ten_hosts_are_configured", |lab| {
        drop(lab.take());
        configure::ten_hosts_are_configured(lab.insert(Lab::up(10, Options::default())));
    }),
    ("two_hundred_kills_are_survived", |lab| kills::two_hundred_kills_are_survived(there(lab))),
    ("rocky_hosts_are_configured", |lab| {
        *lab = None;
        let options = Options { distribution: Distribution::Rocky, ..Options::default() };
        rocky::rocky_hosts_are_configured(lab.insert(Lab::up(2, options)));
    }),
    ("rocky_hosts_change_no_more", |lab| rocky::rocky_hosts_change_no_more(there(lab))),
    ("rocky_hosts_follow_changes", |lab| rocky::rocky_hosts_follow_changes(there(lab))),
    ("rocky_hosts_lose_what_is_dropped", |lab| rocky::rocky_hosts_lose_what_is_dropped(there(lab))),
    ("rocky_trouble_is_told", |lab| rocky::rocky_trouble_is_told(there(lab))),
    ("a_wrong_connection_is_undone", |lab| rocky::a_wrong_connection_is_undone(there(lab))),
    ("nmstate_configures_the_network", |lab| {
        *lab = None;
        let options = Options { distribution: Distribution::Rocky, ..Options::default() };
        nmstate::nmstate_configures_the_network(lab.insert(Lab::up(1, options)));
    }),
    ("nmstate_leaves_addresses_of_others", |lab| {
        nmstate::nmstate_leaves_addresses_of_others(there(lab));
    }),
    ("nmstate_follows_changes", |lab| nmstate::nmstate_follows_changes(there(lab))),
    ("nmstate_takes_away_what_is_dropped", |lab| {
        nmstate::nmstate_takes_away_what_is_dropped(there(lab));
    }),
    ("engines_can_be_changed", |lab| nmstate::engines_can_be_changed(there(lab))),
    ("a_wrong_document_is_undone", |lab| nmstate::a_wrong_document_is_undone(there(lab))),
];

/// What is tested from outside, before the parts, which begin with what it leaves.
const OUTSIDE: (&str, fn()) =
    ("a_killed_run_leaves_nothing_running", crash::a_killed_run_leaves_nothing_running);

fn there(lab: &mut Option<Lab>) -> &Lab {
    lab.as_ref().expect("an earlier part brings the lab up")
}

fn main() -> ExitCode {
    if std::env::args().any(|arg| arg == "--list") {
        for name in [OUTSIDE.0].into_iter().chain(PARTS.iter().map(|(name, _)| *name)) {
            println!("hosts::{name}: test");
        }
        return ExitCode::SUCCESS;
    }
    let Some(wanted) = std::env::var_os("YMIR_HOSTS") else {
        println!(
            "SKIPPED hosts: it needs root and Debian's packages; set YMIR_HOSTS=1 (make test does)"
        );
        return ExitCode::SUCCESS;
    };
    let first = first();
    match (enclosure::base_inside(Distribution::Debian).is_some(), wanted == "serve") {
        (true, true) => serve::serve(),
        (true, false) => parts::all(SUITE, &PARTS[first..]),
        (false, true) => enclosure::enter(),
        (false, false) if first > 0 || parts::passes(SUITE, OUTSIDE.0, OUTSIDE.1) => {
            enclosure::enter()
        }
        (false, false) => ExitCode::FAILURE,
    }
}

/// Which part is to be the first one: `cargo test --test hosts -- NAME`, if NAME brings a lab up by itself.
fn first() -> usize {
    let wanted = std::env::args().nth(1).filter(|word| !word.starts_with('-'));
    let at = |wanted: String| PARTS.iter().position(|(name, _)| *name == wanted);
    wanted.and_then(at).unwrap_or_default()
}
