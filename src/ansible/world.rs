//! What lookups and executable inventories may ask of the outside, injected so that tests stay pure.

use std::{
    fmt::Debug,
    io::{ErrorKind, Read as _},
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::Path,
};

use super::{
    fetch::{NoPage, Page, Pages},
    inventory::fnmatch,
    kept, program,
};
use crate::trouble::{Result, Tell, Trouble};

/// The outside, as far as evaluating variables needs it.
pub trait World: Debug + Send + Sync {
    /// An environment variable.
    fn env(&self, name: &str) -> Option<String>;
    /// Where a path leads when every link in it is followed; the path itself if it leads nowhere.
    fn real_path(&self, path: &str) -> String {
        path.to_owned()
    }
    /// A file's bytes; `Ok(None)` if there is none.
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>>;
    /// Paths that match a shell pattern, sorted.
    fn glob(&self, pattern: &str) -> Result<Vec<String>>;
    /// What a directory holds, sorted by name; `Ok(None)` if the path is no directory.
    fn list(&self, _path: &str) -> Result<Option<Vec<Entry>>> {
        Ok(None)
    }
    /// How long ago a file was written; `None` if that cannot be told.
    fn age(&self, _path: &str) -> Option<std::time::Duration> {
        None
    }
    /// Whether everybody on the machine may write to a directory.
    fn anybody_writes(&self, _path: &str) -> bool {
        false
    }
    /// What stands at a path.
    fn kind(&self, _path: &str) -> Result<PathKind> {
        Ok(PathKind::default())
    }
    /// Whether a file is a program that may be run.
    fn is_program(&self, _path: &str) -> bool {
        false
    }
    /// Runs a program and gives what it leaves behind, whatever its exit code.
    fn run(&self, program: &str, _args: &[&str]) -> Result<Ran> {
        Err(Trouble::refused(format!("running {program}")).because("no program can be run here"))
    }
    /// A page over HTTP.
    fn page(&self, page: &Page) -> Result<std::result::Result<Vec<u8>, NoPage>> {
        Err(Trouble::refused(format!("getting {}", page.url)).because("nothing can be got here"))
    }
    /// Whether lookups may make the passwords that are not there yet, and keep them in their files.
    fn keeps_passwords(&self) -> bool {
        false
    }
    /// A file's bytes once nobody is writing them.
    fn read_settled(&self, path: &str) -> Result<Option<Vec<u8>>> {
        self.read(path)
    }
    /// Puts into a private file what `complete` makes of its content, while nobody else does; `None` leaves it.
    fn complete(&self, path: &str, _complete: Complete<'_>) -> Result<()> {
        Err(Trouble::refused(format!("writing {path}")).because("no file can be written here"))
    }
    /// Runs a shell command and gives its exit code, standard output and standard error.
    fn shell(&self, command: &str) -> Result<(i32, String, String)>;
}

/// Makes a file's new content from the one it has, if it has one.
pub type Complete<'a> = &'a mut dyn FnMut(Option<Vec<u8>>) -> Option<Vec<u8>>;

/// What stands at a path.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PathKind {
    /// What it is, or what the link leads to.
    pub kind: Option<Kind>,
    pub link: bool,
    /// Whether another file system begins there.
    pub mount: bool,
    /// The device and the number of the file on it.
    pub id: Option<(u64, u64)>,
}

/// Kinds of what exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    File,
    Directory,
    Other,
}

impl PathKind {
    fn of(path: &Path) -> std::io::Result<Self> {
        let link = path.is_symlink();
        let found = match path.metadata() {
            Ok(found) => found,
            Err(error)
                if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) =>
            {
                return Ok(Self { link, ..Self::default() });
            }
            Err(error) => return Err(error),
        };
        let kind = match found.file_type() {
            kind if kind.is_dir() => Kind::Directory,
            kind if kind.is_file() => Kind::File,
            _ => Kind::Other,
        };
        let above = path.join("..").metadata().ok();
        let begins =
            |above: std::fs::Metadata| above.dev() != found.dev() || above.ino() == found.ino();
        Ok(Self {
            kind: Some(kind),
            link,
            mount: !link && kind == Kind::Directory && above.is_some_and(begins),
            id: Some((found.dev(), found.ino())),
        })
    }
}

