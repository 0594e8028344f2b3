//! Control groups of the second version, which need no controller for what the lab asks of them: processor time,
//! freezing and killing. Each machine has one, and so has what works on the machines.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use crate::real::command::wait_until;

/// One control group.
#[derive(Debug, Clone)]
pub(crate) struct Cgroup(PathBuf);

impl Cgroup {
    /// A lab's own group; its machines are in groups inside.
    pub(crate) fn of_lab(name: &str) -> Self {
        Self(Self::mount().join(name))
    }

    /// Whether something runs in a lab, of whatever name that begins so.
    pub(crate) fn is_any_lab_up(prefix: &str) -> bool {
        let all = Self(Self::mount()).children();
        let name = |group: &Self| group.0.file_name().unwrap().to_string_lossy().into_owned();
        all.iter().any(|lab| name(lab).starts_with(prefix) && !lab.processes().is_empty())
    }

    fn mount() -> PathBuf {
        let mounts = fs::read_to_string("/proc/self/mounts").unwrap();
        let mount = mounts.lines().find_map(|line| {
            let mut words = line.split(' ').skip(1);
            let place = words.next()?;
            (words.next()? == "cgroup2").then_some(place)
        });
        mount.expect("no file system of type cgroup2 is mounted").into()
    }

    /// The lab's groups of the first version, where there is one for each controller: systemd makes some.
    pub(crate) fn of_controllers(name: &str) -> Vec<Self> {
        let controllers = fs::read_dir("/sys/fs/cgroup").into_iter().flatten().flatten();
        let groups = controllers.map(|controller| controller.path().join(name));
        groups.filter(|path| path.is_dir()).map(Self).collect()
    }

    /// A group inside this one, made if it is not there.
    pub(crate) fn inside(&self, name: &str) -> Self {
        let path = self.0.join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// A group inside this one, which may not be there.
    pub(crate) fn at(&self, name: &str) -> Self {
        Self(self.0.join(name))
    }

    /// Its directory.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Seconds of processor time that its processes have taken, those that ended included.
    pub(crate) fn cpu_seconds(&self) -> f64 {
        let text = fs::read_to_string(self.0.join("cpu.stat")).unwrap();
        let microseconds = text.lines().find_map(|line| line.strip_prefix("usage_usec "));
        let microseconds = microseconds.and_then(|text| text.trim().parse().ok());
        Duration::from_micros(microseconds.unwrap()).as_secs_f64()
    }

    /// Stops its processes where they are, or lets them go on.
    pub(crate) fn freeze(&self, frozen: bool) {
        let digit = if frozen { "1" } else { "0" };
        fs::write(self.0.join("cgroup.freeze"), digit).unwrap();
        let line = format!("frozen {digit}");
        wait_until("freezing", Duration::from_mins(1), || {
            self.events().lines().any(|event| event == line)
        });
    }

    /// Kills its processes, and waits until they are gone.
    pub(crate) fn kill(&self) {
        if !self.0.exists() {
            return;
        }
        fs::write(self.0.join("cgroup.kill"), "1").unwrap();
        let empty = || self.events().lines().any(|event| event == "populated 0");
        wait_until("the end of killed processes", Duration::from_mins(1), empty);
    }

    fn events(&self) -> String {
        fs::read_to_string(self.0.join("cgroup.events")).unwrap()
    }

    /// Its processes and those of groups inside it.
    pub(crate) fn processes(&self) -> Vec<u32> {
        let Ok(own) = fs::read_to_string(self.0.join("cgroup.procs")) else { return Vec::new() };
        let own = own.lines().filter_map(|line| line.parse().ok());
        own.chain(self.children().iter().flat_map(Self::processes)).collect()
    }

    /// Removes it and the groups inside it; their processes have ended.
    pub(crate) fn remove(&self) {
        self.children().iter().for_each(Self::remove);
        match fs::remove_dir(&self.0) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                panic!("removing {}: {error}", self.0.display())
            }
            _ => {}
        }
    }

    fn children(&self) -> Vec<Self> {
        let entries = fs::read_dir(&self.0).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).filter(|path| path.is_dir()).map(Self).collect()
    }
}
