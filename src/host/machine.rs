//! The host that the agent works on: its files, accounts and programs. In tests a directory plays the host.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    fs::{self, OpenOptions, Permissions},
    io::{ErrorKind, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, symlink},
    path::{Path, PathBuf},
};

use rustix::process::{getgid, getuid};

use super::{
    fault::{Fault, Tried},
    programs::{Call, HostPrograms, Output, Programs},
    resource::{connection, network_state, unit},
};

/// Larger files are nobody's configuration.
const LARGEST: u64 = 64 << 20;

/// A host, seen from inside.
pub struct Machine {
    root: PathBuf,
    programs: Box<dyn Programs>,
    /// The numbers of root and its group. Where a directory plays the host, whoever plays is root.
    roots: (u32, u32),
    caller: String,
    /// What was asked of the host already; forgotten as soon as anything is changed.
    pub(super) memory: RefCell<Memory>,
}

/// Answers that serve several looks.
#[derive(Debug, Default)]
pub(super) struct Memory {
    pub(super) units: BTreeMap<String, unit::State>,
    pub(super) connections: Option<Vec<connection::Active>>,
    pub(super) profiles: Option<Vec<network_state::Profile>>,
    /// What nmstate tells of the network.
    pub(super) network_state: Option<serde_json::Value>,
    /// What `nmcli` says of its release.
    pub(super) network_manager: Option<String>,
    /// Whether packages of rpm's are there, by the names that were asked for.
    pub(super) packages: BTreeMap<String, bool>,
}

/// What stands at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    pub kind: NodeKind,
    /// The permission bits, `0o644`.
    pub mode: u32,
    pub uid: u32,
    pub gid: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodeKind {
    File,
    Directory,
    Link(String),
    Other,
}

/// Who may do what with a path. What is not said stays as it is, or is root's and 0644 (0755 for a directory).
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Access {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<u32>,
}

impl Access {
    /// Of this mode, for root.
    pub fn of_root(mode: u32) -> Self {
        Self { owner: Some("root".into()), group: Some("root".into()), mode: Some(mode) }
    }
}

impl Machine {
    /// The host itself.
    #[expect(clippy::disallowed_methods, reason = "sudo says it so, and the agent has no settings")]
    pub fn this_host() -> Self {
        let caller = std::env::var("SUDO_USER").unwrap_or_else(|_| "root".into());
        Self { roots: (0, 0), caller, ..Self::played("/", Box::new(HostPrograms)) }
    }

    /// A directory that plays a host.
    pub fn played(root: impl Into<PathBuf>, programs: Box<dyn Programs>) -> Self {
        let roots = (getuid().as_raw(), getgid().as_raw());
        let caller = "root".into();
        Self { root: root.into(), programs, roots, caller, memory: RefCell::default() }
    }

    /// Where a path of the host is for this process.
    pub fn path(&self, path: &str) -> PathBuf {
        self.root.join(path.trim_start_matches('/'))
    }

    /// Looks anew at what it has looked at: something has changed.
    pub fn forget(&self) {
        *self.memory.borrow_mut() = Memory::default();
    }

    /// The account that `sudo` was called from; root's own if it was not.
    pub fn caller(&self) -> String {
        self.caller.clone()
    }

    /// Runs a program; its exit code is the caller's matter.
    pub fn run(&self, call: &Call) -> Result<Output, Fault> {
        self.programs.run(call)
    }

    /// Runs a program that must succeed.
    pub fn must(&self, call: &Call) -> Result<Output, Fault> {
        self.programs.run(call)?.checked(call)
    }

    /// A file's bytes; `None` if nothing is there.
    pub fn read(&self, path: &str) -> Result<Option<Vec<u8>>, Fault> {
        let tried = || format!("reading {path}");
        let full = self.path(path);
        match fs::metadata(&full) {
            Ok(meta) if meta.len() > LARGEST => {
                Err(Fault::new(tried()).because(format!("it has {} bytes", meta.len())))
            }
            Ok(_) => fs::read(&full).map(Some).tried(tried),
            Err(error) if is_absence(&error) => Ok(None),
            Err(error) => Err(Fault::new(tried()).because(error)),
        }
    }