/// What a program left behind.
#[derive(Debug, Clone, Default)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// What stands in a directory; a link counts as what it leads to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    pub name: String,
    pub is_dir: bool,
}

/// No file of a configuration is larger, and a device has no end.
const MOST_BYTES: usize = 64 << 20;

/// Files of a configuration are seldom larger.
const USUAL_BYTES: usize = 16 << 10;

/// What a file holds, up to one byte more than it may.
fn start_of(file: std::fs::File) -> std::io::Result<Vec<u8>> {
    // Most files fit whole, and are read at once.
    let mut bytes = Vec::with_capacity(USUAL_BYTES);
    file.take(MOST_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// What is there and cannot be read.
fn unreadable(error: &std::io::Error, what: String) -> Trouble {
    let trouble = Trouble::refused(what).caused_by(error);
    if error.kind() != ErrorKind::PermissionDenied {
        return trouble;
    }
    trouble.hint("give the user who runs Ymir the right to read it; `namei -l` shows whose it is")
}

/// The real machine, with the environment variables it was given.
#[derive(Debug)]
pub struct Machine {
    environment: crate::settings::Environment,
    pages: Pages,
    keeps_passwords: bool,
    /// A file as it will be, by its path.
    coming: Option<(String, Vec<u8>)>,
}

impl Machine {
    /// The machine for a command that only looks.
    pub fn new(environment: crate::settings::Environment) -> Self {
        Self { environment, pages: Pages::default(), keeps_passwords: false, coming: None }
    }

    /// The machine for a command that acts, so that lookups may keep passwords.
    #[must_use]
    pub fn keeping_passwords(self) -> Self {
        Self { keeps_passwords: true, ..self }
    }

    /// The machine with a file that is about to be written.
    #[must_use]
    pub fn with_coming(self, path: &str, text: &str) -> Self {
        Self { coming: Some((path.to_owned(), text.as_bytes().to_vec())), ..self }
    }
}

impl World for Machine {
    fn env(&self, name: &str) -> Option<String> {
        self.environment.0.get(name).cloned()
    }

    fn real_path(&self, path: &str) -> String {
        let real = camino::Utf8Path::new(path).canonicalize_utf8();
        real.map_or_else(|_| path.to_owned(), camino::Utf8PathBuf::into_string)
    }

    fn age(&self, path: &str) -> Option<std::time::Duration> {
        std::fs::metadata(path).ok()?.modified().ok()?.elapsed().ok()
    }

    fn read(&self, path: &str) -> Result<Option<Vec<u8>>> {
        if let Some((_, bytes)) = self.coming.as_ref().filter(|(coming, _)| coming == path) {
            return Ok(Some(bytes.clone()));
        }
        match std::fs::File::open(path).and_then(start_of) {
            Ok(bytes) if bytes.len() > MOST_BYTES => {
                Err(Trouble::refused(format!("reading {path}"))
                    .because(format!("it has more than {} MiB", MOST_BYTES >> 20)))
            }
            Ok(bytes) => Ok(Some(bytes)),
            Err(error)
                if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) =>
            {
                Ok(None)
            }
            Err(error) => Err(unreadable(&error, format!("reading {path}"))),
        }
    }

    fn glob(&self, pattern: &str) -> Result<Vec<String>> {
        // As in Python, what is no pattern is the path itself, and nothing but a directory ends with a slash.
        let is_directory = |path: &String| Path::new(path).is_dir();
        if !pattern.contains(['*', '?', '[']) {
            let path = pattern.to_owned();
            let is_entry = Path::new(&path).symlink_metadata().is_ok();
            let is_there = is_entry && (!path.ends_with('/') || is_directory(&path));
            return Ok(is_there.then_some(path).into_iter().collect());
        }
        let (mut found, rest) = match pattern.strip_prefix('/') {
            Some(rest) => (vec!["/".to_owned()], rest),
            None => (vec![String::new()], pattern),
        };
        for part in rest.split('/').filter(|part| !part.is_empty()) {
            found = found.iter().flat_map(|dir| step(dir, part)).collect();
        }
        if pattern.ends_with('/') {
            found.retain(is_directory);
            found = found.into_iter().map(|path| path + "/").collect();
        }
        Ok(found)
    }

    fn list(&self, path: &str) -> Result<Option<Vec<Entry>>> {
        let entries = match std::fs::read_dir(path) {
            Ok(entries) => entries,
            Err(error)
                if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) =>
            {
                return Ok(None);
            }
            Err(error) => {
                return Err(unreadable(&error, format!("reading the directory {path}")));
            }
        };
        let mut found = Vec::new();
        for entry in entries {
            let entry = entry.or_refused(|| format!("reading the directory {path}"))?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            let kind = entry.file_type().or_refused(|| format!("looking at {name} in {path}"))?;
            // Only a link has to be looked at to know what it leads to.
            let is_dir = if kind.is_symlink() { entry.path().is_dir() } else { kind.is_dir() };
            found.push(Entry { name, is_dir });
        }
        let coming = self.coming.as_ref().and_then(|(coming, _)| coming.rsplit_once('/'));
        if let Some((_, name)) = coming.filter(|(above, _)| *above == path.trim_end_matches('/'))
            && found.iter().all(|entry| entry.name != name)
        {
            found.push(Entry { name: name.to_owned(), is_dir: false });
        }
        found.sort();
        Ok(Some(found))
    }

    fn is_program(&self, path: &str) -> bool {
        program::is_one(path)
    }

    fn run(&self, program: &str, args: &[&str]) -> Result<Ran> {
        program::run(program, args, &self.environment.0)
    }

    fn page(&self, page: &Page) -> Result<std::result::Result<Vec<u8>, NoPage>> {
        self.pages.get(page)
    }

    fn keeps_passwords(&self) -> bool {
        self.keeps_passwords
    }

    fn read_settled(&self, path: &str) -> Result<Option<Vec<u8>>> {
        kept::await_settled(path.into(), kept::WAITS)?;
        self.read(path)
    }

    fn complete(&self, path: &str, complete: Complete<'_>) -> Result<()> {
        kept::complete(path.into(), kept::WAITS, complete)
    }

    fn anybody_writes(&self, path: &str) -> bool {
        std::fs::metadata(path).is_ok_and(|found| found.permissions().mode() & 0o002 != 0)
    }

    fn kind(&self, path: &str) -> Result<PathKind> {
        PathKind::of(Path::new(path)).or_refused(|| format!("looking at {path}"))
    }

    fn shell(&self, command: &str) -> Result<(i32, String, String)> {
        let ran = program::run("/bin/sh", &["-c", command], &self.environment.0);
        let ran = ran
            .map_err(|trouble| trouble.while_trying(format!("running `{command}` for a lookup")))?;
        Ok((ran.code, ran.stdout, ran.stderr))
    }
}

/// The paths that one part of a pattern finds in a directory.
fn step(dir: &str, part: &str) -> Vec<String> {
    let base =
        if dir.is_empty() || dir.ends_with('/') { dir.to_owned() } else { format!("{dir}/") };
    if !part.contains(['*', '?', '[']) {
        let path = format!("{base}{part}");
        return if Path::new(&path).exists() { vec![path] } else { Vec::new() };
    }
    let real = if base.is_empty() { "." } else { &base };
    let Ok(entries) = std::fs::read_dir(real) else { return Vec::new() };
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let hidden = part.starts_with('.');
    let mut fitting: Vec<String> = names
        .filter(|name| (hidden || !name.starts_with('.')) && fnmatch::matches(part, name))
        .map(|name| format!("{base}{name}"))
        .collect();
    fitting.sort();
    fitting
}
