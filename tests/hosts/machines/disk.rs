//! A machine's disk: what it writes goes to memory of a limited size, over the base, and outlasts its boots.

use std::{fs, path::PathBuf, time::Duration};

use super::Machine;
use crate::real::command::{command, run, wait_until};

/// How long it may take until nothing is being written.
const QUIET: Duration = Duration::from_mins(1);

impl Machine {
    /// Makes the disk, with what makes the machine itself on it.
    pub(super) fn new_disk(&self) {
        let (disk, root) = (self.disk(), self.root());
        fs::create_dir_all(&disk).unwrap();
        fs::create_dir_all(&root).unwrap();
        let size = format!("size={}m", self.common.options.disk);
        run(command("mount", &["-t", "tmpfs", "-o", &size, "disk", disk.to_str().unwrap()]));
        // Container engines put overlays on theirs, which cannot be on one itself.
        for directory in ["written", "work", "docker", "containers"] {
            fs::create_dir(disk.join(directory)).unwrap();
        }
        let options = format!(
            "lowerdir={}/root,upperdir={disk}/written,workdir={disk}/work",
            self.common.base.display(),
            disk = disk.display()
        );
        run(command("mount", &["-t", "overlay", "-o", &options, "disk", root.to_str().unwrap()]));
        self.put_identity();
    }

    /// Takes the disk away; the machine is off.
    pub(super) fn drop_disk(&self) {
        for place in [self.root(), self.disk()] {
            run(command("umount", &["--lazy", place.to_str().unwrap()]));
        }
    }

    /// Leaves no room on the disk.
    pub(crate) fn fill_disk(&self) {
        wait_until("a full disk", QUIET, || {
            let state = rustix::fs::statfs(self.disk()).unwrap();
            let used = (state.f_blocks - state.f_bfree) * u64::try_from(state.f_bsize).unwrap();
            // It fails if something was written meanwhile.
            drop(self.resize(&used.to_string()));
            rustix::fs::statfs(self.disk()).unwrap().f_bavail == 0
        });
    }

    /// Gives it back.
    pub(crate) fn free_disk(&self) {
        self.resize(&format!("{}m", self.common.options.disk)).unwrap();
    }

    fn resize(&self, size: &str) -> Result<(), String> {
        let option = format!("remount,size={size}");
        let output = command("mount", &["-o", &option, self.disk().to_str().unwrap()]).output();
        let output = output.unwrap();
        let failed = || String::from_utf8_lossy(&output.stderr).into_owned();
        output.status.success().then_some(()).ok_or_else(failed)
    }

    /// Makes the disk read-only, as a kernel does that finds a fault in a file system. The journal goes on in memory.
    pub(crate) fn read_only(&self) {
        self.exec("journalctl --relinquish-var").expect(0);
        wait_until("an end of writing", QUIET, || self.exec("mount -o remount,ro /").code == 0);
    }

    /// Makes it writable again.
    pub(crate) fn writable(&self) {
        self.exec("mount -o remount,rw / && journalctl --flush").expect(0);
    }

    fn disk(&self) -> PathBuf {
        self.directory.join("disk")
    }
}