    /// A file's text; `None` if nothing is there. What is no UTF-8 is shown as such and never written back.
    pub fn text(&self, path: &str) -> Result<Option<String>, Fault> {
        let Some(bytes) = self.read(path)? else { return Ok(None) };
        String::from_utf8(bytes).map(Some).tried(|| format!("reading {path} as text"))
    }

    /// What stands at a path, links not followed.
    pub fn node(&self, path: &str) -> Result<Option<Node>, Fault> {
        let meta = match fs::symlink_metadata(self.path(path)) {
            Ok(meta) => meta,
            Err(error) if is_absence(&error) => return Ok(None),
            Err(error) => return Err(Fault::new(format!("looking at {path}")).because(error)),
        };
        let kind = if meta.is_symlink() {
            let target =
                fs::read_link(self.path(path)).tried(|| format!("reading the link {path}"))?;
            NodeKind::Link(target.to_string_lossy().into_owned())
        } else if meta.is_dir() {
            NodeKind::Directory
        } else if meta.is_file() {
            NodeKind::File
        } else {
            NodeKind::Other
        };
        Ok(Some(Node { kind, mode: meta.mode() & 0o7777, uid: meta.uid(), gid: meta.gid() }))
    }

    /// The names in a directory, sorted; none if it is not there.
    pub fn names(&self, path: &str) -> Result<Vec<String>, Fault> {
        let tried = || format!("listing {path}");
        let entries = match fs::read_dir(self.path(path)) {
            Ok(entries) => entries,
            Err(error) if is_absence(&error) => return Ok(Vec::new()),
            Err(error) => return Err(Fault::new(tried()).because(error)),
        };
        let mut names = Vec::new();
        for entry in entries {
            names.push(entry.tried(tried)?.file_name().to_string_lossy().into_owned());
        }
        names.sort();
        Ok(names)
    }

