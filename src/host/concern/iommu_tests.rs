//! The kernel's parameters on a directory that plays a host.

use super::*;
use crate::host::{concern::Concern, stage::Stage};

const FILE: &str = "/etc/default/grub";
const GRUB: &str =
    "GRUB_DEFAULT=0\nGRUB_CMDLINE_LINUX_DEFAULT=\"quiet iommu=off\"\nGRUB_CMDLINE_LINUX=\"\"\n";

fn stage(grub: &str) -> Stage {
    Stage::new(&[
        (FILE, grub),
        ("/var/lib/dpkg/status", ""),
        ("/proc/cpuinfo", "vendor_id : GenuineIntel\n"),
        ("/proc/cmdline", "quiet\n"),
    ])
}

fn concern(on: bool, passthrough: bool) -> Concern {
    Iommu { on, passthrough }.into()
}

#[test]
fn parameters_are_set_and_taken_out_again() {
    let stage = stage(GRUB);
    let done = stage.settles(&concern(true, true));
    assert_eq!(
        done,
        [
            "start the kernel with intel_iommu=on",
            "start the kernel with iommu=pt",
            "write the boot loader's configuration"
        ]
    );
    let expected = GRUB.replace("quiet iommu=off", "quiet intel_iommu=on iommu=pt");
    assert_eq!(stage.text(FILE).unwrap(), expected);
    let note = |argument| format!("the kernel has {argument} only after a restart of the host");
    assert_eq!(stage.kept(&concern(true, true)), ["intel_iommu=on", "iommu=pt"].map(note));
    stage.put("/proc/cmdline", "quiet intel_iommu=on iommu=pt\n");
    assert_eq!(stage.kept(&concern(true, true)), [""; 0]);
    stage.settles(&concern(true, false));
    assert!(!stage.text(FILE).unwrap().contains("iommu=pt"));
    stage.settles(&concern(false, true));
    assert_eq!(stage.text(FILE).unwrap(), GRUB.replace(" iommu=off", ""));
    assert_eq!(stage.called().last().unwrap(), "update-grub");
}

#[test]
fn a_file_without_the_line_gets_one() {
    let stage = stage("GRUB_CMDLINE_LINUX=\"console=ttyS0\"");
    stage.settles(&concern(true, false));
    let expected = "GRUB_CMDLINE_LINUX=\"console=ttyS0\"\n\
                    GRUB_CMDLINE_LINUX_DEFAULT=\"console=ttyS0 intel_iommu=on\"\n";
    assert_eq!(stage.text(FILE).unwrap(), expected);
}

#[test]
fn red_hats_kernels_are_told_one_by_one() {
    let mut stage = stage(GRUB);
    std::fs::remove_file(stage.root.path().join("var/lib/dpkg/status")).unwrap();
    stage.facts.family = Family::RedHat;
    stage.put("/proc/cpuinfo", "vendor_id : AuthenticAMD\n");
    stage.settles(&concern(true, true));
    let calls = stage.called();
    assert!(calls.contains(&"grubby --update-kernel=ALL --args=iommu=pt".to_owned()), "{calls:?}");
    stage.settles(&concern(false, true));
    let calls = stage.called();
    let removed = "grubby --update-kernel=ALL --remove-args=iommu=pt".to_owned();
    assert!(calls.contains(&removed), "{calls:?}");
}

#[test]
fn a_menu_that_was_not_written_anew_is_made_good() {
    let stage = stage(GRUB);
    stage.apply(&concern(true, true));
    stage.put("/boot/grub/grub.cfg", "linux /vmlinuz quiet intel_iommu=on iommu=pt\n");
    // Killed after the file and before the menu.
    stage.put(FILE, "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\n");
    stage.called();
    assert_eq!(
        stage.apply(&concern(false, true)),
        ["start the kernel without intel_iommu=on", "start the kernel without iommu=pt"]
    );
    assert!(stage.called().contains(&"update-grub".to_owned()));
}
