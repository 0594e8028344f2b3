//! The whole road on real parts: a lab, three images, three nodes from bare metal to SSH and back, with faults and kills on
//! the way. One lab and one deployment serve all parts, so they run in order, each on what the one before left.
//!
//! It needs root, QEMU and the package registries; `YMIR_FIRST_LIGHT=1` says that they may be used.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "test")]

#[path = "../contract/mod.rs"]
mod contract;
mod faults;
mod ironic;
#[path = "../outcome/mod.rs"]
mod outcome;
mod rebuild;
mod recorded;
mod road;
mod ymir;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    process::ExitCode,
    time::Instant,
};

use ymir::Ymir;

/// A part's name, and what it does.
type Part = (&'static str, fn(&Ymir));

const PARTS: &[Part] = &[
    ("lab_comes_up", road::lab_comes_up),
    ("lab_up_again_changes_nothing", road::lab_up_again_changes_nothing),
    ("lab_comes_back_after_a_power_cut", road::lab_comes_back_after_a_power_cut),
    ("answers_are_as_recorded", recorded::answers_are_as_recorded),
    ("images_are_built", road::images_are_built),
    ("images_are_not_built_again", road::images_are_not_built_again),
    ("ironic_down_is_told", faults::ironic_down_is_told),
    ("bmc_unreachable_is_told", faults::bmc_unreachable_is_told),
    ("bmc_password_wrong_is_told", faults::bmc_password_wrong_is_told),
    ("nodes_are_registered", road::nodes_are_registered),
    ("nodes_are_inspected", road::nodes_are_inspected),
    ("inventory_is_discovered", road::inventory_is_discovered),
    ("check_changes_nothing", road::check_changes_nothing),
    ("five_kills_one_deployment", faults::five_kills_one_deployment),
    ("hosts_answer_as_expected", road::hosts_answer_as_expected),
    ("an_older_machine_boots_from_the_network", road::an_older_machine_boots_from_the_network),
    ("second_provision_changes_nothing", road::second_provision_changes_nothing),
    ("another_image_is_written", rebuild::another_image_is_written),
    ("deprovision_asks_first", road::deprovision_asks_first),
    ("one_host_is_deprovisioned", road::one_host_is_deprovisioned),
    ("image_missing_is_told", faults::image_missing_is_told),
    ("image_damaged_is_told", faults::image_damaged_is_told),
    ("ironic_restart_is_survived", faults::ironic_restart_is_survived),
    ("all_are_deprovisioned", road::all_are_deprovisioned),
    ("lab_goes_down", road::lab_goes_down),
];

fn main() -> ExitCode {
    if std::env::args().any(|arg| arg == "--list") {
        for (name, _) in PARTS {
            println!("first_light::{name}: test");
        }
        return ExitCode::SUCCESS;
    }
    if std::env::var_os("YMIR_FIRST_LIGHT").is_none() {
        println!(
            "SKIPPED first_light: it needs root, QEMU and the network; set YMIR_FIRST_LIGHT=1 (make test does)"
        );
        return ExitCode::SUCCESS;
    }
    let ymir = Ymir::of_this_repository();
    let began = Instant::now();
    let passed = PARTS.iter().take_while(|part| passes(part, &ymir)).count();
    let failed = usize::from(passed < PARTS.len());
    if failed > 0 {
        ymir.keep_logs();
        ymir.run(&["lab", "down"]);
    }
    println!("first_light took {:.1} minutes", began.elapsed().as_secs_f64() / 60.0);
    println!(
        "\ntest result: {passed} passed; {failed} failed; {} not run",
        PARTS.len() - passed - failed
    );
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn passes((name, part): &Part, ymir: &Ymir) -> bool {
    let began = Instant::now();
    println!("part {name} begins");
    let passed = catch_unwind(AssertUnwindSafe(|| part(ymir))).is_ok();
    let word = if passed { "ok" } else { "FAILED" };
    println!(
        "test first_light::{name} ... {word} ({:.1} minutes)",
        began.elapsed().as_secs_f64() / 60.0
    );
    passed
}