    /// Puts a whole file in place at once: whoever reads meanwhile sees the old or the new one, and so does a host that
    /// loses its power.
    pub fn write(&self, path: &str, bytes: &[u8], access: &Access) -> Result<(), Fault> {
        let tried = || format!("writing {path}");
        let before = self.node(path)?.filter(|node| node.kind == NodeKind::File);
        let mode = access.mode.or(before.as_ref().map(|node| node.mode)).unwrap_or(0o644);
        if let Some((above, _)) = path.rsplit_once('/').filter(|(above, _)| !above.is_empty())
            && self.node(above)?.is_none()
        {
            self.make_directory(above, &Access::of_root(0o755))?;
        }
        let beside = self.path(&beside(path));
        // Of a run that was killed.
        remove_if_there(&beside).tried(tried)?;
        let open = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside);
        let mut file = open.tried(tried)?;
        file.write_all(bytes).tried(tried)?;
        let owner = self.ids(access, before.as_ref())?;
        chown(&beside, owner).tried(tried)?;
        file.set_permissions(Permissions::from_mode(mode)).tried(tried)?;
        file.sync_all().tried(tried)?;
        fs::rename(&beside, self.path(path)).tried(tried)?;
        self.sync_directory(path).tried(tried)
    }

    /// Makes a directory and those above it.
    pub fn make_directory(&self, path: &str, access: &Access) -> Result<(), Fault> {
        fs::create_dir_all(self.path(path)).tried(|| format!("making the directory {path}"))?;
        self.set_access(path, &Access { mode: access.mode.or(Some(0o755)), ..access.clone() })
    }

    /// Sets owner, group and mode, as far as they are said.
    pub fn set_access(&self, path: &str, access: &Access) -> Result<(), Fault> {
        let tried = || format!("setting the permissions of {path}");
        let node = self.node(path)?;
        chown(&self.path(path), self.ids(access, node.as_ref())?).tried(tried)?;
        match access.mode {
            Some(mode) => {
                fs::set_permissions(self.path(path), Permissions::from_mode(mode)).tried(tried)
            }
            None => Ok(()),
        }
    }

    /// Makes a link, in place of what was there.
    pub fn link(&self, path: &str, target: &str) -> Result<(), Fault> {
        let tried = || format!("linking {path} to {target}");
        if let Some((above, _)) = path.rsplit_once('/').filter(|(above, _)| !above.is_empty())
            && self.node(above)?.is_none()
        {
            self.make_directory(above, &Access::of_root(0o755))?;
        }
        let beside = self.path(&beside(path));
        remove_if_there(&beside).tried(tried)?;
        symlink(target, &beside).tried(tried)?;
        fs::rename(&beside, self.path(path)).tried(tried)
    }

    /// Removes a file or a link.
    pub fn remove(&self, path: &str) -> Result<(), Fault> {
        let tried = || format!("removing {path}");
        remove_if_there(&self.path(path)).tried(tried)?;
        self.sync_directory(path).tried(tried)
    }

    /// Removes a directory that has nothing in it; whether it did.
    pub fn remove_empty_directory(&self, path: &str) -> Result<bool, Fault> {
        match fs::remove_dir(self.path(path)) {
            Ok(()) => Ok(true),
            Err(error) if is_absence(&error) || error.kind() == ErrorKind::DirectoryNotEmpty => {
                Ok(false)
            }
            Err(error) => Err(Fault::new(format!("removing the directory {path}")).because(error)),
        }
    }

    /// The number of an account's name; numbers are their own names.
    pub fn uid(&self, name: &str) -> Result<u32, Fault> {
        if name == "root" { Ok(self.roots.0) } else { self.number("/etc/passwd", name, "user") }
    }

    pub fn gid(&self, name: &str) -> Result<u32, Fault> {
        if name == "root" { Ok(self.roots.1) } else { self.number("/etc/group", name, "group") }
    }

    fn number(&self, file: &str, name: &str, what: &str) -> Result<u32, Fault> {
        if let Ok(number) = name.parse() {
            return Ok(number);
        }
        let text = self.text(file)?.unwrap_or_default();
        let mut rows = text.lines().map(|line| line.split(':').collect::<Vec<_>>());
        let row = rows.find(|row| row.first() == Some(&name));
        row.and_then(|row| row.get(2)?.parse().ok()).ok_or_else(|| {
            Fault::new(format!("finding the {what} {name} in {file}")).because("there is none")
        })
    }

    /// Numbers of owner and group; what is not said is as before.
    fn ids(
        &self,
        access: &Access,
        before: Option<&Node>,
    ) -> Result<(Option<u32>, Option<u32>), Fault> {
        let owner = access.owner.as_deref().map(|name| self.uid(name)).transpose()?;
        let group = access.group.as_deref().map(|name| self.gid(name)).transpose()?;
        Ok((owner.or(before.map(|node| node.uid)), group.or(before.map(|node| node.gid))))
    }

    /// A new name is on the disk only after its directory is.
    fn sync_directory(&self, path: &str) -> std::io::Result<()> {
        let full = self.path(path);
        match full.parent().map(fs::File::open) {
            Some(Ok(directory)) => directory.sync_all(),
            Some(Err(error)) if !is_absence(&error) => Err(error),
            _ => Ok(()),
        }
    }
}

/// Where a file is written before it takes its place. The ending keeps it out of directories whose files all count.
fn beside(path: &str) -> String {
    let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
    format!("{directory}/.{name}.ymir-new")
}

fn is_absence(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

fn remove_if_there(path: &Path) -> std::io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if is_absence(&error) => Ok(()),
        removed => removed,
    }
}

/// Changes only what is another one: in tests nobody is root.
fn chown(path: &Path, (uid, gid): (Option<u32>, Option<u32>)) -> std::io::Result<()> {
    let now = fs::symlink_metadata(path)?;
    let uid = uid.filter(|uid| *uid != now.uid());
    let gid = gid.filter(|gid| *gid != now.gid());
    if uid.is_none() && gid.is_none() {
        return Ok(());
    }
    std::os::unix::fs::lchown(path, uid, gid)
}
