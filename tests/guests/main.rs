//! What containers cannot show of host configuration: disks, and networks of kinds that this machine's kernel may lack.
//! One emulated machine with a kernel of its own serves all parts, so they run in order, each on what the one before
//! left.
//!
//! It needs root and, once, Debian's packages; `YMIR_GUESTS=1` says that they may be used.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "test")]

mod base;
mod data;
mod disks;
mod enclosure;
mod guest;
mod network;
#[path = "../real/mod.rs"]
mod real;
mod site;
mod tang;
mod unlocking;
mod wiping;

use std::process::ExitCode;

use guest::Guest;
use real::parts::{self, Part};

/// The first part brings the guest up.
const PARTS: &[Part<Guest>] = &[
    ("guest_comes_up", |guest| disks::guest_comes_up(guest.insert(Guest::up()))),
    ("check_changes_no_disk", |guest| disks::check_changes_no_disk(there(guest))),
    ("a_killed_binding_is_told", |guest| unlocking::a_killed_binding_is_told(there(guest))),
    ("disks_are_set_up", |guest| disks::disks_are_set_up(there(guest))),
    ("second_run_changes_nothing", |guest| disks::second_run_changes_nothing(there(guest))),
    ("reboot_keeps_the_disks", |guest| disks::reboot_keeps_the_disks(there(guest))),
    ("what_opens_a_device_must_be_there", |guest| {
        unlocking::what_opens_a_device_must_be_there(there(guest));
    }),
    ("what_kayobe_bound_is_taken_over", |guest| {
        unlocking::what_kayobe_bound_is_taken_over(there(guest));
    }),
    ("disks_of_others_are_not_taken", |guest| disks::disks_of_others_are_not_taken(there(guest))),
    ("too_many_removals_are_refused", |guest| data::too_many_removals_are_refused(there(guest))),
    ("what_holds_data_stays", |guest| data::what_holds_data_stays(there(guest))),
    ("what_is_named_is_removed", |guest| data::what_is_named_is_removed(there(guest))),
    ("disks_to_wipe_are_listed", |guest| wiping::disks_to_wipe_are_listed(there(guest))),
    ("named_disks_are_wiped", |guest| wiping::named_disks_are_wiped(there(guest))),
    ("a_terminal_is_asked", |guest| wiping::a_terminal_is_asked(there(guest))),
    ("disks_of_one_group_go_together", |guest| {
        wiping::disks_of_one_group_go_together(there(guest));
    }),
    ("bonds_and_vlans_come_up", |guest| network::bonds_and_vlans_come_up(there(guest))),
    ("cut_connection_is_rolled_back", |guest| network::cut_connection_is_rolled_back(there(guest))),
];

fn there(guest: &mut Option<Guest>) -> &Guest {
    guest.as_ref().expect("an earlier part brings the guest up")
}

fn main() -> ExitCode {
    if std::env::args().any(|arg| arg == "--list") {
        for (name, _) in PARTS {
            println!("guests::{name}: test");
        }
        return ExitCode::SUCCESS;
    }
    if std::env::var_os("YMIR_GUESTS").is_none() {
        println!(
            "SKIPPED guests: it needs root and Debian's packages; set YMIR_GUESTS=1 (make test does)"
        );
        return ExitCode::SUCCESS;
    }
    match enclosure::base_inside() {
        Some(_) => parts::all("guests", PARTS),
        None => enclosure::enter(),
    }
}
