//! Another image on a host in use, and the disk that no command may write onto.

use std::{
    fs::{self, File},
    io::Read,
};

use crate::{
    ironic,
    road::{HOSTS, ssh},
    ymir::Ymir,
};

/// What the data disk of bm2 begins with.
const MARK: &str = "this disk holds what nobody may lose";

pub(crate) fn mark_the_data_disk(ymir: &Ymir) {
    let disk = "/dev/disk/by-id/virtio-DATA0002";
    ssh(ymir, HOSTS[1].1, &format!("printf '{MARK}' | sudo dd of={disk} conv=notrunc,fsync"));
    the_data_disk_is_as_it_was(ymir);
}

/// Read where the machine's disks are kept, so that it does not have to run.
#[track_caller]
pub(crate) fn the_data_disk_is_as_it_was(ymir: &Ymir) {
    let mut found = vec![0; MARK.len()];
    let disk = ymir.state.join("lab/pool/bm2.DATA0002.disk");
    File::open(disk).unwrap().read_exact(&mut found).unwrap();
    assert_eq!(String::from_utf8_lossy(&found), MARK);
}

/// A host in use gets another image when it is asked for, and no other host is touched.
pub(crate) fn another_image_is_written(ymir: &Ymir) {
    let site = ymir.on_copy("another-image", |site| {
        let dir = site.join("environments/mixed/inventory/host_vars/bm2");
        fs::create_dir_all(&dir).unwrap();
        let image = "---\nkolla_bifrost_deploy_image_filename: debian-12.qcow2\n";
        fs::write(dir.join("image.yml"), image).unwrap();
    });
    let boot = |node: usize| ssh(&site, HOSTS[node].1, "cat /proc/sys/kernel/random/boot_id");
    let before = boot(0);
    site.run(&["overcloud", "provision"]).expect(0).says(&["bm2", "--reprovision"]);
    let asked = site.run(&["overcloud", "provision", "--reprovision"]);
    assert_ne!(asked.code, 0);
    asked.says(&["bm2", "confirm_reprovision"]);

    let reprovision = ["overcloud", "provision", "--reprovision", "-e", "confirm_reprovision=yes"];
    site.run(&reprovision).expect(0).says(&["bm2"]);
    assert_eq!(ironic::state("bm2").as_deref(), Some("active"));
    let image = ssh(&site, HOSTS[1].1, "cat /etc/ymir/image.json");
    assert!(image.contains("\"debian-12\""), "{image}");
    assert_eq!(boot(0), before, "bm1 was started anew");
    the_data_disk_is_as_it_was(&site);
    site.run(&reprovision).expect(0).says(&["nothing to do"]);
}
